#!/bin/sh
# Promise 3: the web service cannot release.  Everything that hf-web may say to the release service and the database, tried without a
# signed tap.
. "$(dirname "$0")/../sim/e2e.sh"
e2e_begin
e2e_up p1
"$sim/mkpdf.py" 2 "held" "$S/a.pdf"
chmod 644 "$S/a.pdf"
e2e_print ann "$S/a.pdf"
wait_for 10 held stack_held "$S" 1
taptool=$BUILD/tests/sim/taptool
as_web() { setpriv --reuid hf-web --regid hf-web --clear-groups "$@"; }
q() { as_web psql -X -h "$S/run/pg" -d holdfast -U hf_web -qAtc "$1"; }

check "hf-web reaches the database" q "select 1"
refuse "hf-web may not read jobs' table" q "select 1 from hf.job"
refuse "hf-web may not change a job" q "update hf.job set state = 'claimed'"
refuse "hf-web may not claim" q "select * from hf.job_claim('ann', gen_random_uuid(), null, null, 10)"
refuse "hf-web may not finish" q "select hf.job_finish(1, 1, 'delivered', 1, '')"
refuse "hf-web may not bind a badge" q "select hf.tap_enrol(gen_random_uuid(), '\\x00', 1)"
refuse "hf-web may not become another role" q "set role hf_release"
refuse "hf-web may not read the spool" as_web ls "$S/spool/held"
refuse "hf-web may not read the keys" as_web cat "$S/keys/keystore"
# Every message type that exists, as hf-web, with no body and with a random one: no answer may be a release.
if [ -x "$taptool" ]; then
	for kind in 17 32 33 34 35 36 48 49 50 51 52 64 80 81 82 83 84 85 96 97 98 99 100; do
		as_web "$taptool" send "$kind" "$S/run/release.sock" > "$S/out.$kind" 2>&1
		as_web "$taptool" send "$kind" "$S/run/release.sock" "$(od -An -N64 -tx1 /dev/urandom | tr -d ' \n')" >> "$S/out.$kind" 2>&1
	done
fi
check "the release service still answers" stack_healthy "$S"
check "the job is still held" stack_held "$S" 1
is "and nothing was printed" "$(ippeve_received "$S/p1" | wc -l)" 0
stack_tap "$S" $ANN > "$S/out"
has "a signed tap does release" "$S/out" 'released 1 job'
tap_done
