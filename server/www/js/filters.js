// The row of filters above a list: read again when one changes, a little after the last key.
import { h } from './dom.js';
import { t } from './i18n.js';
import { button, field } from './ui.js';

export function filters(all, changed) {
	let timer = 0;
	const go = () => { clearTimeout(timer); timer = setTimeout(changed, 250); };
	for (const f of all) f.control.addEventListener(f.control.tagName === 'SELECT' ? 'change' : 'input', go);
	return {
		root: h('form', { class: 'filters', role: 'search', onsubmit: (e) => { e.preventDefault(); changed(); } },
			all.map((f) => field(f.label, f.control)),
			button(t('filter.clear'), { kind: 'plain', name: 'clear', onclick: () => { for (const f of all) f.control.value = ''; changed(); } })),
		values: () => Object.fromEntries(all.map((f) => [f.key, f.control.value.trim()])),
	};
}
