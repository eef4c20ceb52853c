#ifndef HF_SITEKEY_H
#define HF_SITEKEY_H

#include <stdint.h>

#include "lib/err.h"

/* keys/site.pub: the site's Ed25519 public key, 64 hex digits. */
int hf_site_key_load(const char *keys, uint8_t pk[static 32],
    struct hf_err *e) HF_MUST_USE;

#endif
