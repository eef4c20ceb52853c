#ifndef HF_TLS_H
#define HF_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "lib/err.h"

/*
 * Our side of TLS: certificate, key and policy (doc/http.md).  The
 * certificate can be replaced while connections live: they keep what they
 * began with, new ones get the new one.  Safe to call from every thread.
 */
struct hf_tls;

/* What is in use, for the log. */
struct hf_tls_info {
	char sha256[65];	/* of the certificate, hex */
	char pin[80];		/* "sha256//…" of its SubjectPublicKeyInfo */
	char not_after[32];	/* 2027-01-31T12:00:00Z */
};

/*
 * PEM files: the certificate with its chain, leaf first, and its private key
 * without a passphrase.  HF_ECONFIG where they cannot be read or do not
 * belong together.
 */
struct hf_tls *hf_tls_new(const char *certificate, const char *key,
    struct hf_err *e) HF_MUST_USE;
void hf_tls_free(struct hf_tls *t);
/*
 * Read the same files again.  On failure everything stays as it was.
 * *new_key: the public key is another than before; *shorter: the new
 * certificate ends before the old one (CUPS clients refuse that).
 */
int hf_tls_reload(struct hf_tls *t, bool *new_key, bool *shorter,
    struct hf_err *e) HF_MUST_USE;
void hf_tls_info(struct hf_tls *t, struct hf_tls_info *out);

/* A server's session over fd, which stays the caller's. HF_ENOMEM. */
SSL *hf_tls_accept(struct hf_tls *t, int fd, struct hf_err *e) HF_MUST_USE;

#endif
