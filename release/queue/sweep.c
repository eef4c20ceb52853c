#include "release/queue/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

#define PIECE 500
#define EXPIRE_AT_ONCE "500"

struct hf_sweep {
	const struct hf_spool *sp;
	struct hf_store *store;
	struct hf_adopt *adopt;
	struct event *work;	/* low priority */
	struct hf_id *ids;	/* of held/, when it was looked through */
	size_t n, cap, at;
};

static const struct hf_stmt ask_states = { "job_state",
	"SELECT id, state FROM job_state($1::uuid[])", 1 };
static const struct hf_stmt expire = { "job_expire",
	"SELECT job_expire($1::int)", 1 };

void
hf_sweep_job(struct hf_sweep *s, const struct hf_id *id, const char *state)
{
	static const char *const over[] = { "delivered", "cancelled",
		"expired" };
	struct hf_err e;
	size_t i;

	for (i = 0; i < sizeof over / sizeof over[0]; i++)
		if (strcmp(over[i], state) == 0)
			break;
	if (i == sizeof over / sizeof over[0])
		return;
	if (hf_spool_remove(s->sp, HF_HELD, id, &e) == -1)
		hf_log_err(HF_ERROR, &e, "file of a finished job not removed");
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hf_id));
}

/* "{id,id,…}" for the next piece. */
static int
piece_text(const struct hf_sweep *s, size_t n, struct hf_buf *out,
    struct hf_err *e)
{
	char text[HF_ID_TEXT];
	size_t i;

	for (i = 0; i < n; i++) {
		hf_id_text(&s->ids[s->at + i], text);
		if (hf_put_u8(out, i == 0 ? '{' : ',', e) == -1 ||
		    hf_put_bytes(out, text, HF_ID_TEXT - 1, e) == -1)
			return -1;
	}
	/* Terminated: it is a parameter. */
	return hf_put_bytes(out, "}", 2, e);
}

static int
ask_piece(struct hf_sweep *s, size_t n, PGresult **r, struct hf_err *e)
{
	struct hf_buf text;
	const char *params[1];
	int rc = -1;

	hf_buf_init(&text, PIECE * HF_ID_TEXT + 2);
	if (piece_text(s, n, &text, e) == 0) {
		params[0] = (const char *)text.p;
		rc = hf_store_run(s->store, &ask_states, params, r, e);
	}
	hf_buf_clear(&text);
	return rc;
}

static int
sweep_piece(struct hf_sweep *s, size_t n, struct hf_err *e)
{
	bool known[PIECE] = { false };
	struct hf_id *first = s->ids + s->at, *hit, id;
	PGresult *r;
	size_t k;
	int i;

	if (ask_piece(s, n, &r, e) == -1)
		return -1;
	for (i = 0; i < PQntuples(r); i++) {
		if (hf_store_id(r, i, 0, &id, e) == -1)
			continue;
		hit = bsearch(&id, first, n, sizeof id, by_id);
		if (hit == NULL)
			continue;
		known[hit - first] = true;
		hf_sweep_job(s, &id, hf_db_text(r, i, 1));
	}
	PQclear(r);
	/* The index has lost it, the file has not: make the row again. */
	for (k = 0; k < n; k++)
		if (!known[k])
			hf_adopt_push(s->adopt, &first[k], HF_HELD);
	return 0;
}

static void
done(struct hf_sweep *s)
{
	free(s->ids);
	s->ids = NULL;
	s->n = s->cap = s->at = 0;
}

static void
on_work(evutil_socket_t fd, short what, void *arg)
{
	struct hf_sweep *s = arg;
	struct hf_err e;
	size_t n;

	(void)fd;
	(void)what;
	if (s->at >= s->n) {
		done(s);
		return;
	}
	n = s->n - s->at > PIECE ? PIECE : s->n - s->at;
	if (sweep_piece(s, n, &e) == -1) {
		/* Once more when the database is back. */
		if (e.code != HF_EAGAIN)
			hf_log_err(HF_ERROR, &e, "held jobs not compared");
		done(s);
		return;
	}
	s->at += n;
	event_active(s->work, EV_TIMEOUT, 0);
}

static int
remember(void *arg, const struct hf_id *id, struct hf_err *e)
{
	struct hf_sweep *s = arg;
	struct hf_id *p;
	size_t cap;

	if (s->n == s->cap) {
		cap = s->cap != 0 ? s->cap * 2 : 1024;
		p = realloc(s->ids, cap * sizeof *p);
		if (p == NULL)
			return hf_fail(e, HF_ENOMEM, "out of memory");
		s->ids = p;
		s->cap = cap;
	}
	s->ids[s->n++] = *id;
	return 0;
}

void
hf_sweep_start(struct hf_sweep *s)
{
	struct hf_err e;

	if (!hf_store_is_up(s->store) || !hf_sweep_is_idle(s))
		return;
	if (hf_spool_each(s->sp, HF_HELD, remember, NULL, s, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "held jobs not looked through");
		done(s);
		return;
	}
	if (s->n > 0)
		qsort(s->ids, s->n, sizeof s->ids[0], by_id);
	event_active(s->work, EV_TIMEOUT, 0);
}

bool
hf_sweep_is_idle(const struct hf_sweep *s)
{
	return s->ids == NULL;
}

void
hf_sweep_expire(struct hf_sweep *s)
{
	const char *params[] = { EXPIRE_AT_ONCE };
	char text[HF_ID_TEXT];
	struct hf_id id;
	struct hf_err e;
	PGresult *r;
	int i;

	if (!hf_store_is_up(s->store))
		return;
	if (hf_store_run(s->store, &expire, params, &r, &e) == -1) {
		hf_log_err(HF_WARN, &e, "jobs not expired");
		return;
	}
	for (i = 0; i < PQntuples(r); i++) {
		if (hf_store_id(r, i, 0, &id, &e) == -1)
			continue;
		hf_sweep_job(s, &id, "expired");
		hf_id_text(&id, text);
		hf_log(HF_INFO, "job %s expired", text);
	}
	PQclear(r);
}

struct hf_sweep *
hf_sweep_new(struct hf_loop *loop, const struct hf_spool *sp,
    struct hf_store *store, struct hf_adopt *adopt, struct hf_err *e)
{
	struct hf_sweep *s = calloc(1, sizeof *s);

	if (s != NULL)
		s->work = event_new(loop->base, -1, 0, on_work, s);
	if (s == NULL || s->work == NULL ||
	    event_priority_set(s->work, 1) == -1) {
		if (s != NULL && s->work != NULL)
			event_free(s->work);
		free(s);
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	s->sp = sp;
	s->store = store;
	s->adopt = adopt;
	return s;
}

void
hf_sweep_free(struct hf_sweep *s)
{
	if (s == NULL)
		return;
	event_free(s->work);
	done(s);
	free(s);
}
