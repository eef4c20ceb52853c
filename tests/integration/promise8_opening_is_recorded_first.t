#!/bin/sh
# Promise 8: it can be checked.  No log, no key: where the record of an opening cannot be written, nothing is opened; where it was opened,
# the record was there before the printer saw the first byte, and is under a signed checkpoint that an auditor can verify.
. "$(dirname "$0")/../sim/release.sh"
rel_make
rel_serve
rel_printer p1
rel_reader lobby p1
badge ann 04A1B2C3
jobs -n 1 > "$S/ids"
JOB=$(head -n 1 "$S/ids" | cut -d' ' -f1)
until_true 20 are_states held 1
sent() { ledger p1 2> /dev/null | grep -c -i -E 'create-job|send-document|print-job'; }

sql "create function hf.disk_full() returns trigger language plpgsql as \$\$ begin raise exception 'no space left' using errcode = '53100'; end \$\$;
	create trigger disk_full before insert on event for each row when (new.kind = 'open') execute function hf.disk_full()" > /dev/null
tap 04A1B2C3 > "$S/said"
hasnt "with a log that cannot be written a badge releases nothing" "$S/said" '^releas'
is "the printer was asked for nothing" "$(sent)" 0
is "the job is held" "$(state "$JOB")" held
is "and nothing says that it was opened" "$(events open)" 0
sql "drop trigger disk_full on event" > /dev/null
sql "alter table audit_pending rename to audit_away" > /dev/null
tap 04A1B2C3 > "$S/said"
hasnt "nor with a record that would never get a number" "$S/said" '^releas'
is "the printer was asked for nothing" "$(sent)" 0
is "the job is held still" "$(state "$JOB")" held
sql "alter table audit_away rename to audit_pending" > /dev/null

again() { tap 04A1B2C3 > "$S/said"; is_state "$JOB" delivered || grep -q '^releas' "$S/said"; }
check "with the log back the badge releases" until_true 20 again
until_true 20 is_state "$JOB" delivered
is "it is delivered" "$(state "$JOB")" delivered
is "the opening was recorded once" "$(events open)" 1
is "and before anything happened at the printer" "$(sql "select (select id from event where kind = 'open') < (select min(id) from event where kind in ('job.created', 'job.sent', 'job.releasing', 'job.delivered'))")" t
# Fill up to the next checkpoint rather than wait for a minute.
sql "insert into event (kind, level, actor) select 'test.filler', 'info', 'x' from generate_series(1, 1000)"
covered() { [ "$(sql "select max(size) from checkpoint")" -gt "$(sql "select seq from audit_leaf l join event e on e.id = l.event where e.kind = 'open'")" ]; }
check "it comes under a signed checkpoint" until_true 20 covered
hf audit prove --job "$JOB" > "$S/proof.json" 2> /dev/null
hf audit check-proof "$S/proof.json" --key "$(hf audit key)" > "$S/said" 2>&1
is "an auditor checks the proof without us" $? 0
has "which says who opened it" "$S/said" 'open, .* by ann'
tap_done
