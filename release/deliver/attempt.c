#include "release/deliver/attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/clock.h"
#include "lib/log.h"

#define TELL_MS 60000	/* the queue's word on an empty printer job */
#define SLOW_MS 1500	/* at the printer: what keeps it is worth asking */

static void enter_tell(struct hf_attempt *a);
static void timer_tell(struct hf_attempt *a);

/* The state machine.  What is not here does not happen. */
static const struct {
	const char *text;	/* for the panel, while it lasts */
	void (*enter)(struct hf_attempt *a);
	void (*timer)(struct hf_attempt *a);
} phases[HF_PHASES] = {
	[HF_QUEUED] = { "waiting for its turn", NULL, NULL },
	[HF_VERIFY] = { "checking the document", hf_enter_verify,
	    hf_timer_verify },
	[HF_CHECK] = { "asking the printer", hf_enter_check, NULL },
	[HF_VALIDATE] = { "asking the printer", hf_enter_validate, NULL },
	[HF_CREATE] = { "asking the printer", hf_enter_create, NULL },
	[HF_BUSY] = { "asking the printer", hf_enter_busy, hf_timer_busy },
	[HF_TELL] = { "recording", enter_tell, timer_tell },
	[HF_CONFIRM] = { "asking the printer", hf_enter_confirm, NULL },
	[HF_SEND] = { "sending", hf_enter_send, hf_timer_send },
	[HF_RELEASE] = { "releasing", hf_enter_release, NULL },
	[HF_WATCH] = { "printing", hf_enter_watch, hf_timer_watch },
	[HF_FIND] = { "looking for the job at the printer", hf_enter_find,
	    hf_timer_find },
	[HF_CANCEL] = { "cancelling", hf_enter_cancel, NULL },
	[HF_ABANDON] = { "cancelling", hf_enter_abandon, NULL },
	[HF_OVER] = { "over", NULL, NULL },
};

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct hf_attempt *a = arg;

	(void)fd;
	(void)what;
	if (!a->over && phases[a->phase].timer != NULL)
		phases[a->phase].timer(a);
}

struct hf_attempt *
hf_attempt_new(struct hf_work *w, uint64_t id, uint64_t fence, int fd,
    struct hf_err *e)
{
	struct hf_attempt *a = calloc(1, sizeof *a);

	if (a == NULL)
		goto fail;
	a->work = w;
	a->id = id;
	a->fence = fence;
	a->pages = -1;
	a->fd = -1;
	a->timer = evtimer_new(w->base, timer_cb, a);
	if (a->timer == NULL)
		goto fail;
	a->fd = fd;
	a->phase_ms = hf_now_ms();
	TAILQ_INSERT_TAIL(&w->attempts, a, link);
	w->n++;
	return a;
fail:
	free(a);
	hf_fail(e, HF_ENOMEM, "out of memory");
	return NULL;
}

void
hf_attempt_drop_document(struct hf_attempt *a)
{
	hf_unsealer_free(a->doc);
	a->doc = NULL;
	sodium_memzero(a->order.sealed_key, sizeof a->order.sealed_key);
	if (a->fd != -1)
		close(a->fd);
	a->fd = -1;
}

static void
drop_ops(struct hf_attempt *a)
{
	hf_op_drop(a->op);
	hf_op_drop(a->side);
	a->op = a->side = NULL;
}

void
hf_attempt_free(struct hf_attempt *a)
{
	drop_ops(a);
	hf_attempt_drop_document(a);
	event_free(a->timer);
	TAILQ_REMOVE(&a->work->attempts, a, link);
	a->work->n--;
	if (a->work->sending == a)
		a->work->sending = NULL;
	sodium_memzero(a, sizeof *a);
	free(a);
}

void
hf_attempt_timer(struct hf_attempt *a, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	event_add(a->timer, &tv);
}

/* The printer owns it, or something went wrong: the next may be sent. */
static void
make_way(struct hf_attempt *a)
{
	struct hf_work *w = a->work;

	if (w->sending != a || (a->phase < HF_WATCH))
		return;
	w->sending = NULL;
	event_active(w->changed, 0, 0);
}

void
hf_attempt_go(struct hf_attempt *a, enum hf_phase phase)
{
	drop_ops(a);
	event_del(a->timer);
	a->phase = phase;
	a->phase_ms = hf_now_ms();
	/* While it is busy, asking again is no news. */
	if (a->busy_ms == 0 || phase >= HF_TELL)
		hf_str_copy(a->text, sizeof a->text, phases[phase].text);
	make_way(a);
	if (phases[phase].enter != NULL)
		phases[phase].enter(a);
}

void
hf_attempt_begin(struct hf_attempt *a)
{
	a->work->sending = a;
	a->live = true;
	hf_attempt_go(a, HF_VERIFY);
}

void
hf_attempt_recover(struct hf_attempt *a, const struct hf_claim *c)
{
	hf_str_copy(a->order.token, sizeof a->order.token, c->token);
	hf_str_copy(a->job_uuid, sizeof a->job_uuid, c->job_uuid);
	a->state = c->state;
	a->out = c->state != HF_ATTEMPT_CLAIMED;
	a->job_id = c->job_id;
	a->up_time = c->up_time;
	hf_attempt_go(a, c->job_id != 0 ? HF_WATCH : HF_FIND);
}

void
hf_attempt_why(struct hf_attempt *a, const char *text)
{
	if (a->why[0] == '\0')
		hf_str_copy(a->why, sizeof a->why, text);
}

/* ------------------------------------------------- words to the queue ---- */

/* A message that cannot be sent means that the queue is gone: link says so. */
static void
send_msg(struct hf_attempt *a, struct hf_buf *b, bool droppable)
{
	struct hf_err e;

	if (!a->cut && hf_link_send(a->work->link, b, droppable, &e) == -1)
		hf_log_err(HF_WARN, &e, "attempt %llu: message not sent",
		    (unsigned long long)a->id);
	hf_buf_clear(b);
}

void
hf_attempt_tell(struct hf_attempt *a, enum hf_attempt_state to)
{
	a->telling = to;
	hf_attempt_go(a, HF_TELL);
}

static void
enter_tell(struct hf_attempt *a)
{
	const struct hf_advance m = { .attempt = a->id, .fence = a->fence,
		.to = a->telling, .job_id = a->job_id,
		.job_uuid = a->job_uuid, .up_time = a->up_time };
	struct hf_buf b;
	struct hf_err e;

	hf_buf_init(&b, HF_MSG_MAX);
	if (hf_advance_put(&b, hf_link_seq(a->work->link), &m, &e) == -1) {
		hf_buf_clear(&b);
		hf_attempt_stuck(a, &e);
		return;
	}
	send_msg(a, &b, false);
	if (a->telling == HF_ATTEMPT_CREATED)
		hf_attempt_timer(a, TELL_MS);
}

/*
 * An empty job cannot stand open at the printer for ever.  A document that the
 * printer has is another matter: then only the queue's word counts.
 */
static void
timer_tell(struct hf_attempt *a)
{
	hf_attempt_why(a, "the release could not be recorded");
	hf_attempt_go(a, HF_WATCH);
}

void
hf_attempt_advanced(struct hf_attempt *a, bool ok)
{
	/*
	 * While the database is away "sent" is believed on the queue's own
	 * disk, so that a refusal may come after the good word.  A recovered
	 * attempt has asked for nothing: the word is for the one before it.
	 */
	if (a->over || !a->live || a->phase == HF_ABANDON)
		return;
	if (!ok) {
		hf_attempt_go(a, HF_ABANDON);
		return;
	}
	if (a->phase != HF_TELL)
		return;		/* given up meanwhile */
	a->state = a->telling;
	a->tries = 0;
	switch (a->state) {
	case HF_ATTEMPT_CREATED:
		hf_attempt_go(a, HF_SEND);
		break;
	case HF_ATTEMPT_RELEASING:
		hf_attempt_go(a, HF_RELEASE);
		break;
	default:
		hf_attempt_go(a, HF_WATCH);
		break;
	}
}

/* What the printer says of itself is what its user wants to know now. */
static bool
at_printer(const struct hf_attempt *a)
{
	return a->phase == HF_SEND || a->phase == HF_WATCH ||
	    a->phase == HF_CANCEL;
}

bool
hf_attempt_is_slow(const struct hf_attempt *a)
{
	return at_printer(a) && hf_now_ms() - a->phase_ms > SLOW_MS;
}

void
hf_attempt_beat(struct hf_attempt *a)
{
	struct hf_progress m = { .attempt = a->id, .beat = ++a->beat,
		.bytes = a->bytes, .impressions = a->pages, .text = a->text };
	char words[HF_TEXT_MAX];
	struct hf_buf b;
	struct hf_err e;

	if (hf_attempt_is_slow(a) && a->away_ms == 0 &&
	    hf_printer_words(a->work->printer, words, sizeof words))
		m.text = words;

	hf_buf_init(&b, HF_MSG_MAX);
	if (hf_progress_put(&b, hf_link_seq(a->work->link), &m, &e) == 0)
		send_msg(a, &b, true);
	else
		hf_buf_clear(&b);
}

void
hf_attempt_end(struct hf_attempt *a)
{
	drop_ops(a);
	event_del(a->timer);
	hf_attempt_drop_document(a);
	a->over = true;
	a->phase = HF_OVER;
	if (a->work->sending == a)
		a->work->sending = NULL;
	event_active(a->work->changed, 0, 0);
}

static const char *
outcome_name(enum hf_outcome o)
{
	static const char *const names[] = { [HF_OUT_DELIVERED] = "delivered",
		[HF_OUT_HELD] = "held", [HF_OUT_UNCERTAIN] = "uncertain",
		[HF_OUT_DAMAGED] = "damaged",
		[HF_OUT_UNREACHABLE] = "unreachable" };

	return names[o];
}

void
hf_attempt_finish(struct hf_attempt *a, enum hf_outcome outcome,
    const char *text)
{
	/* Where not one byte has left nobody needs to count. */
	const struct hf_finish m = { .attempt = a->id, .fence = a->fence,
		.outcome = outcome,
		.impressions = outcome == HF_OUT_HELD && !a->out ? 0 : a->pages,
		.text = text };
	struct hf_buf b;
	struct hf_err e;

	hf_buf_init(&b, HF_MSG_MAX);
	if (hf_finish_put(&b, hf_link_seq(a->work->link), &m, &e) == 0)
		send_msg(a, &b, false);
	else
		hf_buf_clear(&b);	/* recovery will find it unfinished */
	hf_log(HF_INFO, "attempt %llu finished outcome=%s pages=%d text=\"%s\"",
	    (unsigned long long)a->id, outcome_name(outcome), a->pages, text);
	hf_attempt_end(a);
}

void
hf_attempt_stuck(struct hf_attempt *a, const struct hf_err *e)
{
	hf_attempt_why(a, e->text);
	if (a->phase < HF_CREATE || a->phase == HF_BUSY)
		hf_attempt_finish(a, HF_OUT_HELD, a->why);
	else
		hf_attempt_finish(a, HF_OUT_UNREACHABLE, a->why);
}

void
hf_attempt_cut(struct hf_attempt *a)
{
	if (a->over || a->cut)
		return;
	a->cut = true;
	if (a->phase == HF_CREATE)
		return;		/* its answer leads to HF_ABANDON */
	if (a->job_id != 0 && (a->phase == HF_SEND ||
	    a->phase == HF_CONFIRM || (a->phase == HF_TELL &&
	    a->telling != HF_ATTEMPT_SENT)))
		hf_attempt_go(a, HF_ABANDON);
	else if (a->phase != HF_ABANDON)
		hf_attempt_end(a);
}
