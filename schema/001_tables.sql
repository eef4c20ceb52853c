-- Tables, constraints and indexes.  doc/schema.md says what they mean.
-- Run by hf_owner, in one transaction, by `holdfast migrate`.

create schema hf;
grant usage on schema hf to hf_release, hf_web, hf_admin;

-- A new function may be called by nobody until it is granted.
alter default privileges for role hf_owner revoke execute on functions from public;

-- A domain is checked where a value is assigned.  A check constraint of a table
-- is checked at every update of any column: on the path of a tap that costs
-- more than the update itself, so job and attempt have few of those.
create domain hf.bytes8 as bytea check (octet_length(value) = 8);
create domain hf.bytes32 as bytea check (octet_length(value) = 32);
create domain hf.text63 as text check (octet_length(value) <= 63);
create domain hf.text1023 as text check (octet_length(value) <= 1023);
create domain hf.name127 as text check (octet_length(value) between 1 and 127);
create domain hf.name255 as text check (octet_length(value) between 1 and 255);
create domain hf.length as bigint check (value > 0);
create domain hf.copies as smallint check (value between 1 and 999);
create domain hf.sides as smallint check (value between 0 and 3);
create domain hf.color as smallint check (value between 0 and 2);
create domain hf.impressions as integer check (value >= 0);
create domain hf.token as text check (value ~ '^[0-9a-f]{32}$');
create domain hf.job_state as text check (value in ('held', 'claimed', 'created',
    'releasing', 'sent', 'delivered', 'uncertain', 'cancelled', 'expired', 'damaged'));
create domain hf.attempt_state as text check (value in ('claimed', 'created', 'releasing',
    'sent', 'delivered', 'held', 'uncertain', 'damaged'));

create table hf.migration (
	number		integer primary key,
	name		text not null,
	sha256		bytea not null check (octet_length(sha256) = 32),
	applied_at	timestamptz not null default clock_timestamp()
);

create table hf.setting (
	name		text primary key check (name <> ''),
	value		text not null
);

-- People, as cupsd knows them.
create table hf.person (
	name		text primary key
			check (octet_length(name) between 1 and 255 and name !~ '[[:cntrl:]]'),
	display		text not null default ''
			check (octet_length(display) <= 255 and display !~ '[[:cntrl:]]'),
	added_at	timestamptz not null default now(),
	disabled_at	timestamptz
);

-- Badges: a keyed hash whose key only the role key holds, never a number.
create table hf.badge (
	id		uuid primary key default gen_random_uuid(),
	hash		bytea not null check (octet_length(hash) = 32),
	kind		smallint not null check (kind between 1 and 255),
	person		text not null references hf.person,
	label		text not null default ''
			check (octet_length(label) <= 255 and label !~ '[[:cntrl:]]'),
	added_at	timestamptz not null default now(),
	revoked_at	timestamptz,
	last_used_at	timestamptz
);
create unique index badge_live on hf.badge (hash) where revoked_at is null;
create index badge_hash on hf.badge (hash);
create index badge_person on hf.badge (person);

create table hf.printer (
	id		uuid primary key default gen_random_uuid(),
	name		text not null
			check (name ~ '^[A-Za-z0-9._-]{1,127}$'),
	uri		text not null
			check (octet_length(uri) <= 1023 and uri ~ '^ipps?://[^[:space:][:cntrl:]]+$'),
	spki_pin	text not null default ''
			check (spki_pin = '' or spki_pin ~ '^sha256//[A-Za-z0-9+/]{43}=$'),
	printer_uuid	text not null default ''	-- IPP "printer-uuid"
			check (octet_length(printer_uuid) <= 63),
	plain_allowed	boolean not null default false,
	min_class	smallint not null default 1 check (min_class between 0 and 3),
	waiver		text check (octet_length(waiver) between 1 and 1023 and waiver !~ '[[:cntrl:]]'),
	waiver_by	text,
	waiver_at	timestamptz,
	location	text not null default ''
			check (octet_length(location) <= 255 and location !~ '[[:cntrl:]]'),
	added_at	timestamptz not null default now(),
	disabled_at	timestamptz,
	removed_at	timestamptz,
	-- A document goes out under a pinned key, or in clear where the
	-- administrator said so for this printer.
	constraint printer_is_secured check
	    (plain_allowed or (uri like 'ipps://%' and spki_pin <> '')),
	-- A card number alone releases nothing unless somebody answers for it.
	constraint printer_number_only_is_waived check
	    (min_class > 0 or waiver is not null),
	constraint printer_waiver_is_signed check
	    ((waiver is null) = (waiver_by is null) and (waiver is null) = (waiver_at is null))
);
create unique index printer_name on hf.printer (name) where removed_at is null;

create table hf.reader (
	id		uuid primary key default gen_random_uuid(),
	name		text not null
			check (name ~ '^[A-Za-z0-9._-]{1,127}$'),
	public_key	bytea check (octet_length(public_key) = 32),
	token_hash	bytea check (octet_length(token_hash) = 32),
	token_expires	timestamptz,
	hardware	text not null default '' check (octet_length(hardware) <= 1023),
	version		text not null default '' check (octet_length(version) <= 127),
	added_at	timestamptz not null default now(),
	enrolled_at	timestamptz,
	last_seen_at	timestamptz,
	revoked_at	timestamptz,
	constraint reader_enrolled_has_key check
	    ((enrolled_at is null) = (public_key is null)),
	constraint reader_token_ends check
	    ((token_hash is null) = (token_expires is null)),
	-- The token is good once: enrolling takes it away.
	constraint reader_token_once check
	    (token_hash is null or enrolled_at is null)
);
create unique index reader_name on hf.reader (name) where revoked_at is null;
create unique index reader_token on hf.reader (token_hash) where token_hash is not null;
create unique index reader_public_key on hf.reader (public_key) where public_key is not null;

create table hf.reader_printer (
	reader		uuid not null references hf.reader,
	printer		uuid not null references hf.printer,
	primary key (reader, printer)
);

-- An administrator waits for the next unknown badge at a reader.
create table hf.enrolment (
	id		uuid primary key default gen_random_uuid(),
	person		text not null references hf.person,
	reader		uuid not null references hf.reader,
	label		text not null default ''
			check (octet_length(label) <= 255 and label !~ '[[:cntrl:]]'),
	began_at	timestamptz not null default clock_timestamp(),
	expires		timestamptz not null,
	done_at		timestamptz,
	badge		uuid references hf.badge
);
create index enrolment_pending on hf.enrolment (reader, began_at) where done_at is null;

create table hf.queue (
	name		text primary key
			check (name ~ '^[A-Za-z0-9._-]{1,127}$'),
	min_class	smallint not null default 0 check (min_class between 0 and 3),
	retention_hours	integer check (retention_hours between 1 and 8760)
);

create table hf.job (
	id		uuid primary key,
	owner		hf.name255 not null,
	queue		hf.name127 not null,
	format		hf.name127 not null,	-- IPP "document-format"
	bytes		hf.length not null,	-- of the document
	submitted	timestamptz not null,
	expires		timestamptz not null,
	copies		hf.copies not null default 1,
	sides		hf.sides not null default 0,
	color		hf.color not null default 0,
	host_id		hf.bytes8 not null,
	key_id		hf.bytes8 not null,
	intake_key	hf.bytes32 not null,
	dup_tag		hf.bytes32 not null,
	cups_job	bigint not null default 0,	-- IPP "job-id" at the intake
	document	integer not null default 1,	-- of this document in its job
	adopted_at	timestamptz not null default now(),
	state		hf.job_state not null default 'held',
	state_at	timestamptz not null default now(),
	reason		hf.text1023 not null default '',
	attempt		bigint,			-- the newest one, or null
	constraint job_in_flight_has_attempt check
	    (attempt is not null or state not in ('claimed', 'created', 'releasing', 'sent',
		'delivered', 'uncertain'))
) with (fillfactor = 85);
-- cupsd may run a job again: the same document of the same job has one row.
-- A damaged copy does not stand in the way of a sound one.
create unique index job_intake on hf.job (intake_key, dup_tag) where state <> 'damaged';
-- What a tap reads: in the order in which the owner printed them.
create index job_held on hf.job (owner, submitted, cups_job, document, id) where state = 'held';
create index job_uncertain on hf.job (owner) where state = 'uncertain';
create index job_end on hf.job (expires) where state in ('held', 'uncertain');
-- Lists, by key and not by offset.
create index job_live on hf.job (submitted, id)
    where state in ('held', 'claimed', 'created', 'releasing', 'sent', 'uncertain');
create index job_all on hf.job (submitted, id);
create index job_damaged on hf.job (id) where state = 'damaged';

create sequence hf.fence as bigint;

-- One try to print one job at one printer.
create table hf.attempt (
	id		bigint generated always as identity primary key,
	job		uuid not null references hf.job,
	fence		bigint not null,
	printer		uuid not null references hf.printer,
	reader		uuid references hf.reader,
	badge		uuid references hf.badge,
	person		hf.name255 not null,
	token		hf.token not null unique,
	state		hf.attempt_state not null default 'claimed',
	printer_job_id	integer,		-- IPP "job-id"
	printer_job_uuid hf.text63 not null default '',
	printer_up_time	bigint,			-- IPP "printer-up-time"
	impressions	hf.impressions,		-- IPP "job-impressions-completed"
	reason		hf.text1023 not null default '',
	began_at	timestamptz not null default clock_timestamp(),
	ended_at	timestamptz,
	-- No document byte goes out before the printer job is known, and what has
	-- an outcome has an end.
	constraint attempt_is_whole check
	    ((ended_at is null) = (state in ('claimed', 'created', 'releasing', 'sent'))
	    and (printer_job_id is not null or state not in ('created', 'releasing', 'sent')))
) with (fillfactor = 85);
create index attempt_job on hf.attempt (job);
create index attempt_unfinished on hf.attempt (id) where ended_at is null;

-- What must be provable later.  Appended in the transaction of the change.
create table hf.event (
	id		bigint generated always as identity primary key,
	at		timestamptz not null default clock_timestamp(),
	kind		text not null check (kind ~ '^[a-z0-9._-]{1,63}$'),
	level		text not null check (level in ('info', 'warn', 'error', 'alarm')),
	actor		text not null check (octet_length(actor) between 1 and 255),
	job		uuid,
	printer		uuid,
	reader		uuid,
	data		jsonb not null default '{}'
			check (jsonb_typeof(data) = 'object' and pg_column_size(data) <= 16384)
);
create index event_job on hf.event (job, id) where job is not null;
create index event_alarm on hf.event (id) where level = 'alarm';

create function hf.event_is_append_only() returns trigger
language plpgsql set search_path = hf, pg_temp as $$
begin
	raise exception 'the event table can only be appended to'
	    using errcode = 'P0001';
end
$$;
create trigger event_append_only before update or delete on hf.event
    for each row execute function hf.event_is_append_only();
create trigger event_append_only_all before truncate on hf.event
    for each statement execute function hf.event_is_append_only();

-- Every change of a job's state that there is, whoever makes it.
create function hf.job_change_refused() returns trigger
language plpgsql set search_path = hf, pg_temp as $$
begin
	raise exception 'job % cannot go from % to %', old.id, old.state, new.state
	    using errcode = 'P0001';
end
$$;
-- One search in one text: it is done at every step of every release.
create trigger job_changes before update of state on hf.job
    for each row when (old.state <> new.state and strpos(
	' held>claimed held>cancelled held>expired held>damaged'
	' claimed>created claimed>held claimed>uncertain claimed>damaged'
	' created>releasing created>sent created>held created>uncertain'
	' releasing>delivered releasing>held releasing>uncertain'
	' sent>delivered sent>held sent>uncertain'
	' uncertain>cancelled uncertain>expired'
	' damaged>held ', ' ' || old.state || '>' || new.state || ' ') = 0)
    execute function hf.job_change_refused();

-- What names a document never changes.
create function hf.job_identity_refused() returns trigger
language plpgsql set search_path = hf, pg_temp as $$
begin
	raise exception 'the identity of job % cannot change', old.id
	    using errcode = 'P0001';
end
$$;
create trigger job_identity before update of id, owner, host_id, intake_key, dup_tag on hf.job
    for each row when ((old.id, old.owner, old.host_id, old.intake_key, old.dup_tag)
	is distinct from (new.id, new.owner, new.host_id, new.intake_key, new.dup_tag))
    execute function hf.job_identity_refused();
