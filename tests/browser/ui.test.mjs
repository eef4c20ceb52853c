// The pages against the stand-in: what they show, what they refuse to believe, and what happens when things go wrong.
import { test, before, after, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { startMock, world, CSP } from './mock.mjs';
import { openBrowser, openPage, login, settled, accessible, noSideScroll } from './kit.mjs';

let mock;
let browser;
before(async () => { [mock, browser] = await Promise.all([startMock(), openBrowser()]); });
afterEach(async () => { for (const c of browser.contexts()) await c.close(); });
after(async () => { await browser?.close(); await mock?.stop(); });

const fresh = () => { const w = world(); for (const k of ['people', 'badges', 'jobs', 'printers', 'readers', 'events']) mock.db[k] = w[k]; mock.db.sessions.clear(); mock.db.fail.length = 0; };
const www = new URL('../../server/www/', import.meta.url).pathname;
async function done(page) {
	assert.deepEqual(page.wrong, []);
	await page.context().close();
}
const rows = (page) => page.locator('.list tbody tr:not(.extra-row)');
const own = () => mock.db.jobs.filter((j) => j.owner === 'ann');

test('the policy allows nothing inline and nothing from elsewhere', () => {
	assert.match(CSP, /default-src 'none'/);
	assert.doesNotMatch(CSP, /unsafe|\*|https?:/);
});

test('every text that the pages use is there in both languages', async () => {
	const { texts } = await import(`${www}js/texts.js`);
	for (const [key, row] of Object.entries(texts)) {
		assert.equal(row.length, 2, key);
		assert.equal(Array.isArray(row[0]), Array.isArray(row[1]), key);
		const holes = row.map((x) => [...new Set([x].flat().join(' ').match(/\{\w+\}/g) ?? [])].sort().join());
		assert.equal(holes[0], holes[1], key);
	}
	const files = [...readdirSync(`${www}js`), ...readdirSync(`${www}js/pages`).map((f) => `pages/${f}`)].filter((f) => f.endsWith('.js') && f !== 'texts.js');
	for (const f of files) {
		const source = readFileSync(`${www}js/${f}`, 'utf8');
		for (const [, a, b, c] of source.matchAll(/\bt\((?:[\w.]+ \? '([^']+)' : '([^']+)'|'([^']+)')/g)) {
			for (const key of [a, b, c].filter(Boolean)) assert.ok(key in texts, `${f}: ${key}`);
		}
		assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, f);
	}
});

test('the first page: at most 150 KiB, nothing from elsewhere, nothing moves', async () => {
	const page = await openPage(browser, mock.url);
	let bytes = 0;
	const waiting = [];
	page.on('response', (r) => waiting.push(r.request().sizes().then((s) => { bytes += s.responseBodySize + s.responseHeadersSize; }, () => {})));
	await page.addInitScript(() => {
		window.moved = 0;
		new PerformanceObserver((l) => { for (const e of l.getEntries()) window.moved += e.value; }).observe({ type: 'layout-shift', buffered: true });
	});
	await login(page, mock.url, 'ann');
	await settled(page);
	await Promise.all(waiting);
	assert.ok(bytes > 10000 && bytes <= 150 * 1024, `${bytes} bytes`);
	const moved = await page.evaluate(() => window.moved);
	assert.ok(moved < 0.1, `layout shift ${moved}`);
	await done(page);
});

test('log-in: nothing typed, wrong, the server away, right', async () => {
	fresh();
	const page = await openPage(browser, mock.url);
	await page.goto(mock.url);
	await page.click('[data-action=login]');
	assert.equal(await page.evaluate(() => document.activeElement.name), 'user');
	await page.fill('input[name=user]', 'ann');
	await page.fill('input[name=password]', 'wrong');
	await page.keyboard.press('Enter');
	await page.getByText('User name or password is wrong.').waitFor();
	assert.equal(await page.inputValue('input[name=password]'), '');
	await page.route('**/v1/session', (r) => r.abort());
	await page.fill('input[name=password]', 'pw');
	await page.keyboard.press('Enter');
	await page.getByText('cannot be reached').waitFor();
	await page.unroute('**/v1/session');
	mock.db.fail.push({ match: 'POST /v1/session', status: 429, code: 'again' });
	await page.fill('input[name=password]', 'pw');
	await page.keyboard.press('Enter');
	await page.getByText('Too many attempts').waitFor();
	await page.fill('input[name=password]', 'pw');
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'My jobs' }).waitFor();
	await done(page);
});

const NAV = {
	ann: ['jobs', 'history', 'badges', 'account'],
	hana: ['jobs', 'history', 'badges', 'account', 'admin', 'admin/jobs', 'admin/printers', 'admin/readers', 'admin/people'],
	otto: ['jobs', 'history', 'badges', 'account', 'admin', 'admin/jobs', 'admin/printers', 'admin/readers'],
	ada: ['jobs', 'history', 'badges', 'account', 'admin', 'admin/jobs', 'admin/printers', 'admin/readers', 'admin/people', 'admin/sessions', 'admin/events'],
	alan: ['jobs', 'history', 'badges', 'account', 'admin', 'admin/jobs', 'admin/printers', 'admin/readers', 'admin/people', 'admin/events'],
};
for (const [user, pages] of Object.entries(NAV)) {
	test(`every page of ${user}'s role, and no other`, async () => {
		fresh();
		const page = await openPage(browser, mock.url);
		await login(page, mock.url, user);
		assert.deepEqual(await page.locator('.nav a').evaluateAll((a) => a.map((x) => x.dataset.path)), pages);
		mock.db.log.length = 0;
		for (const p of pages) {
			await page.goto(`${mock.url}/#/${p}`);
			await page.waitForSelector(`.nav a[data-path="${p}"][aria-current]`);
			await settled(page);
			assert.equal(await page.locator('[role=alert]:not(:empty)').count(), 0, p);
			await page.waitForFunction(() => document.activeElement.tagName === 'H1');
		}
		if (user === 'ann') {
			await page.goto(`${mock.url}/#/admin/people`);
			await page.waitForURL(/#\/jobs$/);
			assert.ok(!mock.db.log.some((l) => l.includes('/admin/')), 'asked for what the role may not see');
		}
		if (user === 'alan') {
			await page.goto(`${mock.url}/#/admin/jobs`);
			await settled(page);
			assert.equal(await page.locator('[data-action=cancel-job], [data-action=purge]').count(), 0);
		}
		await done(page);
	});
}

for (const dark of [false, true]) {
	test(`nothing serious for axe, nothing too wide: ${dark ? 'dark' : 'light'}`, async () => {
		fresh();
		const page = await openPage(browser, mock.url, { dark });
		await page.goto(mock.url);
		await page.waitForSelector('[data-action=login]');
		await accessible(page, 'log-in');
		await login(page, mock.url, 'ada');
		mock.db.jobs.find((j) => j.state === 'uncertain').owner = 'ada';
		for (const p of [...NAV.ada, 'admin/people/ann']) {
			await page.goto(`${mock.url}/#/${p}`);
			await page.waitForTimeout(30);
			await settled(page);
			if (p === 'admin') await page.waitForSelector('.charts canvas');
			await accessible(page, p);
			for (const width of [320, 768, 1000, 1280, 1600]) {
				await page.setViewportSize({ width, height: 800 });
				await noSideScroll(page, `${p} ${width}`);
			}
			if (['jobs', 'admin/jobs', 'admin/events'].includes(p)) await accessible(page, `${p} as cards`);
			await page.setViewportSize({ width: 1280, height: 800 });
		}
		await page.goto(`${mock.url}/#/admin/jobs`);
		await settled(page);
		await page.click('[data-action=purge]');
		await accessible(page, 'dialog');
		await done(page);
	});
}

test('by keyboard only: from log-in to a deleted job', async () => {
	fresh();
	const page = await openPage(browser, mock.url);
	await page.goto(mock.url);
	await page.waitForFunction(() => document.activeElement.name === 'user');
	await page.keyboard.type('ann');
	await page.keyboard.press('Tab');
	await page.keyboard.type('pw');
	await page.keyboard.press('Enter');
	await settled(page);
	await page.waitForFunction(() => document.activeElement.tagName === 'H1');
	await page.keyboard.press('Tab');
	assert.equal(await page.evaluate(() => document.activeElement.dataset.action), 'delete');
	await page.keyboard.press('Enter');
	await page.waitForSelector('dialog[open]');
	assert.equal(await page.evaluate(() => document.activeElement.dataset.action), 'cancel', 'the safe button first');
	await page.keyboard.press('Escape');
	await page.waitForSelector('dialog', { state: 'detached' });
	assert.equal(await page.evaluate(() => document.activeElement.dataset.action), 'delete', 'focus goes back');
	const before = await rows(page).count();
	await page.keyboard.press('Enter');
	await page.keyboard.press('Tab');
	assert.equal(await page.evaluate(() => document.activeElement.dataset.action), 'confirm');
	await page.keyboard.press('Enter');
	await page.getByText('Job deleted').waitFor();
	await page.waitForFunction((n) => document.querySelectorAll('.list tbody tr:not(.extra-row)').length === n - 1, before);
	await done(page);
});

test('text of others stays text: markup, direction marks, control characters, 10 kB', async () => {
	fresh();
	const evil = '<img src=x onerror="window.evil=1"><script>window.evil=1</script>';
	const bidi = '\u202eexe.tnemucod\u202c\u2066';
	mock.db.badges.push(mock.db.badge('ann', evil), mock.db.badge('ann', bidi), mock.db.badge('ann', `\u0000\u0007${'W'.repeat(10240)}`));
	mock.db.jobs.push(mock.db.job('ann', 'uncertain', { printer: evil, format: 'application/<b>x' }));
	mock.db.people.push({ name: `a${evil}`, display: bidi, role: 'user', added: new Date().toISOString(), disabled: null, badges: 0, held: 0, password: false });
	mock.db.events.unshift({ id: 2000, at: new Date().toISOString(), kind: evil, level: 'alarm', actor: evil, job: null, printer: null, reader: null, data: { [evil]: evil, deep: { a: [bidi] } } });
	const page = await openPage(browser, mock.url, { width: 320 });
	await login(page, mock.url, 'ann');
	for (const p of ['jobs', 'badges']) {
		await page.goto(`${mock.url}/#/${p}`);
		await page.waitForSelector('.list');
		assert.equal(await page.locator('main img, main script').count(), 0);
		await noSideScroll(page, p);
	}
	assert.equal(await page.locator('bdi', { hasText: '<img src=x' }).count(), 1);
	const long = page.locator('bdi', { hasText: 'WWWW' });
	assert.ok((await long.textContent()).length < 400);
	assert.match(await long.textContent(), /^\ufffd\ufffdW/);
	assert.equal(await page.locator('bdi', { hasText: 'exe.tnemucod' }).evaluate((e) => getComputedStyle(e).unicodeBidi), 'isolate');
	await page.click('[data-action=logout]');
	await login(page, mock.url, 'ada');
	for (const p of ['admin/people', 'admin/events', `admin/people/${encodeURIComponent(`a${evil}`)}`]) {
		await page.goto(`${mock.url}/#/${p}`);
		await page.waitForSelector('.list, .empty');
		await settled(page);
		assert.equal(await page.locator('main img, main script').count(), 0);
		await noSideScroll(page, p);
	}
	assert.equal(await page.evaluate(() => window.evil), undefined);
	await done(page);
});

test('a session that ends in the middle of a deletion: password again, then it is carried out, once', async () => {
	fresh();
	const page = await openPage(browser, mock.url);
	await login(page, mock.url, 'ann');
	await settled(page);
	await page.locator('[data-action=delete]').first().click();
	mock.db.sessions.clear();
	mock.db.log.length = 0;
	await page.click('dialog [data-action=confirm]');
	const again = page.getByRole('dialog', { name: 'Your session has ended' });
	await again.waitFor();
	assert.match(await again.evaluate((d) => getComputedStyle(d, '::backdrop').backgroundColor), /^rgb\(/, 'nothing of the page shines through');
	assert.equal(own().filter((j) => j.state === 'cancelled').length, 1, 'nothing yet');
	await again.locator('input[type=password]').fill('wrong');
	await again.locator('[data-action=confirm]').click();
	await again.getByText('wrong').waitFor();
	await again.locator('input[type=password]').fill('pw');
	await again.locator('[data-action=confirm]').click();
	await page.getByText('Job deleted').waitFor();
	assert.equal(own().filter((j) => j.state === 'cancelled').length, 2);
	assert.equal(mock.db.log.filter((l) => l.startsWith('DELETE')).length, 2, 'refused once, done once');
	mock.db.sessions.clear();
	await page.evaluate(() => { location.hash = '#/history'; });
	await again.waitFor();
	await again.locator('[data-action=cancel]').click();
	await page.waitForSelector('input[name=user]');
	assert.equal(await page.locator('.list').count(), 0, 'nothing of the old session stays');
	await done(page);
});

test('two tabs: a new log-in renews the token, a log-out reaches both, back shows nothing', async () => {
	fresh();
	const page = await openPage(browser, mock.url);
	await login(page, mock.url, 'ann');
	await settled(page);
	const other = await page.context().newPage();
	await other.goto(mock.url);
	await other.waitForSelector('.list');
	// The other tab logs in anew: this one has the cookie, but an old token.
	await other.evaluate(() => fetch('/v1/session', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"user":"ann","password":"pw"}' }));
	await page.locator('[data-action=delete]').first().click();
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Job deleted').waitFor();
	await other.goto(`${mock.url}/#/history`);
	await other.click('[data-action=logout]');
	await page.waitForSelector('input[name=user]');
	await other.waitForSelector('input[name=user]');
	await other.goBack();
	await other.waitForSelector('input[name=user]');
	assert.equal(await other.locator('.list').count(), 0);
	await done(page);
});

test('live: a change is read again, tabs share one stream, a cut is shown and mended', async () => {
	fresh();
	const page = await openPage(browser, mock.url);
	await login(page, mock.url, 'ann');
	await page.waitForSelector('.live.live');
	const n = await rows(page).count();
	const kept = await rows(page).first().elementHandle();
	mock.db.jobs.push(mock.db.job('ann', 'held', { format: 'text/plain', submitted: new Date().toISOString() }));
	mock.change('job');
	await page.waitForFunction((m) => document.querySelectorAll('.list tbody tr:not(.extra-row)').length === m, n + 1);
	assert.ok(await kept.evaluate((e) => e.isConnected), 'a row that did not change was not drawn again');
	const second = await page.context().newPage();
	await second.goto(mock.url);
	await second.waitForSelector('.live.live');
	assert.equal(mock.db.streams.size, 1);
	mock.send('lost');
	await page.waitForSelector('.live.lost');
	mock.send('hello');
	await page.waitForSelector('.live.live');
	mock.db.fail.push({ match: 'GET /v1/live', drop: true }, { match: 'GET /v1/live', drop: true });
	const seen = page.waitForSelector('.live.connecting');
	mock.dropStreams();
	await seen;
	await page.waitForSelector('.live.live', { timeout: 20000 });
	await done(page);
});

test('empty, failing and long lists', async () => {
	fresh();
	mock.db.jobs = [];
	mock.db.fail.push({ match: 'GET /v1/history', status: 503, code: 'again' });
	const page = await openPage(browser, mock.url);
	await login(page, mock.url, 'ann');
	await page.getByText('Nothing is waiting').waitFor();
	await page.goto(`${mock.url}/#/history`);
	await page.getByText('busy or starting').waitFor();
	await page.click('[data-action=retry]');
	await page.getByText('No history yet').waitFor();
	for (let i = 0; i < 120; i++) mock.db.jobs.push(mock.db.job('ann', 'held', { submitted: new Date(Date.now() - i * 1000).toISOString() }));
	await page.goto(`${mock.url}/#/jobs`);
	await page.waitForSelector('[data-action=more]');
	assert.equal(await rows(page).count(), 50);
	await page.click('[data-action=more]');
	await page.waitForFunction(() => document.querySelectorAll('.list tbody tr').length === 100);
	mock.db.jobs[70].state = 'cancelled';
	mock.change('job');
	await page.waitForFunction((id) => !document.querySelector(`[data-key="${id}"]`), mock.db.jobs[70].id);
	assert.equal(await rows(page).count(), 100, 'what was read stays in view');
	await done(page);
});

test('purge: looked at, confirmed; what changed meanwhile is refused', async () => {
	fresh();
	const page = await openPage(browser, mock.url);
	await login(page, mock.url, 'otto', 'pw', '#/admin/jobs');
	await settled(page);
	const held = () => mock.db.jobs.filter((j) => j.state === 'held').length;
	const before = held();
	await page.click('[data-action=purge]');
	await page.locator('dialog input[name=age]').fill('80');
	await page.click('dialog [data-action=confirm]');
	await page.getByRole('heading', { name: 'Delete 1 job for good?' }).waitFor();
	assert.equal(held(), before);
	mock.db.jobs.push(mock.db.job('bob', 'held', { submitted: new Date(Date.now() - 90 * 3600e3).toISOString() }));
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Somebody was first').waitFor();
	assert.equal(held(), before + 1, 'nothing went');
	await page.click('dialog [data-action=cancel]');
	await page.click('[data-action=purge]');
	await page.locator('dialog input[name=age]').fill('80');
	await page.click('dialog [data-action=confirm]');
	await page.getByRole('heading', { name: 'Delete 2 jobs for good?' }).waitFor();
	await page.click('dialog [data-action=confirm]');
	await page.getByText('2 jobs purged').waitFor();
	assert.equal(held(), before - 1);
	await done(page);
});

test('changes by the administration: cancel, printer off, reader, role, badge', async () => {
	fresh();
	const page = await openPage(browser, mock.url);
	await login(page, mock.url, 'ada', 'pw', '#/admin/jobs');
	await page.locator('[data-action=cancel-job]').first().click();
	await page.click('dialog [data-action=confirm]');
	assert.equal(await page.locator('dialog').count(), 1, 'not without a reason');
	await page.fill('dialog input[name=reason]', 'left the company');
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Job cancelled').waitFor();
	assert.ok(mock.db.jobs.some((j) => j.reason === 'left the company'));
	await page.goto(`${mock.url}/#/admin/printers`);
	await page.locator('[data-action=onoff]').first().click();
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Printer turned off').waitFor();
	assert.ok(mock.db.printers[0].disabled);
	await page.goto(`${mock.url}/#/admin/readers`);
	await page.locator('[data-action=revoke]').first().click();
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Reader revoked').waitFor();
	assert.ok(mock.db.readers[0].revoked);
	await page.goto(`${mock.url}/#/admin/people/ann`);
	await page.click('[data-action=role]');
	await page.selectOption('dialog select', 'auditor');
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Role changed').waitFor();
	assert.equal(mock.db.people.find((p) => p.name === 'ann').role, 'auditor');
	await page.locator('[data-action=revoke]').first().click();
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Badge revoked').waitFor();
	await page.goto(`${mock.url}/#/admin/people/ada`);
	await page.waitForSelector('.person-head');
	assert.equal(await page.locator('[data-action=role], [data-action=disable]').count(), 0, 'not oneself');
	await done(page);
});

test('events: filters, and an export that no table program takes for formulas', async () => {
	fresh();
	mock.db.events[0].actor = '=HYPERLINK("https://x")';
	const page = await openPage(browser, mock.url);
	await login(page, mock.url, 'alan', 'pw', '#/admin/events/alarm');
	await settled(page);
	assert.equal(await rows(page).count(), mock.db.events.filter((e) => e.level === 'alarm').length);
	await page.click('[data-action=clear]');
	await page.waitForFunction(() => document.querySelectorAll('.list tbody tr').length === 50);
	const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-action=csv]')]);
	const text = readFileSync(await file.path(), 'utf8');
	assert.equal(text.trim().split('\r\n').length, mock.db.events.length + 1);
	assert.ok(text.includes('"\'=HYPERLINK(""https://x"")"'));
	await done(page);
});

test('language and theme are kept; dates are in the zone of the browser', async () => {
	fresh();
	own()[0].submitted = '2026-03-01T20:30:00Z';
	own()[0].expires = '2099-03-01T20:30:00Z';
	const page = await openPage(browser, mock.url, { locale: 'de-DE', timezoneId: 'Asia/Tokyo' });
	await login(page, mock.url, 'ann');
	await page.getByRole('heading', { name: 'Meine Aufträge' }).waitFor();
	assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
	await page.getByText('02.03.2026, 05:30').waitFor();
	await page.click('[data-action=theme]');
	assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
	await page.click('[data-action=lang]');
	await page.getByRole('heading', { name: 'My jobs' }).waitFor();
	assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
	await done(page);
});

test('charts: figures also as a table, colours follow the theme', async () => {
	fresh();
	const page = await openPage(browser, mock.url);
	await login(page, mock.url, 'ada', 'pw', '#/admin');
	await page.waitForSelector('.charts canvas');
	const picture = () => page.locator('.charts canvas').first().evaluate((c) => c.toDataURL());
	await page.waitForTimeout(100);
	const light = await picture();
	assert.ok(light.length > 3000, 'something is drawn');
	await page.click('[data-action=theme]');
	await page.waitForTimeout(100);
	assert.notEqual(await picture(), light);
	await page.locator('.as-table summary').first().click();
	assert.equal(await page.locator('.plain-table').first().locator('tbody tr').count(), 24);
	await done(page);
});
