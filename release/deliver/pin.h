#ifndef HF_PIN_H
#define HF_PIN_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "lib/err.h"

#define HF_PIN_TEXT 53	/* "sha256//", 44 characters of base64, NUL */

/* The pin of a certificate's public key: SHA-256 of its SPKI (RFC 7469). */
int hf_pin_of(const X509 *cert, char out[static HF_PIN_TEXT],
    struct hf_err *e) HF_MUST_USE;
/* True where the pin stands in the list (separated by ';'). */
bool hf_pin_is_in(const char *pin, const char *list);

#endif
