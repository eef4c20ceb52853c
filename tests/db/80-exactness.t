#!/bin/sh
# What is uncertain: who decides, what a later answer of the printer changes, and that a clock that jumped ends no job.
. "$(dirname "$0")/lib.sh"
db_start
db_tap <<'SQL'
select no_plan();
select stage();

create function pg_temp.ask(n integer) returns bigint language sql as $$ select hf.attempt_ask((t.try(n)).id) $$;

-- An attempt ends uncertain: what it was, and whether asking again may help.
create temp table ends as
select f, o, 100 + (row_number() over ())::int as n
from unnest(array['claimed', 'created', 'releasing', 'sent']) f, unnest(array['uncertain', 'unreachable']) o;
do $$ begin perform job_in(n, f) from ends; end $$;
select is(finish(n, o), 'uncertain', format('%s ends %s: uncertain', f, o)) from ends;
select is(((try(n)).was::text, (try(n)).doubtful), (f, o = 'unreachable'), '  and it is known from where, and whether a later answer may help') from ends;
select set_eq($$select job, state from hf.attempt_doubtful()$$, $$select id(n), f from ends where o = 'unreachable'$$,
    'printers that could not be asked are asked on');
select is(finish(n, 'delivered'), null, 'nobody ends it again unasked') from ends;
select is(pg_temp.ask(n) is not null, o = 'unreachable', format('%s, %s: %s fence to ask with', f, o, case o when 'unreachable' then 'a' else 'no' end)) from ends;
select is(state(n), 'uncertain', '  and the job stays uncertain') from ends;

-- A later answer: from each state, every outcome and count.
create temp table later as
select f, o, i, case
    when o = 'delivered' and f in ('sent', 'releasing') then 'delivered'
    when o = 'damaged' and f = 'claimed' then 'damaged'
    when o = 'held' and (f = 'claimed' or i = 0) then 'held' else 'uncertain' end as becomes,
    200 + (row_number() over ())::int as n
from unnest(array['claimed', 'created', 'releasing', 'sent']) f, unnest(array['delivered', 'held', 'uncertain', 'unreachable']) o, unnest(array[-1, 0, 4]) i;
do $$ begin perform job_in(n, f), finish(n, 'unreachable'), pg_temp.ask(n) from later; end $$;
create temp table fence as select n, (try(n)).id, (try(n)).fence from later;
select is(hf.job_finish(id, fence - 1, o, i, ''), null, 'an older fence answers nothing') from later natural join fence where i = 0;
select is(finish(n, o, i), becomes, format('%s, later %s with %s pages: %s', f, o, i, becomes)) from later;
select is(state(n), becomes, '  and so is the job') from later;
select is((try(n)).doubtful, o = 'unreachable', '  and whether it is asked on') from later;
select is(last_event(n), case o when 'unreachable' then 'job.uncertain warn' else 'job.resolved warn' end, '  with an event') from later;
select is(finish(n, o, i), null, '  once') from later;

-- The owner decides.
do $$ begin perform job_in(n, 'sent'), finish(n, 'uncertain', 4) from generate_series(301, 307) n; end $$;
select throws_ok($$select hf.job_again(id(301), 'bob', false)$$, 'P0002', 'no such job', 'another person''s job: no such job');
select throws_ok($$select hf.job_again(id(301), 'bob', true)$$, 'P0002', 'no such job', '  in no way');
select is((select state || ' ' || printer || ' ' || impressions from hf.job_notice('only301')), 'uncertain p901 4', 'the owner hears where, and how many pages are known');
select is_empty($$select * from hf.job_notice('bob')$$, 'and nobody else');
select is(hf.job_again(id(301), 'only301', false), 'asking', 'again: the printer''s job comes first');
select is(state(301), 'uncertain', '  until then nothing is released');
select is_empty($$select claim('only301')$$, '  by no tap');
select is((select job from hf.attempt_doubtful() where again), id(301), '  the printer is asked');
select is(hf.job_again(id(301), 'only301', false), 'asking', '  asked for twice');
select is((select count(*) from hf.event where job = id(301) and kind = 'job.again'), 1::bigint, '  is one event');
select isnt(pg_temp.ask(301), null, '  under a new fence');
select is(finish(301, 'unreachable'), 'uncertain', 'its printer does not answer: still uncertain');
select isnt(pg_temp.ask(301), null, '  and asked on');
select is(finish(301, 'uncertain', 4), 'held', 'its printer job is out of the way: held');
select is(array(select claim('only301')), array[id(301)], '  and released again');
select is(hf.job_again(id(302), 'only302', true), 'held', 'the owner does not want to wait for a printer: held');
select is((select data ->> 'anyway' from hf.event where job = id(302) order by id desc limit 1), 'true', '  which is written down');
select throws_ok($$select hf.job_again(id(302), 'only302', false)$$, 'P0001', 'this job is not uncertain any more', '  once');
do $$ begin perform hf.job_again(id(303), 'only303', false), pg_temp.ask(303), hf.job_cancel(id(303), 'root', ''); end $$;
select is(finish(303, 'held', 0), null, 'a job deleted meanwhile is not held again');
select is(state(303), 'cancelled', '  but deleted');
do $$ begin perform hf.job_again(id(304), 'only304', false), pg_temp.ask(304); end $$;
select is(finish(304, 'delivered'), 'delivered', 'it was printed after all: delivered, not printed again');
select throws_ok($$select hf.job_again(id(304), 'only304', true)$$, 'P0001', null, '  and nothing more to decide');
select hf.person_disable('only305', true);
select throws_ok($$select hf.job_again(id(305), 'only305', true)$$, 'P0001', 'user "only305" may not print', 'who is disabled prints nothing again');
do $$ begin perform job_in(310, 'held'), job_in(311, 'damaged'); end $$;
select throws_ok($$select hf.job_again(id(310), 'only310', true)$$, 'P0001', null, 'a held job is not for this');
select is((select state from hf.job_notice('only311')), 'damaged', 'who lost a document hears of it');

-- A session decides for its own person only.
do $$ begin
	insert into hf.web_session (hash, person, expires) values (sha256('s6'), 'only306', now() + interval '1 hour');
end $$;
select throws_ok($$select hf.do_own_again(sha256('s6'), id(307), true)$$, 'P0002', null, 'a session: not another person''s job');
select throws_ok($$select hf.do_own_again(sha256('nobody'), id(306), true)$$, '28000', null, 'no session: no');
select is(hf.do_own_again(sha256('s6'), id(306), false)::jsonb, '{"state": "asking"}', 'its own: yes');

-- What must have a file.
select set_eq($$select id, state from hf.job_kept('00000000-0000-0000-0000-000000000000', 10000)$$,
    $$select id, state from hf.job where state in ('held', 'claimed', 'created', 'releasing', 'sent', 'uncertain')$$, 'job_kept lists what must have a file');
select is((select count(*) from hf.job_kept(id(200), 3) where id > id(200)), 3::bigint, '  a piece at a time');

-- The clock.
do $$ begin perform adopt(400), adopt(401, lives => -1), adopt(402, lives => -1); end $$;
select is(hf.clock_suspend(86400), true, 'the clock jumped: expiry is suspended');
select is(hf.clock_suspend(86400), false, '  once');
select is((select kind || level from hf.event order by id desc limit 1), 'clock.steppedalarm', '  with an alarm');
select is_empty($$select hf.job_expire(100)$$, 'no job expires');
select is(array(select claim('ann')), array[id(400), id(401), id(402)], 'and all are released');
select is((select suspended from hf.clock_state()), true, 'the service sees it');
select is((select seconds from hf.admin_clock), 86400::bigint, 'the administrator too');
do $$ begin perform adopt(403, lives => -1); end $$;
select is((select held from hf.tap_lookup(id(801), id(901), sha256('badge-ann'))), 1, 'a tap counts it');
select is(hf.clock_acknowledge(), true, 'the administrator acknowledges');
select is(hf.clock_acknowledge(), false, '  once');
select is((select held from hf.tap_lookup(id(801), id(901), sha256('badge-ann'))), 0, 'a tap counts it no more');
select is(array(select hf.job_expire(100)), array[id(403)], 'and it expires');
select finish();
SQL
