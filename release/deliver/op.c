#include "release/deliver/op.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"

#define REQUEST_MAX (48 * 1024)
#define ASK_MS 15000		/* a small request, from its first byte */
#define SECOND_AFTER_MS 150	/* the first connection is taken that long */

struct hf_op {
	TAILQ_ENTRY(hf_op) link;
	struct hf_ops *ops;
	struct hf_conn *conn;	/* that carries it, NULL while it waits */
	struct hf_buf msg;
	struct hf_exchange x;
	uint32_t id;		/* request-id */
	bool again;
	uint64_t over;		/* only over this connection, 0 any */
	hf_op_fn *fn;
	void *arg;
	int (*hook)(void *arg, struct hf_result *r);
	void *hook_arg;
};

TAILQ_HEAD(hf_op_list, hf_op);

struct hf_ops {
	const struct hf_peer *peer;
	const char *uri;
	struct hf_conn *conns[2];
	uint64_t busy_since;	/* of the first connection */
	struct hf_err bad;	/* the answer to everything; code 0: none */
	struct event *timer;	/* something waits */
	struct hf_op_list waiting;
	uint32_t last_id;
};

static void timer_cb(evutil_socket_t fd, short what, void *arg);

struct hf_ops *
hf_ops_new(struct event_base *base, SSL_CTX *tls, const struct hf_peer *peer,
    const char *uri, struct hf_err *e)
{
	struct hf_ops *ops = calloc(1, sizeof *ops);
	size_t i;

	if (ops == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	ops->peer = peer;
	ops->uri = uri;
	TAILQ_INIT(&ops->waiting);
	ops->timer = evtimer_new(base, timer_cb, ops);
	for (i = 0; i < 2; i++)
		ops->conns[i] = hf_conn_new(base, tls, peer, e);
	if (ops->timer == NULL || ops->conns[0] == NULL ||
	    ops->conns[1] == NULL) {
		hf_ops_free(ops);
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	return ops;
}

void
hf_op_discard(struct hf_op *op)
{
	hf_buf_clear(&op->msg);
	free(op);
}

void
hf_ops_free(struct hf_ops *ops)
{
	struct hf_op *op;

	if (ops == NULL)
		return;
	while ((op = TAILQ_FIRST(&ops->waiting)) != NULL) {
		TAILQ_REMOVE(&ops->waiting, op, link);
		hf_op_discard(op);
	}
	hf_conn_free(ops->conns[0]);
	hf_conn_free(ops->conns[1]);
	if (ops->timer != NULL)
		event_free(ops->timer);
	free(ops);
}

void
hf_ops_forget(struct hf_ops *ops)
{
	hf_conn_forget(ops->conns[0]);
	hf_conn_forget(ops->conns[1]);
}

void
hf_ops_refuse(struct hf_ops *ops, const struct hf_err *why)
{
	memset(&ops->bad, 0, sizeof ops->bad);
	if (why != NULL)
		ops->bad = *why;
}

bool
hf_ops_saw_expired(const struct hf_ops *ops)
{
	return hf_conn_is_expired(ops->conns[0]);
}

/* ------------------------------------------------- who goes where ------ */

/* A name for connection i as it is now, 0 while there is none. */
static uint64_t
over(const struct hf_ops *ops, int i)
{
	unsigned serial = hf_conn_serial(ops->conns[i]);

	return serial == 0 ? 0 : (uint64_t)serial << 1 | (unsigned)i;
}

/* Nothing can carry it: it is answered from the loop, by refuse. */
static bool
is_hopeless(const struct hf_ops *ops, const struct hf_op *op)
{
	return ops->bad.code != HF_OK ||
	    (op->over != 0 && op->over != over(ops, op->over & 1));
}

/* The connection that may carry op now, or NULL. */
static struct hf_conn *
pick(struct hf_ops *ops, const struct hf_op *op)
{
	struct hf_conn *c = ops->conns[op->over & 1];

	if (op->over != 0)
		return hf_conn_is_busy(c) ? NULL : c;
	if (!hf_conn_is_busy(ops->conns[0]))
		return ops->conns[0];
	if (op->x.doc != NULL || hf_conn_is_busy(ops->conns[1]) ||
	    hf_now_ms() - ops->busy_since < SECOND_AFTER_MS)
		return NULL;
	return ops->conns[1];
}

static void
dispatch(struct hf_ops *ops)
{
	struct timeval soon = { 0, SECOND_AFTER_MS * 1000 / 3 };
	struct hf_op *op, *next;

	for (op = TAILQ_FIRST(&ops->waiting); op != NULL; op = next) {
		next = TAILQ_NEXT(op, link);
		if (is_hopeless(ops, op)) {
			soon.tv_usec = 0;
			continue;
		}
		op->conn = pick(ops, op);
		if (op->conn == NULL)
			continue;
		TAILQ_REMOVE(&ops->waiting, op, link);
		if (op->conn == ops->conns[0])
			ops->busy_since = hf_now_ms();
		hf_conn_ask(op->conn, &op->x);
	}
	if (!TAILQ_EMPTY(&ops->waiting))
		event_add(ops->timer, &soon);
}

/* Give the op's owner what there is, then let the next one go. */
static void
op_end(struct hf_op *op, struct hf_result *r)
{
	struct hf_ops *ops = op->ops;

	if (r->rc == 0 && op->hook != NULL)
		r->rc = op->hook(op->hook_arg, r);
	op->fn(op->arg, r);
	hf_op_discard(op);
	dispatch(ops);
}

/* The first op up to `last` that waits in vain. */
static struct hf_op *
first_hopeless(struct hf_ops *ops, uint32_t last)
{
	struct hf_op *op;

	TAILQ_FOREACH(op, &ops->waiting, link)
		if (op->id <= last && is_hopeless(ops, op))
			return op;
	return NULL;
}

/*
 * Answer what waits in vain: because all is refused, or for a connection that
 * is gone.  What the answered ask for meanwhile has a higher id.
 */
static void
refuse(struct hf_ops *ops)
{
	uint32_t last = ops->last_id;
	struct hf_result r;
	struct hf_op *op;

	while ((op = first_hopeless(ops, last)) != NULL) {
		TAILQ_REMOVE(&ops->waiting, op, link);
		memset(&r, 0, sizeof r);
		r.rc = -1;
		r.err = ops->bad;
		if (ops->bad.code == HF_OK)
			hf_fail(&r.err, HF_EPEER,
			    "printer %s broke the connection off",
			    ops->peer->name);
		op_end(op, &r);
	}
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct hf_ops *ops = arg;

	(void)fd;
	(void)what;
	refuse(ops);
	dispatch(ops);
}

static void
op_done(void *arg, const struct hf_reply *reply)
{
	struct hf_op *op = arg;
	struct hf_ops *ops = op->ops;
	struct hf_result r;

	if (reply->rc == -1 && reply->stale && op->again) {
		op->again = false;
		op->conn = NULL;
		TAILQ_INSERT_HEAD(&ops->waiting, op, link);
		dispatch(ops);
		return;
	}
	memset(&r, 0, sizeof r);
	r.rc = reply->rc;
	r.err = reply->err;
	r.sent = reply->sent;
	if (r.rc == 0) {
		r.over = over(ops, op->conn == ops->conns[1]);
		r.body = reply->body;
		r.rc = hf_ipp_result_get(r.body, op->id, &r.ipp, &r.err);
		if (r.rc == -1) {
			hf_wrap(&r.err, "printer %s gives a bad answer",
			    ops->peer->name);
			hf_conn_drop(op->conn);
		}
	}
	op_end(op, &r);
}

/* ---------------------------------------------------- their owners ------ */

struct hf_op *
hf_op_new(struct hf_ops *ops, hf_op_fn *fn, void *arg, struct hf_err *e)
{
	struct hf_op *op = calloc(1, sizeof *op);

	if (op == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	op->ops = ops;
	op->fn = fn;
	op->arg = arg;
	if (++ops->last_id > INT32_MAX)
		ops->last_id = 1;
	op->id = ops->last_id;
	hf_buf_init(&op->msg, REQUEST_MAX);
	return op;
}

struct hf_buf *
hf_op_buf(struct hf_op *op)
{
	return &op->msg;
}

struct hf_request
hf_op_request(const struct hf_op *op)
{
	struct hf_request r = { .uri = op->ops->uri, .id = op->id };

	return r;
}

void
hf_op_hook(struct hf_op *op, int (*hook)(void *arg, struct hf_result *r),
    void *arg)
{
	op->hook = hook;
	op->hook_arg = arg;
}

static void
start(struct hf_op *op)
{
	op->x.ipp = hf_buf_view(&op->msg);
	op->x.done = op_done;
	op->x.arg = op;
	op->x.keep = op->over != 0;
	TAILQ_INSERT_TAIL(&op->ops->waiting, op, link);
	dispatch(op->ops);
}

void
hf_op_start(struct hf_op *op, bool again)
{
	op->again = again;
	op->x.deadline_ms = ASK_MS;
	start(op);
}

void
hf_op_start_over(struct hf_op *op, uint64_t conn)
{
	op->over = conn;
	op->x.deadline_ms = ASK_MS;
	start(op);
}

void
hf_op_start_document(struct hf_op *op, struct hf_unsealer *doc, uint64_t conn)
{
	op->over = conn;
	op->x.doc = doc;
	op->x.doc_bytes = hf_unsealer_length(doc);
	start(op);
}

uint64_t
hf_op_document_sent(const struct hf_op *op)
{
	return op->x.doc_sent;
}

enum hf_sent
hf_op_sent(const struct hf_op *op)
{
	return op->x.sent;
}

void
hf_op_drop(struct hf_op *op)
{
	struct hf_ops *ops;

	if (op == NULL)
		return;
	ops = op->ops;
	if (op->conn != NULL)
		hf_conn_drop(op->conn);
	else
		TAILQ_REMOVE(&ops->waiting, op, link);
	hf_op_discard(op);
	dispatch(ops);
}
