#!/bin/sh
# Kill -9 at random moments, of the intake backend, of every role of the release service, of its parent, of the database:
# nothing lost, nothing doubled, in both modes.  kills.py says how.
#
#   N=300     kills           SEED=…   of all choices; printed, and repeated by giving it
#   HIT=all       or database: nothing but its connections and its postmaster
set -u
. "${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/faults/stack.sh"
faults_start 3
faults_run kills.py
