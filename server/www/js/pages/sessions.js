// Who is logged in, and ending it.
import { h, foreign } from '../dom.js';
import { t } from '../i18n.js';
import { call, may, seg } from '../api.js';
import { list } from '../list.js';
import { button, pageHead, when, chip, dialog, toast, name } from '../ui.js';

async function end(s, reload) {
	const did = await dialog({
		title: t('sessions.end.title'), body: [h('div', { class: 'subject' }, name(s.person), foreign(s.address, 'quiet')), h('p', {}, t('sessions.end.text'))], confirm: t('sessions.end'), kind: 'danger',
		act: async () => { await call('POST', `/v1/admin/sessions/${seg(s.id)}/end`, {}); return true; },
	});
	if (did) toast(t('sessions.ended'));
	reload();
}

export function show(box) {
	const l = list({
		label: t('nav.admin/sessions'),
		source: () => ['/v1/admin/sessions', {}],
		key: (s) => s.id,
		columns: [
			{ label: t('col.person'), main: true, show: (s) => name(s.person) },
			{ label: t('col.role'), show: (s) => chip(s.role === 'user' ? 'quiet' : 'info', t(`role.${s.role}`)) },
			{ label: t('sessions.address'), show: (s) => (s.address ? h('code', {}, s.address) : '–') },
			{ label: t('sessions.began'), show: (s) => when(s.began) },
			{ label: t('col.last_seen'), show: (s) => when(s.last_seen) },
			{ label: t('sessions.expires'), wide: true, show: (s) => when(s.expires) },
		],
		actions: may('POST /v1/admin/sessions/{id}/end') ? (s) => [button(t('sessions.end'), { kind: 'danger-quiet', glyph: 'logout', name: 'end', about: s.person, onclick: () => end(s, l.reload) })] : null,
		empty: { glyph: 'sessions', title: t('sessions.empty'), text: '' },
	});
	box.append(pageHead(t('nav.admin/sessions'), t('sessions.lead')), l.root);
	l.reload({ reset: true });
}
