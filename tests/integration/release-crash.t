#!/bin/sh
# Roles that die, at whatever moment: every job ends delivered, held or uncertain, and nothing is printed twice.
set -u
. "${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/sim/release.sh"
rel_make
rel_serve || exit 1
rel_printer p1 || exit 1
rel_reader r1 p1 || exit 1
CARD=04112233445566
badge ann $CARD
PARENT=$(cat "$S/run/released.pid")

held() { # held NAME [ARG…] : a job, when it is held; its id in $NAME
	_name=$1
	shift
	echo x >> "$S/count"
	_id=$(jobs -j "$(wc -l < "$S/count")" "$@")
	until_true 5 is_state "$_id" held
	eval "$_name=$_id"
}
tap_later() { tap $CARD > "$S/tapped" & TAPPING=$!; }
child_is_new() { _c=$(rel_child "$1") && [ -n "$_c" ] && [ "$_c" != "$2" ]; }
at_printer() { ledger p1 | grep -q "\"op\": \"$1\""; }
printed() { ledger p1 | grep -c "\"ev\": \"done\".*\"bytes\": $1,"; }
settled() { [ "$(sql "select count(*) from attempt where ended_at is null")" = 0 ]; }
back() { until_true 20 rel_ready; }

# --- role key
key=$(rel_child hf-key)
queue=$(rel_child hf-queue)
held a -s 70001
kill -9 "$key"
check "when role key dies all roles start afresh" until_true 10 child_is_new hf-key "$key"
check "… role queue too" until_true 10 child_is_new hf-queue "$queue"
check "… and the service comes back" back
is "… and prints" "$(tap $CARD | cut -d' ' -f1-2)" "released 1"
check "… once" until_true 5 is_state "$a" delivered
is "it is at the printer once" "$(printed 70001)" 1
check "the log says what died" grep -q "role key .* ended by signal 9" "$S/log/released.log"

# --- deliver, before anything left
printer p1 fault mute op=Validate-Job times=1 > /dev/null
held a -s 70002
tap_later
check "the printer is asked" until_true 5 at_printer Validate-Job
kill -9 "$(rel_child hf-deliver)"
printer p1 clear > /dev/null
check "a deliver process that dies before the printer has a job: the job is held again" until_true 15 is_state "$a" held
check "nothing of it is open" until_true 5 settled
wait $TAPPING
is "it prints at the next tap" "$(tap $CARD | cut -d' ' -f1-2)" "released 1"
check "… once" until_true 5 is_state "$a" delivered
is "it is at the printer once" "$(printed 70002)" 1

# --- deliver, in mid-document
printer p1 fault drain op=Send-Document rate=20000 times=1 > /dev/null
held a -s 300003
tap_later
sending() { [ "$(sql "select state from attempt where job = '$a'")" = created ]; }
check "the document is on its way" until_true 5 sending
kill -9 "$(rel_child hf-deliver)"
check "a deliver process that dies in mid-document: recovery ends the attempt" until_true 20 settled
case $(state "$a") in
held | uncertain) check "… the job is held or uncertain: $(state "$a")" true ;;
*) check "… the job is held or uncertain, not $(state "$a")" false ;;
esac
is "… and was not printed whole" "$(printed 300003)" 0
wait $TAPPING
hf job cancel "$a" > /dev/null

# --- role queue, while the printer prints
printer p1 set pages-per-second 2 > /dev/null
held a -s 200004
is "released" "$(tap $CARD | cut -d' ' -f1-2)" "released 1"
check "the printer owns the document" is_state "$a" sent
kill -9 "$(rel_child hf-queue)"
check "the service comes back" back
check "a queue role that dies while the printer prints: the job is delivered" until_true 20 is_state "$a" delivered
is "… once" "$(printed 200004)" 1
check "… by recovery" test "$(events attempt.recover)" -ge 1
printer p1 set pages-per-second 0 > /dev/null

# --- role queue, between claim and the first byte
printer p1 fault mute op=Create-Job times=1 > /dev/null
held a -s 70005
tap_later
claimed() { is_state "$a" claimed; }
check "claimed" until_true 5 claimed
kill -9 "$(rel_child hf-queue)"
check "the service comes back" back
printer p1 clear > /dev/null
check "a queue role that dies after the claim: the job is held again" until_true 30 is_state "$a" held
wait $TAPPING
is "… and prints" "$(tap $CARD | cut -d' ' -f1-2)" "released 1"
check "… once" until_true 5 is_state "$a" delivered
is "it is at the printer once" "$(printed 70005)" 1

# --- the database, while the document is on its way
printer p1 fault drain op=Send-Document rate=100000 times=1 > /dev/null
held a -s 200006
tap_later
check "the document is on its way" until_true 5 sending
"$rel_root/dist/embedded-db" stop "$S"
wait $TAPPING
check "the person is told" grep -qE "^released 1|^releasing 1" "$S/tapped"
finished_at_printer() { [ "$(printed 200006)" = 1 ]; }
check "a document on its way arrives without the database" until_true 10 finished_at_printer
"$rel_root/dist/embedded-db" start "$S"
check "… and its end is written when it is back" until_true 20 is_state "$a" delivered
is "… once" "$(printed 200006)" 1
back

# --- the database, when the printer waits for its document
printer p1 fault delay op=Create-Job s=2 times=1 > /dev/null
held a -s 70007
tap_later
check "claimed" until_true 5 claimed
"$rel_root/dist/embedded-db" stop "$S"
wait $TAPPING
check "the person is told" grep -q "^unavailable 0.*documents are safe" "$S/tapped"
"$rel_root/dist/embedded-db" start "$S"
check "nothing was sent, and the job is held again" until_true 30 is_state "$a" held
is "… not printed" "$(printed 70007)" 0
back
is "… and prints at the next tap" "$(tap $CARD | cut -d' ' -f1-2)" "released 1"
check "… once" until_true 5 is_state "$a" delivered

# --- deliver cannot start
mv "$S/sw/usr/lib/holdfast/hf-deliver" "$S/sw/usr/lib/holdfast/hf-deliver.away"
held a -s 70008
kill -9 "$(rel_child hf-deliver)"
out=$(tap $CARD)
check "without a deliver process the tap says that the printer cannot be used" test "${out%% *}" = printer
check "… and the job stays held" until_true 5 is_state "$a" held
mv "$S/sw/usr/lib/holdfast/hf-deliver.away" "$S/sw/usr/lib/holdfast/hf-deliver"
works() { [ "$(tap $CARD | cut -d' ' -f1)" = released ]; }
check "… it prints when it can be started again" until_true 20 works

# --- the end
printer p1 set pages-per-second 1 > /dev/null
held a -s 300009
tap $CARD > /dev/null
began=$(date +%s)
kill "$PARENT"
check "the service ends within its deadline" until_true 14 stack_gone "$PARENT"
check "… that is 13 s" test $(($(date +%s) - began)) -le 13
is "… and leaves no process" "$(pgrep -f "$S/sw" | wc -l)" 0
is "… nor its socket" "$(ls "$S/run/release.sock" 2> /dev/null)" ""
printer p1 set pages-per-second 0 > /dev/null
rel_serve || exit 1
check "what the printer had is delivered after the next start" until_true 20 is_state "$a" delivered
is "… once" "$(printed 300009)" 1
is "nothing was ever printed twice" \
	"$(ledger p1 | grep '"ev": "done"' | grep '"whole": true' | sed 's/.*"bytes": \([0-9]*\).*/\1/' | sort | uniq -d)" ""
tap_done
