# Sourced by tests/integration/reader-*.t: a station with virtual readers against tests/sim/fakeserver.py.
#
# Sets T (the test's folder), R (the program), OUT and ERR of the station, REQ (what the server was asked).

root=$(cd "$(dirname "$0")/../.." && pwd)
sim=$root/tests/sim
R=$(cd "$root" && realpath -m "${HF_BUILD:-build/${HF_MODE:-release}}")/holdfast-reader
. "$sim/pcscd.sh"

[ -x "$R" ] || { echo "1..0 # SKIP $R is not built"; exit 0; }
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
[ -x /usr/sbin/pcscd ] && [ -e /usr/lib/pcsc/drivers/serial/libifdvpcd.so ] ||
	{ echo "1..0 # SKIP pcscd and vsmartcard-vpcd are not installed"; exit 0; }
USER_=hf-reader
getent passwd hf-reader > /dev/null || USER_=nobody

T=$(mktemp -d "${TMPDIR:-/tmp}/hf-reader.XXXXXX")
chmod 755 "$T"
OUT=$T/out ERR=$T/err REQ=$T/srv/requests
STATION='' SERVER=''
n=0 bad=0
touch "$OUT" "$ERR"

finish() {
	station_stop
	server_stop
	pcscd_stop
	rm -rf "$T"
}
trap finish EXIT
trap 'exit 1' INT TERM

# ok NAME COMMAND…: one test, passed if the command succeeds.
ok() {
	n=$((n + 1))
	_name=$1
	shift
	if "$@" > "$T/why" 2>&1; then
		echo "ok $n - $_name"
	else
		echo "not ok $n - $_name"
		sed 's/^/# /' "$T/why"
		tail -n 4 "$OUT" "$ERR" 2>/dev/null | sed 's/^/# /'
		bad=1
	fi
}

done_testing() {
	echo "1..$n"
	exit $bad
}

server_start() {
	rm -f "$T/srv/up"
	"$sim/fakeserver.py" "$T/srv" "${PORT:-0}" "$@" 2>> "$T/srv.err" < /dev/null &
	SERVER=$!
	wait_line "$T/srv/up" yes 10 || return 1
	PORT=$(cat "$T/srv/port")
}

server_stop() {
	[ -z "$SERVER" ] || kill -CONT "$SERVER" 2>/dev/null
	[ -z "$SERVER" ] || kill "$SERVER" 2>/dev/null
	[ -z "$SERVER" ] || wait "$SERVER" 2>/dev/null
	SERVER=''
}

behave() {
	printf '%s\n' "$1" > "$T/srv/behaviour.new"
	mv "$T/srv/behaviour.new" "$T/srv/behaviour"
}

station_start() {
	"$R" -c "$T/st/reader.conf" >> "$OUT" 2>> "$ERR" < /dev/null &
	STATION=$!
}

station_stop() {
	[ -z "$STATION" ] || kill "$STATION" 2>/dev/null
	[ -z "$STATION" ] || wait "$STATION" 2>/dev/null
	STATION=''
}

# The number of the next line of a file, for wait_line's FROM.
next() {
	echo $(($(wc -l < "$1") + 1))
}

# said READER WORD [TEXT-REGEX [SECONDS]]: a line of the panel that came since `mark`.
mark() {
	FROM=$(next "$OUT")
	REQFROM=$(next "$REQ")
}
said() {
	_who=$1
	case $1 in [0-9]) _who="Holdfast Reader $1 00 00" ;; esac
	wait_line "$OUT" "^[^	]*	$_who	$2	${3:-}" "${4:-6}" "$FROM"
}

# asked REGEX: a request that came since `mark`.
asked() {
	wait_line "$REQ" "$1" "${2:-6}" "$REQFROM"
}

# A good card at reader N (0) is read and answered; taken away again.
good_tap() {
	mark
	card_in -r "${1:-0}" 04AABBCC
	said "${1:-0}" released || return 1
	card_out -r "${1:-0}"
}

# ms_between FILE1 REGEX1 FROM1 FILE2 REGEX2 FROM2: of the monotonic times that begin the lines.
monotonic() {
	tail -n "+$3" "$1" | grep -E -m1 -- "$2" | cut -d' ' -f1
}
