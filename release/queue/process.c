#include "release/queue/printer_in.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

#define STARTING_MS 20000	/* it lived that long: its start was good */
#define AGAIN_FIRST_MS 300
#define AGAIN_MOST_MS 30000

int
hf_printer_send(struct hf_printer *p, const struct hf_buf *b, int fd,
    struct hf_err *e)
{
	if (p->chan == NULL)
		return hf_fail(e, HF_EPEER, "the printer's process is not "
		    "running");
	return hf_chan_send(p->chan, b, fd, e);
}

static void
start_again_later(struct hf_printer *p)
{
	int ms = AGAIN_FIRST_MS;
	unsigned i;
	struct timeval tv;

	for (i = 0; i < p->deaths && ms < AGAIN_MOST_MS; i++)
		ms *= 2;
	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	(void)event_add(p->again, &tv);
}

void
hf_printer_gone(struct hf_printer *p, const struct hf_err *why)
{
	hf_chan_free(p->chan);
	p->chan = NULL;
	if (p->state >= HF_P_STARTED &&
	    hf_now_ms() - p->started_ms > STARTING_MS)
		p->deaths = 0;
	else
		p->deaths++;
	p->state = HF_P_OFF;
	hf_printer_answer_all(p, why);
	p->owner->ops->gone(p->owner->arg, p, why);
	/* What it had under way is asked after by a new one. */
	if (p->n_attempts > 0 && !p->owner->stopping)
		start_again_later(p);
}

void
hf_printer_let_go(struct hf_printer *p)
{
	struct hf_err e;

	hf_fail(&e, HF_EPEER, "the printer's process does not answer");
	hf_log_err(HF_WARN, &e, "printer %s pid=%ld", p->name, (long)p->pid);
	hf_printer_gone(p, &e);
}

static int
on_hello(struct hf_printer *p, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_view v = m->body;

	if (p->state != HF_P_STARTED)
		return hf_fail(e, HF_EINPUT, "HELLO twice");
	if (hf_get_bytes(&v, p->pk, sizeof p->pk, e) == -1 ||
	    hf_get_end(&v, e) == -1)
		return -1;
	p->state = HF_P_READY;
	p->owner->ops->hello(p->owner->arg, p);
	return 0;
}

static int
on_deliver_message(void *arg, struct hf_msg *m, struct hf_err *e)
{
	struct hf_printer *p = arg;

	p->used_ms = hf_now_ms();
	p->quiet = 0;
	switch (m->type) {
	case HF_MSG_HELLO:
		return on_hello(p, m, e);
	case HF_MSG_STATE:
		return hf_printer_state(p, m, e);
	default:
		return p->owner->ops->message(p->owner->arg, p, m, e);
	}
}

static void
on_deliver_closed(void *arg, const struct hf_err *why)
{
	struct hf_printer *p = arg;
	struct hf_err gone;

	hf_fail(&gone, HF_EPEER, "the printer's process ended");
	if (why != NULL)
		hf_log_err(HF_WARN, why, "printer %s: process let go pid=%ld",
		    p->name, (long)p->pid);
	else if (p->n_attempts > 0)
		hf_log(HF_WARN, "printer %s: process ended pid=%ld attempts=%zu",
		    p->name, (long)p->pid, p->n_attempts);
	hf_printer_gone(p, why != NULL ? why : &gone);
}

/* The parent has started it: first its row, then what is waiting. */
static int
started(struct hf_printer *p, int fd, pid_t pid, struct hf_err *e)
{
	static const struct hf_chan_ops ops = { on_deliver_message,
		on_deliver_closed };
	struct hf_probe *q;

	p->chan = hf_chan_new(p->owner->loop, fd, false, &ops, p, e);
	if (p->chan == NULL)
		return -1;
	p->state = HF_P_STARTED;
	p->pid = pid;
	p->started_ms = p->used_ms = hf_now_ms();
	p->quiet = 0;
	if (hf_printer_tell_row(p, e) == -1)
		return 0;	/* its end is told by the loop */
	TAILQ_FOREACH(q, &p->probes, link)
		if (hf_printer_send_probe(p, q, e) == -1)
			break;
	return 0;
}

static int
ask_parent(struct hf_printer *p, struct hf_err *e)
{
	struct hf_printers *ps = p->owner;

	p->spawn_seq = ++ps->seq;
	if (hf_msg_begin(&ps->out, HF_MSG_SPAWN, p->spawn_seq, e) == -1 ||
	    hf_put_bytes(&ps->out, p->id.b, sizeof p->id.b, e) == -1)
		return -1;
	return hf_chan_send(ps->parent, &ps->out, -1, e);
}

void
hf_printer_warm(struct hf_printer *p)
{
	struct hf_err e;

	p->used_ms = hf_now_ms();
	if (p->state != HF_P_OFF || event_pending(p->again, EV_TIMEOUT, NULL))
		return;
	p->state = HF_P_ASKED;
	if (p->owner->stopping) {
		hf_fail(&e, HF_EAGAIN, "the release service is ending");
		hf_printer_gone(p, &e);
	} else if (ask_parent(p, &e) == -1) {
		hf_printer_gone(p, &e);
	}
}

void
hf_printer_on_again(evutil_socket_t fd, short what, void *arg)
{
	struct hf_printer *p = arg;

	(void)fd;
	(void)what;
	if (!TAILQ_EMPTY(&p->probes) || p->n_attempts > 0)
		hf_printer_warm(p);
}

/* ---- the parent ---- */

static int
spawn_failed(struct hf_printer *p, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_err why;

	(void)hf_msg_to_err(m, &why);
	if (why.code == HF_ECONFLICT) {
		/* The old one is on its way out: whoever waits, waits. */
		p->state = HF_P_OFF;
		start_again_later(p);
		return 0;
	}
	hf_log_err(HF_ERROR, &why, "printer %s: no process", p->name);
	hf_fail(e, why.code, "%s", why.text);
	hf_printer_gone(p, &why);
	return 0;
}

static int
on_parent_message(void *arg, struct hf_msg *m, struct hf_err *e)
{
	struct hf_printers *ps = arg;
	struct hf_view v = m->body;
	struct hf_printer *p;
	struct hf_id id;
	uint32_t pid;
	int fd;

	TAILQ_FOREACH(p, &ps->list, link)
		if (p->state == HF_P_ASKED && p->spawn_seq == m->seq)
			break;
	if (p == NULL)
		return hf_fail(e, HF_EPEER, "an answer nobody asked for");
	if (m->type == HF_MSG_ERROR)
		return spawn_failed(p, m, e);
	if (m->type != (HF_MSG_SPAWN | HF_MSG_REPLY) || m->fd == -1 ||
	    hf_get_bytes(&v, id.b, sizeof id.b, e) == -1 ||
	    hf_get_u32(&v, &pid, e) == -1 || hf_get_end(&v, e) == -1 ||
	    !hf_id_equal(&id, &p->id))
		return hf_fail(e, HF_EPEER, "malformed answer of the parent");
	fd = m->fd;
	m->fd = -1;
	if (started(p, fd, (pid_t)pid, e) == -1) {
		m->fd = fd;
		hf_printer_gone(p, e);
	}
	return 0;
}

static void
on_parent_closed(void *arg, const struct hf_err *why)
{
	struct hf_printers *ps = arg;
	struct hf_err gone;

	hf_fail(&gone, HF_EPEER, "the parent is gone");
	ps->lost(ps->lost_arg, why != NULL ? why : &gone);
}

const struct hf_chan_ops hf_printers_parent_ops = { on_parent_message,
	on_parent_closed };
