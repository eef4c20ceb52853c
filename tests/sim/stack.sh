# shellcheck shell=sh
# A whole Holdfast system in one folder, on real parts: sourced by the demonstration, end-to-end tests and benchmarks.  Root only.
#
#   stack_make S BUILD     install BUILD below S/sw, make the instance S (holdfast init), start its database, migrate
#   stack_serve S          start holdfast-released and holdfastd; returns when /v1/health says ok
#   stack_cups S           a private cupsd in S/cups with the queue "holdfast"; people: ann and bob (and root)
#   stack_person S NAME    run the rest of the arguments as this person (peer credentials are what cupsd believes)
#   stack_printer S NAME   an ippeveprinter in S/NAME, registered as NAME (a badge number alone is enough there)
#   stack_station S NAME…  pcscd with a virtual reader for each printer NAME, and holdfast-reader enrolled as "lobby"
#   stack_badge S PERSON UIDHEX        a user and their badge, enrolled by a tap at the first reader
#   stack_tap S UIDHEX [READER]        lay the card on reader 0, 1 …; prints what the station says
#   stack_held S COUNT     succeeds when so many jobs are held (for wait_for)
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
# shellcheck source=tests/sim/ippeve.sh
. "$STACK_SIM/ippeve.sh"
sim=$STACK_SIM
# shellcheck source=tests/sim/pcscd.sh
. "$STACK_SIM/pcscd.sh"

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
	sed -i '/^cups *=/d' "$_S/etc/admin.conf"
	echo "cups = \"$_S/cups/etc\"" >> "$_S/etc/admin.conf"
	cupsd_queue "$_S/cups" holdfast holdfast:/office "$_S/sw/usr/share/ppd/holdfast/holdfast.ppd"
}

stack_lp() { # stack_lp S PERSON lp-arguments… : prints "request id is …"
	_S=$1 _who=$2
	shift 2
	stack_person "$_S" "$_who" lp -h "$_S/cups/run/cups.sock" -d holdfast "$@"
}

stack_printer() { # extra arguments go to `printer add`
	_PS=$1 _pname=$2
	shift 2
	_pport=$(cupsd_free_port)
	ippeve_start "$_PS/$_pname" "$_pport" "Demo $_pname" > "$_PS/log/$_pname.log" 2>&1 || return 1
	cat "$_PS/$_pname/pid" "$_PS/$_pname/bus.pid" > "$_PS/run/sim-$_pname.pid"
	stack_hf "$_PS" printer add "$_pname" "ipps://localhost:$_pport/ipp/print" --yes --min-class 0 \
		--waive "demonstration: a badge number alone is enough" "$@"
}

stack_station() {
	_SS=$1
	shift
	_sbase=$(cupsd_free_port) _ports='' _bind='' _si=0
	for _sname in "$@"; do
		_ports="$_ports $((_sbase + 2 * _si))" _bind="$_bind --printer $_sname"
		_si=$((_si + 1))
	done
	# shellcheck disable=SC2086
	pcscd_start "$_SS/pcscd" $_ports || return 1
	# shellcheck disable=SC2086
	printf '%s\n' $PCSCD_PID $CARD_PIDS > "$_SS/run/sim-pcscd.pid"
	# The token goes from one program to the other and is in no file and no argument.
	# shellcheck disable=SC2086
	stack_hf "$_SS" reader add lobby $_bind 2>> "$_SS/log/enrol.log" | tail -n 1 |
		"$_SS/sw/usr/sbin/holdfast-reader" enrol --state "$_SS/reader" - >> "$_SS/log/enrol.log" 2>&1 || return 1
	_si=0
	for _sname in "$@"; do
		printf 'slot "Holdfast Reader %d 00 00" { printer = "%s" }\n' $_si "$_sname" >> "$_SS/reader/reader.conf"
		_si=$((_si + 1))
	done
	stack_spawn "$_SS" reader "$_SS/sw/usr/sbin/holdfast-reader" -c "$_SS/reader/reader.conf"
	wait_line "$_SS/log/reader.log" '	ready	' 20
}

stack_tap() {
	"$STACK_SIM/tapcard" -r "${3:-0}" -f "$1/log/reader.log" -w 30 "$1/pcscd" "$2"
}

stack_badge() {
	_S=$1 _who=$2 _uid=$3
	stack_hf "$_S" user add "$_who" > /dev/null || return 1
	stack_hf "$_S" badge enrol "$_who" --reader lobby --wait 30 > "$_S/log/badge-$_who.log" 2>&1 &
	_enrol=$!
	wait_for 10 "the enrolment of $_who" grep -q Hold "$_S/log/badge-$_who.log" || return 1
	stack_tap "$_S" "$_uid" > /dev/null 2>&1
	wait $_enrol
}

stack_held() {
	[ "$(stack_hf "$1" --json job list --state held | grep -c '"state": *"held"')" = "$2" ]
}

stack_stop() {
	_S=$1
	for _f in "$_S"/run/sim-*.pid; do
		[ -e "$_f" ] || continue
		while read -r _p; do
			kill "$_p" 2> /dev/null
			wait_for 10 "process $_p to end" stack_gone "$_p" || kill -9 "$_p" 2> /dev/null
		done < "$_f"
		rm -f "$_f"
	done
	[ ! -e "$_S/run/started" ] || for _n in $(tac "$_S/run/started"); do stack_end "$_S" "$_n"; done
	rm -f "$_S/run/started"
	cupsd_stop "$_S/cups"
	umount "$_S/cups/spool" 2> /dev/null || true
	[ ! -e "$_S/db" ] || "$STACK_DIST/embedded-db" stop "$_S" > /dev/null 2>&1 || true
}
