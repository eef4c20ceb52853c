/* Database, schema, grants, and what the administrator has allowed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/doctor.h"
#include "admin/migrate.h"
#include "lib/clock.h"

/* One query whose rows are findings; none is fine. Columns: what, todo. */
static void
report_rows(struct hf_doctor *d, const struct hf_stmt *st, const char *fine)
{
	struct hf_err e;
	PGresult *res;
	int i;

	if (!hf_db_is_up(d->r->db))
		return;		/* said once, by hf_check_database */
	if (hf_db_run(d->r->db, st, NULL, &res, &e) == -1) {
		hf_warn(d, NULL, "%s", e.text);
		return;
	}
	for (i = 0; i < PQntuples(res); i++)
		hf_warn(d, PQgetisnull(res, i, 1) ? NULL
		    : hf_db_text(res, i, 1), "%s", hf_db_text(res, i, 0));
	if (PQntuples(res) == 0)
		hf_fine(d, "%s", fine);
	PQclear(res);
}

static void
check_clocks(struct hf_doctor *d)
{
	static const struct hf_stmt now = { "db_clock",
		"select floor(extract(epoch from clock_timestamp()))::bigint",
		0 };
	int64_t theirs, off;
	struct hf_err e;
	PGresult *res;

	if (hf_db_run(d->r->db, &now, NULL, &res, &e) == -1)
		return;
	if (hf_db_int(res, 0, 0, &theirs, &e) == 0) {
		off = theirs - (int64_t)hf_wall_s();
		if (off < -5 || off > 5)
			hf_warn(d, "synchronise both", "the database's clock "
			    "is %" PRId64 " s off this host's", off);
	}
	PQclear(res);
}

void
hf_check_database(struct hf_doctor *d)
{
	static const struct hf_stmt settings = { "db_settings",
		"select name || ' is off in the database', "
		"'switch it on: a crash would lose or damage jobs' "
		"from (values ('fsync', current_setting('fsync')), "
		"('full_page_writes', current_setting('full_page_writes')), "
		"('synchronous_commit', current_setting('synchronous_commit'))"
		", ('data_checksums', current_setting('data_checksums'))) "
		"as s (name, value) where value = 'off'", 0 };
	struct hf_err e;

	if (hf_run_connect(d->r, &e) == -1) {
		hf_warn(d, "start it; jobs are accepted and kept meanwhile, "
		    "none is released", "%s", e.text);
		return;
	}
	report_rows(d, &settings, "the database answers, and writes what it "
	    "says to the disk");
	check_clocks(d);
}

void
hf_check_migrations(struct hf_doctor *d)
{
	static const struct hf_stmt applied = { "migrations",
		"select number, name, sha256 from hf.admin_migration "
		"order by number", 0 };
	struct hf_migration *list = NULL;
	uint8_t sha256[32];
	struct hf_err e;
	PGresult *res = NULL;
	int i, n;

	if (!hf_db_is_up(d->r->db))
		return;
	if (hf_migrations_read(d->r->conf.schema, &list, &n, &e) == -1 ||
	    hf_db_run(d->r->db, &applied, NULL, &res, &e) == -1) {
		hf_warn(d, "holdfast migrate", "%s", e.text);
		goto out;
	}
	for (i = 0; i < n && i < PQntuples(res); i++)
		if (hf_db_get_bytea(res, i, 2, sha256, sizeof sha256, &e) ==
			-1 || memcmp(sha256, list[i].sha256, 32) != 0) {
			hf_warn(d, "restore the file that was applied", "%s "
			    "is not what was applied to the database",
			    list[i].name);
			goto out;
		}
	if (PQntuples(res) < n)
		hf_warn(d, "holdfast migrate", "%d migrations wait to be "
		    "applied", n - PQntuples(res));
	else if (PQntuples(res) > n)
		hf_warn(d, "install the newer program", "the database is "
		    "newer than this program");
	else
		hf_fine(d, "the schema is at migration %d", n);
out:
	PQclear(res);
	free(list);
}

void
hf_check_grants(struct hf_doctor *d)
{
	static const struct hf_stmt grants = { "grants",
		"select format('%s may %s table %s', r.name, p.what, "
		"c.relname), 'revoke it' "
		"from (values ('hf_release'), ('hf_web'), ('hf_admin')) "
		"as r (name), (values ('read'), ('change')) as p (what), "
		"pg_class c where c.relnamespace = 'hf'::regnamespace "
		"and c.relkind in ('r', 'p') and has_table_privilege(r.name, "
		"c.oid, case p.what when 'read' then 'select' else 'insert, "
		"update, delete, truncate' end) "
		"union all "
		"select format('hf_web may execute %s', p.proname), 'revoke it'"
		" from pg_proc p where p.pronamespace = 'hf'::regnamespace "
		"and has_function_privilege('hf_web', p.oid, 'execute') "
		/* who a session belongs to: they change no row */
		"and p.proname not in ('web_enter', 'web_person', 'web_may') "
		"union all "
		"select format('%s may execute %s', r.name, p.proname), "
		"'revoke it' from (values ('hf_admin'), ('public')) as r (name)"
		", pg_proc p where p.pronamespace = 'hf'::regnamespace "
		"and has_function_privilege(r.name, p.oid, 'execute') "
		"and (r.name = 'public' or p.proname in ('job_claim', "
		"'job_advance', 'job_finish', 'tap_enrol', 'tap_lookup')) "
		"union all "
		"select format('role %s is a superuser or near it', rolname), "
		"'alter role ... nosuperuser nobypassrls nocreaterole' "
		"from pg_roles where rolname in ('hf_owner', 'hf_release', "
		"'hf_web', 'hf_admin') and (rolsuper or rolbypassrls or "
		"rolcreaterole or rolreplication) "
		"union all "
		"select 'the event table can be edited', 'alter table hf.event "
		"enable trigger all' where (select count(*) from pg_trigger t "
		"where t.tgrelid = to_regclass('hf.event') and t.tgname like "
		"'event_append_only%' and t.tgenabled in ('O', 'A')) <> 2 "
		"union all "
		"select 'hf_release makes plans for small tables', 'run "
		"schema/roles.sql again' where not exists (select from "
		"pg_roles where rolname = 'hf_release' and 'enable_seqscan="
		"off' = any (rolconfig))", 0 };

	report_rows(d, &grants, "each database role may do its own and no "
	    "more; events can only be appended");
}

void
hf_check_policy(struct hf_doctor *d)
{
	static const struct hf_stmt policy = { "policy",
		"select format('printer %s releases to a card number alone, "
		"by waiver of %s: %s', name, waiver_by, waiver), null "
		"from hf.admin_printer where removed_at is null and waiver is "
		"not null union all "
		"select format('printer %s is reached without encryption', "
		"name), 'use ipps:// if it can' from hf.admin_printer "
		"where removed_at is null and plain_allowed and uri like "
		"'ipp://%' union all "
		"select format('%s jobs are past their end and still there', "
		"count(*)), 'the release service removes them: is it running?'"
		" from hf.admin_job where state in ('held', 'uncertain') and "
		"expires < now() - interval '1 hour' having count(*) > 0 "
		"union all "
		"select format('%s alarms in the last 24 hours, the last one: "
		"%s', count(*), (array_agg(kind order by id desc))[1]), "
		"'holdfast job show, or the event table, say more' "
		"from hf.admin_event where level = 'alarm' and at > now() - "
		"interval '24 hours' having count(*) > 0 "
		"union all "
		"select format('the clock stepped by %s seconds: no job "
		"expires', seconds), 'holdfast clock accept, if it is right "
		"now' from hf.admin_clock", 0 };

	report_rows(d, &policy, "no waivers, no plain printers, no alarms");
}
