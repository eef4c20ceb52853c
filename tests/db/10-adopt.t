#!/bin/sh
# Adoption is idempotent: a file is indexed once, and no copy of a document gets a second row.
. "$(dirname "$0")/lib.sh"
db_start
db_tap <<'SQL'
select no_plan();
select stage();

select is(adopt(1), 'adopted', 'a new file is adopted');
select is(state(1), 'held', 'and held');
select is(last_event(1), 'job.held info', 'with an event');
select is(adopt(1), 'again', 'the same file again changes nothing');
select is(events(1), 1::bigint, 'and is no event');
select is((select owner || ' ' || queue || ' ' || format || ' ' || bytes || ' ' || copies from hf.job where id = id(1)),
    'ann q application/pdf 1000 1', 'what the envelope said is stored');
select is((select extract(epoch from expires - submitted) from hf.job where id = id(1)), 3600::numeric,
    'times are seconds since 1970');

select is(adopt(2, key => 'key1', tag => 'tag1'), 'duplicate', 'a second copy of the same document is a duplicate');
select is(state(2), null, 'without a row');
select is(last_event(1), 'job.duplicate warn', 'and with an event at the first');
select is((select data ->> 'dropped' from hf.event where kind = 'job.duplicate'), id(2)::text, 'that names the dropped file');

select is(adopt(3, key => 'key1', tag => 'other'), 'conflict', 'the same intake key with another document is an alarm');
select is(state(3), 'held', 'but a job');
select is(last_event(3), 'job.held alarm', 'the event says alarm');
select is((select data ->> 'conflict' from hf.event where job = id(3)), id(1)::text, 'and names the other');

select throws_ok($$select adopt(1, key => 'another', tag => 'another')$$, 'P0001', null,
    'an id that is taken by another document is refused');

-- Terminal: the file may go.
select job_in(10, s) from (values ('delivered')) v(s);
select is(adopt(10, 'only10'), 'finished', 'a delivered job''s file is finished');
select job_in(11, 'cancelled');
select is(adopt(11, 'only11'), 'finished', 'a cancelled one''s too');
select job_in(12, 'expired');
select is(adopt(12, 'only12'), 'finished', 'an expired one''s too');
select is(array(select adopt(n, 'only' || n) from unnest(array[10, 11, 12]) n), array['finished', 'finished', 'finished'], 'every time');
select job_in(13, 'uncertain');
select is(adopt(13, 'only13'), 'again', 'an uncertain job is live');
select job_in(14, 'sent');
select is(adopt(14, 'only14'), 'again', 'a job on its way is live');
select is(adopt(15, key => 'key10', tag => 'tag10'), 'duplicate', 'a copy of a delivered document is dropped: not printed twice');

-- Damaged: a sound file that comes back is not lost.
select adopt(20);
select ok(hf.job_missing(id(20), 'file not found'), 'a held job whose file is gone becomes damaged');
select is(state(20) || ', ' || last_event(20), 'damaged, job.damaged alarm', 'with an alarm');
select ok(not hf.job_missing(id(20), 'again'), 'once');
select ok(not hf.job_missing(id(14), 'x'), 'a job on its way does not');
select ok(not hf.job_missing(id(99), 'x'), 'an unknown job does not');
select is(adopt(20), 'adopted', 'its file found again is adopted again');
select is(state(20) || ', ' || last_event(20), 'held, job.found warn', 'and held');
select hf.job_missing(id(20), 'gone again');
select is(adopt(21, key => 'key20', tag => 'tag20'), 'adopted', 'a sound second copy replaces a damaged one');
select is(adopt(20), 'duplicate', 'after which the first is not needed when it turns up');
select is(state(20), 'damaged', 'and stays what it is');
select job_in(22, 'damaged');
select is(adopt(22, 'only22'), 'finished', 'a file that did not open is finished');

-- Bounds.
select throws_ok($$select adopt(30, owner => '')$$, '23514', null, 'no owner: refused');
select throws_ok($$select adopt(30, owner => repeat('x', 256))$$, '23514', null, 'an owner of 256 bytes: refused');
select throws_ok($$select adopt(30, bytes => 0)$$, '23514', null, 'an empty document: refused');
select throws_ok($$select hf.job_adopt(id(30), 'ann', 'q', 'application/pdf', 1, 0, 1, 0, 0, 0, '\x0102030405060708',
    '\x0102030405060708', sha256('a'), sha256('b'))$$, '23514', null, 'no copies: refused');
select throws_ok($$select hf.job_adopt(id(30), 'ann', 'q', 'application/pdf', 1, 0, 1, 1, 0, 0, '\x01', '\x0102030405060708',
    sha256('a'), sha256('b'))$$, '23514', null, 'a short host id: refused');
select is(adopt(31, submitted => 9223372036854770000), 'adopted', 'a host that writes nonsense for a time does not stop adoption');
select is((select max(expires) < 'infinity' from hf.job where id = id(31)), true, 'its time is kept within bounds');
select is(adopt(32, submitted => -9223372036854775808), 'adopted', 'nor one before 1970');

-- Retention of the queue.
select hf.queue_set('short', 0, 2);
select adopt(40, queue => 'short', lives => 86400);
select is((select extract(epoch from expires - submitted) from hf.job where id = id(40)), 7200::numeric, 'the queue''s retention cuts the job''s');
select adopt(41, queue => 'short', lives => 60);
select is((select extract(epoch from expires - submitted) from hf.job where id = id(41)), 60::numeric, 'and never lengthens it');

-- Expiry.
select adopt(50, lives => -1), adopt(51, lives => -1), adopt(52, lives => -1), job_in(53, 'claimed'), job_in(54, 'uncertain');
update hf.job set expires = now() where id in (id(53), id(54));
select is((select count(*) from hf.job_expire(2)), 2::bigint, 'expiry takes at most what it is told');
select set_eq($$select id from hf.job where state = 'expired' union select hf.job_expire(100)$$,
    array[id(12), id(32), id(50), id(51), id(52), id(54)], 'held and uncertain jobs past their end expire');
select is(state(53), 'claimed', 'a job on its way does not');
select is(last_event(50), 'job.expired info', 'each with its event');
select is((select data ->> 'was' from hf.event where job = id(54) and kind = 'job.expired'), 'uncertain', 'that says what it was');
select is_empty($$select hf.job_expire(100)$$, 'once');

select set_eq($$select id::text || ' ' || state from hf.job_state(array[id(1), id(10), id(99)])$$,
    array[id(1) || ' held', id(10) || ' delivered'], 'job_state tells the states of those it knows');
select finish();
SQL
