# shellcheck shell=sh
# A release service with several simulated printers of both modes, a reader and a person for each: sourced by *.t here.
#
#   faults_start N [PRINTER-ARG…]   printers p1 … pN print at once, h1 … hN hold; people of the same names with a badge each
#   faults_run PROGRAM [ARG…]       a Python program of this folder; what it needs is in the environment
export HF_SEED="${SEED:-}"	# SEED is a reader's, below
unset SEED
. "${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/sim/release.sh"

faults_start() {
	_count=$1
	shift
	rel_make
	rel_serve || exit 1
	for _i in $(seq "$_count"); do
		faults_printer "p$_i" "$_i" "$@" || exit 1
		faults_printer "h$_i" "$((_i + 100))" --hold "$@" || exit 1
	done
}

faults_printer() { # NAME NUMBER [PRINTER-ARG…]
	_who=$1 _uid=$(printf '04%012d' "$2")
	shift 2
	rel_printer "$_who" "$@" && rel_reader "r$_who" "$_who" || return 1
	hf user add "$_who" > /dev/null
	badge "$_who" "$_uid"
	echo "$_who $READER $PRINTER $SEED $_uid" >> "$S/stations"
}

faults_run() {
	_prog=$1
	shift
	HF_STACK=$S HF_BUILD=$rel_build HF_ROOT=$rel_root /usr/bin/python3 "$rel_root/tests/faults/$_prog" "$@"
}
