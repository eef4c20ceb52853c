#!/bin/sh
# Files and rows that disagree: each is found by `holdfast fsck`, which changes nothing; with --repair each is mended and
# told.  The index that is lost is made again from the files.  A clock that jumped ends no job.
set -u
. "${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/sim/release.sh"
rel_make
rel_serve || exit 1
rel_printer p1 || exit 1
rel_reader r1 p1 || exit 1
CARD=04112233445566
badge ann $CARD

n=0
held() { # held NAME : a job of ann's, held; its id in $NAME
	n=$((n + 1))
	_id=$(jobs -j $n -s $((60000 + n)))
	until_true 5 is_state "$_id" held
	eval "$1=$_id"
}
fsck() { hf --json fsck "$@" > "$S/fsck" 2> "$S/fsck.err"; FSCK=$?; }
says() { /usr/bin/python3 -c "import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])" "$S/fsck" "$1"; }
names() { /usr/bin/python3 -c "import json, sys
print(' '.join(f['what'] for f in json.load(open(sys.argv[1]))['found'] if f['job'] == sys.argv[2]))" "$S/fsck" "$1"; }
H=$S/spool/held

# --- nothing to find
held a
held b
held c
held d
fsck
is "a whole spool is clean" "$FSCK $(says files) $(says rows) $(says damaged) $(says missing)" "0 4 4 0 0"

# --- each disagreement, with the service looking away
kill -STOP "$(rel_child hf-queue)"
sql "create table t_gone as select * from job where id = '$a'; delete from job where id = '$a'" > /dev/null
rm "$H/$b"
printf X | dd of="$H/$c" bs=1 seek=30000 conv=notrunc 2> /dev/null
sql "alter table job disable trigger job_changes; update job set state = 'cancelled' where id = '$d'; alter table job enable trigger job_changes" > /dev/null
kill -CONT "$(rel_child hf-queue)"
fsck
is "fsck finds them and says so by its status" "$FSCK" 6
is "… a file without a row" "$(names "$a")" "file without a row"
is "… a row without a file" "$(names "$b")" "row without a file"
is "… a file that is not what was signed" "$(names "$c")" "file is not sound"
is "… a file of a finished job" "$(names "$d")" "file of a finished job"
check "… and changed nothing" test -e "$H/$a" -a -e "$H/$c" -a -e "$H/$d"
is "… in the rows either" "$(state "$a")$(state "$b")$(state "$c")" "heldheld"
fsck --repair
is "repairing is done" "$FSCK $(says repaired)" "0 True"
check "the file without a row is adopted" until_true 5 is_state "$a" held
is "the row without a file is damaged" "$(state "$b")" damaged
is "the file that is not sound is in quarantine" "$(ls "$S/spool/quarantine")" "$c"
is "… and its job damaged" "$(state "$c")" damaged
is "… with alarms" "$(sql "select count(*) from event where level = 'alarm' and job in ('$b', '$c')")" 3
check "the file of the finished job is gone" test ! -e "$H/$d"
out=$(tap $CARD)
check "the owner is told at the next tap: $out" sh -c 'echo "$1" | grep -q "2 documents were lost"' x "$out"
is "… and what is there is printed" "$(echo "$out" | cut -d' ' -f1-2)" "released 1"
check "… to the end" until_true 5 is_state "$a" delivered
fsck
is "now it is clean" "$FSCK $(says damaged) $(says missing)" "0 0 0"

# --- forged and damaged files at the door
held e
cp "$H/$e" "$S/forged"
id=$(cat /proc/sys/kernel/random/uuid)
install -o hf-intake -g hf-intake -m 0440 "$S/forged" "$S/spool/incoming/.new"
mv "$S/spool/incoming/.new" "$S/spool/incoming/$id"
check "a copy under another name goes to quarantine" until_true 5 test -e "$S/spool/quarantine/$id"
id=$(cat /proc/sys/kernel/random/uuid)
head -c 500 /dev/urandom > "$S/forged"
install -o hf-intake -g hf-intake -m 0440 "$S/forged" "$S/spool/incoming/.new"
mv "$S/spool/incoming/.new" "$S/spool/incoming/$id"
check "so does what nobody sealed" until_true 5 test -e "$S/spool/quarantine/$id"
is "… each with an alarm" "$(sql "select count(*) from event where kind = 'job.quarantined' and level = 'alarm'")" 3

# --- a clock that jumps (the database's, by its own function)
# Replaced and not renamed: a statement that is prepared keeps to the function it knows.
copy_function() { # FROM TO
	sql "do \$\$ begin execute replace(pg_get_functiondef('hf.$1()'::regprocedure), 'hf.$1()', 'hf.$2()'); end \$\$" > /dev/null
}
copy_function clock_state clock_true
sql "create or replace function clock_state() returns table (now_ms bigint, suspended boolean, newest_ms bigint) language sql security definer set search_path = hf, pg_temp as 'select now_ms + 86400000, suspended, newest_ms from hf.clock_true()'" > /dev/null
suspended() { hf --json status | grep -q '"clock_suspended": *true'; }
check "a clock that jumps by a day suspends expiry" until_true 15 suspended
check "… doctor says so" sh -c 'grep -q "the clock stepped by 86[0-9]* seconds" "$1"' x "$(hf doctor > "$S/doctor" 2>&1; echo "$S/doctor")"
sql "update job set expires = now() - interval '1 hour' where id = '$e'" > /dev/null
is "… what is past its end does not expire" "$(sql "select count(*) from job_expire(100)") $(state "$e")" "0 held"
hf clock accept > "$S/accept"
check "the administrator accepts it" grep -q "jobs expire again" "$S/accept"
check "… and what is past its end expires" until_true 15 is_state "$e" expired
is "… it is all written down" "$(sql "select string_agg(kind, ' ' order by id) from event where kind like 'clock.%'")" "clock.stepped clock.resumed"
copy_function clock_true clock_state
sql "drop function clock_true()" > /dev/null

# --- the database is lost
held f
held g
stack_end "$S" released
"$rel_root/dist/embedded-db" stop "$S"
rm -rf "$S/db"
"$rel_root/dist/embedded-db" start "$S"
hf migrate > /dev/null
rel_serve || exit 1
hf --json reindex > "$S/reindex"
both() { [ "$(sql "select count(*) from job where state = 'held' and owner = 'ann' and id in ('$f', '$g')")" = 2 ]; }
check "after the loss of the database the held jobs are indexed again" until_true 10 both
hf user add ann > /dev/null
port=$(sed 's/.*"tls_port": \([0-9]*\).*/\1/' "$S/p1/out")
hf printer add p1 "ipps://localhost:$port/ipp/print" --min-class 0 --waive "a test" --yes --pin "$(sed 's/.*"pin": "\([^"]*\)".*/\1/' "$S/p1/out")" > "$S/log/p1.add2" 2>&1
rm -f "$S/r1.seed"
rel_reader r1 p1 || exit 1
badge ann $CARD
is "… and a tap releases them" "$(tap $CARD | cut -d' ' -f1-2)" "released 2"
check "… to the end" until_true 10 are_states delivered 2
fsck
is "it is clean" "$FSCK" 0
tap_done
