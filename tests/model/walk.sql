-- t.walk(n, steps): take a fresh job through steps with the real functions; what each answered, and what is in the
-- tables afterwards.  Sourced by sql.t.
--
-- A step is {"op", "k" attempt 1 or 2, "by", …}.  Who writes brings the fence it was given: the worker that of the
-- claim, recovery the newest, a zombie that of the claim though recovery has another, "other" that of the other attempt.
create function t.walk(n integer, steps jsonb) returns jsonb language plpgsql as $$
declare
	step	jsonb;
	said	text;
	ids	bigint[] := '{}';
	first	bigint[] := '{}';
	newest	bigint[] := '{}';
	k	integer;
	f	bigint;
	c	record;
	out	jsonb := '[]';
begin
	insert into hf.person (name) values ('walk' || n);
	perform t.adopt(n, 'walk' || n);
	for step in select jsonb_array_elements(steps) loop
		k := (step->>'k')::integer;
		f := case step->>'by' when 'worker' then first[k] when 'zombie' then first[k]
		    when 'recovery' then newest[k] when 'other' then newest[3 - k] when 'future' then newest[k] + 1000000 end;
		begin
			case step->>'op'
			when 'claim' then
				said := 'none';
				for c in select x.attempt, x.fence from hf.job_claim('walk' || n, t.id(901), t.id(801), null, 64) x loop
					ids := ids || c.attempt;
					first := first || c.fence;
					newest := newest || c.fence;
					said := 'claimed';
				end loop;
			when 'refence' then
				f := hf.attempt_refence(ids[k]);
				said := case when f is null then 'none' when f > newest[k] then 'taken' else 'not newer' end;
				newest[k] := coalesce(f, newest[k]);
			when 'advance' then
				said := hf.job_advance(ids[k], f, step->>'to', 7, 'urn:uuid:seven', 100)::text;
			when 'finish' then
				said := coalesce(hf.job_finish(ids[k], f, step->>'outcome', (step->>'pages')::integer, 'because'), 'none');
			when 'cancel' then
				said := hf.job_cancel(t.id(n), 'root', '')::text;
			when 'missing' then
				said := hf.job_missing(t.id(n), 'gone')::text;
			end case;
		exception when others then
			said := 'error ' || sqlstate;
		end;
		out := out || jsonb_build_array(said || ' ' || (select j.state ||
		    case when a.id is null then '' else ' ' || a.state ||
			case when a.ended_at is null then ' open' else ' ended' end end
		    from hf.job j left join hf.attempt a on a.id = j.attempt where j.id = t.id(n)));
	end loop;
	return out;
end
$$;
