#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/cmd.h"
#include "admin/table.h"

#define STATUS_MS 10000

static const struct hf_stmt counts = { "admin_status",
	"select held, releasing, uncertain, damaged, "
	"extract(epoch from oldest_held)::bigint, "
	"extract(epoch from next_expiry)::bigint, people, badges, printers, "
	"waivers, plain_printers, readers, "
	"extract(epoch from reader_seen)::bigint, alarms, migration "
	"from hf.admin_status", 0 };
static const struct {
	const char *title;	/* NULL at the time columns' end */
	const char *key;
	bool time;
} names[] = {
	{ "jobs held", "held", false },
	{ "jobs being released", "releasing", false },
	{ "jobs uncertain", "uncertain", false },
	{ "jobs damaged", "damaged", false },
	{ "oldest held since", "oldest_held", true },
	{ "next one expires", "next_expiry", true },
	{ "people", "people", false },
	{ "badges", "badges", false },
	{ "printers", "printers", false },
	{ "of them by waiver", "waivers", false },
	{ "of them without TLS", "plain_printers", false },
	{ "readers", "readers", false },
	{ "a reader last seen", "reader_seen", true },
	{ "alarms in 24 hours", "alarms", false },
	{ "schema", "migration", false },
};
#define N_NAMES (sizeof names / sizeof names[0])

static int
show_counts(struct hf_run *r, const PGresult *res, struct hf_err *e)
{
	struct hf_col cols[N_NAMES];
	size_t i;

	for (i = 0; i < N_NAMES; i++) {
		cols[i].title = names[i].title;
		cols[i].key = names[i].key;
		cols[i].kind = names[i].time ? HF_CELL_TIME : HF_CELL_INT;
	}
	return hf_record_print(stdout, r->json, res, cols, N_NAMES, e);
}

/* Each part says for itself what it is; either may be away. */
int
hf_cmd_status(struct hf_run *r, struct hf_err *e)
{
	struct hf_err db_err = { .code = HF_OK }, rel_err = { .code = HF_OK };
	json_t *j = NULL;
	PGresult *res = NULL;
	int rc = 0;

	if (hf_run_connect(r, &db_err) == -1 ||
	    hf_run_sql(r, &counts, NULL, NULL, &res, &db_err) == -1)
		res = NULL;
	if (hf_ask_json(r->conf.release_socket, HF_MSG_STATUS,
		hf_view_of(NULL, 0), STATUS_MS, &j, &rel_err) == -1)
		j = NULL;
	if (r->json)
		fputs("{\"database\":", stdout);
	if (res != NULL) {
		rc = show_counts(r, res, e);
		PQclear(res);
	} else if (r->json) {
		puts("null");
	}
	if (r->json)
		fputs(",\"release\":", stdout);
	if (j != NULL && r->json) {
		(void)json_dumpf(j, stdout, JSON_COMPACT);
	} else if (j != NULL) {
		puts("\nrelease service");
		hf_json_show(stdout, j);
	} else if (r->json) {
		fputs("null", stdout);
	}
	if (r->json)
		puts("}");
	json_decref(j);
	if (rc == -1)
		return -1;
	if (res == NULL && j == NULL)
		return hf_fail(e, db_err.code, "%.240s; %.240s", db_err.text,
		    rel_err.text);
	if (res == NULL || j == NULL) {
		*e = res == NULL ? db_err : rel_err;
		return -1;
	}
	return 0;
}
