#!/bin/sh
# What the administrator does: each function works, is recorded with its actor, and refuses with a sentence.
. "$(dirname "$0")/lib.sh"
db_start
db_tap <<'SQL'
select no_plan();
select stage();
set hf.actor = 'root';
create function pg_temp.said() returns text language sql as $$
	select kind || ' ' || actor from hf.event order by id desc limit 1
$$;

select lives_ok($$select hf.person_add('eve', 'Eve E.')$$, 'a person is added');
select is(pg_temp.said(), 'person.added root', 'by the administrator');
select throws_ok($$select hf.person_add('eve', '')$$, 'P0001', 'there is already a user "eve"', 'once');
select throws_ok($$select hf.person_add('', '')$$, '23514', null, 'a name is needed');
select throws_ok($$select hf.person_add(E'a\nb', '')$$, '23514', null, 'without control characters');
select lives_ok($$select hf.person_disable('eve', true)$$, 'a person is disabled');
select is(pg_temp.said(), 'person.disabled root', 'with an event');
create temp table n as select count(*) from hf.event;
select hf.person_disable('eve', true);
select is((select count(*) from hf.event), (select count from n), 'again: nothing changed, no event');
select lives_ok($$select hf.person_disable('eve', false)$$, 'and enabled again');
select is(pg_temp.said(), 'person.enabled root', 'with an event');
select throws_ok($$select hf.person_disable('zoe', true)$$, 'P0002', 'no such user "zoe"', 'an unknown person');

select throws_ok($$select hf.enrolment_start('zoe', 'r801', '', 60)$$, 'P0002', 'no such user "zoe"', 'an enrolment needs a person');
select throws_ok($$select hf.enrolment_start('ann', 'r9', '', 60)$$, 'P0002', 'no such reader "r9"', 'a reader');
select throws_ok($$select hf.enrolment_start('ann', 'r802', '', 60)$$, 'P0001', 'reader "r802" has not used its token yet', 'that has enrolled');
select throws_ok($$select hf.enrolment_start('ann', 'r801', '', 3601)$$, 'P0001', null, 'an end within the hour');
select hf.person_disable('eve', true);
select throws_ok($$select hf.enrolment_start('eve', 'r801', '', 60)$$, 'P0001', 'user "eve" is disabled', 'an enabled person');
create temp table e as select hf.enrolment_start('ann', 'r801', 'blue', 60) id;
select throws_ok($$select hf.enrolment_start('bob', 'r801', '', 60)$$, 'P0001', 'reader "r801" is already waiting for a badge of user "ann"',
    'and no other at the same reader: two people would take each other''s badge');
select results_eq('select s.done, s.badge from e, hf.enrolment_state(e.id) s', $$values (false, null::uuid)$$, 'it waits');
select ok(hf.enrolment_cancel(id), 'until it is called off') from e;
select lives_ok($$select hf.enrolment_start('bob', 'r801', '', 60)$$, 'then the next may start');

select throws_ok($$select hf.badge_revoke(id(999))$$, 'P0002', null, 'an unknown badge');
select lives_ok($$select hf.badge_revoke(id(701))$$, 'a badge is revoked');
select is(pg_temp.said(), 'badge.revoked root', 'with an event');
select ok((select revoked_at is not null from hf.admin_badge where id = id(701)), 'and shown so');

select is(pg_typeof(hf.printer_add('q1', 'ipps://host/ipp/print', 'sha256//' || repeat('A', 43) || '=', 'urn:uuid:1', false, 1, null, 'hall'))::text, 'uuid', 'a printer is added');
select is(pg_temp.said(), 'printer.added root', 'with an event');
select throws_ok($$select hf.printer_add('q1', 'ipps://h/', 'sha256//' || repeat('A', 43) || '=', '', false, 1, null, '')$$, 'P0001', 'there is already a printer "q1"', 'once');
select throws_ok($$select hf.printer_add('q2', 'ipps://h/', '', '', false, 1, null, '')$$, 'P0001', 'a printer without a pinned key must be allowed to be plain', 'no pin: refused');
select throws_ok($$select hf.printer_add('q2', 'ipp://h/', 'sha256//' || repeat('A', 43) || '=', '', false, 1, null, '')$$, 'P0001', null, 'plain ipp: refused');
select lives_ok($$select hf.printer_add('q2', 'ipp://h/', '', '', true, 1, null, '')$$, 'unless allowed');
select throws_ok($$select hf.printer_add('q3', 'ipps://h/', 'sha256//' || repeat('A', 43) || '=', '', false, 0, null, '')$$, 'P0001', null, 'class 0 without a reason: refused');
select throws_ok($$select hf.printer_add('q3', 'ipps://h/', 'sha256//' || repeat('A', 43) || '=', '', false, 4, null, '')$$, '23514', null, 'class 4: refused');
select lives_ok($$select hf.printer_add('q3', 'ipps://h/', 'sha256//' || repeat('A', 43) || '=', '', false, 0, 'behind the door', '')$$, 'class 0 with one');
select is((select min_class || ' ' || waiver || ' ' || waiver_by from hf.admin_printer where name = 'q3'), '0 behind the door root', 'is recorded with who said so');
select throws_ok($$select hf.printer_add('q4', 'http://h/', '', '', true, 1, null, '')$$, '23514', null, 'http is no printer');
select throws_ok($$select hf.printer_add('q 4', 'ipp://h/', '', '', true, 1, null, '')$$, '23514', null, 'a name is one word');
select throws_ok($$update hf.printer set min_class = 0 where name = 'q1'$$, '23514', null, 'not even the owner of the tables sets class 0 without a waiver');
select throws_ok($$update hf.printer set spki_pin = '' where name = 'q1'$$, '23514', null, 'nor takes a pin away');
select hf.waiver_set('q3', null);
select is((select min_class || coalesce(waiver, ' none') from hf.admin_printer where name = 'q3'), '1 none', 'a waiver that ends lifts the class again');
select is(pg_temp.said(), 'printer.waiver root', 'with an event');
select throws_ok($$select hf.waiver_set('q9', 'x')$$, 'P0002', 'no such printer "q9"', 'of a printer that there is');
select lives_ok($$select hf.printer_remove('q1')$$, 'a printer is removed');
select throws_ok($$select hf.printer_remove('q1')$$, 'P0002', 'no such printer "q1"', 'once');
select lives_ok($$select hf.printer_add('q1', 'ipp://h/', '', '', true, 1, null, '')$$, 'and its name is free again');

select is(pg_typeof(hf.reader_add('s1', array['q2', 'q3'], sha256('t'), 60))::text, 'uuid', 'a reader is added');
select is((select printers from hf.admin_reader where name = 's1'), array['q2', 'q3'], 'with its printers');
select throws_ok($$select hf.reader_add('s1', array['q2'], sha256('u'), 60)$$, 'P0001', 'there is already a reader "s1"', 'once');
select throws_ok($$select hf.reader_add('s2', array['q9'], sha256('u'), 60)$$, 'P0002', 'no such printer "q9"', 'an unknown printer');
select throws_ok($$select hf.reader_add('s2', array[]::text[], sha256('u'), 60)$$, 'P0001', 'a reader needs at least one printer', 'no printer');
select throws_ok($$select hf.reader_add('s2', array['q2'], sha256('u'), 0)$$, 'P0001', null, 'a token without time');
select is_empty($$select 1 from hf.reader where name = 's2'$$, 'leave nothing behind');
select lives_ok($$select hf.reader_revoke('s1')$$, 'a reader is revoked');
select is((select token_hash from hf.reader where name = 's1'), null, 'and its token with it');
select throws_ok($$select hf.reader_revoke('s1')$$, 'P0002', 'no such reader "s1"', 'once');

create temp table c as select s, 10 + (row_number() over ())::int n
from unnest(array['held', 'claimed', 'created', 'releasing', 'sent', 'delivered', 'uncertain', 'cancelled', 'expired', 'damaged']) s;
do $$ begin perform job_in(n, s) from c; end $$;
select is(hf.job_cancel(id(n), 'root', 'asked to'), s in ('held', 'uncertain'), format('cancel %s: %s', s, case when s in ('held', 'uncertain') then 'yes' else 'no' end)) from c;
select is(state(n), case when s in ('held', 'uncertain') then 'cancelled' else s end, '  and the job is ' || state(n)) from c;
select is((select actor || ' ' || (data ->> 'reason') from hf.event where job = id(11) order by id desc limit 1), 'root asked to', 'who and why is in the event');
select throws_ok($$select hf.job_cancel(id(99), 'root', '')$$, 'P0002', null, 'an unknown job');

select hf.queue_set('q', 1, 12), hf.queue_set('q', 2, null);
select results_eq('select * from hf.admin_queue', $$values ('q', 2::smallint, null::integer)$$, 'a queue is set, and set again');
select throws_ok($$select hf.queue_set('q', 4, null)$$, '23514', null, 'to a class that there is');
select throws_ok($$select hf.queue_set('q', 1, 0)$$, '23514', null, 'and an hour at least');

reset hf.actor;
select hf.queue_set('q', 1, null);
select is(pg_temp.said(), 'queue.set hf-db', 'without an actor the database role stands in the event');
select is((select held || ' ' || releasing || ' ' || uncertain || ' ' || damaged from hf.admin_status), '0 4 0 1', 'the status counts');
select isnt_empty('select * from hf.admin_job where state = ''delivered'' and printer = ''p901'' and released_by = ''only16''', 'the list says where and by whom');
select finish();
SQL
