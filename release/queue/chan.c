#include "release/queue/chan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BURST 32		/* messages before others get their turn */
#define QUEUED_MAX (4u << 20)	/* bytes, headers of our own included */

struct out {
	TAILQ_ENTRY(out) link;
	struct hf_buf b;
	int fd;
};

struct hf_chan {
	struct hf_loop *loop;
	int fd;
	bool fd_ok;
	bool busy;		/* a callback of ours is running */
	bool dead;		/* freed within it */
	bool full;		/* the peer does not read */
	struct event *readable;
	struct event *writable;
	TAILQ_HEAD(, out) queue;
	size_t queued;
	const struct hf_chan_ops *ops;
	void *arg;
};

static void
free_out(struct hf_chan *c, struct out *o)
{
	TAILQ_REMOVE(&c->queue, o, link);
	c->queued -= o->b.n + sizeof *o;
	if (o->fd != -1)
		close(o->fd);
	hf_buf_clear(&o->b);
	free(o);
}

static void
destroy(struct hf_chan *c)
{
	while (!TAILQ_EMPTY(&c->queue))
		free_out(c, TAILQ_FIRST(&c->queue));
	if (c->readable != NULL)
		event_free(c->readable);
	if (c->writable != NULL)
		event_free(c->writable);
	close(c->fd);
	free(c);
}

void
hf_chan_free(struct hf_chan *c)
{
	if (c == NULL)
		return;
	if (c->busy)
		c->dead = true;
	else
		destroy(c);
}

/* The end: `closed` frees the channel. */
static void
tell_closed(struct hf_chan *c, const struct hf_err *why)
{
	event_del(c->readable);
	event_del(c->writable);
	c->ops->closed(c->arg, why);
}

static void
read_burst(struct hf_chan *c)
{
	struct hf_err e;
	struct hf_msg m;
	int i, k;

	for (i = 0; i < READ_BURST && !c->dead; i++) {
		k = hf_msg_recv(c->fd, c->loop->recv, c->fd_ok, &m, &e);
		if (k == -1 && e.code == HF_EAGAIN)
			return;
		if (k == 0) {
			tell_closed(c, NULL);
			return;
		}
		if (k == 1) {
			k = c->ops->message(c->arg, &m, &e);
			if (m.fd != -1)
				close(m.fd);
		}
		if (k == -1 && !c->dead) {
			tell_closed(c, &e);
			return;
		}
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct hf_chan *c = arg;
	struct hf_err e;

	(void)fd;
	(void)what;
	c->busy = true;
	if (c->full) {
		hf_fail(&e, HF_EFULL, "does not read its messages");
		tell_closed(c, &e);
	} else {
		read_burst(c);
	}
	c->busy = false;
	if (c->dead)
		destroy(c);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct hf_chan *c = arg;
	struct out *o;
	struct hf_err e;

	(void)fd;
	(void)what;
	while ((o = TAILQ_FIRST(&c->queue)) != NULL) {
		if (hf_msg_send(c->fd, &o->b, o->fd, &e) == -1) {
			if (e.code == HF_EAGAIN) {
				(void)event_add(c->writable, NULL);
				return;
			}
			/* The reading side finds the end of file. */
			(void)shutdown(c->fd, SHUT_RDWR);
			return;
		}
		free_out(c, o);
	}
}

struct hf_chan *
hf_chan_new(struct hf_loop *loop, int fd, bool fd_ok,
    const struct hf_chan_ops *ops, void *arg, struct hf_err *e)
{
	struct hf_chan *c = calloc(1, sizeof *c);
	int flags = fcntl(fd, F_GETFL);

	if (c == NULL || flags == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		goto fail;
	TAILQ_INIT(&c->queue);
	c->loop = loop;
	c->fd_ok = fd_ok;
	c->ops = ops;
	c->arg = arg;
	c->fd = fd;
	c->readable = event_new(loop->base, fd, EV_READ | EV_PERSIST,
	    on_readable, c);
	c->writable = event_new(loop->base, fd, EV_WRITE, on_writable, c);
	if (c->readable == NULL || c->writable == NULL ||
	    event_add(c->readable, NULL) == -1)
		goto fail;
	return c;
fail:
	if (c != NULL) {
		if (c->readable != NULL)
			event_free(c->readable);
		if (c->writable != NULL)
			event_free(c->writable);
		free(c);
	}
	hf_fail(e, HF_ENOMEM, "cannot watch a socket");
	return NULL;
}

static int
enqueue(struct hf_chan *c, const struct hf_buf *b, int fd, struct hf_err *e)
{
	struct out *o = calloc(1, sizeof *o);

	if (o == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	o->fd = -1;
	hf_buf_init(&o->b, HF_MSG_MAX);
	if (hf_put_bytes(&o->b, b->p, b->n, e) == -1)
		goto fail;
	if (fd != -1) {
		o->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (o->fd == -1) {
			hf_fail_sys(e, "duplicate a descriptor");
			goto fail;
		}
	}
	TAILQ_INSERT_TAIL(&c->queue, o, link);
	c->queued += b->n + sizeof *o;
	(void)event_add(c->writable, NULL);
	return 0;
fail:
	hf_buf_clear(&o->b);
	free(o);
	return -1;
}

int
hf_chan_send(struct hf_chan *c, const struct hf_buf *b, int fd,
    struct hf_err *e)
{
	struct hf_err why;

	if (c->dead || c->full)
		return hf_fail(e, HF_EPEER, "the channel is closed");
	if (TAILQ_EMPTY(&c->queue)) {
		if (hf_msg_send(c->fd, b, fd, &why) == 0)
			return 0;
		if (why.code != HF_EAGAIN) {
			(void)shutdown(c->fd, SHUT_RDWR);
			return hf_fail(e, why.code, "%s", why.text);
		}
	}
	if (c->queued + b->n > QUEUED_MAX) {
		c->full = true;
		event_active(c->readable, EV_READ, 0);
		return hf_fail(e, HF_EFULL, "the other side does not read");
	}
	return enqueue(c, b, fd, e);
}

bool
hf_chan_is_flushed(const struct hf_chan *c)
{
	return TAILQ_EMPTY(&c->queue);
}
