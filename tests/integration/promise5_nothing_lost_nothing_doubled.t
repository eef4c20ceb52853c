#!/bin/sh
# Promise 5: after the backend's exit 0 a job is delivered, deleted by someone entitled to, or visible to its owner; once a
# page may be out, only its owner decides to print again.  Here: what is uncertain, who decides, what the printer's later
# word changes, and reports that must outlive a restart without the database.  (Kills at every point: tests/faults.)
set -u
. "${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/sim/release.sh"
rel_make
rel_serve || exit 1
rel_printer p1 --pages-per-second 2 || exit 1
rel_reader r1 p1 || exit 1
CARD=04112233445566
badge ann $CARD

n=0
held() { # held SIZE : a job of ann's, held; its id in $a
	n=$((n + 1))
	a=$(jobs -j $n -s "$1")
	until_true 5 is_state "$a" held
}
printed() { ledger p1 | grep -c "\"ev\": \"done\".*\"bytes\": $1,"; }
is_printed() { [ "$(printed "$1")" = 1 ]; }
at_printer() { ledger p1 | grep -q "\"op\": \"$1\""; }
settled() { [ "$(sql "select count(*) from attempt where ended_at is null")" = 0 ]; }
back() { until_true 20 rel_ready; }
again() { sql "select job_again('$a', '$1', ${2:-false})" 2>&1; }
gone_dark() { # the service ends; its attempt is given up as a printer that could not be asked for ten minutes
	kill -9 "$(cat "$S/run/released.pid")"
	until_true 10 none_runs
	sql "select job_finish(a.id, attempt_refence(a.id), 'unreachable', -1, 'no answer') from attempt a where ended_at is null" > /dev/null
}
none_runs() { [ "$(pgrep -f "$S/sw" | wc -l)" = 0 ]; }
no_command() { hf job again "$a" > /dev/null 2>&1; [ $? = 2 ]; }
resolved() { sql "select data ->> 'becomes' from event where kind = 'job.resolved' and job = '$a' order by id desc limit 1"; }

# --- a printer that lost its power in the middle
held 300001
tap $CARD > /dev/null
check "the printer owns the document" until_true 5 is_state "$a" sent
page_out() { ledger p1 | grep -q '"ev": "page"'; }
check "a page is out" until_true 5 page_out
printer p1 reboot history=lose jobs=lose > /dev/null
check "the printer loses its power: uncertain" until_true 20 is_state "$a" uncertain
out=$(tap $CARD)
is "a plain tap does not print it again" "$(echo "$out" | cut -d' ' -f1-2)" "no-jobs 0"
check "… and says where it may be: $out" sh -c 'echo "$1" | grep -qE "A document may have printed at p1, [0-9]{2}:[0-9]{2}"' x "$out"
held 70002
b=$a
out=$(tap $CARD)
check "with others it is said first: $out" sh -c 'echo "$1" | grep -qE "\|A document may have printed.*Your document is printed"' x "$out"
check "… which are printed" until_true 10 is_state "$b" delivered
a=$(sql "select id from job where state = 'uncertain'")
line=$(hf --json job list --user ann --state uncertain)
check "job list shows its printer and time" sh -c 'echo "$1" | grep -q "\"printer\": *\"p1\".*\"sent\": *\"*[0-9]"' x "$line"
check "there is no command that releases" no_command
is "somebody else cannot decide" "$(again bob | grep -c 'no such job')" 1
sent=$(ledger p1 | grep -c '"op": "Create-Job"')
is "its owner does" "$(again ann)" asking
check "… and it is held, when the printer has said that it has it no more" until_true 20 is_state "$a" held
is "… nothing went out for that" "$(ledger p1 | grep -c '"op": "Create-Job"')" "$sent"
tap $CARD > /dev/null
check "… and prints at the next tap" until_true 20 is_state "$a" delivered
is "… once" "$(printed 300001)" 1

# --- the old job is still printing when its owner wants it again
printer p1 set pages-per-second 0.5 > /dev/null
held 400003
tap $CARD > /dev/null
check "the printer owns the document" until_true 5 is_state "$a" sent
gone_dark
is "given up: uncertain" "$(state "$a")" uncertain
is "print again" "$(again ann)" asking
rel_serve || exit 1
check "the old printer job is cancelled first" until_true 10 at_printer Cancel-Job
check "… then the job is held" until_true 20 is_state "$a" held
is "… the old one printed nothing more" "$(printed 400003)" 0
printer p1 set pages-per-second 0 > /dev/null
tap $CARD > /dev/null
check "… and the new one prints" until_true 10 is_state "$a" delivered
is "… once" "$(printed 400003)" 1

# --- a later clear answer resolves it without anybody
printer p1 set pages-per-second 2 > /dev/null
held 200004
tap $CARD > /dev/null
check "the printer owns the document" until_true 5 is_state "$a" sent
gone_dark
is "given up: uncertain" "$(state "$a")" uncertain
rel_serve || exit 1
check "the printer is asked once more, and says that it printed it" until_true 20 is_state "$a" delivered
is "… which is written down" "$(resolved)" delivered
is "… it is there once" "$(printed 200004)" 1
check "… and its file is gone" until_true 5 test ! -e "$S/spool/held/$a"

# --- the database is away, the service restarts, the printer forgets
printer p1 set pages-per-second 0 > /dev/null
printer p1 fault drain op=Send-Document rate=100000 times=1 > /dev/null
held 150005
tap $CARD > "$S/tapped" &
TAPPING=$!
sending() { [ "$(sql "select state from attempt where job = '$a'")" = created ]; }
check "the document is on its way" until_true 5 sending
"$rel_root/dist/embedded-db" stop "$S"
check "without the database it arrives" until_true 10 is_printed 150005
wait $TAPPING
kept() { grep -q '^finish ' "$S/spool/held/.journal" 2> /dev/null; }
check "… and that is kept on disk" until_true 5 kept
out=$(tap $CARD)
check "a new release is refused: $out" sh -c 'echo "$1" | grep -q "database"' x "$out"
b=$(jobs -j 90 -s 60006)
kill -9 "$(cat "$S/run/released.pid")"
until_true 10 none_runs
printer p1 forget > /dev/null
stack_spawn "$S" released "$S/sw/usr/sbin/holdfast-released" -c "$S/etc/released.conf"
up() { [ -n "$(rel_child hf-queue)" ]; }
check "the service starts without the database" until_true 10 up
check "… and what was kept stays" kept
"$rel_root/dist/embedded-db" start "$S"
check "when it is back the end is written" until_true 20 is_state "$a" delivered
check "… the journal is done with" until_true 5 test ! -e "$S/spool/held/.journal"
is "… it was printed once" "$(printed 150005)" 1
check "what came in meanwhile is held" until_true 10 is_state "$b" held
back
tap $CARD > /dev/null
check "… and prints" until_true 10 is_state "$b" delivered

check "nothing is open" until_true 5 settled
is "nothing was ever printed whole twice" \
	"$(ledger p1 | grep '"ev": "done"' | grep '"whole": true' | sed 's/.*"bytes": \([0-9]*\).*/\1/' | sort | uniq -d)" ""
is "every job is delivered or visible to its owner" "$(sql "select count(*) from job where state not in ('delivered')")" 0
tap_done
