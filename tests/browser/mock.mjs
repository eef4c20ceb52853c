// A stand-in for holdfastd with the routes of doc/api.md, in memory, over TLS and with the same headers: for what a real
// system is slow or unwilling to show (hostile text, lost sessions, errors on demand).
import https from 'node:https';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, existsSync, rmSync } from 'node:fs';
import { randomUUID, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const www = path.join(root, 'server/www');
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml' };
// The policy is read from the server's own source, so that this one is never laxer.
export const CSP = /"Content-Security-Policy: ((?:[^"]|"\s*")*?)\\r\\n"/s.exec(readFileSync(path.join(root, 'server/assets.c'), 'utf8'))[1].replace(/"\s*"/g, '');

const STAFF = ['help-desk', 'operator', 'administrator', 'auditor'];
const WHO = {
	U: ['user', ...STAFF], S: STAFF, O: ['operator', 'administrator'], R: ['operator', 'administrator', 'auditor'],
	H: ['help-desk', 'administrator'], P: ['help-desk', 'administrator', 'auditor'], E: ['administrator', 'auditor'], A: ['administrator'],
};
const ago = (h) => new Date(Date.now() - h * 3600e3).toISOString();

export function world() {
	const job = (owner, state, more = {}) => ({ id: randomUUID(), owner, queue: 'office', format: 'application/pdf', bytes: 248113, submitted: ago(2), expires: ago(-70),
		copies: 1, sides: 'two-sided-long-edge', color: 'monochrome', state, state_at: ago(1), reason: '', printer: null, impressions: null, released_by: null, ...more });
	const badge = (person, label, more = {}) => ({ id: randomUUID(), person, label, kind: 1, added: ago(2000), last_used: ago(20), revoked: null, ...more });
	const printer = (name, location, more = {}) => ({ id: randomUUID(), name, location, uri: `ipps://${name}.example:631/ipp/print`, spki_pin: `sha256//${randomBytes(32).toString('base64')}`,
		plain_allowed: false, min_class: 1, waiver: '', disabled: null, readers: 1, held_last: ago(0.3), releasing: 0, ...more });
	const reader = (name, printers, more = {}) => ({ id: randomUUID(), name, hardware: 'ACR1252U', version: '0.1.0', printers, added: ago(900), enrolled: ago(899), token_expires: ago(876), last_seen: ago(0.01), revoked: null, ...more });
	const person = (name, display, role, more = {}) => ({ name, display, role, added: ago(3000), disabled: null, badges: 1, held: 2, password: true, ...more });
	const db = {
		passwords: { ann: 'pw', bob: 'pw', hana: 'pw', otto: 'pw', ada: 'pw', alan: 'pw' }, sessions: new Map(), streams: new Set(), fail: [], log: [],
		people: [person('ada', 'Ada Administrator', 'administrator'), person('alan', 'Alan Auditor', 'auditor', { badges: 0, held: 0 }), person('ann', 'Ann Example', 'user'), person('bob', 'Bob Example', 'user', { disabled: ago(30), held: 0 }),
			person('hana', 'Hana Helpdesk', 'help-desk'), person('otto', 'Otto Operator', 'operator')],
		badges: [badge('ann', 'Staff card'), badge('ann', 'Key fob', { last_used: null }), badge('ann', 'Old card', { revoked: ago(500) }), badge('bob', 'Staff card')],
		jobs: [job('ann', 'held', { submitted: ago(0.2) }), job('ann', 'held', { format: 'image/jpeg', bytes: 5400000, copies: 3, color: 'color', sides: 'one-sided' }), job('ann', 'releasing', { printer: 'north-2', format: 'application/postscript' }),
			job('ann', 'uncertain', { printer: 'north-2', submitted: ago(5), bytes: 1200 }), job('ann', 'held', { expires: ago(-1), submitted: ago(71), bytes: 912 }),
			job('ann', 'delivered', { printer: 'lobby', impressions: 12, released_by: 'ann' }), job('ann', 'expired', { state_at: ago(100), submitted: ago(172) }), job('ann', 'cancelled', { reason: 'stale', state_at: ago(30) }),
			job('ann', 'damaged', { state_at: ago(50) }), job('bob', 'held', { submitted: ago(90) }), job('bob', 'delivered', { printer: 'lobby', impressions: 2 }), job('hana', 'held')],
		printers: [printer('lobby', 'Ground floor, beside the stairs'), printer('north-2', 'Second floor north', { releasing: 1 }), printer('south-1', 'First floor south', { min_class: 0, waiver: 'pilot until spring' }), printer('store', 'Basement', { disabled: ago(8), held_last: null, readers: 0, plain_allowed: true })],
		readers: [reader('lobby-reader', ['lobby']), reader('north-reader', ['north-2', 'south-1'], { last_seen: ago(0.5) }), reader('new-reader', ['store'], { enrolled: null, last_seen: null, hardware: '', version: '', token_expires: ago(-20) }), reader('old-reader', ['lobby'], { revoked: ago(300) })],
		events: [], job, badge,
	};
	const kinds = [['job.adopted', 'info'], ['release.begin', 'info'], ['release.done', 'info'], ['tap.refused', 'warn'], ['deliver.failed', 'error'], ['reader.silent', 'warn'], ['spool.damaged', 'alarm']];
	for (let i = 0; i < 140; i++) {
		const [kind, level] = kinds[i % kinds.length];
		db.events.push({ id: 1000 - i, at: ago(i / 6), kind, level, actor: i % 3 ? 'ann' : null, job: i % 2 ? null : randomUUID(), printer: null, reader: null, data: i % 5 ? {} : { printer: 'north-2', reason: 'connection reset' } });
	}
	return db;
}

const problem = (status, code, detail = 'mock') => ({ status, body: { title: code, status, detail, code } });
const OPEN = ['held', 'claimed', 'created', 'releasing', 'sent', 'uncertain'];

function routes(db) {
	const list = (rows, q, key = (r) => r.id) => {
		const limit = Number(q.get('limit') ?? 50);
		const at = q.get('after') ? rows.findIndex((r) => String(key(r)) === q.get('after')) + 1 : 0;
		const items = rows.slice(at, at + limit);
		return { items, next: at + limit < rows.length ? String(key(items.at(-1))) : null };
	};
	const byTime = (a, b) => (a.submitted < b.submitted ? 1 : -1);
	const session = (s) => {
		const p = db.people.find((x) => x.name === s.user);
		return { user: p.name, display: p.display, role: p.role, csrf: s.csrf, expires: ago(-11), idle_s: 1800, may: table.filter((r) => WHO[r[2]]?.includes(p.role)).map((r) => `${r[0]} ${r[1]}`) };
	};
	const purged = (b) => db.jobs.filter((j) => j.state === b.state && j.submitted < ago(b.older_than_h) && (!b.queue || j.queue === b.queue) && (!b.owner || j.owner === b.owner));
	const find = (rows, id, then) => { const r = rows.find((x) => (x.id ?? x.name) === id || x.name === id); return r ? (then(r) ?? null) : problem(404, 'not-found'); };
	const table = [
		['GET', '/v1/session', 'U', ({ s }) => session(s)],
		['DELETE', '/v1/session', 'U', ({ s }) => { db.sessions.delete(s.id); return { status: 204, headers: { 'Set-Cookie': '__Host-hf=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0' } }; }],
		['GET', '/v1/jobs', 'U', ({ s, q }) => list(db.jobs.filter((j) => j.owner === s.user && OPEN.includes(j.state)).sort(byTime), q)],
		['GET', '/v1/history', 'U', ({ s, q }) => list(db.jobs.filter((j) => j.owner === s.user && !OPEN.includes(j.state)).sort(byTime), q)],
		['DELETE', '/v1/jobs/{id}', 'U', ({ s, p }) => find(db.jobs.filter((j) => j.owner === s.user), p[0], (j) => (['held', 'uncertain'].includes(j.state) ? void (j.state = 'cancelled') : problem(409, 'conflict')))],
		['GET', '/v1/badges', 'U', ({ s, q }) => list(db.badges.filter((b) => b.person === s.user), q)],
		['POST', '/v1/badges/{id}/revoke', 'U', ({ s, p }) => find(db.badges.filter((b) => b.person === s.user), p[0], (b) => void (b.revoked = ago(0)))],
		['GET', '/v1/admin/status', 'S', () => ({ held: db.jobs.filter((j) => j.state === 'held').length, releasing: 1, uncertain: db.jobs.filter((j) => j.state === 'uncertain').length, damaged: 1, oldest_held: ago(90), next_expiry: ago(-1), people: 6, badges: 4,
			printers: db.printers.length, printers_disabled: db.printers.filter((x) => x.disabled).length, waivers: 1, plain_printers: 1, readers: 3, readers_silent: 1, alarms: 2 })],
		['GET', '/v1/admin/stats', 'R', ({ q }) => ({ since: ago(24), hours: Array.from({ length: Number(q.get('hours') ?? 24) }, (_, i, a = Number(q.get('hours') ?? 24)) => ({ at: ago(a - i), submitted: Math.round(14 + 12 * Math.sin(i / 3)), released: Math.round(11 + 10 * Math.sin((i - 1) / 3)), failed: i % 9 === 4 ? 2 : 0 })),
			ages: [[1, 9], [4, 14], [24, 22], [72, 7], [null, 3]].map(([upto_h, jobs]) => ({ upto_h, jobs })), printers: db.printers.map((x, i) => ({ name: x.name, released: 80 - 23 * i, failed: i })) })],
		['GET', '/v1/admin/jobs', 'S', ({ q }) => list(db.jobs.filter((j) => ['state', 'owner', 'queue', 'printer'].every((k) => !q.get(k) || j[k] === q.get(k)) && (!q.get('older_than_h') || j.submitted < ago(q.get('older_than_h')))).sort(byTime), q)],
		['GET', '/v1/admin/printers', 'S', ({ q }) => list(db.printers, q)],
		['GET', '/v1/admin/readers', 'S', ({ q }) => list(db.readers, q)],
		['GET', '/v1/admin/people', 'P', ({ q }) => list(db.people.filter((x) => x.name.startsWith(q.get('name') ?? '')), q, (r) => r.name)],
		['GET', '/v1/admin/badges', 'P', ({ q }) => list(db.badges.filter((b) => !q.get('person') || b.person === q.get('person')), q)],
		['GET', '/v1/admin/sessions', 'A', ({ q }) => list([...db.sessions.values()].map((x) => ({ id: x.uuid, person: x.user, role: db.people.find((y) => y.name === x.user).role, began: ago(1), last_seen: ago(0.02), expires: ago(-11), address: '127.0.0.1' })), q)],
		['GET', '/v1/admin/events', 'E', ({ q }) => list(db.events.filter((e) => ['level', 'kind', 'actor', 'job'].every((k) => !q.get(k) || e[k] === q.get(k))), q)],
		['POST', '/v1/admin/jobs/{id}/cancel', 'O', ({ p, b }) => find(db.jobs, p[0], (j) => void Object.assign(j, { state: 'cancelled', reason: b.reason }))],
		['POST', '/v1/admin/purge/preview', 'O', ({ b }) => { const g = purged(b); return { jobs: g.length, bytes: g.reduce((n, j) => n + j.bytes, 0), oldest: g.length ? g.map((j) => j.submitted).sort()[0] : null, people: new Set(g.map((j) => j.owner)).size, more: false, confirm: `c${g.length}` }; }],
		['POST', '/v1/admin/purge', 'O', ({ b }) => { const g = purged(b); if (b.confirm !== `c${g.length}`) return problem(409, 'conflict'); for (const j of g) j.state = 'cancelled'; return { jobs: g.length }; }],
		['POST', '/v1/admin/printers/{id}/disable', 'O', ({ p, b }) => find(db.printers, p[0], (x) => void (x.disabled = b.disabled ? ago(0) : null))],
		['POST', '/v1/admin/badges/{id}/revoke', 'H', ({ p }) => find(db.badges, p[0], (x) => void (x.revoked = ago(0)))],
		['POST', '/v1/admin/people/{name}/disable', 'A', ({ p, b }) => find(db.people, p[0], (x) => void (x.disabled = b.disabled ? ago(0) : null))],
		['POST', '/v1/admin/people/{name}/role', 'A', ({ p, b }) => find(db.people, p[0], (x) => void (x.role = b.role))],
		['POST', '/v1/admin/readers/{id}/revoke', 'A', ({ p }) => find(db.readers, p[0], (x) => void (x.revoked = ago(0)))],
		['POST', '/v1/admin/sessions/{id}/end', 'A', ({ p }) => { for (const [k, v] of db.sessions) if (v.uuid === p[0]) db.sessions.delete(k); return null; }],
	];
	return table.map(([method, pattern, who, fn]) => ({ method, who, fn, re: new RegExp(`^${pattern.replace(/\{\w+\}/g, '([^/]+)')}$`), pattern, session })).map((r) => Object.assign(r, { sessionOf: session }));
}

/** {url, db, change(kinds), stop()}; db.fail.push({match: 'GET /v1/jobs', status: 503, code: 'again'}) fails one request. */
export async function startMock() {
	const dir = mkdtempSync(path.join(tmpdir(), 'hfmock.'));
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${dir}/key`, '-out', `${dir}/crt`, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { stdio: 'ignore' });
	const db = world();
	const table = routes(db);
	const server = https.createServer({ key: readFileSync(`${dir}/key`), cert: readFileSync(`${dir}/crt`) }, async (req, res) => {
		const url = new URL(req.url, 'https://localhost');
		const what = `${req.method} ${url.pathname}`;
		db.log.push(what);
		if (!url.pathname.startsWith('/v1/')) return file(res, url.pathname);
		const send = (r, extra = {}) => {
			const status = r === null ? 204 : typeof r.status === 'number' ? r.status : 200;
			res.writeHead(status, { 'Cache-Control': 'no-store', ...(status === 204 ? {} : { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json' }), ...r?.headers, ...extra });
			res.end(status === 204 ? '' : JSON.stringify(r?.body ?? r));
		};
		const chunks = [];
		for await (const c of req) chunks.push(c);
		const i = db.fail.findIndex((f) => f.match === what);
		if (i >= 0) { const f = db.fail.splice(i, 1)[0]; return f.drop ? req.socket.destroy() : send(problem(f.status, f.code, f.detail)); }
		let body = {};
		try { body = chunks.length ? JSON.parse(Buffer.concat(chunks)) : {}; } catch { return send(problem(400, 'input')); }
		if (req.headers.origin && req.headers.origin !== `https://${req.headers.host}`) return send(problem(403, 'denied'));
		if (what === 'POST /v1/session') {
			if (db.passwords[body.user] === undefined || db.passwords[body.user] !== body.password) return send(problem(403, 'denied'));
			const id = randomBytes(32).toString('hex');
			const s = { id, uuid: randomUUID(), user: body.user, csrf: randomBytes(16).toString('hex') };
			db.sessions.set(id, s);
			return send(table[0].sessionOf(s), { 'Set-Cookie': `__Host-hf=${id}; Path=/; Secure; HttpOnly; SameSite=Strict` });
		}
		const s = db.sessions.get(/__Host-hf=([0-9a-f]+)/.exec(req.headers.cookie ?? '')?.[1]);
		if (!s) return send(problem(401, 'login'));
		if (what === 'GET /v1/live') {
			res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
			res.write('retry: 300\n\nevent: hello\ndata: {}\n\n');
			db.streams.add(res);
			res.on('close', () => db.streams.delete(res));
			return;
		}
		const role = db.people.find((p) => p.name === s.user).role;
		for (const r of table) {
			const m = r.method === req.method && r.re.exec(url.pathname);
			if (!m) continue;
			if (!WHO[r.who].includes(role)) return send(problem(403, 'denied'));
			if (req.method !== 'GET' && req.headers['x-csrf-token'] !== s.csrf) return send(problem(403, 'denied', 'csrf'));
			return send(r.fn({ s, q: url.searchParams, b: body, p: m.slice(1).map(decodeURIComponent) }));
		}
		return send(problem(404, 'not-found'));
	});
	function file(res, name) {
		const f = name === '/vendor/chart.js' ? '/usr/share/javascript/chart.js/chart.min.js' : path.join(www, name === '/' ? 'index.html' : path.normalize(name));
		if (!existsSync(f)) { res.writeHead(404); return res.end(); }
		res.writeHead(200, { 'Content-Type': TYPES[path.extname(f)] ?? 'text/plain', 'Content-Security-Policy': CSP, 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' });
		res.end(readFileSync(f));
	}
	await new Promise((r) => server.listen(0, '127.0.0.1', r));
	return {
		url: `https://localhost:${server.address().port}`, db,
		send(event, data = {}) { for (const r of db.streams) r.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`); },
		change(...kinds) { this.send('change', { kinds }); },
		dropStreams() { for (const r of db.streams) r.destroy(); },
		stop() { rmSync(dir, { recursive: true, force: true }); server.closeAllConnections(); return new Promise((r) => server.close(r)); },
	};
}
