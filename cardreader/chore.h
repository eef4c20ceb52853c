#ifndef HF_CHORE_H
#define HF_CHORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/tap.h"

/*
 * A thing that the station does again and again until it succeeds: looking
 * whether the server is there, fetching nonces, fetching the key list.  After
 * a failure it waits: 100 ms first, 2 s at most (so that a server that is
 * back is found within 2 s), more or less by a quarter so that the stations
 * of a site do not all come at once.  Times are milliseconds of hf_now_ms.
 */
struct hf_chore {
	bool running;
	uint64_t not_before;
	unsigned failures;	/* in a row */
};

bool hf_chore_is_due(const struct hf_chore *c, bool wanted, uint64_t now);
void hf_chore_begin(struct hf_chore *c);
void hf_chore_end(struct hf_chore *c, bool ok, uint64_t now);
/* Not before now + ms, whatever the failures say. */
void hf_chore_pause(struct hf_chore *c, uint64_t now, uint64_t ms);
/* At once: somebody stands there and waits. */
void hf_chore_hurry(struct hf_chore *c);
/* The pause after so many failures, without the random part. Pure. */
uint64_t hf_chore_backoff(unsigned failures);

/* Nonces fetched ahead, the oldest first; too old ones are never given. */
#define HF_STOCK_MAX 8		/* as many as the release service keeps */

struct hf_stock {
	size_t n;
	struct {
		uint8_t nonce[HF_NONCE_LEN];
		uint64_t until;	/* ms */
	} s[HF_STOCK_MAX];
};

/* The oldest goes where it is full. */
void hf_stock_add(struct hf_stock *st, const uint8_t nonce[static HF_NONCE_LEN],
    uint64_t until);
/* How many are good at `now`; forgets the others. */
size_t hf_stock_count(struct hf_stock *st, uint64_t now);
bool hf_stock_take(struct hf_stock *st, uint64_t now,
    uint8_t out[static HF_NONCE_LEN]);
void hf_stock_clear(struct hf_stock *st);

#endif
