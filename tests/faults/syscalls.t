#!/bin/sh
# A fault at exactly the n-th system call: of the intake backend for every n, of adoption and release for some in
# `make check` and for every one in `make faults`.  syscalls.py says what and how.
#
#   POINTS=2     of adoption and release; 0 is all of them          SEED=…   which ones
#   PART=NAME    only intake, adoption or release
set -u
. "${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/faults/stack.sh"
faults_start 1
# shellcheck disable=SC2086
faults_run syscalls.py ${PART:-}
