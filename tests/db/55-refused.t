#!/bin/sh
# The same from outside: real connections of the real operating-system users, and what each is told.
. "$(dirname "$0")/lib.sh"
db_start
as hf-db <<'SQL'
set search_path = t, pg_temp;
do $$ begin perform stage(), adopt(1); end $$;
SQL
refused() { # ROLE SQL NAME
	# The web service's read-only transactions are a habit and no wall: it could begin another.
	out=$(echo "begin read write; $2" | as "$1") && r=1 || r=0
	case $out in *"permission denied"*|*"must be superuser or have privileges"*) ;; *) r=1; echo "# said: $out" ;; esac
	ok $r "$3"
}
allowed() {
	out=$(echo "$2" | as "$1") && r=0 || { r=1; echo "# said: $out"; }
	ok $r "$3"
}
refused hf_web "select * from hf.job" "the web service may not read the table of jobs"
refused hf_web "select hf.job_cancel('00000000-0000-4000-8000-000000000001', 'web', '')" "nor cancel a job"
refused hf_web "select * from hf.job_claim('ann', '00000000-0000-4000-8000-000000000901', null, null, 1)" "nor claim one"
refused hf_web "select hf.event_add('x', 'info', 'x', null, null, null, null)" "nor write an event"
refused hf_web "select * from hf.tap_lookup(null, null, null)" "nor look up a badge"
refused hf_web "select hash from hf.badge" "nor read the badges' hashes"
refused hf_web "update hf.web_printer set name = name" "nor write through a view"
refused hf_web "create table hf.x (i int)" "nor make a table"
refused hf_web "create temp table x (i int)" "nor a temporary one"
refused hf_web "copy (select 1) to program 'id'" "nor start a program"
refused hf_web "select pg_read_file('/etc/passwd')" "nor read a file"
refused hf_web "set role hf_owner" "nor become another role"
allowed hf_web "select id, owner, state from hf.web_my_job" "but look at its view"
refused hf_release "select * from hf.job" "the release service may not read the table of jobs"
refused hf_release "update hf.job set state = 'held'" "nor write it"
refused hf_release "select hash from hf.badge" "nor read the badges' hashes"
refused hf_release "select hf.person_add('eve', '')" "nor add a person"
refused hf_release "select hf.job_cancel('00000000-0000-4000-8000-000000000001', 'x', '')" "nor cancel in the administrator's name"
refused hf_release "delete from hf.event" "nor delete events"
refused hf_release "insert into hf.event (kind, level, actor) values ('x', 'info', 'x')" "nor write them but by its function"
refused hf_release "select nextval('hf.fence')" "nor take a fence"
allowed hf_release "select * from hf.job_claim('ann', '00000000-0000-4000-8000-000000000901', null, null, 1)" "but claim a job"
refused hf_admin "select * from hf.job_claim('ann', '00000000-0000-4000-8000-000000000901', null, null, 1)" "the administrator may not release"
refused hf_admin "select hf.job_advance(1, 1, 'created', 1, '', 1)" "nor move an attempt"
refused hf_admin "select hf.job_finish(1, 1, 'held', 0, '')" "nor end one"
refused hf_admin "select * from hf.tap_lookup(null, null, null)" "nor look up a badge by its hash"
refused hf_admin "select hf.tap_enrol(null, null, null)" "nor bind one without a card"
refused hf_admin "update hf.job set owner = 'root'" "nor give a job to somebody else"
refused hf_admin "select intake_key from hf.job" "nor read the table of jobs"
refused hf_admin "delete from hf.event" "nor delete events"
allowed hf_admin "select * from hf.admin_job" "but list the jobs"

# Peer authentication: the operating-system user decides, not the name that is asked for.
stranger() { # ROLE OS-USER NAME
	out=$(echo "select 1" | as "$1" "$2") && r=1 || r=0
	case $out in *"Peer authentication failed"*|*"no pg_hba.conf entry"*|*"rejects connection"*) ;; *) r=1; echo "# said: $out" ;; esac
	ok $r "$3"
}
stranger hf_release hf-web "hf-web cannot be hf_release"
stranger hf_admin hf-web "hf-web cannot be hf_admin"
stranger hf_admin hf-queue "hf-queue cannot be hf_admin"
stranger hf_owner hf-queue "hf-queue cannot be hf_owner"
stranger hf-db hf-queue "hf-queue cannot be the superuser"
stranger hf_web hf-key "hf-key cannot be hf_web"
stranger hf-db root "root is the administrator, not the superuser"
r=0; ss -Hltnp 2>/dev/null | grep -q "pid=$(head -n 1 "$T/db/postmaster.pid")," && r=1
ok $r "the database listens on no network"
tap_end
