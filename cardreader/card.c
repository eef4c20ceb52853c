#include "cardreader/card.h"

#include <string.h>

/* In the order in which they are asked; the last one takes any card. */
static const struct hf_card_driver *const drivers[] = {
	&hf_card_uid,
};

int
hf_card_read(const struct hf_card *card, struct hf_credential *out,
    struct hf_err *e)
{
	size_t i;

	memset(out, 0, sizeof *out);
	for (i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
		if (!drivers[i]->is(card))
			continue;
		if (drivers[i]->read(card, out, e) == 0)
			return 0;
		hf_credential_clear(out);
		return -1;
	}
	return hf_fail(e, HF_ENOTFOUND, "this kind of card is not known here");
}
