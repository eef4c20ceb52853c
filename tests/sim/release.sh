# shellcheck shell=sh
# A release service with one simulated printer and one enrolled reader, on a real database: sourced by
# tests/integration/release-*.t.  Root only.  Uses tap.sh and stack.sh; everything lies below $S.
#
#   rel_make               the instance, its database, people ann and bob, queue office
#   rel_serve              start holdfast-released; returns when it is ready
#   rel_printer NAME [ARG…]   start a simulated printer and register it;   printer NAME COMMAND…: its control socket
#   rel_reader NAME PRINTER   enrol a reader; then READER and PRINTER are ids, for:
#   tap UID                one touch: prints "RESULT JOBS PRINTER|PERSON|MESSAGE"
#   badge PERSON UID       bind a card to a person
#   jobs [ARG…]            mkjobs into this instance
#   state ID               of a job, from the database;   states STATE: how many are in it
#   sql TEXT               as hf_owner
S=
rel_root=${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
rel_build=${HF_BUILD:-$rel_root/build/release}
STACK_ROOT=$rel_root
# shellcheck source=tests/sim/tap.sh
. "$rel_root/tests/sim/tap.sh"
# shellcheck source=tests/sim/stack.sh
. "$rel_root/tests/sim/stack.sh"

rel_need() {
	[ "$(id -u)" = 0 ] || tap_skip_all "must be root"
	[ -x "$rel_build/holdfast" ] || tap_skip_all "not built: $rel_build"
	ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || tap_skip_all "PostgreSQL is not installed"
}

rel_end() {
	[ -n "$S" ] || return 0
	stack_stop "$S"
	[ -n "${REL_KEEP:-}" ] || rm -rf "$S"
}

rel_make() {
	rel_need
	S=$(mktemp -d /tmp/hfrel.XXXXXX)
	trap rel_end EXIT
	trap 'exit 1' INT TERM HUP
	stack_make "$S" "$rel_build" || { echo "Bail out! no instance"; exit 1; }
	hf user add ann --display "Ann Example" > /dev/null
	hf user add bob > /dev/null
}

hf() { stack_hf "$S" "$@"; }
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$S/run/pg" -U hf_owner -d holdfast -c "set search_path = hf" -c "$1"; }
taptool() { "$rel_build/tests/sim/taptool" "$@"; }
jobs() { "$rel_build/tests/sim/mkjobs" "$@" "$S"; }
state() { sql "select state from job where id = '$1'"; }
states() { sql "select count(*) from job where state = '$1'"; }
is_state() { [ "$(state "$1")" = "$2" ]; }
are_states() { [ "$(states "$1")" = "$2" ]; }
events() { sql "select count(*) from event where kind = '$1'"; }

rel_ready() { taptool send root "$S/run/release.sock" 14 2> /dev/null | grep -q '^010101'; }
rel_serve() {
	stack_spawn "$S" released "$S/sw/usr/sbin/holdfast-released" -c "$S/etc/released.conf"
	wait_for 20 "the release service" rel_ready || { tail "$S/log/released.log"; return 1; }
}
rel_child() { # rel_child NAME : the pid of a role
	for _p in $(pgrep -P "$(cat "$S/run/released.pid")" -x "$1"); do
		stack_alive "$_p" && echo "$_p"
	done
}

rel_printer() {
	_n=$1
	shift
	mkdir -p "$S/$_n"
	(
		exec setsid "$rel_root/tests/sim/printer" --dir "$S/$_n" --tls-port 0 --keep "$@" \
		    < /dev/null > "$S/$_n/out" 2> "$S/log/$_n.log"
	) &
	echo $! > "$S/run/$_n.pid"
	echo "$_n" >> "$S/run/started"
	wait_for 10 "the simulated printer" test -s "$S/$_n/out" || return 1
	_pin=$(sed 's/.*"pin": "\([^"]*\)".*/\1/' "$S/$_n/out")
	_port=$(sed 's/.*"tls_port": \([0-9]*\).*/\1/' "$S/$_n/out")
	hf printer add "$_n" "ipps://localhost:$_port/ipp/print" --min-class 0 --waive "a test" --yes --pin "$_pin" > "$S/log/$_n.add" 2>&1
}
printer() { # printer NAME COMMAND…
	_n=$1
	shift
	echo "$*" | socat - "UNIX-CONNECT:$S/$_n/control"
}
ledger() { cat "$S/$1/ledger.jsonl"; }

rel_reader() {
	_token=$(hf reader add "$1" --printer "$2" 2> /dev/null)
	_secret=$(echo "$_token" | /usr/bin/python3 -c "import base64, re, sys
t = re.search(r'HFR1\.([A-Za-z0-9_-]+)', sys.stdin.read()).group(1)
print(base64.urlsafe_b64decode(t + '=' * (-len(t) % 4))[:16].hex())")
	SEED=$S/$1.seed
	taptool key "$SEED" > /dev/null
	taptool enrol "$S/run/release.sock" "$SEED" "$_secret" > "$S/$1.enrolled" || return 1
	READER=$(head -n 1 "$S/$1.enrolled" | cut -d' ' -f1)
	PRINTER=$(sed -n 2p "$S/$1.enrolled" | cut -d' ' -f1)
}
tap() { taptool tap "$S/run/release.sock" "$SEED" "$READER" "$PRINTER" "$S/keys/keylist" "$@" 2>&1; }
badge() { # by the administrator's own way: the next unknown card at this reader
	sql "select enrolment_start('$1', (select name from reader where id = '$READER'), 'test', 60)" > /dev/null
	tap "$2" > /dev/null
}
