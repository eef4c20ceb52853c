# shellcheck shell=sh
# ippeveprinter, the IPP Everywhere printer that comes with CUPS, in a folder of its own: the printer that we did not
# write.  Sourced by tests, benchmarks and the demonstration.
#
#   ippeve_start DIR PORT NAME [ARG…]   start it (DIR absolute); returns when it answers
#                                       ipp://localhost:PORT/ipp/print and ipps://localhost:PORT/ipp/print
#   ippeve_stop DIR                     end it and wait until it is gone
#   ippeve_pin DIR                      the pin of its public key, "sha256//…"
#   ippeve_paper DIR PORT SHEETS        fill (250) or empty (0) its trays
#   ippeve_received DIR                 paths of the documents it received, oldest first; byte for byte as they came
#
# DIR/log is what it says, DIR/run/tickets what was asked for (IPP_COPIES=2 …, a line a job), DIR/spool what it received, DIR/keys/localhost.{crt,key} its certificate (put your own there
# first, if you like).  It has no Hold-Job: plain mode.  It takes one job at a time and answers server-error-busy to
# a second.  It wants a D-Bus system bus even without DNS-SD: a private one is enough.  As root it runs as nobody.

_ippeve_exec() { # only in a subshell or with &
	[ "$(id -u)" = 0 ] || exec "$@"
	exec setpriv --reuid nobody --regid nogroup --clear-groups "$@"
}

_ippeve_wait() { # SECONDS COMMAND… : an event, with a deadline
	_n=$(($1 * 50))
	shift
	until "$@" > /dev/null 2>&1; do
		_n=$((_n - 1))
		[ $_n -gt 0 ] || return 1
		sleep 0.02
	done
}

_ippeve_gone() { # PID : gone, or a zombie that PID 1 has not reaped yet
	case $(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2> /dev/null) in '' | Z) return 0 ;; esac
	return 1
}

_ippeve_answers() { # PORT
	curl -s -o /dev/null --max-time 2 "http://localhost:$1/"
}

ippeve_start() {
	_d=$1 _port=$2 _name=$3
	shift 3
	mkdir -p "$_d/spool" "$_d/keys" "$_d/run"
	if [ ! -e "$_d/keys/localhost.crt" ]; then
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=localhost \
			-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$_d/keys/localhost.key" \
			-out "$_d/keys/localhost.crt" 2> /dev/null || return 1
	fi
	# Without a command each job would sleep 5 to 15 seconds.  This one counts the pages, as a real printer does.
	cat > "$_d/cmd" <<-'E'
	#!/bin/sh
	n=$(grep -a -c '/Type */Page[^s]' "$1")
	[ "$n" -gt 0 ] || n=1
	echo "ATTR: job-impressions-completed=$n" >&2
	env | grep '^IPP_' | tr '\n' ' ' >> "${0%/*}/run/tickets"
	echo >> "${0%/*}/run/tickets"
	exit 0
	E
	chmod 755 "$_d/cmd"
	if [ "$(id -u)" = 0 ]; then
		chmod 711 "$_d"
		chown -R nobody:nogroup "$_d/spool" "$_d/keys" "$_d/run"
	fi
	_ippeve_exec dbus-daemon --session --address="unix:path=$_d/run/bus" --nofork --nopidfile > "$_d/bus.log" 2>&1 &
	echo $! > "$_d/bus.pid"
	_ippeve_wait 10 test -S "$_d/run/bus" || return 1
	(
		export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$_d/run/bus"
		_ippeve_exec ippeveprinter -r off -n localhost -p "$_port" -d "$_d/spool" -K "$_d/keys" -k -2 -v -c "$_d/cmd" \
			-f application/pdf,application/postscript,application/octet-stream "$@" "$_name" > "$_d/log" 2>&1 &
		echo $! > "$_d/pid"
	)
	_ippeve_wait 15 _ippeve_answers "$_port"
}

ippeve_stop() {
	for _f in "$1/pid" "$1/bus.pid"; do
		[ -e "$_f" ] || continue
		_p=$(cat "$_f")
		kill "$_p" 2> /dev/null
		_ippeve_wait 5 _ippeve_gone "$_p" || kill -9 "$_p" 2> /dev/null
		rm -f "$_f"
	done
}

ippeve_pin() {
	printf 'sha256//%s\n' "$(openssl x509 -in "$1/keys/localhost.crt" -noout -pubkey |
		openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64)"
}

ippeve_paper() { # the form wants the sizes with the levels
	curl -s -o /dev/null --max-time 5 -g \
		"http://localhost:$2/media?size1=iso_a4_210x297mm&level1=$3&size3=iso_a4_210x297mm&level3=$3"
}

ippeve_received() {
	# Names begin with the job-id.
	find "$1/spool" -maxdepth 1 -type f ! -name '*.png' ! \( -name '*.prn' -size 0 \) | sort -t/ -k"$(echo "$1/spool/x" | tr -cd / | wc -c)" -V
}
