#!/bin/sh
# Promise 4: the sealed file is the truth, the database an index.
. "$(dirname "$0")/../sim/e2e.sh"
e2e_begin
e2e_up p1
"$sim/mkpdf.py" 2 "one" "$S/one.pdf"
"$sim/mkpdf.py" 3 "two" "$S/two.pdf"
chmod 644 "$S"/*.pdf
db() { "$STACK_DIST/embedded-db" "$1" "$S" > /dev/null 2>&1; }

db stop
check "with the database down a job is accepted" e2e_print ann "$S/one.pdf"
is "its sealed file waits" "$(e2e_held_now)" 1
has_word() { stack_tap "$S" $ANN | grep -qi "$1"; }
check "a tap is answered with a clear sentence" has_word 'database\|not available\|try again\|cannot'
is "nothing was printed" "$(ippeve_received "$S/p1" | wc -l)" 0
db start
check "when it is back the job is indexed by itself" wait_for 60 held stack_held "$S" 1
stack_tap "$S" $ANN > "$S/out"
has "and released by the badge" "$S/out" 'released 1 job to p1'
check "delivered" wait_for 20 delivered e2e_all_delivered
check "byte for byte" cmp "$S/one.pdf" "$(ippeve_received "$S/p1" | tail -n 1)"
tap_done
