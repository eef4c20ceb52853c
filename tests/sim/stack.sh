# shellcheck shell=sh
# A whole Holdfast system in one folder, on real parts: sourced by the demonstration, end-to-end tests and benchmarks.  Root only.
#
#   stack_make S BUILD     install BUILD below S/sw, make the instance S (holdfast init), start its database, migrate
#   stack_serve S          start holdfast-released and holdfastd; returns when /v1/health says ok
#   stack_cups S           a private cupsd in S/cups with the queue "holdfast"; people: ann and bob (and root)
#   stack_person S NAME    run the rest of the arguments as this person (peer credentials are what cupsd believes)
#   stack_spawn S NAME CMD…    start a daemon, log in S/log/NAME.log, pid in S/run/NAME.pid
#   stack_end S NAME       end it (TERM, then KILL after 10 s) and wait until it is gone
#   stack_stop S           end everything, newest first; the folder stays
#   wait_for SECONDS TEXT CMD…   until CMD succeeds; says TEXT and fails at the deadline
#
# The people exist in this folder only: cupsd and lp see them through nss_wrapper, the machine's /etc/passwd is left alone.

STACK_SIM=${STACK_SIM:-$(cd "${STACK_ROOT:-.}/tests/sim" && pwd)}
STACK_DIST=$(cd "$STACK_SIM/../../dist" && pwd)
# shellcheck source=tests/sim/cupsd.sh
. "$STACK_SIM/cupsd.sh"

wait_for() {
	_until=$(($(date +%s) + $1)) _text=$2
	shift 2
	until "$@" > /dev/null 2>&1; do
		if [ "$(date +%s)" -ge "$_until" ]; then
			echo "waited in vain: $_text" >&2
			return 1
		fi
		sleep 0.02
	done
}

# Running and not a zombie.
stack_alive() {
	_s=$(sed -e 's/.*) //' -e 's/ .*//' "/proc/$1/stat" 2> /dev/null) || return 1
	[ -n "$_s" ] && [ "$_s" != Z ] && [ "$_s" != X ]
}
stack_gone() { ! stack_alive "$1"; }

stack_spawn() {
	_S=$1 _name=$2
	shift 2
	(
		for _fd in 3 4 5 6 7 8 9; do eval "exec $_fd>&-"; done
		exec setsid "$@" < /dev/null >> "$_S/log/$_name.log" 2>&1
	) &
	echo $! > "$_S/run/$_name.pid"
	echo "$_name" >> "$_S/run/started"
}

stack_end() {
	[ -e "$1/run/$2.pid" ] || return 0
	_p=$(cat "$1/run/$2.pid")
	kill "$_p" 2> /dev/null || true
	if ! wait_for 10 "$2 to end" stack_gone "$_p"; then
		kill -9 "$_p" 2> /dev/null || true
		wait_for 5 "$2 to be killed" stack_gone "$_p" || true
	fi
	wait "$_p" 2> /dev/null || true
	rm -f "$1/run/$2.pid"
}

stack_hf() {
	_S=$1
	shift
	"$_S/sw/usr/bin/holdfast" -c "$_S/etc/admin.conf" "$@"
}

stack_make() {
	_S=$1 _build=$2
	mkdir -p "$_S"
	chmod 711 "$_S"
	"$STACK_DIST/install-files" "$_build" "$_S/sw" /usr /etc/holdfast /usr/lib/holdfast /usr/lib/cups
	_port=$(cupsd_free_port)
	"$_S/sw/usr/bin/holdfast" init --dir "$_S" --url "https://localhost:$_port" --host-name demo-host --queue office \
		--libexec "$_S/sw/usr/lib/holdfast" --schema "$_S/sw/usr/share/holdfast/schema" > "$_S/init.out" || return 1
	mkdir -p "$_S/log" "$_S/run"
	mv "$_S/init.out" "$_S/log/init.log"
	echo "$_port" > "$_S/run/https.port"
	"$STACK_DIST/embedded-db" start "$_S" >> "$_S/log/init.log" || return 1
	stack_hf "$_S" migrate >> "$_S/log/init.log"
}

stack_url() { echo "https://localhost:$(cat "$1/run/https.port")"; }
stack_healthy() { curl -fsS --cacert "$1/tls/server.crt" "$(stack_url "$1")/v1/health"; }

stack_serve() {
	stack_spawn "$1" released "$1/sw/usr/sbin/holdfast-released" -c "$1/etc/released.conf"
	stack_spawn "$1" holdfastd "$1/sw/usr/sbin/holdfastd" -c "$1/etc/holdfastd.conf"
	wait_for 20 "the release service and holdfastd" stack_healthy "$1"
}

stack_people() {
	mkdir -p "$1/people"
	printf '%s\n' 'root:x:0:0::/nonexistent:/bin/sh' 'lp:x:7:7::/nonexistent:/bin/false' \
		'ann:x:61001:61001:Ann Example::/bin/false' 'bob:x:61002:61002:Bob Example::/bin/false' > "$1/people/passwd"
	printf '%s\n' 'root:x:0:' 'lp:x:7:' 'lpadmin:x:108:root' 'ann:x:61001:' 'bob:x:61002:' > "$1/people/group"
}
stack_nss() {
	_S=$1
	shift
	env LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD="$_S/people/passwd" NSS_WRAPPER_GROUP="$_S/people/group" "$@"
}
stack_person() {
	_S=$1 _who=$2
	shift 2
	_uid=$(awk -F: -v n="$_who" '$1 == n { print $3 }' "$_S/people/passwd")
	[ -n "$_uid" ] || { echo "there is no $_who here: ann and bob" >&2; return 1; }
	stack_nss "$_S" setpriv --reuid "$_uid" --regid "$_uid" --clear-groups "$@"
}

stack_cups() {
	_S=$1
	stack_people "$_S"
	mkdir -p "$_S/cups"
	chmod 711 "$_S/cups"
	CUPSD_BACKEND=$_S/sw/usr/lib/cups/backend/holdfast CUPSD_FILTER=$_S/sw/usr/lib/cups/filter/hfframe
	HOLDFAST_INTAKE_CONF=$_S/etc/intake.conf
	CUPSD_WRAP="env LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=$_S/people/passwd NSS_WRAPPER_GROUP=$_S/people/group"
	_port=$(cupsd_free_port)
	cupsd_make "$_S/cups" "$_port"
	# Plaintext passes through here on its way: memory, where the kernel lets us.
	mount -t tmpfs -o size=512m,mode=0710,nosuid,nodev,noexec hf-cups "$_S/cups/spool" 2> /dev/null &&
		chgrp lp "$_S/cups/spool" && mkdir -p "$_S/cups/spool/tmp"
	cupsd_start "$_S/cups" "$_port" || return 1
	cupsd_queue "$_S/cups" holdfast holdfast:/office "$_S/sw/usr/share/ppd/holdfast/holdfast.ppd"
}

stack_lp() { # stack_lp S PERSON lp-arguments… : prints "request id is …"
	_S=$1 _who=$2
	shift 2
	stack_person "$_S" "$_who" lp -h "$_S/cups/run/cups.sock" -d holdfast "$@"
}

stack_stop() {
	_S=$1
	[ ! -e "$_S/run/started" ] || for _n in $(tac "$_S/run/started"); do stack_end "$_S" "$_n"; done
	rm -f "$_S/run/started"
	cupsd_stop "$_S/cups"
	umount "$_S/cups/spool" 2> /dev/null || true
	[ ! -e "$_S/db" ] || "$STACK_DIST/embedded-db" stop "$_S" > /dev/null 2>&1 || true
}
