#ifndef HF_TRIES_H
#define HF_TRIES_H

#include "lib/err.h"

#include <stdint.h>

/*
 * How often a secret may be tried.  Counted before it is checked, for the
 * name at that address, for the name and for the address; each has its own
 * limit and its own pause.  Memory is fixed: names and addresses that nobody
 * has are counted like any other, two may share a counter, and nothing that a
 * stranger sends makes an old count go away before its time.
 */
#define HF_TRIES_CELLS 4096

struct hf_tries_cell {
	uint32_t n;
	int64_t until_ms;	/* the count is forgotten then */
};
struct hf_tries {
	uint8_t key[16];	/* of the hash that spreads them */
	struct hf_tries_cell cells[3][HF_TRIES_CELLS];
};

void hf_tries_init(struct hf_tries *t);
/* Count one.  HF_ELIMIT, with the seconds to wait in *wait_s: not now. */
int hf_tries_begin(struct hf_tries *t, const char *name, const char *address,
    int64_t now_ms, unsigned *wait_s, struct hf_err *e) HF_MUST_USE;
/* It was the right one: this name at this address starts afresh. */
void hf_tries_good(struct hf_tries *t, const char *name, const char *address);

#endif
