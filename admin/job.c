#include <stdio.h>
#include <string.h>

#include "admin/cmd.h"
#include "admin/table.h"
#include "lib/buf.h"
#include "lib/id.h"

static const char *const states[] = { "held", "claimed", "created",
	"releasing", "sent", "delivered", "uncertain", "cancelled", "expired",
	"damaged" };

static int
check_state(const char *s, struct hf_err *e)
{
	size_t i;

	for (i = 0; s != NULL && i < sizeof states / sizeof states[0]; i++)
		if (strcmp(s, states[i]) == 0)
			return 0;
	if (s == NULL)
		return 0;
	return hf_fail(e, HF_EINPUT, "there is no state \"%s\": held, "
	    "claimed, created, releasing, sent, delivered, uncertain, "
	    "cancelled, expired or damaged", s);
}

/*
 * Two statements, so that the usual one is served by the index of live jobs:
 * all jobs ever are many more.
 */
#define LIST_COLUMNS \
	"select id, owner, queue, state, copies, bytes, format, " \
	"extract(epoch from submitted)::bigint, " \
	"extract(epoch from expires)::bigint, " \
	"case when state in ('held', 'cancelled', 'expired') then null " \
	"else printer end, case when state in ('uncertain', 'delivered') " \
	"then extract(epoch from began_at)::bigint end, " \
	"case when state in ('uncertain', 'delivered') then impressions end, " \
	"reason from hf.admin_job "
#define LIST_ORDER \
	"and ($1::text is null or owner = $1) " \
	"order by submitted desc, id desc limit $2"

static const struct hf_stmt live_jobs = { "live_jobs",
	LIST_COLUMNS "where state in ('held', 'claimed', 'created', "
	"'releasing', 'sent', 'uncertain') " LIST_ORDER, 2 };
static const struct hf_stmt all_jobs = { "all_jobs",
	LIST_COLUMNS "where true " LIST_ORDER, 2 };
static const struct hf_stmt jobs_in_state = { "jobs_in_state",
	LIST_COLUMNS "where state = $3 " LIST_ORDER, 3 };

int
hf_cmd_job_list(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_col cols[] = {
		{ "JOB", "id", HF_CELL_TEXT },
		{ "OWNER", "owner", HF_CELL_TEXT },
		{ "QUEUE", "queue", HF_CELL_TEXT },
		{ "STATE", "state", HF_CELL_TEXT },
		{ "COPIES", "copies", HF_CELL_INT },
		{ "BYTES", "bytes", HF_CELL_INT },
		{ NULL, "format", HF_CELL_TEXT },
		{ "SUBMITTED", "submitted", HF_CELL_TIME },
		{ "EXPIRES", "expires", HF_CELL_TIME },
		{ "PRINTER", "printer", HF_CELL_TEXT },
		{ "SENT", "sent", HF_CELL_TIME },
		{ "PAGES", "impressions", HF_CELL_INT },
		{ "REASON", "reason", HF_CELL_TEXT },
	};
	const char *state = hf_args_get(&r->args, "--state", NULL);
	bool all = hf_args_has(&r->args, "--all");
	char limit[24];
	const char *const params[] = {
		hf_args_get(&r->args, "--user", NULL), limit, state };
	PGresult *res;
	long most;
	int rc;

	if (check_state(state, e) == -1 ||
	    hf_args_int(&r->args, "--limit", 1000, 1, 1000000, &most, e) == -1)
		return -1;
	/* One more than asked for tells whether there are more. */
	snprintf(limit, sizeof limit, "%ld", most);
	if (hf_run_sql(r, state != NULL ? &jobs_in_state
		: all ? &all_jobs : &live_jobs, params, NULL, &res, e) == -1)
		return -1;
	rc = hf_table_print(stdout, r->json, res, cols,
	    sizeof cols / sizeof cols[0], e);
	if (rc == 0 && PQntuples(res) == most)
		fprintf(stderr, "holdfast: only the newest %ld are shown "
		    "(--limit)\n", most);
	PQclear(res);
	return rc;
}

static int
need_id(const char *id, struct hf_err *e)
{
	if (hf_id_is(id))
		return 0;
	return hf_fail(e, HF_EINPUT,
	    "\"%s\" is no job id (holdfast job list shows them)", id);
}

/* What happened to it, oldest first. */
static int
show_events(struct hf_run *r, const char *id, struct hf_err *e)
{
	static const struct hf_stmt list = { "job_events",
		"select extract(epoch from at)::bigint, kind, level, actor, "
		"data::text from hf.admin_event where job = $1 order by id",
		1 };
	static const struct hf_col cols[] = {
		{ "AT", "at", HF_CELL_TIME },
		{ "EVENT", "kind", HF_CELL_TEXT },
		{ "LEVEL", "level", HF_CELL_TEXT },
		{ "ACTOR", "actor", HF_CELL_TEXT },
		{ "DETAILS", "data", HF_CELL_TEXT },
	};
	const char *const params[] = { id };
	PGresult *res;
	int rc;

	if (hf_run_sql(r, &list, params, NULL, &res, e) == -1)
		return -1;
	putchar('\n');
	rc = hf_table_print(stdout, false, res, cols,
	    sizeof cols / sizeof cols[0], e);
	PQclear(res);
	return rc;
}

int
hf_cmd_job_show(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt show = { "job_show",
		"select id, owner, queue, state, reason, format, bytes, "
		"copies, sides, color, extract(epoch from submitted)::bigint, "
		"extract(epoch from expires)::bigint, "
		"extract(epoch from state_at)::bigint, host, key, cups_job, "
		"document, printer, released_by, "
		"extract(epoch from began_at)::bigint, "
		"extract(epoch from ended_at)::bigint, printer_job_id, "
		"impressions, (select coalesce(json_agg(json_build_object("
		"'at', e.at, 'kind', e.kind, 'level', e.level, 'actor', "
		"e.actor, 'data', e.data) order by e.id), '[]') "
		"from hf.admin_event e where e.job = j.id) "
		"from hf.admin_job j where id = $1", 1 };
	static const struct hf_col cols[] = {
		{ "Job", "id", HF_CELL_TEXT },
		{ "Owner", "owner", HF_CELL_TEXT },
		{ "Queue", "queue", HF_CELL_TEXT },
		{ "State", "state", HF_CELL_TEXT },
		{ "Reason", "reason", HF_CELL_TEXT },
		{ "Format", "format", HF_CELL_TEXT },
		{ "Bytes", "bytes", HF_CELL_INT },
		{ "Copies", "copies", HF_CELL_INT },
		{ "Sides", "sides", HF_CELL_TEXT },
		{ "Colour", "color", HF_CELL_TEXT },
		{ "Submitted", "submitted", HF_CELL_TIME },
		{ "Expires", "expires", HF_CELL_TIME },
		{ "In this state since", "state_at", HF_CELL_TIME },
		{ "Sealed by host", "host", HF_CELL_TEXT },
		{ "Sealed to key", "key", HF_CELL_TEXT },
		{ "CUPS job", "cups_job", HF_CELL_INT },
		{ "Document", "document", HF_CELL_INT },
		{ "Printer", "printer", HF_CELL_TEXT },
		{ "Released by", "released_by", HF_CELL_TEXT },
		{ "Release began", "began_at", HF_CELL_TIME },
		{ "Release ended", "ended_at", HF_CELL_TIME },
		{ "Printer's job", "printer_job_id", HF_CELL_INT },
		{ "Pages known out", "impressions", HF_CELL_INT },
		{ NULL, "events", HF_CELL_LIST },
	};
	const char *id = r->args.words[0];
	const char *const params[] = { id };
	char none[80];
	PGresult *res;
	int rc;

	if (need_id(id, e) == -1)
		return -1;
	snprintf(none, sizeof none, "no such job %s", id);
	if (hf_run_sql(r, &show, params, none, &res, e) == -1)
		return -1;
	rc = hf_record_print(stdout, r->json, res, cols,
	    sizeof cols / sizeof cols[0], e);
	PQclear(res);
	if (rc == 0 && !r->json)
		rc = show_events(r, id, e);
	return rc;
}

/* An administrator deletes; nobody but the owner releases. */
int
hf_cmd_job_cancel(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt cancel = { "job_cancel",
		"select hf.job_cancel($1, $2, $3), "
		"(select state from hf.admin_job where id = $1)", 3 };
	const char *id = r->args.words[0];
	const char *const params[] = { id, r->actor,
		hf_args_get(&r->args, "--reason", "") };
	char state[32];
	PGresult *res;
	bool done;

	if (need_id(id, e) == -1 ||
	    hf_run_sql(r, &cancel, params, NULL, &res, e) == -1)
		return -1;
	done = hf_db_bool(res, 0, 0);
	(void)hf_str_copy(state, sizeof state, hf_db_text(res, 0, 1));
	PQclear(res);
	if (!done)
		return hf_fail(e, HF_ECONFLICT, "job %s is %s: only a held or "
		    "uncertain job can be cancelled", id, state);
	hf_done(r, json_pack("{ssss}", "id", id, "state", "cancelled"),
	    "job %s cancelled", id);
	return 0;
}
