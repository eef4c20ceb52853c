// What happened to my last jobs.
import { h, foreign } from '../dom.js';
import { t, has } from '../i18n.js';
import { on } from '../live.js';
import { list } from '../list.js';
import { pageHead, when, size, stateChip, jobTitle, name } from '../ui.js';

export function outcome(j) {
	if (j.state === 'delivered') {
		return h('span', { class: 'sentence' }, j.printer ? [t('history.at'), ' ', name(j.printer)] : t('state.delivered'),
			j.impressions ? h('span', { class: 'quiet' }, ' · ', t('impressions', { n: j.impressions })) : null);
	}
	if (has(`outcome.${j.state}`)) return h('span', { class: 'sentence' }, t(`outcome.${j.state}`), j.reason ? [' ', foreign(j.reason, 'quiet')] : null);
	return j.reason ? foreign(j.reason) : h('span', { class: 'quiet' }, '–');
}

export function show(box) {
	const l = list({
		label: t('nav.history'),
		source: () => ['/v1/history', {}],
		key: (j) => j.id,
		columns: [
			{ label: t('col.document'), main: true, show: jobTitle },
			{ label: t('col.state'), show: (j) => stateChip(j.state) },
			{ label: t('col.outcome'), show: outcome },
			{ label: t('col.when'), show: (j) => when(j.state_at) },
			{ label: t('col.size'), num: true, wide: true, show: (j) => size(j.bytes) },
			{ label: t('col.submitted'), wide: true, show: (j) => when(j.submitted) },
		],
		empty: { glyph: 'history', title: t('history.empty'), text: t('history.empty.text') },
	});
	box.append(pageHead(t('nav.history'), t('history.lead')), l.root);
	l.reload({ reset: true });
	return on(['job'], () => l.reload());
}
