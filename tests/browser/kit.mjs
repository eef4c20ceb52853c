// What both suites need: the browser, a page that notes every error and every request to elsewhere, axe.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';

const require = createRequire(import.meta.url);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const openBrowser = () => chromium.launch({ executablePath: '/usr/bin/chromium', headless: true });

/** A context of its own with one page; errors are collected in page.wrong. */
export async function openPage(browser, url, { width = 1280, height = 800, dark = false, locale = 'en-GB', timezoneId = 'Europe/Berlin' } = {}) {
	const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', locale, timezoneId, reducedMotion: 'reduce', acceptDownloads: true });
	context.setDefaultTimeout(15000);
	const page = await context.newPage();
	page.wrong = [];
	page.on('pageerror', (e) => page.wrong.push(`exception: ${e.message}`));
	page.on('console', (m) => {
		if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) page.wrong.push(m.text());
	});
	page.on('request', (r) => {
		if (new URL(r.url()).origin !== new URL(url).origin && !r.url().startsWith('blob:') && !r.url().startsWith('data:')) page.wrong.push(`request to elsewhere: ${r.url()}`);
	});
	return page;
}
export async function login(page, url, user, password = 'pw', hash = '') {
	await page.goto(`${url}/${hash}`);
	await page.fill('input[name=user]', user);
	await page.fill('input[name=password]', password);
	await page.click('[data-action=login]');
	await page.waitForSelector('.shell h1');
}
export async function settled(page) {
	await page.waitForFunction(() => !document.querySelector('.skeleton'));
}
/** axe in a page whose policy forbids inline script: evaluated by the debugger, which stands outside of it. */
export async function accessible(page, where) {
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
	const bad = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
	assert.deepEqual(bad.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.any?.[0]?.message ?? ''}`).join(' | ')}`), [], where);
}
export async function noSideScroll(page, where) {
	const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	assert.ok(over <= 0, `${where}: ${over} px too wide`);
}
