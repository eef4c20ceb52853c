#include "server/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "server/ask.h"
#include "server/conn.h"
#include "server/gate.h"
#include "server/live.h"
#include "server/serve.h"
#include "server/server.h"

struct hf_exchange *
hf_exchange_new(struct hf_conn *c)
{
	struct hf_exchange *x = calloc(1, sizeof *x);

	if (x == NULL) {
		hf_conn_kill(c);
		return NULL;
	}
	hf_buf_init(&x->rq.bytes, HF_HTTP_HEAD_MAX);
	hf_reply_init(&x->reply);
	x->conn = c;
	(void)hf_str_copy(x->rq.peer, sizeof x->rq.peer, c->peer);
	x->start_us = hf_now_us();
	c->x = x;
	return x;
}

void
hf_exchange_free(struct hf_exchange *x)
{
	hf_buf_clear(&x->rq.bytes);
	hf_buf_clear(&x->rq.body);
	hf_reply_clear(&x->reply);
	explicit_bzero(x->rq.token, sizeof x->rq.token);
	free(x);
}

int
hf_exchange_idle_ms(const struct hf_conn *c)
{
	const struct hf_times *t = &c->loop->server->times;

	return c->vouched ? t->idle_vouched_ms : t->idle_ms;
}

static void
log_request(const struct hf_exchange *x)
{
	const struct hf_route *r = x->rq.route;

	/* The pattern, not the path: a path may name somebody. */
	hf_log(HF_DEBUG, "request done method=%s route=%s status=%d in=%zu "
	    "out=%zu us=%lld peer=%s", r != NULL ? r->method : "-",
	    r != NULL ? r->pattern : "-", x->reply.status, x->rq.body.n,
	    x->reply.body.n, (long long)(hf_now_us() - x->start_us),
	    x->rq.peer);
}

void
hf_exchange_answer(struct hf_conn *c, struct hf_exchange *x)
{
	struct hf_buf out;
	struct hf_err e;

	c->phase = HF_PHASE_REPLY;	/* x is the connection's again */
	if (x->reply.vouched)
		c->vouched = true;
	if (x->reply.close || c->loop->stopping)
		c->close_after = true;
	log_request(x);
	hf_buf_init(&out, HF_REPLY_MAX + 4096);
	if (hf_reply_put(&x->reply, x->rq.head_only, c->close_after,
	    hf_exchange_idle_ms(c) / 1000, (time_t)hf_wall_s(), &out,
	    &e) == -1 ||
	    hf_conn_put(c, hf_buf_view(&out), &e) == -1) {
		hf_log_err(HF_WARN, &e, "answer lost peer=%s", c->peer);
		hf_buf_clear(&out);
		hf_conn_kill(c);
		return;
	}
	hf_buf_clear(&out);
	c->x = NULL;
	hf_exchange_free(x);
	hf_conn_deadline(c, c->loop->server->times.reply_ms);
	if (hf_conn_flush(c) && !c->dead)
		hf_serve_drained(c);
}

void
hf_exchange_fail(struct hf_exchange *x, const struct hf_err *why)
{
	if (!hf_reply_is_public(why->code))
		hf_log_err(HF_WARN, why, "request failed route=%s",
		    x->rq.route->pattern);
	hf_reply_err(&x->reply, why);
	if (why->code == HF_ELOGIN)
		hf_gate_cookie(&x->reply, NULL);
}

/*
 * Somebody else has finished x; its connection may be gone.
 */
static void
answer_later(struct hf_exchange *x)
{
	struct hf_conn *c = x->conn;

	if (c == NULL) {
		hf_exchange_free(x);
		return;
	}
	hf_conn_enter(c);
	hf_exchange_answer(c, x);
	hf_conn_resume(c);
	hf_conn_leave(c);
}

static void
on_answer(void *arg, const struct hf_msg *m, const struct hf_err *why)
{
	struct hf_exchange *x = arg;
	const struct hf_route *r = x->rq.route;
	struct hf_err e;
	int rc = 0;

	if (m != NULL) {
		rc = r->answer(&x->rq, m->body, &x->reply, &e);
		if (rc == -1 && e.code == HF_EINPUT) {
			/* Not the client's fault: the service's answer is. */
			e.code = HF_EPEER;
			hf_wrap(&e, "answer of the release service");
		}
	} else if (r->no_answer != NULL) {
		rc = r->no_answer(&x->rq, why, &x->reply, &e);
	} else {
		hf_exchange_fail(x, why);
	}
	if (rc == -1)
		hf_exchange_fail(x, &e);
	answer_later(x);
}

static void
start_ask(struct hf_conn *c, struct hf_exchange *x)
{
	const struct hf_route *r = x->rq.route;
	struct hf_err e, e2;
	struct hf_buf body;

	hf_buf_init(&body, HF_MSG_MAX);
	if (r->ask(&x->rq, &body, &e) == -1) {
		hf_exchange_fail(x, &e);
		hf_exchange_answer(c, x);
	} else if (hf_ask_send(c->loop->ask, r->ask_type, hf_buf_view(&body),
	    r->timeout_ms, on_answer, x, &e) == -1) {
		if (r->no_answer == NULL)
			hf_exchange_fail(x, &e);
		else if (r->no_answer(&x->rq, &e, &x->reply, &e2) == -1)
			hf_exchange_fail(x, &e2);
		hf_exchange_answer(c, x);
	}
	hf_buf_clear(&body);
}

static void
on_worked(struct hf_note *note)
{
	struct hf_exchange *x = hf_work_of(note)->arg;

	if (x->rc == 0 && x->rq.route->mode == HF_LIVE && x->conn != NULL) {
		hf_live_begin(x->conn, x);
		return;
	}
	if (x->rc == -1)
		hf_exchange_fail(x, &x->err);
	answer_later(x);
}

/* In a worker's thread: x belongs to it until the note is posted. */
static void
work(void *arg)
{
	struct hf_exchange *x = arg;

	struct hf_pool *pool = x->work.loop->server->pool;

	x->rc = hf_gate_enter(pool, &x->rq, &x->err);
	if (x->rc == 0 && x->rq.route->mode == HF_WORKER)
		x->rc = x->rq.route->run(&x->rq, &x->reply, &x->err);
	hf_gate_leave(pool, &x->rq);
}

static void
start_work(struct hf_conn *c, struct hf_exchange *x)
{
	struct hf_err e;

	x->work.run = work;
	x->work.arg = x;
	x->work.loop = c->loop;
	x->work.done.fn = on_worked;
	if (hf_worker_submit(c->loop->server->worker, &x->work, &e) == -1) {
		hf_exchange_fail(x, &e);
		hf_exchange_answer(c, x);
	}
}

void
hf_exchange_run(struct hf_conn *c)
{
	struct hf_exchange *x = c->x;
	struct hf_err e;

	c->phase = HF_PHASE_WAIT;
	hf_conn_deadline(c, 0);
	switch (x->rq.route->mode) {
	case HF_INLINE:
		if (x->rq.route->run(&x->rq, &x->reply, &e) == -1)
			hf_exchange_fail(x, &e);
		hf_exchange_answer(c, x);
		break;
	case HF_ASK:
		start_ask(c, x);
		break;
	case HF_WORKER:
	case HF_LIVE:
		start_work(c, x);
		break;
	}
}
