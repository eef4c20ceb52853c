// The fleet at a glance.
import { h, icon } from '../dom.js';
import { t, number, relative } from '../i18n.js';
import { call, may, explain } from '../api.js';
import { on } from '../live.js';
import { pageHead, notice, errorState, skeleton, select, chip, when, name } from '../ui.js';

function stat(glyph, label, value, sub, tone = '', href = null) {
	const inner = [h('div', { class: 'stat-head' }, icon(glyph), h('span', {}, label)), h('div', { class: 'stat-value' }, value), h('div', { class: 'stat-sub' }, sub)];
	return href ? h('a', { class: `stat ${tone}`, href }, inner) : h('div', { class: `stat ${tone}` }, inner);
}
const to = (need, href) => (may(need) ? href : null);

function stats(s) {
	return h('div', { class: 'stats' },
		stat('job', t('state.held'), number(s.held), s.oldest_held ? t('overview.oldest', { when: relative(s.oldest_held) }) : t('overview.none_held'), '', to('GET /v1/admin/jobs', '#/admin/jobs/held')),
		stat('printer', t('state.releasing'), number(s.releasing), t('overview.releasing'), '', to('GET /v1/admin/jobs', '#/admin/jobs/releasing')),
		stat('alert', t('state.uncertain'), number(s.uncertain), t('overview.uncertain'), s.uncertain ? 'warn' : '', to('GET /v1/admin/jobs', '#/admin/jobs/uncertain')),
		stat('printer', t('nav.admin/printers'), number(s.printers), s.printers_disabled ? t('overview.disabled', { n: s.printers_disabled }) : t('overview.all_on'), s.printers_disabled ? 'note' : '', to('GET /v1/admin/printers', '#/admin/printers')),
		stat('reader', t('nav.admin/readers'), number(s.readers), s.readers_silent ? t('overview.silent', { n: s.readers_silent }) : t('overview.all_heard'), s.readers_silent ? 'note' : '', to('GET /v1/admin/readers', '#/admin/readers')),
		stat('people', t('nav.admin/people'), number(s.people), t('overview.badges', { n: s.badges }), '', to('GET /v1/admin/people', '#/admin/people')),
		stat('events', t('overview.alarms'), number(s.alarms), t('overview.alarms.sub'), s.alarms ? 'bad' : '', to('GET /v1/admin/events', '#/admin/events/alarm')));
}
function worries(s) {
	const all = [];
	if (s.damaged) all.push(notice('bad', t('overview.damaged', { n: s.damaged }), h('p', {}, t('overview.damaged.text'))));
	if (s.waivers) all.push(notice('warn', t('overview.waivers', { n: s.waivers }), h('p', {}, t('overview.waivers.text'))));
	if (s.plain_printers) all.push(notice('warn', t('overview.plain', { n: s.plain_printers }), h('p', {}, t('overview.plain.text'))));
	return all;
}

function fleet(printers, more) {
	return h('section', { class: 'card fleet' }, h('h2', {}, t('overview.fleet')), printers.length
		? h('ul', { class: 'tiles' }, printers.map((p) => h('li', { class: `tile-row ${p.disabled ? 'off' : ''}` }, h('div', { class: 'tile' }, icon('printer')),
			h('div', { class: 'what-text' }, name(p.name), h('span', { class: 'what-more' }, p.held_last ? [t('printers.last'), ' ', when(p.held_last)] : t('printers.never'))),
			p.disabled ? chip('quiet', t('printers.off')) : p.releasing ? chip('busy', t('printers.releasing', { n: p.releasing })) : chip('good', t('printers.on')))))
		: h('p', { class: 'quiet' }, t('printers.empty')), more ? h('p', { class: 'aside' }, h('a', { href: '#/admin/printers' }, t('overview.all_printers'))) : null);
}

export function show(box) {
	const top = h('div', {}, skeleton(2));
	const mid = h('div', {});
	const printers = h('div', {});
	const hours = select([['24', t('hours', { n: 24 })], ['72', t('days', { n: 3 })], ['168', t('days', { n: 7 })]], '24', { 'aria-label': t('charts.span') });
	let charts = null;
	let gone = false;
	async function read() {
		try {
			const s = await call('GET', '/v1/admin/status');
			top.replaceChildren(h('div', { class: 'worries' }, worries(s)), stats(s));
		} catch (p) {
			top.replaceChildren(errorState(p, read));
			return;
		}
		if (may('GET /v1/admin/printers')) {
			try {
				const { items, next } = await call('GET', '/v1/admin/printers?limit=24');
				printers.replaceChildren(fleet(items, next));
			} catch { /* said above */ }
		}
	}
	async function figures() {
		if (!may('GET /v1/admin/stats')) return;
		try {
			const stat = await call('GET', `/v1/admin/stats?hours=${hours.value}`);
			const module = await import('../charts.js');
			if (gone) return;
			if (!charts) {
				charts = await module.charts();
				if (gone) return charts.destroy();
				mid.replaceChildren(h('div', { class: 'section-head' }, h('h2', {}, t('charts.title')), hours), charts.root);
			}
			charts.update(stat);
		} catch (p) {
			if (!charts) mid.replaceChildren(notice('bad', t('charts.failed'), h('p', {}, explain(p))));
		}
	}
	hours.classList.add('control', 'small');
	hours.addEventListener('change', figures);
	box.append(pageHead(t('nav.admin'), t('overview.lead')), top, mid, printers);
	read();
	figures();
	let waiting = 0;
	const off = on(['job', 'printer', 'reader'], () => {
		read();
		if (!waiting) waiting = setTimeout(() => { waiting = 0; figures(); }, 5000);
	});
	return () => {
		gone = true;
		off();
		clearTimeout(waiting);
		charts?.destroy();
	};
}
