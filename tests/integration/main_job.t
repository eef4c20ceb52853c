#!/bin/sh
# The main job on real parts: lp, cupsd, backend, release service, pcscd, a badge, an IPP printer that we did not write.
. "$(dirname "$0")/../sim/e2e.sh"
e2e_begin
e2e_up p1 p2
"$sim/mkpdf.py" 4 "first" "$S/a.pdf"
"$sim/mkpdf.py" 2 "second" "$S/b.pdf" 300000
"$sim/mkpdf.py" 1 "third" "$S/c.pdf"
printf 'a plain text file\n' > "$S/t.txt"
chmod 644 "$S"/*.pdf "$S/t.txt"

check "ann prints" e2e_print ann "$S/a.pdf" -n 2 -o sides=two-sided-long-edge
check "the job is held" wait_for 10 held stack_held "$S" 1
is "another person's badge releases nothing" "$(stack_tap "$S" $BOB)" "No documents are waiting for you"
is "an unknown card releases nothing" "$(stack_tap "$S" 01020304)" "This card is unknown"
is "nothing was printed yet" "$(ippeve_received "$S/p1" | wc -l)" 0
is "the owner's badge releases" "$(stack_tap "$S" $ANN)" "released 1 job to p1"
check "the job is delivered and its file removed" wait_for 20 delivered e2e_all_delivered
check "the printer received it byte for byte" cmp "$S/a.pdf" "$(ippeve_received "$S/p1" | tail -n 1)"
has "copies were asked for at the printer" "$S/p1/run/tickets" 'IPP_COPIES=2'
has "two sides were asked for at the printer" "$S/p1/run/tickets" 'IPP_SIDES=two-sided-long-edge'
is "a second tap finds nothing" "$(stack_tap "$S" $ANN)" "No documents are waiting for you"

check "bob prints one job of two documents" stack_lp "$S" bob "$S/b.pdf" "$S/c.pdf"
check "each document is held as a job of its own" wait_for 20 two stack_held "$S" 2
is "both are released at the other printer" "$(stack_tap "$S" $BOB 1)" "released 2 jobs to p2"
check "both are delivered" wait_for 20 delivered e2e_all_delivered
check "the first document came first" cmp "$S/b.pdf" "$(ippeve_received "$S/p2" | head -n 1)"
check "and the second came second" cmp "$S/c.pdf" "$(ippeve_received "$S/p2" | tail -n 1)"

check "a text file is printed" e2e_print ann "$S/t.txt"
wait_for 10 held stack_held "$S" 1
stack_tap "$S" $ANN > /dev/null
check "it is delivered" wait_for 20 delivered e2e_all_delivered
has "it arrived as PDF" "$(ippeve_received "$S/p1" | tail -n 1)" '^%PDF-'

check "a job is cancelled by the administrator" e2e_print ann "$S/c.pdf"
wait_for 10 held stack_held "$S" 1
_id=$(stack_hf "$S" --json job list --state held | sed -n 's/.*"\(id\|job\)": *"\([0-9a-f-]*\)".*/\2/p' | head -n 1)
check "holdfast job cancel" stack_hf "$S" job cancel "$_id" --reason "asked for"
check "its file is removed" wait_for 10 gone e2e_all_delivered
is "and the badge finds nothing" "$(stack_tap "$S" $ANN)" "No documents are waiting for you"
tap_done
