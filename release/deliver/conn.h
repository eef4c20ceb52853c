#ifndef HF_CONN_H
#define HF_CONN_H

#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "release/common/unseal.h"
#include "release/deliver/uri.h"

/*
 * One connection to a printer: HTTP/1.1 POST of application/ipp, one exchange
 * at a time, kept open between them.  TLS is OpenSSL's, and nothing is sent
 * before the printer has shown the registered public key.  No redirects, no
 * proxies, no second try: what was asked is sent once or not at all, because
 * a Create-Job or a document that is sent again by itself is a page printed
 * twice.  (libcurl sends a request again where a kept connection ends without
 * an answer, and so does libcups.)
 */
struct hf_conn;

struct hf_peer {		/* whom to talk to; borrowed */
	const char *name;	/* "p3", for sentences */
	const struct hf_uri *uri;
	const char *pin;	/* "sha256//…"; must be set for TLS */
};

enum hf_sent {
	HF_SENT_NOTHING,	/* no byte of the request has left */
	HF_SENT_SOME,
	HF_SENT_ALL
};

struct hf_reply {
	int rc;			/* 0: body is IPP; -1: err */
	struct hf_err err;
	struct hf_view body;	/* borrowed for the call */
	enum hf_sent sent;
	bool stale;		/* a kept connection ended without an answer */
};

/* One request; the caller's until done is called. */
struct hf_exchange {
	struct hf_view ipp;		/* attributes */
	struct hf_unsealer *doc;	/* or NULL */
	uint64_t doc_bytes;
	int deadline_ms;		/* of the whole; 0 none */
	bool keep;			/* only over the connection as it is */
	void (*done)(void *arg, const struct hf_reply *r);
	void *arg;
	enum hf_sent sent;		/* out: how far it has come */
	uint64_t doc_sent;		/* out */
};

struct hf_conn *hf_conn_new(struct event_base *base, SSL_CTX *tls,
    const struct hf_peer *peer, struct hf_err *e) HF_MUST_USE;
void hf_conn_free(struct hf_conn *c);
bool hf_conn_is_busy(const struct hf_conn *c);
/* Which connection this is, counted from 1; 0 while there is none. */
unsigned hf_conn_serial(const struct hf_conn *c);
/* Take up x, connecting first where needed; done is called from the loop. */
void hf_conn_ask(struct hf_conn *c, struct hf_exchange *x);
/* Close; an exchange under way is forgotten and its done not called. */
void hf_conn_drop(struct hf_conn *c);
/* The peer has changed: keep no connection beyond the exchange under way. */
void hf_conn_forget(struct hf_conn *c);
/* The certificate last seen was past its end (a pinned key is no less ours). */
bool hf_conn_is_expired(const struct hf_conn *c);

#endif
