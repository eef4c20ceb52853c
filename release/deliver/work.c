#include "release/deliver/work_in.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

#define BEAT_MS 900
#define LOOK_MS 2000	/* what keeps the printer, while an attempt is slow */
#define STOP_MS 5000	/* after STOP, for jobs that the printer has */
#define END_MS 10000	/* for the last cancellations after the queue is gone */

/* ---------------------------------------------------------- turns ------ */

static void
leave(struct hf_world *w)
{
	event_base_loopbreak(w->work.base);
}

/* After STOP only what has begun goes on, and after a cut hardly that. */
static void
maybe_leave(struct hf_world *w)
{
	struct hf_attempt *a;

	if (w->cut && (w->work.n == 0 || hf_now_ms() - w->cut_ms > END_MS)) {
		leave(w);
		return;
	}
	if (!w->stopping || !hf_link_is_empty(w->work.link))
		return;
	TAILQ_FOREACH(a, &w->work.attempts, link)
		if (a->phase < HF_WATCH)
			return;
	if (w->work.n == 0 || hf_now_ms() - w->stop_ms > STOP_MS)
		leave(w);	/* what is only watched, recovery will watch */
}

struct hf_attempt *
hf_world_first(struct hf_work *k, enum hf_phase phase)
{
	struct hf_attempt *a;

	TAILQ_FOREACH(a, &k->attempts, link)
		if (a->phase == phase && !a->over)
			return a;
	return NULL;
}

static void
changed_cb(evutil_socket_t fd, short what, void *arg)
{
	struct hf_world *w = arg;
	struct hf_work *k = &w->work;
	struct hf_attempt *a, *next;

	(void)fd;
	(void)what;
	for (a = TAILQ_FIRST(&k->attempts); a != NULL; a = next) {
		next = TAILQ_NEXT(a, link);
		if (a->over)
			hf_attempt_free(a);
	}
	if (k->sending == NULL && !w->cut &&
	    (a = hf_world_first(k, HF_QUEUED)) != NULL)
		hf_attempt_begin(a);
	else if (k->sending != NULL && k->sending->phase == HF_BUSY)
		hf_attempt_timer(k->sending, 0);	/* perhaps no longer */
	maybe_leave(w);
}

static void
look_done(void *arg, const struct hf_result *r)
{
	struct hf_world *w = arg;

	(void)r;
	w->look = NULL;
}

static void
beat_cb(evutil_socket_t fd, short what, void *arg)
{
	struct hf_world *w = arg;
	struct hf_attempt *a;
	bool slow = false;
	struct hf_err e;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(a, &w->work.attempts, link) {
		if (a->over)
			continue;
		slow = slow || hf_attempt_is_slow(a);
		hf_attempt_beat(a);
	}
	if (slow && w->look == NULL && hf_now_ms() - w->look_ms > LOOK_MS) {
		w->look_ms = hf_now_ms();
		w->look = hf_printer_look(w->work.printer, look_done, w, &e);
	}
	maybe_leave(w);
}

/* ------------------------------------------------------------ life ------ */

static int
hello(struct hf_world *w, const uint8_t pk[static 32], struct hf_err *e)
{
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, HF_MSG_MAX);
	if (hf_hello_put(&b, hf_link_seq(w->work.link), pk, e) == 0 &&
	    hf_link_send(w->work.link, &b, false, e) == 0)
		rc = 0;
	hf_buf_clear(&b);
	return rc;
}

static int
timers(struct hf_world *w, struct hf_err *e)
{
	const struct timeval every = { 0, BEAT_MS * 1000 };

	w->beat = event_new(w->work.base, -1, EV_PERSIST, beat_cb, w);
	w->changed = event_new(w->work.base, -1, 0, changed_cb, w);
	w->work.changed = w->changed;
	if (w->beat == NULL || w->changed == NULL ||
	    event_add(w->beat, &every) == -1)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	return 0;
}

struct hf_world *
hf_world_new(struct event_base *base, SSL_CTX *tls, int sock,
    const uint8_t pk[static 32], const uint8_t sk[static 32],
    struct hf_err *e)
{
	struct hf_world *w = calloc(1, sizeof *w);
	struct hf_link_fn fn = { hf_inbox_message, hf_inbox_gone, w };

	if (w == NULL) {
		close(sock);
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	TAILQ_INIT(&w->work.attempts);
	w->work.base = base;
	w->work.pk = pk;
	w->work.sk = sk;
	w->work.link = hf_link_new(base, sock, &fn, e);
	if (w->work.link == NULL || timers(w, e) == -1)
		goto fail;
	w->work.printer = hf_printer_new(base, tls, e);
	if (w->work.printer == NULL || hello(w, pk, e) == -1)
		goto fail;
	return w;
fail:
	hf_world_free(w);
	return NULL;
}

void
hf_world_free(struct hf_world *w)
{
	struct hf_attempt *a;
	size_t i;

	if (w == NULL)
		return;
	while ((a = TAILQ_FIRST(&w->work.attempts)) != NULL)
		hf_attempt_free(a);
	for (i = 0; i < HF_PROBES_MAX; i++)
		hf_op_drop(w->probes[i].op);
	hf_op_drop(w->look);
	hf_printer_free(w->work.printer);
	hf_link_free(w->work.link);
	if (w->beat != NULL)
		event_free(w->beat);
	if (w->changed != NULL)
		event_free(w->changed);
	free(w);
}
