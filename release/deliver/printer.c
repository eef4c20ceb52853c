#include "release/deliver/printer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"

#define ATTRS_MAX (128 * 1024)
#define WORDS_MS 10000		/* what it said is worth repeating */

struct hf_printer {
	bool set;
	struct hf_printer_row row;
	struct hf_uri uri;
	struct hf_peer peer;
	struct hf_ops *ops;
	struct hf_state state;
	struct hf_buf attrs;
	uint64_t seen_ms;	/* 0: never */
	enum hf_counter counter;
};

struct hf_printer *
hf_printer_new(struct event_base *base, SSL_CTX *tls, struct hf_err *e)
{
	struct hf_printer *p = calloc(1, sizeof *p);

	if (p == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	hf_buf_init(&p->attrs, ATTRS_MAX);
	p->peer.uri = &p->uri;
	p->peer.name = p->row.name;
	p->peer.pin = p->row.pin;
	p->ops = hf_ops_new(base, tls, &p->peer, p->row.uri, e);
	if (p->ops == NULL) {
		hf_printer_free(p);
		return NULL;
	}
	return p;
}

void
hf_printer_free(struct hf_printer *p)
{
	if (p == NULL)
		return;
	hf_ops_free(p->ops);
	hf_buf_clear(&p->attrs);
	free(p);
}

static int
check_row(struct hf_printer *p, struct hf_err *e)
{
	if (hf_uri_parse(p->row.uri, &p->uri, e) == -1)
		return -1;
	if (!p->uri.tls && !p->row.plain_allowed)
		return hf_fail(e, HF_ECONFIG, "printer %s has no ipps address "
		    "and plain ipp is not allowed for it", p->row.name);
	return 0;
}

void
hf_printer_set(struct hf_printer *p, const struct hf_printer_row *row)
{
	bool same = p->set && strcmp(p->row.uri, row->uri) == 0 &&
	    strcmp(p->row.pin, row->pin) == 0;
	struct hf_err e;

	p->row = *row;
	p->set = true;
	if (!same) {
		p->seen_ms = 0;
		p->counter = HF_COUNTER_UNKNOWN;
		hf_buf_reset(&p->attrs);
		hf_ops_forget(p->ops);
	}
	hf_ops_refuse(p->ops, check_row(p, &e) == -1 ? &e : NULL);
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

struct hf_ops *
hf_printer_ops(struct hf_printer *p)
{
	return p->ops;
}

static int
take_look(void *arg, struct hf_result *r)
{
	struct hf_printer *p = arg;
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

struct hf_op *
hf_printer_look(struct hf_printer *p, hf_op_fn *fn, void *arg,
    struct hf_err *e)
{
	struct hf_op *op = hf_op_new(p->ops, fn, arg, e);
	struct hf_request r;

	if (op == NULL)
		return NULL;
	hf_op_hook(op, take_look, p);
	r = hf_op_request(op);
	if (hf_request_printer(hf_op_buf(op), &r, e) == -1) {
		hf_op_discard(op);
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
	return hf_ops_saw_expired(p->ops);
}

enum hf_counter *
hf_printer_counter(struct hf_printer *p)
{
	return &p->counter;
}
