#include "release/queue/tries.h"

#include <sodium.h>
#include <string.h>

#define WINDOW_MS (15 * 60 * 1000)

/*
 * Five mistakes of somebody at their own desk; thirty of all who come from
 * one address (a proxy, a school); fifty against one name from everywhere,
 * so that a stranger cannot keep a person out cheaply.
 */
enum { PAIR, NAME, ADDRESS, KINDS };
static const struct {
	uint32_t most;
	int64_t pause_ms;
} limits[KINDS] = {
	[PAIR] = { 5, 60 * 1000 },
	[NAME] = { 50, 60 * 1000 },
	[ADDRESS] = { 30, 60 * 1000 },
};

void
hf_tries_init(struct hf_tries *t)
{
	memset(t, 0, sizeof *t);
	randombytes_buf(t->key, sizeof t->key);
}

static struct hf_tries_cell *
cell(struct hf_tries *t, int kind, const char *name, const char *address)
{
	uint8_t in[2 * 256 + 2], hash[crypto_shorthash_BYTES];
	size_t n = kind == ADDRESS ? 0 : strnlen(name, 256);
	size_t a = kind == NAME ? 0 : strnlen(address, 256);
	uint32_t i;

	in[0] = (uint8_t)kind;
	memcpy(in + 1, name, n);
	in[1 + n] = 0;
	memcpy(in + 2 + n, address, a);
	crypto_shorthash(hash, in, 2 + n + a, t->key);
	memcpy(&i, hash, sizeof i);
	return &t->cells[kind][i % HF_TRIES_CELLS];
}

int
hf_tries_begin(struct hf_tries *t, const char *name, const char *address,
    int64_t now_ms, unsigned *wait_s, struct hf_err *e)
{
	struct hf_tries_cell *c[KINDS];
	int64_t wait_ms = 0;
	int k;

	for (k = 0; k < KINDS; k++) {
		c[k] = cell(t, k, name, address);
		if (c[k]->until_ms <= now_ms)
			c[k]->n = 0;
		if (c[k]->n >= limits[k].most &&
		    c[k]->until_ms - now_ms > wait_ms)
			wait_ms = c[k]->until_ms - now_ms;
	}
	if (wait_ms > 0) {
		*wait_s = (unsigned)((wait_ms + 999) / 1000);
		return hf_fail(e, HF_ELIMIT,
		    "too many tries: wait %u seconds, then try again",
		    *wait_s);
	}
	for (k = 0; k < KINDS; k++) {
		c[k]->n++;
		c[k]->until_ms = now_ms + (c[k]->n >= limits[k].most
			? limits[k].pause_ms
			: WINDOW_MS);
	}
	return 0;
}

void
hf_tries_good(struct hf_tries *t, const char *name, const char *address)
{
	int k;

	cell(t, PAIR, name, address)->n = 0;
	/* The others lose this one: people who log in often are no attack. */
	for (k = NAME; k < KINDS; k++)
		if (cell(t, k, name, address)->n > 0)
			cell(t, k, name, address)->n--;
}
