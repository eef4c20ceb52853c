#include "server/ask.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/log.h"

#define PAUSE_LEAST_MS 50
#define PAUSE_MOST_MS 1000
#define BATCH 64		/* replies taken in one turn of the loop */

/* A slot is free, or a question on its way. */
struct question {
	struct hf_ask *owner;
	uint32_t seq;		/* its low bits are the slot's index */
	uint8_t type;
	hf_ask_fn *fn;		/* NULL: the slot is free */
	void *arg;
	struct event timer;
	struct hf_buf unsent;	/* the message, while the socket is full */
	TAILQ_ENTRY(question) link; /* of the free or of the unsent */
};
TAILQ_HEAD(questions, question);

struct hf_ask {
	struct event_base *base;
	struct sockaddr_un path;
	int fd;			/* -1: away */
	struct event ev_read, ev_write, ev_retry;
	int pause_ms;
	bool said_away;		/* the log says each change once */
	struct hf_buf out;	/* the message being made */
	struct questions free, unsent;
	struct question slots[HF_ASK_PENDING_MAX];
	uint8_t in[HF_MSG_MAX];
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

static struct timeval
timeval_ms(int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	return tv;
}

/* End a question: its slot is free before the callback may ask again. */
static void
finish(struct question *q, const struct hf_msg *m, const struct hf_err *why)
{
	hf_ask_fn *fn = q->fn;

	evtimer_del(&q->timer);
	if (q->unsent.n > 0)
		TAILQ_REMOVE(&q->owner->unsent, q, link);
	hf_buf_clear(&q->unsent);
	q->fn = NULL;
	/* At the end of the list: a seq comes back as late as possible. */
	TAILQ_INSERT_TAIL(&q->owner->free, q, link);
	fn(q->arg, m, why);
}

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct hf_err why;

	(void)fd;
	(void)what;
	hf_fail(&why, HF_EAGAIN, "the release service did not answer in time");
	finish(arg, NULL, &why);
}

static void
retry_later(struct hf_ask *a)
{
	struct timeval tv = timeval_ms(a->pause_ms);

	a->pause_ms *= 2;
	if (a->pause_ms > PAUSE_MOST_MS)
		a->pause_ms = PAUSE_MOST_MS;
	evtimer_add(&a->ev_retry, &tv);
}

/*
 * The connection is gone: nobody will answer what is on its way.  The list
 * is walked by index, as callbacks may free and take slots; those taken now
 * fail at once, the connection being away already.
 */
static void
hang_up(struct hf_ask *a, const struct hf_err *why)
{
	size_t i;

	event_del(&a->ev_read);
	event_del(&a->ev_write);
	close(a->fd);
	a->fd = -1;
	for (i = 0; i < HF_ASK_PENDING_MAX; i++)
		if (a->slots[i].fn != NULL)
			finish(&a->slots[i], NULL, why);
}

static void
lost(struct hf_ask *a, const struct hf_err *why)
{
	struct hf_err e;

	hf_log(HF_WARN, "release service gone: %s", why->text);
	hf_fail(&e, HF_EAGAIN, "the release service is not running");
	a->said_away = true;
	hang_up(a, &e);
	retry_later(a);
}

static int
try_connect(struct hf_ask *a, struct hf_err *e)
{
	int fd;

	/* Not hf_msg_connect: a full backlog must not make the loop wait. */
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return hf_fail_sys(e, "socket");
	if (connect(fd, (struct sockaddr *)&a->path, sizeof a->path) == -1) {
		hf_fail_sys(e, "connect to %s", a->path.sun_path);
		close(fd);
		return -1;
	}
	a->fd = fd;
	event_assign(&a->ev_read, a->base, fd, EV_READ | EV_PERSIST,
	    on_readable, a);
	event_assign(&a->ev_write, a->base, fd, EV_WRITE | EV_PERSIST,
	    on_writable, a);
	event_add(&a->ev_read, NULL);
	return 0;
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct hf_ask *a = arg;
	struct hf_err e;

	(void)fd;
	(void)what;
	if (try_connect(a, &e) == -1) {
		if (!a->said_away)
			hf_log_err(HF_WARN, &e, "release service away");
		a->said_away = true;
		retry_later(a);
		return;
	}
	a->pause_ms = PAUSE_LEAST_MS;
	a->said_away = false;
	hf_log(HF_INFO, "release service connected");
}

/* False: what came breaks the protocol. */
static bool
take_reply(struct hf_ask *a, const struct hf_msg *m)
{
	struct question *q = &a->slots[m->seq % HF_ASK_PENDING_MAX];
	struct hf_err why;

	if (q->fn == NULL || q->seq != m->seq) {
		/* Its question has timed out: nobody waits any more. */
		hf_log(HF_DEBUG, "late reply dropped type=0x%02x", m->type);
		return true;
	}
	if (m->type == HF_MSG_ERROR) {
		(void)hf_msg_to_err(m, &why);
		finish(q, NULL, &why);
		return true;
	}
	if (m->type != (q->type | HF_MSG_REPLY))
		return false;
	finish(q, m, NULL);
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct hf_ask *a = arg;
	struct hf_msg m;
	struct hf_err e;
	int i, k;

	(void)what;
	for (i = 0; i < BATCH; i++) {
		k = hf_msg_recv(fd, a->in, false, &m, &e);
		if (k == -1 && e.code == HF_EAGAIN)
			return;
		if (k == 0)
			hf_fail(&e, HF_EPEER, "it closed the connection");
		if (k == 1 && !take_reply(a, &m)) {
			hf_fail(&e, HF_EPEER, "a reply of type 0x%02x", m.type);
			k = -1;
		}
		if (k != 1) {
			lost(a, &e);
			return;
		}
	}
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct hf_ask *a = arg;
	struct question *q;
	struct hf_err e;

	(void)what;
	while ((q = TAILQ_FIRST(&a->unsent)) != NULL) {
		if (hf_msg_send(fd, &q->unsent, -1, &e) == -1) {
			if (e.code != HF_EAGAIN)
				lost(a, &e);
			return;
		}
		TAILQ_REMOVE(&a->unsent, q, link);
		hf_buf_clear(&q->unsent);
	}
	event_del(&a->ev_write);
}

struct hf_ask *
hf_ask_new(struct event_base *base, const char *path, struct hf_err *e)
{
	const struct timeval now = { 0, 0 };
	struct hf_ask *a = calloc(1, sizeof *a);
	size_t i;

	if (a == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	a->path.sun_family = AF_UNIX;
	if (!hf_str_copy(a->path.sun_path, sizeof a->path.sun_path, path)) {
		hf_fail(e, HF_ECONFIG, "socket path %s is too long", path);
		free(a);
		return NULL;
	}
	a->base = base;
	a->fd = -1;
	a->pause_ms = PAUSE_LEAST_MS;
	hf_buf_init(&a->out, HF_MSG_MAX);
	TAILQ_INIT(&a->free);
	TAILQ_INIT(&a->unsent);
	for (i = 0; i < HF_ASK_PENDING_MAX; i++) {
		a->slots[i].owner = a;
		a->slots[i].seq = (uint32_t)i;
		hf_buf_init(&a->slots[i].unsent, HF_MSG_MAX);
		evtimer_assign(&a->slots[i].timer, base, on_timeout,
		    &a->slots[i]);
		TAILQ_INSERT_TAIL(&a->free, &a->slots[i], link);
	}
	evtimer_assign(&a->ev_retry, base, on_retry, a);
	evtimer_add(&a->ev_retry, &now);
	return a;
}

void
hf_ask_free(struct hf_ask *a)
{
	struct hf_err why;

	if (a == NULL)
		return;
	hf_fail(&why, HF_EAGAIN, "the server is stopping");
	if (a->fd != -1)
		hang_up(a, &why);
	evtimer_del(&a->ev_retry);
	hf_buf_clear(&a->out);
	free(a);
}

/* Send now, or keep it until the socket has room; order is kept. */
static int
dispatch(struct hf_ask *a, struct question *q, struct hf_err *e)
{
	if (TAILQ_EMPTY(&a->unsent)) {
		if (hf_msg_send(a->fd, &a->out, -1, e) == 0)
			return 0;
		if (e->code != HF_EAGAIN) {
			/* The loop will see the end of file and clean up. */
			return hf_fail(e, HF_EAGAIN,
			    "the release service is not running");
		}
	}
	if (hf_put_bytes(&q->unsent, a->out.p, a->out.n, e) == -1)
		return -1;
	if (TAILQ_EMPTY(&a->unsent))
		event_add(&a->ev_write, NULL);
	TAILQ_INSERT_TAIL(&a->unsent, q, link);
	return 0;
}

/* Secrets pass through: an enrolment's, and later people's. */
static void
wipe(struct hf_buf *b)
{
	if (b->n > 0)
		explicit_bzero(b->p, b->n);
	hf_buf_reset(b);
}

int
hf_ask_send(struct hf_ask *a, uint8_t type, struct hf_view body,
    int timeout_ms, hf_ask_fn *fn, void *arg, struct hf_err *e)
{
	struct timeval tv = timeval_ms(timeout_ms);
	struct question *q = TAILQ_FIRST(&a->free);
	struct hf_err local;
	uint32_t seq;

	if (a->fd == -1)
		return hf_fail(e, HF_EAGAIN,
		    "the release service is not running");
	if (q == NULL)
		return hf_fail(e, HF_EAGAIN,
		    "the release service has too much to do");
	seq = q->seq + HF_ASK_PENDING_MAX;
	if (hf_msg_begin(&a->out, type, seq, &local) == -1 ||
	    hf_put_bytes(&a->out, body.p, body.n, &local) == -1) {
		if (local.code == HF_EFULL)
			local.code = HF_EINPUT;
		goto fail;
	}
	TAILQ_REMOVE(&a->free, q, link);
	if (dispatch(a, q, &local) == -1) {
		TAILQ_INSERT_HEAD(&a->free, q, link);
		goto fail;
	}
	q->seq = seq;
	q->type = type;
	q->fn = fn;
	q->arg = arg;
	evtimer_add(&q->timer, &tv);
	wipe(&a->out);
	return 0;
fail:
	wipe(&a->out);
	if (e != NULL)
		*e = local;
	return -1;
}
