#include "release/queue/recover.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

#define SOON_MS 500

struct hf_recover {
	struct hf_store *store;
	struct hf_printers *printers;
	struct hf_attempts *attempts;
	struct event *soon;
	unsigned scan;
};

static const struct hf_stmt list_open = { "attempt_open",
	"SELECT attempt, job, printer, token, state, pjob_id, pjob_uuid, "
	"up_time FROM attempt_open()",
	0 };
static const struct hf_stmt list_doubtful = { "attempt_doubtful",
	"SELECT attempt, job, printer, token, state, pjob_id, pjob_uuid, "
	"up_time, again FROM attempt_doubtful()",
	0 };
static const struct hf_stmt ask_doubtful = { "attempt_ask",
	"SELECT attempt_ask($1::bigint)", 1 };
static const struct hf_stmt refence = { "attempt_refence",
	"SELECT attempt_refence($1::bigint)", 1 };

static const struct {
	const char *word;
	enum hf_attempt_state is;
} states[] = {
	{ "claimed", HF_ATTEMPT_CLAIMED },
	{ "created", HF_ATTEMPT_CREATED },
	{ "releasing", HF_ATTEMPT_RELEASING },
	{ "sent", HF_ATTEMPT_SENT },
};

static int
state_of(const char *word, enum hf_attempt_state *out, struct hf_err *e)
{
	size_t i;

	for (i = 0; i < sizeof states / sizeof states[0]; i++)
		if (strcmp(states[i].word, word) == 0) {
			*out = states[i].is;
			return 0;
		}
	return hf_fail(e, HF_EINPUT, "attempt in state \"%.20s\"", word);
}

/* A column that is NULL until the printer has a job. */
static int
number(const PGresult *r, int row, int col, uint32_t *out, struct hf_err *e)
{
	int64_t v = 0;

	if (!PQgetisnull(r, row, col) && hf_db_int(r, row, col, &v, e) == -1)
		return -1;
	if (v < 0 || v > INT32_MAX)
		return hf_fail(e, HF_EINPUT, "column %s is out of range",
		    PQfname(r, col));
	*out = (uint32_t)v;
	return 0;
}

static int
read_row(const PGresult *r, int row, struct hf_open_attempt *o,
    struct hf_id *printer, struct hf_err *e)
{
	int64_t attempt;

	if (hf_db_int(r, row, 0, &attempt, e) == -1 ||
	    hf_store_id(r, row, 1, &o->job, e) == -1 ||
	    hf_store_id(r, row, 2, printer, e) == -1 ||
	    state_of(hf_db_text(r, row, 4), &o->state, e) == -1 ||
	    number(r, row, 5, &o->job_id, e) == -1 ||
	    number(r, row, 7, &o->up_time, e) == -1)
		return -1;
	o->attempt = (uint64_t)attempt;
	o->token = hf_db_text(r, row, 3);
	o->job_uuid = hf_db_text(r, row, 6);
	return 0;
}

/* Ours from now on: later writes under the old fence change nothing. */
static int
take_over(struct hf_recover *r, const struct hf_stmt *how,
    struct hf_open_attempt *o, bool *ours, struct hf_err *e)
{
	char text[HF_INT_TEXT];
	const char *params[] = { text };
	int64_t fence = 0;
	PGresult *res;
	int rc = 0;

	hf_int_text(text, (int64_t)o->attempt);
	if (hf_store_run(r->store, how, params, &res, e) == -1)
		return -1;
	*ours = !PQgetisnull(res, 0, 0);
	if (*ours)
		rc = hf_db_int(res, 0, 0, &fence, e);
	o->fence = (uint64_t)fence;
	PQclear(res);
	return rc;
}

static int
recover_row(struct hf_recover *r, const PGresult *res, int row,
    struct hf_err *e)
{
	struct hf_open_attempt o = { .doubt = false };
	struct hf_printer *p;
	struct hf_attempt *a;
	struct hf_id printer;
	char id[HF_ID_TEXT];
	bool ours;

	if (read_row(res, row, &o, &printer, e) == -1)
		return -1;
	a = hf_attempt_find(r->attempts, o.attempt);
	if (a != NULL) {
		a->scan = r->scan;
		if (a->step != HF_A_LOST || a->writes > 0)
			return 0;	/* looked after */
	}
	p = hf_printer_get(r->printers, &printer, e);
	if (p == NULL || take_over(r, &refence, &o, &ours, e) == -1)
		return -1;
	if (!ours) {
		if (a != NULL)
			a->scan = r->scan - 1;	/* let it go */
		return 0;
	}
	hf_id_text(&o.job, id);
	hf_log(HF_WARN, "job %s is asked after printer=%s attempt=%llu", id,
	    p->name, (unsigned long long)o.attempt);
	hf_attempt_recover(r->attempts, p, &o, r->scan);
	return 0;
}

/*
 * For the owner's sake the printer's job is cancelled whatever it is doing:
 * that is what recovery does in the state created.
 */
static int
ask_row(struct hf_recover *r, const PGresult *res, int row, struct hf_err *e)
{
	struct hf_open_attempt o = { .doubt = true };
	struct hf_printer *p;
	struct hf_attempt *a;
	struct hf_id printer;
	bool ours;

	if (read_row(res, row, &o, &printer, e) == -1)
		return -1;
	o.again = hf_db_bool(res, row, 8);
	a = hf_attempt_find(r->attempts, o.attempt);
	if (a != NULL && (a->writes > 0 || a->again == o.again))
		return 0;	/* being asked after */
	p = hf_printer_get(r->printers, &printer, e);
	if (p == NULL || take_over(r, &ask_doubtful, &o, &ours, e) == -1)
		return -1;
	if (!ours)
		return 0;
	if (o.again)
		o.state = HF_ATTEMPT_CREATED;
	hf_attempt_recover(r->attempts, p, &o, r->scan);
	return 0;
}

void
hf_recover_doubts(struct hf_recover *r)
{
	struct hf_err e;
	PGresult *res;
	int i;

	if (!hf_store_is_up(r->store) ||
	    hf_store_run(r->store, &list_doubtful, NULL, &res, &e) == -1)
		return;		/* again in a minute */
	for (i = 0; i < PQntuples(res); i++)
		if (ask_row(r, res, i, &e) == -1) {
			hf_log_err(HF_WARN, &e,
			    "an uncertain job is not asked after");
			if (e.code == HF_EAGAIN)
				break;
		}
	PQclear(res);
}

static void
scan_soon(void *arg)
{
	const struct timeval tv = { .tv_usec = SOON_MS * 1000 };
	struct hf_recover *r = arg;

	if (!event_pending(r->soon, EV_TIMEOUT, NULL))
		(void)event_add(r->soon, &tv);
}

void
hf_recover_scan(struct hf_recover *r)
{
	struct hf_err e;
	PGresult *res;
	int i;

	/* What is reported and not written yet comes first. */
	hf_ledger_flush(hf_attempts_ledger(r->attempts));
	if (!hf_store_is_up(r->store))
		return;		/* again when it is back */
	if (!hf_ledger_is_empty(hf_attempts_ledger(r->attempts))) {
		scan_soon(r);
		return;
	}
	if (hf_store_run(r->store, &list_open, NULL, &res, &e) == -1) {
		hf_log_err(HF_WARN, &e, "open attempts not listed");
		scan_soon(r);
		return;
	}
	r->scan++;
	for (i = 0; i < PQntuples(res); i++)
		if (recover_row(r, res, i, &e) == -1) {
			hf_log_err(HF_ERROR, &e, "an attempt is not recovered");
			if (e.code == HF_EAGAIN) {
				scan_soon(r);
				break;
			}
		}
	if (i == PQntuples(res))
		hf_attempts_swept(r->attempts, r->scan);
	PQclear(res);
}

static void
on_soon(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	hf_recover_scan(arg);
}

struct hf_recover *
hf_recover_new(struct hf_loop *loop, struct hf_store *store,
    struct hf_printers *printers, struct hf_attempts *attempts,
    struct hf_err *e)
{
	struct hf_recover *r = calloc(1, sizeof *r);

	if (r != NULL)
		r->soon = event_new(loop->base, -1, 0, on_soon, r);
	if (r == NULL || r->soon == NULL) {
		free(r);
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	r->store = store;
	r->printers = printers;
	r->attempts = attempts;
	hf_attempts_on_lost(attempts, scan_soon, r);
	return r;
}

void
hf_recover_free(struct hf_recover *r)
{
	if (r == NULL)
		return;
	event_free(r->soon);
	free(r);
}
