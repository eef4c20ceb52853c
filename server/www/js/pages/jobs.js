// My jobs: what is held, on its way, or uncertain.
import { h, icon } from '../dom.js';
import { t } from '../i18n.js';
import { call, may, seg } from '../api.js';
import { on } from '../live.js';
import { list } from '../list.js';
import { button, pageHead, when, size, stateChip, jobTitle, dialog, toast, formatName, name } from '../ui.js';

async function remove(job, reload) {
	const uncertain = job.state === 'uncertain';
	const did = await dialog({
		title: t('jobs.delete.title'),
		body: [h('p', {}, t(uncertain ? 'jobs.delete.uncertain' : 'jobs.delete.text')), h('div', { class: 'subject' }, jobTitle(job), when(job.submitted))],
		confirm: t('delete'), kind: 'danger',
		act: async () => { await call('DELETE', `/v1/jobs/${seg(job.id)}`); return true; },
	});
	if (did) toast(t('jobs.deleted'));
	reload();
}

async function again(job, reload) {
	await call('POST', `/v1/jobs/${seg(job.id)}/again`, { anyway: false });
	toast(t('jobs.again.done'));
	reload();
}

function uncertainHelp(job, reload) {
	const at = job.printer ? [t('jobs.uncertain.at'), ' ', name(job.printer), '. '] : [];
	return h('div', { class: 'uncertain' },
		h('p', {}, icon('alert'), h('span', {}, h('strong', {}, t('jobs.uncertain.title')), ' ', at, t('jobs.uncertain.text'))),
		h('div', { class: 'choices' },
			h('div', { class: 'choice' }, h('strong', {}, t('jobs.uncertain.again')), h('p', {}, t('jobs.uncertain.again.text')),
				may('POST /v1/jobs/{id}/again') && button(t('jobs.again'), { kind: 'quiet', glyph: 'job', name: 'again', onclick: () => again(job, reload) })),
			h('div', { class: 'choice' }, h('strong', {}, t('jobs.uncertain.drop')), h('p', {}, t('jobs.uncertain.drop.text')),
				may('DELETE /v1/jobs/{id}') && button(t('delete'), { kind: 'danger-quiet', glyph: 'trash', name: 'delete', onclick: () => remove(job, reload) }))));
}

export function show(box) {
	const live = h('p', { class: 'hidden', role: 'status' });
	const l = list({
		label: t('nav.jobs'),
		source: () => ['/v1/jobs', {}],
		key: (j) => j.id,
		columns: [
			{ label: t('col.document'), main: true, show: jobTitle },
			{ label: t('col.state'), show: (j) => stateChip(j.state) },
			{ label: t('col.size'), num: true, show: (j) => size(j.bytes) },
			{ label: t('col.submitted'), show: (j) => when(j.submitted) },
			{ label: t('col.expires'), show: (j) => when(j.expires, { soon: true }) },
		],
		actions: (j) => (j.state === 'held' && may('DELETE /v1/jobs/{id}')
			? [button(t('delete'), { kind: 'quiet', glyph: 'trash', name: 'delete', about: formatName(j.format), onclick: () => remove(j, l.reload) })] : []),
		extra: (j) => (j.state === 'uncertain' ? uncertainHelp(j, () => l.reload()) : null),
		onrows: (rows) => {
			const n = rows.filter((j) => j.state === 'held').length;
			const text = t('jobs.count', { n });
			if (live.textContent !== text) live.textContent = text;
		},
		empty: { glyph: 'job', title: t('jobs.empty'), text: t('jobs.empty.text') },
	});
	box.append(pageHead(t('nav.jobs'), t('jobs.lead')), live, l.root);
	l.reload({ reset: true });
	return on(['job'], () => l.reload());
}
