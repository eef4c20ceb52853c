#ifndef HF_ATR_H
#define HF_ATR_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/tap.h"

/*
 * What kind of card lies on a reader, by the answer to reset.  A contactless
 * reader makes one up as PC/SC part 3, section 3.1.3.2.3 says: a storage card
 * names its standard and its card name, a processor card (ISO/IEC 14443-4)
 * shows the historical bytes of its ATS (type A) or its ATQB (type B).
 */
struct hf_atr {
	bool contactless;	/* by the form of the ATR */
	bool storage;		/* names standard and card, as below */
	uint8_t standard;	/* SS; 0: not said */
	uint16_t card;		/* card name NN NN, 0: not said */
	struct hf_view historical;
};

#define HF_ATR_MAX 33

/*
 * Take an ATR apart (ISO/IEC 7816-3, section 8.2).  `historical` borrows.
 * HF_EINPUT where its lengths or its check byte are wrong.  Pure.
 */
int hf_atr_parse(struct hf_view in, struct hf_atr *out, struct hf_err *e)
    HF_MUST_USE;
/*
 * The kind of a contactless card whose number has n bytes.  It is part of the
 * badge hash, so that the same card must get the same kind at every reader:
 * what is not sure becomes HF_CARD_OTHER.
 */
enum hf_card_kind hf_atr_kind(const struct hf_atr *a, size_t n);

#endif
