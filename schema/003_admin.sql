-- What the administrator (hf_admin) may do.  Errors are sentences for a
-- person: P0001 refused, P0002 no such thing.  The actor of an event is the
-- operating-system user, which `holdfast` puts into the session's hf.actor.

-- Helpers, granted to nobody ------------------------------------------------

create function hf.need_person(name text) returns void
language plpgsql stable set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	perform from person n where n.name = $1;
	if not found then
		raise exception 'no such user "%"', $1 using errcode = 'P0002';
	end if;
end
$$;

create function hf.need_printer(name text) returns uuid
language plpgsql stable set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_id	uuid;
begin
	select p.id into v_id from printer p where p.name = $1 and p.removed_at is null;
	if not found then
		raise exception 'no such printer "%"', $1 using errcode = 'P0002';
	end if;
	return v_id;
end
$$;

create function hf.need_reader(name text) returns uuid
language plpgsql stable set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_id	uuid;
begin
	select r.id into v_id from reader r where r.name = $1 and r.revoked_at is null;
	if not found then
		raise exception 'no such reader "%"', $1 using errcode = 'P0002';
	end if;
	return v_id;
end
$$;

-- An event of the administrator, and word of it to whoever listens.
create function hf.admin_did(kind text, printer uuid, reader uuid, job uuid, data jsonb)
    returns void
language plpgsql set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	insert into event (kind, level, actor, job, printer, reader, data)
	values ($1, 'info', hf.actor(), $4, $2, $3, jsonb_strip_nulls($5));
	if $2 is not null then
		perform pg_notify('hf', 'printer ' || $2);
	end if;
	if $3 is not null then
		perform pg_notify('hf', 'reader ' || $3);
	end if;
end
$$;

-- People and badges -------------------------------------------------------------

create function hf.person_add(name text, display text) returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	insert into person (name, display) values ($1, coalesce($2, '')) on conflict do nothing;
	if not found then
		raise exception 'there is already a user "%"', $1;
	end if;
	perform hf.admin_did('person.added', null, null, null, jsonb_build_object('person', $1));
end
$$;

create function hf.person_disable(name text, disabled boolean) returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	perform hf.need_person($1);
	update person n set disabled_at = case when $2 then now() end
	    where n.name = $1 and (n.disabled_at is not null) <> $2;
	if found then
		perform hf.admin_did(case when $2 then 'person.disabled' else 'person.enabled' end,
		    null, null, null, jsonb_build_object('person', $1));
	end if;
end
$$;

create function hf.enrolment_start(person text, reader_name text, label text, seconds integer)
    returns uuid
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_reader uuid := hf.need_reader($2);
	v_id	uuid;
	v_other	text;
begin
	perform hf.need_person($1);
	perform from person n where n.name = $1 and n.disabled_at is not null;
	if found then
		raise exception 'user "%" is disabled', $1;
	end if;
	perform from reader r where r.id = v_reader and r.enrolled_at is not null for update;
	if not found then
		raise exception 'reader "%" has not used its token yet', $2;
	end if;
	if $4 not between 1 and 3600 then
		raise exception 'an enrolment waits 1 to 3600 seconds';
	end if;
	select e.person into v_other from enrolment e
	    where e.reader = v_reader and e.done_at is null and e.expires > now() limit 1;
	if found then
		raise exception 'reader "%" is already waiting for a badge of user "%"', $2, v_other;
	end if;
	insert into enrolment (person, reader, label, expires)
	    values ($1, v_reader, coalesce($3, ''), clock_timestamp() + make_interval(secs => $4))
	    returning id into v_id;
	perform hf.admin_did('enrolment.started', null, v_reader, null,
	    jsonb_build_object('person', $1, 'enrolment', v_id));
	return v_id;
end
$$;

create function hf.enrolment_state(id uuid) returns table (done boolean, badge uuid)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select e.done_at is not null, e.badge from enrolment e where e.id = $1;
end
$$;

-- The administrator has gone away: the next stranger's badge must not be bound.
create function hf.enrolment_cancel(id uuid) returns boolean
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	update enrolment e set expires = least(e.expires, e.began_at)
	    where e.id = $1 and e.done_at is null;
	return found;
end
$$;

create function hf.badge_revoke(id uuid) returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_person text;
begin
	select b.person into v_person from badge b where b.id = $1;
	if not found then
		raise exception 'no such badge %', $1 using errcode = 'P0002';
	end if;
	update badge b set revoked_at = now() where b.id = $1 and b.revoked_at is null;
	if found then
		perform hf.admin_did('badge.revoked', null, null, null,
		    jsonb_build_object('badge', $1, 'person', v_person));
	end if;
end
$$;

-- Printers ------------------------------------------------------------------------

create function hf.printer_add(name text, uri text, spki_pin text, printer_uuid text,
    plain_allowed boolean, min_class integer, waiver text, location text) returns uuid
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_id	uuid;
	v_waiver text := nullif($7, '');
begin
	perform from printer p where p.name = $1 and p.removed_at is null;
	if found then
		raise exception 'there is already a printer "%"', $1;
	end if;
	if $6 = 0 and v_waiver is null then
		raise exception 'class 0 (a card number alone) needs a waiver with a reason';
	end if;
	if not $5 and ($2 not like 'ipps://%' or coalesce($3, '') = '') then
		raise exception 'a printer without a pinned key must be allowed to be plain';
	end if;
	insert into printer (name, uri, spki_pin, printer_uuid, plain_allowed, min_class, waiver,
	    waiver_by, waiver_at, location)
	values ($1, $2, coalesce($3, ''), coalesce($4, ''), $5, $6, v_waiver,
	    case when v_waiver is not null then hf.actor() end,
	    case when v_waiver is not null then now() end, coalesce($8, ''))
	returning id into v_id;
	perform hf.admin_did('printer.added', v_id, null, null, jsonb_build_object('name', $1,
	    'uri', $2, 'pin', nullif($3, ''), 'plain_allowed', $5, 'min_class', $6, 'waiver', v_waiver));
	return v_id;
end
$$;

create function hf.printer_remove(name text) returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_id	uuid := hf.need_printer($1);
begin
	update printer p set removed_at = now() where p.id = v_id;
	perform hf.admin_did('printer.removed', v_id, null, null, jsonb_build_object('name', $1));
end
$$;

create function hf.waiver_set(printer text, waiver text) returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_id	uuid := hf.need_printer($1);
	v_text	text := nullif($2, '');
begin
	update printer p set waiver = v_text,
	    waiver_by = case when v_text is not null then hf.actor() end,
	    waiver_at = case when v_text is not null then now() end,
	    min_class = case when v_text is not null then 0 else greatest(p.min_class, 1) end
	where p.id = v_id;
	perform hf.admin_did('printer.waiver', v_id, null, null,
	    jsonb_build_object('name', $1, 'waiver', coalesce(v_text, 'ended')));
end
$$;

-- Readers ---------------------------------------------------------------------------

create function hf.reader_add(name text, printer_names text[], token_hash bytea, seconds integer)
    returns uuid
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_id	uuid;
	v_name	text;
begin
	perform from reader r where r.name = $1 and r.revoked_at is null;
	if found then
		raise exception 'there is already a reader "%"', $1;
	end if;
	if coalesce(cardinality($2), 0) = 0 then
		raise exception 'a reader needs at least one printer';
	end if;
	if $4 not between 1 and 604800 then
		raise exception 'a token is good for 1 second to 7 days';
	end if;
	insert into reader (name, token_hash, token_expires)
	    values ($1, $3, now() + make_interval(secs => $4)) returning id into v_id;
	foreach v_name in array $2 loop
		insert into reader_printer (reader, printer)
		    values (v_id, hf.need_printer(v_name)) on conflict do nothing;
	end loop;
	perform hf.admin_did('reader.added', null, v_id, null,
	    jsonb_build_object('name', $1, 'printers', to_jsonb($2)));
	return v_id;
end
$$;

create function hf.reader_revoke(name text) returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_id	uuid := hf.need_reader($1);
begin
	update reader r set revoked_at = now(), token_hash = null, token_expires = null
	    where r.id = v_id;
	perform hf.admin_did('reader.revoked', null, v_id, null, jsonb_build_object('name', $1));
end
$$;

-- Jobs and queues ---------------------------------------------------------------------

-- Deletes, never releases.
create function hf.job_cancel(id uuid, actor text, reason text) returns boolean
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_was	text;
	v_why	text := left(coalesce($3, ''), 255);
begin
	select j.state into v_was from job j where j.id = $1 for update;
	if not found then
		raise exception 'no such job %', $1 using errcode = 'P0002';
	end if;
	if v_was not in ('held', 'uncertain') then
		return false;
	end if;
	update job j set state = 'cancelled', state_at = now(), reason = v_why where j.id = $1;
	insert into event (kind, level, actor, job, data)
	values ('job.cancelled', 'info', coalesce(nullif($2, ''), hf.actor()), $1,
	    jsonb_strip_nulls(jsonb_build_object('was', v_was, 'reason', nullif(v_why, ''))));
	perform pg_notify('hf', 'job ' || $1 || ' cancelled');
	return true;
end
$$;

create function hf.queue_set(name text, min_class integer, retention_hours integer) returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	insert into queue (name, min_class, retention_hours) values ($1, $2, $3)
	on conflict (name) do update set min_class = $2, retention_hours = $3;
	perform hf.admin_did('queue.set', null, null, null,
	    jsonb_build_object('queue', $1, 'min_class', $2, 'retention_hours', $3));
end
$$;

grant execute on function
    hf.person_add(text, text), hf.person_disable(text, boolean),
    hf.enrolment_start(text, text, text, integer), hf.enrolment_state(uuid),
    hf.enrolment_cancel(uuid), hf.badge_revoke(uuid),
    hf.printer_add(text, text, text, text, boolean, integer, text, text),
    hf.printer_remove(text), hf.waiver_set(text, text),
    hf.reader_add(text, text[], bytea, integer), hf.reader_revoke(text),
    hf.job_cancel(uuid, text, text), hf.queue_set(text, integer, integer)
to hf_admin;
