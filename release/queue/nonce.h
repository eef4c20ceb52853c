#ifndef HF_NONCE_H
#define HF_NONCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/tap.h"

/*
 * The unused nonces of one reader: at most 8, each good once and for 10
 * minutes.  Times are monotonic milliseconds, given by the caller.
 */
#define HF_NONCES 8
#define HF_NONCE_VALID_MS (600 * 1000)

struct hf_nonces {
	struct {
		uint8_t nonce[HF_NONCE_LEN];
		int64_t until_ms;	/* 0: free */
	} slot[HF_NONCES];
};

/* A new random one; where all places are taken the oldest is lost. */
void hf_nonce_issue(struct hf_nonces *n, int64_t now_ms,
    uint8_t out[static HF_NONCE_LEN]);
/* True once for one that was issued and is not older than 10 minutes. */
bool hf_nonce_take(struct hf_nonces *n, int64_t now_ms,
    const uint8_t nonce[static HF_NONCE_LEN]);

#endif
