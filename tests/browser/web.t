#!/bin/sh
# tests/browser/web.t : the pages in Debian's Chromium against the real thing: holdfastd, the release service, PostgreSQL,
# a print queue and a printer.  Root only.
set -u
cd "$(dirname "$0")/../.." || exit 1
HF_ROOT=$PWD
# shellcheck source=tests/sim/release.sh
. tests/sim/release.sh
# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh
rel_need
browser_need
rel_make > /dev/null 2>&1
{
	while read -r who role; do
		case $who in ann | bob) ;; *) hf user add "$who" ;; esac
		echo "a long password" | hf user password "$who"
		[ "$role" = user ] || hf user role "$who" "$role"
	done <<- PEOPLE
		ann user
		bob user
		hana help-desk
		otto operator
		ada administrator
		alan auditor
	PEOPLE
	stack_serve "$S" && rel_printer lobby && rel_reader desk lobby && badge ann 04a1b2c3d4e5f6 && stack_cups "$S"
} > "$S/log/web.log" 2>&1 || {
	tail -n 5 "$S"/log/*.log 2> /dev/null | sed 's/^/# /'
	echo "Bail out! the system did not start"
	exit 1
}
WEB_URL=$(stack_url "$S")
export HF_BUILD="$rel_build" WEB_DIR="$S" WEB_URL
node --test --test-reporter=tap tests/browser/real.test.mjs
