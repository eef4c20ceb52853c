// Building elements.  Text only ever becomes text: nothing here parses markup.

const SVG = 'http://www.w3.org/2000/svg';

/** h('p', {class: 'x', onclick: fn, 'aria-label': '…'}, child, …): strings become text nodes, null and false nothing. */
export function h(tag, props = {}, ...children) {
	const el = document.createElement(tag);
	for (const [name, value] of Object.entries(props ?? {})) {
		if (value === null || value === undefined || value === false) continue;
		if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
		else if (name === 'value' || name === 'checked') el[name] = value;
		else el.setAttribute(name, value === true ? '' : String(value));
	}
	el.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
	return el;
}

export function icon(name, extra = '') {
	const svg = document.createElementNS(SVG, 'svg');
	const use = document.createElementNS(SVG, 'use');
	svg.setAttribute('class', `icon ${extra}`.trim());
	svg.setAttribute('aria-hidden', 'true');
	use.setAttribute('href', `/icons.svg#${name}`);
	svg.append(use);
	return svg;
}

const LONGEST = 300;

/**
 * Text that somebody else chose: isolated, so that its direction marks end with it, control characters made visible,
 * and no longer than a page can bear.
 */
export function foreign(text, className = '') {
	const all = String(text ?? '');
	const shown = (all.length > LONGEST ? `${all.slice(0, LONGEST)}…` : all)
		.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
	const el = h('bdi', { class: `foreign ${className}`.trim(), dir: 'auto' });
	el.textContent = shown;
	return el;
}

let count = 0;
export const uid = (prefix = 'id') => `${prefix}-${++count}`;
