#include "server/live.h"

#include <stdio.h>
#include <string.h>

#include "server/conn.h"
#include "server/gate.h"
#include "server/server.h"

#define BEATS_A_CHECK 4

static const char head[] = "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/event-stream\r\n"
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Connection: close\r\n\r\n"
    "retry: 3000\n\n";

/* May kill the connection. */
static void
send_text(struct hf_conn *c, const char *text)
{
	struct hf_err e;

	if (evbuffer_get_length(c->out) > HF_LIVE_UNSENT_MAX ||
	    hf_conn_put(c, hf_view_str(text), &e) == -1) {
		hf_conn_kill(c);
		return;
	}
	(void)hf_conn_flush(c);
}

static void
say(struct hf_conn *c, const char *event, const char *data)
{
	char text[256];

	snprintf(text, sizeof text, "event: %s\ndata: %s\n\n", event, data);
	send_text(c, text);
}

void
hf_live_begin(struct hf_conn *c, struct hf_exchange *x)
{
	c->phase = HF_PHASE_LIVE;
	c->close_after = true;
	x->beats = 0;
	hf_conn_enter(c);
	send_text(c, head);
	if (!c->dead && !x->rq.head_only)
		say(c, c->loop->news ? "hello" : "lost", "{}");
	if (!c->dead && (x->rq.head_only || c->loop->stopping))
		hf_conn_finish(c);
	else if (!c->dead)
		hf_conn_deadline(c, HF_LIVE_BEAT_MS);
	if (!c->dead)
		hf_conn_resume(c);
	hf_conn_leave(c);
}

static void
on_checked(struct hf_note *note)
{
	struct hf_exchange *x = hf_work_of(note)->arg;
	struct hf_conn *c = x->conn;

	x->checking = false;
	if (c == NULL) {
		hf_exchange_free(x);
		return;
	}
	/* A database that is away says nothing about the session. */
	if (x->rc == 0 || x->err.code == HF_EAGAIN)
		return;
	hf_conn_enter(c);
	say(c, "bye", "{}");
	hf_conn_finish(c);
	hf_conn_leave(c);
}

static void
check(void *arg)
{
	struct hf_exchange *x = arg;
	struct hf_pool *pool = x->work.loop->server->pool;

	x->rc = hf_gate_enter(pool, &x->rq, &x->err);
	hf_gate_leave(pool, &x->rq);
}

void
hf_live_beat(struct hf_conn *c)
{
	struct hf_exchange *x = c->x;
	struct hf_err e;

	send_text(c, ":\n\n");
	if (c->dead)
		return;
	hf_conn_deadline(c, HF_LIVE_BEAT_MS);
	if (x->checking || ++x->beats % BEATS_A_CHECK != 0)
		return;
	x->work.run = check;
	x->work.arg = x;
	x->work.loop = c->loop;
	x->work.done.fn = on_checked;
	x->checking = hf_worker_submit(c->loop->server->worker, &x->work,
	    &e) == 0;
}

void
hf_live_say(struct hf_loop *l, const char *event, const char *data)
{
	struct hf_conn *c, *next;

	for (c = TAILQ_FIRST(&l->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->phase == HF_PHASE_LIVE && c->state == HF_CONN_OPEN)
			say(c, event, data);
	}
}
