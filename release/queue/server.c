#include "release/queue/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"

#define CLIENTS_MAX 256

struct hf_client {
	TAILQ_ENTRY(hf_client) link;
	struct hf_server *server;
	struct hf_chan *chan;
	unsigned who;
	uid_t uid;
	LIST_HEAD(, hf_pending) owed;
};

struct hf_server {
	struct hf_loop *loop;
	int listener;
	struct event *incoming;
	const struct hf_request_type *types;
	size_t n_types;
	unsigned (*who)(void *arg, uid_t uid);
	void *arg;
	TAILQ_HEAD(, hf_client) clients;
	size_t n;
	struct hf_buf out;
	struct hf_buf later;	/* ERROR replies of hf_pending_error */
};

/* ---- answers ---- */

void
hf_pending_drop(struct hf_pending *p)
{
	if (p->client != NULL)
		LIST_REMOVE(p, link);
	p->client = NULL;
}

void
hf_pending_send(struct hf_pending *p, const struct hf_buf *b)
{
	struct hf_client *c = p->client;
	struct hf_err e;

	if (c == NULL)
		return;
	hf_pending_drop(p);
	if (hf_chan_send(c->chan, b, -1, &e) == -1)
		hf_log_err(HF_DEBUG, &e, "client not answered uid=%u",
		    (unsigned)c->uid);
}

void
hf_pending_error(struct hf_pending *p, const struct hf_err *why)
{
	struct hf_err e;

	if (p->client == NULL)
		return;
	if (hf_msg_error(&p->client->server->later, p->seq, why, &e) == 0)
		hf_pending_send(p, &p->client->server->later);
}

void
hf_request_later(const struct hf_request *q, struct hf_pending *p)
{
	p->client = q->client;
	p->seq = q->seq;
	LIST_INSERT_HEAD(&q->client->owed, p, link);
}

/* ---- requests ---- */

static const struct hf_request_type *
find_type(const struct hf_server *s, uint8_t type)
{
	size_t i;

	for (i = 0; i < s->n_types; i++)
		if (s->types[i].type == type)
			return &s->types[i];
	return NULL;
}

static int
reply_error(struct hf_client *c, uint32_t seq, const struct hf_err *why,
    struct hf_err *e)
{
	if (hf_msg_error(&c->server->out, seq, why, e) == -1)
		return -1;
	return hf_chan_send(c->chan, &c->server->out, -1, e);
}

static int
on_message(void *arg, struct hf_msg *m, struct hf_err *e)
{
	struct hf_client *c = arg;
	struct hf_server *s = c->server;
	const struct hf_request_type *t = find_type(s, m->type);
	struct hf_request q = { c, m->seq, m->body, &s->out };
	struct hf_err why;
	int rc;

	if (t == NULL)
		return hf_fail(e, HF_EINPUT, "no such request as 0x%02x",
		    m->type);
	if ((t->who & c->who) == 0) {
		hf_fail(&why, HF_EDENIED, "this request is not for you");
		return reply_error(c, m->seq, &why, e);
	}
	if (hf_msg_begin(&s->out, m->type | HF_MSG_REPLY, m->seq, e) == -1)
		return -1;
	rc = t->fn(s->arg, &q, &why);
	if (rc == HF_LATER)
		return 0;
	if (rc == HF_DONE)
		return hf_chan_send(c->chan, &s->out, -1, e);
	if (t->exact && why.code == HF_EINPUT) {
		*e = why;
		return -1;
	}
	return reply_error(c, m->seq, &why, e);
}

static void
free_client(struct hf_client *c)
{
	while (!LIST_EMPTY(&c->owed))
		hf_pending_drop(LIST_FIRST(&c->owed));
	TAILQ_REMOVE(&c->server->clients, c, link);
	c->server->n--;
	hf_chan_free(c->chan);
	free(c);
}

static void
on_closed(void *arg, const struct hf_err *why)
{
	struct hf_client *c = arg;

	if (why != NULL)
		hf_log_err(HF_WARN, why, "client closed uid=%u",
		    (unsigned)c->uid);
	free_client(c);
}

/* ---- connections ---- */

static int
admit(struct hf_server *s, int fd, struct hf_err *e)
{
	static const struct hf_chan_ops ops = { on_message, on_closed };
	struct hf_client *c;
	unsigned who;
	uid_t uid;

	if (hf_msg_peer(fd, &uid, e) == -1)
		return -1;
	who = s->who(s->arg, uid);
	if (who == 0)
		return hf_fail(e, HF_EDENIED, "uid %u has nothing to ask",
		    (unsigned)uid);
	if (s->n >= CLIENTS_MAX)
		return hf_fail(e, HF_EFULL, "%d clients are connected",
		    CLIENTS_MAX);
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	LIST_INIT(&c->owed);
	c->server = s;
	c->who = who;
	c->uid = uid;
	c->chan = hf_chan_new(s->loop, fd, false, &ops, c, e);
	if (c->chan == NULL) {
		free(c);
		return -1;
	}
	TAILQ_INSERT_TAIL(&s->clients, c, link);
	s->n++;
	return 0;
}

static void
on_incoming(evutil_socket_t listener, short what, void *arg)
{
	struct hf_server *s = arg;
	struct hf_err e;
	int fd;

	(void)what;
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1) {
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
			hf_log(HF_WARN, "client not accepted errno=%d", errno);
		return;
	}
	if (admit(s, fd, &e) == -1) {
		hf_log_err(HF_WARN, &e, "client refused");
		close(fd);
	}
}

struct hf_server *
hf_server_new(struct hf_loop *loop, int listener,
    const struct hf_request_type *types, size_t n_types,
    unsigned (*who)(void *arg, uid_t uid), void *arg, struct hf_err *e)
{
	struct hf_server *s = calloc(1, sizeof *s);

	if (s == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	TAILQ_INIT(&s->clients);
	hf_buf_init(&s->out, HF_MSG_MAX);
	hf_buf_init(&s->later, HF_MSG_MAX);
	s->loop = loop;
	s->types = types;
	s->n_types = n_types;
	s->who = who;
	s->arg = arg;
	s->listener = listener;
	if (evutil_make_socket_nonblocking(listener) == 0)
		s->incoming = event_new(loop->base, listener,
		    EV_READ | EV_PERSIST, on_incoming, s);
	if (s->incoming == NULL || event_add(s->incoming, NULL) == -1) {
		hf_fail(e, HF_ENOMEM, "cannot watch release.sock");
		s->listener = -1;
		hf_server_free(s);
		return NULL;
	}
	return s;
}

void
hf_server_pause(struct hf_server *s)
{
	(void)event_del(s->incoming);
}

void
hf_server_free(struct hf_server *s)
{
	if (s == NULL)
		return;
	while (!TAILQ_EMPTY(&s->clients))
		free_client(TAILQ_FIRST(&s->clients));
	if (s->incoming != NULL)
		event_free(s->incoming);
	if (s->listener != -1)
		close(s->listener);
	hf_buf_clear(&s->out);
	hf_buf_clear(&s->later);
	free(s);
}
