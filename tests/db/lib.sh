# Sourced by the tests in this folder: a private cluster with the whole schema, pgTAP beside it in a schema of its own.
#
#   db_start              makes it in a folder of this test; gone when the test ends
#   db_tap < SQL          runs SQL as the superuser; its rows are the TAP
#   as ROLE < SQL         runs SQL over a connection of that role's own operating-system user
set -eu
root=${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}

skip() { echo "1..0 # SKIP $*"; exit 0; }
[ "$(id -u)" = 0 ] || skip "needs root, to become the users of the roles"
ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || skip "PostgreSQL is not installed"
for u in hf-db hf-queue hf-web hf-key; do
	id $u > /dev/null 2>&1 || useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin $u
done

db_stop() {
	"$root/dist/embedded-db" stop "$T" || true
	rm -rf "$T"
}

db_start() {
	T=$(mktemp -d /tmp/hf-db.XXXXXX)
	chmod 711 "$T"
	trap db_stop EXIT
	trap 'exit 1' INT TERM HUP
	"$root/dist/embedded-db" start --no-sync "$T"
	as hf_owner < /dev/null
	for f in "$root"/schema/0*.sql; do
		psql -X -q -1 -v ON_ERROR_STOP=1 -h "$T/run/pg" -U hf_owner -d holdfast -f "$f"
	done
	as hf-db <<-'E'
	create schema tap;
	create extension pgtap schema tap;
	grant usage on schema tap to public;
	E
	as hf-db < "$root/tests/db/helpers.sql"
}

# as ROLE [OS-USER]
as() {
	case ${2:-$1} in
	hf_owner|hf_admin) u=root ;;
	hf_release) u=hf-queue ;;
	hf_web) u=hf-web ;;
	*) u=${2:-$1} ;;
	esac
	setpriv --reuid $u --regid $u --clear-groups env -C / \
	    psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$T/run/pg" -d holdfast -U "$1" -f - 2>&1
}

db_tap() {
	{ echo "set search_path = tap, t, pg_temp; set client_min_messages = warning;"
	  cat
	} | as hf-db
}

# TAP from the shell, for what needs a connection of its own.
tap_n=0
ok() {
	tap_n=$((tap_n + 1))
	if [ "$1" = 0 ]; then echo "ok $tap_n - $2"; else echo "not ok $tap_n - $2"; fi
}
tap_end() { echo "1..$tap_n"; }
