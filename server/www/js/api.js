// Talking to /v1 (doc/api.md): the session, its CSRF token, problem documents, and a session that ends in the middle.
import { t } from './i18n.js';

export class Problem extends Error {
	constructor(status, code, detail, retryAfter = 0) {
		super(detail || code);
		Object.assign(this, { status, code, detail, retryAfter });
	}
}

let session = null;
let lastSeen = 0;
let askLogin = null; // set by the shell: () => Promise of true when somebody has logged in again
let asking = null;
const listeners = new Set();

export const current = () => session;
export const may = (what) => session?.may?.includes(what) ?? false;
export const onSession = (fn) => listeners.add(fn);
export const onLoginNeeded = (fn) => { askLogin = fn; };

function setSession(s) {
	session = s;
	lastSeen = Date.now();
	for (const fn of listeners) fn(s);
}

async function raw(method, path, body) {
	const headers = { Accept: 'application/json' };
	if (body !== undefined) headers['Content-Type'] = 'application/json';
	if (method !== 'GET' && session?.csrf) headers['X-CSRF-Token'] = session.csrf;
	let res;
	try {
		res = await fetch(path, {
			method, headers, credentials: 'same-origin', cache: 'no-store',
			body: body === undefined ? undefined : JSON.stringify(body),
		});
	} catch {
		throw new Problem(0, 'network', '');
	}
	if (res.status === 204) return null;
	let answer = null;
	try {
		answer = await res.json();
	} catch {
		if (res.ok) throw new Problem(502, 'peer', '');
	}
	if (!res.ok) throw new Problem(res.status, answer?.code ?? 'system', answer?.detail ?? '', Number(res.headers.get('Retry-After')) || 0);
	return answer;
}

/** One request.  A lost session asks for the password again and then carries the request out. */
export async function call(method, path, body) {
	try {
		return await raw(method, path, body);
	} catch (p) {
		if (p.status === 401 && session && askLogin) {
			if (!await again()) throw p;
			return raw(method, path, body);
		}
		if (p.status === 403 && method !== 'GET' && session && await renewed()) return raw(method, path, body);
		throw p;
	}
}

// All requests that find the session gone wait for the same dialog.
function again() {
	asking ??= askLogin().finally(() => { asking = null; });
	return asking;
}

// Another tab may have logged in anew: then the cookie is good and only our token is old.
async function renewed() {
	const had = session;
	let now;
	try { now = await raw('GET', '/v1/session'); } catch { return false; }
	if (now.user !== had.user) { location.reload(); return false; }
	if (now.csrf === had.csrf) return false;
	setSession(now);
	return true;
}

export async function login(user, password) {
	const before = session;
	setSessionQuietly(null);
	try {
		setSession(await raw('POST', '/v1/session', { user, password }));
	} catch (p) {
		setSessionQuietly(before);
		throw p;
	}
	return session;
}
function setSessionQuietly(s) { session = s; }

export async function resume() {
	try {
		setSession(await raw('GET', '/v1/session'));
	} catch (p) {
		if (p.status !== 401) throw p;
		session = null;
	}
	return session;
}

export async function logout() {
	try {
		await raw('DELETE', '/v1/session');
	} catch (p) {
		if (p.status === 403 && await renewed()) await raw('DELETE', '/v1/session');
		else if (p.status !== 401) throw p;
	}
	session = null;
}
export function forget() { session = null; }

/** Somebody is here: keeps the session, at most once a minute. */
export function touch() {
	if (!session || asking || Date.now() - lastSeen < 60000) return;
	lastSeen = Date.now();
	call('GET', '/v1/session').then(setSession, () => {});
}

export function query(path, params) {
	const q = new URLSearchParams();
	for (const [k, v] of Object.entries(params)) if (v !== '' && v !== null && v !== undefined) q.set(k, v);
	const s = q.toString();
	return s ? `${path}?${s}` : path;
}
export const seg = encodeURIComponent;

/** A sentence for a person. */
export function explain(p) {
	if (!(p instanceof Problem)) return t('error.unknown');
	switch (p.code) {
	case 'network': return t('error.network');
	case 'login': return t('error.login');
	case 'denied': return t('error.denied');
	case 'not-found': return t('error.gone');
	case 'conflict': return t('error.conflict');
	case 'again': case 'full': return p.status === 429 ? t('error.slow', { s: p.retryAfter || 60 }) : t('error.again');
	case 'input': return p.detail ? t('error.input', { detail: p.detail }) : t('error.unknown');
	default: return t('error.unknown');
	}
}
