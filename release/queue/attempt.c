#include "release/queue/attempt.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

#define ASK_FIRST_MS 2000	/* an unreachable printer, again */
#define ASK_MOST_MS 60000
#define UNCERTAIN_MS (10 * 60 * 1000) /* doc/release-protocol.md, Recovery */

#define UUID_KEPT 63		/* bytes that the database keeps */

struct hf_attempts {
	struct hf_loop *loop;
	const struct hf_spool *sp;
	struct hf_store *store;
	struct hf_keyask *key;
	struct hf_printers *printers;
	struct hf_ledger *ledger;
	const struct hf_attempt_ops *ops;
	void (*lost)(void *arg);
	void *lost_arg;
	struct hf_buf out;
};

/* ---- birth and death ---- */

static void
close_file(struct hf_attempt *a)
{
	if (a->fd != -1)
		close(a->fd);
	a->fd = -1;
	hf_buf_clear(&a->header);
	hf_buf_clear(&a->message);
}

static void
destroy(struct hf_attempt *a)
{
	HF_ASSERT(a->writes == 0);
	hf_keyask_forget(a->owner->key, a);
	TAILQ_REMOVE(&a->printer->attempts, a, link);
	a->printer->n_attempts--;
	close_file(a);
	if (a->retry != NULL)
		event_free(a->retry);
	free(a);
}

static void send_recover(struct hf_attempt *a);

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	send_recover(arg);
}

static struct hf_attempt *
create(struct hf_attempts *as, struct hf_printer *p)
{
	struct hf_attempt *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->owner = as;
	a->printer = p;
	a->fd = -1;
	hf_buf_init(&a->header, HF_HEADER_MAX);
	hf_buf_init(&a->message, HF_MSG_MAX);
	a->retry = event_new(as->loop->base, -1, 0, on_retry, a);
	if (a->retry == NULL) {
		free(a);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&p->attempts, a, link);
	p->n_attempts++;
	return a;
}

static void
tell_failed(struct hf_attempt *a, enum hf_tap_result blame, const char *words)
{
	void *waiter = a->waiter;

	a->waiter = NULL;
	if (waiter != NULL)
		a->owner->ops->failed(waiter, blame, words);
}

static void
tell_accepted(struct hf_attempt *a)
{
	void *waiter = a->waiter;

	a->waiter = NULL;
	if (waiter != NULL)
		a->owner->ops->accepted(waiter);
}

/* Nobody looks after it: the database says what it was, a scan goes on. */
static void
lose(struct hf_attempt *a)
{
	close_file(a);
	(void)event_del(a->retry);
	a->step = HF_A_LOST;
	if (a->owner->lost != NULL)
		a->owner->lost(a->owner->lost_arg);
}

/* Write its end. `a` may be gone when this returns. */
static void
end(struct hf_attempt *a, enum hf_tap_result blame, enum hf_outcome outcome,
    int32_t impressions, const char *words)
{
	struct hf_m_finish m = { .attempt = a->id,
		.fence = a->fence,
		.outcome = outcome,
		.impressions = impressions };

	(void)hf_str_copy(m.words, sizeof m.words, words);
	close_file(a);
	(void)event_del(a->retry);
	a->step = HF_A_ENDING;
	if (outcome == HF_OUT_DELIVERED)
		tell_accepted(a);
	else
		tell_failed(a, blame, words);
	hf_ledger_finish(a->owner->ledger, a, &m);
}

/* ---- to the printer ---- */

static void
hand_over(struct hf_attempt *a)
{
	struct hf_err e;

	/* A failure is the end of the process, and told as such. */
	if (hf_printer_send(a->printer, &a->message, a->fd, &e) == -1)
		hf_log_err(HF_WARN, &e, "printer %s: attempt %llu",
		    a->printer->name, (unsigned long long)a->id);
	a->step = HF_A_DELIVERING;
	close_file(a);
}

/*
 * The sealed envelope is the truth about the job: what the database says
 * about its owner must agree with it.
 */
static int
check_envelope(const struct hf_attempt *a, const struct hf_envelope *env,
    struct hf_err *e)
{
	if (!hf_id_equal(&env->job, &a->job))
		return hf_fail(e, HF_ETAMPER,
		    "The document is another than was sent");
	if (strcmp(env->owner, a->person) != 0)
		return hf_fail(e, HF_EDENIED,
		    "The document belongs to somebody else");
	return 0;
}

static int
make_message(struct hf_attempt *a, struct hf_view body, struct hf_err *e)
{
	struct hf_m_unwrapped u;
	struct hf_envelope env;
	struct hf_m_deliver d = { .attempt = a->id,
		.fence = a->fence,
		.job = a->job,
		.token = a->token,
		.format = env.format,
		.env = &env,
		.wrapped = u.wrapped };
	int rc = -1;

	if (hf_unwrapped_get(body, &u, e) == -1 ||
	    hf_envelope_get(u.envelope, &env, e) == -1)
		return -1;
	if (check_envelope(a, &env, e) == 0)
		rc = hf_deliver_put(&a->message, &d, e);
	hf_envelope_clear(&env);
	return rc;
}

static void
on_unwrapped(void *arg, struct hf_view body, const struct hf_err *err)
{
	struct hf_attempt *a = arg;
	char id[HF_ID_TEXT];
	struct hf_err e;

	if (err == NULL && make_message(a, body, &e) == -1)
		err = &e;
	if (err != NULL) {
		hf_id_text(&a->job, id);
		hf_log_err(HF_ERROR, err, "job %s not opened", id);
		/*
		 * A missing key may come back with the right keystore; what
		 * does not open with its key never will.
		 */
		end(a, HF_TAP_REFUSED, err->code == HF_ETAMPER || err->code == HF_EINPUT
			? HF_OUT_DAMAGED
			: HF_OUT_HELD,
		    -1, err->code == HF_EDENIED || err->code == HF_ETAMPER
			? err->text
			: "The document cannot be opened: ask the help desk");
		return;
	}
	a->step = HF_A_WAIT_READY;
	if (a->may_go)
		hand_over(a);
}

static void
unwrap(struct hf_attempt *a)
{
	struct hf_err e;

	if (hf_keyask_unwrap(a->owner->key, a->printer->pk,
		hf_buf_view(&a->header), on_unwrapped, a, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "attempt %llu",
		    (unsigned long long)a->id);
		end(a, HF_TAP_UNAVAILABLE, HF_OUT_HELD, -1,
		    "The release service is not ready");
		return;
	}
	a->step = HF_A_UNWRAPPING;
}

static int
open_file(struct hf_attempt *a, struct hf_err *e)
{
	const struct hf_spool *sp = a->owner->sp;
	struct hf_sealed_header h;

	if (hf_spool_read(sp, HF_HELD, &a->job, &a->fd, e) == -1 &&
	    (e->code != HF_ENOTFOUND ||
		hf_spool_read(sp, HF_INCOMING, &a->job, &a->fd, e) == -1))
		return -1;
	if (hf_sealed_header_read(a->fd, &a->header, &h, e) == -1)
		return -1;
	a->header.n = h.whole.n;
	return 0;
}

void
hf_attempt_start(struct hf_attempts *as, struct hf_printer *p,
    const struct hf_claim *c, void *waiter)
{
	struct hf_attempt *a = create(as, p);
	char id[HF_ID_TEXT];
	struct hf_err e;

	if (a == NULL) {
		/* Its row is found by the next scan. */
		as->ops->failed(waiter, HF_TAP_UNAVAILABLE,
		    "The release service is out of memory");
		as->lost(as->lost_arg);
		return;
	}
	a->waiter = waiter;
	a->id = c->attempt;
	a->fence = c->fence;
	a->job = c->job;
	(void)hf_str_copy(a->token, sizeof a->token, c->token);
	(void)hf_str_copy(a->person, sizeof a->person, c->person);
	a->state = HF_ATTEMPT_CLAIMED;
	if (open_file(a, &e) == -1) {
		hf_id_text(&a->job, id);
		hf_log_err(HF_ERROR, &e, "job %s has no readable file", id);
		end(a, HF_TAP_REFUSED, e.code == HF_ENOTFOUND || e.code == HF_EINPUT
			? HF_OUT_DAMAGED
			: HF_OUT_HELD,
		    -1, "A document is missing: ask the help desk");
		return;
	}
	a->step = HF_A_WAIT_HELLO;
	if (p->state == HF_P_READY)
		unwrap(a);
	else
		hf_printer_warm(p);
}

/*
 * Call `what` for each attempt that belongs to waiter, or each.  Any of them,
 * but no other, may be gone after its turn.
 */
static void
each(struct hf_printer *p, const void *waiter,
    void (*what)(struct hf_attempt *a, const void *arg), const void *arg)
{
	struct hf_attempt *a, *next;

	for (a = TAILQ_FIRST(&p->attempts); a != NULL; a = next) {
		next = TAILQ_NEXT(a, link);
		if (waiter == NULL || a->waiter == waiter)
			what(a, arg);
	}
}

static void
go(struct hf_attempt *a, const void *arg)
{
	(void)arg;
	a->may_go = true;
	if (a->step == HF_A_WAIT_READY)
		hand_over(a);
}

static void
refuse(struct hf_attempt *a, const void *words)
{
	if (a->step == HF_A_WAIT_HELLO || a->step == HF_A_UNWRAPPING ||
	    a->step == HF_A_WAIT_READY) {
		hf_keyask_forget(a->owner->key, a);
		end(a, HF_TAP_PRINTER, HF_OUT_HELD, -1, words);
	}
}

static void
forget(struct hf_attempt *a, const void *arg)
{
	(void)arg;
	a->waiter = NULL;
}

void
hf_attempts_go(struct hf_printer *p, const void *waiter)
{
	each(p, waiter, go, NULL);
}

void
hf_attempts_refuse(struct hf_printer *p, const void *waiter,
    const char *words)
{
	each(p, waiter, refuse, words);
}

void
hf_attempts_forget(struct hf_printer *p, const void *waiter)
{
	each(p, waiter, forget, NULL);
}

/* ---- what the process says ---- */

static struct hf_attempt *
find_at(struct hf_printer *p, uint64_t id)
{
	struct hf_attempt *a;

	TAILQ_FOREACH(a, &p->attempts, link)
		if (a->id == id)
			return a;
	return NULL;
}

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
	a = find_at(p, adv.attempt);
	if (a == NULL || a->fence != adv.fence ||
	    a->step != HF_A_DELIVERING) {
		/* Not ours any more: Cancel-Job and stop. */
		if (send_advanced(as, p, adv.attempt, false, e) == -1)
			return 0;
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
		tell_accepted(a);
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
	a = find_at(p, pr.attempt);
	if (a != NULL)
		a->progress = pr;
	return 0;
}

/* Growing pauses; after 10 minutes only the owner can tell. */
static void
ask_again(struct hf_attempt *a, const char *words)
{
	int ms = ASK_FIRST_MS;
	struct timeval tv;
	unsigned i;

	if (a->unreachable_ms == 0)
		a->unreachable_ms = hf_now_ms();
	if (hf_now_ms() - a->unreachable_ms > UNCERTAIN_MS) {
		end(a, HF_TAP_PRINTER, HF_OUT_UNCERTAIN, -1, words);
		return;
	}
	for (i = 0; i < a->tries && ms < ASK_MOST_MS; i++)
		ms *= 2;
	a->tries++;
	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	a->step = HF_A_UNREACHABLE;
	tell_failed(a, HF_TAP_PRINTER, words);
	(void)event_add(a->retry, &tv);
}

static int
on_finish(struct hf_printer *p, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_m_finish f;
	struct hf_attempt *a;

	if (hf_finish_get(m->body, &f, e) == -1)
		return -1;
	a = find_at(p, f.attempt);
	if (a == NULL || a->fence != f.fence || a->step == HF_A_ENDING)
		return 0;	/* somebody else has ended it */
	if (a->step != HF_A_DELIVERING && a->step != HF_A_RECOVERING &&
	    a->step != HF_A_LOST)
		return hf_fail(e, HF_EINPUT, "FINISH of what it does not have");
	if (f.outcome == HF_OUT_UNREACHABLE)
		ask_again(a, f.words);
	else
		end(a, f.outcome == HF_OUT_DAMAGED ? HF_TAP_REFUSED
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
		unwrap(a);
	else if (a->step == HF_A_RECOVERING)
		send_recover(a);
}

static void
on_hello(void *arg, struct hf_printer *p)
{
	(void)arg;
	each(p, NULL, resume, NULL);
}

static void
bereave(struct hf_attempt *a, const void *arg)
{
	(void)arg;
	/* Wrapped for a process that is no more, or not handed over at all. */
	refuse(a, "This printer cannot be used at the moment");
}

static void
lose_if_out(struct hf_attempt *a, const void *arg)
{
	(void)arg;
	if (a->step == HF_A_DELIVERING || a->step == HF_A_RECOVERING)
		lose(a);
}

static void
on_gone(void *arg, struct hf_printer *p, const struct hf_err *why)
{
	(void)arg;
	(void)why;
	each(p, NULL, lose_if_out, NULL);
	each(p, NULL, bereave, NULL);
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
			tell_accepted(a);
	} else if (a->step == HF_A_DELIVERING) {
		/* The row says what it is now; perhaps nothing for us. */
		hf_log(HF_WARN, "attempt %llu is not ours any more",
		    (unsigned long long)a->id);
		tell_failed(a, HF_TAP_REFUSED,
		    "The document was taken over by somebody else");
		lose(a);
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
	tell_failed(a, HF_TAP_UNAVAILABLE,
	    "The release service cannot reach its database: your documents "
	    "are safe");
	lose(a);
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
		lose(a);
		return;
	}
	hf_id_text(&a->job, id);
	hf_log(strcmp(state, "delivered") == 0 ? HF_INFO : HF_WARN,
	    "job %s %s printer=%s attempt=%llu%s%s", id,
	    state[0] != '\0' ? state : "unknown", a->printer->name,
	    (unsigned long long)a->id, m->words[0] != '\0' ? " why=" : "",
	    m->words);
	/* Row first, file second. */
	if (is_for_good(state) &&
	    hf_spool_remove(as->sp, HF_HELD, &a->job, &e) == -1)
		hf_log_err(HF_ERROR, &e, "job %s: file not removed", id);
	destroy(a);
}

/* ---- recovery ---- */

static void
send_recover(struct hf_attempt *a)
{
	const struct hf_m_recover m = { .attempt = a->id,
		.fence = a->fence,
		.state = a->state,
		.token = a->token,
		.job_id = a->job_id,
		.job_uuid = a->job_uuid,
		.up_time = a->up_time };
	struct hf_err e;

	a->step = HF_A_RECOVERING;
	if (a->printer->state != HF_P_READY) {
		hf_printer_warm(a->printer);	/* on_hello goes on */
		return;
	}
	if (hf_recover_put(&a->owner->out, &m, &e) == -1 ||
	    hf_printer_send(a->printer, &a->owner->out, -1, &e) == -1)
		hf_log_err(HF_WARN, &e, "printer %s: attempt %llu",
		    a->printer->name, (unsigned long long)a->id);
}

void
hf_attempt_recover(struct hf_attempts *as, struct hf_printer *p,
    const struct hf_open_attempt *o, unsigned scan)
{
	struct hf_attempt *a = hf_attempt_find(as, o->attempt);

	if (a == NULL) {
		a = create(as, p);
		if (a == NULL)
			return;	/* the next scan finds it again */
		a->id = o->attempt;
		a->job = o->job;
		(void)hf_str_copy(a->token, sizeof a->token, o->token);
	}
	a->fence = o->fence;
	a->state = o->state;
	a->job_id = o->job_id;
	(void)hf_str_copy(a->job_uuid, sizeof a->job_uuid, o->job_uuid);
	a->up_time = o->up_time;
	a->scan = scan;
	send_recover(a);
}

struct hf_attempt *
hf_attempt_find(struct hf_attempts *as, uint64_t id)
{
	struct hf_attempt *a = NULL;
	struct hf_printer *p = hf_printers_first(as->printers);

	while (p != NULL && (a = find_at(p, id)) == NULL)
		p = TAILQ_NEXT(p, link);
	return a;
}

static void
drop_unseen(struct hf_attempt *a, const void *scan)
{
	if (a->step == HF_A_LOST && a->writes == 0 &&
	    a->scan != *(const unsigned *)scan)
		destroy(a);
}

void
hf_attempts_swept(struct hf_attempts *as, unsigned scan)
{
	struct hf_printer *p;

	for (p = hf_printers_first(as->printers); p != NULL;
	     p = TAILQ_NEXT(p, link))
		each(p, NULL, drop_unseen, &scan);
}

size_t
hf_attempts_sending(struct hf_attempts *as)
{
	struct hf_printer *p;
	struct hf_attempt *a;
	size_t n = 0;

	for (p = hf_printers_first(as->printers); p != NULL;
	     p = TAILQ_NEXT(p, link))
		TAILQ_FOREACH(a, &p->attempts, link)
			if (a->step == HF_A_DELIVERING &&
			    a->state < HF_ATTEMPT_RELEASING)
				n++;
	return n;
}

/* ---- all of them ---- */

struct hf_attempts *
hf_attempts_new(struct hf_loop *loop, const struct hf_spool *sp,
    struct hf_store *store, struct hf_keyask *key,
    const struct hf_attempt_ops *ops, struct hf_err *e)
{
	static const struct hf_ledger_ops ledger_ops = { on_advanced,
		on_given_up, on_finished };
	struct hf_attempts *as = calloc(1, sizeof *as);

	if (as == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	as->loop = loop;
	as->sp = sp;
	as->store = store;
	as->key = key;
	as->ops = ops;
	hf_buf_init(&as->out, HF_MSG_MAX);
	as->ledger = hf_ledger_new(loop, store, &ledger_ops, as, e);
	if (as->ledger == NULL) {
		free(as);
		return NULL;
	}
	return as;
}

void
hf_attempts_serve(struct hf_attempts *as, struct hf_printers *printers)
{
	as->printers = printers;
}

void
hf_attempts_on_lost(struct hf_attempts *as, void (*fn)(void *arg), void *arg)
{
	as->lost = fn;
	as->lost_arg = arg;
}

struct hf_ledger *
hf_attempts_ledger(struct hf_attempts *as)
{
	return as->ledger;
}

void
hf_attempts_free(struct hf_attempts *as)
{
	struct hf_printer *p;
	struct hf_attempt *a;

	if (as == NULL)
		return;
	hf_ledger_free(as->ledger);
	p = as->printers != NULL ? hf_printers_first(as->printers) : NULL;
	for (; p != NULL; p = TAILQ_NEXT(p, link))
		while ((a = TAILQ_FIRST(&p->attempts)) != NULL) {
			a->writes = 0;
			destroy(a);
		}
	hf_buf_clear(&as->out);
	free(as);
}
