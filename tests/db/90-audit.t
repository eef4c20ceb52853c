#!/bin/sh
# The audit log in the database: every event gets one number without a gap, what is hashed is what stands there, and an erased
# person leaves the hash behind.
. "$(dirname "$0")/lib.sh"
db_start
as hf_admin <<'SQL' > /dev/null
select hf.person_add('ann', 'Ann "quoted" \ Ünal');
select hf.person_add('bob', '');
select hf.person_disable('bob', true);
SQL
db_tap <<'SQL'
select plan(23);
set search_path = hf, tap, pg_temp;
select is((select count(*) from audit_pending), (select count(*) from event), 'every event waits for its number');
begin;
insert into event (kind, level, actor) values ('rolled.back', 'info', 'x');
rollback;
insert into event (kind, level, actor, data) values ('test.one', 'warn', E'a"b\\c', '{"k": [1, "ä"]}');
select is(audit_sequence(2), 2, 'two of them get one');
select is(audit_sequence(100), 2, 'and the others');
select is(audit_sequence(100), 0, 'and nobody twice');
select is((select count(*) from audit_pending), 0::bigint, 'none waits');
select results_eq('select seq from audit_leaf order by seq', 'select n::bigint from generate_series(0, 3) n', 'without a gap, although an event was rolled back');
select is((select leaves from audit_head), 4::bigint, 'the head counts them');
select is((select count(*) from audit_records(0, 100, null) r where
    decode(r.leaf_hash, 'hex') = sha256('\x00'::bytea || convert_to(r.public, 'UTF8') || sha256(decode(r.salt, 'hex') || convert_to(r.personal, 'UTF8')))),
    4::bigint, 'the hash is of what is exported');
select is((select personal from audit_records(3, 1, null)), '{"actor":"a\"b\\c","data":{"k": [1, "ä"]}}', 'the personal part is JSON');
select matches((select public from audit_records(3, 1, null)), '^\{"v":1,"seq":3,"event":[0-9]+,"at":[0-9]+,"kind":"test.one","level":"warn"\}$', 'the public part is what doc/audit.md says');
select is((select count(distinct salt) from audit_leaf), 4::bigint, 'each has a salt of its own');
select throws_ok('update audit_leaf set hash = sha256(''x'') where seq = 1', 'P0001', null, 'a leaf is not edited');
select throws_ok('delete from audit_leaf where seq = 1', 'P0001', null, 'nor deleted');
select throws_ok('update event set data = ''{"a": 1}'' where kind = ''test.one''', 'P0001', null, 'an event is not edited');
select throws_ok('update event set actor = ''erased'', data = ''{}'', kind = ''x'' where kind = ''test.one''', 'P0001', null, 'nor its kind while it is erased');
select throws_ok('delete from event where kind = ''test.one''', 'P0001', null, 'nor deleted');
select lives_ok($$select checkpoint_add(3, sha256('a'), 'note', sha256('e') || sha256('f'), 'key', '{4}', '{0}', array[repeat('ab', 32)])$$, 'a checkpoint');
select throws_ok($$select checkpoint_add(3, sha256('a'), 'note', '', 'key', '{}', '{}', '{}')$$, 'P0001', null, 'not a second one of its size');
select throws_ok($$select checkpoint_add(5, sha256('a'), 'note', '', 'key', '{}', '{}', '{}')$$, 'P0001', null, 'nor one of more than there is');
select is((select size from audit_state()), 3::bigint, 'it is the newest');
select is(audit_erase('bob'), 2::bigint, 'bob is forgotten in two events');
select is((select count(*) from audit_records(0, 100, null) r where r.personal is null and r.actor = 'erased'
    and decode(r.leaf_hash, 'hex') = sha256('\x00'::bytea || convert_to(r.public, 'UTF8') || decode(r.personal_hash, 'hex'))), 2::bigint,
    'and the tree stays whole');
select is((select count(*) from event where data::text like '%bob%' or actor like '%bob%'), 0::bigint, 'nothing names him');
SQL
