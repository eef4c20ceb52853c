// One stream for all tabs of this browser.  It stands while a tab is visible; what comes is passed on to all of them.
// Tabs cannot be seen dying, so they say every 20 s that they are there.
const tabs = new Map(); // port -> {visible, seen}
let source = null;
let state = 'off';

const tell = (m) => { for (const p of tabs.keys()) p.postMessage(m); };
function become(s) {
	if (s === state) return;
	state = s;
	tell({ state });
}
function open() {
	become('connecting');
	source = new EventSource('/v1/live');
	source.addEventListener('hello', () => { become('live'); tell({ event: 'hello' }); });
	source.addEventListener('change', (e) => {
		let kinds = [];
		try { kinds = JSON.parse(e.data).kinds ?? []; } catch { /* then everything is read again */ }
		tell({ event: 'change', kinds });
	});
	source.addEventListener('lost', () => become('lost'));
	source.addEventListener('bye', () => { close(); tell({ event: 'bye' }); });
	source.onerror = () => {
		if (source.readyState !== EventSource.CLOSED) return become('connecting');
		close(); // refused: the session is gone, or the service is not there yet
		become('connecting');
		tell({ event: 'refused' });
	};
}
function close() {
	source?.close();
	source = null;
	become('off');
}
function look() {
	for (const [p, tab] of tabs) if (Date.now() - tab.seen > 90000) tabs.delete(p);
	const needed = [...tabs.values()].some((tab) => tab.visible);
	if (needed && !source) open();
	if (!needed && source) close();
}
setInterval(look, 15000);

onconnect = (e) => {
	const port = e.ports[0];
	tabs.set(port, { visible: false, seen: Date.now() });
	port.onmessage = ({ data }) => {
		if (data === 'gone') tabs.delete(port);
		else tabs.set(port, { visible: data === 'visible' || data === 'start', seen: Date.now() });
		if (data === 'start' && source && state === 'connecting') close();
		look();
	};
	port.postMessage({ state });
	if (state === 'live') port.postMessage({ event: 'hello' });
};
