#include "admin/cmd.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DB_TIMEOUT_MS 15000

static const struct {
	enum hf_code code;
	int status;
} exits[] = {
	{ HF_ENOTFOUND, HF_EXIT_NOTFOUND },
	{ HF_EDENIED, HF_EXIT_DENIED },
	{ HF_EAGAIN, HF_EXIT_NOT_NOW },
};

int
hf_exit_of(const struct hf_err *e)
{
	size_t i;

	/* A missing file is no "no such thing" that somebody asked for. */
	if (e->sys != 0 && e->code == HF_ENOTFOUND)
		return HF_EXIT_FAILED;
	for (i = 0; i < sizeof exits / sizeof exits[0]; i++)
		if (exits[i].code == e->code)
			return exits[i].status;
	return HF_EXIT_FAILED;
}

void
hf_done(const struct hf_run *r, json_t *o, const char *fmt, ...)
{
	va_list ap;

	if (r->json) {
		if (o == NULL)
			o = json_object();
		(void)json_dumpf(o, stdout, JSON_COMPACT);
	} else {
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
	}
	putchar('\n');
	json_decref(o);
}

/* The server's words for "you are not who may be this role". */
static bool
is_refusal(const char *text)
{
	return strstr(text, "authentication failed") != NULL ||
	    strstr(text, "no pg_hba.conf entry") != NULL ||
	    strstr(text, "pg_hba.conf rejects") != NULL;
}

int
hf_run_connect(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt actor = { "actor",
		"select set_config('hf.actor', $1, false)", 1 };
	const char *const params[] = { r->actor };
	PGresult *res;

	r->db = hf_db_new(r->conf.database, "holdfast", DB_TIMEOUT_MS, e);
	if (r->db == NULL)
		return -1;
	if (hf_db_run(r->db, &actor, params, &res, e) == -1) {
		if (is_refusal(e->text))
			return hf_fail(e, HF_EDENIED, "the database does not "
			    "let user %s be the administrator (hf_admin)",
			    r->actor);
		return -1;
	}
	PQclear(res);
	return 0;
}

int
hf_run_sql(struct hf_run *r, const struct hf_stmt *st,
    const char *const *params, const char *none, PGresult **out,
    struct hf_err *e)
{
	PGresult *res;

	if (hf_db_run(r->db, st, params, &res, e) == -1)
		return -1;
	if (none != NULL && PQntuples(res) == 0) {
		PQclear(res);
		return hf_fail(e, HF_ENOTFOUND, "%s", none);
	}
	if (out != NULL)
		*out = res;
	else
		PQclear(res);
	return 0;
}
