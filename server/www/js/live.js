// What has changed on the server, for this tab: one stream a browser (live-worker.js), or one for this tab where the browser
// has no shared workers.
const listeners = new Set();
const watchers = new Set();
let state = 'off';
let port = null;
let source = null;
let retry = 0;
let onBye = () => {};

function set(s) {
	if (s === state) return;
	state = s;
	for (const fn of watchers) fn(s);
}
function event(kind, kinds) {
	if (kind === 'bye') return onBye();
	if (kind === 'refused') return onRefused();
	retry = 0;
	for (const l of listeners) if (kind === 'hello' || !kinds.length || l.kinds.some((k) => kinds.includes(k))) l.fn();
}
// Refused with a status: either the session is gone (asking will say so) or the service is down; try again, ever slower.
function onRefused() {
	retry = Math.min(retry ? retry * 2 : 2000, 30000);
	setTimeout(() => { if (document.visibilityState === 'visible') say('start'); }, retry);
	onBye();
}
function say(what) {
	if (port) return port.postMessage(what);
	if (what === 'visible' || what === 'start') {
		if (source) return;
		set('connecting');
		source = new EventSource('/v1/live');
		source.addEventListener('hello', () => { set('live'); event('hello', []); });
		source.addEventListener('change', (e) => {
			let kinds = [];
			try { kinds = JSON.parse(e.data).kinds ?? []; } catch { /* read everything again */ }
			event('change', kinds);
		});
		source.addEventListener('lost', () => set('lost'));
		source.addEventListener('bye', () => { stop(); onBye(); });
		source.onerror = () => {
			set('connecting');
			if (source?.readyState === EventSource.CLOSED) { source = null; onRefused(); }
		};
	} else {
		source?.close();
		source = null;
		set('off');
	}
}
const visible = () => say(document.visibilityState === 'visible' ? 'visible' : 'hidden');
let beat = 0;

export function start() {
	if (!port && 'SharedWorker' in window) {
		try {
			port = new SharedWorker('/js/live-worker.js', { type: 'module', name: 'hf-live' }).port;
			port.onmessage = ({ data }) => {
				if (data.state) set(data.state);
				if (data.event) event(data.event, data.kinds ?? []);
			};
		} catch {
			port = null;
		}
	}
	clearInterval(beat);
	beat = setInterval(visible, 20000);
	document.addEventListener('visibilitychange', visible);
	say(document.visibilityState === 'visible' ? 'start' : 'hidden');
}
export function stop() {
	clearInterval(beat);
	document.removeEventListener('visibilitychange', visible);
	say('hidden');
}
addEventListener('pagehide', () => say(port ? 'gone' : 'hidden'));
addEventListener('pageshow', (e) => { if (e.persisted && beat) visible(); });

export const whenBye = (fn) => { onBye = fn; };
/** fn runs when one of these kinds changed, and when the stream is (again) there. */
export function on(kinds, fn) {
	const l = { kinds, fn };
	listeners.add(l);
	return () => listeners.delete(l);
}
export function watch(fn) {
	watchers.add(fn);
	fn(state);
	return () => watchers.delete(fn);
}
