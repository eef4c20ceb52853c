#include "cardreader/chore.h"

#include <sodium.h>
#include <string.h>

static const uint64_t pauses_ms[] = { 0, 100, 250, 500, 1000, 2000 };
#define N_PAUSES (sizeof pauses_ms / sizeof pauses_ms[0])

uint64_t
hf_chore_backoff(unsigned failures)
{
	return pauses_ms[failures < N_PAUSES ? failures : N_PAUSES - 1];
}

bool
hf_chore_is_due(const struct hf_chore *c, bool wanted, uint64_t now)
{
	return wanted && !c->running && now >= c->not_before;
}

void
hf_chore_begin(struct hf_chore *c)
{
	c->running = true;
}

void
hf_chore_end(struct hf_chore *c, bool ok, uint64_t now)
{
	uint64_t pause;

	c->running = false;
	c->failures = ok ? 0 : c->failures + 1;
	pause = hf_chore_backoff(c->failures);
	if (pause > 0)	/* three to four quarters of it */
		pause -= randombytes_uniform((uint32_t)(pause / 4));
	c->not_before = now + pause;
}

void
hf_chore_pause(struct hf_chore *c, uint64_t now, uint64_t ms)
{
	c->not_before = now + ms;
}

void
hf_chore_hurry(struct hf_chore *c)
{
	c->not_before = 0;
}

static void
drop_first(struct hf_stock *st)
{
	st->n--;
	memmove(&st->s[0], &st->s[1], st->n * sizeof st->s[0]);
}

void
hf_stock_add(struct hf_stock *st, const uint8_t nonce[static HF_NONCE_LEN],
    uint64_t until)
{
	if (st->n == HF_STOCK_MAX)
		drop_first(st);
	memcpy(st->s[st->n].nonce, nonce, HF_NONCE_LEN);
	st->s[st->n].until = until;
	st->n++;
}

size_t
hf_stock_count(struct hf_stock *st, uint64_t now)
{
	size_t i, kept = 0;

	for (i = 0; i < st->n; i++)
		if (now < st->s[i].until)
			st->s[kept++] = st->s[i];
	st->n = kept;
	return kept;
}

bool
hf_stock_take(struct hf_stock *st, uint64_t now,
    uint8_t out[static HF_NONCE_LEN])
{
	if (hf_stock_count(st, now) == 0)
		return false;
	memcpy(out, st->s[0].nonce, HF_NONCE_LEN);
	drop_first(st);
	return true;
}

void
hf_stock_clear(struct hf_stock *st)
{
	sodium_memzero(st, sizeof *st);
}
