#include "release/deliver/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "lib/buf.h"

#define BATCH (192 * 1024)	/* of TLS records, sent at once */
#define IDLE_S 30		/* before the first keep-alive */

SSL_CTX *
hf_wire_tls(struct hf_err *e)
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
	/* The registered key is what is checked, by conn.c. */
	SSL_CTX_set_verify(x, SSL_VERIFY_NONE, NULL);
	return x;
}

void
hf_wire_init(struct hf_wire *w)
{
	memset(w, 0, sizeof *w);
	w->fd = -1;
}

void
hf_wire_close(struct hf_wire *w)
{
	SSL_free(w->ssl);	/* with its BIOs */
	if (w->fd != -1)
		close(w->fd);
	hf_wire_init(w);
}

int
hf_wire_dial(struct hf_wire *w, const struct addrinfo *to)
{
	int one = 1, idle = IDLE_S;

	w->fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (w->fd == -1)
		return -1;
	setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(w->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	setsockopt(w->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	if (connect(w->fd, to->ai_addr, to->ai_addrlen) == -1 &&
	    errno != EINPROGRESS)
		return -1;
	w->want_write = true;
	return 0;
}

bool
hf_wire_is_connected(const struct hf_wire *w)
{
	socklen_t n = sizeof(int);
	int error = 0;

	return getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 &&
	    error == 0;
}

static bool
host_is_name(const char *host)
{
	return strchr(host, ':') == NULL &&
	    host[strspn(host, "0123456789.")] != '\0';
}

/* Reads come from the socket, writes go into memory: see hf_wire_put. */
int
hf_wire_start_tls(struct hf_wire *w, SSL_CTX *ctx, const char *host)
{
	BIO *in = BIO_new_socket(w->fd, BIO_NOCLOSE);
	BIO *out = BIO_new(BIO_s_mem());
	char name[256];		/* OpenSSL's macro casts const away */

	w->ssl = SSL_new(ctx);
	if (in == NULL || out == NULL || w->ssl == NULL) {
		BIO_free(in);
		BIO_free(out);
		return -1;
	}
	SSL_set_bio(w->ssl, in, out);
	SSL_set_connect_state(w->ssl);
	if (host_is_name(host) && (!hf_str_copy(name, sizeof name, host) ||
	    SSL_set_tlsext_host_name(w->ssl, name) != 1))
		return -1;
	return 0;
}

int
hf_wire_handshake(struct hf_wire *w)
{
	int rc;

	ERR_clear_error();
	rc = SSL_connect(w->ssl);
	if (rc == 1)
		return 1;
	if (SSL_get_error(w->ssl, rc) != SSL_ERROR_WANT_READ)
		return -1;
	w->want_read = true;
	return 0;
}

static ssize_t
put_plain(struct hf_wire *w, const void *p, size_t n)
{
	ssize_t k = send(w->fd, p, n, MSG_NOSIGNAL);

	if (k == -1 && (errno == EAGAIN || errno == EINTR)) {
		w->want_write = true;
		return 0;
	}
	return k;
}

static size_t
unsent(const struct hf_wire *w)
{
	return w->ssl == NULL ? 0
	    : (size_t)BIO_pending(SSL_get_wbio(w->ssl)) - w->flushed;
}

bool
hf_wire_has_unsent(const struct hf_wire *w)
{
	return unsent(w) > 0;
}

int
hf_wire_flush(struct hf_wire *w)
{
	char *p;
	size_t n;
	ssize_t k;

	while (unsent(w) > 0) {
		n = (size_t)BIO_get_mem_data(SSL_get_wbio(w->ssl), &p);
		k = put_plain(w, p + w->flushed, n - w->flushed);
		if (k <= 0)
			return (int)k;
		w->flushed += (size_t)k;
	}
	if (w->ssl != NULL)
		(void)BIO_reset(SSL_get_wbio(w->ssl));
	w->flushed = 0;
	return 0;
}

ssize_t
hf_wire_put(struct hf_wire *w, const void *p, size_t n)
{
	int rc;

	if (w->ssl == NULL)
		return put_plain(w, p, n);
	if (unsent(w) >= BATCH && hf_wire_flush(w) == -1)
		return -1;
	if (unsent(w) >= BATCH)
		return 0;
	ERR_clear_error();
	rc = SSL_write(w->ssl, p, n > BATCH ? BATCH : (int)n);
	return rc > 0 ? rc : -1;
}

static ssize_t
take_plain(struct hf_wire *w, void *p, size_t n)
{
	ssize_t k = recv(w->fd, p, n, 0);

	if (k == -1 && (errno == EAGAIN || errno == EINTR)) {
		w->want_read = true;
		return 0;
	}
	return k == 0 ? HF_WIRE_END : k;
}

ssize_t
hf_wire_take(struct hf_wire *w, void *p, size_t n)
{
	int rc;

	if (w->ssl == NULL)
		return take_plain(w, p, n);
	ERR_clear_error();
	rc = SSL_read(w->ssl, p, (int)n);
	if (rc > 0)
		return rc;
	switch (SSL_get_error(w->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		w->want_read = true;
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return HF_WIRE_END;
	default:
		return -1;
	}
}
