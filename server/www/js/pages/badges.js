// My badges; a lost one is revoked at once.
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { may } from '../api.js';
import { list } from '../list.js';
import { pageHead } from '../ui.js';
import { badgeColumns, revokeButton } from '../badge.js';

export function show(box) {
	const l = list({
		label: t('nav.badges'),
		source: () => ['/v1/badges', {}],
		key: (b) => b.id,
		columns: badgeColumns(),
		actions: (b) => (!b.revoked && may('POST /v1/badges/{id}/revoke') ? [revokeButton(b, `/v1/badges/`, l.reload, t('badges.lost'))] : []),
		empty: { glyph: 'badge', title: t('badges.empty'), text: t('badges.empty.text') },
	});
	box.append(pageHead(t('nav.badges'), t('badges.lead')), l.root, h('p', { class: 'aside' }, t('badges.new')));
	l.reload({ reset: true });
}
