#ifndef HF_PEM_H
#define HF_PEM_H

#include <openssl/x509.h>
#include <stdint.h>

#include "lib/buf.h"

/* Certificates: their public keys' fingerprints, and making one. */
#define HF_PIN_TEXT 53	/* "sha256//", 44 characters of base64, NUL */

/* SHA-256 of the SubjectPublicKeyInfo (RFC 7469). */
int hf_cert_spki(const X509 *cert, uint8_t out[static 32], struct hf_err *e)
    HF_MUST_USE;
/* "sha256//BASE64" of 32 bytes. */
void hf_pin_format(const uint8_t spki[static 32], char out[static HF_PIN_TEXT]);
bool hf_pin_is(const char *s);
/* The first certificate of a PEM file or text; the caller frees it. */
X509 *hf_pem_load(const char *path, struct hf_err *e) HF_MUST_USE;
X509 *hf_pem_parse(struct hf_view pem, struct hf_err *e) HF_MUST_USE;
/* SPKI SHA-256 of the first certificate of a file. */
int hf_pem_spki(const char *path, uint8_t out[static 32], struct hf_err *e)
    HF_MUST_USE;
/* Seconds since 1970 at which it ends. */
int hf_cert_end(const X509 *cert, int64_t *out, struct hf_err *e) HF_MUST_USE;

/*
 * A self-signed P-256 certificate for a server: `names` become its
 * subjectAltNames (addresses as IP), the first its CN.  PEM of certificate
 * and private key are appended.
 */
int hf_pem_make(const char *const *names, size_t n, int days,
    struct hf_buf *cert, struct hf_buf *key, struct hf_err *e) HF_MUST_USE;

#endif
