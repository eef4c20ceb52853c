#include "tests/unit/webkit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "server/limit.h"
#include "server/listen.h"
#include "server/tls.h"

void
web_make_cert(const char *cert, const char *key, int days)
{
	EVP_PKEY *pk = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name;
	FILE *f;

	assert_non_null(pk);
	assert_non_null(x);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400L * days);
	name = X509_get_subject_name(x);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, pk);
	assert_true(X509_sign(x, pk, EVP_sha256()) > 0);
	f = fopen(cert, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, x), 1);
	fclose(f);
	f = fopen(key, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, pk, NULL, NULL, 0, NULL,
	    NULL), 1);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(pk);
}

struct web *
web_start(const struct hf_route *routes, size_t n,
    const struct hf_times *times, size_t per_address, int workers)
{
	struct web *w = calloc(1, sizeof *w);
	struct hf_err e = { .text = "" };
	char text[64];

	strcpy(w->dir, "/tmp/hfweb.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->cert, sizeof w->cert, "%s/cert", w->dir);
	snprintf(w->key, sizeof w->key, "%s/key", w->dir);
	snprintf(w->sock, sizeof w->sock, "%s/sock", w->dir);
	web_make_cert(w->cert, w->key, 30);
	w->s.routes = routes;
	w->s.n_routes = n;
	w->s.release_socket = w->sock;
	w->s.times = *times;
	w->s.tls = hf_tls_new(w->cert, w->key, &e);
	if (w->s.tls == NULL)
		fail_msg("%s", e.text);
	w->s.limit = hf_limit_new(1024, per_address, &e);
	assert_non_null(w->s.limit);
	assert_int_equal(hf_listen_open("127.0.0.1:0", &w->s.listen_fd[0],
	    &e), 0);
	w->s.n_listen = 1;
	hf_listen_text(w->s.listen_fd[0], text);
	w->port = (uint16_t)atoi(strchr(text, ':') + 1);
	assert_int_equal(hf_server_start(&w->s, workers, &e), 0);
	return w;
}

void
web_stop(struct web *w, int patience_ms)
{
	hf_server_stop(&w->s, patience_ms);
	close(w->s.listen_fd[0]);
	w->s.n_listen = 0;
}

void
web_free(struct web *w)
{
	if (w->s.n_listen > 0)
		web_stop(w, 0);
	assert_int_equal(hf_limit_count(w->s.limit), 0);
	hf_limit_free(w->s.limit);
	hf_tls_free(w->s.tls);
	unlink(w->cert);
	unlink(w->key);
	rmdir(w->dir);
	free(w);
}

struct client *
client_tcp(const struct web *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(w->port) };
	struct client *c = calloc(1, sizeof *c);
	const int on = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&a, sizeof a), 0);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return c;
}

struct client *
client_new(const struct web *w)
{
	static SSL_CTX *ctx;
	struct client *c = client_tcp(w);

	if (ctx == NULL) {
		ctx = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	}
	c->ssl = SSL_new(ctx);
	SSL_set_fd(c->ssl, c->fd);
	if (SSL_connect(c->ssl) != 1) {
		client_free(c);
		return NULL;
	}
	return c;
}

void
client_free(struct client *c)
{
	SSL_free(c->ssl);
	close(c->fd);
	free(c);
}

void
client_send_bytes(struct client *c, const void *p, size_t n)
{
	assert_int_equal(SSL_write(c->ssl, p, (int)n), n);
}

void
client_send(struct client *c, const char *text)
{
	client_send_bytes(c, text, strlen(text));
}

/* More bytes into buf. 1: some, 0: end, -1: none before `end`. */
static int
more(struct client *c, int64_t end)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	int64_t left = end - hf_now_ms();
	int n;

	assert_true(c->n < sizeof c->buf);
	if (c->ssl == NULL || SSL_pending(c->ssl) == 0) {
		if (left < 0 || poll(&p, 1, (int)left) <= 0)
			return -1;
	}
	if (c->ssl == NULL)
		n = (int)recv(c->fd, c->buf + c->n, sizeof c->buf - c->n, 0);
	else
		n = SSL_read(c->ssl, c->buf + c->n,
		    (int)(sizeof c->buf - c->n));
	if (n <= 0)
		return 0;
	c->n += (size_t)n;
	return 1;
}

bool
client_answer(struct client *c, int timeout_ms, struct answer *a)
{
	static char body[sizeof c->buf];
	int64_t end = hf_now_ms() + timeout_ms;
	const char *length;
	char *stop;
	size_t n;

	while ((stop = memmem(c->buf, c->n, "\r\n\r\n", 4)) == NULL)
		if (more(c, end) != 1)
			return false;
	n = (size_t)(stop + 4 - c->buf);
	assert_true(n < sizeof a->head);
	memcpy(a->head, c->buf, n);
	a->head[n] = '\0';
	c->n -= n;
	memmove(c->buf, stop + 4, c->n);
	assert_int_equal(sscanf(a->head, "HTTP/1.1 %d ", &a->status), 1);
	length = strcasestr(a->head, "\r\nContent-Length: ");
	a->body_n = length != NULL ? strtoul(length + 18, NULL, 10) : 0;
	while (c->n < a->body_n)
		if (more(c, end) != 1)
			return false;
	memcpy(body, c->buf, a->body_n);
	body[a->body_n] = '\0';
	a->body = body;
	c->n -= a->body_n;
	memmove(c->buf, c->buf + a->body_n, c->n);
	return true;
}

bool
client_is_closed(struct client *c, int timeout_ms)
{
	return c->n == 0 && more(c, hf_now_ms() + timeout_ms) == 0;
}
