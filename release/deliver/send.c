#include <string.h>

#include "lib/clock.h"
#include "release/deliver/attempt.h"

/* The document and its release: doc/release-protocol.md, 6 and 7. */

#define TRIES 3			/* to get Send-Document out */
#define TICK_MS 500		/* while a document is on its way */
#define ASIDE_AFTER_MS 1500	/* … ask for the job after this long */
#define ASIDE_EVERY_MS 2000
#define ENDED_MS 5000		/* terminal, and yet takes no more bytes */
#define SILENT_MS (60 * 1000)	/* neither takes bytes nor answers */
#define STALLED_MS (10 * 60 * 1000) /* takes no bytes and gives no reason */

/* --------------------------------------------------- CONFIRM, SEND ------ */

static void
confirm_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;
	struct hf_job j;

	a->op = NULL;
	if (r->rc == 0 && hf_ipp_is_ok(&r->ipp) &&
	    hf_job_first(r->body, &j) &&
	    hf_job_is_ours(&j, a->job_uuid, a->order.token)) {
		a->via = r->over;
		hf_attempt_go(a, HF_SEND);
		return;
	}
	hf_attempt_why(a, r->rc == -1 ? r->err.text
	                              : "the printer has lost the job");
	hf_attempt_go(a, HF_WATCH);
}

/*
 * The connection that brought the job-id is gone, perhaps with the printer
 * itself: then that number may be somebody else's job now.
 */
void
hf_enter_confirm(struct hf_attempt *a)
{
	struct hf_err e;

	a->op = hf_watch_look(a, confirm_done, &e);
	if (a->op == NULL)
		hf_attempt_stuck(a, &e);
}

static void
send_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;
	bool whole = r->sent == HF_SENT_ALL;

	a->bytes = hf_op_document_sent(a->op);
	a->op = NULL;
	if (r->sent == HF_SENT_NOTHING && ++a->tries < TRIES) {
		hf_attempt_go(a, HF_CONFIRM);
		return;
	}
	a->out = a->out || r->sent != HF_SENT_NOTHING;
	hf_attempt_drop_document(a);
	if (r->rc == 0 && hf_ipp_is_ok(&r->ipp) && whole) {
		hf_attempt_tell(a, a->ticket.hold ? HF_ATTEMPT_RELEASING
		                                  : HF_ATTEMPT_SENT);
		return;
	}
	if (r->rc == -1)
		hf_attempt_why(a, r->err.text);
	else
		hf_attempt_why(a, r->ipp.text[0] != '\0' ? r->ipp.text
		    : "the printer did not take the whole document");
	hf_attempt_go(a, HF_WATCH);
}

void
hf_enter_send(struct hf_attempt *a)
{
	struct hf_op *op;
	struct hf_request r;
	struct hf_err e;

	op = hf_op_new(hf_printer_ops(a->work->printer), send_done, a, &e);
	if (op == NULL)
		goto fail;
	r = hf_op_request(op);
	if (hf_request_send(hf_op_buf(op), &r, a->job_id, a->order.format,
	    &e) == -1) {
		hf_op_discard(op);
		goto fail;
	}
	a->op = op;
	a->seen_ms = a->moved_ms = hf_now_ms();
	hf_op_start_document(op, a->doc, a->via);
	hf_attempt_timer(a, TICK_MS);
	return;
fail:
	hf_attempt_why(a, e.text);
	hf_attempt_go(a, HF_WATCH);
}

/* Why the document should be given up now, or NULL. */
static const char *
give_up(const struct hf_attempt *a, uint64_t now)
{
	const struct hf_state *s = hf_printer_state(a->work->printer);
	uint64_t still = now - a->moved_ms;

	if (a->ended_ms != 0 && now - a->ended_ms > ENDED_MS &&
	    still > ENDED_MS)
		return "the printer ended the job by itself";
	if (still > SILENT_MS && now - a->seen_ms > SILENT_MS)
		return "the printer no longer answers";
	if (still > STALLED_MS && !s->stopping_reason)
		return "the printer takes no more of the document";
	return NULL;
}

/*
 * A document that does not move is no error by itself: a printer out of paper
 * stops reading until somebody fills it.  So the job is looked at beside.
 */
void
hf_timer_send(struct hf_attempt *a)
{
	uint64_t now = hf_now_ms(), sent = hf_op_document_sent(a->op);
	const char *why;

	if (sent != a->bytes)
		a->moved_ms = now;
	a->bytes = sent;
	why = give_up(a, now);
	if (why != NULL) {
		hf_attempt_why(a, why);
		a->out = a->out || hf_op_sent(a->op) != HF_SENT_NOTHING;
		hf_op_drop(a->op);
		a->op = NULL;
		hf_attempt_drop_document(a);
		hf_attempt_go(a, HF_WATCH);
		return;
	}
	if (now - a->phase_ms > ASIDE_AFTER_MS && a->side == NULL &&
	    now - a->aside_ms > ASIDE_EVERY_MS) {
		a->aside_ms = now;
		hf_watch_aside(a);
	}
	hf_attempt_timer(a, TICK_MS);
}

/* --------------------------------------------------------- RELEASE ------ */

static void
release_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;

	a->op = NULL;
	a->tries++;
	a->released = r->rc == 0 && hf_ipp_is_ok(&r->ipp);
	if (r->rc == -1)
		hf_attempt_why(a, r->err.text);
	else if (!a->released)
		hf_attempt_why(a, "the printer did not release the job");
	/* Whatever it said: what the job is now decides. */
	hf_attempt_go(a, HF_WATCH);
}

void
hf_enter_release(struct hf_attempt *a)
{
	struct hf_op *op;
	struct hf_request r;
	struct hf_err e;

	op = hf_op_new(hf_printer_ops(a->work->printer), release_done, a, &e);
	if (op == NULL) {
		hf_attempt_stuck(a, &e);
		return;
	}
	r = hf_op_request(op);
	if (hf_request_control(hf_op_buf(op), &r, HF_IPP_RELEASE_JOB,
	    a->job_id, &e) == -1) {
		hf_op_discard(op);
		hf_attempt_stuck(a, &e);
		return;
	}
	a->op = op;
	hf_op_start_over(op, a->via);
}
