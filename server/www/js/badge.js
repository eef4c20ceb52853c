// A badge in a list, and revoking it: the person's own page and the administration's.
import { h, icon } from './dom.js';
import { t } from './i18n.js';
import { call, seg } from './api.js';
import { button, chip, when, dialog, toast, name } from './ui.js';

export function badgeColumns() {
	return [
		{ label: t('col.badge'), main: true, show: (b) => h('div', { class: 'what' }, h('div', { class: 'tile' }, icon('badge')),
			b.label ? name(b.label) : h('span', { class: 'what-name' }, t('badges.unnamed'))) },
		{ label: t('col.state'), show: (b) => (b.revoked ? chip('quiet', t('badges.revoked')) : chip('good', t('badges.good'))) },
		{ label: t('col.last_used'), show: (b) => (b.last_used ? when(b.last_used) : h('span', { class: 'quiet' }, t('never'))) },
		{ label: t('col.added'), show: (b) => when(b.added) },
	];
}

export function revokeButton(badge, base, reload, text = t('revoke')) {
	return button(text, {
		kind: 'danger-quiet', glyph: 'stop', name: 'revoke', about: badge.label,
		onclick: async () => {
			const did = await dialog({
				title: t('badges.revoke.title'), body: [h('p', {}, t('badges.revoke.text')), badge.label ? h('div', { class: 'subject' }, name(badge.label)) : null],
				confirm: t('revoke'), kind: 'danger',
				act: async () => { await call('POST', `${base}${seg(badge.id)}/revoke`, {}); return true; },
			});
			if (did) toast(t('badges.revoke.done'));
			reload();
		},
	});
}
