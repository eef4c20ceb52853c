#!/bin/sh
# The web interface on real parts: every route for every role, sessions, what is refused, changes, live updates, and the
# examples of doc/api.md as they stand there.
set -u
ROOT=${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
STACK_ROOT=$ROOT
. "$ROOT/tests/sim/stack.sh"
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
command -v jq > /dev/null || { echo "1..0 # SKIP jq is not installed"; exit 0; }
S=$(mktemp -d /var/tmp/hf-api.XXXXXX)
trap 'stack_stop "$S"; rm -rf "$S"' EXIT
trap 'exit 1' INT TERM HUP
stack_make "$S" "${HF_BUILD:-$ROOT/build/release}" && stack_serve "$S" || { cat "$S"/log/*.log >&2; exit 1; }
for u in uma:user helga:help-desk otto:operator ada:administrator audrey:auditor dora:user; do
	n=${u%%:*}
	stack_hf "$S" user add "$n" --display "Somebody <b>$n</b>" > /dev/null &&
		echo "secret of $n" | stack_hf "$S" user password "$n" > /dev/null &&
		stack_hf "$S" user role "$n" "${u#*:}" > /dev/null || exit 1
done
stack_hf "$S" user add nopass > /dev/null
/usr/bin/python3 "$ROOT/tests/sim/apidrive.py" "$S" "$ROOT"
