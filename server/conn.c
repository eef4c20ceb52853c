#include "server/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "server/limit.h"
#include "server/serve.h"
#include "server/server.h"
#include "server/tls.h"

#define TURN_MAX 65536		/* bytes read before others have a turn */
#define RECORD 16384
/* An unfinished head and one record more: see hf_serve_input. */
#define IN_MAX (HF_HTTP_HEAD_MAX + HF_SCRATCH)

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);
static void on_timer(evutil_socket_t fd, short what, void *arg);
static void on_again(evutil_socket_t fd, short what, void *arg);

static void
peer_text(struct hf_conn *c)
{
	const struct sockaddr *a = (const struct sockaddr *)&c->address;
	char host[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	if (a->sa_family == AF_INET6) {
		memcpy(&six, a, sizeof six);
		inet_ntop(AF_INET6, &six.sin6_addr, host, sizeof host);
		snprintf(c->peer, sizeof c->peer, "[%s]:%u", host,
		    ntohs(six.sin6_port));
	} else {
		memcpy(&four, a, sizeof four);
		inet_ntop(AF_INET, &four.sin_addr, host, sizeof host);
		snprintf(c->peer, sizeof c->peer, "%s:%u", host,
		    ntohs(four.sin_port));
	}
}

int
hf_conn_new(struct hf_loop *l, int fd, const struct sockaddr_storage *a,
    struct hf_err *e)
{
	const int on = 1;
	struct hf_conn *c = calloc(1, sizeof *c);

	if (c == NULL)
		goto fail;
	c->ssl = hf_tls_accept(l->server->tls, fd, e);
	c->out = evbuffer_new();
	if (c->ssl == NULL || c->out == NULL)
		goto fail;
	/* Two small writes in a row would wait for a delayed ACK: 40 ms. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	c->loop = l;
	c->fd = fd;
	c->address = *a;
	peer_text(c);
	hf_buf_init(&c->in, IN_MAX);
	event_assign(&c->ev_read, l->base, fd, EV_READ | EV_PERSIST,
	    on_readable, c);
	event_assign(&c->ev_write, l->base, fd, EV_WRITE | EV_PERSIST,
	    on_writable, c);
	evtimer_assign(&c->ev_timer, l->base, on_timer, c);
	evtimer_assign(&c->ev_again, l->base, on_again, c);
	if (event_add(&c->ev_read, NULL) == -1)
		goto fail;
	c->reading = true;
	TAILQ_INSERT_TAIL(&l->conns, c, link);
	l->n_conns++;
	hf_conn_deadline(c, l->server->times.handshake_ms);
	return 0;
fail:
	hf_limit_leave(l->server->limit, (const struct sockaddr *)a);
	if (c != NULL) {
		SSL_free(c->ssl);
		if (c->out != NULL)
			evbuffer_free(c->out);
		free(c);
	}
	close(fd);
	return hf_fail(e, HF_ENOMEM, "out of memory");
}

static void
set_reading(struct hf_conn *c, bool on)
{
	if (c->reading == on)
		return;
	c->reading = on;
	if (on)
		event_add(&c->ev_read, NULL);
	else
		event_del(&c->ev_read);
}

static void
set_writing(struct hf_conn *c, bool on)
{
	if (c->writing == on)
		return;
	c->writing = on;
	if (on)
		event_add(&c->ev_write, NULL);
	else
		event_del(&c->ev_write);
}

void
hf_conn_enter(struct hf_conn *c)
{
	c->depth++;
}

void
hf_conn_leave(struct hf_conn *c)
{
	struct hf_loop *l = c->loop;

	if (--c->depth > 0 || !c->dead)
		return;
	SSL_free(c->ssl);
	evbuffer_free(c->out);
	hf_buf_clear(&c->in);
	close(c->fd);
	hf_limit_leave(l->server->limit, (const struct sockaddr *)&c->address);
	free(c);
	hf_loop_left(l);
}

void
hf_conn_kill(struct hf_conn *c)
{
	if (c->dead)
		return;
	hf_conn_enter(c);
	c->dead = true;
	event_del(&c->ev_read);
	event_del(&c->ev_write);
	event_del(&c->ev_timer);
	event_del(&c->ev_again);
	TAILQ_REMOVE(&c->loop->conns, c, link);
	c->loop->n_conns--;
	hf_serve_gone(c);
	hf_conn_leave(c);
}

int
hf_conn_put(struct hf_conn *c, struct hf_view bytes, struct hf_err *e)
{
	if (evbuffer_add(c->out, bytes.p, bytes.n) == -1)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	return 0;
}

void
hf_conn_consume(struct hf_conn *c, size_t n)
{
	if (n == 0)
		return;
	memmove(c->in.p, c->in.p + n, c->in.n - n);
	c->in.n -= n;
	if (c->in.n == 0)
		hf_buf_clear(&c->in);	/* an idle connection keeps nothing */
}

void
hf_conn_deadline(struct hf_conn *c, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (ms == 0)
		event_del(&c->ev_timer);
	else
		event_add(&c->ev_timer, &tv);
}

void
hf_conn_again(struct hf_conn *c)
{
	/* A timer, not event_active: that would run before anybody else. */
	const struct timeval now = { 0, 0 };

	c->yielded = true;
	event_add(&c->ev_again, &now);
}

/* What a failed SSL call means. True: wait for the socket; false: dead. */
static bool
wait_for_tls(struct hf_conn *c, int rc)
{
	char text[128] = "";
	unsigned long n;

	switch (SSL_get_error(c->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return true;
	case SSL_ERROR_WANT_WRITE:
		set_writing(c, true);
		return true;
	case SSL_ERROR_ZERO_RETURN:
		break;
	default:
		n = ERR_peek_error();
		if (n != 0)
			ERR_error_string_n(n, text, sizeof text);
		hf_log(HF_DEBUG, "connection broke off peer=%s %s", c->peer,
		    text);
	}
	hf_conn_kill(c);
	return false;
}

/* The client has been told everything; let it read that in peace. */
static void
linger(struct hf_conn *c)
{
	if (c->state == HF_CONN_LINGER)
		return;
	c->state = HF_CONN_LINGER;
	ERR_clear_error();
	(void)SSL_shutdown(c->ssl);	/* close_notify, if there is room */
	if (shutdown(c->fd, SHUT_WR) == -1) {
		hf_conn_kill(c);
		return;
	}
	set_writing(c, false);
	set_reading(c, true);
	hf_conn_deadline(c, c->loop->server->times.linger_ms);
}

bool
hf_conn_flush(struct hf_conn *c)
{
	unsigned char *p;
	size_t n;
	int rc;

	/* One record from one piece of memory: one packet for small answers. */
	while (!c->dead && (n = evbuffer_get_length(c->out)) > 0) {
		if (n > RECORD)
			n = RECORD;
		p = evbuffer_pullup(c->out, (ssize_t)n);
		if (p == NULL) {	/* out of memory */
			hf_conn_kill(c);
			return true;
		}
		ERR_clear_error();
		rc = SSL_write(c->ssl, p, (int)n);
		if (rc <= 0) {
			(void)wait_for_tls(c, rc);
			return c->dead;
		}
		evbuffer_drain(c->out, (size_t)rc);
	}
	if (!c->dead) {
		set_writing(c, false);
		if (c->state == HF_CONN_LAST)
			linger(c);
	}
	return true;
}

void
hf_conn_finish(struct hf_conn *c)
{
	if (c->dead || c->state >= HF_CONN_LAST)
		return;
	if (c->state == HF_CONN_HANDSHAKE) {
		hf_conn_kill(c);
		return;
	}
	c->state = HF_CONN_LAST;
	hf_conn_deadline(c, c->loop->server->times.reply_ms);
	(void)hf_conn_flush(c);
}

void
hf_conn_bye(struct hf_conn *c)
{
	if (!c->dead && c->state == HF_CONN_OPEN) {
		ERR_clear_error();
		(void)SSL_shutdown(c->ssl);
	}
	hf_conn_kill(c);
}

void
hf_conn_stop(struct hf_conn *c)
{
	hf_conn_enter(c);
	c->close_after = true;
	if (c->state == HF_CONN_HANDSHAKE || c->phase == HF_PHASE_IDLE)
		hf_conn_bye(c);
	else if (c->phase == HF_PHASE_LIVE)
		hf_conn_finish(c);
	hf_conn_leave(c);
}

/* True: open. */
static bool
shake_hands(struct hf_conn *c)
{
	int rc;

	ERR_clear_error();
	rc = SSL_do_handshake(c->ssl);
	if (rc != 1) {
		(void)wait_for_tls(c, rc);
		return false;
	}
	c->state = HF_CONN_OPEN;
	set_writing(c, false);
	hf_serve_open(c);
	return !c->dead;
}

/* Raw bytes of what the client had still to say: thrown away unread. */
static void
throw_away(struct hf_conn *c)
{
	ssize_t n = recv(c->fd, c->loop->scratch, HF_SCRATCH, 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->lingered += (size_t)n;
	if (n <= 0 || c->lingered > c->loop->server->times.linger_bytes)
		hf_conn_kill(c);
}

static bool
wants_input(const struct hf_conn *c)
{
	return !c->dead && !c->yielded && c->state == HF_CONN_OPEN &&
	    (c->phase < HF_PHASE_WAIT || c->phase == HF_PHASE_LIVE);
}

/*
 * Read at most TURN_MAX bytes, each record handed over at once.  What is
 * left in the kernel is reported again; what is left inside OpenSSL is not,
 * hence the look at SSL_pending.  Ends when somebody works on an answer:
 * the client then waits, with all it sends.  The event stays on, as most
 * send nothing meanwhile; on_readable takes it off where one does.
 */
static void
read_some(struct hf_conn *c)
{
	struct hf_err e;
	size_t taken = 0;
	int n;

	while (wants_input(c)) {
		if (taken >= TURN_MAX) {
			if (SSL_pending(c->ssl) > 0)
				hf_conn_again(c);
			return;
		}
		ERR_clear_error();
		n = SSL_read(c->ssl, c->loop->scratch, HF_SCRATCH);
		if (n <= 0) {
			(void)wait_for_tls(c, n);
			return;
		}
		taken += (size_t)n;
		if (hf_put_bytes(&c->in, c->loop->scratch, (size_t)n, &e) ==
		    -1) {
			hf_log_err(HF_WARN, &e, "connection peer=%s", c->peer);
			hf_conn_kill(c);
			return;
		}
		explicit_bzero(c->loop->scratch, (size_t)n);
		hf_serve_input(c);
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct hf_conn *c = arg;

	(void)fd;
	(void)what;
	hf_conn_enter(c);
	if (c->state == HF_CONN_LINGER)
		throw_away(c);
	else if (c->state == HF_CONN_HANDSHAKE && !shake_hands(c))
		;
	else if (wants_input(c))
		read_some(c);
	else
		set_reading(c, false);
	hf_conn_leave(c);
}

void
hf_conn_resume(struct hf_conn *c)
{
	if (!wants_input(c))
		return;
	set_reading(c, true);
	if (c->in.n > 0)
		hf_serve_input(c);
	if (wants_input(c) && SSL_has_pending(c->ssl))
		read_some(c);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct hf_conn *c = arg;

	(void)fd;
	(void)what;
	hf_conn_enter(c);
	if (c->state == HF_CONN_HANDSHAKE) {
		if (shake_hands(c))
			read_some(c);
	} else if (hf_conn_flush(c) && !c->dead) {
		if (c->state == HF_CONN_OPEN)
			hf_serve_drained(c);
		hf_conn_resume(c);
	}
	hf_conn_leave(c);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct hf_conn *c = arg;

	(void)fd;
	(void)what;
	hf_conn_enter(c);
	c->yielded = false;
	hf_conn_resume(c);
	hf_conn_leave(c);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct hf_conn *c = arg;

	(void)fd;
	(void)what;
	hf_conn_enter(c);
	if (c->state == HF_CONN_OPEN)
		hf_serve_deadline(c);
	else
		hf_conn_kill(c);
	hf_conn_leave(c);
}
