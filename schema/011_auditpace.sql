-- As before, but what a piece costs does not depend on how much waits, nor on
-- what the planner believes about it: a range of ids, and each event looked up
-- by itself.
create or replace function hf.audit_sequence(max integer) returns integer
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_leaves bigint;
	v_last	bigint;
	v_n	integer;
begin
	select h.leaves into v_leaves from audit_head h for update;
	select w.event into v_last from audit_pending w order by w.event
	    offset greatest($1, 1) - 1 limit 1;
	if not found then
		select w.event into v_last from audit_pending w order by w.event desc limit 1;
	end if;
	with taken as materialized (
		delete from audit_pending p where p.event <= v_last returning p.event
	), numbered as materialized (
		select x.ev, t.event as id, v_leaves + row_number() over (order by t.event) - 1 as seq,
		    uuid_send(gen_random_uuid()) as salt
		from taken t cross join lateral
		    (select e as ev from event e where e.id = t.event offset 0) as x
	), hashed as materialized (
		select n.seq, n.id, n.ev, n.salt,
		    sha256(n.salt || convert_to(hf.audit_personal(n.ev), 'UTF8')) as personal
		from numbered n
	)
	insert into audit_leaf (seq, event, salt, personal, hash)
	select h.seq, h.id, h.salt, h.personal,
	    sha256('\x00'::bytea || convert_to(hf.audit_public(h.seq, h.ev), 'UTF8') || h.personal)
	from hashed h;
	get diagnostics v_n = row_count;
	update audit_head set leaves = leaves + v_n;
	return v_n;
end
$$;
