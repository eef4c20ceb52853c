#!/bin/sh
# Readers and taps: what a decision needs is told truly, and an unknown badge is bound only where somebody waits for it.
. "$(dirname "$0")/lib.sh"
db_start
db_tap <<'SQL'
select no_plan();
select stage();

-- Enrolling a reader.
select is_empty($$select * from hf.reader_enrol(sha256('wrong'), sha256('k'), '', '')$$, 'an unknown token enrols nobody');
select is_empty($$select * from hf.reader_key(id(802))$$, 'a reader that has not enrolled has no key');
select is_empty($$select * from hf.reader_hello(id(802))$$, 'and is not greeted');
select throws_ok($$select * from hf.reader_enrol(sha256('token802'), '\x00', '', '')$$, '23514', null, 'a short key is refused');
select throws_ok($$select * from hf.reader_enrol(sha256('token802'), sha256('r801'), '', '')$$, '23505', null, 'as is the key of another reader');
select results_eq($$select reader, name, printer, printer_name from hf.reader_enrol(sha256('token802'), sha256('r802'), 'ACR122U', '0.1')$$,
    $$values (id(802), 'r802', id(901), 'p901')$$, 'a good token enrols its reader and tells its printers');
select is_empty($$select * from hf.reader_enrol(sha256('token802'), sha256('x'), '', '')$$, 'a token is good once');
select is((select token_hash from hf.reader where id = id(802)), null, 'nothing of it is kept');
select results_eq($$select * from hf.reader_key(id(802))$$, $$values (sha256('r802'), false)$$, 'its key is known');
select is((select kind || ' ' || (data ->> 'hardware') from hf.event where reader = id(802)), 'reader.enrolled ACR122U', 'with an event');
select hf.reader_add('r803', array['p901'], sha256('token803'), 60);
update hf.reader set token_expires = now() where name = 'r803';
select is_empty($$select * from hf.reader_enrol(sha256('token803'), sha256('r803'), '', '')$$, 'a token past its end enrols nobody');
select hf.reader_add('r804', array['p901'], sha256('token804'), 60);
select hf.reader_revoke('r804');
select is_empty($$select * from hf.reader_enrol(sha256('token804'), sha256('r804'), '', '')$$, 'nor does one of a revoked reader');

select results_eq($$select * from hf.reader_hello(id(801))$$, $$values (id(901), 'p901'), (id(902), 'p902')$$, 'a reader is told its printers by name');
select ok((select last_seen_at is not null from hf.reader where id = id(801)), 'and was seen');
select hf.printer_remove('p902');
select results_eq($$select * from hf.reader_hello(id(801))$$, $$values (id(901), 'p901')$$, 'but no removed printer');

-- Looking up a tap.
do $$ begin perform adopt(1), adopt(2), adopt(3, 'bob'), adopt(4, lives => -1), job_in(5, 'uncertain'); end $$;
update hf.printer set waiver = null, waiver_by = null, waiver_at = null, min_class = 2 where id = id(901);
create function pg_temp.look(reader integer, printer integer, badge text) returns text language sql as $$
	select concat_ws(' ', case when reader_ok then 'reader' end, case when bound then 'bound' end, nullif(printer_name, ''),
	    case when printer_ok then 'ready' end, 'class', min_class, case when waiver then 'waived' end, badge,
	    case when badge_revoked then 'revoked' end, person, nullif(display, ''), case when person_disabled then 'disabled' end, held, uncertain,
	    case when pending_enrolment then 'pending' end)
	from hf.tap_lookup(id(reader), id(printer), sha256(badge::bytea))
$$;
select is(pg_temp.look(801, 901, 'badge-ann'), 'reader bound p901 ready class 2 ' || id(701) || ' ann Ann A. 2 0', 'a tap of a known badge');
update hf.job set owner = owner;
select is(pg_temp.look(801, 901, 'badge-bob'), 'reader bound p901 ready class 2 ' || id(702) || ' bob Bob B. 1 0', 'another person''s tap shows their jobs');
select is(pg_temp.look(801, 901, 'nobody'), 'reader bound p901 ready class 2 0 0', 'an unknown badge has neither person nor jobs');
select is(pg_temp.look(801, 999, 'badge-ann'), 'reader class 3 ' || id(701) || ' ann Ann A. 0 0', 'an unknown printer is not ready and demands the most');
select is(pg_temp.look(801, 902, 'badge-ann'), 'reader bound p902 class 1 ' || id(701) || ' ann Ann A. 2 0', 'nor is a removed one');
select is(pg_temp.look(801, 903, 'badge-ann'), 'reader p903 class 1 ' || id(701) || ' ann Ann A. 2 0', 'nor a disabled one, and this reader is not bound to it');
select is(pg_temp.look(999, 901, 'badge-ann'), 'p901 ready class 2 ' || id(701) || ' ann Ann A. 2 0', 'an unknown reader is not ok');
select hf.waiver_set('p901', 'open office');
select is(pg_temp.look(801, 901, 'badge-ann'), 'reader bound p901 ready class 0 waived ' || id(701) || ' ann Ann A. 2 0', 'a waiver is told');
select hf.reader_revoke('r801');
select is(pg_temp.look(801, 901, 'badge-ann'), 'bound p901 ready class 0 waived ' || id(701) || ' ann Ann A. 2 0', 'a revoked reader is not ok');
select results_eq($$select * from hf.reader_key(id(801))$$, $$values (sha256('r801'), true)$$, 'its key is known as revoked');
select is_empty($$select * from hf.reader_hello(id(801))$$, 'and it is not greeted');
select hf.person_disable('ann', true);
select is(pg_temp.look(802, 901, 'badge-ann'), 'reader bound p901 ready class 0 waived ' || id(701) || ' ann Ann A. disabled 2 0', 'a disabled person is told');
select hf.person_disable('ann', false);
do $$ begin perform claim_all from hf.job_claim('ann', id(901), id(802), null, 1) claim_all; end $$;
do $$ begin perform finish(j, 'uncertain') from (select case when state(1) = 'claimed' then 1 else 2 end j) x; end $$;
select is(pg_temp.look(802, 901, 'badge-ann'), 'reader bound p901 ready class 0 waived ' || id(701) || ' ann Ann A. 1 1', 'held and uncertain jobs are counted apart');

-- Tap to enrol.
select is_empty($$select hf.tap_enrol(id(802), sha256('new'), 1)$$, 'nobody waits: no badge is bound');
select hf.enrolment_start('bob', 'r802', 'blue', 60);
select is(pg_temp.look(802, 901, 'new'), 'reader bound p901 ready class 0 waived 0 0 pending', 'somebody waits');
select is_empty($$select hf.tap_enrol(id(802), sha256('badge-ann'), 1)$$, 'a badge that is somebody''s is not bound again');
select is_empty($$select hf.tap_enrol(id(801), sha256('new'), 1)$$, 'nor is one at another reader');
select is((select hf.tap_enrol(id(802), sha256('new'), 3)), 'bob', 'the unknown badge is bound');
select is((select person || ' ' || label || ' ' || kind from hf.badge where hash = sha256('new')), 'bob blue 3', 'to the person that was named');
select is_empty($$select hf.tap_enrol(id(802), sha256('newer'), 1)$$, 'and the next one is not');
select is((select s.done and s.badge is not null from hf.enrolment e, hf.enrolment_state(e.id) s), true, 'the administrator can see it');
select is((select kind || ' ' || (data ->> 'person') from hf.event where kind = 'badge.enrolled'), 'badge.enrolled bob', 'with an event');
create temp table e as select hf.enrolment_start('bob', 'r802', '', 60) id;
select ok((select hf.enrolment_cancel(id) from e), 'an enrolment can be called off');
select is_empty($$select hf.tap_enrol(id(802), sha256('stranger'), 1)$$, 'and then binds nobody''s badge');
select ok((select not hf.enrolment_cancel(id) from hf.enrolment where done_at is not null), 'one that is done cannot');
select hf.badge_revoke((select id from hf.badge where hash = sha256('new')));
select is(pg_temp.look(802, 901, 'new'), 'reader bound p901 ready class 0 waived ' || (select id from hf.badge where hash = sha256('new')) || ' revoked bob Bob B. 1 0', 'a revoked badge is told');
select hf.enrolment_start('ann', 'r802', '', 60);
select is((select hf.tap_enrol(id(802), sha256('new'), 1)), 'ann', 'a revoked badge can be given to somebody else');
select is((select person from hf.tap_lookup(id(802), id(901), sha256('new'))), 'ann', 'whose it is from then on');
select hf.enrolment_start('bob', 'r802', '', 60);
select hf.person_disable('bob', true);
select is_empty($$select hf.tap_enrol(id(802), sha256('late'), 1)$$, 'no badge is bound to a person who was disabled meanwhile');

-- Records.
select hf.tap_record(id(802), id(901), id(701), 'no-jobs', 'ann');
select is((select kind || ' ' || actor || ' ' || (data ->> 'result') || ' ' || (data ->> 'badge') from hf.event where kind = 'tap'),
    'tap ann no-jobs ' || id(701), 'a tap that released nothing is recorded');
select ok((select last_used_at is not null from hf.badge where id = id(701)), 'and the badge was used');
select hf.tap_record(id(802), id(901), null, 'unknown-card', '');
select is((select actor || ' ' || data::text from hf.event order by id desc limit 1), 'unknown {"result": "unknown-card"}', 'an unknown badge''s too');
select hf.event_add('service.started', 'info', '', null, null, null, null);
select is((select kind || ' ' || actor from hf.event order by id desc limit 1), 'service.started release', 'events without a change of state');
select throws_ok($$select hf.event_add('x', 'loud', '', null, null, null, null)$$, '23514', null, 'have one of four levels');
select throws_ok($$select hf.event_add('x', 'info', '', null, null, null, '[]')$$, '23514', null, 'and an object of data');
select throws_ok($$select hf.event_add('x', 'info', '', null, null, null, jsonb_build_object('x', (select string_agg(md5(i::text), '') from generate_series(1, 1000) i)))$$,
    '23514', null, 'of bounded size');

-- Printers.
select results_eq($$select name, disabled from hf.printer_all()$$, $$values ('p901', false), ('p903', true)$$, 'printer_all lists what is not removed');
select results_eq($$select name, uri, disabled from hf.printer_for_release(id(902))$$, $$values ('p902', 'ipps://printer902/ipp/print', true)$$,
    'a removed printer is still known, for what is open there');
select is_empty($$select * from hf.printer_for_release(id(999))$$, 'an unknown one is not');

-- The event table only grows.
select throws_ok('update hf.event set level = ''info''', 'P0001', 'the event table can only be appended to', 'events cannot be changed');
select throws_ok('delete from hf.event', 'P0001', 'the event table can only be appended to', 'nor deleted');
select throws_ok('truncate hf.event', 'P0001', 'the event table can only be appended to', 'nor truncated');
set role hf_owner;
select tap.throws_ok('delete from hf.event', 'P0001', 'the event table can only be appended to', 'not even by their owner');
reset role;
select finish();
SQL
