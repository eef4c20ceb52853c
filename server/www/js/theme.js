// Runs before the page is drawn, so that nobody sees the wrong colours or language first.
(() => {
	const root = document.documentElement;
	let theme = null;
	let lang = null;
	try {
		theme = localStorage.getItem('hf-theme');
		lang = localStorage.getItem('hf-lang');
	} catch { /* storage may be switched off */ }
	if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
	if (lang !== 'en' && lang !== 'de')
		lang = (navigator.languages ?? ['en']).map((l) => l.slice(0, 2)).find((l) => l === 'en' || l === 'de') ?? 'en';
	root.lang = lang;
})();
