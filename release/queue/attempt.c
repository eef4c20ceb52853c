#include "release/queue/attempt_in.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

#define QUIET_MOST 6		/* looks, one every 5 s */

/* ---- birth and death ---- */

void
hf_attempt_close_file(struct hf_attempt *a)
{
	if (a->fd != -1)
		close(a->fd);
	a->fd = -1;
	hf_buf_clear(&a->header);
	hf_buf_clear(&a->message);
}

void
hf_attempt_destroy(struct hf_attempt *a)
{
	HF_ASSERT(a->writes == 0);
	hf_keyask_forget(a->owner->key, a);
	TAILQ_REMOVE(&a->printer->attempts, a, link);
	a->printer->n_attempts--;
	hf_attempt_close_file(a);
	if (a->retry != NULL)
		event_free(a->retry);
	free(a);
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	hf_attempt_ask_after(arg);
}

struct hf_attempt *
hf_attempt_create(struct hf_attempts *as, struct hf_printer *p)
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

void
hf_attempt_failed(struct hf_attempt *a, enum hf_tap_result blame, const char *words)
{
	void *waiter = a->waiter;

	a->waiter = NULL;
	if (waiter != NULL)
		a->owner->ops->failed(waiter, blame, words);
}

void
hf_attempt_accepted(struct hf_attempt *a)
{
	void *waiter = a->waiter;

	a->waiter = NULL;
	if (waiter != NULL)
		a->owner->ops->accepted(waiter);
}

void
hf_attempt_lose(struct hf_attempt *a)
{
	hf_attempt_close_file(a);
	(void)event_del(a->retry);
	a->step = HF_A_LOST;
	if (a->owner->lost != NULL)
		a->owner->lost(a->owner->lost_arg);
}

void
hf_attempt_end(struct hf_attempt *a, enum hf_tap_result blame, enum hf_outcome outcome,
    int32_t impressions, const char *words)
{
	struct hf_m_finish m = { .attempt = a->id,
		.fence = a->fence,
		.outcome = outcome,
		.impressions = impressions };

	(void)hf_str_copy(m.words, sizeof m.words, words);
	hf_attempt_close_file(a);
	(void)event_del(a->retry);
	a->step = HF_A_ENDING;
	if (outcome == HF_OUT_DELIVERED)
		hf_attempt_accepted(a);
	else
		hf_attempt_failed(a, blame, words);
	hf_ledger_finish(a->owner->ledger, a, &m);
}

void
hf_attempts_each(struct hf_printer *p, const void *waiter,
    void (*what)(struct hf_attempt *a, const void *arg), const void *arg)
{
	struct hf_attempt *a, *next;

	for (a = TAILQ_FIRST(&p->attempts); a != NULL; a = next) {
		next = TAILQ_NEXT(a, link);
		if (waiter == NULL || a->waiter == waiter)
			what(a, arg);
	}
}

struct hf_attempt *
hf_attempt_at(struct hf_printer *p, uint64_t id)
{
	struct hf_attempt *a;

	TAILQ_FOREACH(a, &p->attempts, link)
		if (a->id == id)
			return a;
	return NULL;
}

/* ---- recovery ---- */

void
hf_attempt_ask_after(struct hf_attempt *a)
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
	a->quiet = 0;
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
		a = hf_attempt_create(as, p);
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
	a->doubt = o->doubt;
	a->again = o->again;
	a->quiet = 0;
	a->scan = scan;
	hf_attempt_ask_after(a);
}

struct hf_attempt *
hf_attempt_find(struct hf_attempts *as, uint64_t id)
{
	struct hf_attempt *a = NULL;
	struct hf_printer *p = hf_printers_first(as->printers);

	while (p != NULL && (a = hf_attempt_at(p, id)) == NULL)
		p = TAILQ_NEXT(p, link);
	return a;
}

static void
drop_unseen(struct hf_attempt *a, const void *scan)
{
	if (a->step == HF_A_LOST && a->writes == 0 &&
	    a->scan != *(const unsigned *)scan)
		hf_attempt_destroy(a);
}

void
hf_attempts_swept(struct hf_attempts *as, unsigned scan)
{
	struct hf_printer *p;

	for (p = hf_printers_first(as->printers); p != NULL;
	     p = TAILQ_NEXT(p, link))
		hf_attempts_each(p, NULL, drop_unseen, &scan);
}

static void
stalled(struct hf_attempt *a, const void *process_speaks)
{
	if ((a->step != HF_A_DELIVERING && a->step != HF_A_RECOVERING) ||
	    a->printer->state != HF_P_READY || ++a->quiet <= QUIET_MOST)
		return;
	hf_log(HF_WARN, "attempt %llu stands still printer=%s",
	    (unsigned long long)a->id, a->printer->name);
	if (*(const bool *)process_speaks)
		hf_attempt_lose(a);
}

void
hf_attempts_watch(struct hf_attempts *as)
{
	struct hf_printer *p;
	struct hf_attempt *a;
	bool speaks, still;

	for (p = hf_printers_first(as->printers); p != NULL;
	     p = TAILQ_NEXT(p, link)) {
		p->quiet = p->n_attempts > 0 ? p->quiet + 1 : 0;
		speaks = p->quiet <= QUIET_MOST;
		hf_attempts_each(p, NULL, stalled, &speaks);
		still = false;
		TAILQ_FOREACH(a, &p->attempts, link)
			still = still || a->quiet > QUIET_MOST;
		if (still && !speaks)
			hf_printer_let_go(p);
	}
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
	as->ledger = hf_ledger_new(loop, store, sp->dir[HF_HELD],
	    &hf_attempt_ledger_ops, as, e);
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
			hf_attempt_destroy(a);
		}
	hf_buf_clear(&as->out);
	free(as);
}
