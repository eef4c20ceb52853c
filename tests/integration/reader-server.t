#!/bin/sh
# The station and its server: away and back, hung, restarted, exchanged, revoked, with another clock.
. "$(dirname "$0")/../sim/reader.sh"

pcscd_start "$T/pc" 35963 35965 || { echo 'Bail out! no pcscd'; exit 1; }
server_start || { echo 'Bail out! no server'; exit 1; }
usual='"cards":{"04aabbcc":{"result":"released","jobs":1}}'
behave "{$usual}"
"$R" enrol --state "$T/st" --user "$USER_" - < "$T/srv/token" > "$T/enrolled" || { echo 'Bail out! not enrolled'; exit 1; }
mark
station_start
ok 'the station is ready' said - ready 'ready for p3'
said 0 reader-added

warm() {
	good_tap && good_tap && good_tap || return 1
	[ "$(tail -n "+$1" "$REQ" | grep -c ' connect')" -le 2 ] || { cat "$REQ"; return 1; }
}
ok 'taps go over a connection that is kept' warm "$REQFROM"
ahead() { # the tap is the first thing asked after the card came
	mark
	card_in 04AABBCC
	said 0 released || return 1
	card_out
	tail -n "+$REQFROM" "$REQ" | grep -v health | head -n 1 | grep -q ' tap '
}
ok 'nonces are there before the card is' ahead

# within SECONDS FILE REGEX FROM: between the card's number being read and the line of the panel.
uid_at() { tail -n "+$CARDFROM" "$PCSCD_DIR/card0.log" | grep -m1 ' uid$' | cut -d' ' -f1; }
# tap_says WORD: a card is laid on; its first line has this word and comes within 2 s of the card being read.
tap_says() {
	mark
	CARDFROM=$(next "$PCSCD_DIR/card0.log")
	card_in 04AABBCC
	wait_line "$PCSCD_DIR/card0.log" ' uid$' 5 "$CARDFROM" || return 1
	said 0 "$1" "${2:-}" 3 || return 1
	now=$(cut -d' ' -f1 /proc/uptime)
	card_out
	echo "said after $now - $(uid_at)"
	[ "$(echo "$now $(uid_at)" | awk '{ print ($1 - $2 < 2.1) }')" = 1 ]
}

mark
server_stop
ok 'a server that goes away is noticed without a tap' said - server-away 'the server is away' 2
ok 'a tap meanwhile says so within 2 s' tap_says server-away 'the server is away; tap again'
mark
server_start
ok 'it is found again by itself' said - ready '' 4
late() { ! tail -n "+$REQFROM" "$REQ" | grep ' tap '; }
ok 'the tap made meanwhile is not sent later' late
again() {
	mark
	card_in 04AABBCC
	said 0 released || return 1
	card_out
	asked ' tap .* nonce-unknown' && asked ' tap .* released' && [ "$(tail -n "+$FROM" "$OUT" | wc -l)" = 1 ]
}
ok 'a service that forgot its nonces: the same touch is sent again' again

mark
kill -STOP $SERVER
ok 'a server that hangs: the tap is answered with "waiting" or "away" within 2 s' tap_says '(waiting|server-away)'
f=$FROM
kill -CONT $SERVER
FROM=$f
ok 'and with its result when the server goes on' said 0 '(released|server-away)' '' 6
mark
good_tap > /dev/null || said - ready
ok 'then all is as before' good_tap
behave "{$usual,\"delay\":{\"/v1/taps\":3}}"
slow() {
	tap_says waiting 'the server has not answered yet' && said 0 released '' 5
}
ok 'a slow server: first "waiting", then the result' slow

behave "{$usual,\"status\":{\"/v1/taps\":503}}"
ok 'a release service that is not there' tap_says unavailable 'the print service is not ready'
behave "{$usual,\"status\":{\"/v1/taps\":500}}"
ok 'a server that fails' tap_says server-error 'the server refused the tap'
behave "{$usual,\"garbage\":{\"/v1/taps\":\"{\\\"result\\\": \\\"open-all\\\"}\"}}"
ok 'an answer with a result that is none' tap_says server-error 'answer: unknown result'
behave "{$usual,\"garbage\":{\"/v1/taps\":\"[[[[\"}}"
ok 'an answer that is none' tap_says server-error 'the server.s answer is not JSON'
long=$(head -c 300000 /dev/zero | tr '\0' ' ')
behave "{$usual,\"garbage\":{\"/v1/taps\":\"$long\"}}"
ok 'an answer without end' tap_says server-error 'the server.s answer is too long'
behave "{$usual}"
mark
good_tap > /dev/null || said - ready
ok 'then all is as before' good_tap
evil='\u001b[2Jout\tof\u0007paper'
behave "{\"cards\":{\"04aabbcc\":{\"result\":\"printer\",\"message\":\"$evil\"}}}"
ok 'control characters in a message do not reach the panel' tap_says printer 'the printer cannot print now$'
behave "{\"cards\":{\"04aabbcc\":{\"result\":\"printer\",\"message\":\"Papier ist aus – bitte füllen\"}}}"
ok 'but other languages do' tap_says printer 'Papier ist aus – bitte füllen$'
behave "{$usual}"

# Key list
behave "{$usual,\"serial\":11,\"list\":\"forged\"}"
list_refused() {
	server_stop
	rm -f "$T/st/keylist"
	station_stop
	mark
	server_start && station_start
	said - server-error '.*' && ! tail -n "+$FROM" "$OUT" | grep '	ready	' && tap_says server-error && late
}
ok 'a key list that the site did not sign is not used' list_refused
mark
behave "{$usual,\"serial\":11}"
ok 'the right one is, when it comes' said - ready
old() {
	grep -q . "$T/st/keylist" && station_stop || return 1
	behave "{$usual,\"serial\":12,\"list\":\"old\"}"
	mark
	station_start
	asked key-list && wait_line "$ERR" 'older key list than before' || return 1
	behave "{$usual,\"serial\":12}"
	asked 'key-list' && mark && wait_line "$REQ" key-list 5 "$REQFROM" || :
	good_tap
}
ok 'an older key list than before is not used' old
saved() {
	station_stop
	mark
	station_start
	said - ready && good_tap && ! tail -n "+$REQFROM" "$REQ" | grep key-list
}
ok 'the key list is kept over a restart' saved

# The clock
clock() {
	station_stop
	behave "{$usual,\"clock_ms\":7200000}"
	mark
	station_start
	said - ready && good_tap
}
ok 'a clock that is off by two hours does not matter' clock
behave "{$usual}"

# Which printer
printers() {
	station_stop
	sed -e 's/^default_printer.*/default_printer = "left"/' "$T/st/reader.conf" > "$T/st/two.conf"
	printf 'slot "Holdfast Reader 1*" { printer = "right" }\n' >> "$T/st/two.conf"
	behave "{$usual,\"printers\":[\"left\",\"right\",\"third\"]}"
	mark
	"$R" -c "$T/st/two.conf" >> "$OUT" 2>> "$ERR" < /dev/null &
	STATION=$!
	said - ready 'ready for 3 printers' && said 1 reader-added && good_tap 0 && said 0 released 'released 1 job to left' &&
		good_tap 1 && said 1 released 'released 1 job to right'
}
ok 'each reader has the printer that the configuration says' printers
unbound() {
	station_stop
	behave "{$usual,\"printers\":[\"left\"]}"
	mark
	"$R" -c "$T/st/two.conf" >> "$OUT" 2>> "$ERR" < /dev/null &
	STATION=$!
	said - ready && said 1 reader-added && good_tap 0 || return 1
	mark
	card_in -r 1 04AABBCC
	said 1 not-bound 'this reader is not bound to printer right'
	rc=$?
	card_out -r 1
	return $rc
}
ok 'a reader whose printer is not its own says so' unbound

# Another server, another fate
behave "{$usual}"
station_stop
server_stop
server_start --key other
exchanged() {
	mark
	station_start
	said - server-key 'the server is not the one' && said 0 reader-added && tap_says server-key && nothing
}
nothing() { [ "$(tail -n "+$REQFROM" "$REQ" | grep -cv ' connect$')" = 0 ]; }
ok 'a server with another key gets nothing' exchanged
back() {
	server_stop
	mark
	server_start
	said - ready && good_tap
}
ok 'the right one is found again' back
revoked() {
	mark
	server_stop
	sed -i 's/"readers": {[^}]*}/"readers": {}/' "$T/srv/site.json"
	server_start
	said - server-away && tap_says reader-revoked 'this reader is not accepted: this reader was revoked'
}
ok 'a revoked reader is told' revoked
done_testing
