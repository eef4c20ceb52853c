// The event log: search and export.
import { h, foreign } from '../dom.js';
import { t } from '../i18n.js';
import { explain } from '../api.js';
import { on } from '../live.js';
import { list, readAll } from '../list.js';
import { button, pageHead, when, chip, input, select, toast, idText, name } from '../ui.js';
import { filters } from '../filters.js';

const MOST = 10000;
const TONE = { info: 'quiet', warn: 'warn', error: 'bad', alarm: 'bad' };
const LEVELS = ['info', 'warn', 'error', 'alarm'];

function subject(e) {
	const parts = ['job', 'printer', 'reader'].filter((k) => e[k]).map((k) => h('span', { class: 'ref' }, t(`col.${k}`), ' ', idText(e[k])));
	for (const [k, v] of Object.entries(e.data ?? {})) {
		parts.push(h('span', { class: 'ref' }, h('span', { class: 'quiet' }, foreign(k), ' '), foreign(typeof v === 'object' ? JSON.stringify(v) : v)));
	}
	return h('div', { class: 'refs' }, parts.length ? parts : h('span', { class: 'quiet' }, '–'));
}
// A table program takes a cell that begins with one of these for a formula.
const csv = (v) => {
	const s = String(v ?? '');
	return `"${(/^[=+\-@\t\r]/.test(s) ? `'${s}` : s).replaceAll('"', '""')}"`;
};
function save(text, type, file) {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const a = h('a', { href: url, download: file });
	document.body.append(a);
	a.click();
	a.remove();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}
async function exportRows(values, kind, b) {
	b.disabled = true;
	try {
		const { rows, cut } = await readAll('/v1/admin/events', values, MOST);
		const stamp = new Date().toISOString().slice(0, 16).replaceAll(':', '');
		if (kind === 'csv') {
			const heads = ['id', 'at', 'level', 'kind', 'actor', 'job', 'printer', 'reader'];
			const lines = rows.map((e) => [...heads.map((k) => csv(e[k])), csv(JSON.stringify(e.data ?? {}))].join(','));
			save(`\ufeff${[...heads, 'data'].join(',')}\r\n${lines.join('\r\n')}\r\n`, 'text/csv', `holdfast-events-${stamp}.csv`);
		} else {
			save(rows.map((e) => `${JSON.stringify(e)}\n`).join(''), 'application/jsonl', `holdfast-events-${stamp}.jsonl`);
		}
		toast(cut ? t('events.cut', { n: MOST }) : t('events.exported', { n: rows.length }));
	} catch (p) {
		toast(explain(p), 'bad');
	}
	b.disabled = false;
}

export function show(box, { rest }) {
	const f = filters([
		{ key: 'level', label: t('events.level'), control: select([['', t('filter.any')], ...LEVELS.map((l) => [l, t(`level.${l}`)])], LEVELS.includes(rest) ? rest : '') },
		{ key: 'kind', label: t('events.kind'), control: input() },
		{ key: 'actor', label: t('events.actor'), control: input() },
		{ key: 'job', label: t('events.job'), control: input() },
	], () => l.reload({ reset: true }));
	const l = list({
		label: t('nav.admin/events'),
		source: () => ['/v1/admin/events', f.values()],
		key: (e) => String(e.id),
		dense: true,
		columns: [
			{ label: t('events.kind'), main: true, show: (e) => h('span', { class: 'what-name mono' }, foreign(e.kind)) },
			{ label: t('events.level'), show: (e) => chip(TONE[e.level] ?? 'quiet', t(`level.${e.level}`)) },
			{ label: t('col.when'), show: (e) => when(e.at) },
			{ label: t('events.actor'), show: (e) => (e.actor ? name(e.actor) : h('span', { class: 'quiet' }, '–')) },
			{ label: t('events.what'), show: subject },
		],
		empty: { glyph: 'events', title: t('events.empty'), text: t('events.empty.text') },
	});
	const csvButton = button('CSV', { glyph: 'download', name: 'csv', about: t('events.export'), onclick: () => exportRows(f.values(), 'csv', csvButton) });
	const jsonButton = button('JSON', { glyph: 'download', name: 'json', about: t('events.export'), onclick: () => exportRows(f.values(), 'json', jsonButton) });
	box.append(pageHead(t('nav.admin/events'), t('events.lead'), csvButton, jsonButton), f.root, l.root);
	l.reload({ reset: true });
	return on(['job', 'printer', 'reader'], () => l.reload());
}
