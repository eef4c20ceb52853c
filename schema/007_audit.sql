-- The audit log: events as leaves of a Merkle tree whose checkpoints are
-- signed.  doc/audit.md says what is hashed and why it is done this way.

-- Events that have no number yet: put here in the transaction that writes the
-- event, taken from here by the one sequencer.  Nobody waits for another.
create table hf.audit_pending (
	event	bigint primary key
);

-- salt null: the personal part was erased, its hash keeps the tree whole.
create table hf.audit_leaf (
	seq		bigint primary key check (seq >= 0),
	event		bigint not null unique,
	salt		bytea check (octet_length(salt) = 16),
	personal	hf.bytes32 not null,
	hash		hf.bytes32 not null
);

-- Roots of perfect subtrees of 16, 256, 4096 … leaves.
create table hf.audit_node (
	level	smallint not null check (level > 0 and level % 4 = 0),
	at	bigint not null check (at >= 0),
	hash	hf.bytes32 not null,
	primary key (level, at)
);

create table hf.checkpoint (
	size	bigint primary key check (size > 0),
	root	hf.bytes32 not null,
	note	text not null check (octet_length(note) between 1 and 512),
	edge	bytea not null check (octet_length(edge) % 32 = 0),
	at	timestamptz not null default clock_timestamp()
);

create table hf.audit_head (
	one	boolean primary key default true check (one),
	leaves	bigint not null default 0,
	vkey	text not null default ''
);
insert into hf.audit_head default values;

create function hf.audit_is_append_only() returns trigger
language plpgsql set search_path = hf, pg_temp as $$
begin
	raise exception 'the audit log can only be appended to' using errcode = 'P0001';
end
$$;
create trigger leaf_append_only before delete on hf.audit_leaf
    for each row execute function hf.audit_is_append_only();
create trigger leaf_only_erased before update on hf.audit_leaf
    for each row when ((old.seq, old.event, old.personal, old.hash)
	is distinct from (new.seq, new.event, new.personal, new.hash) or new.salt is not null)
    execute function hf.audit_is_append_only();
create trigger leaf_append_only_all before truncate on hf.audit_leaf
    for each statement execute function hf.audit_is_append_only();
create trigger node_append_only before update or delete on hf.audit_node
    for each row execute function hf.audit_is_append_only();
create trigger checkpoint_append_only before update or delete on hf.checkpoint
    for each row execute function hf.audit_is_append_only();
create trigger checkpoint_append_only_all before truncate on hf.checkpoint
    for each statement execute function hf.audit_is_append_only();

-- An event may lose its personal part, and nothing else.
drop trigger event_append_only on hf.event;
create trigger event_append_only before delete on hf.event
    for each row execute function hf.event_is_append_only();
create trigger event_only_erased before update on hf.event
    for each row when ((old.id, old.at, old.kind, old.level, old.job, old.printer, old.reader)
	is distinct from (new.id, new.at, new.kind, new.level, new.job, new.printer, new.reader)
	or new.actor <> 'erased' or new.data <> '{}')
    execute function hf.event_is_append_only();

create function hf.event_pending() returns trigger
language plpgsql set search_path = hf, pg_temp as $$
begin
	insert into audit_pending values (new.id);
	return null;
end
$$;
create trigger event_pending after insert on hf.event
    for each row execute function hf.event_pending();
insert into hf.audit_pending select id from hf.event;

-- The two parts of a leaf, byte for byte (doc/audit.md, "Leaf").
create function hf.audit_public(seq bigint, e hf.event) returns text
language sql stable as $$
	select concat('{"v":1,"seq":', $1, ',"event":', ($2).id,
	    ',"at":', floor(extract(epoch from ($2).at) * 1000000)::bigint,
	    ',"kind":"', ($2).kind, '","level":"', ($2).level, '"',
	    ',"job":"' || ($2).job || '"', ',"printer":"' || ($2).printer || '"',
	    ',"reader":"' || ($2).reader || '"', '}')
$$;
create function hf.audit_personal(e hf.event) returns text
language sql stable as $$
	select concat('{"actor":', to_json(($1).actor), ',"data":', ($1).data, '}')
$$;

create function hf.audit_record(l hf.audit_leaf, e hf.event) returns table (seq bigint,
    public text, personal text, salt text, personal_hash text, leaf_hash text, at_us bigint,
    kind text, level text, actor text, about uuid, data text)
language sql stable as $$
	select ($1).seq, case when ($2).id is not null then hf.audit_public(($1).seq, $2) end,
	    case when ($2).id is not null and ($1).salt is not null
		then hf.audit_personal($2) end,
	    encode(($1).salt, 'hex'), encode(($1).personal, 'hex'), encode(($1).hash, 'hex'),
	    floor(extract(epoch from ($2).at) * 1000000)::bigint, ($2).kind, ($2).level,
	    ($2).actor, ($2).job, ($2).data::text
$$;

-- Give numbers to at most `max` events: batches in the order of commit, within
-- a batch by id.  The lock on the head makes it the only one.
create function hf.audit_sequence(max integer) returns integer
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_leaves bigint;
	v_n	integer;
begin
	select h.leaves into v_leaves from audit_head h for update;
	with taken as (
		delete from audit_pending p where p.event in
		    (select w.event from audit_pending w order by w.event limit $1)
		returning p.event
	), numbered as materialized (
		select e as ev, e.id, v_leaves + row_number() over (order by e.id) - 1 as seq,
		    uuid_send(gen_random_uuid()) as salt
		from event e join taken t on t.event = e.id
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

-- Where the log stands: events without a number (counted up to 1000), leaves,
-- and the newest checkpoint (size 0 where there is none).
create function hf.audit_state() returns table (pending integer, leaves bigint, size bigint,
    note text, edge text)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select
	    (select count(*)::integer from (select from audit_pending limit 1000) as p), h.leaves,
	    coalesce(c.size, 0), coalesce(c.note, ''), coalesce(encode(c.edge, 'hex'), '')
	from audit_head h left join lateral
	    (select k.size, k.note, k.edge from checkpoint k order by k.size desc limit 1) as c on true;
end
$$;

create function hf.audit_leaves(first bigint, max integer) returns setof text
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	return query select encode(l.hash, 'hex') from audit_leaf l where l.seq >= $1
	    order by l.seq limit $2;
end
$$;

-- A signed checkpoint, with the subtrees that it completes.
create function hf.checkpoint_add(size bigint, root bytea, note text, edge bytea, vkey text,
    levels integer[], ats bigint[], hashes text[]) returns void
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_leaves bigint;
begin
	select h.leaves into v_leaves from audit_head h for update;
	if $1 > v_leaves or exists (select from checkpoint c where c.size >= $1) then
		raise exception 'a checkpoint for % of % records is not the next one', $1, v_leaves;
	end if;
	insert into audit_node (level, at, hash)
	    select n.level, n.at, decode(n.hash, 'hex') from unnest($6, $7, $8) as n (level, at, hash);
	insert into checkpoint (size, root, note, edge) values ($1, $2, $3, $4);
	update audit_head set vkey = $5 where vkey is distinct from $5;
end
$$;

-- Forget who did it and what was said, in all events of a person: the hash of
-- that part stays, its salt goes.  The number of records.
create function hf.audit_erase(person text) returns bigint
language plpgsql security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
declare
	v_n	bigint;
begin
	if coalesce($1, '') = '' then
		raise exception 'whose events?';
	end if;
	while hf.audit_sequence(1000) > 0 loop
	end loop;
	with mine as (
		update event e set actor = 'erased', data = '{}'
		where e.actor = $1 or e.data ->> 'person' = $1 or e.data ->> 'owner' = $1
		returning e.id
	)
	update audit_leaf l set salt = null from mine m where l.event = m.id;
	get diagnostics v_n = row_count;
	perform hf.admin_did('audit.erased', null, null, null, jsonb_build_object('records', v_n));
	return v_n;
end
$$;

-- Records as they are exported: of one job, or all from `first` on.  Where the
-- event is gone `public` is null, where it was erased `personal` is.
create function hf.audit_records(first bigint, max integer, job uuid) returns table (seq bigint,
    public text, personal text, salt text, personal_hash text, leaf_hash text, at_us bigint,
    kind text, level text, actor text, about uuid, data text)
language plpgsql stable security definer set search_path = hf, pg_temp as $$
#variable_conflict use_column
begin
	if $3 is not null then
		return query select r.* from event e join audit_leaf l on l.event = e.id,
		    hf.audit_record(l, e) r where e.job = $3 and l.seq >= $1 order by l.seq limit $2;
	else
		return query select r.* from
		    (select k from audit_leaf k where k.seq >= $1 order by k.seq limit $2) as t (l)
		    left join event e on e.id = (t.l).event, hf.audit_record(t.l, e) r order by r.seq;
	end if;
end
$$;

create view hf.admin_checkpoint as select c.size, c.note, c.at from hf.checkpoint c;

create view hf.admin_audit_node as
select 0 as level, l.seq as at, encode(l.hash, 'hex') as node from hf.audit_leaf l
union all select n.level, n.at, encode(n.hash, 'hex') from hf.audit_node n;

create view hf.admin_audit_head as
select h.leaves, h.vkey, (select count(*) from hf.audit_pending) as pending,
    (select max(c.size) from hf.checkpoint c) as covered
from hf.audit_head h;

grant execute on function hf.audit_sequence(integer), hf.audit_state(),
    hf.audit_leaves(bigint, integer),
    hf.checkpoint_add(bigint, bytea, text, bytea, text, integer[], bigint[], text[])
to hf_release;
grant execute on function hf.audit_erase(text), hf.audit_records(bigint, integer, uuid) to hf_admin;
grant select on hf.admin_checkpoint, hf.admin_audit_node, hf.admin_audit_head to hf_admin;
