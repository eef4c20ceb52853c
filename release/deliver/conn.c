#include "release/deliver/conn_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX (64 * 1024)	/* HTTP head and IPP attributes of a request */

static void step_cb(evutil_socket_t fd, short what, void *arg);
static void timer_cb(evutil_socket_t fd, short what, void *arg);

struct hf_conn *
hf_conn_new(struct event_base *base, SSL_CTX *ctx, const struct hf_peer *peer,
    struct hf_err *e)
{
	struct hf_conn *c = calloc(1, sizeof *c);

	if (c == NULL)
		goto fail;
	c->base = base;
	c->ctx = ctx;
	c->peer = peer;
	hf_wire_init(&c->wire);
	hf_buf_init(&c->out, HEAD_MAX);
	hf_answer_init(&c->answer);
	c->timer = evtimer_new(base, timer_cb, c);
	c->kick = event_new(base, -1, 0, step_cb, c);
	if (c->timer != NULL && c->kick != NULL)
		return c;
fail:
	hf_conn_free(c);
	hf_fail(e, HF_ENOMEM, "out of memory");
	return NULL;
}

void
hf_conn_forget_addresses(struct hf_conn *c)
{
	if (c->found != NULL)
		freeaddrinfo(c->found);
	c->found = c->addr = NULL;
}

void
hf_conn_close(struct hf_conn *c)
{
	if (c->readable != NULL)
		event_free(c->readable);
	if (c->writable != NULL)
		event_free(c->writable);
	c->readable = c->writable = NULL;
	hf_wire_close(&c->wire);
	c->phase = HF_CLOSED;
	c->used = c->last = false;
}

void
hf_conn_forget(struct hf_conn *c)
{
	if (c->x == NULL)
		hf_conn_close(c);
	else
		c->last = true;
	hf_conn_forget_addresses(c);
}

int
hf_conn_watch(struct hf_conn *c)
{
	c->readable = event_new(c->base, c->wire.fd, EV_READ, step_cb, c);
	c->writable = event_new(c->base, c->wire.fd, EV_WRITE, step_cb, c);
	return c->readable != NULL && c->writable != NULL ? 0 : -1;
}

void
hf_conn_drop(struct hf_conn *c)
{
	hf_conn_close(c);
	event_del(c->timer);
	event_del(c->kick);
	c->failed = false;
	c->x = NULL;
}

void
hf_conn_free(struct hf_conn *c)
{
	if (c == NULL)
		return;
	hf_conn_close(c);
	hf_conn_forget_addresses(c);
	if (c->timer != NULL)
		event_free(c->timer);
	if (c->kick != NULL)
		event_free(c->kick);
	hf_buf_clear(&c->out);
	hf_answer_clear(&c->answer);
	free(c);
}

bool
hf_conn_is_busy(const struct hf_conn *c)
{
	return c->x != NULL;
}

unsigned
hf_conn_serial(const struct hf_conn *c)
{
	return c->phase >= HF_IDLE ? c->serial : 0;
}

bool
hf_conn_is_expired(const struct hf_conn *c)
{
	return c->expired;
}

void
hf_conn_timer(struct hf_conn *c, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (ms == 0)
		event_del(c->timer);
	else
		event_add(c->timer, &tv);
}

/* Hand the result over.  Afterwards c may already carry the next exchange. */
void
hf_conn_finish(struct hf_conn *c, int rc)
{
	struct hf_exchange *x = c->x;
	struct hf_reply r;

	memset(&r, 0, sizeof r);
	r.rc = rc;
	r.sent = x->sent;
	if (rc == -1) {
		r.err = c->err;
		r.stale = c->used && !c->heard && c->phase >= HF_SENDING &&
		    c->err.code == HF_EPEER;
		hf_conn_close(c);
	} else {
		r.body = hf_buf_view(&c->answer.body);
		c->used = true;
	}
	hf_conn_timer(c, 0);
	c->x = NULL;
	x->done(x->arg, &r);
}

static enum hf_next (*const phases[])(struct hf_conn *c) = {
	[HF_CLOSED] = hf_conn_do_closed,
	[HF_CONNECTING] = hf_conn_do_connecting,
	[HF_HANDSHAKE] = hf_conn_do_handshake,
	[HF_IDLE] = hf_conn_do_idle,
	[HF_SENDING] = hf_conn_do_sending,
	[HF_READING] = hf_conn_do_reading,
};

static void
arm(struct hf_conn *c)
{
	if (c->wire.fd == -1)
		return;
	if (c->wire.want_read || c->phase == HF_IDLE)
		event_add(c->readable, NULL);
	else
		event_del(c->readable);
	if (c->wire.want_write)
		event_add(c->writable, NULL);
	else
		event_del(c->writable);
}

static void
step(struct hf_conn *c)
{
	enum hf_next next;

	do {
		c->wire.want_read = c->wire.want_write = false;
		next = phases[c->phase](c);
	} while (next == HF_GO);
	/* What TLS has to say besides: its handshake, an alert, a new key. */
	if (next == HF_WAIT && c->wire.fd != -1 && hf_wire_flush(&c->wire) == -1) {
		if (c->x != NULL)
			next = hf_conn_broke_off(c);
		else
			hf_conn_close(c);
	}
	if (next == HF_BROKEN)
		hf_conn_finish(c, -1);
	arm(c);
}

static void
step_cb(evutil_socket_t fd, short what, void *arg)
{
	struct hf_conn *c = arg;

	(void)fd;
	(void)what;
	if (c->phase == HF_CLOSED && c->x == NULL)
		return;
	if (c->failed) {
		c->failed = false;
		hf_conn_finish(c, -1);
	} else {
		step(c);
	}
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct hf_conn *c = arg;

	(void)fd;
	(void)what;
	if (c->x == NULL)
		return;
	if (c->phase == HF_CONNECTING) {
		c->wire.want_read = c->wire.want_write = false;
		if (hf_conn_next_address(c) == HF_WAIT) {
			arm(c);
			return;
		}
	} else {
		hf_fail(&c->err, HF_EAGAIN, "printer %s gives no answer",
		    c->peer->name);
	}
	hf_conn_finish(c, -1);
}

void
hf_conn_ask(struct hf_conn *c, struct hf_exchange *x)
{
	char head[1024];
	int n;

	HF_ASSERT(c->x == NULL);
	c->x = x;
	x->sent = HF_SENT_NOTHING;
	x->doc_sent = 0;
	c->heard = false;
	c->out_at = 0;
	c->chunk = hf_view_of(NULL, 0);
	hf_buf_reset(&c->out);
	event_active(c->kick, 0, 0);
	n = snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: %s\r\n"
	    "User-Agent: Holdfast\r\nContent-Type: application/ipp\r\n"
	    "Content-Length: %llu\r\n\r\n", c->peer->uri->path,
	    c->peer->uri->authority,
	    (unsigned long long)(x->ipp.n + x->doc_bytes));
	HF_ASSERT(n > 0 && (size_t)n < sizeof head);
	c->failed = hf_put_bytes(&c->out, head, (size_t)n, &c->err) == -1 ||
	    hf_put_bytes(&c->out, x->ipp.p, x->ipp.n, &c->err) == -1;
}
