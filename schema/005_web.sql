-- People at the web: passwords, roles, sessions; what each session may see and
-- do.  A session is a random token that only its browser knows; here is its
-- hash.  The web service (hf_web) shows the hash and sees what that session
-- may see; it changes nothing.  A change goes to the release service, which
-- shows the hash to one of the do_… functions; these look at session and role
-- themselves.  SQLSTATE 28000: no such session (any more); 42501: not for
-- this role.

alter table hf.person add column role text not null default 'user'
	check (role in ('user', 'help-desk', 'operator', 'administrator', 'auditor'));

-- Argon2id (libsodium's text form), and nothing but that.
create table hf.password (
	person		text primary key references hf.person,
	hash		text not null
			check (hash like '$argon2id$%' and octet_length(hash) <= 127),
	changed_at	timestamptz not null default now()
);

create table hf.web_session (
	id		uuid primary key default gen_random_uuid(),
	hash		hf.bytes32 not null unique,	-- BLAKE2b of the token
	person		text not null references hf.person,
	address		text not null default '' check (octet_length(address) <= 63),
	began_at	timestamptz not null default now(),
	last_at		timestamptz not null default now(),
	expires		timestamptz not null
);
create index web_session_person on hf.web_session (person);
create index web_session_end on hf.web_session (expires);

-- What a role may see and do, beyond what is one's own.
create table hf.role_right (
	role		text not null,
	what		text not null,
	primary key (role, what)
);
insert into hf.role_right (role, what)
select r, w from unnest(array['help-desk', 'operator', 'administrator', 'auditor']) r,
    unnest(array['see.status', 'see.jobs', 'see.printers', 'see.readers']) w
union all
select r, 'see.stats' from unnest(array['operator', 'administrator', 'auditor']) r
union all
select r, w from unnest(array['help-desk', 'administrator', 'auditor']) r,
    unnest(array['see.people', 'see.badges']) w
union all
select r, 'see.events' from unnest(array['administrator', 'auditor']) r
union all
select 'administrator', 'see.sessions'
union all
select r, w from unnest(array['operator', 'administrator']) r,
    unnest(array['job.cancel', 'job.purge', 'printer.disable']) w
union all
select r, 'badge.revoke' from unnest(array['help-desk', 'administrator']) r
union all
select 'administrator', w from unnest(array['person.disable', 'person.role', 'reader.revoke',
    'session.end']) w;

-- A person's own jobs and the figures, by key and by time.
create index job_owner on hf.job (owner, submitted, id);
create index attempt_ended on hf.attempt (ended_at) where ended_at is not null;
create index attempt_printer on hf.attempt (printer, ended_at);
create index event_kind on hf.event (kind, id);
create index badge_list on hf.badge (added_at, id);

-- Helpers, granted to nobody ------------------------------------------------------

-- Half an hour without being used, twelve hours in any case.
create function hf.session_find(hash bytea) returns hf.web_session
language sql stable set search_path = hf, pg_temp as $$
	select s.* from web_session s join person p on p.name = s.person
	where s.hash = $1 and s.expires > now() and s.last_at > now() - interval '30 minutes'
	    and p.disabled_at is null
$$;

-- Who acts, and that they may (what null: only their own things are touched).
-- The events of this transaction carry their name.
create function hf.session_act(hash bytea, what text) returns text
language plpgsql set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_person text;
	v_role	text;
begin
	update web_session s set last_at = now() where s.id = (hf.session_find($1)).id
	    returning s.person into v_person;
	if not found then
		raise exception 'log in first' using errcode = '28000';
	end if;
	select p.role into v_role from person p where p.name = v_person;
	perform from role_right r where r.role = v_role and r.what = $2;
	if not found and $2 is not null then
		raise exception 'this is not for the role "%"', v_role using errcode = '42501';
	end if;
	perform set_config('hf.actor', v_person, true);
	return v_person;
end
$$;

create function hf.sessions_end(person text) returns void
language sql set search_path = hf, pg_temp as $$
	delete from web_session s where s.person = $1
$$;

-- Release service: logging in ---------------------------------------------------------

-- No row: nobody who could log in.
create function hf.login_find(name text) returns table (hash text)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select w.hash from password w join person p on p.name = w.person
	    where p.name = $1 and p.disabled_at is null;
end
$$;

-- The password that was checked was `checked`: it must still be this one.
create function hf.session_begin(person text, checked text, hash bytea, address text)
    returns boolean
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	perform from password w join person p on p.name = w.person
	    where p.name = $1 and p.disabled_at is null and w.hash = $2;
	if not found then
		return false;
	end if;
	delete from web_session s where s.expires < now() or s.last_at < now() - interval '1 hour';
	-- Not more than 16 a person: the oldest goes.
	delete from web_session s where s.id in (select o.id from web_session o
	    where o.person = $1 order by o.last_at desc offset 15);
	insert into web_session (hash, person, address, expires)
	    values ($3, $1, left($4, 63), now() + interval '12 hours');
	insert into event (kind, level, actor, data)
	    values ('session.began', 'info', $1, jsonb_build_object('address', left($4, 63)));
	return true;
end
$$;

create function hf.session_use(hash bytea)
    returns table (person text, display text, role text, expires timestamptz)
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_person text := hf.session_act($1, null);
begin
	return query select p.name, p.display, p.role, s.expires
	    from person p join web_session s on s.person = p.name
	    where p.name = v_person and s.hash = $1;
end
$$;

create function hf.do_session_end(session bytea) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	delete from web_session s where s.hash = $1;
	return '';
end
$$;

-- Release service: changes.  Each returns JSON, or '' where there is nothing to say. ------

create function hf.do_own_cancel(session bytea, job uuid) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_person text := hf.session_act($1, null);
begin
	perform from job j where j.id = $2 and j.owner = v_person;
	if not found then
		raise exception 'no such job' using errcode = 'P0002';
	end if;
	if not hf.job_cancel($2, v_person, 'deleted by its owner') then
		raise exception 'this job is on its way or finished';
	end if;
	return '';
end
$$;

create function hf.badge_end(id uuid) returns text
language plpgsql set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	perform from badge b where b.id = $1 and b.revoked_at is null for update;
	if not found then
		raise exception 'this badge is revoked already';
	end if;
	perform hf.badge_revoke($1);
	return '';
end
$$;

create function hf.do_own_badge_revoke(session bytea, badge uuid) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_person text := hf.session_act($1, null);
begin
	perform from badge b where b.id = $2 and b.person = v_person;
	if not found then
		raise exception 'no such badge' using errcode = 'P0002';
	end if;
	return hf.badge_end($2);
end
$$;

create function hf.do_badge_revoke(session bytea, badge uuid) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	perform hf.session_act($1, 'badge.revoke');
	perform from badge b where b.id = $2;
	if not found then
		raise exception 'no such badge' using errcode = 'P0002';
	end if;
	return hf.badge_end($2);
end
$$;

create function hf.do_job_cancel(session bytea, job uuid, reason text) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_person text := hf.session_act($1, 'job.cancel');
begin
	if not hf.job_cancel($2, v_person, $3) then
		raise exception 'this job is on its way or finished';
	end if;
	return '';
end
$$;

-- The jobs of one purge, oldest first.
create function hf.purge_jobs(state text, before timestamptz, queue text, owner text)
    returns table (id uuid, person text, bytes bigint, submitted timestamptz)
language plpgsql stable set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	if $1 not in ('held', 'uncertain') then
		raise exception 'only held and uncertain jobs can be purged';
	end if;
	return query select j.id, j.owner::text, j.bytes::bigint, j.submitted from job j
	    where j.state = $1 and j.state in ('held', 'claimed', 'created', 'releasing', 'sent',
		'uncertain') and j.submitted <= $2 and ($3 = '' or j.queue = $3)
	    and ($4 = '' or j.owner = $4)
	    order by j.submitted, j.id limit 1000;
end
$$;

-- What exactly would go: shown as `confirm`, and again at the purge.
create function hf.purge_mark(state text, before timestamptz, queue text, owner text)
    returns text
language sql stable set search_path = hf, pg_temp as $$
	select extract(epoch from $2)::bigint || '-' || left(encode(sha256(coalesce(
	    string_agg(uuid_send(p.id), ''::bytea order by p.id), ''::bytea)), 'hex'), 32)
	from hf.purge_jobs($1, $2, $3, $4) p
$$;

create function hf.do_purge_preview(session bytea, state text, older_h integer, queue text,
    owner text) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_before timestamptz := date_trunc('second', now() - make_interval(hours => $3));
begin
	perform hf.session_act($1, 'job.purge');
	return (select json_build_object('jobs', count(*), 'bytes', coalesce(sum(p.bytes), 0),
	    'oldest', to_char(min(p.submitted) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
	    'people', count(distinct p.person), 'more', count(*) = 1000,
	    'confirm', hf.purge_mark($2, v_before, $4, $5))
	    from hf.purge_jobs($2, v_before, $4, $5) p)::text;
end
$$;

create function hf.do_purge(session bytea, state text, older_h integer, queue text, owner text,
    confirm text) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_person text := hf.session_act($1, 'job.purge');
	v_before timestamptz := to_timestamp(split_part($6, '-', 1)::bigint);
	v_n	bigint;
begin
	-- The preview was of these very jobs, and no longer ago than ten minutes.
	if v_before > now() - make_interval(hours => $3)
	    or v_before < now() - make_interval(hours => $3) - interval '10 minutes'
	    or hf.purge_mark($2, v_before, $4, $5) <> $6 then
		raise exception 'the jobs are not those of the preview any more: look again';
	end if;
	with gone as (
		update job j set state = 'cancelled', state_at = now(), reason = 'purged'
		where j.id in (select p.id from hf.purge_jobs($2, v_before, $4, $5) p)
		    and j.state = $2
		returning j.id, j.owner
	), said as (
		insert into event (kind, level, actor, job, data)
		select 'job.cancelled', 'info', v_person, g.id,
		    jsonb_build_object('was', $2, 'reason', 'purged') from gone g
	)
	select count(pg_notify('hf', 'job ' || g.id || ' cancelled')) into v_n from gone g;
	insert into event (kind, level, actor, data) values ('job.purged', 'warn', v_person,
	    jsonb_build_object('jobs', v_n, 'state', $2, 'older_h', $3, 'queue', $4, 'owner', $5));
	return json_build_object('jobs', v_n)::text;
end
$$;

create function hf.do_printer_disable(session bytea, printer uuid, disabled boolean) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_name	text;
begin
	perform hf.session_act($1, 'printer.disable');
	select p.name into v_name from printer p where p.id = $2 and p.removed_at is null;
	if not found then
		raise exception 'no such printer' using errcode = 'P0002';
	end if;
	update printer p set disabled_at = case when $3 then now() end
	    where p.id = $2 and (p.disabled_at is not null) <> $3;
	if found then
		perform hf.admin_did(case when $3 then 'printer.disabled' else 'printer.enabled' end,
		    $2, null, null, jsonb_build_object('name', v_name));
	end if;
	return '';
end
$$;

create function hf.do_person_disable(session bytea, person text, disabled boolean) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	if hf.session_act($1, 'person.disable') = $2 then
		raise exception 'nobody disables themselves';
	end if;
	perform hf.person_disable($2, $3);
	perform hf.sessions_end($2);
	return '';
end
$$;

create function hf.role_set(person text, role text) returns void
language plpgsql set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	perform hf.need_person($1);
	if $2 not in ('user', 'help-desk', 'operator', 'administrator', 'auditor') then
		raise exception 'no such role "%"', $2;
	end if;
	update person p set role = $2 where p.name = $1 and p.role <> $2;
	if found then
		perform hf.admin_did('person.role', null, null, null,
		    jsonb_build_object('person', $1, 'role', $2));
		perform hf.sessions_end($1);
	end if;
end
$$;

create function hf.do_person_role(session bytea, person text, role text) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	if hf.session_act($1, 'person.role') = $2 then
		raise exception 'nobody changes their own role';
	end if;
	perform hf.role_set($2, $3);
	return '';
end
$$;

create function hf.do_reader_revoke(session bytea, reader uuid) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_name	text;
begin
	perform hf.session_act($1, 'reader.revoke');
	select r.name into v_name from reader r where r.id = $2;
	if not found then
		raise exception 'no such reader' using errcode = 'P0002';
	end if;
	perform from reader r where r.id = $2 and r.revoked_at is null;
	if not found then
		raise exception 'this reader is revoked already';
	end if;
	perform hf.reader_revoke(v_name);
	return '';
end
$$;

create function hf.do_other_session_end(session bytea, other uuid) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_whose	text;
begin
	perform hf.session_act($1, 'session.end');
	delete from web_session s where s.id = $2 returning s.person into v_whose;
	if not found then
		raise exception 'no such session' using errcode = 'P0002';
	end if;
	perform hf.admin_did('session.ended', null, null, null,
	    jsonb_build_object('person', v_whose));
	return '';
end
$$;

grant execute on function
    hf.login_find(text), hf.session_begin(text, text, bytea, text), hf.session_use(bytea),
    hf.do_session_end(bytea), hf.do_own_cancel(bytea, uuid),
    hf.do_own_badge_revoke(bytea, uuid), hf.do_badge_revoke(bytea, uuid),
    hf.do_job_cancel(bytea, uuid, text),
    hf.do_purge_preview(bytea, text, integer, text, text),
    hf.do_purge(bytea, text, integer, text, text, text),
    hf.do_printer_disable(bytea, uuid, boolean), hf.do_person_disable(bytea, text, boolean),
    hf.do_person_role(bytea, text, text), hf.do_reader_revoke(bytea, uuid),
    hf.do_other_session_end(bytea, uuid)
to hf_release;

-- Administrator ---------------------------------------------------------------------------

-- null takes the password away.
create function hf.person_password(name text, hash text) returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	perform hf.need_person($1);
	if $2 is null then
		delete from password w where w.person = $1;
	else
		insert into password (person, hash) values ($1, $2)
		on conflict (person) do update set hash = $2, changed_at = now();
	end if;
	perform hf.sessions_end($1);
	perform hf.admin_did('person.password', null, null, null,
	    jsonb_build_object('person', $1, 'set', $2 is not null));
end
$$;

create function hf.person_role(name text, role text) returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
begin
	perform hf.role_set($1, $2);
end
$$;

grant execute on function hf.person_password(text, text), hf.person_role(text, text) to hf_admin;

-- Web service: what the session in hf.session may see ----------------------------------------

-- First on every request: whose session this is.  The views look it up again.
create function hf.web_enter(hash text) returns table (person text, display text, role text)
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	perform set_config('hf.session', $1, false);
	return query select p.name, p.display, p.role
	    from hf.session_find(decode($1, 'hex')) s join person p on p.name = s.person;
end
$$;

create function hf.web_person() returns text
language plpgsql stable security definer set search_path = hf, pg_temp as $$
begin
	return (hf.session_find(decode(current_setting('hf.session', true), 'hex'))).person;
end
$$;

create function hf.web_may(what text) returns boolean
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return exists (select from person p join role_right r on r.role = p.role
	    where p.name = hf.web_person() and r.what = $1);
end
$$;

-- Nobody logs in by looking: these two showed every row to hf_web.
drop view hf.web_job;
drop view hf.web_printer;

create view hf.web_my_job with (security_barrier) as
select j.id, j.owner, j.queue, j.format, j.bytes, j.submitted, j.expires, j.copies, j.sides,
    j.color, j.state, j.state_at, j.reason, p.name as printer, a.impressions,
    a.person as released_by
from hf.job j left join hf.attempt a on a.id = j.attempt left join hf.printer p on p.id = a.printer
where j.owner = hf.web_person();

create view hf.web_all_job with (security_barrier) as
select j.id, j.owner, j.queue, j.format, j.bytes, j.submitted, j.expires, j.copies, j.sides,
    j.color, j.state, j.state_at, j.reason, p.name as printer, a.impressions,
    a.person as released_by
from hf.job j left join hf.attempt a on a.id = j.attempt left join hf.printer p on p.id = a.printer
where hf.web_may('see.jobs');

create view hf.web_my_badge with (security_barrier) as
select b.id, b.person, b.label, b.kind, b.added_at, b.revoked_at, b.last_used_at
from hf.badge b where b.person = hf.web_person();

create view hf.web_all_badge with (security_barrier) as
select b.id, b.person, b.label, b.kind, b.added_at, b.revoked_at, b.last_used_at
from hf.badge b where hf.web_may('see.badges');

create view hf.web_people with (security_barrier) as
select n.name, n.display, n.role, n.added_at, n.disabled_at,
    (select count(*) from hf.badge b where b.person = n.name and b.revoked_at is null) as badges,
    (select count(*) from hf.job j where j.owner = n.name and j.state = 'held') as held,
    exists (select from hf.password w where w.person = n.name) as password
from hf.person n where hf.web_may('see.people');

create view hf.web_printer with (security_barrier) as
select p.id, p.name, p.location, p.uri, p.spki_pin, p.plain_allowed, p.min_class, p.waiver,
    p.disabled_at,
    (select count(*) from hf.reader_printer b join hf.reader r on r.id = b.reader
	where b.printer = p.id and r.revoked_at is null) as readers,
    (select max(a.ended_at) from hf.attempt a where a.printer = p.id) as last_at,
    (select count(*) from hf.attempt a where a.printer = p.id and a.ended_at is null) as releasing
from hf.printer p where p.removed_at is null and hf.web_may('see.printers');

create view hf.web_reader with (security_barrier) as
select r.id, r.name, r.hardware, r.version, r.added_at, r.token_expires, r.enrolled_at,
    r.last_seen_at, r.revoked_at,
    coalesce((select array_agg(p.name order by p.name) from hf.reader_printer b
	join hf.printer p on p.id = b.printer where b.reader = r.id and p.removed_at is null),
	'{}') as printers
from hf.reader r where hf.web_may('see.readers');

create view hf.web_event with (security_barrier) as
select e.id, e.at, e.kind, e.level, e.actor, e.job, e.printer, e.reader, e.data
from hf.event e where hf.web_may('see.events');

create view hf.web_all_session with (security_barrier) as
select s.id, s.person, n.role, s.began_at, s.last_at, s.expires, s.address
from hf.web_session s join hf.person n on n.name = s.person
where s.expires > now() and s.last_at > now() - interval '30 minutes'
    and hf.web_may('see.sessions');

create view hf.web_attempt with (security_barrier) as
select a.id, p.name as printer, a.state, a.reason, a.began_at, a.ended_at
from hf.attempt a join hf.printer p on p.id = a.printer where hf.web_may('see.stats');

create view hf.web_status with (security_barrier) as
select s.held, s.releasing, s.uncertain, s.damaged, s.oldest_held, s.next_expiry, s.people,
    s.badges, s.printers, s.waivers, s.plain_printers, s.readers, s.alarms,
    (select count(*) from hf.printer p where p.removed_at is null and p.disabled_at is not null)
	as printers_disabled,
    (select count(*) from hf.reader r where r.revoked_at is null and r.enrolled_at is not null
	and (r.last_seen_at is null or r.last_seen_at < now() - interval '5 minutes'))
	as readers_silent
from hf.admin_status s where hf.web_may('see.status');

create view hf.web_me with (security_barrier) as
select n.name, n.display, n.role,
    (select count(*) from hf.job j where j.owner = n.name and j.state = 'held') as held,
    (select count(*) from hf.job j where j.owner = n.name and j.state = 'uncertain') as uncertain,
    (select count(*) from hf.job j where j.owner = n.name
	and j.state in ('claimed', 'created', 'releasing', 'sent')) as releasing,
    (select count(*) from hf.badge b where b.person = n.name and b.revoked_at is null) as badges
from hf.person n where n.name = hf.web_person();

grant execute on function hf.web_enter(text), hf.web_person(), hf.web_may(text) to hf_web;
grant select on hf.web_my_job, hf.web_all_job, hf.web_my_badge, hf.web_all_badge, hf.web_people,
    hf.web_printer, hf.web_reader, hf.web_event, hf.web_all_session, hf.web_attempt,
    hf.web_status, hf.web_me to hf_web;
