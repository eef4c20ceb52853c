// shots.mjs DIR : a picture of every page, in both themes and three widths, against the stand-in.  For looking at.
import { mkdirSync } from 'node:fs';
import { startMock } from './mock.mjs';
import { openBrowser, openPage, login, settled } from './kit.mjs';

const dir = process.argv[2] ?? 'build/shots';
const only = process.argv[3];
mkdirSync(dir, { recursive: true });
const mock = await startMock();
const browser = await openBrowser();
const mine = ['jobs', 'history', 'badges', 'account'];
const admin = ['admin', 'admin/jobs', 'admin/printers', 'admin/readers', 'admin/people', 'admin/people/ann', 'admin/sessions', 'admin/events'];
for (const dark of [false, true]) for (const width of [320, 768, 1280]) {
	const tag = `${dark ? 'dark' : 'light'}-${width}`;
	if (only && !tag.includes(only)) continue;
	const opts = { width, height: width < 500 ? 700 : 860, dark, locale: dark ? 'de-DE' : 'en-GB' };
	for (const [user, pages] of [['ann', mine], ['ada', admin]]) {
		const page = await openPage(browser, mock.url, opts);
		await page.goto(mock.url);
		await page.waitForSelector('[data-action=login]');
		if (user === 'ann') await page.screenshot({ path: `${dir}/login-${tag}.png` });
		await login(page, mock.url, user);
		for (const p of pages) {
			await page.goto(`${mock.url}/#/${p}`);
			await settled(page);
			if (p === 'admin') await page.waitForSelector('.charts');
			await page.waitForTimeout(150);
			await page.screenshot({ path: `${dir}/${p.replaceAll('/', '-')}-${tag}.png`, fullPage: true });
		}
		if (user === 'ada') {
			await page.goto(`${mock.url}/#/admin/jobs`);
			await settled(page);
			await page.click('[data-action=purge]');
			await page.screenshot({ path: `${dir}/purge-${tag}.png` });
			await page.click('dialog [data-action=confirm]');
			await page.waitForSelector('dialog .facts');
			await page.screenshot({ path: `${dir}/purge2-${tag}.png` });
		}
		if (page.wrong.length) console.log(tag, page.wrong);
		await page.context().close();
	}
}
await browser.close();
await mock.stop();
