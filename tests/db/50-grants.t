#!/bin/sh
# The role matrix: each role may call exactly its functions and read exactly its views, and no table.  The list is written
# out here a second time on purpose: a grant that somebody adds must be added in two places.
. "$(dirname "$0")/lib.sh"
db_start
db_tap <<'SQL'
select no_plan();
create temp table may (role text, what text);
insert into may select 'hf_release', unnest(array['job_adopt', 'job_missing', 'job_expire', 'job_state', 'reader_key', 'reader_hello', 'reader_enrol',
    'tap_lookup', 'tap_enrol', 'tap_record', 'job_claim', 'job_advance', 'job_finish', 'attempt_refence', 'attempt_open', 'printer_for_release',
    'printer_all', 'event_add', 'login_find', 'session_begin', 'session_use', 'do_session_end', 'do_own_cancel', 'do_own_badge_revoke', 'do_badge_revoke',
    'do_job_cancel', 'do_purge_preview', 'do_purge', 'do_printer_disable', 'do_person_disable', 'do_person_role', 'do_reader_revoke', 'do_other_session_end',
    'attempt_doubtful', 'attempt_ask', 'job_notice', 'job_again', 'do_own_again', 'job_kept', 'clock_suspend', 'clock_resume', 'clock_state',
    'audit_sequence', 'audit_state', 'audit_leaves', 'checkpoint_add']);
insert into may select 'hf_admin', unnest(array['person_add', 'person_disable', 'enrolment_start', 'enrolment_state', 'enrolment_cancel', 'badge_revoke',
    'printer_add', 'printer_remove', 'waiver_set', 'reader_add', 'reader_revoke', 'job_cancel', 'queue_set', 'person_password', 'person_role',
    'admin_job', 'admin_attempt', 'admin_person', 'admin_badge', 'admin_printer', 'admin_reader', 'admin_event', 'admin_queue', 'admin_migration', 'admin_status',
    'clock_acknowledge', 'admin_clock',
    'audit_erase', 'audit_records', 'admin_checkpoint', 'admin_audit_node', 'admin_audit_head']);
insert into may select 'hf_web', unnest(array['web_enter', 'web_person', 'web_may', 'web_my_job', 'web_all_job', 'web_my_badge', 'web_all_badge', 'web_people',
    'web_printer', 'web_reader', 'web_event', 'web_all_session', 'web_attempt', 'web_status', 'web_me']);
create temp table roles as select unnest(array['hf_release', 'hf_web', 'hf_admin']) as role;

select is(has_function_privilege(role, p.oid, 'execute'), exists (select from may m where m.role = r.role and m.what = p.proname),
    format('%s %s execute %s', role, case when exists (select from may m where m.role = r.role and m.what = p.proname) then 'may' else 'may not' end, p.proname))
from pg_proc p cross join roles r where p.pronamespace = 'hf'::regnamespace;
select is(has_table_privilege(role, c.oid, 'select'), exists (select from may m where m.role = r.role and m.what = c.relname),
    format('%s %s read %s', role, case when exists (select from may m where m.role = r.role and m.what = c.relname) then 'may' else 'may not' end, c.relname))
from pg_class c cross join roles r where c.relnamespace = 'hf'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'f');
select ok(not has_table_privilege(role, c.oid, 'insert, update, delete, truncate, references, trigger'), format('%s may change nothing of %s', role, c.relname))
from pg_class c cross join roles r where c.relnamespace = 'hf'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'f');
select ok(not has_any_column_privilege(role, c.oid, 'insert, update, references'), format('%s may change no column of %s', role, c.relname))
from pg_class c cross join roles r where c.relnamespace = 'hf'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'f');
select ok(not has_sequence_privilege(role, c.oid, 'usage, select, update'), format('%s may not touch sequence %s', role, c.relname))
from pg_class c cross join roles r where c.relnamespace = 'hf'::regnamespace and c.relkind = 'S';
select bag_eq($$select what from may$$, $$select proname::text from pg_proc where pronamespace = 'hf'::regnamespace and proname in (select what from may)
    union all select relname from pg_class where relnamespace = 'hf'::regnamespace and relname in (select what from may)$$, 'every name in the matrix exists, once');

select ok(has_schema_privilege(role, 'hf', 'usage'), role || ' may use the schema') from roles;
select ok(not has_schema_privilege(role, 'hf', 'create'), role || ' may make nothing in it') from roles;
select ok(not has_schema_privilege(role, 'public', 'create, usage'), role || ' has nothing in public') from roles;
select ok(not has_database_privilege(role, 'holdfast', 'create, temporary'), role || ' may make neither schema nor temporary table') from roles;
select ok(not has_database_privilege('public', 'holdfast', 'connect'), 'nobody else may connect');
select ok(not pg_has_role(r.role, o.rolname, 'member'), format('%s is not a member of %s', r.role, o.rolname))
from roles r cross join pg_roles o where o.rolname <> r.role;
select is(rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls, false, rolname || ' has no attribute of a superuser')
from pg_roles where rolname like 'hf\_%';
select is(rolpassword, null, rolname || ' has no password') from pg_authid where rolname like 'hf\_%';

select is(pg_get_userbyid(proowner)::text, 'hf_owner', proname || ' belongs to hf_owner') from pg_proc where pronamespace = 'hf'::regnamespace;
select ok(not has_function_privilege('public', oid, 'execute'), 'not everybody may call ' || proname) from pg_proc where pronamespace = 'hf'::regnamespace;
select ok(prosecdef and proconfig @> array['search_path=hf, pg_temp'], proname || ' runs as its owner with a search path of its own')
from pg_proc where pronamespace = 'hf'::regnamespace and proname in (select what from may);
select ok(not prosecdef, proname || ' is a helper and lends no rights')
from pg_proc where pronamespace = 'hf'::regnamespace and proname not in (select what from may);
select is_empty($$select table_name, column_name from information_schema.columns where table_schema = 'hf'
    and (table_name like 'web\_%' or table_name like 'admin\_%') and table_name <> 'web_session' and column_name in ('hash', 'token_hash', 'public_key', 'dup_tag', 'intake_key', 'token', 'fence')$$,
    'no view shows a hash, a key, a tag, a token or a fence');
select finish();
SQL
