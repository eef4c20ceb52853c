#include "lib/clock.h"
#include "lib/log.h"
#include "release/deliver/attempt.h"

/*
 * Cancel-Job: HF_CANCEL for a job whose end is then waited for by HF_WATCH,
 * HF_ABANDON for one of an attempt that is no longer ours.
 */

static void
cancel_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;

	a->op = NULL;
	if (r->rc == -1 && r->sent == HF_SENT_NOTHING)
		a->recancel_ms = 0;	/* as if it had not been tried */
	if (r->rc == 0 && !hf_ipp_is_ok(&r->ipp))
		hf_log(HF_DEBUG, "attempt %llu: Cancel-Job status=%04x",
		    (unsigned long long)a->id, r->ipp.status);
	/* Whatever it said: only a terminal state is the end. */
	hf_attempt_go(a, HF_WATCH);
}

static void
abandon_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;

	a->op = NULL;
	if (r->rc == -1 || !hf_ipp_is_ok(&r->ipp))
		hf_log(HF_WARN, "attempt %llu: printer job %d not cancelled",
		    (unsigned long long)a->id, a->job_id);
	hf_attempt_end(a);
}

/* Only over the connection on which job_id was seen to be ours. */
static void
cancel_job(struct hf_attempt *a, hf_op_fn *fn)
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
	if (hf_request_control(hf_op_buf(op), &r, HF_IPP_CANCEL_JOB,
	    a->job_id, &e) == -1) {
		hf_op_discard(op);
		hf_attempt_stuck(a, &e);
		return;
	}
	a->op = op;
	hf_op_start_over(op, a->via);
}

void
hf_enter_cancel(struct hf_attempt *a)
{
	a->recancel_ms = hf_now_ms();
	if (a->cancel_ms == 0)
		a->cancel_ms = a->recancel_ms;
	cancel_job(a, cancel_done);
}

static void
abandon_seen(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;
	struct hf_job j;

	a->op = NULL;
	if (r->rc == -1 || !hf_ipp_is_ok(&r->ipp) ||
	    !hf_job_first(r->body, &j) ||
	    !hf_job_is_ours(&j, a->job_uuid, a->order.token)) {
		hf_attempt_end(a);
		return;
	}
	a->via = r->over;
	cancel_job(a, abandon_done);
}

void
hf_enter_abandon(struct hf_attempt *a)
{
	struct hf_err e;

	if (a->job_id == 0) {
		hf_attempt_end(a);
		return;
	}
	a->op = hf_watch_look(a, abandon_seen, &e);
	if (a->op == NULL)
		hf_attempt_end(a);
}
