// The readers: who was heard of when; a new one's token; revoking.
import { h, icon, foreign } from '../dom.js';
import { t } from '../i18n.js';
import { call, may, seg, explain } from '../api.js';
import { on } from '../live.js';
import { list, readAll } from '../list.js';
import { button, pageHead, when, chip, dialog, toast, name, notice, field, input, select } from '../ui.js';

const SILENT = 5 * 60e3;
function readerState(r) {
	if (r.revoked) return chip('quiet', t('readers.revoked'));
	if (!r.enrolled) return new Date(r.token_expires) < Date.now() ? chip('quiet', t('readers.late')) : chip('info', t('readers.waiting'));
	return r.last_seen && Date.now() - new Date(r.last_seen) < SILENT ? chip('good', t('readers.here')) : chip('warn', t('readers.silent'));
}

async function add(reload) {
	let printers = [];
	try {
		printers = (await readAll('/v1/admin/printers', {}, 1000)).rows.filter((p) => !p.disabled);
	} catch (p) {
		return toast(explain(p), 'bad');
	}
	const label = input({ maxlength: 64, name: 'name', autofocus: true });
	const hours = select([['1', t('hours', { n: 1 })], ['24', t('hours', { n: 24 })], ['72', t('days', { n: 3 })], ['168', t('days', { n: 7 })]], '24');
	const boxes = printers.map((p) => h('label', { class: 'check' }, h('input', { type: 'checkbox', value: p.name }), name(p.name), p.location ? foreign(p.location, 'quiet') : null));
	const wrong = h('p', { class: 'hint bad', role: 'alert' });
	const got = await dialog({
		title: t('readers.add'), wide: true,
		body: [h('p', {}, t('readers.add.text')), field(t('col.name'), label), h('fieldset', {}, h('legend', {}, t('readers.printers')), h('div', { class: 'checks' }, boxes)), field(t('readers.valid'), hours), wrong],
		confirm: t('readers.issue'),
		act: () => {
			const chosen = boxes.map((b) => b.firstChild).filter((c) => c.checked).map((c) => c.value);
			if (!label.value.trim() || !chosen.length) {
				wrong.textContent = t('readers.missing');
				return undefined;
			}
			return call('POST', '/v1/admin/readers', { name: label.value.trim(), printers: chosen, hours: Number(hours.value) });
		},
	});
	if (!got) return;
	reload();
	await dialog({
		title: t('readers.secret'), wide: true, cancel: t('done'),
		body: [notice('warn', null, h('p', {}, t('readers.secret.text'))), h('div', { class: 'secret' }, h('code', { class: 'break', 'data-testid': 'secret' }, got.secret),
			button(t('copy'), { glyph: 'copy', onclick: async () => { try { await navigator.clipboard.writeText(got.secret); toast(t('copied')); } catch { toast(t('copy.failed'), 'bad'); } } }))],
	});
}

async function revoke(r, reload) {
	const did = await dialog({
		title: t('readers.revoke.title'), body: [h('div', { class: 'subject' }, name(r.name)), h('p', {}, t('readers.revoke.text'))], confirm: t('revoke'), kind: 'danger',
		act: async () => { await call('POST', `/v1/admin/readers/${seg(r.id)}/revoke`, {}); return true; },
	});
	if (did) toast(t('readers.revoke.done'));
	reload();
}

export function show(box) {
	const l = list({
		label: t('nav.admin/readers'),
		source: () => ['/v1/admin/readers', {}],
		key: (r) => r.id,
		signature: (r) => [r, Math.floor(Date.now() / 60000)],
		columns: [
			{ label: t('col.reader'), main: true, show: (r) => h('div', { class: 'what' }, h('div', { class: 'tile' }, icon('reader')),
				h('div', { class: 'what-text' }, name(r.name), r.hardware || r.version ? foreign([r.hardware, r.version].filter(Boolean).join(' · '), 'what-more') : null)) },
			{ label: t('col.state'), show: readerState },
			{ label: t('nav.admin/printers'), show: (r) => h('span', { class: 'names' }, r.printers.map((p) => foreign(p, 'tag'))) },
			{ label: t('col.last_seen'), show: (r) => (r.last_seen ? when(r.last_seen) : h('span', { class: 'quiet' }, t('never'))) },
			{ label: t('col.added'), wide: true, show: (r) => when(r.added) },
		],
		actions: may('POST /v1/admin/readers/{id}/revoke') ? (r) => (r.revoked ? [] : [button(t('revoke'), { kind: 'danger-quiet', glyph: 'stop', name: 'revoke', about: r.name, onclick: () => revoke(r, l.reload) })]) : null,
		empty: { glyph: 'reader', title: t('readers.empty'), text: t('readers.empty.text') },
	});
	box.append(pageHead(t('nav.admin/readers'), t('readers.lead'), may('POST /v1/admin/readers') && button(t('readers.add'), { kind: 'primary', glyph: 'plus', name: 'add', onclick: () => add(l.reload) })), l.root);
	l.reload({ reset: true });
	return on(['reader'], () => l.reload());
}
