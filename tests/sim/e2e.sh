# shellcheck shell=sh
# Start of an end-to-end test: sources stack.sh and tap.sh, makes a folder S that is removed at the end whatever happens.
#
#   e2e_begin              skip unless root and built; make S
#   e2e_up PRINTER…        instance, services, cupsd, printers, one reader each, ann (badge $ANN) and bob (badge $BOB)
#   e2e_print PERSON FILE [lp-ARG…]   print and wait until one job more is held
# shellcheck disable=SC2034
ANN=04A1B2C3D4E5F6
BOB=0BADCAFE
STACK_ROOT=${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${HF_BUILD:-$STACK_ROOT/build/${HF_MODE:-release}}
# shellcheck source=tests/sim/stack.sh
. "$STACK_ROOT/tests/sim/stack.sh"
# shellcheck source=tests/sim/tap.sh
. "$STACK_ROOT/tests/sim/tap.sh"

e2e_begin() {
	[ "$(id -u)" = 0 ] || tap_skip_all "needs root: its programs run under seven users of their own"
	[ -x "$BUILD/holdfast" ] || tap_skip_all "$BUILD is not built"
	S=$(mktemp -d /tmp/hf-e2e.XXXXXX)
	trap 'stack_stop "$S" 2> /dev/null; [ -z "${KEEP:-}" ] && rm -rf "$S"' EXIT
	trap 'exit 1' INT TERM
}

e2e_die() {
	echo "Bail out! $1"
	tail -n 5 "$S"/log/*.log | sed 's/^/# /'
	exit 1
}

e2e_up() {
	stack_make "$S" "$BUILD" > /dev/null || e2e_die "no instance"
	stack_serve "$S" || e2e_die "the services did not start"
	stack_cups "$S" || e2e_die "cupsd did not start"
	for _e in "$@"; do
		stack_printer "$S" "$_e" > "$S/log/add-$_e.log" 2>&1 || e2e_die "printer $_e"
	done
	stack_station "$S" "$@" || e2e_die "no station"
	stack_badge "$S" ann $ANN || e2e_die "no badge for ann"
	stack_badge "$S" bob $BOB || e2e_die "no badge for bob"
}

e2e_held_now() { find "$S/spool/held" "$S/spool/incoming" -type f | wc -l; }

e2e_print() {
	_who=$1 _file=$2
	shift 2
	_before=$(e2e_held_now)
	stack_lp "$S" "$_who" "$@" "$_file" > "$S/log/lp.log" 2>&1 || return 1
	wait_for 30 "the job to be sealed" e2e_more_than "$_before"
}
e2e_more_than() { [ "$(e2e_held_now)" -gt "$1" ]; }
e2e_all_delivered() { stack_held "$S" 0 && [ "$(e2e_held_now)" = 0 ]; }
