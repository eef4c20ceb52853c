-- What may be looked at.  A view runs with the rights of hf_owner, so nobody
-- needs any right on a table.  None shows a badge's hash, a token's hash, a
-- duplicate tag or an intake key.

create view hf.admin_job as
select j.id, j.owner, j.queue, j.format, j.bytes, j.submitted, j.expires, j.copies,
    (array['', 'one-sided', 'two-sided-long-edge', 'two-sided-short-edge'])[j.sides + 1] as sides,
    (array['', 'monochrome', 'color'])[j.color + 1] as color,
    encode(j.host_id, 'hex') as host, encode(j.key_id, 'hex') as key, j.cups_job, j.document,
    j.state, j.state_at, j.reason, a.id as attempt, p.name as printer, a.person as released_by,
    a.began_at, a.ended_at, a.impressions, a.printer_job_id
from hf.job j left join hf.attempt a on a.id = j.attempt left join hf.printer p on p.id = a.printer;

create view hf.admin_attempt as
select a.id, a.job, p.name as printer, r.name as reader, a.badge, a.person, a.state,
    a.printer_job_id, a.printer_job_uuid, a.impressions, a.reason, a.began_at, a.ended_at
from hf.attempt a join hf.printer p on p.id = a.printer left join hf.reader r on r.id = a.reader;

create view hf.admin_person as
select n.name, n.display, n.added_at, n.disabled_at,
    (select count(*) from hf.badge b where b.person = n.name and b.revoked_at is null) as badges,
    (select count(*) from hf.job j where j.owner = n.name and j.state = 'held') as held
from hf.person n;

create view hf.admin_badge as
select b.id, b.person, b.label, b.kind, b.added_at, b.revoked_at, b.last_used_at from hf.badge b;

create view hf.admin_printer as
select p.id, p.name, p.uri, p.spki_pin, p.printer_uuid, p.plain_allowed, p.min_class, p.waiver,
    p.waiver_by, p.waiver_at, p.location, p.added_at, p.disabled_at, p.removed_at,
    (select count(*) from hf.reader_printer b join hf.reader r on r.id = b.reader
	where b.printer = p.id and r.revoked_at is null) as readers
from hf.printer p;

create view hf.admin_reader as
select r.id, r.name, r.hardware, r.version, r.added_at, r.token_expires, r.enrolled_at,
    r.last_seen_at, r.revoked_at,
    coalesce((select array_agg(p.name order by p.name) from hf.reader_printer b
	join hf.printer p on p.id = b.printer where b.reader = r.id and p.removed_at is null),
	'{}') as printers
from hf.reader r;

create view hf.admin_event as
select e.id, e.at, e.kind, e.level, e.actor, e.job, e.printer, e.reader, e.data from hf.event e;

create view hf.admin_queue as select q.name, q.min_class, q.retention_hours from hf.queue q;

create view hf.admin_migration as
select m.number, m.name, m.sha256, m.applied_at from hf.migration m;

create view hf.admin_status as
select
    (select count(*) from hf.job where state = 'held') as held,
    (select count(*) from hf.job where state in ('claimed', 'created', 'releasing', 'sent'))
	as releasing,
    (select count(*) from hf.job where state = 'uncertain') as uncertain,
    (select count(*) from hf.job where state = 'damaged') as damaged,
    (select min(submitted) from hf.job where state = 'held') as oldest_held,
    (select min(expires) from hf.job where state in ('held', 'uncertain')) as next_expiry,
    (select count(*) from hf.person where disabled_at is null) as people,
    (select count(*) from hf.badge where revoked_at is null) as badges,
    (select count(*) from hf.printer where removed_at is null) as printers,
    (select count(*) from hf.printer where removed_at is null and waiver is not null) as waivers,
    (select count(*) from hf.printer where removed_at is null and plain_allowed) as plain_printers,
    (select count(*) from hf.reader where revoked_at is null and enrolled_at is not null)
	as readers,
    (select max(last_seen_at) from hf.reader where revoked_at is null) as reader_seen,
    (select count(*) from hf.event where level = 'alarm' and at > now() - interval '24 hours')
	as alarms,
    (select max(number) from hf.migration) as migration;

grant select on hf.admin_job, hf.admin_attempt, hf.admin_person, hf.admin_badge,
    hf.admin_printer, hf.admin_reader, hf.admin_event, hf.admin_queue, hf.admin_migration,
    hf.admin_status to hf_admin;

-- The web service shows these and can change nothing.
create view hf.web_printer as
select p.id, p.name, p.location, p.disabled_at is not null as disabled
from hf.printer p where p.removed_at is null;

create view hf.web_job as
select j.id, j.owner, j.queue, j.format, j.bytes, j.submitted, j.expires, j.copies, j.sides,
    j.color, j.state, j.state_at, j.reason, a.printer, a.began_at, a.impressions
from hf.job j left join hf.attempt a on a.id = j.attempt;

grant select on hf.web_printer, hf.web_job to hf_web;
