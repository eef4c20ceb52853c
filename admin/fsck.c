/* Files and rows against each other; a new index; a clock that jumped. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/cmd.h"

#define CHECK_MS (6 * 3600 * 1000)	/* all of the spool is read */
#define RESCAN_MS 70000

static void
show(const struct hf_run *r, const json_t *j)
{
	if (r->json) {
		(void)json_dumpf(j, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		hf_json_show(stdout, j);
	}
}

static bool
is_clean(const json_t *j)
{
	static const char *const counts[] = { "without_row", "finished",
		"damaged", "missing" };
	size_t i;

	for (i = 0; i < sizeof counts / sizeof counts[0]; i++)
		if (json_integer_value(json_object_get(j, counts[i])) != 0)
			return false;
	return json_array_size(json_object_get(j, "found")) == 0;
}

int
hf_cmd_fsck(struct hf_run *r, struct hf_err *e)
{
	const uint8_t repair = hf_args_has(&r->args, "--repair");
	json_t *j;
	bool clean;

	if (hf_ask_json(r->conf.release_socket, HF_MSG_FSCK,
		hf_view_of(&repair, 1), CHECK_MS, &j, e) == -1)
		return -1;
	show(r, j);
	clean = is_clean(j);
	json_decref(j);
	return clean || repair ? HF_EXIT_DONE : HF_EXIT_FINDINGS;
}

/*
 * The service makes rows of the files that have none whenever it finds them;
 * this is to be told when that is done.
 */
int
hf_cmd_reindex(struct hf_run *r, struct hf_err *e)
{
	json_t *j;

	if (hf_ask_json(r->conf.release_socket, HF_MSG_RESCAN,
		hf_view_of(NULL, 0), RESCAN_MS, &j, e) == -1)
		return -1;
	show(r, j);
	json_decref(j);
	if (!r->json)
		puts("people, badges, printers and readers are not in the "
		     "files: enter them again, or restore the database");
	return HF_EXIT_DONE;
}

int
hf_cmd_clock_accept(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt accept = { "clock_acknowledge",
		"select hf.clock_acknowledge()", 0 };
	PGresult *res;
	bool was;

	if (hf_run_sql(r, &accept, NULL, NULL, &res, e) == -1)
		return -1;
	was = hf_db_bool(res, 0, 0);
	PQclear(res);
	hf_done(r, json_pack("{sb}", "was_suspended", was), "%s",
	    was ? "the clock is accepted: jobs expire again"
		: "the clock was not in doubt");
	return 0;
}
