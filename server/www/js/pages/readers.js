// The readers: who was heard of when, and revoking.
import { h, icon, foreign } from '../dom.js';
import { t } from '../i18n.js';
import { call, may, seg } from '../api.js';
import { on } from '../live.js';
import { list } from '../list.js';
import { button, pageHead, when, chip, dialog, toast, name } from '../ui.js';

const SILENT = 5 * 60e3;
function readerState(r) {
	if (r.revoked) return chip('quiet', t('readers.revoked'));
	if (!r.enrolled) return new Date(r.token_expires) < Date.now() ? chip('quiet', t('readers.late')) : chip('info', t('readers.waiting'));
	return r.last_seen && Date.now() - new Date(r.last_seen) < SILENT ? chip('good', t('readers.here')) : chip('warn', t('readers.silent'));
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
	box.append(pageHead(t('nav.admin/readers'), t('readers.lead')), l.root);
	l.reload({ reset: true });
	return on(['reader'], () => l.reload());
}
