#!/bin/sh
# real.sh S COMMAND… : one command (of tests/sim/release.sh and stack.sh, or any other) in the instance S that web.t made.
HF_ROOT=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/sim/release.sh
. "$HF_ROOT/tests/sim/release.sh"
S=$1
shift
SEED=$S/desk.seed
READER=$(head -n 1 "$S/desk.enrolled" | cut -d' ' -f1)
PRINTER=$(sed -n 2p "$S/desk.enrolled" | cut -d' ' -f1)
lp() { stack_lp "$S" "$@"; }
clean() { # no test finds what another one left
	printer lobby clear > /dev/null
	for id in $(sql "select id from job where state in ('held', 'uncertain')"); do hf job cancel "$id" --reason "the next test"; done
}
"$@"
