// The pages against the real thing: holdfastd, the release service, PostgreSQL, a print queue and a printer (web.t made them).
import { test, before, after, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { writeFileSync, readFileSync } from 'node:fs';
import { openBrowser, openPage, login, settled, accessible, noSideScroll } from './kit.mjs';

const url = process.env.WEB_URL;
const dir = process.env.WEB_DIR;
const PASSWORD = 'a long password';
const run = promisify(execFile);
const skip = url ? false : 'web.t starts what this needs';
/** A command of tests/sim in the instance; what it prints. */
const real = async (...args) => (await run(new URL('real.sh', import.meta.url).pathname, [dir, ...args], { timeout: 30000 })).stdout.trim();
const sql = (text) => real('sql', text);
const tap = () => real('tap', '04a1b2c3d4e5f6');

let browser;
before(async () => {
	if (skip) return;
	browser = await openBrowser();
	writeFileSync(`${dir}/doc.txt`, 'a short text\n');
});
afterEach(async () => {
	for (const c of browser?.contexts() ?? []) await c.close();
	if (!skip) await real('clean');
});
after(async () => { await browser?.close(); });

async function done(page) {
	assert.deepEqual(page.wrong, []);
	await page.context().close();
}
const rows = (page) => page.locator('.list tbody tr:not(.extra-row)');
const count = (page, n) => page.waitForFunction((m) => document.querySelectorAll('.list tbody tr:not(.extra-row)').length === m, n, { timeout: 15000 });
const enter = (page, user, hash = '') => login(page, url, user, PASSWORD, hash);

test('log-in: a wrong password, then the right one; a first page of at most 150 KiB', { skip }, async () => {
	const page = await openPage(browser, url);
	let bytes = 0;
	const waiting = [];
	page.on('response', (r) => waiting.push(r.request().sizes().then((s) => { bytes += s.responseBodySize + s.responseHeadersSize; }, () => {})));
	const answer = await page.goto(url);
	assert.match(answer.headers()['content-security-policy'], /default-src 'none'/);
	await page.fill('input[name=user]', 'ann');
	await page.fill('input[name=password]', 'not the password');
	await page.click('[data-action=login]');
	await page.getByText('User name or password is wrong.').waitFor();
	await page.fill('input[name=password]', PASSWORD);
	await page.click('[data-action=login]');
	await page.getByText('Nothing is waiting').waitFor();
	await Promise.all(waiting);
	assert.ok(bytes > 10000 && bytes <= 150 * 1024, `${bytes} bytes`);
	const [cookie] = await page.context().cookies();
	assert.deepEqual([cookie.name, cookie.secure, cookie.httpOnly, cookie.sameSite], ['__Host-hf', true, true, 'Strict']);
	await done(page);
});

test('a job that arrives by lp appears by itself; deleting it deletes it', { skip }, async () => {
	const page = await openPage(browser, url);
	await enter(page, 'ann');
	await page.waitForSelector('.live.live');
	await page.getByText('Nothing is waiting').waitFor();
	await real('lp', 'ann', `${dir}/doc.txt`);
	await count(page, 1);
	const id = await rows(page).first().getAttribute('data-key');
	assert.equal(await sql(`select state from job where id = '${id}'`), 'held');
	await page.click('[data-action=delete]');
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Job deleted').waitFor();
	await page.getByText('Nothing is waiting').waitFor();
	assert.equal(await sql(`select state from job where id = '${id}'`), 'cancelled');
	await page.goto(`${url}/#/history`);
	await count(page, 1);
	await page.getByText('Deleted without printing.').waitFor();
	await done(page);
});

test('a badge at the printer: the job leaves the page and is in the history, with the printer', { skip }, async () => {
	const page = await openPage(browser, url);
	await enter(page, 'ann');
	await page.waitForSelector('.live.live');
	await real('jobs', '-o', 'ann', '-s', '5000');
	await count(page, 1);
	await tap();
	await page.getByText('Nothing is waiting').waitFor({ timeout: 15000 });
	await page.goto(`${url}/#/history`);
	await page.getByText('Printed at').waitFor();
	await page.locator('bdi', { hasText: 'lobby' }).waitFor();
	await done(page);
});

test('an uncertain job is explained, and its owner may delete it', { skip }, async () => {
	const page = await openPage(browser, url, { width: 320, height: 700 });
	await enter(page, 'ann');
	// The document breaks off, and the printer does not say what it printed of it.
	for (const set of ['cut process', 'counters none']) await real('printer', 'lobby', 'set', ...set.split(' '));
	await real('printer', 'lobby', 'fault', 'drop', 'at=200000', 'op=Send-Document', 'times=1');
	await real('jobs', '-o', 'ann', '-s', '300000');
	await count(page, 1);
	await tap().catch(() => {});
	await page.getByText('Did it come out?').waitFor({ timeout: 20000 });
	await noSideScroll(page, 'uncertain at 320 px');
	await accessible(page, 'uncertain');
	await page.click('.uncertain [data-action=delete]');
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Nothing is waiting').waitFor();
	assert.equal(await sql("select count(*) from job where state = 'uncertain'"), '0');
	await done(page);
});

const PAGES = {
	ann: ['jobs', 'history', 'badges', 'account'],
	hana: ['jobs', 'history', 'badges', 'account', 'admin', 'admin/jobs', 'admin/printers', 'admin/readers', 'admin/people'],
	otto: ['jobs', 'history', 'badges', 'account', 'admin', 'admin/jobs', 'admin/printers', 'admin/readers'],
	ada: ['jobs', 'history', 'badges', 'account', 'admin', 'admin/jobs', 'admin/printers', 'admin/readers', 'admin/people', 'admin/sessions', 'admin/events'],
	alan: ['jobs', 'history', 'badges', 'account', 'admin', 'admin/jobs', 'admin/printers', 'admin/readers', 'admin/people', 'admin/sessions', 'admin/events'],
};
test('every page, every role', { skip }, async () => {
	for (const [user, pages] of Object.entries(PAGES)) {
		const page = await openPage(browser, url);
		await enter(page, user);
		const shown = await page.locator('.nav a').evaluateAll((a) => a.map((x) => x.dataset.path));
		assert.deepEqual(shown, pages.filter((p) => p !== 'admin/sessions' || user === 'ada'), user);
		for (const p of shown) {
			await page.goto(`${url}/#/${p}`);
			await page.waitForSelector(`.nav a[data-path="${p}"][aria-current]`);
			await settled(page);
			if (p === 'admin' && user !== 'hana') await page.waitForSelector('.charts canvas', { state: 'attached' });
			assert.equal(await page.locator('.empty [data-action=retry], .notice.bad .icon + div:has-text("could not be read")').count(), 0, `${user}: ${p}`);
		}
		await done(page);
	}
});

test('purge by an operator: preview, confirmation, gone', { skip }, async () => {
	await real('jobs', '-o', 'bob', '-n', '3', '-s', '1000');
	const page = await openPage(browser, url);
	await enter(page, 'otto', '#/admin/jobs/held');
	await count(page, 3);
	await page.click('[data-action=purge]');
	await page.fill('dialog input[name=age]', '0');
	await page.fill('dialog input[name=owner]', 'bob');
	await page.click('dialog [data-action=confirm]');
	await page.getByRole('heading', { name: 'Delete 3 jobs for good?' }).waitFor();
	assert.equal(await sql("select count(*) from job where owner = 'bob' and state = 'held'"), '3');
	await page.click('dialog [data-action=confirm]');
	await page.getByText('3 jobs purged').waitFor();
	assert.equal(await sql("select count(*) from job where owner = 'bob' and state = 'held'"), '0');
	await done(page);
});

test('a printer turned off is off, and who did it is in the log and its export', { skip }, async () => {
	const page = await openPage(browser, url);
	await enter(page, 'ada', '#/admin/printers');
	await page.click('[data-action=onoff]');
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Printer turned off').waitFor();
	assert.equal(await sql('select count(*) from printer where disabled_at is not null'), '1');
	await page.locator('[data-action=onoff]', { hasText: 'Turn on' }).click();
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Printer turned on').waitFor();
	await page.goto(`${url}/#/admin/events`);
	await settled(page);
	const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-action=json]')]);
	const events = readFileSync(await file.path(), 'utf8').trim().split('\n').map((l) => JSON.parse(l));
	assert.ok(events.some((e) => e.actor === 'ada' && e.kind.startsWith('printer.')));
	assert.ok(events.length > 10);
	await done(page);
});

test('a lost badge is good for nothing from then on', { skip }, async () => {
	const page = await openPage(browser, url);
	await enter(page, 'ann', '#/badges');
	await page.click('[data-action=revoke]');
	await page.click('dialog [data-action=confirm]');
	await page.getByText('Badge revoked').waitFor();
	await real('jobs', '-o', 'ann', '-s', '1000');
	await page.goto(`${url}/#/jobs`);
	await count(page, 1);
	await tap().catch(() => {});
	assert.equal(await sql("select count(*) from job where owner = 'ann' and state = 'held'"), '1');
	await done(page);
});

test('an administrator ends a session: the page asks again and carries on; a changed role shows', { skip }, async () => {
	const page = await openPage(browser, url);
	await enter(page, 'bob');
	const boss = await openPage(browser, url);
	await enter(boss, 'ada', '#/admin/sessions');
	await boss.locator('tr', { hasText: 'bob' }).locator('[data-action=end]').first().click();
	await boss.click('dialog [data-action=confirm]');
	await boss.getByText('Session ended').waitFor();
	await page.evaluate(() => { location.hash = '#/history'; });
	const again = page.getByRole('dialog', { name: 'Your session has ended' });
	await again.waitFor();
	await again.locator('input[type=password]').fill(PASSWORD);
	await again.locator('[data-action=confirm]').click();
	await settled(page);
	await page.getByRole('heading', { name: 'History', exact: true }).waitFor();
	await page.click('[data-action=logout]');
	await page.getByText('You are logged out.').waitFor();
	assert.equal((await page.context().cookies()).length, 0);
	await done(page);
});
