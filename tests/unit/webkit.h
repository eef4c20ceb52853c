#ifndef HF_TEST_WEBKIT_H
#define HF_TEST_WEBKIT_H

#include <openssl/ssl.h>

#include "server/server.h"

/* A server in this process, and clients of it. */

struct web {
	char dir[32];
	char cert[64], key[64], sock[64];
	uint16_t port;
	struct hf_server s;
};

/* A self-signed P-256 certificate for 127.0.0.1, ending in so many days. */
void web_make_cert(const char *cert, const char *key, int days);
/*
 * Files, sockets and threads; routes and times are the test's.  Each of
 * these asserts that it works.
 */
struct web *web_start(const struct hf_route *routes, size_t n,
    const struct hf_times *times, size_t per_address, int workers);
void web_stop(struct web *w, int patience_ms);	/* threads only */
void web_free(struct web *w);

struct client {
	int fd;
	SSL *ssl;		/* NULL before the handshake */
	char buf[65536];	/* what was received and not taken */
	size_t n;
};
struct client *client_tcp(const struct web *w);
/* Connected and shaken hands. */
struct client *client_new(const struct web *w);
void client_free(struct client *c);
void client_send(struct client *c, const char *text);
void client_send_bytes(struct client *c, const void *p, size_t n);
/*
 * The next whole answer; false at end of file or after timeout_ms.  body is
 * NUL-terminated and lives until the next call.
 */
struct answer {
	int status;
	char head[4096];
	char *body;
	size_t body_n;
};
bool client_answer(struct client *c, int timeout_ms, struct answer *a);
/* True: the server closed within timeout_ms and sent nothing more. */
bool client_is_closed(struct client *c, int timeout_ms);

#endif
