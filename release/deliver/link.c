#include "release/deliver/link.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#define WAITING_MAX 4096	/* messages; 64 attempts make far fewer */
#define TURN 16			/* messages taken before others get their turn */

struct packet {
	STAILQ_ENTRY(packet) link;
	struct hf_buf bytes;
};

struct hf_link {
	int fd;
	struct hf_link_fn fn;
	struct event *readable, *writable;
	STAILQ_HEAD(, packet) waiting;
	size_t n_waiting;
	uint32_t seq;
	uint8_t buf[HF_MSG_MAX];
};

static void
gone(struct hf_link *l, const struct hf_err *why)
{
	event_del(l->readable);
	event_del(l->writable);
	l->fn.gone(l->fn.arg, why);
}

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	struct hf_link *l = arg;
	struct hf_msg m;
	struct hf_err e;
	int rc, i;

	(void)what;
	for (i = 0; i < TURN; i++) {
		rc = hf_msg_recv(fd, l->buf, true, &m, &e);
		if (rc == -1 && e.code == HF_EAGAIN)
			return;
		if (rc == 0)
			hf_fail(&e, HF_EPEER, "the queue role is gone");
		if (rc != 1) {
			gone(l, &e);
			return;
		}
		l->fn.message(l->fn.arg, &m);
	}
}

static void
write_cb(evutil_socket_t fd, short what, void *arg)
{
	struct hf_link *l = arg;
	struct packet *p;
	struct hf_err e;

	(void)what;
	while ((p = STAILQ_FIRST(&l->waiting)) != NULL) {
		if (hf_msg_send(fd, &p->bytes, -1, &e) == -1) {
			if (e.code == HF_EAGAIN)
				event_add(l->writable, NULL);
			else
				gone(l, &e);
			return;
		}
		STAILQ_REMOVE_HEAD(&l->waiting, link);
		l->n_waiting--;
		hf_buf_clear(&p->bytes);
		free(p);
	}
}

struct hf_link *
hf_link_new(struct event_base *base, int fd, const struct hf_link_fn *fn,
    struct hf_err *e)
{
	struct hf_link *l = calloc(1, sizeof *l);

	if (l == NULL)
		goto fail;
	l->fd = fd;
	l->fn = *fn;
	STAILQ_INIT(&l->waiting);
	l->readable = event_new(base, fd, EV_READ | EV_PERSIST, read_cb, l);
	l->writable = event_new(base, fd, EV_WRITE, write_cb, l);
	if (l->readable == NULL || l->writable == NULL ||
	    evutil_make_socket_nonblocking(fd) == -1 ||
	    event_add(l->readable, NULL) == -1)
		goto fail;
	return l;
fail:
	hf_link_free(l);
	hf_fail(e, HF_ENOMEM, "out of memory");
	return NULL;
}

void
hf_link_free(struct hf_link *l)
{
	struct packet *p;

	if (l == NULL)
		return;
	while ((p = STAILQ_FIRST(&l->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&l->waiting, link);
		hf_buf_clear(&p->bytes);
		free(p);
	}
	if (l->readable != NULL)
		event_free(l->readable);
	if (l->writable != NULL)
		event_free(l->writable);
	close(l->fd);
	free(l);
}

static int
keep(struct hf_link *l, const struct hf_buf *b, struct hf_err *e)
{
	struct packet *p = l->n_waiting < WAITING_MAX ? calloc(1, sizeof *p)
	                                              : NULL;

	if (p == NULL)
		return hf_fail(e, HF_ENOMEM, "the queue role does not listen");
	hf_buf_init(&p->bytes, b->max);
	if (hf_put_bytes(&p->bytes, b->p, b->n, e) == -1) {
		free(p);
		return -1;
	}
	STAILQ_INSERT_TAIL(&l->waiting, p, link);
	l->n_waiting++;
	event_add(l->writable, NULL);
	return 0;
}

int
hf_link_send(struct hf_link *l, const struct hf_buf *b, bool droppable,
    struct hf_err *e)
{
	if (STAILQ_EMPTY(&l->waiting)) {
		if (hf_msg_send(l->fd, b, -1, e) == 0)
			return 0;
		if (e->code != HF_EAGAIN)
			return -1;
	}
	return droppable ? 0 : keep(l, b, e);
}

uint32_t
hf_link_seq(struct hf_link *l)
{
	return ++l->seq;
}

bool
hf_link_is_empty(const struct hf_link *l)
{
	return STAILQ_EMPTY(&l->waiting);
}
