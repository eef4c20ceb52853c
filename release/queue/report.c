#include "release/queue/attempt_in.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

#define ASK_FIRST_MS 2000	/* an unreachable printer, again */
#define ASK_MOST_MS 60000
#define UNCERTAIN_MS (10 * 60 * 1000) /* doc/release-protocol.md, Recovery */
#define UUID_KEPT 63		/* bytes that the database keeps */

/* ---- what the process says ---- */

static int
send_advanced(struct hf_attempts *as, struct hf_printer *p, uint64_t attempt,
    bool ok, struct hf_err *e)
{
	if (hf_advanced_put(&as->out, attempt, ok, e) == -1)
		return -1;
	return hf_printer_send(p, &as->out, -1, e);
}

static bool
is_next(enum hf_attempt_state from, enum hf_attempt_state to)
{
	if (from == HF_ATTEMPT_CLAIMED)
		return to == HF_ATTEMPT_CREATED;
	return from == HF_ATTEMPT_CREATED &&
	    (to == HF_ATTEMPT_RELEASING || to == HF_ATTEMPT_SENT);
}

static int
on_advance(struct hf_attempts *as, struct hf_printer *p,
    const struct hf_msg *m, struct hf_err *e)
{
	struct hf_m_advance adv;
	struct hf_attempt *a;

	if (hf_advance_get(m->body, &adv, e) == -1)
		return -1;
	a = hf_attempt_at(p, adv.attempt);
	if (a == NULL || a->fence != adv.fence ||
	    a->step != HF_A_DELIVERING) {
		/* Not ours any more: Cancel-Job and stop. */
		(void)!send_advanced(as, p, adv.attempt, false, e);
		return 0;
	}
	if (!is_next(a->state, adv.to))
		return hf_fail(e, HF_EINPUT, "ADVANCE from %d to %d", a->state,
		    adv.to);
	/* The token finds the job too: a uuid beyond all measure is left out. */
	if (strlen(adv.job_uuid) > UUID_KEPT)
		adv.job_uuid[0] = '\0';
	a->job_id = adv.job_id;
	memcpy(a->job_uuid, adv.job_uuid, sizeof a->job_uuid);
	a->up_time = adv.up_time;
	/* The printer has all of it, whatever the database says. */
	if (adv.to == HF_ATTEMPT_SENT)
		hf_attempt_accepted(a);
	hf_ledger_advance(as->ledger, a, &adv);
	return 0;
}

static int
on_progress(struct hf_printer *p, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_m_progress pr;
	struct hf_attempt *a;

	if (hf_progress_get(m->body, &pr, e) == -1)
		return -1;
	a = hf_attempt_at(p, pr.attempt);
	if (a == NULL)
		return 0;
	if (pr.beat != a->progress.beat)
		a->quiet = 0;
	a->progress = pr;
	return 0;
}

/*
 * Growing pauses; after 10 minutes only the owner can tell, or a later answer
 * (hf_recover_doubts).
 */
static void
ask_again(struct hf_attempt *a, const char *words)
{
	int ms = ASK_FIRST_MS;
	struct timeval tv;
	unsigned i;

	if (a->unreachable_ms == 0)
		a->unreachable_ms = hf_now_ms();
	if (a->doubt || hf_now_ms() - a->unreachable_ms > UNCERTAIN_MS) {
		hf_attempt_end(a, HF_TAP_PRINTER, HF_OUT_UNREACHABLE, -1,
		    words);
		return;
	}
	for (i = 0; i < a->tries && ms < ASK_MOST_MS; i++)
		ms *= 2;
	a->tries++;
	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	a->step = HF_A_UNREACHABLE;
	hf_attempt_failed(a, HF_TAP_PRINTER, words);
	(void)event_add(a->retry, &tv);
}

static int
on_finish(struct hf_printer *p, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_m_finish f;
	struct hf_attempt *a;

	if (hf_finish_get(m->body, &f, e) == -1)
		return -1;
	a = hf_attempt_at(p, f.attempt);
	if (a == NULL || a->fence != f.fence || a->step == HF_A_ENDING)
		return 0;	/* somebody else has ended it */
	if (a->step != HF_A_DELIVERING && a->step != HF_A_RECOVERING &&
	    a->step != HF_A_LOST)
		return hf_fail(e, HF_EINPUT, "FINISH of what it does not have");
	if (f.outcome == HF_OUT_UNREACHABLE)
		ask_again(a, f.words);
	else
		hf_attempt_end(a, f.outcome == HF_OUT_DAMAGED ? HF_TAP_REFUSED
						   : HF_TAP_PRINTER,
		    f.outcome, f.impressions, f.words);
	return 0;
}

static int
on_message(void *arg, struct hf_printer *p, const struct hf_msg *m,
    struct hf_err *e)
{
	struct hf_attempts *as = arg;

	switch (m->type) {
	case HF_MSG_ADVANCE:
		return on_advance(as, p, m, e);
	case HF_MSG_PROGRESS:
		return on_progress(p, m, e);
	case HF_MSG_FINISH:
		return on_finish(p, m, e);
	default:
		return hf_fail(e, HF_EINPUT, "message 0x%02x", m->type);
	}
}

static void
resume(struct hf_attempt *a, const void *arg)
{
	(void)arg;
	if (a->step == HF_A_WAIT_HELLO)
		hf_attempt_unwrap(a);
	else if (a->step == HF_A_RECOVERING)
		hf_attempt_ask_after(a);
}

static void
on_hello(void *arg, struct hf_printer *p)
{
	(void)arg;
	hf_attempts_each(p, NULL, resume, NULL);
}

static void
bereave(struct hf_attempt *a, const void *arg)
{
	(void)arg;
	/* Wrapped for a process that is no more, or not handed over at all. */
	hf_attempt_refuse(a, "This printer cannot be used at the moment");
}

static void
lose_if_out(struct hf_attempt *a, const void *arg)
{
	(void)arg;
	if (a->step == HF_A_DELIVERING || a->step == HF_A_RECOVERING)
		hf_attempt_lose(a);
}

static void
on_gone(void *arg, struct hf_printer *p, const struct hf_err *why)
{
	(void)arg;
	(void)why;
	hf_attempts_each(p, NULL, lose_if_out, NULL);
	hf_attempts_each(p, NULL, bereave, NULL);
}

const struct hf_printer_ops hf_attempt_printer_ops = { on_hello, on_message,
	on_gone };

/* ---- what the database says ---- */

static void
on_advanced(void *arg, struct hf_attempt *a, const struct hf_m_advance *m,
    bool ok)
{
	struct hf_attempts *as = arg;
	struct hf_err e;

	if (a->step == HF_A_DELIVERING)
		(void)send_advanced(as, a->printer, a->id, ok, &e);
	if (ok) {
		a->state = m->to;
		if (m->to == HF_ATTEMPT_RELEASING)
			hf_attempt_accepted(a);
	} else if (a->step == HF_A_DELIVERING) {
		/* The row says what it is now; perhaps nothing for us. */
		hf_log(HF_WARN, "attempt %llu is not ours any more",
		    (unsigned long long)a->id);
		hf_attempt_failed(a, HF_TAP_REFUSED,
		    "The document was taken over by somebody else");
		hf_attempt_lose(a);
	}
}

static void
on_given_up(void *arg, struct hf_attempt *a, const struct hf_m_advance *m)
{
	struct hf_attempts *as = arg;
	struct hf_err e;

	(void)m;
	if (a->step != HF_A_DELIVERING)
		return;
	hf_log(HF_WARN, "attempt %llu stopped: the database is away",
	    (unsigned long long)a->id);
	(void)send_advanced(as, a->printer, a->id, false, &e);
	hf_attempt_failed(a, HF_TAP_UNAVAILABLE,
	    "The release service cannot reach its database: your documents "
	    "are safe");
	hf_attempt_lose(a);
}

static bool
is_for_good(const char *state)
{
	return strcmp(state, "delivered") == 0 ||
	    strcmp(state, "cancelled") == 0 || strcmp(state, "expired") == 0;
}

static void
on_finished(void *arg, struct hf_attempt *a, const struct hf_m_finish *m,
    const char *state)
{
	struct hf_attempts *as = arg;
	char id[HF_ID_TEXT];
	struct hf_err e;

	if (strcmp(state, "open") == 0) {
		hf_attempt_lose(a);
		return;
	}
	hf_id_text(&a->job, id);
	hf_log(strcmp(state, "delivered") == 0 ? HF_INFO
		: a->doubt && m->outcome == HF_OUT_UNREACHABLE ? HF_DEBUG
							       : HF_WARN,
	    "job %s %s printer=%s attempt=%llu%s%s", id,
	    state[0] != '\0' ? state : "unknown", a->printer->name,
	    (unsigned long long)a->id, m->words[0] != '\0' ? " why=" : "",
	    m->words);
	/* Row first, file second. */
	if (is_for_good(state) &&
	    hf_spool_remove(as->sp, HF_HELD, &a->job, &e) == -1)
		hf_log_err(HF_ERROR, &e, "job %s: file not removed", id);
	hf_attempt_destroy(a);
}

const struct hf_ledger_ops hf_attempt_ledger_ops = { on_advanced, on_given_up,
	on_finished };
