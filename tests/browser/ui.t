#!/bin/sh
# tests/browser/ui.t : the pages in Debian's Chromium against a stand-in for the server: all that can go wrong.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/sim/tap.sh
. tests/sim/tap.sh
# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh
browser_need
exec node --test --test-reporter=tap tests/browser/ui.test.mjs
