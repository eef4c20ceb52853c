#ifndef HF_SHA256_H
#define HF_SHA256_H

#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

#define HF_SHA256_LEN 32

/*
 * SHA-256 from libcrypto: 1.7 times as fast here as libsodium's, where the
 * processor has the instructions.  Cannot fail.  For a few kilobytes, or in a
 * program that does not link libcrypto, crypto_hash_sha256 does as well.
 */
struct hf_sha256 {
	SHA256_CTX ctx;
};
void hf_sha256_init(struct hf_sha256 *h);
void hf_sha256_update(struct hf_sha256 *h, const void *p, size_t n);
void hf_sha256_final(struct hf_sha256 *h, uint8_t out[static HF_SHA256_LEN]);

#endif
