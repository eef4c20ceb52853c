#include "release/queue/attempt_in.h"

#include <string.h>

#include "lib/log.h"

static void
hand_over(struct hf_attempt *a)
{
	struct hf_err e;

	/* A failure is the end of the process, and told as such. */
	if (hf_printer_send(a->printer, &a->message, a->fd, &e) == -1)
		hf_log_err(HF_WARN, &e, "printer %s: attempt %llu",
		    a->printer->name, (unsigned long long)a->id);
	a->step = HF_A_DELIVERING;
	hf_attempt_close_file(a);
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
		hf_attempt_end(a, HF_TAP_REFUSED, err->code == HF_ETAMPER || err->code == HF_EINPUT
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

void
hf_attempt_unwrap(struct hf_attempt *a)
{
	struct hf_err e;

	if (hf_keyask_unwrap(a->owner->key, a->printer->pk,
		hf_buf_view(&a->header), on_unwrapped, a, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "attempt %llu",
		    (unsigned long long)a->id);
		hf_attempt_end(a, HF_TAP_UNAVAILABLE, HF_OUT_HELD, -1,
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
	struct hf_attempt *a = hf_attempt_create(as, p);
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
		hf_attempt_end(a, HF_TAP_REFUSED, e.code == HF_ENOTFOUND || e.code == HF_EINPUT
			? HF_OUT_DAMAGED
			: HF_OUT_HELD,
		    -1, "A document is missing: ask the help desk");
		return;
	}
	a->step = HF_A_WAIT_HELLO;
	if (p->state == HF_P_READY)
		hf_attempt_unwrap(a);
	else
		hf_printer_warm(p);
}

static void
go(struct hf_attempt *a, const void *arg)
{
	(void)arg;
	a->may_go = true;
	if (a->step == HF_A_WAIT_READY)
		hand_over(a);
}

void
hf_attempt_refuse(struct hf_attempt *a, const void *words)
{
	if (a->step == HF_A_WAIT_HELLO || a->step == HF_A_UNWRAPPING ||
	    a->step == HF_A_WAIT_READY) {
		hf_keyask_forget(a->owner->key, a);
		hf_attempt_end(a, HF_TAP_PRINTER, HF_OUT_HELD, -1, words);
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
	hf_attempts_each(p, waiter, go, NULL);
}

void
hf_attempts_refuse(struct hf_printer *p, const void *waiter,
    const char *words)
{
	hf_attempts_each(p, waiter, hf_attempt_refuse, words);
}

void
hf_attempts_forget(struct hf_printer *p, const void *waiter)
{
	hf_attempts_each(p, waiter, forget, NULL);
}

