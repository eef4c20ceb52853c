// Charts, where looking beats reading: Chart.js from Debian's package, in the colours of the style sheet; each with its
// figures as a table for those who read.
import { h, foreign } from './dom.js';
import { t, locale, number } from './i18n.js';

let loading = null;
function library() {
	loading ??= new Promise((resolve, reject) => {
		const s = h('script', { src: '/vendor/chart.js' });
		s.onload = () => resolve(window.Chart);
		s.onerror = () => { loading = null; s.remove(); reject(new Error('chart.js')); };
		document.head.append(s);
	});
	return loading;
}
// A custom property as the browser computes it: light-dark() and color-mix() come out as a colour.
function color(name) {
	const probe = h('span', { class: `probe ${name}` });
	document.body.append(probe);
	const c = getComputedStyle(probe).color;
	probe.remove();
	return c;
}
function hourLabel(iso, n) {
	const d = new Date(iso);
	return new Intl.DateTimeFormat(locale, n > 24 ? { weekday: 'short', hour: '2-digit' } : { hour: '2-digit', minute: '2-digit' }).format(d);
}

function panel(title, glyphs, wide = false) {
	const canvas = h('canvas', { role: 'img', 'aria-label': title });
	const table = h('details', { class: 'as-table' }, h('summary', {}, t('charts.table')), h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': title }));
	const none = h('p', { class: 'chart-none quiet', hidden: true }, t('charts.none'));
	return { canvas, table: table.lastChild, none, root: h('section', { class: wide ? 'card chart wide' : 'card chart' }, h('h3', {}, title), h('div', { class: 'canvas' }, canvas, none), table) };
}
function figures(p, heads, rows) {
	p.table.replaceChildren(h('table', { class: 'plain-table' }, h('thead', {}, h('tr', {}, heads.map((x) => h('th', { scope: 'col' }, x)))),
		h('tbody', {}, rows.map((r) => h('tr', {}, r.map((x, i) => h('td', { class: i ? 'num' : null }, typeof x === 'number' ? number(x) : i ? x : foreign(x))))))));
	const any = rows.some((r) => r.slice(1).some((x) => x > 0));
	p.none.hidden = any;
	p.canvas.hidden = !any;
}

export async function charts() {
	const Chart = await library();
	const flow = panel(t('charts.flow'), null, true);
	const ages = panel(t('charts.ages'));
	const byPrinter = panel(t('charts.printers'));
	const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
	let last = null;
	let made = [];

	function options(extra = {}) {
		const ink = color('c-quiet');
		const line = color('c-line');
		const ticks = { color: ink, font: { family: 'inherit', size: 12 }, precision: 0, maxRotation: 0, autoSkipPadding: 16 };
		return {
			responsive: true, maintainAspectRatio: false, animation: still ? false : { duration: 300 }, locale,
			interaction: { mode: 'index', intersect: false },
			plugins: {
				legend: { display: extra.legend ?? true, position: 'bottom', labels: { color: ink, boxWidth: 10, boxHeight: 10, usePointStyle: true, padding: 16 } },
				tooltip: { padding: 10, cornerRadius: 6, boxPadding: 4, usePointStyle: true },
			},
			indexAxis: extra.indexAxis ?? 'x',
			scales: {
				x: { stacked: extra.stacked, ticks, beginAtZero: true, grid: { display: extra.indexAxis === 'y', color: line, drawBorder: false } },
				y: { stacked: extra.stacked, ticks, beginAtZero: true, grid: { display: extra.indexAxis !== 'y', color: line, drawBorder: false } },
			},
		};
	}
	function make() {
		for (const c of made) c.destroy();
		const s = last;
		const accent = color('c-accent');
		const good = color('c-good');
		const bad = color('c-bad');
		const n = s.hours.length;
		const line = (label, data, c, fill) => ({ label, data, borderColor: c, backgroundColor: fill ? c.replace('rgb(', 'rgba(').replace(')', ', .12)') : c,
			fill, borderWidth: 2, tension: 0.3, pointRadius: 0, pointHoverRadius: 4, pointStyle: 'circle' });
		const bar = (label, data, c) => ({ label, data, backgroundColor: c, borderRadius: 4, maxBarThickness: 26, pointStyle: 'circle' });
		const cut = (text) => (text.length > 18 ? `${text.slice(0, 17)}…` : text);
		made = [
			new Chart(flow.canvas, { type: 'line', options: options(), data: { labels: s.hours.map((x) => hourLabel(x.at, n)), datasets: [
				line(t('charts.submitted'), s.hours.map((x) => x.submitted), accent, true), line(t('charts.released'), s.hours.map((x) => x.released), good, false),
				line(t('charts.failed_jobs'), s.hours.map((x) => x.failed), bad, false)] } }),
			new Chart(ages.canvas, { type: 'bar', options: options({ legend: false }), data: { labels: s.ages.map(ageLabel), datasets: [bar(t('charts.jobs'), s.ages.map((x) => x.jobs), accent)] } }),
			new Chart(byPrinter.canvas, { type: 'bar', options: options({ indexAxis: 'y', stacked: true }), data: { labels: s.printers.slice(0, 8).map((x) => cut(x.name)), datasets: [
				bar(t('charts.released'), s.printers.slice(0, 8).map((x) => x.released), good), bar(t('charts.failed_jobs'), s.printers.slice(0, 8).map((x) => x.failed), bad)] } }),
		];
	}
	function ageLabel(a, i, all) {
		if (a.upto_h !== null) return t('charts.upto', { n: a.upto_h });
		return t('charts.over', { n: all[i - 1]?.upto_h ?? 0 });
	}
	function update(s) {
		last = s;
		figures(flow, [t('col.when'), t('charts.submitted'), t('charts.released'), t('charts.failed_jobs')], s.hours.map((x) => [hourLabel(x.at, s.hours.length), x.submitted, x.released, x.failed]));
		figures(ages, [t('charts.age'), t('charts.jobs')], s.ages.map((x, i, all) => [ageLabel(x, i, all), x.jobs]));
		figures(byPrinter, [t('col.printer'), t('charts.released'), t('charts.failed_jobs')], s.printers.map((x) => [x.name, x.released, x.failed]));
		make();
	}
	const again = () => { if (last) make(); };
	const scheme = matchMedia('(prefers-color-scheme: dark)');
	addEventListener('hf-theme', again);
	scheme.addEventListener('change', again);
	return {
		root: h('div', { class: 'charts' }, flow.root, ages.root, byPrinter.root), update,
		destroy() {
			removeEventListener('hf-theme', again);
			scheme.removeEventListener('change', again);
			for (const c of made) c.destroy();
		},
	};
}
