# Sourced by tests and the demonstration: a private pcscd and virtual cards.
#
#   pcscd_start DIR PORT…       start it, with a reader for each port; exports PCSCLITE_CSOCK_NAME; returns when it answers
#   pcscd_stop                  end it and its cards (also for a restart: pcscd_start again with the same arguments)
#   card_in  [-r READER] UIDHEX [ATRHEX] [as=BEHAVIOUR]
#   card_out [-r READER]        READER counts from 0; behaviours are listed in vcard.py
#   wait_line FILE REGEX [SECONDS [FROM]]   until a line that matches is in FILE (from line FROM on), or fail
#
# Needs: sim, the folder of this file.  Sets PCSCD_DIR, PCSCD_PID, CARD_PIDS.

PCSCD_PID=''
CARD_PIDS=''

wait_line() {
	_until=$(($(date +%s) + ${3:-10}))
	until tail -n "+${4:-1}" "$1" 2>/dev/null | grep -qE -- "$2"; do
		if [ "$(date +%s)" -gt "$_until" ]; then
			echo "# waited ${3:-10} s in vain for /$2/ in $1" >&2
			return 1
		fi
		sleep 0.02
	done
}

# A process of ours that has ended, reaped or not.
_ended() {
	[ ! -e "/proc/$1/stat" ] || grep -q '^[0-9]* (.*) Z' "/proc/$1/stat"
}

pcscd_start() {
	PCSCD_DIR=$1
	shift
	mkdir -p "$PCSCD_DIR"
	rm -f "$PCSCD_DIR/pcscd.pid"
	"$sim/pcscd-private.py" "$PCSCD_DIR" "$@" -- --foreground >> "$PCSCD_DIR/pcscd.log" 2>&1 < /dev/null &
	PCSCD_PID=$!
	export PCSCLITE_CSOCK_NAME="$PCSCD_DIR/pcscd.comm"
	_until=$(($(date +%s) + 10))
	until [ -s "$PCSCD_DIR/pcscd.pid" ]; do
		if _ended "$PCSCD_PID" || [ "$(date +%s)" -gt "$_until" ]; then
			tail -n 5 "$PCSCD_DIR/pcscd.log" >&2
			return 1
		fi
		sleep 0.02
	done
	_n=0
	for _port in "$@"; do
		rm -f "$PCSCD_DIR/card$_n.fifo"
		"$sim/vcard.py" "$PCSCD_DIR" $_n "$PCSCD_DIR/card$_n.fifo" >> "$PCSCD_DIR/card$_n.log" 2>&1 < /dev/null &
		CARD_PIDS="$CARD_PIDS $!"
		until [ -p "$PCSCD_DIR/card$_n.fifo" ]; do
			_ended $! && return 1
			sleep 0.02
		done
		_n=$((_n + 1))
	done
}

pcscd_stop() {
	for _pid in $CARD_PIDS $PCSCD_PID; do
		kill "$_pid" 2>/dev/null
	done
	for _pid in $CARD_PIDS $PCSCD_PID; do
		wait "$_pid" 2>/dev/null
	done
	CARD_PIDS=''
	PCSCD_PID=''
}

card_in() {
	_r=0
	if [ "$1" = -r ]; then
		_r=$2
		shift 2
	fi
	echo "in $*" > "$PCSCD_DIR/card$_r.fifo"
}

card_out() {
	_r=0
	[ "${1:-}" != -r ] || _r=$2
	echo out > "$PCSCD_DIR/card$_r.fifo"
}
