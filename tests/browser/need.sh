# shellcheck shell=sh
# What ui.t and web.t need before they can start: sourced after tests/sim/tap.sh, in the project's folder.
browser_need() {
	command -v node > /dev/null || tap_skip_all "node is not installed"
	node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' || tap_skip_all "node is older than 18"
	[ -x /usr/bin/chromium ] || tap_skip_all "chromium is not installed"
	[ -e /usr/share/javascript/chart.js/chart.min.js ] || tap_skip_all "libjs-chart.js is not installed"
	(
		cd tests/browser && exec 9> .install-lock && flock 9
		cmp -s package-lock.json node_modules/.installed && exit 0
		command -v npm > /dev/null || exit 1
		timeout 60 npm ci --ignore-scripts --no-audit --no-fund > /dev/null 2>&1 && cp package-lock.json node_modules/.installed
	) || tap_skip_all "playwright-core is not here, and npm could not fetch it"
}
