#ifndef HF_CARD_H
#define HF_CARD_H

#include <stdbool.h>

#include "cardreader/apdu.h"
#include "cardreader/atr.h"
#include "lib/tap.h"

/*
 * The kinds of card that we can read, one file card_*.c each.  A driver is
 * chosen by the ATR (and by asking the card, where its `is` does); it fills
 * kind, bits and raw, and pin and proof where the card has them.  Reader id
 * and nonce are filled in by the station, which alone knows them.
 */
struct hf_card {
	struct hf_card_link link;
	struct hf_atr atr;
};

struct hf_card_driver {
	const char *name;
	bool (*is)(const struct hf_card *card);
	/*
	 * HF_EPEER: the card is gone; HF_EINPUT: it answers nonsense;
	 * HF_ENOTFOUND: it is a card that cannot serve as a badge.
	 */
	int (*read)(const struct hf_card *card, struct hf_credential *out,
	    struct hf_err *e);
};

/* Longest that reading a card may take, all its commands together. */
#define HF_CARD_BUDGET_MS 3000

extern const struct hf_card_driver hf_card_uid;

/*
 * Read the card with the first driver that says it is its own.  *out is wiped
 * on failure.  Blocks as long as link.send does.
 */
int hf_card_read(const struct hf_card *card, struct hf_credential *out,
    struct hf_err *e) HF_MUST_USE;

#endif
