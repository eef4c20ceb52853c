// Who I am here, until when, and how the pages look.
import { h, foreign } from '../dom.js';
import { t, lang, setLang, dateTime } from '../i18n.js';
import { current } from '../api.js';
import { setTheme } from '../shell.js';
import { pageHead, field, select, chip } from '../ui.js';

export function show(box) {
	const s = current();
	const theme = select([['', t('theme.system')], ['light', t('theme.light')], ['dark', t('theme.dark')]], document.documentElement.dataset.theme ?? '',
		{ onchange: (e) => setTheme(e.target.value) });
	const sync = () => { theme.value = document.documentElement.dataset.theme ?? ''; };
	addEventListener('hf-theme', sync);
	const language = select([['en', 'English'], ['de', 'Deutsch']], lang, { onchange: (e) => setLang(e.target.value) });
	box.append(pageHead(t('nav.account'), t('account.lead')),
		h('div', { class: 'cards' },
			h('section', { class: 'card' }, h('h2', {}, t('account.you')),
				h('dl', { class: 'facts' },
					h('dt', {}, t('col.name')), h('dd', {}, foreign(s.display || s.user)),
					h('dt', {}, t('login.user')), h('dd', {}, foreign(s.user)),
					h('dt', {}, t('col.role')), h('dd', {}, chip('info', t(`role.${s.role}`))),
					h('dt', {}, t('account.until')), h('dd', {}, dateTime(s.expires)),
					h('dt', {}, t('account.idle')), h('dd', {}, t('minutes', { n: Math.round(s.idle_s / 60) })))),
			h('section', { class: 'card' }, h('h2', {}, t('account.look')), field(t('theme'), theme), field(t('language'), language),
				h('p', { class: 'hint' }, t('account.zone', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })))));
	return () => removeEventListener('hf-theme', sync);
}
