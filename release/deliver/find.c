#include "release/deliver/attempt.h"

/*
 * HF_FIND: our job by uuid or token among all that the printer tells of, for
 * where its number is unknown, or is another's now.
 */

#define AGAIN_MS 200	/* after a list that could not be had */

static void ask_jobs(struct hf_attempt *a, const char *which, hf_op_fn *fn);

/* True where the list has our job in a state that such a list can have. */
static bool
find_in(struct hf_attempt *a, const struct hf_result *r, bool open,
    struct hf_job *j)
{
	enum hf_see see;

	/* A printer that keeps its list to itself has not told of our job. */
	if (!hf_ipp_is_ok(&r->ipp) || !hf_job_find(r->body, a->job_uuid,
	    a->order.token, j, hf_printer_counter(a->work->printer)))
		return false;
	see = hf_see_of(j->state);
	return open ? see == HF_SEE_HELD || see == HF_SEE_LIVE
	            : see == HF_SEE_DONE || see == HF_SEE_DEAD;
}

static void
found(struct hf_attempt *a, const struct hf_job *j, uint64_t over)
{
	hf_attempt_go(a, HF_WATCH);
	hf_watch_sighted(a, j, over);
}

static void
completed_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;
	struct hf_job j;
	bool there;

	a->op = NULL;
	if (r->rc == -1) {
		hf_watch_away(a, &r->err);
		return;
	}
	a->surveyed = true;
	there = find_in(a, r, false, &j);
	if (a->surveying)
		hf_attempt_go(a, HF_WATCH);	/* and look again, wiser */
	else if (there)
		found(a, &j, r->over);
	else
		hf_watch_not_found(a);
	a->surveying = false;
}

static void
open_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;
	struct hf_job j;

	a->op = NULL;
	if (r->rc == -1)
		hf_watch_away(a, &r->err);
	else if (find_in(a, r, true, &j))
		found(a, &j, r->over);
	else
		ask_jobs(a, "completed", completed_done);
}

/*
 * Open jobs first, finished ones second: a job that ends in between is seen in
 * the second list.  Both words are ones that every printer must know.
 */
static void
ask_jobs(struct hf_attempt *a, const char *which, hf_op_fn *fn)
{
	struct hf_op *op;
	struct hf_request r;
	struct hf_err e;

	op = hf_op_new(hf_printer_ops(a->work->printer), fn, a, &e);
	if (op == NULL) {
		hf_attempt_stuck(a, &e);
		return;
	}
	r = hf_op_request(op);
	if (hf_request_jobs(hf_op_buf(op), &r, which, &e) == -1) {
		hf_op_discard(op);
		hf_attempt_stuck(a, &e);
		return;
	}
	a->op = op;
	hf_op_start(op, true);
}

void
hf_enter_find(struct hf_attempt *a)
{
	a->interval_ms = AGAIN_MS;
	hf_timer_find(a);
}

void
hf_timer_find(struct hf_attempt *a)
{
	if (a->surveying)
		ask_jobs(a, "completed", completed_done);
	else
		ask_jobs(a, "not-completed", open_done);
}
