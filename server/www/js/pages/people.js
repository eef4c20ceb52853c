// People and, for one of them, role, badges and jobs.
import { h, icon, foreign } from '../dom.js';
import { t, number } from '../i18n.js';
import { call, may, seg, query, current } from '../api.js';
import { on } from '../live.js';
import { list } from '../list.js';
import { button, pageHead, when, chip, dialog, toast, name, field, input, select, errorState, skeleton, emptyState, size, stateChip, jobTitle } from '../ui.js';
import { badgeColumns, revokeButton } from '../badge.js';
import { filters } from '../filters.js';

const ROLES = ['user', 'help-desk', 'operator', 'administrator', 'auditor'];
const who = (p) => h('div', { class: 'what' }, h('div', { class: 'tile' }, icon('account')), h('div', { class: 'what-text' }, name(p.display || p.name), foreign(p.name, 'what-more')));

function everybody(box) {
	const f = filters([{ key: 'name', label: t('people.search'), control: input({ type: 'search' }) }], () => l.reload({ reset: true }));
	const l = list({
		label: t('nav.admin/people'),
		source: () => ['/v1/admin/people', f.values()],
		key: (p) => p.name,
		columns: [
			{ label: t('col.person'), main: true, show: who },
			{ label: t('col.role'), show: (p) => chip(p.role === 'user' ? 'quiet' : 'info', t(`role.${p.role}`)) },
			{ label: t('col.state'), show: (p) => (p.disabled ? chip('bad', t('people.off')) : chip('good', t('people.on'))) },
			{ label: t('nav.badges'), num: true, show: (p) => h('span', { class: 'num' }, number(p.badges)) },
			{ label: t('state.held'), num: true, show: (p) => h('span', { class: 'num' }, number(p.held)) },
			{ label: t('col.added'), wide: true, show: (p) => when(p.added) },
		],
		actions: (p) => [h('a', { class: 'button quiet', href: `#/admin/people/${seg(p.name)}`, 'data-action': 'open' }, h('span', {}, t('open')), h('span', { class: 'hidden' }, ' ', p.name))],
		empty: { glyph: 'people', title: t('people.empty'), text: t('people.empty.text') },
	});
	box.append(pageHead(t('nav.admin/people'), t('people.lead')), f.root, l.root);
	l.reload({ reset: true });
}

async function changeRole(p, again) {
	const role = select(ROLES.map((r) => [r, t(`role.${r}`)]), p.role, { name: 'role' });
	const about = h('p', { class: 'hint' });
	const tell = () => { about.textContent = t(`role.${role.value}.may`); };
	role.addEventListener('change', tell);
	tell();
	const did = await dialog({
		title: t('people.role.title'), body: [h('div', { class: 'subject' }, who(p)), field(t('col.role'), role), about, h('p', {}, t('people.role.text'))], confirm: t('save'),
		act: async () => { await call('POST', `/v1/admin/people/${seg(p.name)}/role`, { role: role.value }); return true; },
	});
	if (did) toast(t('people.role.done'));
	again();
}
async function disable(p, again) {
	const disabled = !p.disabled;
	const did = await dialog({
		title: t(disabled ? 'people.disable.title' : 'people.enable.title'), body: [h('div', { class: 'subject' }, who(p)), h('p', {}, t(disabled ? 'people.disable.text' : 'people.enable.text'))],
		confirm: t(disabled ? 'people.disable' : 'people.enable'), kind: disabled ? 'danger' : 'primary',
		act: async () => { await call('POST', `/v1/admin/people/${seg(p.name)}/disable`, { disabled }); return true; },
	});
	if (did) toast(t(disabled ? 'people.disabled.done' : 'people.enabled.done'));
	again();
}

function one(box, person) {
	const head = h('div', {}, skeleton(1));
	const self = person === current().user;
	async function read() {
		try {
			const { items } = await call('GET', query('/v1/admin/people', { name: person, limit: 1 }));
			const p = items.find((i) => i.name === person);
			if (!p) {
				head.replaceChildren(emptyState('people', t('people.none'), t('people.none.text')));
				return;
			}
			head.replaceChildren(h('div', { class: 'person-head' }, h('span', { class: 'avatar large', 'aria-hidden': 'true' }, [...(p.display || p.name)][0]?.toUpperCase() ?? '?'),
				h('div', { class: 'person-name' }, h('h1', { tabindex: '-1' }, name(p.display || p.name)), h('p', { class: 'chips' }, foreign(p.name, 'quiet'), chip(p.role === 'user' ? 'quiet' : 'info', t(`role.${p.role}`)),
					p.disabled ? chip('bad', t('people.off')) : null, p.password ? null : chip('quiet', t('people.nopassword')))),
				h('div', { class: 'page-actions' },
					!self && may('POST /v1/admin/people/{name}/role') && button(t('people.role'), { name: 'role', onclick: () => changeRole(p, read) }),
					!self && may('POST /v1/admin/people/{name}/disable') && button(t(p.disabled ? 'people.enable' : 'people.disable'), { kind: p.disabled ? '' : 'danger-quiet', name: 'disable', onclick: () => disable(p, read) }))));
		} catch (e) {
			head.replaceChildren(errorState(e, read));
		}
	}
	const badges = list({
		label: t('nav.badges'), source: () => ['/v1/admin/badges', { person }], key: (b) => b.id, columns: badgeColumns(),
		actions: may('POST /v1/admin/badges/{id}/revoke') ? (b) => (b.revoked ? [] : [revokeButton(b, '/v1/admin/badges/', badges.reload)]) : null,
		empty: { glyph: 'badge', title: t('people.nobadges'), text: t('people.nobadges.text') },
	});
	const jobs = list({
		label: t('nav.admin/jobs'), source: () => ['/v1/admin/jobs', { owner: person }], key: (j) => j.id,
		columns: [
			{ label: t('col.document'), main: true, show: jobTitle }, { label: t('col.state'), show: (j) => stateChip(j.state) },
			{ label: t('col.printer'), show: (j) => (j.printer ? foreign(j.printer) : h('span', { class: 'quiet' }, '–')) },
			{ label: t('col.size'), num: true, show: (j) => size(j.bytes) }, { label: t('col.submitted'), show: (j) => when(j.submitted) },
		],
		empty: { glyph: 'queue', title: t('people.nojobs'), text: t('people.nojobs.text') },
	});
	box.append(h('a', { class: 'back', href: '#/admin/people' }, icon('back'), t('nav.admin/people')), head,
		h('h2', { class: 'section' }, t('nav.badges')), badges.root, h('h2', { class: 'section' }, t('nav.admin/jobs')), jobs.root);
	read().then(() => head.querySelector('h1')?.focus());
	badges.reload({ reset: true });
	jobs.reload({ reset: true });
	return on(['job'], () => jobs.reload());
}

export function show(box, { rest }) {
	return rest ? one(box, rest) : everybody(box);
}
