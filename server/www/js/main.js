// Start, find out who is there, and go from page to page by the fragment.
import { h } from './dom.js';
import { t } from './i18n.js';
import * as api from './api.js';
import * as live from './live.js';
import { shell, allowed } from './shell.js';
import { loginPage, loginDialog } from './login.js';
import { errorState, skeleton, toast } from './ui.js';

const app = document.getElementById('app');
const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('hf-session') : null;
let frame = null;
let leave = null; // what the page that is shown wants done when it goes
let turn = 0;

function clear() {
	leave?.();
	leave = null;
	frame?.leave();
	frame = null;
	turn++;
}
function showLogin(why = null) {
	clear();
	live.stop();
	api.forget();
	for (const d of document.querySelectorAll('dialog')) d.remove();
	document.title = `${t('login.title')} · Holdfast`;
	app.replaceChildren(loginPage(enter, why));
}
function enter() {
	frame?.leave();
	frame = shell({ onlogout: logout });
	app.replaceChildren(frame.root);
	live.start();
	route();
}
async function logout() {
	try {
		await api.logout();
	} catch (p) { // the session may still be good: do not look as if it were not
		return toast(api.explain(p), 'bad');
	}
	tabs?.postMessage('logout');
	history.replaceState(null, '', '#/jobs');
	showLogin(t('login.bye'));
}
function where() {
	const path = location.hash.replace(/^#\/?/, '');
	const pages = allowed();
	const page = [...pages].sort((a, b) => b.path.length - a.path.length).find((p) => path === p.path || path.startsWith(`${p.path}/`));
	let rest = '';
	try { rest = page ? decodeURIComponent(path.slice(page.path.length + 1)) : ''; } catch { /* a fragment that is no text */ }
	return { page: page ?? pages[0], rest, known: Boolean(page) };
}
async function route() {
	if (!api.current() || !frame) return;
	const mine = ++turn;
	leave?.();
	leave = null;
	const { page, rest, known } = where();
	if (!known) history.replaceState(null, '', `#/${page.path}`);
	frame.mark(page.path);
	document.title = `${t(`nav.${page.path}`)} · Holdfast`;
	const box = h('div', { class: `page page-${page.path.replace('/', '-')}` }, skeleton());
	frame.main.replaceChildren(box);
	try {
		const module = await page.load();
		if (mine !== turn) return;
		box.replaceChildren();
		const done = module.show(box, { rest, shell: frame });
		leave = typeof done === 'function' ? done : null;
		window.scrollTo(0, 0);
		box.querySelector('h1')?.focus({ preventScroll: true });
	} catch (p) {
		if (mine === turn) box.replaceChildren(errorState(p, route));
	}
}

addEventListener('hashchange', () => { route(); api.touch(); });
for (const what of ['pointerdown', 'keydown']) addEventListener(what, () => api.touch(), { passive: true });
// Back to a page that the browser kept, or a log-out in another tab: nothing of the old session stays on the screen.
addEventListener('pageshow', (e) => { if (e.persisted) location.reload(); });
if (tabs) tabs.onmessage = ({ data }) => { if (data === 'logout' && api.current()) showLogin(t('login.bye')); };

api.onLoginNeeded(async () => {
	if (await loginDialog()) {
		live.start();
		return true;
	}
	showLogin();
	return false;
});
live.whenBye(() => { if (api.current()) api.call('GET', '/v1/session').catch(() => {}); });

async function begin() {
	try {
		if (await api.resume()) enter();
		else showLogin();
	} catch (p) {
		app.replaceChildren(h('main', { class: 'login' }, errorState(p, begin)));
	}
}
begin();
