#include "release/queue/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

#define TIMEOUT_MS 3000
#define PAUSE_FIRST_MS 250
#define PAUSE_MOST_MS 10000

struct hf_store {
	struct hf_loop *loop;
	struct hf_db *db;
	const struct hf_store_ops *ops;
	void *arg;
	bool up;
	int pause_ms;
	struct event *retry;
	struct event *incoming;	/* on the connection's socket while up */
};

static const struct hf_stmt add_event = { "event_add",
	"SELECT event_add($1::text, $2::text, 'release', $3::uuid, NULL, NULL, "
	"$4::jsonb)",
	4 };

static void
retry_in(struct hf_store *s, int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };

	(void)event_add(s->retry, &tv);
}

static void
went_down(struct hf_store *s, const struct hf_err *why)
{
	if (s->incoming != NULL)
		event_free(s->incoming);
	s->incoming = NULL;
	if (!s->up)
		return;
	s->up = false;
	s->pause_ms = PAUSE_FIRST_MS;
	hf_log_err(HF_WARN, why, "database went away");
	retry_in(s, s->pause_ms);
}

/* "job ID STATE", "printer ID" …: anything else is not for us. */
static void
on_notify(void *arg, const char *channel, const char *payload)
{
	struct hf_store *s = arg;
	char kind[16], id_text[HF_ID_TEXT], word[32] = "";
	struct hf_id id;

	(void)channel;
	if (sscanf(payload, "%15s %36s %31s", kind, id_text, word) < 2 ||
	    hf_id_parse(&id, id_text, NULL) == -1)
		return;
	s->ops->notify(s->arg, kind, &id, word);
}

static void
on_incoming(evutil_socket_t fd, short what, void *arg)
{
	struct hf_store *s = arg;
	struct hf_err e;

	(void)fd;
	(void)what;
	if (s->up && hf_db_notifies(s->db, on_notify, s, &e) == -1)
		went_down(s, &e);
}

static int
watch(struct hf_store *s, struct hf_err *e)
{
	s->incoming = event_new(s->loop->base, hf_db_socket(s->db),
	    EV_READ | EV_PERSIST, on_incoming, s);
	if (s->incoming == NULL || event_add(s->incoming, NULL) == -1)
		return hf_fail(e, HF_ENOMEM, "cannot watch the database");
	return 0;
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct hf_store *s = arg;
	struct hf_err e;

	(void)fd;
	(void)what;
	if (s->up)
		return;
	if (hf_db_connect(s->db, &e) == -1 ||
	    hf_db_do(s->db, "LISTEN hf", &e) == -1 || watch(s, &e) == -1) {
		hf_log_err(s->pause_ms == PAUSE_FIRST_MS ? HF_WARN : HF_DEBUG,
		    &e, "database not reached pause_ms=%d", s->pause_ms);
		retry_in(s, s->pause_ms);
		s->pause_ms = s->pause_ms * 2 > PAUSE_MOST_MS
		    ? PAUSE_MOST_MS
		    : s->pause_ms * 2;
		return;
	}
	s->up = true;
	s->pause_ms = PAUSE_FIRST_MS;
	hf_log(HF_INFO, "database reached");
	s->ops->up(s->arg);
}

struct hf_store *
hf_store_new(struct hf_loop *loop, const char *conninfo,
    const struct hf_store_ops *ops, void *arg, struct hf_err *e)
{
	struct hf_store *s = calloc(1, sizeof *s);

	if (s == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	s->loop = loop;
	s->ops = ops;
	s->arg = arg;
	s->pause_ms = PAUSE_FIRST_MS;
	s->db = hf_db_new(conninfo, "holdfast-released", TIMEOUT_MS, e);
	if (s->db == NULL)
		goto fail;
	s->retry = event_new(loop->base, -1, 0, on_retry, s);
	if (s->retry == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		goto fail;
	}
	return s;
fail:
	hf_store_free(s);
	return NULL;
}

void
hf_store_free(struct hf_store *s)
{
	if (s == NULL)
		return;
	if (s->retry != NULL)
		event_free(s->retry);
	if (s->incoming != NULL)
		event_free(s->incoming);
	hf_db_free(s->db);
	free(s);
}

void
hf_store_start(struct hf_store *s)
{
	retry_in(s, 0);
}

bool
hf_store_is_up(const struct hf_store *s)
{
	return s->up;
}

/* After every statement: was it lost, did it bring notifications along? */
static int
after(struct hf_store *s, int rc, const struct hf_err *e)
{
	if (!hf_db_is_up(s->db))
		went_down(s, e);
	else
		event_active(s->incoming, EV_READ, 0);
	return rc;
}

static int
is_away(struct hf_store *s, struct hf_err *e)
{
	if (s->up && hf_db_is_up(s->db))
		return 0;
	return hf_fail(e, HF_EAGAIN, "the database is away");
}

int
hf_store_run(struct hf_store *s, const struct hf_stmt *st,
    const char *const *params, PGresult **res, struct hf_err *e)
{
	if (is_away(s, e) == -1)
		return -1;
	return after(s, hf_db_run(s->db, st, params, res, e), e);
}

int
hf_store_run_many(struct hf_store *s, const struct hf_stmt *st, size_t rows,
    const char *const *params, PGresult **results, struct hf_err *e)
{
	if (is_away(s, e) == -1)
		return -1;
	return after(s, hf_db_run_many(s->db, st, rows, params, results, e),
	    e);
}

void
hf_int_text(char out[static HF_INT_TEXT], int64_t v)
{
	snprintf(out, HF_INT_TEXT, "%lld", (long long)v);
}

int
hf_store_id(const PGresult *r, int row, int col, struct hf_id *out,
    struct hf_err *e)
{
	if (hf_id_parse(out, hf_db_text(r, row, col), e) == -1)
		return hf_wrap(e, "column %s", PQfname(r, col));
	return 0;
}

int
hf_store_event(struct hf_store *s, const char *kind, const char *level,
    const struct hf_id *job, const char *data, struct hf_err *e)
{
	char job_text[HF_ID_TEXT];
	const char *params[] = { kind, level, NULL, data };
	PGresult *r;

	if (job != NULL) {
		hf_id_text(job, job_text);
		params[2] = job_text;
	}
	if (hf_store_run(s, &add_event, params, &r, e) == -1)
		return -1;
	PQclear(r);
	return 0;
}
