#include "release/queue/web.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/session.h"
#include "release/queue/tries.h"

#define USER_SIZE 256		/* with NUL */
#define ADDRESS_SIZE 64
#define HASH_SIZE 128
#define SECRET_MAX 1024
#define ACTION_SIZE 32
#define ARGS_MAX 6
#define ARG_SIZE 1024

/*
 * Checked where there is no such person or password, so that the answer takes
 * as long: the parameters of `holdfast user password`.  Nothing fits it.
 */
static const char nobody[] =
    "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct login {
	LIST_ENTRY(login) link;
	struct hf_webs *owner;
	struct hf_pending pending;
	char user[USER_SIZE];
	char address[ADDRESS_SIZE];
	char hash[HASH_SIZE];
	bool known;		/* the hash is theirs */
};

struct hf_webs {
	struct hf_store *store;
	struct hf_hashers *hashers;
	struct hf_tries tries;
	LIST_HEAD(, login) logins;
	struct hf_buf out;
};

static const struct hf_stmt find = { "login_find",
	"SELECT hash FROM login_find($1::text)", 1 };
static const struct hf_stmt begin = { "session_begin",
	"SELECT session_begin($1::text, $2::text, $3::bytea, $4::text)", 4 };
static const struct hf_stmt use = { "session_use",
	"SELECT person, display, role, to_char(expires AT TIME ZONE 'UTC', "
	"'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') FROM session_use($1::bytea)",
	1 };

/* What can be done: action, statement.  $1 is always the session. */
static const struct {
	const char *action;
	struct hf_stmt st;
} actions[] = {
	{ "session.end", { "do_session_end",
	    "SELECT do_session_end($1::bytea)", 1 } },
	{ "own.job.cancel", { "do_own_cancel",
	    "SELECT do_own_cancel($1::bytea, $2::uuid)", 2 } },
	{ "own.job.again", { "do_own_again",
	    "SELECT do_own_again($1::bytea, $2::uuid, $3::boolean)", 3 } },
	{ "own.badge.revoke", { "do_own_badge_revoke",
	    "SELECT do_own_badge_revoke($1::bytea, $2::uuid)", 2 } },
	{ "badge.revoke", { "do_badge_revoke",
	    "SELECT do_badge_revoke($1::bytea, $2::uuid)", 2 } },
	{ "job.cancel", { "do_job_cancel",
	    "SELECT do_job_cancel($1::bytea, $2::uuid, $3::text)", 3 } },
	{ "job.purge.preview", { "do_purge_preview",
	    "SELECT do_purge_preview($1::bytea, $2::text, $3::int, $4::text, "
	    "$5::text)", 5 } },
	{ "job.purge", { "do_purge",
	    "SELECT do_purge($1::bytea, $2::text, $3::int, $4::text, "
	    "$5::text, $6::text)", 6 } },
	{ "printer.disable", { "do_printer_disable",
	    "SELECT do_printer_disable($1::bytea, $2::uuid, $3::boolean)",
	    3 } },
	{ "person.disable", { "do_person_disable",
	    "SELECT do_person_disable($1::bytea, $2::text, $3::boolean)",
	    3 } },
	{ "person.role", { "do_person_role",
	    "SELECT do_person_role($1::bytea, $2::text, $3::text)", 3 } },
	{ "reader.revoke", { "do_reader_revoke",
	    "SELECT do_reader_revoke($1::bytea, $2::uuid)", 2 } },
	{ "other.session.end", { "do_other_session_end",
	    "SELECT do_other_session_end($1::bytea, $2::uuid)", 2 } },
};
#define N_ACTIONS (sizeof actions / sizeof actions[0])

struct hf_webs *
hf_webs_new(struct hf_store *store, struct hf_hashers *hashers,
    struct hf_err *e)
{
	struct hf_webs *w = calloc(1, sizeof *w);

	if (w == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	w->store = store;
	w->hashers = hashers;
	hf_tries_init(&w->tries);
	LIST_INIT(&w->logins);
	hf_buf_init(&w->out, HF_MSG_MAX);
	return w;
}

static void
free_login(struct login *l)
{
	hf_pending_drop(&l->pending);
	LIST_REMOVE(l, link);
	sodium_memzero(l, sizeof *l);
	free(l);
}

void
hf_webs_free(struct hf_webs *w)
{
	if (w == NULL)
		return;
	while (!LIST_EMPTY(&w->logins))
		free_login(LIST_FIRST(&w->logins));
	hf_buf_clear(&w->out);
	free(w);
}

/* ---- SESSION ---- */

static void
hash_text(const uint8_t token[static HF_SESSION_LEN],
    char out[static 2 * HF_SESSION_LEN + 3])
{
	uint8_t hash[HF_SESSION_LEN];

	hf_session_hash(token, hash);
	hf_db_bytea(out, hash, sizeof hash);
}

static int
put_session(struct hf_buf *out, const PGresult *r, struct hf_err *e)
{
	json_t *o;
	char *text;
	int rc;

	if (PQntuples(r) != 1)
		return hf_fail(e, HF_ELOGIN, "log in first");
	o = json_pack("{s:s, s:s, s:s, s:s}", "user", hf_db_text(r, 0, 0),
	    "display", hf_db_text(r, 0, 1), "role", hf_db_text(r, 0, 2),
	    "expires", hf_db_text(r, 0, 3));
	text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (text == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	rc = hf_put_bytes(out, text, strlen(text), e);
	free(text);
	return rc;
}

static int
show_session(struct hf_webs *w, const uint8_t token[static HF_SESSION_LEN],
    struct hf_buf *out, struct hf_err *e)
{
	char hash[2 * HF_SESSION_LEN + 3];
	const char *params[] = { hash };
	PGresult *r;
	int rc;

	hash_text(token, hash);
	if (hf_store_run(w->store, &use, params, &r, e) == -1)
		return -1;
	rc = put_session(out, r, e);
	PQclear(r);
	return rc;
}

int
hf_web_session(struct hf_webs *w, const struct hf_request *rq,
    struct hf_err *e)
{
	uint8_t token[HF_SESSION_LEN];
	struct hf_view v = rq->body;
	int rc = -1;

	if (hf_get_bytes(&v, token, sizeof token, e) == 0 &&
	    hf_get_end(&v, e) == 0)
		rc = show_session(w, token, rq->out, e);
	sodium_memzero(token, sizeof token);
	return rc;
}

/* ---- LOGIN ---- */

/* The same words for whatever was wrong. */
static int
refuse(struct hf_err *e)
{
	return hf_fail(e, HF_EDENIED, "the user name or the password is wrong");
}

static int
open_session(struct login *l, struct hf_buf *out, struct hf_err *e)
{
	uint8_t token[HF_SESSION_LEN];
	char hash[2 * HF_SESSION_LEN + 3];
	const char *params[] = { l->user, l->hash, hash, l->address };
	bool good = false;
	PGresult *r;
	int rc = -1;

	randombytes_buf(token, sizeof token);
	hash_text(token, hash);
	if (hf_store_run(l->owner->store, &begin, params, &r, e) == -1)
		goto out;
	good = PQntuples(r) == 1 && hf_db_bool(r, 0, 0);
	PQclear(r);
	if (!good) {
		refuse(e);
		goto out;
	}
	if (hf_msg_begin(out, HF_MSG_LOGIN | HF_MSG_REPLY, l->pending.seq, e) ==
		-1 ||
	    hf_put_bytes(out, token, sizeof token, e) == -1)
		goto out;
	rc = show_session(l->owner, token, out, e);
out:
	sodium_memzero(token, sizeof token);
	return rc;
}

static void
on_checked(void *arg, bool fits)
{
	struct login *l = arg;
	struct hf_webs *w = l->owner;
	struct hf_err e;
	int rc;

	rc = fits && l->known ? open_session(l, &w->out, &e) : refuse(&e);
	if (rc == 0) {
		hf_tries_good(&w->tries, l->user, l->address);
		hf_log(HF_INFO, "login done address=%s", l->address);
		hf_pending_send(&l->pending, &w->out);
	} else {
		hf_log(HF_INFO, "login refused address=%s why=%s", l->address,
		    hf_code_name(e.code));
		hf_pending_error(&l->pending, &e);
	}
	hf_buf_clear(&w->out);	/* wiped */
	free_login(l);
}

static int
find_hash(struct hf_webs *w, struct login *l, struct hf_err *e)
{
	const char *params[] = { l->user };
	PGresult *r;

	if (hf_store_run(w->store, &find, params, &r, e) == -1)
		return -1;
	l->known = PQntuples(r) == 1;
	(void)hf_str_copy(l->hash, sizeof l->hash,
	    l->known ? hf_db_text(r, 0, 0) : nobody);
	PQclear(r);
	return 0;
}

static int
get_login(struct hf_view v, struct login *l, struct hf_view *secret,
    struct hf_err *e)
{
	if (hf_get_str(&v, l->address, sizeof l->address, e) == -1 ||
	    hf_get_str(&v, l->user, sizeof l->user, e) == -1 ||
	    hf_get_var(&v, SECRET_MAX, secret, e) == -1)
		return -1;
	return hf_get_end(&v, e);
}

int
hf_web_login(struct hf_webs *w, const struct hf_request *rq, struct hf_err *e)
{
	struct login *l = calloc(1, sizeof *l);
	struct hf_view secret = { NULL, 0 };
	unsigned wait_s = 0;
	int rc = -1;

	if (l == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	l->owner = w;
	LIST_INSERT_HEAD(&w->logins, l, link);
	if (get_login(rq->body, l, &secret, e) == -1)
		goto out;
	if (hf_tries_begin(&w->tries, l->user, l->address, hf_now_ms(),
		&wait_s, e) == -1) {
		hf_log(HF_WARN, "login held off address=%s wait_s=%u",
		    l->address, wait_s);
		goto out;
	}
	if (find_hash(w, l, e) == -1 ||
	    hf_hashers_verify(w->hashers, l->hash, secret, on_checked, l, e) ==
		-1)
		goto out;
	hf_request_later(rq, &l->pending);
	rc = HF_LATER;
out:
	/* The packet is ours until we return: nothing of it stays. */
	if (secret.n > 0)
		explicit_bzero((void *)(uintptr_t)secret.p, secret.n);
	if (rc == -1)
		free_login(l);
	return rc;
}

/* ---- DO ---- */

static const struct hf_stmt *
find_action(const char *name)
{
	size_t i;

	for (i = 0; i < N_ACTIONS; i++)
		if (strcmp(actions[i].action, name) == 0)
			return &actions[i].st;
	return NULL;
}

struct task {
	uint8_t token[HF_SESSION_LEN];
	char action[ACTION_SIZE];
	uint8_t n;
	char args[ARGS_MAX][ARG_SIZE];
};

static int
get_task(struct hf_view v, struct task *t, struct hf_err *e)
{
	uint8_t i;

	if (hf_get_bytes(&v, t->token, sizeof t->token, e) == -1 ||
	    hf_get_str(&v, t->action, sizeof t->action, e) == -1 ||
	    hf_get_u8(&v, &t->n, e) == -1)
		return -1;
	if (t->n > ARGS_MAX)
		return hf_fail(e, HF_EINPUT, "%u arguments", t->n);
	for (i = 0; i < t->n; i++)
		if (hf_get_str(&v, t->args[i], sizeof t->args[i], e) == -1)
			return -1;
	return hf_get_end(&v, e);
}

static int
do_task(struct hf_webs *w, const struct task *t, struct hf_buf *out,
    struct hf_err *e)
{
	const struct hf_stmt *st = find_action(t->action);
	char hash[2 * HF_SESSION_LEN + 3];
	const char *params[1 + ARGS_MAX] = { hash };
	const char *text;
	PGresult *r;
	uint8_t i;
	int rc;

	if (st == NULL || st->n_params != 1 + t->n)
		return hf_fail(e, HF_EINPUT, "no such action");
	hash_text(t->token, hash);
	for (i = 0; i < t->n; i++)
		params[1 + i] = t->args[i];
	if (hf_store_run(w->store, st, params, &r, e) == -1)
		return -1;
	text = PQntuples(r) == 1 ? hf_db_text(r, 0, 0) : "";
	rc = hf_put_bytes(out, text, strlen(text), e);
	PQclear(r);
	return rc;
}

int
hf_web_do(struct hf_webs *w, const struct hf_request *rq, struct hf_err *e)
{
	struct task *t = calloc(1, sizeof *t);
	int rc;

	if (t == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	rc = get_task(rq->body, t, e);
	if (rc == 0)
		rc = do_task(w, t, rq->out, e);
	sodium_memzero(t, sizeof *t);
	free(t);
	return rc == 0 ? HF_DONE : -1;
}
