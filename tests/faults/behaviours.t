#!/bin/sh
# What printers do, and how it must end: behaviours.table, each line in both modes, against the whole release service on a
# real database.  What came out is what the printer's own ledger says.
#
#   BEHAVIOUR=PART   only those whose name has it          SEED=N   of the documents
set -u
. "${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/faults/stack.sh"
faults_start 3
faults_run behaviours.py "${BEHAVIOUR:-}"
