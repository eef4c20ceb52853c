#include "server/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/file.h"

#define PEM_MAX 65536

struct hf_tls {
	char *certificate, *key; /* paths */
	pthread_mutex_t lock;	/* over what follows */
	SSL_CTX *ctx;
	struct hf_tls_info info;
	time_t not_after;
};

static int
fail_tls(struct hf_err *e, const char *what)
{
	char text[256] = "no reason given";
	unsigned long n = ERR_peek_last_error();

	if (n != 0)
		ERR_error_string_n(n, text, sizeof text);
	ERR_clear_error();
	return hf_fail(e, HF_ECONFIG, "%s: %s", what, text);
}

/*
 * A PEM file.  Links are followed: certificates are renewed by pointing a
 * link elsewhere, and the path is the administrator's.
 */
static int
read_pem(const char *path, struct hf_buf *out, struct hf_err *e)
{
	uint8_t chunk[4096];
	struct stat st;
	int fd, rc = -1;
	size_t got;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		hf_fail_sys(e, "open %s", path);
		e->code = HF_ECONFIG;
		return -1;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		hf_fail(e, HF_ECONFIG, "%s is not a plain file", path);
		goto out;
	}
	do {
		if (hf_read_full(fd, chunk, sizeof chunk, &got, e) == -1 ||
		    hf_put_bytes(out, chunk, got, e) == -1) {
			hf_wrap(e, "%s", path);
			goto out;
		}
	} while (got == sizeof chunk);
	rc = 0;
out:
	explicit_bzero(chunk, sizeof chunk);
	close(fd);
	return rc;
}

/* Without this OpenSSL would ask for a passphrase on the terminal. */
static int
no_passphrase(char *buf, int size, int rw, void *arg)
{
	(void)buf;
	(void)size;
	(void)rw;
	(void)arg;
	return -1;
}

static int
load_chain(SSL_CTX *ctx, const char *path, struct hf_err *e)
{
	struct hf_buf pem;
	X509 *x = NULL;
	BIO *bio = NULL;
	int rc = -1;

	hf_buf_init(&pem, PEM_MAX);
	if (read_pem(path, &pem, e) == -1)
		goto out;
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	if (bio == NULL)
		goto fail;
	x = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	if (x == NULL || SSL_CTX_use_certificate(ctx, x) != 1)
		goto fail;
	X509_free(x);
	while ((x = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(ctx, x) != 1)
			goto fail;
	/* The end of the file is the one good reason to stop. */
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		goto fail;
	ERR_clear_error();
	rc = 0;
	goto out;
fail:
	fail_tls(e, path);
out:
	X509_free(x);
	BIO_free(bio);
	hf_buf_clear(&pem);
	return rc;
}

static int
load_key(SSL_CTX *ctx, const char *path, struct hf_err *e)
{
	EVP_PKEY *key = NULL;
	struct hf_buf pem;
	BIO *bio = NULL;
	int rc = -1;

	hf_buf_init(&pem, PEM_MAX);
	if (read_pem(path, &pem, e) == -1)
		goto out;
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	key = bio != NULL ?
	    PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	if (key == NULL || SSL_CTX_use_PrivateKey(ctx, key) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1) {
		fail_tls(e, path);
		goto out;
	}
	rc = 0;
out:
	EVP_PKEY_free(key);
	BIO_free(bio);
	hf_buf_clear(&pem);
	return rc;
}

/* A client that speaks no HTTP/1.1 is told so in the handshake: RFC 7301. */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n,
    const unsigned char *in, unsigned in_n, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned i = 0;

	(void)ssl;
	(void)arg;
	while (i < in_n && in_n - i > in[i]) {
		if (in[i] == ours[0] && memcmp(in + i, ours, 9) == 0) {
			*out = ours + 1;
			*n = ours[0];
			return SSL_TLSEXT_ERR_OK;
		}
		i += in[i] + 1u;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/*
 * doc/http.md, "TLS", gives the reason for each line.
 */
static int
set_policy(SSL_CTX *ctx, struct hf_err *e)
{
	char groups[] = "X25519:P-256:P-384";

	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx,
	    "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
	    SSL_CTX_set1_groups_list(ctx, groups) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1)
		return fail_tls(e, "TLS settings");
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
	    SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE |
	    SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	return 0;
}

static int
describe(const X509 *x, struct hf_tls_info *info, time_t *not_after,
    struct hf_err *e)
{
	unsigned char digest[EVP_MAX_MD_SIZE], b64[64], *spki = NULL;
	struct tm tm;
	unsigned n;
	int len;

	memset(&tm, 0, sizeof tm);
	memset(info, 0, sizeof *info);
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	if (len <= 0 || EVP_Digest(spki, (size_t)len, digest, &n,
	    EVP_sha256(), NULL) != 1) {
		OPENSSL_free(spki);
		return fail_tls(e, "certificate");
	}
	OPENSSL_free(spki);
	EVP_EncodeBlock(b64, digest, (int)n);
	snprintf(info->pin, sizeof info->pin, "sha256//%s", (char *)b64);
	if (X509_digest(x, EVP_sha256(), digest, &n) != 1 ||
	    ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) != 1)
		return fail_tls(e, "certificate");
	hf_hex(info->sha256, digest, n);
	strftime(info->not_after, sizeof info->not_after,
	    "%Y-%m-%dT%H:%M:%SZ", &tm);
	*not_after = timegm(&tm);
	return 0;
}

/* All of it, or nothing. */
static int
load(const struct hf_tls *t, SSL_CTX **ctx, struct hf_tls_info *info,
    time_t *not_after, struct hf_err *e)
{
	SSL_CTX *x;

	ERR_clear_error();
	x = SSL_CTX_new(TLS_server_method());
	if (x == NULL)
		return fail_tls(e, "TLS");
	if (set_policy(x, e) == -1 ||
	    load_chain(x, t->certificate, e) == -1 ||
	    load_key(x, t->key, e) == -1 ||
	    describe(SSL_CTX_get0_certificate(x), info, not_after, e) == -1) {
		SSL_CTX_free(x);
		return -1;
	}
	*ctx = x;
	return 0;
}

struct hf_tls *
hf_tls_new(const char *certificate, const char *key, struct hf_err *e)
{
	struct hf_tls *t = calloc(1, sizeof *t);

	if (t == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&t->lock, NULL);
	t->certificate = strdup(certificate);
	t->key = strdup(key);
	if (t->certificate == NULL || t->key == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		goto fail;
	}
	if (load(t, &t->ctx, &t->info, &t->not_after, e) == -1)
		goto fail;
	return t;
fail:
	hf_tls_free(t);
	return NULL;
}

void
hf_tls_free(struct hf_tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	pthread_mutex_destroy(&t->lock);
	free(t->certificate);
	free(t->key);
	free(t);
}

int
hf_tls_reload(struct hf_tls *t, bool *new_key, bool *shorter,
    struct hf_err *e)
{
	struct hf_tls_info info;
	time_t not_after;
	SSL_CTX *ctx;

	if (load(t, &ctx, &info, &not_after, e) == -1)
		return -1;
	pthread_mutex_lock(&t->lock);
	*new_key = strcmp(info.pin, t->info.pin) != 0;
	*shorter = not_after < t->not_after;
	SSL_CTX_free(t->ctx);	/* living sessions hold their own reference */
	t->ctx = ctx;
	t->info = info;
	t->not_after = not_after;
	pthread_mutex_unlock(&t->lock);
	return 0;
}

void
hf_tls_info(struct hf_tls *t, struct hf_tls_info *out)
{
	pthread_mutex_lock(&t->lock);
	*out = t->info;
	pthread_mutex_unlock(&t->lock);
}

SSL *
hf_tls_accept(struct hf_tls *t, int fd, struct hf_err *e)
{
	SSL *ssl;

	ERR_clear_error();
	pthread_mutex_lock(&t->lock);
	ssl = SSL_new(t->ctx);
	pthread_mutex_unlock(&t->lock);
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		hf_fail(e, HF_ENOMEM, "no TLS session");
		return NULL;
	}
	SSL_set_accept_state(ssl);
	return ssl;
}
