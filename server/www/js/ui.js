// The pieces that pages are made of.
import { h, icon, foreign, uid } from './dom.js';
import { t, bytes, relative, dateTime, dateExact } from './i18n.js';
import { explain } from './api.js';

export function button(label, { kind = '', glyph = null, onclick = null, type = 'button', name = null, about = null } = {}) {
	const b = h('button', { type, class: `button ${kind}`.trim(), onclick, 'data-action': name }, glyph && icon(glyph), h('span', {}, label));
	if (about) b.append(h('span', { class: 'hidden' }, ' ', about));
	return b;
}

export function field(label, control, hint = null) {
	const id = uid('f');
	control.id = id;
	control.classList.add('control');
	const parts = [h('label', { for: id }, label), control];
	if (hint) {
		control.setAttribute('aria-describedby', `${id}-hint`);
		parts.push(h('p', { class: 'hint', id: `${id}-hint` }, hint));
	}
	return h('div', { class: 'field' }, parts);
}
export const input = (props = {}) => h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', ...props });
export function select(options, value = '', props = {}) {
	const s = h('select', props, options.map(([v, text]) => h('option', { value: v }, text)));
	s.value = value;
	return s;
}

export const chip = (tone, text) => h('span', { class: `chip ${tone}` }, text);
export function when(iso, { soon = false } = {}) {
	if (!iso) return h('span', { class: 'quiet' }, '–');
	const near = soon && new Date(iso) - Date.now() < 2 * 3600e3;
	return h('time', { datetime: iso, title: dateExact(iso), class: near ? 'soon' : null },
		h('span', { class: 'rel' }, relative(iso)), h('span', { class: 'abs' }, dateTime(iso)));
}
export const size = (n) => h('span', { class: 'num' }, bytes(n));

export function notice(tone, title, ...body) {
	return h('div', { class: `notice ${tone}` }, icon(tone === 'bad' || tone === 'warn' ? 'alert' : tone === 'good' ? 'check' : 'info'),
		h('div', {}, title && h('strong', {}, title), ...body));
}
export function emptyState(glyph, title, text, ...more) {
	return h('div', { class: 'empty' }, h('div', { class: 'empty-icon' }, icon(glyph)), h('h2', {}, title), h('p', {}, text), ...more);
}
export function errorState(problem, retry) {
	return h('div', { class: 'empty', role: 'alert' }, h('div', { class: 'empty-icon bad' }, icon('alert')), h('h2', {}, t('error.title')),
		h('p', {}, explain(problem)), retry && button(t('retry'), { glyph: 'refresh', onclick: retry, name: 'retry' }));
}
export function skeleton(rows = 4) {
	return h('div', { class: 'skeleton', 'aria-busy': 'true' }, h('span', { class: 'hidden' }, t('loading')),
		Array.from({ length: rows }, () => h('div', { class: 'bone' })));
}
export function pageHead(title, lead, ...actions) {
	return h('header', { class: 'page-head' },
		h('div', {}, h('h1', { tabindex: '-1' }, title), lead && h('p', { class: 'lead' }, lead)),
		actions.length ? h('div', { class: 'page-actions' }, actions) : null);
}

export function toast(text, tone = 'good') {
	const el = h('div', { class: `toast ${tone}` }, icon(tone === 'good' ? 'check' : 'alert'), h('span', {}, text));
	document.getElementById('toasts').append(el);
	setTimeout(() => el.remove(), 6000);
}

/**
 * A modal dialog; the browser keeps the focus in it and gives it back.  `act` runs on the main button while the dialog
 * stays: what it throws is shown in the dialog, what it returns is what dialog() resolves with (undefined: it stays); null is
 * "cancelled".  With `veil` nothing of the page shines through.
 */
export function dialog({ title, body, confirm, kind = 'primary', cancel = t('cancel'), act = async () => true, wide = false, veil = false }) {
	return new Promise((resolve) => {
		const id = uid('dlg');
		let result = null;
		let busy = false;
		const wrong = h('div', { class: 'dialog-error', role: 'alert' });
		const no = button(cancel, { kind: 'plain', onclick: () => { if (!busy) d.close(); }, name: 'cancel' });
		const yes = confirm ? button(confirm, { kind, type: 'submit', name: 'confirm' }) : null;
		const form = h('form', { method: 'dialog', novalidate: true, onsubmit: submit },
			h('h2', { id }, title), h('div', { class: 'dialog-body' }, body), wrong, h('div', { class: 'dialog-actions' }, no, yes));
		const d = h('dialog', { class: `dialog${wide ? ' wide' : ''}${veil ? ' veil' : ''}`, 'aria-labelledby': id }, form);
		async function submit(e) {
			e.preventDefault();
			if (busy) return;
			busy = true;
			yes.disabled = true;
			wrong.replaceChildren();
			try {
				result = await act(form);
				if (result !== undefined) d.close();
			} catch (p) {
				wrong.replaceChildren(notice('bad', null, h('p', {}, explain(p))));
			}
			busy = false;
			yes.disabled = false;
		}
		const back = document.activeElement;
		d.addEventListener('cancel', (e) => { if (busy) e.preventDefault(); });
		d.addEventListener('close', () => {
			d.remove();
			if (back?.isConnected) back.focus();
			resolve(result);
		});
		document.body.append(d);
		d.showModal();
		const first = form.querySelector('[autofocus]') ?? (kind === 'danger' ? no : form.querySelector('.dialog-body .control') ?? yes ?? no);
		first.focus();
	});
}

// ---- What jobs are called, in lists of every page ----

const FORMATS = {
	'application/pdf': 'pdf', 'application/postscript': 'ps', 'image/pwg-raster': 'raster', 'image/urf': 'raster',
	'image/jpeg': 'image', 'image/png': 'image', 'text/plain': 'text', 'application/vnd.cups-raster': 'raster',
};
export function formatName(type) {
	const known = FORMATS[type];
	return known ? t(`format.${known}`) : t('format.other');
}
const TONES = {
	held: 'info', claimed: 'busy', created: 'busy', releasing: 'busy', sent: 'busy', uncertain: 'warn', delivered: 'good',
	cancelled: 'quiet', expired: 'quiet', damaged: 'bad',
};
export const stateChip = (state) => chip(TONES[state] ?? 'quiet', t(`state.${state}`));
export function jobTitle(job) {
	const extra = [];
	if (job.copies > 1) extra.push(t('copies', { n: job.copies }));
	if (job.sides?.startsWith('two-sided')) extra.push(t('sides.two'));
	if (job.color === 'monochrome') extra.push(t('color.mono'));
	if (job.color === 'color') extra.push(t('color.color'));
	return h('div', { class: 'what' }, h('div', { class: 'tile' }, icon('job')),
		h('div', { class: 'what-text' }, h('span', { class: 'what-name' }, formatName(job.format)),
			h('span', { class: 'what-more' }, extra.join(' · ') || foreign(job.format))));
}
export const name = (text, cls = 'strong') => foreign(text, cls);
export const idText = (id) => h('code', { class: 'id', title: id }, String(id).slice(0, 8));
