# shellcheck shell=sh
# TAP from shell: sourced by tests.  Every check is one line "ok"; tap_done prints the plan and sets the exit status.
#
#   check NAME COMMAND [ARG…]    the command succeeds
#   refuse NAME COMMAND [ARG…]   … fails
#   is NAME GOT WANT             the two are equal
#   has NAME FILE PATTERN        a line of FILE matches (grep -E); hasnt: none does
#   until_true SECONDS COMMAND [ARG…]   wait for an event, with a deadline
_tap_n=0 _tap_bad=0

_tap() { # STATUS NAME
	_tap_n=$((_tap_n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $_tap_n - $2"
	else
		_tap_bad=$((_tap_bad + 1))
		echo "not ok $_tap_n - $2"
	fi
}

check() {
	_name=$1
	shift
	if "$@" > /dev/null 2>&1; then _tap 0 "$_name"; else
		_tap 1 "$_name"
		echo "#   failed: $*" | tr '\n' ' '
		echo
	fi
}

refuse() {
	_name=$1
	shift
	if "$@" > /dev/null 2>&1; then _tap 1 "$_name"; else _tap 0 "$_name"; fi
}

is() {
	if [ "$2" = "$3" ]; then _tap 0 "$1"; else
		_tap 1 "$1"
		printf '#   got: %s\n#   want: %s\n' "$(echo "$2" | tr '\n' '|')" "$(echo "$3" | tr '\n' '|')"
	fi
}

has() {
	if grep -a -q -E -- "$3" "$2"; then _tap 0 "$1"; else
		_tap 1 "$1"
		echo "#   no line matches: $3"
		tail -n 5 "$2" | sed 's/^/#   | /'
	fi
}

hasnt() {
	if grep -a -q -E -- "$3" "$2"; then
		_tap 1 "$1"
		grep -a -E -- "$3" "$2" | head -n 3 | sed 's/^/#   | /'
	else _tap 0 "$1"; fi
}

until_true() {
	_tries=$(($1 * 20))
	shift
	while ! "$@" > /dev/null 2>&1; do
		_tries=$((_tries - 1))
		[ $_tries -gt 0 ] || return 1
		sleep 0.05
	done
}

tap_skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

tap_done() {
	echo "1..$_tap_n"
	[ $_tap_bad = 0 ]
}
