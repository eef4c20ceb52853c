#include "release/queue/nonce.h"

#include <sodium.h>
#include <string.h>

/* A free or outworn place, else the one that ends first. */
static size_t
pick(const struct hf_nonces *n, int64_t now_ms)
{
	size_t i, first = 0;

	for (i = 0; i < HF_NONCES; i++) {
		if (n->slot[i].until_ms <= now_ms)
			return i;
		if (n->slot[i].until_ms < n->slot[first].until_ms)
			first = i;
	}
	return first;
}

void
hf_nonce_issue(struct hf_nonces *n, int64_t now_ms,
    uint8_t out[static HF_NONCE_LEN])
{
	size_t i = pick(n, now_ms);

	randombytes_buf(n->slot[i].nonce, HF_NONCE_LEN);
	n->slot[i].until_ms = now_ms + HF_NONCE_VALID_MS;
	memcpy(out, n->slot[i].nonce, HF_NONCE_LEN);
}

bool
hf_nonce_take(struct hf_nonces *n, int64_t now_ms,
    const uint8_t nonce[static HF_NONCE_LEN])
{
	size_t i;

	for (i = 0; i < HF_NONCES; i++) {
		if (n->slot[i].until_ms <= now_ms ||
		    sodium_memcmp(n->slot[i].nonce, nonce, HF_NONCE_LEN) != 0)
			continue;
		memset(&n->slot[i], 0, sizeof n->slot[i]);
		return true;
	}
	return false;
}
