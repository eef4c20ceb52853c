// All jobs: filters, cancel, and purging what is stale, looked at first.
import { h, foreign } from '../dom.js';
import { t, bytes, number, dateTime } from '../i18n.js';
import { call, may, seg } from '../api.js';
import { on } from '../live.js';
import { list } from '../list.js';
import { button, pageHead, when, size, stateChip, jobTitle, dialog, toast, field, input, select, name, notice, idText, formatName } from '../ui.js';
import { filters } from '../filters.js';

const STATES = ['held', 'releasing', 'uncertain', 'delivered', 'cancelled', 'expired', 'damaged', 'claimed', 'created', 'sent'];
const CANCEL = 'POST /v1/admin/jobs/{id}/cancel';

async function cancel(job, reload) {
	const reason = input({ maxlength: 200, name: 'reason', autofocus: true });
	const did = await dialog({
		title: t('alljobs.cancel.title'),
		body: [h('p', {}, t('alljobs.cancel.text')), h('div', { class: 'subject' }, jobTitle(job), name(job.owner)), field(t('reason'), reason, t('alljobs.cancel.hint'))],
		confirm: t('alljobs.cancel.go'), kind: 'danger', cancel: t('back'),
		act: async () => {
			if (!reason.value.trim()) { reason.setAttribute('aria-invalid', 'true'); reason.focus(); return undefined; }
			await call('POST', `/v1/admin/jobs/${seg(job.id)}/cancel`, { reason: reason.value.trim() });
			return true;
		},
	});
	if (did) toast(t('alljobs.cancelled'));
	reload();
}

async function purge(reload) {
	const state = select([['held', t('state.held')], ['uncertain', t('state.uncertain')]], 'held', { name: 'state' });
	const age = input({ type: 'number', min: 0, max: 8760, value: '72', inputmode: 'numeric', name: 'age' });
	const queue = input({ name: 'queue' });
	const owner = input({ name: 'owner' });
	const asked = await dialog({
		title: t('purge.title'), wide: true,
		body: [h('p', {}, t('purge.text')), h('div', { class: 'grid2' }, field(t('col.state'), state), field(t('purge.age'), age, t('purge.age.hint')),
			field(t('col.queue'), queue, t('purge.any')), field(t('col.owner'), owner, t('purge.any')))],
		confirm: t('purge.preview'),
		act: async () => {
			const h0 = Number(age.value);
			if (age.value === '' || !Number.isInteger(h0) || h0 < 0) { age.setAttribute('aria-invalid', 'true'); age.focus(); return undefined; }
			const what = { state: state.value, older_than_h: h0, queue: queue.value.trim(), owner: owner.value.trim() };
			return { what, seen: await call('POST', '/v1/admin/purge/preview', what) };
		},
	});
	if (!asked) return;
	const { what, seen } = asked;
	if (!seen.jobs) {
		await dialog({ title: t('purge.title'), body: [h('p', {}, t('purge.nothing'))], cancel: t('close') });
		return;
	}
	const did = await dialog({
		title: t('purge.sure', { n: seen.jobs }), wide: true,
		body: [notice('warn', null, h('p', {}, t('purge.final')), seen.more ? h('p', {}, t('purge.more')) : null),
			h('dl', { class: 'facts' },
				h('dt', {}, t('purge.jobs')), h('dd', { class: 'num-left' }, number(seen.jobs)),
				h('dt', {}, t('purge.people')), h('dd', { class: 'num-left' }, number(seen.people)),
				h('dt', {}, t('col.size')), h('dd', { class: 'num-left' }, bytes(seen.bytes)),
				h('dt', {}, t('purge.oldest')), h('dd', {}, seen.oldest ? dateTime(seen.oldest) : '–'),
				h('dt', {}, t('col.state')), h('dd', {}, stateChip(what.state)),
				h('dt', {}, t('purge.age')), h('dd', {}, what.older_than_h ? t('hours', { n: what.older_than_h }) : t('purge.anyage')),
				what.queue ? [h('dt', {}, t('col.queue')), h('dd', {}, foreign(what.queue))] : null,
				what.owner ? [h('dt', {}, t('col.owner')), h('dd', {}, foreign(what.owner))] : null)],
		confirm: t('purge.go', { n: seen.jobs }), kind: 'danger',
		act: () => call('POST', '/v1/admin/purge', { ...what, confirm: seen.confirm }),
	});
	if (did) toast(t('purge.done', { n: did.jobs }));
	reload();
}

export function show(box, { rest }) {
	const f = filters([
		{ key: 'state', label: t('col.state'), control: select([['', t('filter.any')], ...STATES.map((s) => [s, t(`state.${s}`)])], STATES.includes(rest) ? rest : '') },
		{ key: 'owner', label: t('col.owner'), control: input() },
		{ key: 'queue', label: t('col.queue'), control: input() },
		{ key: 'older_than_h', label: t('filter.older'), control: select([['', t('filter.any')], ['4', t('hours', { n: 4 })], ['24', t('hours', { n: 24 })], ['72', t('days', { n: 3 })], ['168', t('days', { n: 7 })]]) },
	], () => l.reload({ reset: true }));
	const l = list({
		label: t('nav.admin/jobs'),
		source: () => ['/v1/admin/jobs', f.values()],
		key: (j) => j.id,
		columns: [
			{ label: t('col.document'), main: true, show: jobTitle },
			{ label: t('col.owner'), show: (j) => name(j.owner) },
			{ label: t('col.state'), show: (j) => h('span', {}, stateChip(j.state), j.reason ? h('span', { class: 'reason' }, foreign(j.reason)) : null) },
			{ label: t('col.queue'), wide: true, show: (j) => foreign(j.queue) },
			{ label: t('col.printer'), show: (j) => (j.printer ? foreign(j.printer) : h('span', { class: 'quiet' }, '–')) },
			{ label: t('col.size'), num: true, show: (j) => size(j.bytes) },
			{ label: t('col.submitted'), show: (j) => when(j.submitted) },
			{ label: t('col.id'), wide: true, show: (j) => idText(j.id) },
		],
		actions: may(CANCEL) ? (j) => (['held', 'uncertain'].includes(j.state)
			? [button(t('alljobs.cancel'), { kind: 'quiet', glyph: 'stop', name: 'cancel-job', about: `${formatName(j.format)}, ${j.owner}`, onclick: () => cancel(j, l.reload) })] : []) : null,
		empty: { glyph: 'queue', title: t('alljobs.empty'), text: t('alljobs.empty.text') },
	});
	box.append(pageHead(t('nav.admin/jobs'), t('alljobs.lead'), may('POST /v1/admin/purge') && button(t('purge.open'), { glyph: 'broom', name: 'purge', onclick: () => purge(l.reload) })),
		f.root, l.root);
	l.reload({ reset: true });
	return on(['job'], () => l.reload());
}
