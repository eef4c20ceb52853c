#include "release/deliver/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "release/deliver/answer.h"
#include "release/deliver/pin.h"

#define CONNECT_MS 3000		/* an address */
#define HANDSHAKE_MS 5000
#define HEAD_MAX (64 * 1024)	/* HTTP head and IPP attributes of a request */
#define TURN_BYTES (1024 * 1024) /* sent before other events get their turn */
#define READ_BYTES 16384
#define BATCH (192 * 1024)	/* TLS records sent at once: see put */

enum phase { CLOSED, CONNECTING, HANDSHAKE, IDLE, SENDING, READING };
enum next { GO, WAIT, BROKEN };	/* what a step of a phase leaves to do */

struct hf_conn {
	struct event_base *base;
	SSL_CTX *ctx;
	const struct hf_peer *peer;
	enum phase phase;
	int fd;
	SSL *ssl;
	size_t flushed;		/* of what its write BIO holds */
	struct addrinfo *found, *addr;	/* all addresses, the one in use */
	struct event *readable, *writable, *timer, *kick;
	bool want_read, want_write;
	unsigned serial;	/* connections made so far */
	bool used;		/* carried an exchange before this one */
	bool heard;		/* a byte of the answer has come */
	bool failed;		/* the exchange could not even be put together */
	bool last;		/* close behind this exchange */
	bool expired;
	struct hf_exchange *x;
	struct hf_buf out;	/* HTTP head and IPP attributes */
	size_t out_at;
	struct hf_view chunk;	/* rest of the document's chunk */
	struct hf_answer answer;
	struct hf_err err;
};

SSL_CTX *
hf_conn_tls(struct hf_err *e)
{
	SSL_CTX *x = SSL_CTX_new(TLS_client_method());

	if (x == NULL || SSL_CTX_set_min_proto_version(x, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(x, "TLS_AES_128_GCM_SHA256:"
	        "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") != 1) {
		SSL_CTX_free(x);
		hf_fail(e, HF_ESYS, "OpenSSL does not start");
		return NULL;
	}
	SSL_CTX_set_mode(x, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(x, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* No resumption: every connection shows its key. */
	SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_OFF);
	/* The registered key is what is checked, see check_pin. */
	SSL_CTX_set_verify(x, SSL_VERIFY_NONE, NULL);
	return x;
}

static void step_cb(evutil_socket_t fd, short what, void *arg);
static void timer_cb(evutil_socket_t fd, short what, void *arg);

struct hf_conn *
hf_conn_new(struct event_base *base, SSL_CTX *ctx, const struct hf_peer *peer,
    struct hf_err *e)
{
	struct hf_conn *c = calloc(1, sizeof *c);

	if (c == NULL)
		goto fail;
	c->base = base;
	c->ctx = ctx;
	c->peer = peer;
	c->fd = -1;
	hf_buf_init(&c->out, HEAD_MAX);
	hf_answer_init(&c->answer);
	c->timer = evtimer_new(base, timer_cb, c);
	c->kick = event_new(base, -1, 0, step_cb, c);
	if (c->timer != NULL && c->kick != NULL)
		return c;
fail:
	hf_conn_free(c);
	hf_fail(e, HF_ENOMEM, "out of memory");
	return NULL;
}

static void
forget_addresses(struct hf_conn *c)
{
	if (c->found != NULL)
		freeaddrinfo(c->found);
	c->found = c->addr = NULL;
}

static void
close_socket(struct hf_conn *c)
{
	if (c->readable != NULL)
		event_free(c->readable);
	if (c->writable != NULL)
		event_free(c->writable);
	c->readable = c->writable = NULL;
	SSL_free(c->ssl);	/* with its BIOs */
	c->ssl = NULL;
	c->flushed = 0;
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->phase = CLOSED;
	c->used = c->last = false;
}

void
hf_conn_forget(struct hf_conn *c)
{
	if (c->x == NULL)
		close_socket(c);
	else
		c->last = true;
	forget_addresses(c);
}

void
hf_conn_drop(struct hf_conn *c)
{
	close_socket(c);
	event_del(c->timer);
	event_del(c->kick);
	c->failed = false;
	c->x = NULL;
}

void
hf_conn_free(struct hf_conn *c)
{
	if (c == NULL)
		return;
	close_socket(c);
	forget_addresses(c);
	if (c->timer != NULL)
		event_free(c->timer);
	if (c->kick != NULL)
		event_free(c->kick);
	hf_buf_clear(&c->out);
	hf_answer_clear(&c->answer);
	free(c);
}

bool
hf_conn_is_busy(const struct hf_conn *c)
{
	return c->x != NULL;
}

unsigned
hf_conn_serial(const struct hf_conn *c)
{
	return c->phase >= IDLE ? c->serial : 0;
}

bool
hf_conn_is_expired(const struct hf_conn *c)
{
	return c->expired;
}

static void
set_timer(struct hf_conn *c, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (ms == 0)
		event_del(c->timer);
	else
		event_add(c->timer, &tv);
}

/* Hand the result over.  Afterwards c may already carry the next exchange. */
static void
finish(struct hf_conn *c, int rc)
{
	struct hf_exchange *x = c->x;
	struct hf_reply r;

	memset(&r, 0, sizeof r);
	r.rc = rc;
	r.sent = x->sent;
	if (rc == -1) {
		r.err = c->err;
		r.stale = c->used && !c->heard && c->phase >= SENDING &&
		    c->err.code == HF_EPEER;
		close_socket(c);
	} else {
		r.body = hf_buf_view(&c->answer.body);
		c->used = true;
	}
	set_timer(c, 0);
	c->x = NULL;
	x->done(x->arg, &r);
}

/* ------------------------------------------------ bytes out and in ------ */

static ssize_t
put_plain(struct hf_conn *c, const void *p, size_t n)
{
	ssize_t k = send(c->fd, p, n, MSG_NOSIGNAL);

	if (k == -1 && (errno == EAGAIN || errno == EINTR)) {
		c->want_write = true;
		return 0;
	}
	return k;
}

static size_t
unflushed(const struct hf_conn *c)
{
	return c->ssl == NULL ? 0 : BIO_pending(SSL_get_wbio(c->ssl)) -
	    c->flushed;
}

/* Send the records that wait. 0: none waits any more, or wait; -1: broken. */
static int
flush(struct hf_conn *c)
{
	char *p;
	size_t n;
	ssize_t k;

	while (unflushed(c) > 0) {
		n = (size_t)BIO_get_mem_data(SSL_get_wbio(c->ssl), &p);
		k = put_plain(c, p + c->flushed, n - c->flushed);
		if (k <= 0)
			return (int)k;
		c->flushed += (size_t)k;
	}
	if (c->ssl != NULL)
		(void)BIO_reset(SSL_get_wbio(c->ssl));
	c->flushed = 0;
	return 0;
}

/*
 * n > 0: bytes taken; 0: wait; -1: broken.  TLS records are of 16 KiB; they
 * are collected and go out many at a time, for a printer that is woken for
 * each of them spends more time waking than reading.
 */
static ssize_t
put(struct hf_conn *c, const void *p, size_t n)
{
	int rc;

	if (c->ssl == NULL)
		return put_plain(c, p, n);
	if (unflushed(c) >= BATCH && flush(c) == -1)
		return -1;
	if (unflushed(c) >= BATCH)
		return 0;
	ERR_clear_error();
	rc = SSL_write(c->ssl, p, n > BATCH ? BATCH : (int)n);
	return rc > 0 ? rc : -1;
}

/* n > 0: bytes read; 0: wait; -1: broken; -2: end. */
static ssize_t
take(struct hf_conn *c, void *p, size_t n)
{
	ssize_t k;
	int rc;

	if (c->ssl == NULL) {
		k = recv(c->fd, p, n, 0);
		if (k == -1 && (errno == EAGAIN || errno == EINTR)) {
			c->want_read = true;
			return 0;
		}
		return k == 0 ? -2 : k;
	}
	ERR_clear_error();
	rc = SSL_read(c->ssl, p, (int)n);
	if (rc > 0)
		return rc;
	rc = SSL_get_error(c->ssl, rc);
	if (rc == SSL_ERROR_WANT_READ)
		c->want_read = true;
	else if (rc == SSL_ERROR_WANT_WRITE)
		c->want_write = true;
	else
		return rc == SSL_ERROR_ZERO_RETURN ? -2 : -1;
	return 0;
}

/* ------------------------------------------------------- connecting ------ */

static enum next
unreachable(struct hf_conn *c)
{
	forget_addresses(c);
	hf_fail(&c->err, HF_EAGAIN, "printer %s does not answer",
	    c->peer->name);
	return BROKEN;
}

static int
open_socket(struct hf_conn *c)
{
	int one = 1, idle = 30;

	c->fd = socket(c->addr->ai_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (c->fd == -1)
		return -1;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	setsockopt(c->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	if (connect(c->fd, c->addr->ai_addr, c->addr->ai_addrlen) == -1 &&
	    errno != EINPROGRESS)
		return -1;
	c->readable = event_new(c->base, c->fd, EV_READ, step_cb, c);
	c->writable = event_new(c->base, c->fd, EV_WRITE, step_cb, c);
	return c->readable != NULL && c->writable != NULL ? 0 : -1;
}

/* Begin with c->addr, or with the next one that can be begun with. */
static enum next
dial(struct hf_conn *c)
{
	for (; c->addr != NULL; c->addr = c->addr->ai_next) {
		if (open_socket(c) == 0) {
			c->phase = CONNECTING;
			c->want_write = true;
			set_timer(c, CONNECT_MS);
			return WAIT;
		}
		close_socket(c);
	}
	return unreachable(c);
}

static enum next
do_closed(struct hf_conn *c)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};

	if (c->x->keep) {
		hf_fail(&c->err, HF_EPEER,
		    "printer %s broke the connection off", c->peer->name);
		return BROKEN;
	}
	if (c->peer->uri->tls && c->peer->pin[0] == '\0') {
		hf_fail(&c->err, HF_ECONFIG,
		    "printer %s has no registered key", c->peer->name);
		return BROKEN;
	}
	if (c->found == NULL && getaddrinfo(c->peer->uri->host,
	    c->peer->uri->port, &hints, &c->found) != 0) {
		c->found = NULL;
		hf_fail(&c->err, HF_EAGAIN,
		    "printer %s has an unknown host name", c->peer->name);
		return BROKEN;
	}
	c->addr = c->found;
	return dial(c);
}

static enum next
next_address(struct hf_conn *c)
{
	if (c->addr != NULL)	/* forgotten meanwhile otherwise */
		c->addr = c->addr->ai_next;
	close_socket(c);
	return dial(c);
}

static bool
host_is_name(const char *host)
{
	return strchr(host, ':') == NULL &&
	    host[strspn(host, "0123456789.")] != '\0';
}

/* The way is free: from here on bytes of the request leave. */
static enum next
begin(struct hf_conn *c)
{
	c->serial += !c->used;
	hf_answer_reset(&c->answer);
	c->phase = SENDING;
	set_timer(c, c->x->deadline_ms);
	return GO;
}

/* Reads come from the socket, writes go into memory: see put. */
static int
set_bios(struct hf_conn *c)
{
	BIO *in = BIO_new_socket(c->fd, BIO_NOCLOSE);
	BIO *out = BIO_new(BIO_s_mem());

	if (in == NULL || out == NULL) {
		BIO_free(in);
		BIO_free(out);
		return -1;
	}
	SSL_set_bio(c->ssl, in, out);
	SSL_set_connect_state(c->ssl);
	return 0;
}

static enum next
do_connecting(struct hf_conn *c)
{
	socklen_t n = sizeof(int);
	int error = 0;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n) == -1 ||
	    error != 0)
		return next_address(c);
	if (!c->peer->uri->tls)
		return begin(c);
	c->ssl = SSL_new(c->ctx);
	if (c->ssl == NULL || set_bios(c) == -1 ||
	    (host_is_name(c->peer->uri->host) &&
	    SSL_set_tlsext_host_name(c->ssl, c->peer->uri->host) != 1)) {
		hf_fail(&c->err, HF_ENOMEM, "out of memory");
		return BROKEN;
	}
	c->phase = HANDSHAKE;
	set_timer(c, HANDSHAKE_MS);
	return GO;
}

static int
check_pin(struct hf_conn *c)
{
	X509 *cert = SSL_get1_peer_certificate(c->ssl);
	char pin[HF_PIN_TEXT];
	int rc = -1;

	if (cert == NULL || hf_pin_of(cert, pin, &c->err) == -1) {
		hf_fail(&c->err, HF_ECONFIG, "printer %s shows no key",
		    c->peer->name);
		goto out;
	}
	if (!hf_pin_is_in(pin, c->peer->pin)) {
		hf_fail(&c->err, HF_ECONFIG, "printer %s shows another key "
		    "than the one registered", c->peer->name);
		goto out;
	}
	c->expired = X509_cmp_current_time(X509_get0_notAfter(cert)) < 0;
	rc = 0;
out:
	X509_free(cert);
	return rc;
}

static enum next
do_handshake(struct hf_conn *c)
{
	int rc;

	ERR_clear_error();
	rc = SSL_connect(c->ssl);
	if (rc == 1)
		return check_pin(c) == -1 ? BROKEN : begin(c);
	rc = SSL_get_error(c->ssl, rc);
	if (rc == SSL_ERROR_WANT_READ)
		c->want_read = true;
	else if (rc == SSL_ERROR_WANT_WRITE)
		c->want_write = true;
	else {
		hf_fail(&c->err, HF_EPEER,
		    "printer %s speaks no TLS that we accept", c->peer->name);
		return BROKEN;
	}
	return WAIT;
}

/* -------------------------------------------------------- exchanges ------ */

static const struct {
	int status;
	enum hf_code code;
	const char *text;
} refusals[] = {
	{ 301, HF_ECONFIG, "wants to send us elsewhere" },
	{ 302, HF_ECONFIG, "wants to send us elsewhere" },
	{ 303, HF_ECONFIG, "wants to send us elsewhere" },
	{ 307, HF_ECONFIG, "wants to send us elsewhere" },
	{ 308, HF_ECONFIG, "wants to send us elsewhere" },
	{ 401, HF_ECONFIG, "wants a login" },
	{ 403, HF_ECONFIG, "does not let us in" },
	{ 404, HF_ECONFIG, "does not know this address" },
	{ 426, HF_ECONFIG, "wants TLS" },
	{ 503, HF_EAGAIN, "is too busy to answer" },
};

static void
refused(struct hf_conn *c)
{
	size_t i;

	for (i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		if (refusals[i].status == c->answer.status) {
			hf_fail(&c->err, refusals[i].code,
			    "printer %s %s (HTTP %d)", c->peer->name,
			    refusals[i].text, c->answer.status);
			return;
		}
	hf_fail(&c->err, HF_EPEER, "printer %s answers with HTTP %d",
	    c->peer->name, c->answer.status);
}

static enum next
broke_off(struct hf_conn *c)
{
	hf_fail(&c->err, HF_EPEER, "printer %s broke the connection off",
	    c->peer->name);
	return BROKEN;
}

/* The answer is complete: keep the connection where both sides may. */
static enum next
complete(struct hf_conn *c, size_t left_over)
{
	bool early = c->x->sent != HF_SENT_ALL;

	if (c->answer.status != 200) {
		refused(c);
		return BROKEN;
	}
	if (!c->answer.ipp) {
		hf_fail(&c->err, HF_EPEER, "printer %s does not answer in IPP",
		    c->peer->name);
		return BROKEN;
	}
	if (early || c->last || c->answer.close || left_over > 0)
		close_socket(c);
	else
		c->phase = IDLE;
	finish(c, 0);
	return WAIT;
}

/* Read what is there: the answer, or a part of it. */
static enum next
do_reading(struct hf_conn *c)
{
	uint8_t bytes[READ_BYTES];
	struct hf_view in;
	ssize_t n;
	int rc;

	while ((n = take(c, bytes, sizeof bytes)) > 0) {
		c->heard = true;
		in = hf_view_of(bytes, (size_t)n);
		rc = hf_answer_feed(&c->answer, &in, &c->err);
		if (rc == -1) {
			hf_wrap(&c->err, "printer %s gives a bad answer",
			    c->peer->name);
			return BROKEN;
		}
		if (rc == 1)
			return complete(c, in.n);
	}
	if (n == 0)
		return WAIT;
	if (n == -2 && hf_answer_end(&c->answer, NULL) == 0)
		return complete(c, 1);
	return broke_off(c);
}

/* Point *p at the next bytes of the request. 1: there are; 0: all sent. */
static int
next_bytes(struct hf_conn *c, struct hf_view *p)
{
	if (c->out_at < c->out.n) {
		*p = hf_view_of(c->out.p + c->out_at, c->out.n - c->out_at);
		return 1;
	}
	if (c->chunk.n == 0 && c->x->doc != NULL &&
	    hf_unsealer_next(c->x->doc, &c->chunk, &c->err) == -1)
		return -1;
	*p = c->chunk;
	return c->chunk.n > 0;
}

static void
count_sent(struct hf_conn *c, size_t n)
{
	if (c->out_at < c->out.n) {
		c->out_at += n;
		c->x->sent = HF_SENT_SOME;
		return;
	}
	c->chunk.p += n;
	c->chunk.n -= n;
	c->x->doc_sent += n;
}

/* Sending failed: perhaps the printer has said why before it closed. */
static enum next
last_words(struct hf_conn *c)
{
	enum next next = do_reading(c);

	if (next != WAIT || c->x == NULL || c->phase != SENDING)
		return next;
	return broke_off(c);
}

static enum next
do_sending(struct hf_conn *c)
{
	size_t turn = 0;
	struct hf_view p;
	enum next next;
	ssize_t n;
	int rc;

	/* A printer may refuse before it has read everything. */
	if (c->x->sent == HF_SENT_SOME) {
		next = do_reading(c);
		if (next != WAIT || c->x == NULL || c->phase != SENDING)
			return next;
	}
	while ((rc = next_bytes(c, &p)) == 1) {
		c->want_read = true;
		if (turn >= TURN_BYTES) {
			c->want_write = true;
			return WAIT;
		}
		n = put(c, p.p, p.n);
		if (n == 0)
			return WAIT;
		if (n < 0)
			return last_words(c);
		turn += (size_t)n;
		count_sent(c, (size_t)n);
	}
	if (rc == -1)
		return BROKEN;
	if (flush(c) == -1)
		return last_words(c);
	if (unflushed(c) > 0)
		return WAIT;
	c->x->sent = HF_SENT_ALL;
	c->phase = READING;
	return GO;
}

/*
 * Nothing may come while nothing is asked; TLS tickets are taken silently.  A
 * kept connection that the printer has closed is found here, before a request
 * is given to it.
 */
static enum next
do_idle(struct hf_conn *c)
{
	uint8_t byte;

	if (take(c, &byte, 1) != 0)
		close_socket(c);
	if (c->x == NULL)
		return WAIT;
	return c->phase == IDLE ? begin(c) : GO;
}

static enum next (*const phases[])(struct hf_conn *c) = {
	[CLOSED] = do_closed,
	[CONNECTING] = do_connecting,
	[HANDSHAKE] = do_handshake,
	[IDLE] = do_idle,
	[SENDING] = do_sending,
	[READING] = do_reading,
};

static void
arm(struct hf_conn *c)
{
	if (c->fd == -1)
		return;
	if (c->want_read || c->phase == IDLE)
		event_add(c->readable, NULL);
	else
		event_del(c->readable);
	if (c->want_write)
		event_add(c->writable, NULL);
	else
		event_del(c->writable);
}

static void
step(struct hf_conn *c)
{
	enum next next;

	do {
		c->want_read = c->want_write = false;
		next = phases[c->phase](c);
	} while (next == GO);
	/* What TLS has to say besides: its handshake, an alert, a new key. */
	if (next == WAIT && c->fd != -1 && flush(c) == -1) {
		if (c->x != NULL)
			next = broke_off(c);
		else
			close_socket(c);
	}
	if (next == BROKEN)
		finish(c, -1);
	arm(c);
}

static void
step_cb(evutil_socket_t fd, short what, void *arg)
{
	struct hf_conn *c = arg;

	(void)fd;
	(void)what;
	if (c->phase == CLOSED && c->x == NULL)
		return;
	if (c->failed) {
		c->failed = false;
		finish(c, -1);
	} else {
		step(c);
	}
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct hf_conn *c = arg;

	(void)fd;
	(void)what;
	if (c->x == NULL)
		return;
	if (c->phase == CONNECTING) {
		c->want_read = c->want_write = false;
		if (next_address(c) == WAIT) {
			arm(c);
			return;
		}
	} else {
		hf_fail(&c->err, HF_EAGAIN, "printer %s gives no answer",
		    c->peer->name);
	}
	finish(c, -1);
}

void
hf_conn_ask(struct hf_conn *c, struct hf_exchange *x)
{
	char head[1024];
	int n;

	HF_ASSERT(c->x == NULL);
	c->x = x;
	x->sent = HF_SENT_NOTHING;
	x->doc_sent = 0;
	c->heard = false;
	c->out_at = 0;
	c->chunk = hf_view_of(NULL, 0);
	hf_buf_reset(&c->out);
	event_active(c->kick, 0, 0);
	n = snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: %s\r\n"
	    "User-Agent: Holdfast\r\nContent-Type: application/ipp\r\n"
	    "Content-Length: %llu\r\n\r\n", c->peer->uri->path,
	    c->peer->uri->authority,
	    (unsigned long long)(x->ipp.n + x->doc_bytes));
	HF_ASSERT(n > 0 && (size_t)n < sizeof head);
	c->failed = hf_put_bytes(&c->out, head, (size_t)n, &c->err) == -1 ||
	    hf_put_bytes(&c->out, x->ipp.p, x->ipp.n, &c->err) == -1;
}
