#!/bin/sh
# dist/embedded-db: what it makes is private and whole, and comes back after everything that may happen to it.
set -u
root=${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || { echo "1..0 # SKIP PostgreSQL is not installed"; exit 0; }
id hf-db > /dev/null 2>&1 || useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin hf-db
T=$(mktemp -d /tmp/hf-edb.XXXXXX)
chmod 755 "$T"
D=$T/one
mkdir "$D"
edb() { "$root/dist/embedded-db" "$@"; }
clean_up() {
	for d in "$T"/*/; do edb stop "${d%/}" > /dev/null 2>&1; done
	rm -rf "$T"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP
n=0
ok() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}
is() { # GOT WANTED NAME
	[ "$1" = "$2" ]
	r=$?
	ok $r "$3"
	[ $r = 0 ] || echo "# got \"$1\", wanted \"$2\""
}
sql() { psql -X -q -A -t -h "$D/run/pg" -d holdfast -U hf_owner -c "$1" 2>&1; }
pid() { head -n 1 "$D/db/postmaster.pid"; }
gone() { case $(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2> /dev/null) in '' | Z) return 0 ;; esac; return 1; }

edb > /dev/null 2>&1; is $? 2 "no arguments: usage"
edb start "$T/nothing" > /dev/null 2>&1; is $? 1 "a folder that is not there"
cp "$root/dist/embedded-db" "$T/embedded-db"	# where nobody can walk to
setpriv --reuid nobody --regid nogroup --clear-groups "$T/embedded-db" start "$D" > /dev/null 2>&1; is $? 1 "somebody else than root"
edb status "$D" > /dev/null; is $? 3 "status before the first start: not running"

mkdir -m 700 "$T/ours"	# the user hf-db cannot be there
said=$(cd "$T/ours" && edb start --no-sync "$D" 2>&1); is $? 0 "the first start makes and starts a cluster"
is "$said" "" "and says nothing, in a folder that the database may not enter, too"
rmdir "$T/ours"
is "$(stat -c '%U %a' "$D/db")" "hf-db 700" "it belongs to hf-db alone"
is "$(stat -c '%U %a' "$D/log/db.log")" "hf-db 600" "so does its log"
is "$(ps -o user= -p "$(pid)" | tr -d ' ')" hf-db "it runs as hf-db"
grep -q '^NoNewPrivs:[[:space:]]*1' "/proc/$(pid)/status" && grep -q '^CapEff:[[:space:]]*0*$' "/proc/$(pid)/status"; ok $? "without capabilities, and gains none"
is "$(sql 'show data_checksums')" on "with checksums"
is "$(sql "select current_setting('fsync') || current_setting('full_page_writes') || current_setting('synchronous_commit')")" ononon "it writes what it says to the disk"
is "$(sql 'show listen_addresses')" "" "it listens on no network"
is "$(sql "select string_agg(rolname, ' ' order by rolname) from pg_roles where rolname like 'hf\_%'")" "hf_admin hf_owner hf_release hf_web" "the roles are there"
is "$(stat -c %a "$D/run/pg")" 711 "the socket's folder shows no names"
sql 'create table keep (i int); insert into keep values (42)' > /dev/null
p=$(pid); edb start "$D"; is "$?$(pid)" "0$p" "starting again changes nothing"
edb status "$D" | grep -q "process $p"; ok $? "status tells its process"

edb stop "$D"; is $? 0 "it stops"
edb stop "$D"; is $? 0 "stopping again is fine"
edb status "$D" > /dev/null; is $? 3 "status: not running"
edb start "$D" && is "$(sql 'select i from keep')" 42 "what was written is there after a stop"

p=$(pid); kill -9 "$p"; m=0
until gone "$p" || [ $m -gt 200 ]; do sleep 0.05; m=$((m + 1)); done	# dead, perhaps not yet waited for
edb status "$D" > /dev/null; is $? 3 "killed, its pid file left behind: not running"
edb start "$D"; is "$?$(sql 'select i from keep')" 042 "and started again it recovers"

edb stop "$D"; echo "$$" > "$D/db/postmaster.pid"; chown hf-db "$D/db/postmaster.pid"
edb status "$D" > /dev/null; is $? 3 "a pid file that names another process of this host: not running"
edb start "$D" & a=$!
edb start "$D" & b=$!
wait $a; ra=$?; wait $b; rb=$?
is "$ra$rb$(sql 'select i from keep')" 0042 "two starts at once: both are fine"

edb stop "$D"; mv "$D" "$T/moved"; D=$T/moved
edb start "$D"; is "$?$(sql 'select i from keep')" 042 "the folder was moved"

mkdir -p "$T/half/db.new"; touch "$T/half/db.new/PG_VERSION"
edb start --no-sync "$T/half"; is $? 0 "what a crash left of an earlier first start is made anew"
edb stop "$T/half"
long=$T/$(printf 'x%.0s' $(seq 90)); mkdir "$long"
out=$(edb start "$long" 2>&1); r=$?
case $out in *"too long"*) ;; *) r=0 ;; esac
[ $r = 1 ] && [ ! -e "$long/db" ]; ok $? "a folder whose name is too long for a socket is refused in words"
mkdir "$T/broken"; edb start --no-sync "$T/broken"; edb stop "$T/broken"
echo 'nonsense = 1' >> "$T/broken/db/postgresql.conf"
out=$(edb start "$T/broken" 2>&1); r=$?
case $out in *nonsense*) ;; *) r=0 ;; esac
is $r 1 "a cluster that cannot start says why"
# The log of a failing statement must not hold what it was about.
psql -X -q -h "$D/run/pg" -d holdfast -U hf_owner -c "select 1 / 0 where 'canary' <> ''" > /dev/null 2>&1
psql -X -q -h "$D/run/pg" -d holdfast -U hf_owner -c "create table u (t text check (t <> 'canary')); insert into u values ('canary')" > /dev/null 2>&1
grep -q ERROR "$D/log/db.log" && ! grep -q canary "$D/log/db.log"; ok $? "errors are logged, statements are not"
echo "1..$n"
