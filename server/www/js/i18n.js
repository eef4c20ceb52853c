// Language, numbers and dates.  The texts themselves are in texts.js, one row for each, English and German.
import { texts } from './texts.js';

const LANGS = ['en', 'de'];
export const lang = LANGS.includes(document.documentElement.lang) ? document.documentElement.lang : 'en';
const column = LANGS.indexOf(lang);
// The region's way of writing dates and numbers, where the browser has one for this language.
export const locale = (navigator.languages ?? []).find((l) => l === lang || l.startsWith(`${lang}-`)) ?? lang;

/** t('jobs.count', {n: 3}): `{n}` in the text is replaced; a text may be [one, many], chosen by n. */
export function t(key, values = {}) {
	const row = texts[key];
	if (!row) return key;
	let text = row[column];
	if (Array.isArray(text)) text = text[values.n === 1 ? 0 : 1];
	return text.replace(/\{(\w+)\}/g, (whole, name) =>
		name in values ? (typeof values[name] === 'number' ? number(values[name]) : String(values[name])) : whole);
}
export const has = (key) => key in texts;

export function setLang(to) {
	try { localStorage.setItem('hf-lang', to); } catch { /* stays for this page only */ }
	document.documentElement.lang = to;
	location.reload();
}

const nf = new Intl.NumberFormat(locale);
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const exactly = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' });
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const rtf = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

export const number = (n) => nf.format(n);
export const dateTime = (iso) => full.format(new Date(iso));
export const dateExact = (iso) => exactly.format(new Date(iso));
export const clockTime = (iso) => clock.format(new Date(iso));

export function relative(iso) {
	const s = (new Date(iso) - Date.now()) / 1000;
	const a = Math.abs(s);
	if (a < 45) return rtf.format(0, 'second');
	if (a < 45 * 60) return rtf.format(Math.round(s / 60), 'minute');
	if (a < 22 * 3600) return rtf.format(Math.round(s / 3600), 'hour');
	return rtf.format(Math.round(s / 86400), 'day');
}

export function bytes(n) {
	const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
	let i = 0;
	let v = n;
	while (v >= 1000 && i < units.length - 1) { v /= 1000; i++; }
	return new Intl.NumberFormat(locale, {
		style: 'unit', unit: units[i], unitDisplay: i === 0 ? 'long' : 'short', maximumFractionDigits: v < 10 && i > 0 ? 1 : 0,
	}).format(v);
}
