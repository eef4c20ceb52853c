#include <string.h>

#include "cardreader/card.h"

/*
 * The number that a contactless card shows to everybody: GET DATA of PC/SC
 * part 3, section 3.2.2.1.3.  It is a user name, not a proof.
 */

static const uint8_t get_uid[] = { 0xff, 0xca, 0x00, 0x00, 0x00 };

#define UID_MAX 16

/* Lengths that a number of each kind may have. */
static const struct {
	enum hf_card_kind kind;
	size_t lengths[3];	/* 0: none */
} lengths[] = {
	{ HF_CARD_14443A, { 4, 7, 10 } },	/* ISO/IEC 14443-3, 6.5.4 */
	{ HF_CARD_14443B, { 4 } },		/* PUPI */
	{ HF_CARD_FELICA, { 8 } },		/* IDm */
};

static bool
length_is_right(enum hf_card_kind kind, size_t n)
{
	size_t i, k;

	for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		if (lengths[i].kind != kind)
			continue;
		for (k = 0; k < 3; k++)
			if (lengths[i].lengths[k] == n)
				return true;
		return false;
	}
	return n >= 4 && n <= UID_MAX;
}

/* All bytes zero or all FF: an empty field or a stuck line, not a number. */
static bool
is_blank(struct hf_view uid)
{
	size_t i;

	for (i = 1; i < uid.n; i++)
		if (uid.p[i] != uid.p[0])
			return false;
	return uid.p[0] == 0x00 || uid.p[0] == 0xff;
}

static int
check(enum hf_card_kind kind, struct hf_view uid, struct hf_err *e)
{
	if (!length_is_right(kind, uid.n))
		return hf_fail(e, HF_EINPUT,
		    "the card's number has %zu bytes", uid.n);
	if (is_blank(uid))
		return hf_fail(e, HF_EINPUT, "the card's number is blank");
	/*
	 * ISO/IEC 14443-3: a single size UID that begins with 08 is drawn
	 * anew at every touch (telephones, passports, some DESFire).
	 */
	if (kind == HF_CARD_14443A && uid.n == 4 && uid.p[0] == 0x08)
		return hf_fail(e, HF_ENOTFOUND, "this card shows another "
		    "number at every touch and cannot be a badge");
	return 0;
}

static bool
any(const struct hf_card *card)
{
	(void)card;
	return true;
}

static int
read_uid(const struct hf_card *card, struct hf_credential *out,
    struct hf_err *e)
{
	struct hf_buf data;
	struct hf_view uid;
	uint16_t sw;
	int rc = -1;

	hf_buf_init(&data, UID_MAX);
	if (hf_apdu_ask(&card->link, hf_view_of(get_uid, sizeof get_uid),
	    &data, &sw, e) == -1)
		goto out;
	if (sw != HF_SW_OK && sw != HF_SW_END_REACHED) {
		hf_fail(e, HF_ENOTFOUND, "%s (status %04x)",
		    hf_apdu_sw_text(sw), sw);
		goto out;
	}
	uid = hf_buf_view(&data);
	if (uid.n == 0) {
		hf_fail(e, HF_EINPUT, "the card's number has 0 bytes");
		goto out;
	}
	out->kind = hf_atr_kind(&card->atr, uid.n);
	if (check(out->kind, uid, e) == -1)
		goto out;
	out->bits = (uint16_t)(8 * uid.n);
	memcpy(out->raw, uid.p, uid.n);
	rc = 0;
out:
	hf_buf_clear(&data);
	return rc;
}

const struct hf_card_driver hf_card_uid = { "uid", any, read_uid };
