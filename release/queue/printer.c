#include "release/queue/printer_in.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

#define IDLE_MS (15 * 60 * 1000)
#define HELLO_MS 10000		/* from its start to its HELLO */
#define STATE_MS 90000		/* from PROBE to STATE */

static const struct hf_stmt find_row = { "printer_for_release",
	"SELECT name, uri, spki_pin, printer_uuid, plain_allowed, disabled "
	"FROM printer_for_release($1::uuid)",
	1 };

/* ---- rows ---- */

static int
load(struct hf_printers *ps, struct hf_printer *p, struct hf_err *e)
{
	char text[HF_ID_TEXT];
	const char *params[] = { text };
	PGresult *r;
	int rc = -1;

	hf_id_text(&p->id, text);
	if (hf_store_run(ps->store, &find_row, params, &r, e) == -1)
		return -1;
	if (PQntuples(r) != 1)
		hf_fail(e, HF_ENOTFOUND, "no such printer");
	else if (!hf_str_copy(p->name, sizeof p->name, hf_db_text(r, 0, 0)) ||
	    !hf_str_copy(p->uri, sizeof p->uri, hf_db_text(r, 0, 1)) ||
	    !hf_str_copy(p->pin, sizeof p->pin, hf_db_text(r, 0, 2)) ||
	    !hf_str_copy(p->printer_uuid, sizeof p->printer_uuid,
		hf_db_text(r, 0, 3)))
		hf_fail(e, HF_EINPUT, "printer %s: a column is too long", text);
	else
		rc = 0;
	if (rc == 0) {
		p->plain_allowed = hf_db_bool(r, 0, 4);
		p->disabled = hf_db_bool(r, 0, 5);
		p->stale = false;
	}
	PQclear(r);
	return rc;
}

static struct hf_printer *
find(struct hf_printers *ps, const struct hf_id *id)
{
	struct hf_printer *p;

	TAILQ_FOREACH(p, &ps->list, link)
		if (hf_id_equal(&p->id, id))
			return p;
	return NULL;
}

int
hf_printer_tell_row(struct hf_printer *p, struct hf_err *e)
{
	struct hf_buf *b = &p->owner->out;

	if (hf_msg_begin(b, HF_MSG_PRINTER, 0, e) == -1 ||
	    hf_put_bytes(b, p->id.b, sizeof p->id.b, e) == -1 ||
	    hf_put_str(b, p->name, e) == -1 ||
	    hf_put_str(b, p->uri, e) == -1 || hf_put_str(b, p->pin, e) == -1 ||
	    hf_put_str(b, p->printer_uuid, e) == -1 ||
	    hf_put_u8(b, p->plain_allowed, e) == -1)
		return -1;
	return hf_printer_send(p, b, -1, e);
}

/* ---- questions ---- */

static void
answer(struct hf_printer *p, struct hf_probe *q, const struct hf_m_state *st,
    const struct hf_err *err)
{
	TAILQ_REMOVE(&p->probes, q, link);
	if (q->fn != NULL)
		q->fn(q->arg, st, err);
	free(q);
}

void
hf_printer_answer_all(struct hf_printer *p, const struct hf_err *err)
{
	while (!TAILQ_EMPTY(&p->probes))
		answer(p, TAILQ_FIRST(&p->probes), NULL, err);
}

int
hf_printer_send_probe(struct hf_printer *p, struct hf_probe *q, struct hf_err *e)
{
	struct hf_buf *b = &p->owner->out;

	if (hf_msg_begin(b, HF_MSG_PROBE, q->seq, e) == -1 ||
	    hf_printer_send(p, b, -1, e) == -1)
		return -1;
	q->sent = true;
	return 0;
}

int
hf_printer_state(struct hf_printer *p, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_m_state st;
	struct hf_probe *q;

	if (hf_state_get(m->body, &st, e) == -1)
		return -1;
	TAILQ_FOREACH(q, &p->probes, link)
		if (q->seq == m->seq && q->sent)
			break;
	if (q == NULL)
		return hf_fail(e, HF_EINPUT, "STATE that nobody asked for");
	answer(p, q, &st, NULL);
	return 0;
}

int
hf_printer_probe(struct hf_printer *p, hf_probe_fn *fn, void *arg,
    struct hf_err *e)
{
	struct hf_probe *q = calloc(1, sizeof *q);

	if (q == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	q->seq = ++p->probe_seq;
	q->asked_ms = hf_now_ms();
	q->fn = fn;
	q->arg = arg;
	TAILQ_INSERT_TAIL(&p->probes, q, link);
	if (p->state < HF_P_STARTED) {
		hf_printer_warm(p);
		return 0;
	}
	p->used_ms = hf_now_ms();
	if (hf_printer_send_probe(p, q, e) == -1) {
		TAILQ_REMOVE(&p->probes, q, link);
		free(q);
		return -1;
	}
	return 0;
}

void
hf_printer_forget(struct hf_printer *p, const void *arg)
{
	struct hf_probe *q;

	TAILQ_FOREACH(q, &p->probes, link)
		if (q->arg == arg)
			q->fn = NULL;
}

/* ---- all of them ---- */

struct hf_printers *
hf_printers_new(struct hf_loop *loop, int parent, struct hf_store *store,
    const struct hf_printer_ops *ops, void *arg,
    void (*lost)(void *arg, const struct hf_err *why), void *lost_arg,
    struct hf_err *e)
{
	struct hf_printers *ps = calloc(1, sizeof *ps);

	if (ps == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	TAILQ_INIT(&ps->list);
	hf_buf_init(&ps->out, HF_MSG_MAX);
	ps->loop = loop;
	ps->store = store;
	ps->ops = ops;
	ps->arg = arg;
	ps->lost = lost;
	ps->lost_arg = lost_arg;
	ps->parent = hf_chan_new(loop, parent, true, &hf_printers_parent_ops, ps, e);
	if (ps->parent == NULL) {
		hf_printers_free(ps);
		return NULL;
	}
	return ps;
}

void
hf_printers_free(struct hf_printers *ps)
{
	struct hf_printer *p;
	struct hf_probe *q;

	if (ps == NULL)
		return;
	while ((p = TAILQ_FIRST(&ps->list)) != NULL) {
		TAILQ_REMOVE(&ps->list, p, link);
		while ((q = TAILQ_FIRST(&p->probes)) != NULL) {
			TAILQ_REMOVE(&p->probes, q, link);
			free(q);
		}
		hf_chan_free(p->chan);
		event_free(p->again);
		free(p);
	}
	hf_chan_free(ps->parent);
	hf_buf_clear(&ps->out);
	free(ps);
}

static struct hf_printer *
add(struct hf_printers *ps, const struct hf_id *id, struct hf_err *e)
{
	struct hf_printer *p = calloc(1, sizeof *p);

	if (p == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	p->owner = ps;
	p->id = *id;
	p->state = HF_P_OFF;
	TAILQ_INIT(&p->probes);
	TAILQ_INIT(&p->attempts);
	if (load(ps, p, e) == -1) {
		free(p);
		return NULL;
	}
	p->again = event_new(ps->loop->base, -1, 0, hf_printer_on_again, p);
	if (p->again == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		free(p);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&ps->list, p, link);
	return p;
}

struct hf_printer *
hf_printer_get(struct hf_printers *ps, const struct hf_id *id,
    struct hf_err *e)
{
	struct hf_printer *p = find(ps, id);

	if (p == NULL)
		return add(ps, id, e);
	if (p->stale && hf_store_is_up(ps->store)) {
		if (load(ps, p, e) == -1)
			return NULL;
		if (p->chan != NULL && hf_printer_tell_row(p, e) == -1)
			return NULL;
	}
	return p;
}

void
hf_printers_changed(struct hf_printers *ps, const struct hf_id *id)
{
	struct hf_printer *p;
	struct hf_err e;

	TAILQ_FOREACH(p, &ps->list, link) {
		if (id != NULL && !hf_id_equal(&p->id, id))
			continue;
		p->stale = true;
		if (p->chan != NULL &&
		    hf_printer_get(ps, &p->id, &e) == NULL)
			hf_log_err(HF_WARN, &e, "printer %s not read again",
			    p->name);
	}
}

static void
tell_stop(struct hf_printer *p)
{
	struct hf_err e;

	if (p->chan == NULL)
		return;
	if (hf_msg_begin(&p->owner->out, HF_MSG_STOP, 0, &e) == -1 ||
	    hf_printer_send(p, &p->owner->out, -1, &e) == -1)
		hf_log_err(HF_DEBUG, &e, "printer %s not stopped", p->name);
}

/* A process that should have said something by now. */
static bool
is_stuck(const struct hf_printer *p, int64_t now)
{
	const struct hf_probe *q = TAILQ_FIRST(&p->probes);

	if (p->state == HF_P_STARTED && now - p->started_ms > HELLO_MS)
		return true;
	return q != NULL && q->sent && now - q->asked_ms > STATE_MS;
}

void
hf_printers_watch(struct hf_printers *ps)
{
	int64_t now = hf_now_ms();
	struct hf_printer *p;

	TAILQ_FOREACH(p, &ps->list, link) {
		if (p->chan == NULL)
			continue;
		if (is_stuck(p, now)) {
			hf_printer_let_go(p);
		} else if (p->n_attempts == 0 && TAILQ_EMPTY(&p->probes) &&
		    now - p->used_ms > IDLE_MS) {
			tell_stop(p);
		}
	}
}

void
hf_printers_stop(struct hf_printers *ps)
{
	struct hf_printer *p;

	ps->stopping = true;
	TAILQ_FOREACH(p, &ps->list, link)
		tell_stop(p);
}

struct hf_printer *
hf_printers_first(struct hf_printers *ps)
{
	return TAILQ_FIRST(&ps->list);
}
