// A list that is read by key, in pages: a table on wide screens, cards on small ones.  Reading it again (because something
// changed) touches only the rows that differ, so that focus and place stay.
import { h } from './dom.js';
import { t } from './i18n.js';
import { call, query, explain } from './api.js';
import { button, emptyState, errorState, skeleton, notice } from './ui.js';

const PAGE = 50;
const MOST = 200;

/**
 * columns: [{key, label, show: (row) => node, num?, main?, wide?}], actions: (row) => [buttons] or null,
 * source: () => [path, params], key: (row) => text, empty: {glyph, title, text}
 */
export function list({ label, columns, actions = null, source, key, empty, signature = (row) => row, onrows = null, extra = null, dense = false }) {
	const root = h('div', { class: 'list-box' });
	let rows = [];
	let next = null;
	let loading = false;
	let wanted = false;
	let shown = new Map();
	let generation = 0;
	const body = h('tbody', { role: 'rowgroup' });
	const table = h('table', { class: dense ? 'list dense' : 'list', role: 'table', 'aria-label': label },
		h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' },
			columns.map((c) => h('th', { scope: 'col', role: 'columnheader', class: [c.num && 'num', c.wide && 'only-wide'].filter(Boolean).join(' ') || null }, c.label)),
			actions && h('th', { scope: 'col', role: 'columnheader', class: 'actions' }, h('span', { class: 'hidden' }, t('actions'))))),
		body);
	const foot = h('div', { class: 'list-foot' });

	function cell(c, row) {
		return h('td', { role: 'cell', 'data-label': c.label, class: [c.num && 'num', c.main && 'main', c.wide && 'only-wide'].filter(Boolean).join(' ') || null }, c.show(row));
	}
	function draw(row) {
		const tr = h('tr', { role: 'row', 'data-key': key(row) }, columns.map((c) => cell(c, row)));
		if (actions) {
			const a = actions(row) ?? [];
			tr.append(h('td', { role: 'cell', class: a.length ? 'actions' : 'actions none' }, h('div', { class: 'row-actions' }, a)));
		}
		const more = extra?.(row);
		if (!more) return [tr];
		tr.classList.add('has-extra');
		return [tr, h('tr', { role: 'row', class: 'extra-row' }, h('td', { role: 'cell', class: 'extra', colspan: columns.length + (actions ? 1 : 0) }, more))];
	}
	function paint() {
		if (!rows.length) {
			shown = new Map();
			root.replaceChildren(emptyState(empty.glyph, empty.title, empty.text, ...(empty.more?.() ?? [])));
			return;
		}
		const active = document.activeElement;
		const at = body.contains(active) ? { key: active.closest('tr')?.dataset.key, action: active.dataset.action } : null;
		const fresh = new Map();
		for (const row of rows) {
			const k = key(row);
			const sign = JSON.stringify(signature(row));
			const old = shown.get(k);
			fresh.set(k, old && old.sign === sign ? old : { sign, trs: draw(row) });
		}
		const keep = [...fresh.values()].flatMap((f) => f.trs);
		for (const tr of [...body.children]) if (!keep.includes(tr)) tr.remove();
		keep.forEach((tr, i) => { if (body.children[i] !== tr) body.insertBefore(tr, body.children[i] ?? null); });
		shown = fresh;
		if (at && !document.activeElement?.closest?.('tbody')) {
			const tr = fresh.get(at.key)?.trs[0];
			(tr?.querySelector(`[data-action="${at.action}"]`) ?? table).focus();
		}
		foot.replaceChildren(...(next ? [button(t('more'), { onclick: more, name: 'more' })] : []));
		if (!root.contains(table)) root.replaceChildren(table, foot);
	}
	async function read(after, limit) {
		const [path, params] = source();
		return call('GET', query(path, { ...params, limit, after }));
	}
	async function more() {
		const mine = generation;
		foot.setAttribute('aria-busy', 'true');
		try {
			const page = await read(next, PAGE);
			if (mine !== generation) return;
			const had = rows.length;
			rows = rows.concat(page.items);
			next = page.next;
			paint();
			shown.get(key(rows[had] ?? rows[0]))?.trs[0].querySelector('button, a')?.focus();
		} catch (p) {
			foot.append(notice('bad', null, h('p', {}, explain(p))));
		}
		foot.removeAttribute('aria-busy');
	}
	/** Read again what is shown; reset: from the first page (filters changed). */
	async function reload({ reset = false } = {}) {
		if (reset) {
			generation++;
			rows = [];
			root.replaceChildren(skeleton());
		} else if (loading) {
			wanted = true;
			return;
		}
		const mine = generation;
		loading = true;
		try {
			let fresh = [];
			let after = null;
			const enough = Math.max(PAGE, rows.length);
			do {
				const page = await read(after, Math.min(MOST, enough - fresh.length));
				fresh = fresh.concat(page.items);
				after = page.next;
			} while (after && fresh.length < enough);
			if (mine === generation) {
				rows = fresh;
				next = after;
				paint();
				onrows?.(rows, next);
			}
		} catch (p) {
			if (mine === generation && !rows.length) root.replaceChildren(errorState(p, () => reload({ reset: true })));
		}
		if (mine !== generation) return;
		loading = false;
		if (wanted) {
			wanted = false;
			reload();
		}
	}
	table.tabIndex = -1;
	return { root, reload, rows: () => rows };
}

/** All pages of a list, at most `most` rows: for exports. */
export async function readAll(path, params, most) {
	let all = [];
	let after = null;
	do {
		const page = await call('GET', query(path, { ...params, limit: MOST, after }));
		all = all.concat(page.items);
		after = page.next;
	} while (after && all.length < most);
	return { rows: all.slice(0, most), cut: Boolean(after) };
}
