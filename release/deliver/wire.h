#ifndef HF_WIRE_H
#define HF_WIRE_H

#include <netdb.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"

/*
 * Bytes to and from a printer: a TCP socket that does not block, with TLS on
 * it or without.  What a call has to wait for it says in want_read and
 * want_write, which the caller clears.
 */
struct hf_wire {
	int fd;			/* -1: closed */
	SSL *ssl;		/* NULL: plain */
	size_t flushed;		/* of what the write BIO holds */
	bool want_read, want_write;
};

#define HF_WIRE_END (-2)

/* TLS settings for all wires; made before the sandbox. */
SSL_CTX *hf_wire_tls(struct hf_err *e) HF_MUST_USE;

void hf_wire_init(struct hf_wire *w);
void hf_wire_close(struct hf_wire *w);
/* Begin to connect. -1: not even that. */
int hf_wire_dial(struct hf_wire *w, const struct addrinfo *to) HF_MUST_USE;
/* Once writable: has it come about? */
bool hf_wire_is_connected(const struct hf_wire *w);
/* TLS from here on; `host` becomes the server name if it is one. */
int hf_wire_start_tls(struct hf_wire *w, SSL_CTX *ctx, const char *host)
    HF_MUST_USE;
/* 1: done; 0: wait; -1: broken. */
int hf_wire_handshake(struct hf_wire *w) HF_MUST_USE;
/*
 * n > 0: bytes taken; 0: wait; -1: broken.  What TLS makes of them is collected
 * and goes out many records at a time, when enough is there or at
 * hf_wire_flush: a printer that is woken for each record spends more time
 * waking than reading.
 */
ssize_t hf_wire_put(struct hf_wire *w, const void *p, size_t n) HF_MUST_USE;
/* 0: nothing is left to send, or wait (hf_wire_has_unsent); -1: broken. */
int hf_wire_flush(struct hf_wire *w) HF_MUST_USE;
bool hf_wire_has_unsent(const struct hf_wire *w);
/* n > 0: bytes read; 0: wait; HF_WIRE_END; -1: broken. */
ssize_t hf_wire_take(struct hf_wire *w, void *p, size_t n) HF_MUST_USE;

#endif
