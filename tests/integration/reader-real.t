#!/bin/sh
# The station against the real server and release service: what a person at the printer is told when those come and go.
. "$(dirname "$0")/../sim/e2e.sh"
e2e_begin
stack_make "$S" "$BUILD" > /dev/null || e2e_die "no instance"
stack_serve "$S" || e2e_die "the services did not start"
stack_printer "$S" p1 > "$S/log/add-p1.log" 2>&1 || e2e_die "no printer"
stack_station "$S" p1 || e2e_die "no station"
stack_badge "$S" ann $ANN || e2e_die "no badge"
log=$S/log/reader.log

# since COMMAND…: run it, then says WORD [SECONDS] looks only at what the station said from here on.
from=1
mark() { from=$(($(wc -l < "$log") + 1)); }
says() { wait_line "$log" "	$1	${3:-}" "${2:-5}" "$from"; }
tap_word() { # the word that a tap leads to
	mark
	stack_tap "$S" "$1" > "$S/said" 2>&1
	tail -n "+$from" "$log" | awk -F'\t' '$2 ~ /^Holdfast/ && $3 != "waiting" { print $3; exit }'
}

is "a badge without documents" "$(tap_word $ANN)" no-jobs
is "a badge nobody knows" "$(tap_word 01020304)" unknown-card
is "a second reader is enrolled by its own token" "$(stack_hf "$S" reader add second --printer p1 2> /dev/null | tail -n 1 |
	tee "$S/token" | "$S/sw/usr/sbin/holdfast-reader" enrol --state "$S/second" - | head -n 1)" "enrolled as second for p1"
is "the token is good once" "$("$S/sw/usr/sbin/holdfast-reader" enrol --state "$S/third" - < "$S/token" 2>&1 |
	cut -c 1-60)" "holdfast-reader: the token was used already or has expired; "
refuse "and leaves nothing behind" test -e "$S/third/reader.key"
rm -f "$S/token"

mark
stack_end "$S" holdfastd
check "holdfastd away: said without a tap" says server-away 15
is "a tap meanwhile" "$(tap_word $ANN)" server-away
mark
stack_spawn "$S" holdfastd "$S/sw/usr/sbin/holdfastd" -c "$S/etc/holdfastd.conf"
check "it is found again" says ready 20
is "and taps work" "$(tap_word $ANN)" no-jobs

connected() { grep -c 'release service connected' "$S/log/holdfastd.log"; }
all_connected() { [ "$(connected)" -ge $((before + 2)) ]; }
before=$(connected)
stack_end "$S" released
is "the release service away" "$(tap_word $ANN)" unavailable
stack_spawn "$S" released "$S/sw/usr/sbin/holdfast-released" -c "$S/etc/released.conf"
wait_for 20 "the release service" stack_healthy "$S"
wait_for 20 "each of holdfastd's loops to reach it" all_connected	# or a tap would be told "unavailable"
is "it is back and has forgotten every nonce: one tap is enough" "$(tap_word $ANN)" no-jobs

"$STACK_DIST/embedded-db" stop "$S" > "$S/log/db-stop.log" 2>&1
is "the database away" "$(tap_word $ANN)" unavailable
"$STACK_DIST/embedded-db" start "$S" > "$S/log/db-start.log" 2>&1
wait_for 20 "the database" stack_healthy "$S"
is "and back" "$(tap_word $ANN)" no-jobs

stack_hf "$S" reader revoke lobby > "$S/log/revoke.log" 2>&1
word=$(tap_word $ANN)
case $word in refused | reader-revoked) word=told ;; esac
is "a revoked reader is told at the next tap" "$word" told
stack_end "$S" reader
mark
stack_spawn "$S" reader "$S/sw/usr/sbin/holdfast-reader" -c "$S/reader/reader.conf"
check "and when it begins" says reader-revoked 20
tap_done
