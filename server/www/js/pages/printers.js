// The printers: where, how safe, on and off.
import { h, icon, foreign } from '../dom.js';
import { t } from '../i18n.js';
import { call, may, seg } from '../api.js';
import { on } from '../live.js';
import { list } from '../list.js';
import { button, pageHead, when, chip, dialog, toast, name, notice } from '../ui.js';

async function onOff(p, reload) {
	const disabled = !p.disabled;
	const did = await dialog({
		title: t(disabled ? 'printers.disable.title' : 'printers.enable.title'),
		body: [h('div', { class: 'subject' }, name(p.name)), h('p', {}, t(disabled ? 'printers.disable.text' : 'printers.enable.text'))],
		confirm: t(disabled ? 'printers.disable' : 'printers.enable'), kind: disabled ? 'danger' : 'primary',
		act: async () => { await call('POST', `/v1/admin/printers/${seg(p.id)}/disable`, { disabled }); return true; },
	});
	if (did) toast(t(disabled ? 'printers.disabled.done' : 'printers.enabled.done'));
	reload();
}

function details(p) {
	return dialog({
		title: t('printers.details'), wide: true, cancel: t('close'),
		body: [p.waiver ? notice('warn', t('printers.waived'), h('p', {}, foreign(p.waiver))) : null,
			p.plain_allowed ? notice('warn', t('printers.plain'), h('p', {}, t('printers.plain.text'))) : null,
			h('dl', { class: 'facts' },
				h('dt', {}, t('col.name')), h('dd', {}, name(p.name)),
				h('dt', {}, t('printers.location')), h('dd', {}, p.location ? foreign(p.location) : '–'),
				h('dt', {}, t('printers.address')), h('dd', {}, h('code', { class: 'break' }, p.uri)),
				h('dt', {}, t('printers.pin')), h('dd', {}, p.spki_pin ? h('code', { class: 'break' }, p.spki_pin) : t('printers.nopin')),
				h('dt', {}, t('printers.class')), h('dd', {}, t(`class.${p.min_class}`)),
				h('dt', {}, t('nav.admin/readers')), h('dd', {}, String(p.readers)),
				p.disabled ? [h('dt', {}, t('printers.off_since')), h('dd', {}, when(p.disabled))] : null)],
	});
}

export function show(box) {
	const l = list({
		label: t('nav.admin/printers'),
		source: () => ['/v1/admin/printers', {}],
		key: (p) => p.id,
		columns: [
			{ label: t('col.printer'), main: true, show: (p) => h('div', { class: 'what' }, h('div', { class: 'tile' }, icon('printer')),
				h('div', { class: 'what-text' }, name(p.name), p.location ? foreign(p.location, 'what-more') : null)) },
			{ label: t('col.state'), show: (p) => (p.disabled ? chip('quiet', t('printers.off')) : p.releasing ? chip('busy', t('printers.releasing', { n: p.releasing })) : chip('good', t('printers.on'))) },
			{ label: t('printers.class'), show: (p) => h('span', { class: 'chips' }, chip(p.min_class > 0 ? 'info' : 'warn', `L${p.min_class}`), p.waiver ? chip('warn', t('printers.waiver')) : null, p.plain_allowed ? chip('bad', t('printers.plain.short')) : null) },
			{ label: t('nav.admin/readers'), num: true, show: (p) => h('span', { class: 'num' }, String(p.readers)) },
			{ label: t('printers.last'), show: (p) => when(p.held_last) },
		],
		actions: (p) => [
			button(t('details'), { kind: 'quiet', glyph: 'info', name: 'details', about: p.name, onclick: () => details(p) }),
			may('POST /v1/admin/printers/{id}/disable') && button(t(p.disabled ? 'printers.enable' : 'printers.disable'), { kind: 'quiet', glyph: p.disabled ? 'play' : 'stop', name: 'onoff', about: p.name, onclick: () => onOff(p, l.reload) }),
		],
		empty: { glyph: 'printer', title: t('printers.empty'), text: t('printers.empty.text') },
	});
	box.append(pageHead(t('nav.admin/printers'), t('printers.lead')), l.root);
	l.reload({ reset: true });
	return on(['printer', 'job'], () => l.reload());
}
