#!/bin/sh
# Claim, advance, finish: the right state works, every other is refused, and a fence that is not ours changes nothing.
. "$(dirname "$0")/lib.sh"
db_start
db_tap <<'SQL'
select no_plan();
select stage();

-- Claim.
do $$ begin
	perform adopt(1, submitted => now_s() - 10), adopt(2, submitted => now_s() - 20), adopt(3, 'bob');
	perform adopt(4, submitted => now_s() - 5, cups_job => 9, document => 2),
	    adopt(5, submitted => now_s() - 5, cups_job => 9, document => 1), adopt(6, lives => -1);
end $$;
select is(array(select claim('ann', 1)), array[id(2)], 'a claim takes the oldest, at most what it is told');
select is(array(select claim('ann')), array[id(1), id(5), id(4)], 'then the rest in order: time, CUPS job, document');
select is(state(6), 'held', 'a job past its end is not released');
select is(state(3), 'held', 'nor is anybody else''s');
select is_empty($$select claim('ann')$$, 'a second claim finds nothing');
select is(state(1), 'claimed', 'the job is claimed');
select is(last_event(1), 'open info', 'the opening is recorded with the claim');
select is((select actor || ' ' || printer || ' ' || reader from hf.event where job = id(1) and kind = 'open'),
    'ann ' || id(901) || ' ' || id(801), 'with person, printer and reader');
select ok((try(1)).token ~ '^[0-9a-f]{32}$', 'a token of 32 hex digits');
select is((select count(distinct token) from hf.attempt), 4::bigint, 'another for each');
select is((select count(distinct fence) from hf.attempt), 4::bigint, 'and another fence');
select is((select format || ' ' || bytes from hf.job_claim('bob', id(901), null, null, 5)), 'application/pdf 1000', 'a claim answers what to send');

do $$ begin perform adopt(7), adopt(8, 'bob'); end $$;
select throws_ok($$select claim('ann', 9, 903)$$, 'P0001', 'this printer is not in service', 'a disabled printer: refused');
select throws_ok($$select claim('ann', 9, 999)$$, 'P0001', 'this printer is not in service', 'an unknown printer: refused');
select throws_ok($$select claim('eve')$$, 'P0001', 'user "eve" may not print', 'an unknown user: refused');
select throws_ok($$select * from hf.job_claim('ann', id(901), id(802), null, 9)$$, 'P0001', null, 'a reader that has not enrolled: refused');
delete from hf.reader_printer where printer = id(902);
select throws_ok($$select claim('ann', 9, 902)$$, 'P0001', 'this reader may not release to this printer', 'a reader at another printer: refused');
insert into hf.reader_printer values (id(801), id(902));
select throws_ok($$select * from hf.job_claim('ann', id(901), id(801), id(702), 9)$$, 'P0001', 'this badge is not valid for user "ann"', 'another person''s badge: refused');
select hf.badge_revoke(id(701));
select throws_ok($$select * from hf.job_claim('ann', id(901), id(801), id(701), 9)$$, 'P0001', null, 'a revoked badge: refused');
select hf.person_disable('ann', true);
select throws_ok($$select claim('ann')$$, 'P0001', 'user "ann" may not print', 'a disabled user: refused');
select hf.person_disable('ann', false);
select is(state(7), 'held', 'after each refusal the job is held');
select isnt_empty($$select * from hf.job_claim('bob', id(901), id(801), id(702), 9)$$, 'a good badge: claimed');
select ok((select last_used_at is not null from hf.badge where id = id(702)), 'and the badge was used');

-- Class of a queue.
select hf.queue_set('secret', 1, null);
do $$ begin perform hf.job_cancel(id(7), 'root', ''), adopt(9, queue => 'secret'); end $$;
select is_empty($$select claim('ann', 9, 901)$$, 'a queue that demands class 1 is not released at a printer of class 0');
select is((select held from hf.tap_lookup(id(801), id(901), sha256('badge-ann'))), 0, 'nor counted there');
select is((select held from hf.tap_lookup(id(801), id(902), sha256('badge-ann'))), 1, 'but at one of class 1');
select is(array(select claim('ann', 9, 902)), array[id(9)], 'and released there');

-- Advance: from each state to each.
create temp table want (from_state text, to_state text, good boolean);
insert into want select f, t, (f, t) in (('claimed', 'created'), ('created', 'releasing'), ('created', 'sent'))
from unnest(array['claimed', 'created', 'releasing', 'sent', 'delivered', 'uncertain', 'damaged']) f,
    unnest(array['created', 'releasing', 'sent']) t;
create temp table walk as select w.*, 100 + (row_number() over ())::int as n from want w;
do $$ begin perform job_in(n, from_state) from walk; end $$;
select is(advance(n, to_state), good, format('advance %s → %s: %s', from_state, to_state, case when good then 'yes' else 'no' end)) from walk;
select is(state(n), case when good then to_state else from_state end, format('  and the job is %s', state(n))) from walk;
select is((try(n)).state::text, state(n), '  as its attempt is') from walk;
select is(last_event(n), 'job.' || to_state || ' info', '  with an event') from walk where good;
select is(((try(101)).printer_job_id, (try(101)).printer_job_uuid::text, (try(101)).printer_up_time), (7, 'urn:uuid:seven'::text, 100::bigint), 'the printer''s job is stored');
select throws_ok($$select advance(101, 'held')$$, 'P0001', null, 'advance is not for other words');
select throws_ok($$select advance(101, 'delivered')$$, 'P0001', null, 'nor to the end');
do $$ begin perform job_in(160, 'claimed'); end $$;
select throws_ok($$select hf.job_advance((try(160)).id, (try(160)).fence, 'created', null, null, null)$$, '23514', null,
    'no document may go out before the printer''s job is known');
select ok(hf.job_advance((try(160)).id, (try(160)).fence, 'created', 5, '', null), 'a printer without job-uuid and up-time will do');
select ok(hf.job_advance((try(160)).id, (try(160)).fence, 'sent', null, null, null), 'what is not said later');
select is((try(160)).printer_job_id, 5, 'stays');

-- Finish: every state, outcome and count.
create temp table ends as
select f, o, i, case
    when f in ('delivered', 'uncertain', 'damaged') then null
    when o = 'uncertain' then 'uncertain'
    when o = 'delivered' then case when f in ('sent', 'releasing') then 'delivered' else 'uncertain' end
    when o = 'damaged' then case f when 'claimed' then 'damaged' else 'uncertain' end
    when f = 'claimed' then 'held'
    when i = 0 then 'held'
    else 'uncertain' end as becomes,
    200 + (row_number() over ())::int as n
from unnest(array['claimed', 'created', 'releasing', 'sent', 'delivered', 'uncertain', 'damaged']) f,
    unnest(array['delivered', 'held', 'uncertain', 'damaged']) o, unnest(array[-1, 0, 4]) i;
do $$ begin perform job_in(n, f) from ends; end $$;
create temp table was as select n, events(n) as k from ends;
select is(finish(n, o, i), becomes, format('finish %s as %s, %s pages: %s', f, o, case i when -1 then 'unknown' else i::text end, coalesce(becomes, 'refused'))) from ends;
select is(state(n), coalesce(becomes, f), format('  and the job is %s', state(n))) from ends;
select is(events(n) - k, case when becomes is null then 0 else 1 end::bigint, '  with as many events') from ends natural join was;
select is((try(n)).ended_at is not null and (try(n)).reason = 'because' and (try(n)).impressions is not distinct from nullif(i, -1), true,
    '  and the attempt says how') from ends where becomes is not null;
select throws_ok($$select finish(160, 'lost')$$, 'P0001', 'an attempt cannot end as "lost"', 'an unknown outcome is refused');
select is(hf.job_finish((try(160)).id, (try(160)).fence, 'delivered', 3, null), 'delivered', 'no reason will do');
do $$ begin perform job_in(161, 'sent'); end $$;
select is(finish(161, 'uncertain', 4), 'uncertain', 'pages that are out are counted');
select is((select data ->> 'impressions' from hf.event where job = id(161) order by id desc limit 1), '4', 'the count is in the event');

-- Again after a failure.
do $$ begin perform job_in(170, 'claimed'); end $$;
select is(finish(170, 'held'), 'held', 'a release that failed leaves the job held');
select is(array(select claim('only170')), array[id(170)], 'and it can be claimed again');
select is((select count(*) from hf.attempt where job = id(170)), 2::bigint, 'as another attempt');
select is(hf.job_advance((select min(id) from hf.attempt where job = id(170)), (select min(fence) from hf.attempt where job = id(170)), 'created', 1, '', 1),
    false, 'the first attempt can do nothing more');
select is(hf.job_finish((select min(id) from hf.attempt where job = id(170)), (select min(fence) from hf.attempt where job = id(170)), 'delivered', 1, ''),
    null, 'nor end it');
select is(state(170), 'claimed', 'which changed nothing');

-- Fences.
do $$ begin perform job_in(180, 'created'); end $$;
create temp table old as select (try(180)).id, (try(180)).fence;
select cmp_ok(hf.attempt_refence((select id from old)), '>', (select fence from old), 'recovery takes an attempt over with a higher fence');
select is(last_event(180), 'attempt.recover warn', 'which is an event');
select is(hf.job_advance(id, fence, 'sent', 1, '', 1), false, 'the old fence cannot advance') from old;
select is(hf.job_finish(id, fence, 'delivered', 1, ''), null, 'nor finish') from old;
select is(state(180), 'created', 'nothing changed');
select is(hf.job_finish(id, fence + 100000, 'held', 0, ''), null, 'nor can a fence from nowhere') from old;
select is(advance(180, 'sent'), true, 'the new one can');
select is(finish(180, 'delivered'), 'delivered', 'to the end');
select is(hf.attempt_refence((select id from old)), null, 'a finished attempt is not taken over');
select is(hf.attempt_refence(999999), null, 'nor an unknown one');
select is(finish(180, 'delivered'), null, 'an attempt ends once');

select set_eq($$select job, state from hf.attempt_open()$$,
    $$select id, state from hf.job where state in ('claimed', 'created', 'releasing', 'sent')$$, 'attempt_open lists what recovery must look at');
select is((select pjob_id || ' ' || pjob_uuid || ' ' || up_time from hf.attempt_open() where job = id(101)), '7 urn:uuid:seven 100', 'with the printer''s job');

-- What no function does, the table itself refuses.
create temp table good (f, t) as values ('held', 'claimed'), ('held', 'cancelled'), ('held', 'expired'), ('held', 'damaged'),
    ('claimed', 'created'), ('claimed', 'held'), ('claimed', 'uncertain'), ('claimed', 'damaged'), ('created', 'releasing'), ('created', 'sent'),
    ('created', 'held'), ('created', 'uncertain'), ('releasing', 'delivered'), ('releasing', 'held'), ('releasing', 'uncertain'),
    ('sent', 'delivered'), ('sent', 'held'), ('sent', 'uncertain'), ('uncertain', 'cancelled'), ('uncertain', 'expired'), ('uncertain', 'held'), ('uncertain', 'delivered'), ('damaged', 'held');
do $$ begin perform adopt(500); end $$;
update hf.job set attempt = 1 where id = id(500);
create function pg_temp.raw(f text, t text) returns text language plpgsql as $$
begin
	set local session_replication_role = replica;
	update hf.job set state = f where id = t.id(500);
	set local session_replication_role = origin;
	update hf.job set state = t where id = t.id(500);
	return 'yes';
exception when sqlstate 'P0001' then
	return 'no';
end
$$;
select is(pg_temp.raw(f, t), case when exists (select from good g where g.f = s.f and g.t = s.t) then 'yes' else 'no' end,
    format('the table itself: %s → %s', f, t))
from (select f, t from (select unnest(array['held', 'claimed', 'created', 'releasing', 'sent', 'delivered', 'uncertain', 'cancelled', 'expired', 'damaged']) f) a,
    (select unnest(array['held', 'claimed', 'created', 'releasing', 'sent', 'delivered', 'uncertain', 'cancelled', 'expired', 'damaged']) t) b where f <> t) s;
select throws_ok($$update hf.job set owner = 'bob' where id = t.id(500)$$, 'P0001', null, 'a job''s owner never changes');
select throws_ok($$update hf.job set dup_tag = sha256('x') where id = t.id(500)$$, 'P0001', null, 'nor its duplicate tag');
select throws_ok($$update hf.job set state = 'printing' where id = t.id(500)$$, '23514', null, 'there is no other state');
select finish();
SQL
