#include <stdio.h>

#include "admin/cmd.h"
#include "admin/table.h"

int
hf_cmd_user_add(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt add = { "person_add",
		"select hf.person_add($1, $2)", 2 };
	const char *name = r->args.words[0];
	const char *const params[] = { name,
		hf_args_get(&r->args, "--display", "") };

	if (hf_run_sql(r, &add, params, NULL, NULL, e) == -1)
		return -1;
	hf_done(r, json_pack("{ss}", "name", name), "user %s added", name);
	return 0;
}

int
hf_cmd_user_list(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt list = { "persons",
		"select name, display, disabled_at is not null, badges, held, "
		"extract(epoch from added_at)::bigint "
		"from hf.admin_person order by name", 0 };
	static const struct hf_col cols[] = {
		{ "USER", "name", HF_CELL_TEXT },
		{ "NAME", "display", HF_CELL_TEXT },
		{ "DISABLED", "disabled", HF_CELL_BOOL },
		{ "BADGES", "badges", HF_CELL_INT },
		{ "HELD", "held", HF_CELL_INT },
		{ "ADDED", "added", HF_CELL_TIME },
	};
	PGresult *res;
	int rc;

	if (hf_run_sql(r, &list, NULL, NULL, &res, e) == -1)
		return -1;
	rc = hf_table_print(stdout, r->json, res, cols,
	    sizeof cols / sizeof cols[0], e);
	PQclear(res);
	return rc;
}

static int
set_disabled(struct hf_run *r, bool disabled, struct hf_err *e)
{
	static const struct hf_stmt set = { "person_disable",
		"select hf.person_disable($1, $2)", 2 };
	const char *name = r->args.words[0];
	const char *const params[] = { name, disabled ? "true" : "false" };

	if (hf_run_sql(r, &set, params, NULL, NULL, e) == -1)
		return -1;
	hf_done(r, json_pack("{sssb}", "name", name, "disabled", disabled),
	    disabled ? "user %s disabled: no badge of theirs releases anything"
		     : "user %s enabled", name);
	return 0;
}

int
hf_cmd_user_disable(struct hf_run *r, struct hf_err *e)
{
	return set_disabled(r, true, e);
}

int
hf_cmd_user_enable(struct hf_run *r, struct hf_err *e)
{
	return set_disabled(r, false, e);
}
