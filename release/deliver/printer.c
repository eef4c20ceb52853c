#include "release/deliver/printer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"

#define REQUEST_MAX (48 * 1024)
#define ASK_MS 15000		/* a small request, from its first byte */
#define WORDS_MS 10000		/* what it said is worth repeating */
#define SECOND_AFTER_MS 150	/* the first connection is taken that long */

struct hf_op {
	TAILQ_ENTRY(hf_op) link;
	struct hf_printer *p;
	struct hf_conn *conn;	/* that carries it, NULL while it waits */
	struct hf_buf msg;
	struct hf_exchange x;
	uint32_t id;		/* request-id */
	bool again;
	uint64_t over;		/* only over this connection, 0 any */
	hf_op_fn *fn;
	void *arg;
	hf_op_fn *then;		/* of a look: the asker's own */
};

TAILQ_HEAD(hf_op_list, hf_op);

struct hf_printer {
	struct event_base *base;
	bool set;
	struct hf_printer_row row;
	struct hf_uri uri;
	struct hf_err bad;	/* why the row cannot be used; code 0: it can */
	struct hf_peer peer;
	struct hf_conn *conns[2];
	uint64_t busy_since;	/* of the first connection */
	struct event *timer;
	struct hf_op_list waiting;
	uint32_t last_id;
	struct hf_state state;
	struct hf_buf attrs;
	uint64_t seen_ms;	/* 0: never */
	enum hf_counter counter;
};

static void dispatch(struct hf_printer *p);
static void refuse(struct hf_printer *p);

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct hf_printer *p = arg;

	(void)fd;
	(void)what;
	refuse(p);
	dispatch(p);
}

static uint64_t
over(const struct hf_printer *p, int i)
{
	unsigned serial = hf_conn_serial(p->conns[i]);

	return serial == 0 ? 0 : (uint64_t)serial << 1 | (unsigned)i;
}

struct hf_printer *
hf_printer_new(struct event_base *base, SSL_CTX *tls, struct hf_err *e)
{
	struct hf_printer *p = calloc(1, sizeof *p);
	size_t i;

	if (p == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	p->base = base;
	TAILQ_INIT(&p->waiting);
	hf_buf_init(&p->attrs, 128 * 1024);
	p->peer.uri = &p->uri;
	p->peer.name = p->row.name;
	p->peer.pin = p->row.pin;
	p->timer = evtimer_new(base, timer_cb, p);
	for (i = 0; i < 2; i++)
		p->conns[i] = hf_conn_new(base, tls, &p->peer, e);
	if (p->timer == NULL || p->conns[0] == NULL || p->conns[1] == NULL) {
		hf_printer_free(p);
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	return p;
}

static void
op_free(struct hf_op *op)
{
	hf_buf_clear(&op->msg);
	free(op);
}

void
hf_printer_free(struct hf_printer *p)
{
	struct hf_op *op;

	if (p == NULL)
		return;
	while ((op = TAILQ_FIRST(&p->waiting)) != NULL) {
		TAILQ_REMOVE(&p->waiting, op, link);
		op_free(op);
	}
	hf_conn_free(p->conns[0]);
	hf_conn_free(p->conns[1]);
	if (p->timer != NULL)
		event_free(p->timer);
	hf_buf_clear(&p->attrs);
	free(p);
}

static void
check_row(struct hf_printer *p)
{
	memset(&p->bad, 0, sizeof p->bad);
	if (hf_uri_parse(p->row.uri, &p->uri, &p->bad) == -1)
		return;
	if (!p->uri.tls && !p->row.plain_allowed)
		hf_fail(&p->bad, HF_ECONFIG, "printer %s has no ipps address "
		    "and plain ipp is not allowed for it", p->row.name);
}

void
hf_printer_set(struct hf_printer *p, const struct hf_printer_row *row)
{
	bool same = p->set && strcmp(p->row.uri, row->uri) == 0 &&
	    strcmp(p->row.pin, row->pin) == 0;
	size_t i;

	p->row = *row;
	p->set = true;
	if (!same) {
		p->seen_ms = 0;
		p->counter = HF_COUNTER_UNKNOWN;
		hf_buf_reset(&p->attrs);
		for (i = 0; i < 2; i++)
			hf_conn_forget(p->conns[i]);
	}
	check_row(p);
}

bool
hf_printer_is_set(const struct hf_printer *p)
{
	return p->set;
}

const struct hf_printer_row *
hf_printer_row(const struct hf_printer *p)
{
	return &p->row;
}

/* --------------------------------------------------------- requests ----- */

struct hf_op *
hf_op_new(struct hf_printer *p, hf_op_fn *fn, void *arg, struct hf_err *e)
{
	struct hf_op *op = calloc(1, sizeof *op);

	if (op == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	op->p = p;
	op->fn = fn;
	op->arg = arg;
	if (++p->last_id > INT32_MAX)
		p->last_id = 1;
	op->id = p->last_id;
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
	struct hf_request r = { .uri = op->p->row.uri, .id = op->id };

	return r;
}

/* Give the op's owner what there is, then let the next one go. */
static void
op_end(struct hf_op *op, const struct hf_result *r)
{
	struct hf_printer *p = op->p;

	op->fn(op->then != NULL ? (void *)op : op->arg, r);
	op_free(op);
	dispatch(p);
}

static void
op_done(void *arg, const struct hf_reply *reply)
{
	struct hf_op *op = arg;
	struct hf_result r;

	if (reply->rc == -1 && reply->stale && op->again) {
		op->again = false;
		op->conn = NULL;
		TAILQ_INSERT_HEAD(&op->p->waiting, op, link);
		dispatch(op->p);
		return;
	}
	memset(&r, 0, sizeof r);
	r.rc = reply->rc;
	r.err = reply->err;
	r.sent = reply->sent;
	if (r.rc == 0) {
		r.over = over(op->p, op->conn == op->p->conns[1]);
		r.body = reply->body;
		r.rc = hf_ipp_result_get(r.body, op->id, &r.ipp, &r.err);
		if (r.rc == -1) {
			hf_wrap(&r.err, "printer %s gives a bad answer",
			    op->p->row.name);
			hf_conn_drop(op->conn);
		}
	}
	op_end(op, &r);
}

/* The connection that may carry op now, or NULL. */
static struct hf_conn *
pick(struct hf_printer *p, const struct hf_op *op)
{
	if (op->over != 0)
		return hf_conn_is_busy(p->conns[op->over & 1]) ? NULL
		    : p->conns[op->over & 1];
	if (!hf_conn_is_busy(p->conns[0]))
		return p->conns[0];
	if (op->x.doc != NULL || hf_conn_is_busy(p->conns[1]) ||
	    hf_now_ms() - p->busy_since < SECOND_AFTER_MS)
		return NULL;
	return p->conns[1];
}

/* Nothing can carry it: it is answered from the loop, by refuse. */
static bool
is_hopeless(const struct hf_printer *p, const struct hf_op *op)
{
	return p->bad.code != HF_OK ||
	    (op->over != 0 && op->over != over(p, op->over & 1));
}

static void
dispatch(struct hf_printer *p)
{
	struct timeval soon = { 0, SECOND_AFTER_MS * 1000 / 3 };
	struct hf_op *op, *next;

	for (op = TAILQ_FIRST(&p->waiting); op != NULL; op = next) {
		next = TAILQ_NEXT(op, link);
		if (is_hopeless(p, op)) {
			soon.tv_usec = 0;
			continue;
		}
		op->conn = pick(p, op);
		if (op->conn == NULL)
			continue;
		TAILQ_REMOVE(&p->waiting, op, link);
		if (op->conn == p->conns[0])
			p->busy_since = hf_now_ms();
		hf_conn_ask(op->conn, &op->x);
	}
	if (!TAILQ_EMPTY(&p->waiting))
		event_add(p->timer, &soon);
}

/* The first op up to `last` that waits in vain. */
static struct hf_op *
first_hopeless(struct hf_printer *p, uint32_t last)
{
	struct hf_op *op;

	TAILQ_FOREACH(op, &p->waiting, link)
		if (op->id <= last && is_hopeless(p, op))
			return op;
	return NULL;
}

/*
 * Answer what waits in vain: because of the row, or for a connection that is
 * gone.  What the answered ask for meanwhile has a higher id.
 */
static void
refuse(struct hf_printer *p)
{
	uint32_t last = p->last_id;
	struct hf_result r;
	struct hf_op *op;

	memset(&r, 0, sizeof r);
	r.rc = -1;
	r.err = p->bad;
	if (p->bad.code == HF_OK)
		hf_fail(&r.err, HF_EPEER,
		    "printer %s broke the connection off", p->row.name);
	while ((op = first_hopeless(p, last)) != NULL) {
		TAILQ_REMOVE(&p->waiting, op, link);
		op_end(op, &r);
	}
}

static void
start(struct hf_op *op)
{
	struct hf_printer *p = op->p;

	op->x.ipp = hf_buf_view(&op->msg);
	op->x.done = op_done;
	op->x.arg = op;
	op->x.keep = op->over != 0;
	TAILQ_INSERT_TAIL(&p->waiting, op, link);
	dispatch(p);
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
	struct hf_printer *p;

	if (op == NULL)
		return;
	p = op->p;
	if (op->conn != NULL)
		hf_conn_drop(op->conn);
	else
		TAILQ_REMOVE(&p->waiting, op, link);
	op_free(op);
	dispatch(p);
}

void
hf_op_discard(struct hf_op *op)
{
	op_free(op);
}

/* ---------------------------------------------- what the printer is ----- */

static int
take_look(struct hf_printer *p, struct hf_result *r)
{
	struct hf_state s;

	if (!hf_ipp_is_ok(&r->ipp))
		return hf_fail(&r->err, HF_EPEER, "printer %s tells nothing "
		    "about itself (IPP status %04x)", p->row.name,
		    r->ipp.status);
	if (hf_state_get(r->body, &s, &r->err) == -1)
		return hf_wrap(&r->err, "printer %s gives a bad answer",
		    p->row.name);
	hf_buf_reset(&p->attrs);
	if (hf_put_bytes(&p->attrs, r->body.p, r->body.n, &r->err) == -1)
		return -1;
	p->state = s;
	p->seen_ms = hf_now_ms();
	return 0;
}

static void
look_done(void *arg, const struct hf_result *r)
{
	struct hf_op *op = arg;
	struct hf_result mine = *r;

	if (mine.rc == 0)
		mine.rc = take_look(op->p, &mine);
	op->then(op->arg, &mine);
}

struct hf_op *
hf_printer_look(struct hf_printer *p, hf_op_fn *fn, void *arg,
    struct hf_err *e)
{
	struct hf_op *op = hf_op_new(p, look_done, arg, e);
	struct hf_request r;

	if (op == NULL)
		return NULL;
	op->then = fn;
	r = hf_op_request(op);
	if (hf_request_printer(&op->msg, &r, e) == -1) {
		op_free(op);
		return NULL;
	}
	hf_op_start(op, true);
	return op;
}

uint64_t
hf_printer_age_ms(const struct hf_printer *p)
{
	return p->seen_ms == 0 ? UINT64_MAX : hf_now_ms() - p->seen_ms;
}

const struct hf_state *
hf_printer_state(const struct hf_printer *p)
{
	return &p->state;
}

struct hf_view
hf_printer_attrs(const struct hf_printer *p)
{
	return hf_buf_view(&p->attrs);
}

bool
hf_printer_is_ready(const struct hf_printer *p, char *text, size_t size)
{
	return hf_state_is_ready(&p->state, p->row.name, p->row.uuid, text,
	    size);
}

bool
hf_printer_words(const struct hf_printer *p, char *text, size_t size)
{
	return hf_printer_age_ms(p) < WORDS_MS &&
	    hf_state_words(&p->state, p->row.name, p->row.uuid, text, size);
}

bool
hf_printer_is_expired(const struct hf_printer *p)
{
	return hf_conn_is_expired(p->conns[0]);
}

enum hf_counter *
hf_printer_counter(struct hf_printer *p)
{
	return &p->counter;
}
