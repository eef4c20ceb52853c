#!/bin/sh
# The audit log from a tap to an auditor's desk: numbers without a gap, signed checkpoints, an export that is verified without the
# database, proofs that stand alone, and every alteration found.
. "$(dirname "$0")/../sim/release.sh"
rel_make
rel_serve
rel_printer p1
rel_reader lobby p1
badge ann 04A1B2C3
jobs -n 3 -o ann > "$S/ids" 2> /dev/null || jobs -n 3 > "$S/ids"
JOB=$(head -n 1 "$S/ids" | cut -d' ' -f1)
verify() { hf audit verify "$@" > "$S/said" 2>&1; }
covered() { [ "$(sql "select coalesce(max(size), 0) from checkpoint")" = "$(sql "select count(*) from event")" ]; }
until_true 20 are_states held 3
check "a badge releases" sh -c "[ -n '$(tap 04A1B2C3)' ]"
until_true 20 are_states delivered 3
sql "insert into event (kind, level, actor, data) select 'test.many', 'info', 'person ' || n, jsonb_build_object('n', n) from generate_series(1, 3300) n"
check "checkpoints are signed by themselves" until_true 20 sh -c "[ \$(ls '$S/witness' | grep -c checkpoint) -ge 3 ]"
check "the witness' files belong to role queue" sh -c "[ \$(stat -c %U '$S'/witness/*.checkpoint | sort -u) = hf-queue ]"
is "numbers are without a gap" "$(sql "select count(*) = max(seq) + 1 and min(seq) = 0 from audit_leaf")" t
is "every event of a release has one" "$(sql "select count(*) from event e join audit_leaf l on l.event = e.id where e.kind = 'open'")" 3

check "the log is exported" hf audit export "$S/log.jsonl"
cp -r "$S/witness" "$S/seen"	# what the auditor had copied by then
refuse "a file that is there is not overwritten" hf audit export "$S/log.jsonl"
KEY=$(hf audit key)
has "the key is one of a C2SP log" "$S/log.jsonl" '"key":"holdfast/[0-9a-f]{16}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}"'
check "it is sound" verify "$S/log.jsonl"
check "it is sound with key and witness, as nobody, without a configuration" setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$rel_build/holdfast" -c /nonexistent audit verify - --key "$KEY" --witness "$S/seen" < "$S/log.jsonl"
OTHER=PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW
verify "$S/log.jsonl" --key "$OTHER"
is "it is not the log of another key" $? 6

hf audit prove --job "$JOB" > "$S/proof.json" 2> "$S/err"
rc=$?
is "a job is proven" "$rc" 0
hf audit check-proof "$S/proof.json" --key "$KEY" > "$S/said" 2>&1
is "the proof stands alone" $? 0
has "it says that the document was opened" "$S/said" '^record [0-9]+: open, 20.* by ann$'
sed 's/"open/"shut/; s/:\\"open/:\\"shut/' "$S/proof.json" > "$S/bad.json"
hf audit check-proof "$S/bad.json" > "$S/said" 2>&1
is "a changed proof does not hold" $? 6
refuse "nothing is proven about a job that there is not" hf audit prove --job 00000000-0000-4000-8000-000000000000

check "the log is exported for syslog" hf audit export --syslog "$S/log.5424"
is "with all numbers" "$(grep -c . "$S/log.5424")" "$(grep -c '"leaf"' "$S/log.jsonl")"
hasnt "every line is as in RFC 5424" "$S/log.5424" '^(<1[0-9]{2}>1 [0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z [^ ]+ holdfast - [a-z0-9._-]+ \[holdfast@32473 seq="[0-9]+".*\] .*){0}$'
is "from a number on" "$(hf audit export --syslog - --from 2000 2> /dev/null | grep -c '')" "$(grep -c -E 'seq="[2-9][0-9]{3}"' "$S/log.5424")"

n=${AUDIT_ALTERATIONS:-210}	# 1000 and more: AUDIT_ALTERATIONS
[ "${HF_MODE:-release}" = asan ] && n=${AUDIT_ALTERATIONS:-63}
"$rel_root/tests/sim/auditalter.py" "$rel_build/holdfast" "$S/log.jsonl" "$S/seen" "$KEY" "$n" > "$S/said" 2>&1
rc=$?
tail -n 5 "$S/said" | sed 's/^/# /'
is "$n alterations of every kind are found, none falsely" $rc 0

is "a person is forgotten" "$(psql -X -qAt -h "$S/run/pg" -U hf_admin -d holdfast -c "select hf.audit_erase('person 7')")" 1
hf audit export "$S/erased.jsonl" 2> /dev/null
check "the tree stays whole" verify "$S/erased.jsonl" --key "$KEY" --witness "$S/seen"
has "and one record says that it was erased" "$S/said" ' 1 erased'
hasnt "nothing names the person" "$S/erased.jsonl" '"person 7"'

# Somebody who may write everywhere in the database edits, deletes, and rolls back.
edit() { psql -X -qAt -h "$S/run/pg" -U hf_owner -d holdfast -c "set search_path = hf; set session_replication_role = replica; $1" 2> /dev/null ||
	psql -X -qAt -h "$S/run/pg" -U hf_owner -d holdfast -c "set search_path = hf; alter table event disable trigger user; $1; alter table event enable trigger user"; }
edit "update event set actor = 'mallory' where kind = 'test.many' and data ->> 'n' = '500'" > /dev/null
hf audit export "$S/edited.jsonl" 2> /dev/null
verify "$S/edited.jsonl"
is "an event edited in the database is found" $? 6
has "and named" "$S/said" "^record $(sql "select seq from audit_leaf l join event e on e.id = l.event where e.data ->> 'n' = '500'") was edited"
edit "update event set actor = 'person 500' where kind = 'test.many' and data ->> 'n' = '500'" > /dev/null
gone=$(sql "select seq from audit_leaf l join event e on e.id = l.event where e.data ->> 'n' = '900'")
edit "delete from event where kind = 'test.many' and data ->> 'n' = '900'" > /dev/null
hf audit export "$S/deleted.jsonl" 2> /dev/null
verify "$S/deleted.jsonl"
has "an event deleted from the database is named" "$S/said" "^record $gone is missing"

# A witness that is away does not stop anything, and is told afterwards.
mv "$S/witness" "$S/witness.away"
sql "insert into event (kind, level, actor) select 'test.more', 'info', 'x' from generate_series(1, 1100)"
check "checkpoints go on without the witness" until_true 20 sh -c "psql -X -qAt -h '$S/run/pg' -U hf_owner -d holdfast -c 'select max(size) from hf.checkpoint' | grep -q '^4'"
has "that it is away is said" "$S/log/released.log" 'not written to the witness'
mv "$S/witness.away" "$S/witness"
check "it is told when it is back" until_true 20 sh -c "ls '$S/witness' | grep -q '^0*4[0-9]*.checkpoint'"

# A backup from before the newest checkpoint: role key and the witness know better.
edit "alter table checkpoint disable trigger user; delete from checkpoint where size > 1500; alter table checkpoint enable trigger user" > /dev/null
sql "insert into event (kind, level, actor) select 'test.more', 'info', 'x' from generate_series(1, 1100)"
check "a log that went back is not signed" until_true 20 grep -q 'is not signed any more' "$S/log/released.log"
is "with an alarm" "$(events audit.refused)" 1
tap_done
