#include "server/serve.h"

#include <string.h>

#include "lib/log.h"
#include "server/conn.h"
#include "server/exchange.h"
#include "server/gate.h"
#include "server/http.h"
#include "server/live.h"
#include "server/route.h"
#include "server/server.h"

#define REQUESTS_A_TURN 16	/* pipelined, before others have a turn */

static void
become_idle(struct hf_conn *c)
{
	c->phase = HF_PHASE_IDLE;
	c->scanned = 0;
	hf_conn_deadline(c, hf_exchange_idle_ms(c));
}

void
hf_serve_open(struct hf_conn *c)
{
	c->phase = HF_PHASE_IDLE;
	/* Who connects has something to ask: no idling before that. */
	hf_conn_deadline(c, c->loop->server->times.head_ms);
}

void
hf_serve_drained(struct hf_conn *c)
{
	if (c->phase != HF_PHASE_REPLY)
		return;
	if (c->close_after)
		hf_conn_finish(c);
	else
		become_idle(c);
}

/* Refused by us, in mid-request: what still comes is not looked at. */
static void
refuse(struct hf_conn *c, int status, const char *why)
{
	hf_reply_problem(&c->x->reply, status, HF_EINPUT, why);
	c->close_after = true;
	hf_exchange_answer(c, c->x);
}

/* What the row says about a body, before a byte of it is read. */
static int
check_body(const struct hf_http_head *h, const struct hf_route *r,
    const char **why)
{
	bool none = h->framing == HF_HTTP_NO_BODY ||
	    (h->framing == HF_HTTP_LENGTH && h->length == 0);

	if (r->type == NULL) {
		*why = "no body is expected here";
		return none ? 0 : 413;
	}
	*why = "a body with its length, or chunked, is expected here";
	if (h->framing == HF_HTTP_NO_BODY)
		return 411;
	*why = "the body is larger than is taken here";
	if (h->framing == HF_HTTP_LENGTH && h->length > r->body_max)
		return 413;
	*why = "the body is not of the media type that is taken here";
	if (!hf_http_is_type(h, r->type))
		return 415;
	return 0;
}

/* Find the row and begin with the body. */
static void
route(struct hf_conn *c, struct hf_exchange *x)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const struct hf_server *s = c->loop->server;
	const struct hf_http_head *h = &x->rq.head;
	struct hf_match m;
	const char *why;
	struct hf_err e;
	int status;

	hf_route_match(s->routes, s->n_routes, h->method, h->path, &m);
	x->rq.head_only = hf_view_equal(h->method, hf_view_str("HEAD"));
	if (m.route == NULL) {
		hf_reply_problem(&x->reply, m.status, HF_ENOTFOUND,
		    m.status == 404 ? "there is no such thing here" :
		    "this cannot be done with it");
		memcpy(x->reply.allow, m.allow, sizeof x->reply.allow);
		if (h->framing != HF_HTTP_NO_BODY)
			c->close_after = true;
		hf_exchange_answer(c, x);
		return;
	}
	x->rq.route = m.route;
	x->rq.routes = s->routes;
	x->rq.n_routes = s->n_routes;
	memcpy(x->rq.param, m.param, sizeof m.param);
	if (hf_gate_request(&x->rq, &e) == -1) {
		c->close_after = c->close_after ||
		    h->framing != HF_HTTP_NO_BODY;
		hf_exchange_fail(x, &e);
		hf_exchange_answer(c, x);
		return;
	}
	status = check_body(h, m.route, &why);
	if (status != 0) {
		refuse(c, status, why);
		return;
	}
	hf_buf_init(&x->rq.body, m.route->body_max);
	hf_body_init(&c->body, h);
	if (h->expect_continue && !hf_body_is_done(&c->body) &&
	    c->in.n == 0) {
		if (hf_conn_put(c, hf_view_str(go_on), &e) == -1) {
			hf_conn_kill(c);
			return;
		}
		(void)hf_conn_flush(c);
		if (c->dead)
			return;
	}
	c->phase = HF_PHASE_BODY;
	c->body_mark = 0;
	hf_conn_deadline(c, s->times.body_window_ms);
}

/* The head is complete: c->scanned bytes at the front of c->in. */
static void
begin(struct hf_conn *c, struct hf_exchange *x)
{
	const char *why;
	struct hf_err e;
	int status;

	if (hf_put_bytes(&x->rq.bytes, c->in.p, c->scanned, &e) == -1) {
		hf_conn_kill(c);
		return;
	}
	hf_conn_consume(c, c->scanned);
	c->scanned = 0;
	status = hf_http_parse(hf_buf_view(&x->rq.bytes), &x->rq.head, &why);
	if (status != 0) {
		refuse(c, status, why);
		return;
	}
	c->close_after = !x->rq.head.keep_alive;
	route(c, x);
}

/* True: something has changed and it is worth looking again. */
static bool
take_head(struct hf_conn *c)
{
	const char *why;
	int k;

	/* RFC 9112 section 2.2: an empty line before a request is skipped. */
	if (c->phase == HF_PHASE_IDLE && c->in.n >= 2 &&
	    memcmp(c->in.p, "\r\n", 2) == 0)
		hf_conn_consume(c, 2);
	if (c->in.n == 0 || (c->in.n == 1 && c->in.p[0] == '\r' &&
	    c->phase == HF_PHASE_IDLE))
		return false;
	if (c->phase == HF_PHASE_IDLE) {
		c->phase = HF_PHASE_HEAD;
		hf_conn_deadline(c, c->loop->server->times.head_ms);
	}
	k = hf_http_scan(hf_buf_view(&c->in), &c->scanned, &why);
	if (k == 0 || hf_exchange_new(c) == NULL)
		return false;
	if (k == 1)
		begin(c, c->x);
	else
		refuse(c, -k, why);
	return true;
}

static bool
take_body(struct hf_conn *c)
{
	struct hf_view in = hf_buf_view(&c->in), run;
	struct hf_exchange *x = c->x;
	const char *why = NULL;
	struct hf_err e;
	int status = 0;

	while (status == 0 && in.n > 0 && !hf_body_is_done(&c->body)) {
		status = hf_body_next(&c->body, &in, &run, &why);
		if (status == 0 &&
		    hf_put_bytes(&x->rq.body, run.p, run.n, &e) == -1) {
			status = 413;
			why = "the body is larger than is taken here";
		}
	}
	hf_conn_consume(c, c->in.n - in.n);
	if (status != 0)
		refuse(c, status, why);
	else if (hf_body_is_done(&c->body))
		hf_exchange_run(c);
	else
		return false;
	return true;
}

void
hf_serve_input(struct hf_conn *c)
{
	int requests = 0;
	bool more = true;

	while (more && !c->dead && c->state == HF_CONN_OPEN) {
		switch (c->phase) {
		case HF_PHASE_IDLE:
			if (c->in.n > 0 && requests++ == REQUESTS_A_TURN) {
				hf_conn_again(c);
				return;
			}
			more = take_head(c);
			break;
		case HF_PHASE_HEAD:
			more = take_head(c);
			break;
		case HF_PHASE_BODY:
			more = take_body(c);
			break;
		case HF_PHASE_LIVE:
			/* Nothing is asked behind an answer without end. */
			hf_conn_consume(c, c->in.n);
			return;
		case HF_PHASE_WAIT:
		case HF_PHASE_REPLY:
			return;
		}
	}
}

void
hf_serve_deadline(struct hf_conn *c)
{
	const struct hf_times *t = &c->loop->server->times;

	switch (c->phase) {
	case HF_PHASE_IDLE:
		hf_conn_bye(c);
		break;
	case HF_PHASE_HEAD:
		if (hf_exchange_new(c) != NULL)
			refuse(c, 408, "the request took too long to arrive");
		break;
	case HF_PHASE_BODY:
		if (c->body.taken - c->body_mark < t->body_window_bytes) {
			refuse(c, 408, "the body took too long to arrive");
			break;
		}
		c->body_mark = c->body.taken;
		hf_conn_deadline(c, t->body_window_ms);
		break;
	case HF_PHASE_LIVE:
		hf_live_beat(c);
		break;
	case HF_PHASE_WAIT:
		break;
	case HF_PHASE_REPLY:
		hf_log(HF_DEBUG, "answer not taken peer=%s", c->peer);
		hf_conn_kill(c);
		break;
	}
}

void
hf_serve_gone(struct hf_conn *c)
{
	if (c->x == NULL)
		return;
	if (c->phase == HF_PHASE_WAIT || c->x->checking)
		c->x->conn = NULL;	/* who works on it frees it */
	else
		hf_exchange_free(c->x);
	c->x = NULL;
}
