#include "release/deliver/work.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "release/deliver/attempt.h"

#define BEAT_MS 900
#define LOOK_MS 2000	/* what keeps the printer, while an attempt is slow */
#define PROBES_MAX 16	/* waiting for one answer */
#define END_MS 10000	/* for the last cancellations after the queue is gone */

struct probe {
	struct hf_world *w;
	uint32_t seq;
	struct hf_op *op;	/* NULL: this place is free */
};

struct hf_world {
	struct hf_work work;
	struct event *beat, *changed;
	struct hf_op *look;
	uint64_t look_ms;
	struct probe probes[PROBES_MAX];
	bool stopping;		/* STOP: nothing new is begun */
	bool cut;		/* the queue is gone */
	uint64_t cut_ms;
};

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
	if (w->work.n == 0)
		leave(w);
}

static struct hf_attempt *
first_in(struct hf_work *k, enum hf_phase phase)
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
	    (a = first_in(k, HF_QUEUED)) != NULL)
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

/* ------------------------------------------------------- messages ------ */

/* A reply or event that cannot be sent: the queue is gone, link will say so. */
static void
send_msg(struct hf_world *w, const struct hf_buf *b)
{
	struct hf_err e;

	if (hf_link_send(w->work.link, b, false, &e) == -1)
		hf_log_err(HF_WARN, &e, "message not sent");
}

static void
state_msg(struct hf_world *w, uint32_t seq, const struct hf_result *r)
{
	struct hf_printer *p = w->work.printer;
	struct hf_state none;
	const struct hf_state *s = hf_printer_state(p);
	struct hf_view attrs = hf_printer_attrs(p);
	struct hf_buf json, b;
	char text[HF_TEXT_MAX];
	bool ready = false;
	struct hf_err e;

	hf_buf_init(&json, 32 * 1024);
	hf_buf_init(&b, HF_MSG_MAX);
	if (r->rc == 0) {
		ready = hf_printer_is_ready(p, text, sizeof text);
	} else {
		memset(&none, 0, sizeof none);
		s = &none;
		attrs = hf_view_of(NULL, 0);
		hf_str_copy(text, sizeof text, r->err.text);
	}
	if (hf_state_json(&json, s, ready, text, hf_printer_is_expired(p),
	    attrs, &e) == -1 ||
	    hf_state_put(&b, seq, ready, r->rc == 0 && s->held_commit, text,
	        hf_buf_view(&json), &e) == -1)
		hf_log_err(HF_ERROR, &e, "printer state not sent");
	else
		send_msg(w, &b);
	hf_buf_clear(&json);
	hf_buf_clear(&b);
}

static void
probe_done(void *arg, const struct hf_result *r)
{
	struct probe *probe = arg;

	probe->op = NULL;
	state_msg(probe->w, probe->seq, r);
}

static int
on_probe(struct hf_world *w, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_result r;
	size_t i;

	if (hf_get_end(&m->body, e) == -1)
		return hf_wrap(e, "PROBE");
	memset(&r, 0, sizeof r);
	r.rc = -1;
	hf_fail(&r.err, HF_EAGAIN, "too many questions at once");
	for (i = 0; i < PROBES_MAX; i++) {
		if (w->probes[i].op != NULL)
			continue;
		w->probes[i].w = w;
		w->probes[i].seq = m->seq;
		w->probes[i].op = hf_printer_look(w->work.printer, probe_done,
		    &w->probes[i], &r.err);
		if (w->probes[i].op != NULL)
			return 0;
		break;
	}
	state_msg(w, m->seq, &r);
	return 0;
}

static int
on_printer(struct hf_world *w, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_printer_row row;

	if (hf_printer_row_get(m->body, &row, e) == -1)
		return -1;
	hf_printer_set(w->work.printer, &row);
	hf_log(HF_INFO, "printer %s: ready to deliver", row.name);
	return 0;
}

static struct hf_attempt *
find(struct hf_world *w, uint64_t id)
{
	struct hf_attempt *a;

	TAILQ_FOREACH(a, &w->work.attempts, link)
		if (a->id == id && !a->over)
			return a;
	return NULL;
}

static size_t
ahead(struct hf_world *w)
{
	struct hf_attempt *a;
	size_t n = 0;

	TAILQ_FOREACH(a, &w->work.attempts, link)
		n += a->phase == HF_QUEUED && !a->over;
	return n;
}

static int
on_deliver(struct hf_world *w, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_attempt *a;
	struct hf_order order;
	int fd = m->fd, rc = -1;

	if (hf_order_get(m->body, &order, e) == -1)
		goto out;
	if (fd == -1) {
		hf_fail(e, HF_EINPUT, "DELIVER without its document");
		goto out;
	}
	if (find(w, order.attempt) != NULL) {
		hf_fail(e, HF_EINPUT, "DELIVER of an attempt under way");
		goto out;
	}
	a = hf_attempt_new(&w->work, order.attempt, order.fence, fd, e);
	if (a == NULL)
		goto out;
	fd = -1;
	a->order = order;
	if (w->stopping || ahead(w) > HF_AHEAD)
		hf_attempt_finish(a, HF_OUT_HELD, w->stopping
		    ? "the release service is stopping"
		    : "too many documents wait for this printer");
	event_active(w->changed, 0, 0);
	rc = 0;
out:
	explicit_bzero(&order, sizeof order);
	if (fd != -1)
		close(fd);
	return rc;
}

static int
on_recover(struct hf_world *w, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_attempt *a;
	struct hf_claim claim;

	if (hf_claim_get(m->body, &claim, e) == -1)
		return -1;
	/* Taken over with a new fence: what was under way here is ended. */
	a = find(w, claim.attempt);
	if (a != NULL)
		hf_attempt_end(a);
	a = hf_attempt_new(&w->work, claim.attempt, claim.fence, -1, e);
	if (a == NULL)
		return -1;
	hf_attempt_recover(a, &claim);
	return 0;
}

static int
on_advanced(struct hf_world *w, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_advanced word;
	struct hf_attempt *a;

	if (hf_advanced_get(m->body, &word, e) == -1)
		return -1;
	a = find(w, word.attempt);
	if (a != NULL)
		hf_attempt_advanced(a, word.ok);
	return 0;
}

/* What waits is given back, what is watched is left to recovery. */
static int
on_stop(struct hf_world *w, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_attempt *a;

	if (hf_get_end(&m->body, e) == -1)
		return hf_wrap(e, "STOP");
	w->stopping = true;
	while ((a = first_in(&w->work, HF_QUEUED)) != NULL)
		hf_attempt_finish(a, HF_OUT_HELD,
		    "the release service is stopping");
	event_active(w->changed, 0, 0);
	return 0;
}

static const struct {
	uint8_t type;
	bool fd;		/* may carry a descriptor */
	bool printer;		/* only after PRINTER */
	int (*fn)(struct hf_world *w, const struct hf_msg *m,
	    struct hf_err *e);
} messages[] = {
	{ HF_MSG_PRINTER, false, false, on_printer },
	{ HF_MSG_PROBE, false, true, on_probe },
	{ HF_MSG_DELIVER, true, true, on_deliver },
	{ HF_MSG_ADVANCED, false, true, on_advanced },
	{ HF_MSG_RECOVER, false, true, on_recover },
	{ HF_MSG_STOP, false, false, on_stop },
};

static void
gone(void *arg, const struct hf_err *why)
{
	struct hf_world *w = arg;
	struct hf_attempt *a;

	if (w->cut)
		return;
	hf_log_err(HF_INFO, why, "ending");
	w->cut = true;
	w->cut_ms = hf_now_ms();
	TAILQ_FOREACH(a, &w->work.attempts, link)
		hf_attempt_cut(a);
	event_active(w->changed, 0, 0);
}

static void
message(void *arg, const struct hf_msg *m)
{
	struct hf_world *w = arg;
	struct hf_err e;
	size_t i;

	for (i = 0; i < sizeof messages / sizeof messages[0]; i++)
		if (messages[i].type == m->type)
			break;
	if (w->cut || i == sizeof messages / sizeof messages[0] ||
	    (m->fd != -1 && !messages[i].fd) ||
	    (messages[i].printer && !hf_printer_is_set(w->work.printer))) {
		if (m->fd != -1)
			close(m->fd);
		hf_fail(&e, HF_EINPUT, "unexpected message %02x from the "
		    "queue role", m->type);
		gone(w, &e);
		return;
	}
	if (messages[i].fn(w, m, &e) == -1)
		gone(w, &e);
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
	struct hf_link_fn fn = { message, gone, w };

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
	for (i = 0; i < PROBES_MAX; i++)
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
