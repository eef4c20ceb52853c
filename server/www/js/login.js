// The log-in page, and the dialog that asks for the password again.
import { h, icon, foreign } from './dom.js';
import { t, lang, setLang } from './i18n.js';
import { login, explain, current, Problem } from './api.js';
import { button, field, input, notice, dialog } from './ui.js';

function refused(p) {
	return p instanceof Problem && p.code === 'denied' ? t('login.refused') : explain(p);
}

export function loginPage(done, why = null) {
	const user = input({ name: 'user', autocomplete: 'username', autocapitalize: 'none', required: true });
	const password = input({ name: 'password', type: 'password', autocomplete: 'current-password', required: true });
	const wrong = h('div', { class: 'form-error', role: 'alert' });
	const go = button(t('login.go'), { kind: 'primary block', type: 'submit', name: 'login' });
	const form = h('form', {
		class: 'login-form', novalidate: true,
		onsubmit: async (e) => {
			e.preventDefault();
			for (const f of [user, password]) {
				f.removeAttribute('aria-invalid');
				if (!f.value) {
					f.setAttribute('aria-invalid', 'true');
					wrong.replaceChildren(notice('bad', null, h('p', {}, t('login.both'))));
					f.focus();
					return;
				}
			}
			go.disabled = true;
			wrong.replaceChildren();
			try {
				await login(user.value, password.value);
				password.value = '';
				done();
			} catch (p) {
				wrong.replaceChildren(notice('bad', null, h('p', {}, refused(p))));
				password.value = '';
				password.focus();
			}
			go.disabled = false;
		},
	}, field(t('login.user'), user), field(t('login.password'), password), wrong, go);
	const page = h('main', { class: 'login' },
		h('div', { class: 'login-card' },
			h('div', { class: 'brand big' }, h('span', { class: 'brand-mark' }, icon('logo')), h('span', {}, 'Holdfast')),
			h('h1', { tabindex: '-1' }, t('login.title')), h('p', { class: 'lead' }, t('login.lead')),
			why && notice('info', null, h('p', {}, why)), form),
		h('p', { class: 'login-foot' }, h('button', { type: 'button', class: 'link', lang: lang === 'de' ? 'en' : 'de', onclick: () => setLang(lang === 'de' ? 'en' : 'de') },
			lang === 'de' ? 'English' : 'Deutsch')));
	queueMicrotask(() => user.focus());
	return page;
}

/** The session ended in the middle of something: the same person again, or not at all.  True: go on. */
export async function loginDialog() {
	const who = current().user;
	const password = input({ type: 'password', autocomplete: 'current-password', name: 'password', autofocus: true });
	const did = await dialog({
		title: t('relogin.title'), veil: true,
		body: [h('p', {}, t('relogin.text')), h('p', { class: 'who' }, icon('account'), foreign(who, 'strong')),
			h('input', { type: 'text', autocomplete: 'username', value: who, hidden: true, readonly: true }), field(t('login.password'), password)],
		confirm: t('login.go'), cancel: t('logout'),
		act: async () => {
			try {
				await login(who, password.value);
				return true;
			} catch (p) {
				password.value = '';
				password.focus();
				throw p instanceof Problem && p.code === 'denied' ? new Problem(403, 'input', t('login.refused')) : p;
			}
		},
	});
	return did === true;
}
