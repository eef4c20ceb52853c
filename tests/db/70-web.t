#!/bin/sh
# What a session of the web sees and does: its person's rows, what its role was given, and nothing once it has ended.
. "$(dirname "$0")/lib.sh"
db_start
db_tap <<'SQL'
select no_plan();
select stage();
insert into hf.person (name) select unnest(array['uma', 'helga', 'otto', 'ada', 'audrey', 'dora']);
select hf.role_set(n, r) from (values ('helga', 'help-desk'), ('otto', 'operator'), ('ada', 'administrator'), ('audrey', 'auditor')) v(n, r);
select throws_ok($$select hf.person_role('uma', 'king')$$, 'P0001', 'no such role "king"', 'roles are five');
select throws_ok($$select hf.person_password('uma', 'secret')$$, '23514', null, 'only an Argon2id hash is kept as a password');
select hf.person_password(n, '$argon2id$' || n) from unnest(array['uma', 'helga', 'otto', 'ada', 'audrey', 'dora', 'ann', 'bob']) n;
select results_eq($$select hash from hf.login_find('uma')$$, $$values ('$argon2id$uma')$$, 'the hash of one who may log in is found');
select hf.person_disable('dora', true);
select is_empty($$select * from hf.login_find('dora')$$, 'not of a disabled person');
select is_empty($$select * from hf.login_find('nobody')$$, 'nor of nobody');
select is(hf.session_begin('uma', '$argon2id$old', sha256('x'), ''), false, 'a password that was changed meanwhile begins no session');
select is(hf.session_begin('dora', '$argon2id$dora', sha256('x'), ''), false, 'nor does one of a disabled person');
select ok(hf.session_begin(n, '$argon2id$' || n, sha256(n::bytea), '::1'), n || ' logs in') from unnest(array['uma', 'helga', 'otto', 'ada', 'audrey', 'ann', 'bob']) n;
create function s(n text) returns bytea language sql immutable as $$ select sha256(n::bytea) $$;

do $$ begin perform adopt(1), adopt(2, 'bob'), adopt(3), adopt(4, submitted => now_s() - 7200, lives => 90000); end $$;

-- Seeing: every role and every right, from the table in doc/api.md written out a second time.
create temp table may (role text, what text);
insert into may select r, w from unnest(array['helga', 'otto', 'ada', 'audrey']) r, unnest(array['see.status', 'see.jobs', 'see.printers', 'see.readers']) w;
insert into may values ('otto', 'see.stats'), ('ada', 'see.stats'), ('audrey', 'see.stats'), ('helga', 'see.people'), ('ada', 'see.people'), ('audrey', 'see.people'),
    ('helga', 'see.badges'), ('ada', 'see.badges'), ('audrey', 'see.badges'), ('ada', 'see.events'), ('audrey', 'see.events'), ('ada', 'see.sessions');
create temp table seen (what text, view text);
insert into seen values ('see.status', 'web_status'), ('see.jobs', 'web_all_job'), ('see.printers', 'web_printer'), ('see.readers', 'web_reader'),
    ('see.people', 'web_people'), ('see.badges', 'web_all_badge'), ('see.events', 'web_event'), ('see.sessions', 'web_all_session');
create function sees(who text, view text) returns boolean language plpgsql as $$
declare v boolean;
begin
	perform hf.web_enter(encode(s(who), 'hex'));
	execute format('select exists (select from hf.%I)', view) into v;
	return v;
end $$;
select is(sees(w, view), exists (select from may m where m.role = w and m.what = v.what), format('%s %s see %s', w,
    case when exists (select from may m where m.role = w and m.what = v.what) then 'may' else 'may not' end, view))
from seen v, unnest(array['uma', 'helga', 'otto', 'ada', 'audrey']) w;
select bag_eq($$select what from hf.role_right where what like 'see.%'$$, $$select what from may$$, 'and there is nothing else to be seen');
select results_eq($$select * from hf.web_enter(encode(s('ann'), 'hex'))$$, $$values ('ann', 'Ann A.', 'user')$$, 'a session is told whose it is');
select results_eq($$select id from hf.web_my_job order by submitted, id$$, $$values (id(4)), (id(1)), (id(3))$$, 'ann sees her jobs');
select results_eq($$select id from hf.web_my_badge$$, $$values (id(701))$$, 'and her badge');
select hf.web_enter(encode(s('bob'), 'hex'));
select results_eq($$select id from hf.web_my_job$$, $$values (id(2))$$, 'bob his');
select is_empty($$select * from hf.web_enter(encode(s('stranger'), 'hex'))$$, 'a hash of no session is nobody');
select is_empty($$select id from hf.web_my_job$$, 'who sees nothing');
select is((select count(*) from hf.web_me), 0::bigint, 'not even themselves');

-- Doing.
select throws_ok($$select hf.do_own_cancel(s('stranger'), id(1))$$, '28000', 'log in first', 'who is nobody deletes nothing');
select throws_ok($$select hf.do_own_cancel(s('bob'), id(1))$$, 'P0002', 'no such job', 'another person''s job is not there');
select throws_ok($$select hf.do_own_cancel(s('ada'), id(1))$$, 'P0002', 'no such job', 'not for an administrator either, that way');
select is(hf.do_own_cancel(s('ann'), id(1)), '', 'one''s own is deleted');
select is((select actor || ' ' || kind from hf.event where job = id(1) order by id desc limit 1), 'ann job.cancelled', 'in one''s own name');
select throws_ok($$select hf.do_own_cancel(s('ann'), id(1))$$, 'P0001', null, 'once');
select throws_ok($$select hf.do_own_badge_revoke(s('bob'), id(701))$$, 'P0002', 'no such badge', 'nobody revokes another''s badge');
select is(hf.do_own_badge_revoke(s('ann'), id(701)), '', 'but their own');
select throws_ok($$select hf.do_own_badge_revoke(s('ann'), id(701))$$, 'P0001', null, 'once');

create temp table does (what text, call text);
insert into does values
    ('badge.revoke', 'hf.do_badge_revoke(%L, t.id(702))'), ('job.cancel', 'hf.do_job_cancel(%L, t.id(2), '''')'),
    ('job.purge', 'hf.do_purge_preview(%L, ''held'', 0, '''', '''')'), ('job.purge', 'hf.do_purge(%L, ''held'', 0, '''', '''', ''1-2'')'),
    ('printer.disable', 'hf.do_printer_disable(%L, t.id(901), true)'), ('person.disable', 'hf.do_person_disable(%L, ''dora'', true)'),
    ('person.role', 'hf.do_person_role(%L, ''dora'', ''user'')'), ('reader.revoke', 'hf.do_reader_revoke(%L, t.id(801))'),
    ('session.end', 'hf.do_other_session_end(%L, t.id(5))');
create temp table can (who text, what text);
insert into can values ('helga', 'badge.revoke'), ('ada', 'badge.revoke'), ('otto', 'job.cancel'), ('ada', 'job.cancel'), ('otto', 'job.purge'), ('ada', 'job.purge'),
    ('otto', 'printer.disable'), ('ada', 'printer.disable'), ('ada', 'person.disable'), ('ada', 'person.role'), ('ada', 'reader.revoke'), ('ada', 'session.end');
-- Tried and undone: was it the role that was in the way?
create function refused(who text, call text) returns boolean language plpgsql as $$
begin
	execute 'select ' || format(call, s(who));
	raise exception 'undone' using errcode = 'P0009';
exception when insufficient_privilege then return true;
when others then return false;
end $$;
select is(refused(w, d.call), not exists (select from can c where c.who = w and c.what = d.what), format('%s %s %s', w,
    case when exists (select from can c where c.who = w and c.what = d.what) then 'may' else 'may not' end, d.call))
from does d, unnest(array['uma', 'helga', 'otto', 'ada', 'audrey']) w;
select bag_eq($$select distinct what from hf.role_right where what not like 'see.%'$$, $$select distinct what from does$$, 'and there is nothing else to be done');

-- Purge: what was previewed, or nothing.
create function preview(older integer) returns jsonb language sql as $$ select hf.do_purge_preview(s('otto'), 'held', older, '', '')::jsonb $$;
select is(preview(1) - 'confirm' - 'oldest', '{"jobs": 1, "bytes": 1000, "people": 1, "more": false}', 'a preview counts what is old enough');
create temp table p as select preview(0) ->> 'confirm' as confirm;
select adopt(9, submitted => now_s() - 60);
select throws_ok($$select hf.do_purge(s('otto'), 'held', 0, '', '', (select confirm from p))$$, 'P0001', null, 'another job has come: not purged');
select throws_ok($$select hf.do_purge(s('otto'), 'held', 1, '', '', (select confirm from p))$$, 'P0001', null, 'nor under another age');
update p set confirm = preview(1) ->> 'confirm';
select is(hf.do_purge(s('otto'), 'held', 1, '', '', (select confirm from p))::jsonb, '{"jobs": 1}', 'what was previewed goes');
select is(state(4) || state(9) || state(2), 'cancelledheldheld', 'and nothing else');
select is((select actor from hf.event where job = id(4) order by id desc limit 1), 'otto', 'in the operator''s name');
select throws_ok($$select hf.do_purge_preview(s('otto'), 'sent', 0, '', '')$$, 'P0001', null, 'what is on its way cannot be purged');

-- Printers, people, sessions.
select is(hf.do_printer_disable(s('otto'), id(902), true), '', 'a printer is disabled');
select is((select disabled_at is not null from hf.printer where id = id(902)), true, 'and is');
select throws_ok($$select hf.do_printer_disable(s('otto'), id(999), true)$$, 'P0002', null, 'an unknown one is not');
select throws_ok($$select hf.do_person_role(s('ada'), 'ada', 'user')$$, 'P0001', null, 'nobody changes their own role');
select throws_ok($$select hf.do_person_disable(s('ada'), 'ada', true)$$, 'P0001', null, 'nor disables themselves');
select hf.do_person_role(s('ada'), 'helga', 'user');
select throws_ok($$select hf.session_use(s('helga'))$$, '28000', null, 'another role: the session has ended');
select hf.do_person_disable(s('ada'), 'otto', true);
select throws_ok($$select hf.session_use(s('otto'))$$, '28000', null, 'a disabled person has no session');
select hf.person_password('bob', '$argon2id$new');
select throws_ok($$select hf.session_use(s('bob'))$$, '28000', null, 'a new password ends the sessions of the old');
select hf.do_other_session_end(s('ada'), (select id from hf.web_session where person = 'audrey'));
select throws_ok($$select hf.session_use(s('audrey'))$$, '28000', null, 'an administrator ends a session');
update hf.web_session set last_at = now() - interval '31 minutes' where person = 'uma';
select is_empty($$select * from hf.web_enter(encode(s('uma'), 'hex'))$$, 'a session that idled half an hour sees nothing');
select throws_ok($$select hf.session_use(s('uma'))$$, '28000', null, 'and does nothing');
update hf.web_session set expires = now() where person = 'ann';
select throws_ok($$select hf.session_use(s('ann'))$$, '28000', null, 'nor does one past its end');
select is(hf.do_session_end(s('ada')), '', 'logging out');
select throws_ok($$select hf.session_use(s('ada'))$$, '28000', null, 'ends the session');
select hf.session_begin('uma', '$argon2id$uma', sha256(('many' || i)::bytea), '') from generate_series(1, 40) i;
select is((select count(*) from hf.web_session where person = 'uma'), 16::bigint, 'a person has at most 16 sessions');
select finish();
SQL
