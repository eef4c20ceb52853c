#include "release/queue/ledger.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "release/queue/attempt.h"
#include "release/queue/journal.h"

#define RETRY_MS 250
#define PATIENCE_MS 4000	/* of a printer that waits for its document */

struct entry {
	TAILQ_ENTRY(entry) link;
	struct hf_attempt *attempt;
	bool is_finish;
	bool doubtful;		/* a try was broken off: it may be written */
	bool kept;		/* in the journal */
	bool told;		/* … which was good enough to go on with */
	int64_t since_ms;
	struct hf_m_advance advance;
	struct hf_m_finish finish;
};

struct hf_ledger {
	struct hf_store *store;
	const struct hf_ledger_ops *ops;
	void *arg;
	struct event *retry;
	TAILQ_HEAD(, entry) entries;
	bool flushing;
	int dir;		/* of the journal */
	bool before;		/* the journal has reports of an earlier life */
	bool kept;		/* … of this one */
	bool keep_failed;
};

static const struct hf_stmt write_advance = { "job_advance",
	"SELECT job_advance($1::bigint, $2::bigint, $3::text, $4::int, "
	"$5::text, $6::bigint)",
	6 };
static const struct hf_stmt write_finish = { "job_finish",
	"SELECT job_finish($1::bigint, $2::bigint, $3::text, $4::int, "
	"$5::text)",
	5 };
static const struct hf_stmt look_attempt = { "attempt_open_one",
	"SELECT state FROM attempt_open() WHERE attempt = $1::bigint AND "
	"fence = $2::bigint",
	2 };
static const struct hf_stmt look_job = { "job_state_one",
	"SELECT state FROM job_state(ARRAY[$1::uuid])", 1 };

static const char *const states[] = {
	[HF_ATTEMPT_CLAIMED] = "claimed",
	[HF_ATTEMPT_CREATED] = "created",
	[HF_ATTEMPT_RELEASING] = "releasing",
	[HF_ATTEMPT_SENT] = "sent",
};

static const char *const outcomes[] = {
	[HF_OUT_DELIVERED] = "delivered",
	[HF_OUT_HELD] = "held",
	[HF_OUT_UNCERTAIN] = "uncertain",
	[HF_OUT_DAMAGED] = "damaged",
	[HF_OUT_UNREACHABLE] = "unreachable",
};

/* A try is over: HF_EAGAIN keeps the entry, anything else is final. */
static int
tried(struct hf_ledger *l, struct entry *w, int rc, const struct hf_err *e)
{
	if (rc == -1 && e->code == HF_EAGAIN && !hf_store_is_up(l->store))
		w->doubtful = true;
	return rc;
}

static int
is_written(struct hf_ledger *l, const struct entry *w, bool *out,
    struct hf_err *e)
{
	char attempt[HF_INT_TEXT], fence[HF_INT_TEXT];
	const char *params[] = { attempt, fence };
	PGresult *r;

	hf_int_text(attempt, (int64_t)w->advance.attempt);
	hf_int_text(fence, (int64_t)w->advance.fence);
	if (hf_store_run(l->store, &look_attempt, params, &r, e) == -1)
		return -1;
	*out = PQntuples(r) == 1 &&
	    strcmp(hf_db_text(r, 0, 0), states[w->advance.to]) == 0;
	PQclear(r);
	return 0;
}

static int
tell_advance(struct hf_ledger *l, const struct hf_m_advance *m, bool *ok,
    struct hf_err *e)
{
	char attempt[HF_INT_TEXT], fence[HF_INT_TEXT], job_id[HF_INT_TEXT];
	char up_time[HF_INT_TEXT];
	const char *params[] = { attempt, fence, states[m->to], job_id,
		m->job_uuid, up_time };
	PGresult *r;

	hf_int_text(attempt, (int64_t)m->attempt);
	hf_int_text(fence, (int64_t)m->fence);
	hf_int_text(job_id, m->job_id);
	hf_int_text(up_time, m->up_time);
	if (hf_store_run(l->store, &write_advance, params, &r, e) == -1)
		return -1;
	*ok = hf_db_bool(r, 0, 0);
	PQclear(r);
	return 0;
}

static int
run_advance(struct hf_ledger *l, struct entry *w, bool *ok, struct hf_err *e)
{
	if (tell_advance(l, &w->advance, ok, e) == -1)
		return -1;
	/* "Not from that state" may mean that the broken-off try arrived. */
	if (!*ok && w->doubtful)
		return is_written(l, w, ok, e);
	return 0;
}

static int
job_state(struct hf_ledger *l, const struct hf_id *job, char out[static 32],
    struct hf_err *e)
{
	char text[HF_ID_TEXT];
	const char *params[] = { text };
	PGresult *r;

	hf_id_text(job, text);
	if (hf_store_run(l->store, &look_job, params, &r, e) == -1)
		return -1;
	(void)hf_str_copy(out, 32,
	    PQntuples(r) == 1 ? hf_db_text(r, 0, 0) : "");
	PQclear(r);
	return 0;
}

static int
tell_finish(struct hf_ledger *l, const struct hf_m_finish *m,
    char state[static 32], struct hf_err *e)
{
	char attempt[HF_INT_TEXT], fence[HF_INT_TEXT], pages[HF_INT_TEXT];
	const char *params[] = { attempt, fence, outcomes[m->outcome],
		m->impressions >= 0 ? pages : NULL, m->words };
	PGresult *r;

	hf_int_text(attempt, (int64_t)m->attempt);
	hf_int_text(fence, (int64_t)m->fence);
	hf_int_text(pages, m->impressions);
	if (hf_store_run(l->store, &write_finish, params, &r, e) == -1)
		return -1;
	(void)hf_str_copy(state, 32, hf_db_text(r, 0, 0));
	PQclear(r);
	return 0;
}

static int
run_finish(struct hf_ledger *l, struct entry *w, char state[static 32],
    struct hf_err *e)
{
	if (tell_finish(l, &w->finish, state, e) == -1)
		return -1;
	/* Not ours any more, or written by a try that broke off. */
	if (state[0] == '\0')
		return job_state(l, &w->attempt->job, state, e);
	return 0;
}

static void
done(struct hf_ledger *l, struct entry *w)
{
	TAILQ_REMOVE(&l->entries, w, link);
	w->attempt->writes--;
}

/* False: not now. */
static bool
try_advance(struct hf_ledger *l, struct entry *w)
{
	struct hf_err e;
	bool ok = false;

	if (tried(l, w, run_advance(l, w, &ok, &e), &e) == -1) {
		if (e.code == HF_EAGAIN)
			return false;
		hf_log_err(HF_ERROR, &e, "attempt %llu not advanced to %s",
		    (unsigned long long)w->advance.attempt,
		    states[w->advance.to]);
		ok = false;
	}
	done(l, w);
	if (!w->told || !ok)
		l->ops->advanced(l->arg, w->attempt, &w->advance, ok);
	free(w);
	return true;
}

static bool
try_finish(struct hf_ledger *l, struct entry *w)
{
	char state[32] = "";
	struct hf_err e;

	if (tried(l, w, run_finish(l, w, state, &e), &e) == -1) {
		if (e.code == HF_EAGAIN)
			return false;
		/* The row stays open: the next scan recovers it. */
		hf_log_err(HF_ERROR, &e, "attempt %llu not finished",
		    (unsigned long long)w->finish.attempt);
		(void)hf_str_copy(state, sizeof state, "open");
	}
	done(l, w);
	l->ops->finished(l->arg, w->attempt, &w->finish, state);
	free(w);
	return true;
}

/* A printer that waits for its document does not wait for ever. */
static void
give_up_old(struct hf_ledger *l)
{
	struct entry *w, *next;

	for (w = TAILQ_FIRST(&l->entries); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		if (w->is_finish || w->advance.to == HF_ATTEMPT_SENT ||
		    hf_now_ms() - w->since_ms < PATIENCE_MS)
			continue;
		done(l, w);
		l->ops->given_up(l->arg, w->attempt, &w->advance);
		free(w);
	}
}

/* ---- the journal ---- */

/*
 * What has happened at a printer is not forgotten by a restart.  Intentions
 * (created, releasing) are: without the database nothing follows from them.
 */
static void
keep(struct hf_ledger *l)
{
	struct hf_report r;
	struct entry *w;
	struct hf_err e;

	TAILQ_FOREACH(w, &l->entries, link) {
		if (w->kept || (!w->is_finish &&
		    w->advance.to != HF_ATTEMPT_SENT))
			continue;
		r.is_finish = w->is_finish;
		r.advance = w->advance;
		r.finish = w->finish;
		if (hf_journal_add(l->dir, &r, &e) == -1) {
			if (!l->keep_failed)
				hf_log_err(HF_ERROR, &e,
				    "a report is not kept on disk");
			l->keep_failed = true;
			return;
		}
		w->kept = l->kept = true;
		l->keep_failed = false;
		/* Durable here: the printer may be watched to the end. */
		if (!w->is_finish && !w->told) {
			w->told = true;
			l->ops->advanced(l->arg, w->attempt, &w->advance,
			    true);
		}
	}
}

/* A report of an earlier life: under an old fence it changes nothing. */
static int
replay(void *arg, const struct hf_report *r, struct hf_err *e)
{
	struct hf_ledger *l = arg;
	char state[32] = "";
	bool ok = false;
	int rc;

	rc = r->is_finish ? tell_finish(l, &r->finish, state, e)
			  : tell_advance(l, &r->advance, &ok, e);
	if (rc == -1 && e->code == HF_EAGAIN)
		return -1;
	hf_log(HF_WARN, "attempt %llu: report kept on disk %s",
	    (unsigned long long)(r->is_finish ? r->finish.attempt
					      : r->advance.attempt),
	    rc == -1 ? "refused" : ok || state[0] != '\0' ? "written"
							   : "was known");
	return 0;
}

/* False: the database is away again, or the journal cannot be read. */
static bool
write_before(struct hf_ledger *l)
{
	struct hf_err e;
	unsigned bad;

	if (!hf_store_is_up(l->store))
		return false;
	if (hf_journal_each(l->dir, replay, l, &bad, &e) == -1 ||
	    hf_journal_drop(l->dir, &e) == -1) {
		if (e.code != HF_EAGAIN && !l->keep_failed) {
			hf_log_err(HF_ERROR, &e, "journal not written");
			l->keep_failed = true;
		}
		return e.code != HF_EAGAIN;
	}
	if (bad > 0)
		hf_log(HF_WARN, "%u torn lines in the journal", bad);
	l->before = l->keep_failed = false;
	return true;
}

static void
drop_journal(struct hf_ledger *l)
{
	struct hf_err e;

	if (hf_journal_drop(l->dir, &e) == -1)
		hf_log_err(HF_WARN, &e, "journal not removed");
	else
		l->kept = false;
}

static void
work(struct hf_ledger *l)
{
	const struct timeval tv = { .tv_usec = RETRY_MS * 1000 };
	struct entry *w;

	if (l->flushing)
		return;
	l->flushing = true;
	if (!l->before || write_before(l))
		while ((w = TAILQ_FIRST(&l->entries)) != NULL)
			if (!(w->is_finish ? try_finish(l, w)
					   : try_advance(l, w)))
				break;
	give_up_old(l);
	keep(l);
	if (l->kept && !l->before && TAILQ_EMPTY(&l->entries))
		drop_journal(l);
	l->flushing = false;
	if (!TAILQ_EMPTY(&l->entries))
		(void)event_add(l->retry, &tv);
}

void
hf_ledger_flush(struct hf_ledger *l)
{
	work(l);
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	work(arg);
}

/*
 * At once only where nothing is before it: the caller may be walking a list
 * of attempts, and must not see others than its own end.
 */
static void
work_if_first(struct hf_ledger *l, const struct entry *w)
{
	const struct timeval tv = { .tv_usec = RETRY_MS * 1000 };

	if (TAILQ_FIRST(&l->entries) == w && !l->flushing) {
		work(l);
		return;
	}
	if (!hf_store_is_up(l->store))
		keep(l);
	if (!event_pending(l->retry, EV_TIMEOUT, NULL))
		(void)event_add(l->retry, &tv);
}

static struct entry *
add(struct hf_ledger *l, struct hf_attempt *a)
{
	struct entry *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->attempt = a;
	w->since_ms = hf_now_ms();
	a->writes++;
	TAILQ_INSERT_TAIL(&l->entries, w, link);
	return w;
}

void
hf_ledger_advance(struct hf_ledger *l, struct hf_attempt *a,
    const struct hf_m_advance *m)
{
	struct entry *w = add(l, a);

	if (w == NULL) {
		l->ops->given_up(l->arg, a, m);
		return;
	}
	w->advance = *m;
	work_if_first(l, w);
}

void
hf_ledger_finish(struct hf_ledger *l, struct hf_attempt *a,
    const struct hf_m_finish *m)
{
	struct entry *w = add(l, a);

	if (w == NULL) {
		/* Out of memory: as if the row could not be written. */
		l->ops->finished(l->arg, a, m, "open");
		return;
	}
	w->is_finish = true;
	w->finish = *m;
	work_if_first(l, w);
}

bool
hf_ledger_is_empty(const struct hf_ledger *l)
{
	return TAILQ_EMPTY(&l->entries) &&
	    !(l->before && !l->keep_failed);
}

struct hf_ledger *
hf_ledger_new(struct hf_loop *loop, struct hf_store *store, int dir,
    const struct hf_ledger_ops *ops, void *arg, struct hf_err *e)
{
	struct hf_ledger *l = calloc(1, sizeof *l);

	if (l == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	TAILQ_INIT(&l->entries);
	l->store = store;
	l->dir = dir;
	l->before = true;	/* perhaps */
	l->ops = ops;
	l->arg = arg;
	l->retry = event_new(loop->base, -1, 0, on_retry, l);
	if (l->retry == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		free(l);
		return NULL;
	}
	return l;
}

void
hf_ledger_free(struct hf_ledger *l)
{
	struct entry *w;

	if (l == NULL)
		return;
	while ((w = TAILQ_FIRST(&l->entries)) != NULL) {
		TAILQ_REMOVE(&l->entries, w, link);
		free(w);
	}
	event_free(l->retry);
	free(l);
}
