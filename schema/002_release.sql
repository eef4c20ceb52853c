-- What the role queue (hf_release) may do.  Each function is one step of
-- doc/release-protocol.md, names the state that it expects and writes its
-- event in the same transaction.
--
-- All are security definer with a search path of their own; times cross the
-- border as seconds since 1970.  Order of row locks: attempt before job; a
-- claim locks jobs first, but makes its attempts itself.

-- Helpers, granted to nobody ------------------------------------------------

create function hf.actor() returns text
language sql stable set search_path = hf, pg_temp as $$
	select coalesce(nullif(current_setting('hf.actor', true), ''), session_user)
$$;

-- Seconds that a host wrote into an envelope: kept within what a timestamp holds.
create function hf.at_second(s bigint) returns timestamptz
language sql immutable as $$
	select to_timestamp(least(greatest(s, 0), 253402300799))
$$;

-- Adoption --------------------------------------------------------------------

create function hf.job_adopt(id uuid, owner text, queue text, format text,
    bytes bigint, submitted bigint, expires bigint, copies integer,
    sides integer, color integer, host_id bytea, key_id bytea,
    intake_key bytea, dup_tag bytea, cups_job bigint default 0,
    document integer default 1) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_submitted	timestamptz := hf.at_second(submitted);
	v_expires	timestamptz := hf.at_second(expires);
	v_hours		integer;
	v_row		job%rowtype;
	v_other		uuid;
begin
	select q.retention_hours into v_hours from queue q where q.name = $3;
	if v_hours is not null then
		v_expires := least(v_expires, v_submitted + make_interval(hours => v_hours));
	end if;
	insert into job (id, owner, queue, format, bytes, submitted, expires, copies,
	    sides, color, host_id, key_id, intake_key, dup_tag, cups_job, document)
	values ($1, $2, $3, $4, $5, v_submitted, v_expires, $8, $9, $10, $11, $12,
	    $13, $14, $15, $16)
	on conflict do nothing;
	if found then
		select j.id into v_other from job j
		    where j.intake_key = $13 and j.id <> $1 and j.state <> 'damaged' limit 1;
		insert into event (kind, level, actor, job, data) values ('job.held',
		    case when v_other is null then 'info' else 'alarm' end, 'release', $1,
		    case when v_other is null
			then jsonb_build_object('owner', $2, 'queue', $3, 'bytes', $5)
			else jsonb_build_object('owner', $2, 'queue', $3, 'bytes', $5,
			    'conflict', v_other)
		    end);
		perform pg_notify('hf', 'job ' || $1 || ' held');
		return case when v_other is null then 'adopted' else 'conflict' end;
	end if;
	select * into v_row from job j where j.id = $1 for update;
	select j.id into v_other from job j where j.intake_key = $13 and j.dup_tag = $14
	    and j.state <> 'damaged' and j.id <> $1;
	if v_row.id is null or v_row.state = 'damaged' and v_other is not null then
		insert into event (kind, level, actor, job, data)
		    values ('job.duplicate', 'warn', 'release', v_other,
			jsonb_build_object('dropped', $1));
		return 'duplicate';
	end if;
	if v_row.intake_key <> $13 or v_row.dup_tag <> $14 then
		raise exception 'job % is already another document', $1;
	end if;
	if v_row.state in ('delivered', 'cancelled', 'expired') then
		return 'finished';
	end if;
	if v_row.state <> 'damaged' then
		return 'again';
	end if;
	-- The file of a job that was given up is here again, and sound.
	if exists (select from attempt a where a.id = v_row.attempt and a.state = 'damaged') then
		return 'finished';	-- its signature is right, but it does not open
	end if;
	update job set state = 'held', state_at = now(), reason = '' where id = $1;
	insert into event (kind, level, actor, job) values ('job.found', 'warn', 'release', $1);
	perform pg_notify('hf', 'job ' || $1 || ' held');
	return 'adopted';
end
$$;

create function hf.job_missing(id uuid, reason text) returns boolean
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	update job set state = 'damaged', state_at = now(), reason = left($2, 255)
	    where id = $1 and state = 'held';
	if not found then
		return false;
	end if;
	insert into event (kind, level, actor, job, data) values ('job.damaged', 'alarm',
	    'release', $1, jsonb_build_object('reason', left($2, 255)));
	perform pg_notify('hf', 'job ' || $1 || ' damaged');
	return true;
end
$$;

create function hf.job_expire(max integer) returns setof uuid
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query
	with due as materialized (
		select j.id, j.state from job j
		where j.state in ('held', 'uncertain') and j.expires <= now()
		order by j.expires limit $1 for update skip locked
	), gone as (
		update job j set state = 'expired', state_at = now()
		from due where j.id = due.id
		returning j.id, due.state as was
	), noted as (
		insert into event (kind, level, actor, job, data)
		select 'job.expired', 'info', 'release', gone.id,
		    jsonb_build_object('was', gone.was) from gone
	), told as materialized (
		select pg_notify('hf', 'job ' || gone.id || ' expired') from gone
	)
	select gone.id from gone, (select count(*) from told) as t;
end
$$;

create function hf.job_state(ids uuid[]) returns table (id uuid, state text)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select j.id, j.state::text from job j where j.id = any ($1);
end
$$;

-- Readers -----------------------------------------------------------------------

create function hf.reader_key(reader uuid) returns table (public_key bytea, revoked boolean)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select r.public_key, r.revoked_at is not null
	    from reader r where r.id = $1 and r.public_key is not null;
end
$$;

-- A reader's printers, in the order of their names.
create function hf.printers_of(reader uuid) returns table (printer uuid, name text)
language plpgsql stable set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select p.id, p.name from reader_printer b join printer p on p.id = b.printer
	    where b.reader = $1 and p.removed_at is null order by p.name;
end
$$;

create function hf.reader_hello(reader uuid) returns table (printer uuid, name text)
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	perform from reader r where r.id = $1 and r.revoked_at is null and r.enrolled_at is not null;
	if not found then
		return;
	end if;
	-- Readers come for nonces at every tap: one write in half a minute is enough.
	update reader r set last_seen_at = now() where r.id = $1
	    and (r.last_seen_at is null or r.last_seen_at < now() - interval '30 seconds');
	return query select p.printer, p.name from hf.printers_of($1) p;
end
$$;

create function hf.reader_enrol(token_hash bytea, public_key bytea, hardware text, version text)
    returns table (reader uuid, name text, printer uuid, printer_name text)
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_id	uuid;
	v_name	text;
begin
	update reader r set token_hash = null, token_expires = null, public_key = $2,
	    hardware = $3, version = $4, enrolled_at = now(), last_seen_at = now()
	where r.token_hash = $1 and r.token_expires > now()
	    and r.enrolled_at is null and r.revoked_at is null
	returning r.id, r.name into v_id, v_name;
	if not found then
		return;
	end if;
	insert into event (kind, level, actor, reader, data) values ('reader.enrolled', 'info',
	    'release', v_id, jsonb_build_object('name', v_name, 'hardware', $3, 'version', $4));
	perform pg_notify('hf', 'reader ' || v_id);
	return query select v_id, v_name, p.printer, p.name from hf.printers_of(v_id) p;
end
$$;

-- Taps ----------------------------------------------------------------------------

create function hf.tap_lookup(reader uuid, printer uuid, hash bytea)
    returns table (reader_ok boolean, bound boolean, printer_name text, printer_ok boolean,
	min_class integer, waiver boolean, badge uuid, badge_revoked boolean, person text,
	display text, person_disabled boolean, held integer, uncertain integer,
	pending_enrolment boolean)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_printer	record;
	v_badge		record;
	v_person	record;
begin
	reader_ok := exists (select from reader r
	    where r.id = $1 and r.enrolled_at is not null and r.revoked_at is null);
	bound := exists (select from reader_printer b where b.reader = $1 and b.printer = $2);
	select p.name, p.min_class, p.waiver is not null as waived,
	    p.disabled_at is null and p.removed_at is null as ok
	into v_printer from printer p where p.id = $2;
	printer_name := coalesce(v_printer.name, '');
	printer_ok := coalesce(v_printer.ok, false);
	min_class := coalesce(v_printer.min_class, 3);
	waiver := coalesce(v_printer.waived, false);
	-- A card that was given out again counts, not its revoked past.  Badge and
	-- person are looked up apart: a join planned while both tables were small
	-- reads all people at every tap when there are many.
	select b.id, b.person, b.revoked_at is not null as revoked into v_badge
	from badge b where b.hash = $3
	order by b.revoked_at is not null, b.added_at desc limit 1;
	select n.display, n.disabled_at is not null as disabled into v_person
	from person n where n.name = v_badge.person;
	badge := v_badge.id;
	badge_revoked := coalesce(v_badge.revoked, false);
	person := v_badge.person;
	display := coalesce(v_person.display, '');
	person_disabled := coalesce(v_person.disabled, false);
	held := 0;
	uncertain := 0;
	if badge is not null then
		select count(*) into held from (select from job j
		    where j.owner = v_badge.person and j.state = 'held' and j.expires > now()
			and coalesce((select q.min_class from queue q where q.name = j.queue), 0)
			    <= v_printer.min_class limit 1000) as h;
		select count(*) into uncertain from (select from job j
		    where j.owner = v_badge.person and j.state = 'uncertain' limit 1000) as u;
	end if;
	pending_enrolment := exists (select from enrolment e
	    where e.reader = $1 and e.done_at is null and e.expires > now());
	return next;
end
$$;

create function hf.tap_enrol(reader uuid, hash bytea, kind integer) returns setof text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_enrolment	record;
	v_badge		uuid;
begin
	perform from reader r where r.id = $1 and r.enrolled_at is not null and r.revoked_at is null;
	if not found then
		return;
	end if;
	select e.id, e.person, e.label into v_enrolment from enrolment e
	where e.reader = $1 and e.done_at is null and e.expires > now()
	order by e.began_at limit 1 for update skip locked;
	if not found then
		return;
	end if;
	perform from person n where n.name = v_enrolment.person and n.disabled_at is null;
	if not found then
		return;
	end if;
	insert into badge (hash, kind, person, label)
	    values ($2, $3, v_enrolment.person, v_enrolment.label)
	    on conflict do nothing returning id into v_badge;
	if not found then
		return;		-- somebody's badge already
	end if;
	update enrolment set done_at = now(), badge = v_badge where id = v_enrolment.id;
	insert into event (kind, level, actor, reader, data) values ('badge.enrolled', 'info',
	    'release', $1, jsonb_build_object('badge', v_badge, 'person', v_enrolment.person,
	    'kind', $3));
	perform pg_notify('hf', 'enrolment ' || v_enrolment.id);
	return next v_enrolment.person;
end
$$;

create function hf.tap_record(reader uuid, printer uuid, badge uuid, result text, person text)
    returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	update badge b set last_used_at = now() where b.id = $3;
	insert into event (kind, level, actor, printer, reader, data)
	values ('tap', 'info', coalesce(nullif($5, ''), 'unknown'), $2, $1,
	    jsonb_strip_nulls(jsonb_build_object('result', $4, 'badge', $3)));
end
$$;

-- Release ---------------------------------------------------------------------------

create function hf.job_claim(person text, printer uuid, reader uuid, badge uuid, max integer)
    returns table (job uuid, attempt bigint, fence bigint, token text, format text, bytes bigint)
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_class	smallint;
begin
	-- All of it again, now: what tap_lookup saw may have been revoked since.
	select p.min_class into v_class from printer p
	    where p.id = $2 and p.disabled_at is null and p.removed_at is null;
	if not found then
		raise exception 'this printer is not in service';
	end if;
	perform from person n where n.name = $1 and n.disabled_at is null;
	if not found then
		raise exception 'user "%" may not print', $1;
	end if;
	if $3 is not null then
		perform from reader r join reader_printer b on b.reader = r.id
		    where r.id = $3 and b.printer = $2 and r.revoked_at is null
			and r.enrolled_at is not null;
		if not found then
			raise exception 'this reader may not release to this printer';
		end if;
	end if;
	if $4 is not null then
		update badge b set last_used_at = now()
		    where b.id = $4 and b.person = $1 and b.revoked_at is null;
		if not found then
			raise exception 'this badge is not valid for user "%"', $1;
		end if;
	end if;
	return query
	with picked as materialized (
		select j.id, j.format, j.bytes,
		    row_number() over (order by j.submitted, j.cups_job, j.document, j.id) as n
		from (select h.id, h.format, h.bytes, h.submitted, h.cups_job, h.document
			from job h
			where h.owner = $1 and h.state = 'held' and h.expires > now()
			    and coalesce((select q.min_class from queue q where q.name = h.queue), 0)
				<= v_class
			order by h.submitted, h.cups_job, h.document, h.id
			limit $5 for update skip locked) as j
	), tried as (
		insert into attempt (job, fence, printer, reader, badge, person, token)
		select p.id, nextval('fence'), $2, $3, $4, $1,
		    encode(uuid_send(gen_random_uuid()), 'hex')
		from picked p order by p.n
		returning id, job, fence, token
	), taken as (
		update job j set state = 'claimed', state_at = now(), attempt = t.id, reason = ''
		from tried t where j.id = t.job
	), noted as (
		insert into event (kind, level, actor, job, printer, reader, data)
		select 'open', 'info', $1, t.job, $2, $3, jsonb_strip_nulls(
		    jsonb_build_object('attempt', t.id, 'fence', t.fence, 'badge', $4))
		from tried t
	), told as materialized (
		select pg_notify('hf', 'job ' || t.job || ' claimed') from tried t
	)
	select t.job, t.id, t.fence, t.token::text, p.format::text, p.bytes::bigint
	from tried t join picked p on p.id = t.job, (select count(*) from told) as x
	order by p.n;
end
$$;

create function hf.job_advance(attempt bigint, fence bigint, to_state text, pjob_id integer,
    pjob_uuid text, up_time bigint) returns boolean
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_job		uuid;
	v_printer	uuid;
	v_from		text := case $3 when 'created' then 'claimed' when 'releasing' then 'created'
			    when 'sent' then 'created' end;
begin
	if v_from is null then
		raise exception 'an attempt cannot advance to "%"', $3;
	end if;
	update attempt a set state = $3,
	    printer_job_id = coalesce($4, a.printer_job_id),
	    printer_job_uuid = coalesce(nullif($5, ''), a.printer_job_uuid),
	    printer_up_time = coalesce($6, a.printer_up_time)
	where a.id = $1 and a.fence = $2 and a.state = v_from
	returning a.job, a.printer into v_job, v_printer;
	if not found then
		return false;
	end if;
	update job j set state = $3, state_at = now()
	    where j.id = v_job and j.state = v_from and j.attempt = $1;
	if not found then
		raise exception 'attempt % and job % disagree', $1, v_job using errcode = 'XX000';
	end if;
	insert into event (kind, level, actor, job, printer, data) values ('job.' || $3, 'info',
	    'release', v_job, v_printer, jsonb_build_object('attempt', $1));
	perform pg_notify('hf', 'job ' || v_job || ' ' || $3);
	return true;
end
$$;

-- What an attempt's end means for the job (doc/release-protocol.md, recovery).
-- Pure.  The outcome is what the role deliver says; the answer never claims
-- more than the state allows: where a page may be out and nobody counted,
-- only the owner decides.
create function hf.job_end(from_state text, outcome text, impressions integer) returns text
language sql immutable as $$
	select case
	when outcome = 'uncertain' then 'uncertain'
	when outcome = 'damaged' then
		case when from_state = 'claimed' then 'damaged' else 'uncertain' end
	when outcome = 'delivered' then
		case when from_state in ('sent', 'releasing') then 'delivered' else 'uncertain' end
	when outcome = 'held' then case
		when from_state = 'claimed' then 'held'
		when impressions = 0 then 'held'
		-- created: the deliverer knows that no document byte went out
		when from_state = 'created' and impressions is null then 'held'
		else 'uncertain' end
	end
$$;

create function hf.job_finish(attempt bigint, fence bigint, outcome text, impressions integer,
    reason text) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_a	attempt%rowtype;
	v_end	text;
	v_count	integer := case when $4 >= 0 then $4 end;
	v_why	text := left(coalesce($5, ''), 255);
begin
	select * into v_a from attempt a
	    where a.id = $1 and a.fence = $2 and a.ended_at is null for update;
	if not found then
		return null;
	end if;
	v_end := hf.job_end(v_a.state, $3, v_count);
	if v_end is null then
		raise exception 'an attempt cannot end as "%"', $3;
	end if;
	update attempt a set state = v_end, impressions = v_count, reason = v_why,
	    ended_at = clock_timestamp() where a.id = $1;
	update job j set state = v_end, state_at = now(), reason = v_why
	    where j.id = v_a.job and j.attempt = $1 and j.state = v_a.state;
	if not found then
		raise exception 'attempt % and job % disagree', $1, v_a.job using errcode = 'XX000';
	end if;
	insert into event (kind, level, actor, job, printer, data)
	values (case v_end when 'held' then 'job.returned' else 'job.' || v_end end,
	    case v_end when 'delivered' then 'info' when 'damaged' then 'alarm' else 'warn' end,
	    'release', v_a.job, v_a.printer, jsonb_strip_nulls(jsonb_build_object('attempt', $1,
	    'from', v_a.state, 'said', case when $3 <> v_end then $3 end,
	    'impressions', v_count, 'reason', nullif(v_why, ''))));
	perform pg_notify('hf', 'job ' || v_a.job || ' ' || v_end);
	return v_end;
end
$$;

create function hf.attempt_refence(attempt bigint) returns bigint
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_fence	bigint;
	v_job	uuid;
	v_printer uuid;
begin
	update attempt a set fence = nextval('fence') where a.id = $1 and a.ended_at is null
	returning a.fence, a.job, a.printer into v_fence, v_job, v_printer;
	if found then
		insert into event (kind, level, actor, job, printer, data) values ('attempt.recover',
		    'warn', 'release', v_job, v_printer,
		    jsonb_build_object('attempt', $1, 'fence', v_fence));
	end if;
	return v_fence;
end
$$;

create function hf.attempt_open() returns table (attempt bigint, fence bigint, job uuid,
    printer uuid, token text, state text, pjob_id integer, pjob_uuid text, up_time bigint,
    began_at bigint)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select a.id, a.fence, a.job, a.printer, a.token::text, a.state::text,
	    a.printer_job_id, a.printer_job_uuid::text, a.printer_up_time,
	    floor(extract(epoch from a.began_at))::bigint
	from attempt a where a.ended_at is null order by a.id;
end
$$;

-- Printers, events ------------------------------------------------------------------

create function hf.printer_for_release(printer uuid) returns table (id uuid, name text, uri text,
    spki_pin text, printer_uuid text, plain_allowed boolean, disabled boolean)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select p.id, p.name, p.uri, p.spki_pin, p.printer_uuid, p.plain_allowed,
	    p.disabled_at is not null or p.removed_at is not null
	from printer p where p.id = $1;
end
$$;

create function hf.printer_all() returns table (id uuid, name text, uri text,
    spki_pin text, printer_uuid text, plain_allowed boolean, disabled boolean)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select p.id, p.name, p.uri, p.spki_pin, p.printer_uuid, p.plain_allowed,
	    p.disabled_at is not null
	from printer p where p.removed_at is null order by p.name;
end
$$;

create function hf.event_add(kind text, level text, actor text, job uuid, printer uuid,
    reader uuid, data jsonb) returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	insert into event (kind, level, actor, job, printer, reader, data)
	    values ($1, $2, coalesce(nullif($3, ''), 'release'), $4, $5, $6, coalesce($7, '{}'));
end
$$;

grant execute on function
    hf.job_adopt(uuid, text, text, text, bigint, bigint, bigint, integer, integer, integer,
	bytea, bytea, bytea, bytea, bigint, integer),
    hf.job_missing(uuid, text), hf.job_expire(integer), hf.job_state(uuid[]),
    hf.reader_key(uuid), hf.reader_hello(uuid), hf.reader_enrol(bytea, bytea, text, text),
    hf.tap_lookup(uuid, uuid, bytea), hf.tap_enrol(uuid, bytea, integer),
    hf.tap_record(uuid, uuid, uuid, text, text),
    hf.job_claim(text, uuid, uuid, uuid, integer),
    hf.job_advance(bigint, bigint, text, integer, text, bigint),
    hf.job_finish(bigint, bigint, text, integer, text),
    hf.attempt_refence(bigint), hf.attempt_open(),
    hf.printer_for_release(uuid), hf.printer_all(),
    hf.event_add(text, text, text, uuid, uuid, uuid, jsonb)
to hf_release;
