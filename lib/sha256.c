/*
 * The low-level calls, although OpenSSL 3 deprecates them: EVP_… linked
 * statically would drag providers, ASN.1 and configuration into the backend
 * (4 MB and 2 ms a start); these need the hash and nothing else.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "lib/sha256.h"

void
hf_sha256_init(struct hf_sha256 *h)
{
	SHA256_Init(&h->ctx);
}

void
hf_sha256_update(struct hf_sha256 *h, const void *p, size_t n)
{
	SHA256_Update(&h->ctx, p, n);
}

void
hf_sha256_final(struct hf_sha256 *h, uint8_t out[static HF_SHA256_LEN])
{
	SHA256_Final(out, &h->ctx);
}
