// What stands around every page: navigation by what this role may, the state of the live stream, theme, language, log-out.
import { h, icon, foreign } from './dom.js';
import { t, lang, setLang } from './i18n.js';
import { current, may } from './api.js';
import { watch } from './live.js';

/** hash -> {title, glyph, needs, load}; needs is a row of the tables in doc/api.md. */
export const PAGES = [
	{ path: 'jobs', glyph: 'job', needs: 'GET /v1/jobs', load: () => import('./pages/jobs.js') },
	{ path: 'history', glyph: 'history', needs: 'GET /v1/history', load: () => import('./pages/history.js') },
	{ path: 'badges', glyph: 'badge', needs: 'GET /v1/badges', load: () => import('./pages/badges.js') },
	{ path: 'account', glyph: 'account', needs: 'GET /v1/session', load: () => import('./pages/account.js') },
	{ path: 'admin', glyph: 'overview', needs: 'GET /v1/admin/status', load: () => import('./pages/overview.js') },
	{ path: 'admin/jobs', glyph: 'queue', needs: 'GET /v1/admin/jobs', load: () => import('./pages/alljobs.js') },
	{ path: 'admin/printers', glyph: 'printer', needs: 'GET /v1/admin/printers', load: () => import('./pages/printers.js') },
	{ path: 'admin/readers', glyph: 'reader', needs: 'GET /v1/admin/readers', load: () => import('./pages/readers.js') },
	{ path: 'admin/people', glyph: 'people', needs: 'GET /v1/admin/people', load: () => import('./pages/people.js') },
	{ path: 'admin/sessions', glyph: 'sessions', needs: 'GET /v1/admin/sessions', load: () => import('./pages/sessions.js') },
	{ path: 'admin/events', glyph: 'events', needs: 'GET /v1/admin/events', load: () => import('./pages/events.js') },
];
export const allowed = () => PAGES.filter((p) => may(p.needs));

export function cycleTheme() {
	const root = document.documentElement;
	const dark = matchMedia('(prefers-color-scheme: dark)').matches;
	const now = root.dataset.theme ?? (dark ? 'dark' : 'light');
	setTheme(now === 'dark' ? 'light' : 'dark');
}
export function setTheme(theme) {
	const root = document.documentElement;
	if (theme) root.dataset.theme = theme;
	else delete root.dataset.theme;
	try {
		if (theme) localStorage.setItem('hf-theme', theme);
		else localStorage.removeItem('hf-theme');
	} catch { /* for this page only */ }
	dispatchEvent(new Event('hf-theme'));
}

export function shell({ onlogout }) {
	const s = current();
	const group = (title, pages) => pages.length ? [h('p', { class: 'nav-title' }, title), h('ul', {}, pages.map((p) =>
		h('li', {}, h('a', { href: `#/${p.path}`, 'data-path': p.path }, icon(p.glyph), h('span', {}, t(`nav.${p.path}`))))))] : [];
	const pages = allowed();
	const nav = h('nav', { class: 'nav', 'aria-label': t('nav.label'), id: 'nav' },
		group(t('nav.mine'), pages.filter((p) => !p.path.startsWith('admin'))),
		group(t('nav.group.admin'), pages.filter((p) => p.path.startsWith('admin'))));
	const state = h('span', { class: 'live', role: 'status' });
	const unwatch = watch((st) => {
		state.className = `live ${st}`;
		state.title = t(`live.${st}.long`);
		state.replaceChildren(h('span', { class: 'dot', 'aria-hidden': 'true' }), h('span', { class: 'live-text' }, t(`live.${st}`)));
	});
	const toggle = h('button', { type: 'button', class: 'icon-button menu-button', 'aria-controls': 'nav', 'aria-expanded': 'false', 'aria-label': t('menu'), onclick: () => open(!root.classList.contains('nav-open')) }, icon('menu'));
	const main = h('main', { id: 'main', class: 'main' });
	const root = h('div', { class: 'shell' },
		h('a', { class: 'skip', href: '#main', onclick: (e) => { e.preventDefault(); main.querySelector('h1')?.focus(); } }, t('skip')),
		h('header', { class: 'top' }, toggle,
			h('a', { class: 'brand', href: '#/jobs' }, h('span', { class: 'brand-mark' }, icon('logo')), h('span', { class: 'brand-name' }, 'Holdfast')),
			state, h('span', { class: 'grow' }),
			h('button', { type: 'button', class: 'icon-button', title: t('theme.toggle'), 'aria-label': t('theme.toggle'), 'data-action': 'theme', onclick: cycleTheme }, icon('theme')),
			h('button', { type: 'button', class: 'icon-button', title: t('lang.toggle'), 'aria-label': t('lang.toggle'), 'data-action': 'lang', onclick: () => setLang(lang === 'de' ? 'en' : 'de') }, icon('language')),
			h('a', { class: 'me', href: '#/account' }, h('span', { class: 'avatar', 'aria-hidden': 'true' }, [...(s.display || s.user)][0]?.toUpperCase() ?? '?'),
				h('span', { class: 'me-text' }, foreign(s.display || s.user), h('span', { class: 'quiet' }, t(`role.${s.role}`)))),
			h('button', { type: 'button', class: 'icon-button', title: t('logout'), 'aria-label': t('logout'), 'data-action': 'logout', onclick: onlogout }, icon('logout'))),
		nav, h('div', { class: 'scrim', onclick: () => open(false) }), main);
	function open(is) {
		root.classList.toggle('nav-open', is);
		toggle.setAttribute('aria-expanded', String(is));
		if (is) nav.querySelector('a[aria-current], a')?.focus();
	}
	root.addEventListener('keydown', (e) => {
		if (e.key === 'Escape' && root.classList.contains('nav-open')) { open(false); toggle.focus(); }
	});
	return {
		root, main, leave: unwatch,
		mark(path) {
			open(false);
			for (const a of nav.querySelectorAll('a')) {
				if (a.dataset.path === path) a.setAttribute('aria-current', 'page');
				else a.removeAttribute('aria-current');
			}
		},
	};
}
