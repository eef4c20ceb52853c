#!/bin/sh
# Several release services at once: no job is claimed twice, no attempt is ended twice.
. "$(dirname "$0")/lib.sh"
db_start
as hf-db <<'SQL'
set search_path = t, pg_temp;
do $$ begin
	perform stage();
	insert into hf.person (name) values ('race');
	for n in 1000..1099 loop perform adopt(n, 'race'); end loop;
end $$;
SQL
crowd() { # FILE SQL: the same SQL over four connections at once, their output in FILE.1 to FILE.4
	pids=
	for i in 1 2 3 4; do
		echo "$2" | as hf_release > "$T/$1.$i" & pids="$pids $!"
	done
	crowd_ok=0
	for p in $pids; do wait "$p" || crowd_ok=1; done
}
claim="select job from hf.job_claim('race', '00000000-0000-4000-8000-000000000901', null, null, 3);"
crowd claimed "$(for k in $(seq 12); do echo "$claim"; done)"
ok $crowd_ok "four connections claim the jobs of one person at once, none is refused"
n=$(cat "$T"/claimed.? | wc -l)
u=$(cat "$T"/claimed.? | sort -u | wc -l)
[ "$n" = 100 ] && [ "$u" = 100 ] && r=0 || r=1
ok $r "100 jobs were claimed once each ($n, $u)"

crowd finished "$(echo 'select hf.attempt_refence(attempt) from hf.attempt_open() limit 5;' ; seq 100 | sed "s/.*/select hf.job_finish(attempt, fence, 'held', null, '') from hf.attempt_open() where attempt = &;/")"
ok $crowd_ok "four connections take over and end the same attempts"
n=$(cat "$T"/finished.? | grep -c '^held$')
[ "$n" = 100 ] && r=0 || r=1
ok $r "each ended once ($n)"
n=$(echo "select count(*) from hf.event where kind = 'job.returned'" | as hf-db)
[ "$n" = 100 ] && r=0 || r=1
ok $r "with one event each ($n)"

# The same document, found twice at once.
crowd adopted "$(seq 50 | sed "s/.*/select hf.job_adopt(gen_random_uuid(), 'race', 'q', 'application\\/pdf', 1, 0, 9999999999, 1, 0, 0, '\\\\x0102030405060708', '\\\\x0102030405060708', sha256('k&'), sha256('t&'));/")"
ok $crowd_ok "four connections adopt copies of the same documents"
n=$(cat "$T"/adopted.? | grep -c '^adopted$')
d=$(cat "$T"/adopted.? | grep -c '^duplicate$')
[ "$n" = 50 ] && [ "$d" = 150 ] && r=0 || r=1
ok $r "one of each four is adopted, three are duplicates ($n, $d)"
tap_end
