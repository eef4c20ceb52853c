-- These views show a session all rows or none: no condition on a row could be
-- leaked by being looked at too early, because the one on the session is
-- looked at once, before the first row.  Without the barrier a list's order
-- and limit reach the index: with a million jobs that is the difference
-- between a page and all of the table.  Views of a person's own rows keep it.
alter view hf.web_all_job reset (security_barrier);
alter view hf.web_all_badge reset (security_barrier);
alter view hf.web_people reset (security_barrier);
alter view hf.web_printer reset (security_barrier);
alter view hf.web_reader reset (security_barrier);
alter view hf.web_event reset (security_barrier);
alter view hf.web_all_session reset (security_barrier);
alter view hf.web_attempt reset (security_barrier);

-- What is under way is in the few unfinished attempts, not in the many jobs.
create or replace view hf.web_status with (security_barrier) as
select
    (select count(*) from hf.job where state = 'held') as held,
    (select count(*) from hf.attempt where ended_at is null) as releasing,
    (select count(*) from hf.job where state = 'uncertain') as uncertain,
    (select count(*) from hf.job where state = 'damaged') as damaged,
    (select min(submitted) from hf.job where state = 'held'
	and state in ('held', 'claimed', 'created', 'releasing', 'sent', 'uncertain'))
	as oldest_held,
    (select min(expires) from hf.job where state in ('held', 'uncertain')) as next_expiry,
    (select count(*) from hf.person where disabled_at is null) as people,
    (select count(*) from hf.badge where revoked_at is null) as badges,
    (select count(*) from hf.printer where removed_at is null) as printers,
    (select count(*) from hf.printer where removed_at is null and waiver is not null) as waivers,
    (select count(*) from hf.printer where removed_at is null and plain_allowed) as plain_printers,
    (select count(*) from hf.reader where revoked_at is null and enrolled_at is not null)
	as readers,
    (select count(*) from hf.event where level = 'alarm' and at > now() - interval '24 hours')
	as alarms,
    (select count(*) from hf.printer p where p.removed_at is null and p.disabled_at is not null)
	as printers_disabled,
    (select count(*) from hf.reader r where r.revoked_at is null and r.enrolled_at is not null
	and (r.last_seen_at is null or r.last_seen_at < now() - interval '5 minutes'))
	as readers_silent
where hf.web_may('see.status');
