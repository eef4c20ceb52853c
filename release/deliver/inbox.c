#include "release/deliver/work_in.h"

#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

/* What the queue role says, and what it is answered at once. */

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
	struct hf_probe *probe = arg;

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
	for (i = 0; i < HF_PROBES_MAX; i++) {
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
	w->stop_ms = hf_now_ms();
	while ((a = hf_world_first(&w->work, HF_QUEUED)) != NULL)
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

void
hf_inbox_gone(void *arg, const struct hf_err *why)
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

void
hf_inbox_message(void *arg, const struct hf_msg *m)
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
		hf_inbox_gone(w, &e);
		return;
	}
	if (messages[i].fn(w, m, &e) == -1)
		hf_inbox_gone(w, &e);
}
