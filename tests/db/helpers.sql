-- Small words for the tests, in a schema of their own.
create schema t;
set search_path = t, pg_temp;

-- The n-th id of a kind.
create function id(n integer) returns uuid language sql immutable as $$
	select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
$$;
create function now_s() returns bigint language sql stable as $$
	select floor(extract(epoch from now()))::bigint
$$;

-- One sealed file indexed; what is not said is the n-th of its kind.
create function adopt(n integer, owner text default 'ann', queue text default 'q',
    key text default null, tag text default null, submitted bigint default null,
    lives bigint default 3600, cups_job bigint default 0, document integer default 1,
    bytes bigint default 1000) returns text language sql as $$
	select hf.job_adopt(t.id(n), owner, queue, 'application/pdf', bytes,
	    coalesce(submitted, t.now_s()), coalesce(submitted, t.now_s()) + lives, 1, 0, 0,
	    '\x0102030405060708', '\x1112131415161718', sha256(coalesce(key, 'key' || n)::bytea),
	    sha256(coalesce(tag, 'tag' || n)::bytea), cups_job, document)
$$;

create function state(n integer) returns text language sql as $$
	select j.state from hf.job j where j.id = t.id(n)
$$;
create function try(n integer) returns hf.attempt language sql as $$
	select a.* from hf.attempt a join hf.job j on j.attempt = a.id where j.id = t.id(n)
$$;
create function events(n integer) returns bigint language sql as $$
	select count(*) from hf.event e where e.job = t.id(n)
$$;
create function last_event(n integer) returns text language sql as $$
	select e.kind || ' ' || e.level from hf.event e where e.job = t.id(n) order by e.id desc limit 1
$$;

-- ann and bob; printer 901 (class 0 by waiver), 902 (class 1), 903 (disabled);
-- reader 801 at 901 and 902, reader 802 not enrolled; ann's badge 701, bob's 702.
create function stage() returns void language sql as $$
	insert into hf.person (name, display) values ('ann', 'Ann A.'), ('bob', 'Bob B.');
	insert into hf.printer (id, name, uri, spki_pin, min_class, waiver, waiver_by, waiver_at, disabled_at)
	select t.id(n), 'p' || n, 'ipps://printer' || n || '/ipp/print',
	    'sha256//' || repeat('A', 43) || '=', case n when 901 then 0 else 1 end,
	    case n when 901 then 'lobby' end, case n when 901 then 'root' end,
	    case n when 901 then now() end, case n when 903 then now() end
	from unnest(array[901, 902, 903]) n;
	insert into hf.reader (id, name, public_key, enrolled_at) values
	    (t.id(801), 'r801', sha256('r801'), now());
	insert into hf.reader (id, name, token_hash, token_expires) values
	    (t.id(802), 'r802', sha256('token802'), now() + interval '1 hour');
	insert into hf.reader_printer values (t.id(801), t.id(901)), (t.id(801), t.id(902)),
	    (t.id(802), t.id(901));
	insert into hf.badge (id, hash, kind, person) values
	    (t.id(701), sha256('badge-ann'), 1, 'ann'), (t.id(702), sha256('badge-bob'), 1, 'bob');
$$;

create function claim(owner text default 'ann', max integer default 64,
    printer integer default 901) returns setof uuid language sql as $$
	select c.job from hf.job_claim(owner, t.id(printer), t.id(801), null, max) c
$$;
create function advance(n integer, to_state text) returns boolean language sql as $$
	select hf.job_advance((t.try(n)).id, (t.try(n)).fence, to_state, 7, 'urn:uuid:seven', 100)
$$;
create function finish(n integer, outcome text, impressions integer default null) returns text
language sql as $$
	select hf.job_finish((t.try(n)).id, (t.try(n)).fence, outcome, impressions, 'because')
$$;

-- A fresh job n of ann's, brought to a state by the functions themselves.
create function job_in(n integer, want text) returns void language plpgsql as $$
begin
	perform t.adopt(n, 'only' || n, lives => case want when 'expired' then -1 else 3600 end);
	insert into hf.person (name) values ('only' || n);
	case want
	when 'held' then
	when 'cancelled' then perform hf.job_cancel(t.id(n), 'root', '');
	when 'expired' then perform hf.job_expire(1000);
	else
		perform t.claim('only' || n);
		case want
		when 'claimed' then
		when 'damaged' then perform t.finish(n, 'damaged');
		when 'uncertain' then perform t.finish(n, 'uncertain');
		else
			perform t.advance(n, 'created');
			case want
			when 'created' then
			when 'releasing' then perform t.advance(n, 'releasing');
			else
				perform t.advance(n, 'sent');
				if want = 'delivered' then
					perform t.finish(n, 'delivered');
				end if;
			end case;
		end case;
	end case;
	if t.state(n) <> want then
		raise 'helper: job % is % and not %', n, t.state(n), want;
	end if;
end
$$;
