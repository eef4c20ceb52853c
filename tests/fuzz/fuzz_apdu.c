/* link: cardreader/apdu.c cardreader/atr.c cardreader/card.c cardreader/card_uid.c lib/tap.c lib/buf.c lib/err.c lib/id.c */
/*
 * A card that answers what it likes: the first bytes are its answer to reset,
 * the rest its answers in turn, each with its length in front.  Whatever is
 * read as a number must be one that a tap can carry, and a card is asked only
 * a bounded number of times.
 */
#include <stdint.h>
#include <stdlib.h>

#include "cardreader/card.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct card {
	struct hf_view rest;
	unsigned asked;
};

static int
answer(void *arg, struct hf_view command, struct hf_buf *out, struct hf_err *e)
{
	struct card *c = arg;
	struct hf_view a;

	(void)command;
	if (c->asked++ > 40)
		abort();
	if (hf_get_var(&c->rest, HF_APDU_ANSWER_MAX, &a, e) == -1)
		return -1;
	return hf_put_bytes(out, a.p, a.n, e);
}

static void
check(const struct hf_credential *c)
{
	struct hf_credential back;
	struct hf_buf b;

	hf_buf_init(&b, 4096);
	if (hf_credential_put(&b, c, NULL) == -1 ||
	    hf_credential_get(hf_buf_view(&b), &back, NULL) == -1)
		abort();
	hf_buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct card script = { .rest = { p, n } };
	struct hf_credential c;
	struct hf_view atr, data;
	struct hf_card card = { .link = { answer, &script } };
	uint16_t sw;

	(void)hf_apdu_decode(hf_view_of(p, n), &data, &sw, NULL);
	if (hf_get_var(&script.rest, 64, &atr, NULL) == -1 ||
	    hf_atr_parse(atr, &card.atr, NULL) == -1)
		return 0;
	if (hf_card_read(&card, &c, NULL) == 0)
		check(&c);
	return 0;
}
