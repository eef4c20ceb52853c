#!/bin/sh
# Badges on real readers (pcscd with virtual ones): good cards, hostile cards, readers that come and go.
. "$(dirname "$0")/../sim/reader.sh"

A4=04a1b2c3 A7=04112233445566 A10=04112233445566778899 FELICA=0101020304050607
FELICA_ATR=3B8F8001804F0CA00000030611003B0000000042

pcscd_start "$T/pc" 35963 35965 || { echo 'Bail out! no pcscd'; exit 1; }
server_start || { echo 'Bail out! no server'; exit 1; }
behave "{\"cards\":{\"04aabbcc\":{\"result\":\"released\",\"jobs\":1},\"$A4\":{\"result\":\"released\",\"jobs\":2},
 \"$A7\":{\"result\":\"no-jobs\"},\"$A10\":{\"result\":\"printer\",\"message\":\"printer is out of paper\"},
 \"$FELICA\":{\"result\":\"releasing\",\"jobs\":3}}}"
"$R" enrol --state "$T/st" --user "$USER_" - < "$T/srv/token" > "$T/enrolled" || { echo 'Bail out! not enrolled'; exit 1; }
mark
station_start
ok 'the station is ready' said - ready 'ready for p3'
ok 'the first reader is found' said 0 reader-added
ok 'the second reader is found' said 1 reader-added

# tap CARD WORD TEXT-REGEX [ATR…]: the line that a card leads to.
tap() {
	_card=$1 _word=$2 _text=$3
	shift 3
	mark
	card_in "$_card" "$@"
	said 0 "$_word" "$_text" || return 1
	card_out
}
# and what the server got: KIND BITS RAW.
tap_as() {
	_sees=$1
	shift
	tap "$@" && asked " tap $_sees "
}
ok 'a UID of 4 bytes releases' tap_as "1 32 $A4" $A4 released 'released 2 jobs to p3$'
ok 'a UID of 7 bytes has no jobs' tap_as "1 56 $A7" $A7 no-jobs 'no jobs$'
ok "a UID of 10 bytes gets the printer's words" tap_as "1 80 $A10" $A10 printer 'printer is out of paper$'
ok 'a FeliCa card is known by its ATR' tap_as "3 64 $FELICA" $FELICA releasing 'releasing 3 jobs to p3$' $FELICA_ATR
ok 'a card nobody knows is said to be unknown' tap deadbeef unknown-card 'unknown card$'
ok 'the second reader has the same printer' good_tap 1

# The same card, left lying, while another reader works.
mark
card_in $A4
said 0 released
good_tap 1
good_tap 1
once() { [ "$(grep -c "Reader 0 00 00	released	released 2" "$OUT")" = 2 ] || { cat "$OUT"; return 1; }; }
ok 'a card left lying is one tap' once
card_out

five() {
	mark
	for i in 1 2 3 4 5; do
		f=$(next "$OUT")
		card_in $A4
		wait_line "$OUT" 'Reader 0 00 00	released' 5 "$f" || return 1
		f=$(next "$PCSCD_DIR/card0.log")
		card_out
		wait_line "$PCSCD_DIR/card0.log" 'out$' 5 "$f"
	done
	[ "$(tail -n "+$FROM" "$OUT" | grep -c released)" = 5 ]
}
ok 'five quick taps are five taps' five
replaced() {
	mark
	card_in $A4
	said 0 released || return 1
	card_in $A7
	said 0 no-jobs
	_rc=$?
	card_out
	return $_rc
}
ok 'a card laid on in place of another is a tap' replaced

# Hostile cards: one clear line each, nothing sent, and the next good card works.
hostile() {
	tap "$@" || return 1
	! tail -n "+$REQFROM" "$REQ" | grep ' tap ' || return 1
	good_tap
}
ok 'pulled in mid-command' hostile $A4 card-gone 'the card was taken away too soon' as=pull
ok '61xx for ever' hostile $A4 card-unreadable '.*answer has no end' as=endless
ok '61xx with data for ever' hostile $A4 card-unreadable 'the card answered more than 16 bytes' as=endless-data
ok 'an answer of one byte' hostile $A4 card-unreadable '.*not even a status word' as=one
ok 'an answer of no byte' hostile $A4 card-mute 'the card does not answer' as=empty
ok 'an answer of 300 bytes' hostile $A4 card-unreadable '' as=long
ok 'an answer of 65000 bytes' hostile $A4 card-unreadable '' as=huge
ok '6Cxx for ever' hostile $A4 card-unreadable '.*has no end' as=6c-endless
ok '6Cxx once is put right' tap_as "1 32 $A4" $A4 released '' as=6c
ok 'no UID at all' hostile $A4 card-unreadable '.*has 0 bytes' as=sw=9000
ok 'a card without number' hostile $A4 card-unsuited '.*no number that this reader can read' as=sw=6a81
ok 'a UID of 3 bytes' hostile 040506 card-unreadable '.*has 3 bytes'
ok 'a UID of 5 bytes' hostile 0405060708 card-unreadable '.*has 5 bytes'
ok 'a blank UID' hostile 00000000 card-unreadable '.*blank'
ok 'a UID that is new at every touch' hostile 08a1b2c3 card-unsuited '.*another number at every touch'
ok 'another card comes in its place' hostile $A4 card-gone '' "as=swap=$A7"
ok 'a slow card is read' tap_as "1 32 $A4" $A4 released '' as=slow=1

# A mute card on one reader while the other works.
mute() {
	mark
	card_in -r 1 $A4 as=mute
	wait_line "$PCSCD_DIR/card1.log" 'uid$' 5 "$(next "$PCSCD_DIR/card1.log")" || return 1
	f=$FROM
	good_tap 0 || return 1
	! tail -n "+$f" "$OUT" | grep card-mute || { echo 'the mute card was given up before the good one was read'; return 1; }
	FROM=$f
	said 1 card-mute 'the card does not answer' 5
}
ok 'a mute card does not stop the other reader' mute
mark
card_out -r 1
ok 'its reader takes the next card' good_tap 1
lying() {
	mark
	card_in -r 1 $A4 as=mute-power
	good_tap 0 || return 1
	card_out -r 1
	good_tap 1
}
ok 'a card that does not answer to power neither' lying

# Processes: who they are.
child() { # pids of the station's processes but the first
	tr ' ' '\n' < "/proc/$STATION/task/$STATION/children"
}
hardened() {
	for p in $STATION $(child); do
		[ "$(stat -c %U "/proc/$p/environ")" = root ] || { echo "$p can be dumped"; return 1; }
		for want in "Uid:	$(id -u $USER_)	$(id -u $USER_)	$(id -u $USER_)	$(id -u $USER_)" 'CapEff:	0000000000000000' \
			'CapBnd:	0000000000000000' 'NoNewPrivs:	1' 'Seccomp:	2'; do
			grep -q "^$want" "/proc/$p/status" || { cat "/proc/$p/status"; return 1; }
		done
	done
}
ok 'all processes: own user, no capabilities, filtered, not dumpable' hardened
narrow() { [ "$(for p in $(child); do grep -c 'Seccomp_filters:	2' "/proc/$p/status"; done | grep -c 1)" = 5 ]; }
ok 'those that talk to cards have a narrower filter' narrow
holders() { # how many processes of the station have BYTES (hex) in their memory
	/usr/bin/python3 - "$1" $STATION $(child) <<'P'
import sys
want, n = bytes.fromhex(sys.argv[1]), 0
for pid in sys.argv[2:]:
    found = False
    with open('/proc/%s/maps' % pid) as maps, open('/proc/%s/mem' % pid, 'rb', 0) as mem:
        for line in maps:
            r, what = line.split()[:2]
            a, b = (int(x, 16) for x in r.split('-'))
            if 'r' not in what or '[v' in line or b - a > 1 << 30:      # AddressSanitizer's shadow is terabytes
                continue
            try:
                mem.seek(a)
                tail = b''
                while a < b and not found:
                    part = mem.read(min(b - a, 1 << 20))
                    found = want in tail + part
                    tail, a = part[-64:], a + len(part)
            except (OSError, OverflowError):
                pass
    n += found
print(n)
P
}
one_holder() { [ "$(holders "$(cat "$T/st/reader.key")")" = 1 ]; }
ok 'the key is in the memory of one process only' one_holder
wiped() {
	tap 04c0ffeec0ffee unknown-card '' && good_tap 0 && good_tap 1 || return 1
	_n=$(holders 04c0ffeec0ffee)
	[ "$_n" = 0 ] || { echo "$_n processes still hold the number"; return 1; }
}
ok 'a card number is wiped after use' wiped
silent() { ! grep -iE "a1b2c3|04112233445566|c0ffee|$(cat "$T/st/reader.key")" "$OUT" "$ERR"; }
ok 'no card number and no key in the log' silent

# What dies comes back.
revived() {
	mark
	for p in $(child); do kill -9 "$p"; done
	said - ready '' 5 || wait_line "$OUT" 'ready for' 5 "$FROM" || return 1
	good_tap 0 && good_tap 1
}
ok 'every process killed: all of it works again' revived
restarted() {
	mark
	pcscd_stop
	said - pcscd-away && said 0 reader-removed || return 1
	pcscd_start "$T/pc" 35963 35965
	said - pcscd-back && said 0 reader-added && said 1 reader-added || return 1
	good_tap 0 && good_tap 1
}
ok 'pcscd away and back' restarted
hung() {
	mark
	kill -STOP $PCSCD_PID
	said - pcscd-away '' 15 || return 1
	kill -CONT $PCSCD_PID
	said - pcscd-back '' 10 && good_tap 0 && good_tap 1
}
ok 'pcscd that hangs is noticed' hung
plugged() {
	mark
	pcscd_stop
	said - pcscd-away || return 1
	pcscd_start "$T/pc" 35963
	said 0 reader-added && good_tap 0 || return 1
	! tail -n "+$FROM" "$OUT" | grep 'Reader 1 00 00	reader-added'
}
ok 'a reader is gone after a restart' plugged
lying_there() {
	station_stop
	mark
	card_in $A4
	station_start
	said 0 card-lying '.*take it away and tap again' && said - ready || return 1
	card_out
	f=$REQFROM
	good_tap && ! tail -n "+$f" "$REQ" | grep " tap 1 32 $A4"
}
ok 'a card that lay there when the station began is no tap' lying_there
ended() {
	all="$STATION $(child)"
	kill -TERM $STATION
	wait $STATION
	rc=$?
	STATION=''
	for p in $all; do [ ! -e "/proc/$p" ] || { cat "/proc/$p/status"; return 1; }; done
	[ $rc = 0 ]
}
ok 'SIGTERM ends all of it' ended
done_testing
