-- What is not known is not assumed, and who decides then: the owner's decision
-- about uncertain jobs, a later answer of the printer, what a check of the
-- files finds, and a clock that jumped.

-- Ends -------------------------------------------------------------------------

-- As before, but a count that nobody reported is not 0: once the printer has
-- had the job, only its word (or the deliverer's, that not one byte went out:
-- impressions 0) brings the job back to held.
create or replace function hf.job_end(from_state text, outcome text, impressions integer)
    returns text
language sql immutable as $$
	select case
	when outcome in ('uncertain', 'unreachable') then 'uncertain'
	when outcome = 'damaged' then
		case when from_state = 'claimed' then 'damaged' else 'uncertain' end
	when outcome = 'delivered' then
		case when from_state in ('sent', 'releasing') then 'delivered' else 'uncertain' end
	when outcome = 'held' then
		case when from_state = 'claimed' or impressions = 0 then 'held' else 'uncertain' end
	end
$$;

-- was: the state that it ended uncertain from.  doubtful: the printer could
-- not be asked, a later answer may still tell.  asking: a deliver process has
-- been given this fence to ask with.  again: the owner wants it printed again,
-- once the printer's job is out of the way.
alter table hf.attempt add column was hf.attempt_state,
    add column doubtful boolean not null default false,
    add column asking boolean not null default false,
    add column again boolean not null default false;
-- Whose doubt is older than this: cancelling first is right in any case.
update hf.attempt set was = 'created' where state = 'uncertain';
create index attempt_in_doubt on hf.attempt (id) where doubtful or again;

drop trigger job_changes on hf.job;
create trigger job_changes before update of state on hf.job
    for each row when (old.state <> new.state and strpos(
	' held>claimed held>cancelled held>expired held>damaged'
	' claimed>created claimed>held claimed>uncertain claimed>damaged'
	' created>releasing created>sent created>held created>uncertain'
	' releasing>delivered releasing>held releasing>uncertain'
	' sent>delivered sent>held sent>uncertain'
	' uncertain>cancelled uncertain>expired uncertain>held uncertain>delivered'
	' damaged>held ', ' ' || old.state || '>' || new.state || ' ') = 0)
    execute function hf.job_change_refused();

-- The end of an uncertain attempt that is asked after: what the printer says
-- now.  The answer counts from the state in which the doubt began.
create function hf.attempt_resolve(a hf.attempt, outcome text, impressions integer, reason text)
    returns text
language plpgsql set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_end	text := hf.job_end($1.was, $2, $3);
begin
	if v_end is null then
		raise exception 'an attempt cannot end as "%"', $2;
	end if;
	if $2 = 'unreachable' then
		update attempt t set asking = false where t.id = $1.id;
		return 'uncertain';
	end if;
	-- The owner has decided, and the old printer job is out of the way.
	if $1.again and v_end = 'uncertain' then
		v_end := 'held';
	end if;
	update attempt t set state = v_end, impressions = coalesce($3, t.impressions),
	    reason = $4, doubtful = false, asking = false, again = false where t.id = $1.id;
	if v_end = 'uncertain' then
		update job j set reason = $4 where j.id = $1.job and j.attempt = $1.id;
	else
		update job j set state = v_end, state_at = now(), reason = $4
		    where j.id = $1.job and j.attempt = $1.id and j.state = 'uncertain';
		if not found then
			return null;	-- deleted or expired meanwhile
		end if;
	end if;
	insert into event (kind, level, actor, job, printer, data)
	values ('job.resolved', 'warn', 'release', $1.job, $1.printer, jsonb_strip_nulls(
	    jsonb_build_object('attempt', $1.id, 'from', $1.was, 'said', $2, 'becomes', v_end,
	    'again', case when $1.again then true end, 'impressions', $3,
	    'reason', nullif($4, ''))));
	perform pg_notify('hf', 'job ' || $1.job || ' ' || v_end);
	return v_end;
end
$$;

create or replace function hf.job_finish(attempt bigint, fence bigint, outcome text,
    impressions integer, reason text) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_a	attempt%rowtype;
	v_end	text;
	v_count	integer := case when $4 >= 0 then $4 end;
	v_why	text := left(coalesce($5, ''), 255);
begin
	select * into v_a from attempt a
	    where a.id = $1 and a.fence = $2 and (a.ended_at is null or a.asking) for update;
	if not found then
		return null;
	end if;
	if v_a.asking then
		return hf.attempt_resolve(v_a, $3, v_count, v_why);
	end if;
	v_end := hf.job_end(v_a.state, $3, v_count);
	if v_end is null then
		raise exception 'an attempt cannot end as "%"', $3;
	end if;
	update attempt a set state = v_end, impressions = v_count, reason = v_why,
	    was = case when v_end = 'uncertain' then v_a.state end,
	    doubtful = $3 = 'unreachable', ended_at = clock_timestamp() where a.id = $1;
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

-- Uncertain jobs that want an answer of their printer, oldest first: those
-- whose printer could not be asked (for a day), and those that their owner
-- wants printed again.
create function hf.attempt_doubtful() returns table (attempt bigint, job uuid, printer uuid,
    token text, state text, pjob_id integer, pjob_uuid text, up_time bigint, again boolean)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select a.id, a.job, a.printer, a.token::text, a.was::text,
	    a.printer_job_id, a.printer_job_uuid::text, a.printer_up_time, a.again
	from attempt a join job j on j.id = a.job
	where (a.doubtful or a.again) and a.was is not null and j.attempt = a.id
	    and j.state = 'uncertain' and (a.again or a.ended_at > now() - interval '1 day')
	order by a.id limit 1000;
end
$$;

-- A new fence to ask with; null where there is nothing to ask any more.
create function hf.attempt_ask(attempt bigint) returns bigint
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_fence	bigint;
begin
	update attempt a set fence = nextval('fence'), asking = true
	where a.id = $1 and (a.doubtful or a.again) and a.was is not null
	    and exists (select from job j where j.id = a.job and j.attempt = a.id
		and j.state = 'uncertain')
	returning a.fence into v_fence;
	return v_fence;
end
$$;

-- The owner's decision ------------------------------------------------------------

-- What a person should hear first: uncertain jobs, and those whose document
-- was lost in the last week.
create function hf.job_notice(person text) returns table (job uuid, state text, printer text,
    at bigint, impressions integer)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select j.id, j.state::text, coalesce(p.name, ''),
	    floor(extract(epoch from coalesce(a.began_at, j.state_at)))::bigint,
	    a.impressions::integer
	from job j left join attempt a on a.id = j.attempt
	    left join printer p on p.id = a.printer
	where j.owner = $1 and (j.state = 'uncertain'
	    or j.state = 'damaged' and j.state_at > now() - interval '7 days')
	order by j.state desc, j.state_at limit 100;
end
$$;

-- Locks the job where it is this person's and uncertain; its attempt.
create function hf.job_own_uncertain(id uuid, person text) returns hf.attempt
language plpgsql set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_a	attempt%rowtype;
	v_state	text;
begin
	-- Attempt before job, as everywhere.
	select a.* into v_a from attempt a join job j on j.attempt = a.id
	    where j.id = $1 and j.owner = $2 for update of a;
	select j.state into v_state from job j
	    where j.id = $1 and j.owner = $2 for update;
	if not found then
		raise exception 'no such job' using errcode = 'P0002';
	end if;
	perform from person n where n.name = $2 and n.disabled_at is null;
	if not found then
		raise exception 'user "%" may not print', $2;
	end if;
	if v_state <> 'uncertain' or v_a.state is distinct from 'uncertain' then
		raise exception 'this job is not uncertain any more';
	end if;
	return v_a;
end
$$;

-- Print again.  'asking': its printer is told to cancel the old job first, and
-- the job is held when that is out of the way.  anyway: the owner does not
-- want to wait for a printer that does not answer; 'held' at once.
create function hf.job_again(id uuid, person text, anyway boolean) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_a	attempt%rowtype := hf.job_own_uncertain($1, $2);
begin
	if not $3 and v_a.was is not null then
		update attempt a set again = true where a.id = v_a.id and not a.again;
		if found then
			insert into event (kind, level, actor, job, printer, data) values ('job.again',
			    'info', $2, $1, v_a.printer, jsonb_build_object('attempt', v_a.id));
		end if;
		perform pg_notify('hf', 'job ' || $1 || ' again');
		return 'asking';
	end if;
	update attempt a set doubtful = false, again = false, asking = false where a.id = v_a.id;
	update job j set state = 'held', state_at = now(), reason = 'to be printed again'
	    where j.id = $1;
	insert into event (kind, level, actor, job, printer, data) values ('job.again', 'info', $2,
	    $1, v_a.printer, jsonb_build_object('attempt', v_a.id, 'anyway', true));
	perform pg_notify('hf', 'job ' || $1 || ' held');
	return 'held';
end
$$;

-- The same for someone who is logged in.
create function hf.do_own_again(session bytea, job uuid, anyway boolean) returns text
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return json_build_object('state', hf.job_again($2, hf.session_act($1, null), $3))::text;
end
$$;

-- Files and rows --------------------------------------------------------------------

-- The jobs whose file must be there, by id: a piece at a time.
create function hf.job_kept(after uuid, max integer) returns table (id uuid, state text)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select j.id, j.state::text from job j
	    where j.id > $1 and j.state in ('held', 'claimed', 'created', 'releasing', 'sent',
		'uncertain')
	    order by j.id limit $2;
end
$$;
create index job_with_file on hf.job (id)
    where state in ('held', 'claimed', 'created', 'releasing', 'sent', 'uncertain');

-- The clock -----------------------------------------------------------------------

-- While the clock is in doubt nothing ends by it.
create function hf.clock_suspended() returns boolean
language sql stable set search_path = hf, pg_temp as $$
	select exists (select from setting s where s.name = 'clock.suspended')
$$;
create function hf.expiry_now() returns timestamptz
language sql stable set search_path = hf, pg_temp as $$
	select case when hf.clock_suspended() then '-infinity'::timestamptz else now() end
$$;

-- Seconds by which the clock jumped; again while it is so is no new event.
create function hf.clock_suspend(seconds bigint) returns boolean
language plpgsql security definer set search_path = hf, pg_temp as $$
begin
	insert into setting (name, value) values ('clock.suspended', $1::text)
	    on conflict do nothing;
	if not found then
		return false;
	end if;
	insert into event (kind, level, actor, data) values ('clock.stepped', 'alarm', 'release',
	    jsonb_build_object('seconds', $1));
	return true;
end
$$;

create function hf.clock_resume(why text) returns boolean
language plpgsql security definer set search_path = hf, pg_temp as $$
begin
	delete from setting s where s.name = 'clock.suspended';
	if not found then
		return false;
	end if;
	insert into event (kind, level, actor, data) values ('clock.resumed', 'warn', hf.actor(),
	    jsonb_build_object('why', left($1, 255)));
	return true;
end
$$;

-- The database's clock in ms, whether expiry is suspended, and the newest
-- event: a clock that is behind what has happened already has gone back.
create function hf.clock_state() returns table (now_ms bigint, suspended boolean, newest_ms bigint)
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select floor(extract(epoch from clock_timestamp()) * 1000)::bigint,
	    hf.clock_suspended(), (select floor(extract(epoch from e.at) * 1000)::bigint
		from event e order by e.id desc limit 1);
end
$$;

create function hf.clock_acknowledge() returns boolean
language plpgsql security definer set search_path = hf, pg_temp as $$
begin
	return hf.clock_resume('acknowledged by the administrator');
end
$$;

-- Every comparison of a job's end with the time.
do $do$
declare
	v_fn	regproc;
	v_old	text;
	v_new	text;
begin
	foreach v_fn in array array['hf.job_expire', 'hf.job_claim', 'hf.tap_lookup']::regproc[] loop
		v_old := pg_get_functiondef(v_fn);
		v_new := regexp_replace(v_old, '(expires (<=|>)) now\(\)\s+(order|and coalesce)',
		    '\1 (select hf.expiry_now()) \3');
		if v_new = v_old then
			raise 'function % does not compare with the time', v_fn;
		end if;
		execute v_new;
	end loop;
end
$do$;

create view hf.admin_clock as
select (s.value)::bigint as seconds from hf.setting s where s.name = 'clock.suspended';

grant execute on function
    hf.attempt_doubtful(), hf.attempt_ask(bigint), hf.job_notice(text),
    hf.job_again(uuid, text, boolean),
    hf.do_own_again(bytea, uuid, boolean), hf.job_kept(uuid, integer), hf.clock_suspend(bigint), hf.clock_resume(text),
    hf.clock_state()
to hf_release;
grant execute on function hf.clock_acknowledge() to hf_admin;
grant select on hf.admin_clock to hf_admin;
