#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "release/deliver/attempt.h"

/*
 * From the moment the printer owns the document, and from wherever something
 * went wrong: look at the job, ask hf_verdict, do it.
 */

#define FIRST_MS 20
#define MOST_MS 2000
#define AWAY_MOST_MS 5000
#define AWAY_END_MS 10000	/* then the queue decides (FINISH unreachable) */
#define HELD_GRACE_MS 30000	/* pending-held after a good Release-Job */
#define TRIES 3		/* of Release-Job */
#define RECANCEL_MS 5000
#define EMPTY_END_MS 60000	/* a job without a document that stays open */
#define CANCEL_END_MS (10 * 60 * 1000)

static void
slower(struct hf_attempt *a, int most)
{
	hf_attempt_timer(a, a->interval_ms);
	a->interval_ms = a->interval_ms * 3 / 2;
	if (a->interval_ms > most)
		a->interval_ms = most;
}

/* No answer: try again, more slowly, until it is the queue's turn. */
void
hf_watch_away(struct hf_attempt *a, const struct hf_err *e)
{
	uint64_t now = hf_now_ms();

	hf_str_copy(a->text, sizeof a->text, e->text);
	if (a->away_ms == 0)
		a->away_ms = now;
	if (now - a->away_ms > AWAY_END_MS && a->live && !a->out)
		/* At most an empty job stands there: nothing to be asked. */
		hf_attempt_finish(a, HF_OUT_HELD, e->text);
	else if (now - a->away_ms > AWAY_END_MS)
		hf_attempt_finish(a, HF_OUT_UNREACHABLE, e->text);
	else
		slower(a, AWAY_MOST_MS);
}

/* ------------------------------------------------ what is to be done ---- */

static void
finish(struct hf_attempt *a, enum hf_outcome outcome, const char *text)
{
	char all[2 * HF_TEXT_MAX];

	snprintf(all, sizeof all, "%s%s%s", text,
	    a->why[0] != '\0' ? ": " : "", a->why);
	hf_attempt_finish(a, outcome, all);
}

static void
uncertain(struct hf_attempt *a)
{
	char text[64];

	if (a->pages > 0)
		snprintf(text, sizeof text, "%d pages may be out", a->pages);
	else
		snprintf(text, sizeof text, "pages may be out");
	finish(a, HF_OUT_UNCERTAIN, text);
}

static void
delivered(struct hf_attempt *a)
{
	char text[HF_TEXT_MAX] = "";

	if (a->ticket.note[0] != '\0')
		snprintf(text, sizeof text, "printed, but the printer cannot "
		    "do: %.150s", a->ticket.note);
	hf_attempt_finish(a, HF_OUT_DELIVERED, text);
}

/* A job that should be cancelled: do so, or wait for it to end. */
static void
cancel(struct hf_attempt *a, enum hf_attempt_state state)
{
	uint64_t now = hf_now_ms(), since = now - a->cancel_ms;

	if (a->cancel_ms == 0 || now - a->recancel_ms > RECANCEL_MS) {
		hf_attempt_go(a, HF_CANCEL);
		return;
	}
	if (state == HF_ATTEMPT_CLAIMED && since > EMPTY_END_MS) {
		/* Nothing can be printed from it, whatever becomes of it. */
		finish(a, HF_OUT_HELD, "nothing was sent");
	} else if (since > CANCEL_END_MS) {
		hf_attempt_why(a, "the printer does not cancel the job");
		uncertain(a);
	} else {
		slower(a, MOST_MS);
	}
}

static void
keep_watching(struct hf_attempt *a, const struct hf_job *j)
{
	if (j->state == HF_JOB_HELD)
		hf_str_copy(a->text, sizeof a->text,
		    "the printer holds the job");
	else if (a->pages > 0)
		snprintf(a->text, sizeof a->text, "printing, %d pages out",
		    a->pages);
	else
		hf_str_copy(a->text, sizeof a->text, "printing");
	slower(a, MOST_MS);
}

/*
 * What the queue has committed decides, but for one thing that only a live
 * attempt knows: that no byte of the document has left.
 */
static enum hf_attempt_state
effective(const struct hf_attempt *a)
{
	return a->out ? a->state : HF_ATTEMPT_CLAIMED;
}

/*
 * "0 pages" is about to decide, and nothing is known of this printer's
 * counter: read its finished jobs first.
 */
static bool
must_survey(const struct hf_attempt *a, const struct hf_sight *s)
{
	return a->out && !a->surveyed && s->impressions == 0 &&
	    s->counter == HF_COUNTER_UNKNOWN &&
	    (s->see == HF_SEE_DONE || s->see == HF_SEE_DEAD) &&
	    !(s->see == HF_SEE_DONE && a->state >= HF_ATTEMPT_RELEASING);
}

static void
act(struct hf_attempt *a, const struct hf_sight *s, const struct hf_job *j)
{
	enum hf_attempt_state state = effective(a);

	if (must_survey(a, s)) {
		a->surveying = true;
		hf_attempt_go(a, HF_FIND);
		return;
	}
	switch (hf_verdict(state, s)) {
	case HF_TODO_WATCH:
		keep_watching(a, j);
		break;
	case HF_TODO_CANCEL:
		cancel(a, state);
		break;
	case HF_TODO_HELD:
		finish(a, HF_OUT_HELD, "nothing was printed");
		break;
	case HF_TODO_DELIVERED:
		delivered(a);
		break;
	case HF_TODO_UNCERTAIN:
		uncertain(a);
		break;
	}
}

/* What an answer that is certainly about our job says for good. */
static void
recognise(struct hf_attempt *a, const struct hf_job *j, uint64_t over)
{
	a->away_ms = 0;
	a->via = over;
	if (a->job_id != j->id)
		a->cancel_ms = 0;	/* that was meant for another number */
	a->job_id = j->id;
	if (a->job_uuid[0] == '\0')
		memcpy(a->job_uuid, j->uuid, sizeof a->job_uuid);
	if (a->up_time != 0 && j->up_time != 0) {
		if ((uint32_t)j->up_time < a->up_time)
			a->rebooted = true;
		a->up_time = (uint32_t)j->up_time;
	}
	a->pages = hf_job_pages(j);
}

/*
 * A Release-Job that got lost is said again, by the process that has the
 * queue's word for it.  After a crash the job is cancelled instead.
 */
static bool
may_release(const struct hf_attempt *a)
{
	return a->state == HF_ATTEMPT_RELEASING && !a->released &&
	    a->tries > 0 && a->tries < TRIES && a->cancel_ms == 0 &&
	    !a->rebooted;
}

void
hf_watch_sighted(struct hf_attempt *a, const struct hf_job *j, uint64_t over)
{
	enum hf_counter *counter = hf_printer_counter(a->work->printer);
	struct hf_sight s;

	memset(&s, 0, sizeof s);
	recognise(a, j, over);
	if (a->out)
		hf_counter_learn(counter, j);
	s.see = hf_see_of(j->state);
	if (s.see == HF_SEE_HELD && a->released && a->cancel_ms == 0 &&
	    hf_now_ms() - a->phase_ms < HELD_GRACE_MS)
		s.see = HF_SEE_LIVE;	/* it takes a moment to notice */
	if (s.see == HF_SEE_HELD && may_release(a)) {
		hf_attempt_go(a, HF_RELEASE);
		return;
	}
	s.impressions = a->pages;
	s.counter = *counter;
	s.rebooted = a->rebooted;
	if (s.see == HF_SEE_DEAD && j->reason[0] != '\0')
		hf_attempt_why(a, j->reason);
	act(a, &s, j);
}

void
hf_watch_not_found(struct hf_attempt *a)
{
	const struct hf_sight s = { .see = HF_SEE_NONE, .impressions = -1,
		.rebooted = a->rebooted };
	struct hf_job none;

	memset(&none, 0, sizeof none);
	if (a->out)
		hf_attempt_why(a, "the printer no longer knows the job");
	act(a, &s, &none);
}

/* ----------------------------------------------------------- WATCH ------ */

static bool
is_absent(uint16_t status)
{
	return status == HF_IPP_NOT_FOUND || status == HF_IPP_GONE ||
	    status == HF_IPP_NOT_POSSIBLE;
}

/* Neither yes nor no: an answer that says nothing about the job. */
static void
no_answer(struct hf_attempt *a, uint16_t status)
{
	struct hf_err e;

	hf_fail(&e, HF_EAGAIN, "printer %s does not tell about its jobs "
	    "(IPP status %04x)", hf_printer_row(a->work->printer)->name,
	    status);
	hf_watch_away(a, &e);
}

static void
watch_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;
	struct hf_job j;

	a->op = NULL;
	if (r->rc == -1)
		hf_watch_away(a, &r->err);
	else if (is_absent(r->ipp.status))
		hf_attempt_go(a, HF_FIND);
	else if (!hf_ipp_is_ok(&r->ipp))
		no_answer(a, r->ipp.status);
	else if (!hf_job_first(r->body, &j) || !hf_job_is_ours(&j,
	    a->job_uuid, a->order.token))
		hf_attempt_go(a, HF_FIND);	/* the number is another's now */
	else if (hf_see_of(j.state) == HF_SEE_NONE)
		no_answer(a, r->ipp.status);
	else
		hf_watch_sighted(a, &j, r->over);
}

struct hf_op *
hf_watch_look(struct hf_attempt *a, hf_op_fn *fn, struct hf_err *e)
{
	struct hf_op *op = hf_op_new(hf_printer_ops(a->work->printer), fn, a, e);
	struct hf_request r;

	if (op == NULL)
		return NULL;
	r = hf_op_request(op);
	if (hf_request_look(hf_op_buf(op), &r, a->job_id, e) == -1) {
		hf_op_discard(op);
		return NULL;
	}
	hf_op_start(op, true);
	return op;
}

void
hf_timer_watch(struct hf_attempt *a)
{
	struct hf_err e;

	a->op = hf_watch_look(a, watch_done, &e);
	if (a->op == NULL)
		hf_attempt_stuck(a, &e);
}

void
hf_enter_watch(struct hf_attempt *a)
{
	a->interval_ms = FIRST_MS;
	slower(a, MOST_MS);
}

/* While the document is on its way nothing is decided, only seen. */
static void
aside_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;
	struct hf_job j;

	a->side = NULL;
	if (r->rc == -1 || !hf_ipp_is_ok(&r->ipp) ||
	    !hf_job_first(r->body, &j) ||
	    !hf_job_is_ours(&j, a->job_uuid, a->order.token))
		return;
	a->seen_ms = hf_now_ms();
	a->pages = hf_job_pages(&j);
	if (a->ended_ms == 0 && (hf_see_of(j.state) == HF_SEE_DONE ||
	    hf_see_of(j.state) == HF_SEE_DEAD))
		a->ended_ms = a->seen_ms;
}

void
hf_watch_aside(struct hf_attempt *a)
{
	struct hf_err e;

	a->side = hf_watch_look(a, aside_done, &e);
}
