-- What a person hears at every tap must cost the same after years: each half
-- of it has its index.
create index job_lost on hf.job (owner, state_at) where state = 'damaged';
create or replace function hf.job_notice(person text) returns table (job uuid, state text,
    printer text, at bigint, impressions integer)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select j.id, j.state::text, coalesce(p.name, ''),
	    floor(extract(epoch from coalesce(a.began_at, j.state_at)))::bigint,
	    a.impressions::integer
	from job j left join attempt a on a.id = j.attempt
	    left join printer p on p.id = a.printer
	where j.owner = $1 and j.state = 'uncertain' order by j.state_at limit 100;
	return query select j.id, j.state::text, ''::text,
	    floor(extract(epoch from j.state_at))::bigint, null::integer
	from job j where j.owner = $1 and j.state = 'damaged'
	    and j.state_at > now() - interval '7 days' order by j.state_at limit 100;
end
$$;

-- The owner waits: what their printer said last stands at the job.
create or replace function hf.attempt_resolve(a hf.attempt, outcome text, impressions integer,
    reason text) returns text
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
		update job j set reason = $4 where j.id = $1.job and j.attempt = $1.id
		    and j.state = 'uncertain' and $1.again;
		return 'uncertain';
	end if;
	-- The owner has decided, and the old printer job is out of the way.
	if $1.again and v_end = 'uncertain' then
		v_end := 'held';
	end if;
	update attempt t set state = v_end, impressions = coalesce($3, t.impressions),
	    reason = $4, doubtful = false, asking = false, again = false where t.id = $1.id;
	if v_end = 'uncertain' then
		update job j set reason = $4 where j.id = $1.job and j.attempt = $1.id
		    and j.state = 'uncertain';
	else
		update job j set state = v_end, state_at = now(), reason = $4
		    where j.id = $1.job and j.attempt = $1.id and j.state = 'uncertain';
	end if;
	if not found then
		return null;		-- deleted or expired meanwhile
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
