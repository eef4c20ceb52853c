#include "cardreader/atr.h"

#include <string.h>

/* RID of the PC/SC workgroup, before SS and the card name. */
static const uint8_t pcsc_rid[] = { 0xa0, 0x00, 0x00, 0x03, 0x06 };

/* PC/SC part 3 supplement, table of standards (SS). */
static const struct {
	uint8_t least;
	uint8_t most;
	enum hf_card_kind kind;
} standards[] = {
	{ 0x01, 0x03, HF_CARD_14443A },
	{ 0x05, 0x07, HF_CARD_14443B },
	{ 0x09, 0x0c, HF_CARD_OTHER },	/* ISO/IEC 15693 */
	{ 0x11, 0x11, HF_CARD_FELICA },
};

/* Card names that decide, whatever a reader puts into SS. */
static const struct {
	uint16_t card;
	enum hf_card_kind kind;
} cards[] = {
	{ 0x0001, HF_CARD_14443A },	/* MIFARE Classic 1K */
	{ 0x0002, HF_CARD_14443A },	/* MIFARE Classic 4K */
	{ 0x0003, HF_CARD_14443A },	/* MIFARE Ultralight, NTAG */
	{ 0x0026, HF_CARD_14443A },	/* MIFARE Mini */
	{ 0x0036, HF_CARD_14443A },	/* MIFARE Plus SL1 2K */
	{ 0x0037, HF_CARD_14443A },	/* MIFARE Plus SL1 4K */
	{ 0x0038, HF_CARD_14443A },	/* MIFARE Plus SL2 2K */
	{ 0x0039, HF_CARD_14443A },	/* MIFARE Plus SL2 4K */
	{ 0x003a, HF_CARD_14443A },	/* MIFARE Ultralight C */
	{ 0x003b, HF_CARD_FELICA },
	{ 0xf004, HF_CARD_14443A },	/* Topaz, Jewel (ACR122U) */
	{ 0xf011, HF_CARD_FELICA },	/* FeliCa 212K (ACR122U, with SS 03) */
	{ 0xf012, HF_CARD_FELICA },	/* FeliCa 424K (ACR122U, with SS 03) */
};

/* Step over TA TB TC TD; *t0 says which protocols follow. */
static int
skip_interface_bytes(struct hf_view *v, uint8_t td, bool *check_byte,
    struct hf_err *e)
{
	uint8_t next = td;
	struct hf_view skipped;
	size_t n;

	*check_byte = false;
	while ((next & 0xf0) != 0) {
		n = (size_t)((next >> 4 & 1) + (next >> 5 & 1) +
		    (next >> 6 & 1));
		if (hf_get_view(v, n, &skipped, e) == -1)
			return -1;
		if ((next & 0x80) == 0)
			break;
		if (hf_get_u8(v, &next, e) == -1)
			return -1;
		if ((next & 0x0f) != 0)
			*check_byte = true;	/* only T=0 alone has none */
	}
	return 0;
}

static bool
checks(struct hf_view in)
{
	uint8_t x = 0;
	size_t i;

	for (i = 1; i < in.n; i++)
		x ^= in.p[i];
	return x == 0;
}

/* 80 4F 0C RID SS NN NN 00 00 00 00 */
static void
storage_card(struct hf_atr *a)
{
	const uint8_t *h = a->historical.p;

	if (a->historical.n < 11 || h[0] != 0x80 || h[1] != 0x4f ||
	    h[2] < 8 || memcmp(h + 3, pcsc_rid, sizeof pcsc_rid) != 0)
		return;
	a->storage = true;
	a->standard = h[8];
	a->card = (uint16_t)(h[9] << 8 | h[10]);
}

int
hf_atr_parse(struct hf_view in, struct hf_atr *out, struct hf_err *e)
{
	struct hf_atr a = { 0 };
	struct hf_view v = in;
	uint8_t ts, t0;
	bool check_byte;

	if (in.n > HF_ATR_MAX)
		return hf_fail(e, HF_EINPUT, "an ATR of %zu bytes", in.n);
	if (hf_get_u8(&v, &ts, e) == -1 || hf_get_u8(&v, &t0, e) == -1 ||
	    skip_interface_bytes(&v, t0, &check_byte, e) == -1 ||
	    hf_get_view(&v, t0 & 0x0f, &a.historical, e) == -1)
		return hf_wrap(e, "ATR");
	if (ts != 0x3b && ts != 0x3f)
		return hf_fail(e, HF_EINPUT, "ATR: begins with %02x", ts);
	if (v.n != (check_byte ? 1u : 0u))
		return hf_fail(e, HF_EINPUT, "ATR: of a wrong length");
	if (check_byte && !checks(in))
		return hf_fail(e, HF_EINPUT, "ATR: its check byte is wrong");
	/* 3B 8n 80 01: no TA1 TB1 TC1, T=0 then T=1 */
	a.contactless = in.n >= 5 && ts == 0x3b && (t0 & 0xf0) == 0x80 &&
	    in.p[2] == 0x80 && in.p[3] == 0x01;
	if (a.contactless)
		storage_card(&a);
	*out = a;
	return 0;
}

static enum hf_card_kind
storage_kind(const struct hf_atr *a)
{
	size_t i;

	for (i = 0; i < sizeof cards / sizeof cards[0]; i++)
		if (cards[i].card == a->card)
			return cards[i].kind;
	for (i = 0; i < sizeof standards / sizeof standards[0]; i++)
		if (a->standard >= standards[i].least &&
		    a->standard <= standards[i].most)
			return standards[i].kind;
	return HF_CARD_OTHER;
}

/*
 * ATQB in the ATR: application data 4, protocol information 3, then the
 * MBLI in the high half of a byte whose low half is zero; its second protocol
 * byte has the card's largest frame (0 to 8) and "supports 14443-4" set.
 */
static bool
is_atqb(struct hf_view h)
{
	return h.n == 8 && (h.p[7] & 0x0f) == 0 && h.p[5] >> 4 <= 8 &&
	    (h.p[5] & 0x0f) == 1;
}

enum hf_card_kind
hf_atr_kind(const struct hf_atr *a, size_t n)
{
	if (!a->contactless)
		return HF_CARD_OTHER;
	if (a->storage)
		return storage_kind(a);
	if (n == 7 || n == 10)
		return HF_CARD_14443A;
	if (n == 4)
		return is_atqb(a->historical) ? HF_CARD_14443B
					      : HF_CARD_14443A;
	return HF_CARD_OTHER;
}
