/* link: cardreader/atr.c */
#include "cardreader/atr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct hf_err err;

/* Real answers to reset, with the length of the number and what it is. */
static const struct {
	const char *name;
	const char *atr;
	size_t n;
	enum hf_card_kind kind;
} table[] = {
	{ "MIFARE Classic 1K",
	    "3B8F8001804F0CA000000306030001000000006A", 4, HF_CARD_14443A },
	{ "MIFARE Classic 4K",
	    "3B8F8001804F0CA0000003060300020000000069", 4, HF_CARD_14443A },
	{ "MIFARE Ultralight, NTAG",
	    "3B8F8001804F0CA0000003060300030000000068", 7, HF_CARD_14443A },
	{ "MIFARE Mini",
	    "3B8F8001804F0CA000000306030026000000004D", 4, HF_CARD_14443A },
	{ "ISO 14443 A part 3, no name",
	    "3B8F8001804F0CA000000306030000000000006B", 7, HF_CARD_14443A },
	{ "ISO 14443 B part 3, no name",
	    "3B8F8001804F0CA000000306070000000000006F", 4, HF_CARD_14443B },
	{ "ISO 15693 part 3 (ICODE)",
	    "3B8F8001804F0CA0000003060B00140000000077", 8, HF_CARD_OTHER },
	{ "FeliCa, PC/SC 2.01.14",
	    "3B8F8001804F0CA00000030611003B0000000042", 8, HF_CARD_FELICA },
	{ "FeliCa 212K on an ACR122U",
	    "3B8F8001804F0CA00000030603F011000000008A", 8, HF_CARD_FELICA },
	{ "DESFire EV1", "3B8180018080", 7, HF_CARD_14443A },
	{ "DESFire EV1, random number", "3B8180018080", 4, HF_CARD_14443A },
	{ "JCOP 41 (type A)", "3B8A80014A434F503431563232317F", 4,
	    HF_CARD_14443A },
	{ "PIV by contact", "3BF81300008131FE15597562696B657934D4", 7,
	    HF_CARD_OTHER },
	{ "SIM, T=0 only", "3B3F94008069AF030701001400000E833E9F16", 4,
	    HF_CARD_OTHER },
};

static struct hf_view
bytes(const char *hex, uint8_t out[64])
{
	size_t n = strlen(hex) / 2;

	assert_int_equal(hf_unhex(out, n, hex, &err), 0);
	return hf_view_of(out, n);
}

static void
cards_are_known_by_their_atr(void **state)
{
	uint8_t raw[64];
	struct hf_atr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof table[0]; i++) {
		print_message("# %s\n", table[i].name);
		assert_int_equal(hf_atr_parse(bytes(table[i].atr, raw), &a,
		    &err), 0);
		assert_int_equal(hf_atr_kind(&a, table[i].n), table[i].kind);
	}
}

/* 3B 88 80 01, application data, protocol information, MBLI, check byte. */
static void
type_b_is_known_by_its_atqb(void **state)
{
	uint8_t raw[13] = { 0x3b, 0x88, 0x80, 0x01, 0, 0, 0, 0, 0x33, 0x81,
		0x81, 0x10, 0 };
	struct hf_atr a;
	size_t i;

	(void)state;
	for (i = 1; i < 12; i++)
		raw[12] ^= raw[i];
	assert_int_equal(hf_atr_parse(hf_view_of(raw, 13), &a, &err), 0);
	assert_int_equal(hf_atr_kind(&a, 4), HF_CARD_14443B);
	assert_int_equal(hf_atr_kind(&a, 7), HF_CARD_14443A);
	raw[11] ^= 1;	/* the low half of the last byte is not zero */
	raw[12] ^= 1;
	assert_int_equal(hf_atr_parse(hf_view_of(raw, 13), &a, &err), 0);
	assert_int_equal(hf_atr_kind(&a, 4), HF_CARD_14443A);
}

static void
every_changed_bit_is_found_by_length_or_check_byte(void **state)
{
	uint8_t raw[64];
	struct hf_view v = bytes(table[0].atr, raw);
	struct hf_atr a;
	size_t i;

	(void)state;
	for (i = 0; i < 8 * v.n; i++) {
		if (i == 2)
			continue;	/* TS 3F: the other convention */
		raw[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(hf_atr_parse(v, &a, &err), -1);
		assert_int_equal(err.code, HF_EINPUT);
		raw[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

static void
a_cut_atr_is_refused(void **state)
{
	uint8_t raw[64];
	struct hf_view v = bytes(table[0].atr, raw);
	struct hf_atr a;
	size_t n;

	(void)state;
	for (n = 0; n < v.n; n++)
		assert_int_equal(hf_atr_parse(hf_view_of(raw, n), &a, &err),
		    -1);
	assert_int_equal(hf_atr_parse(hf_view_of(raw, v.n + 1), &a, &err), -1);
	memset(raw, 0x3b, sizeof raw);
	assert_int_equal(hf_atr_parse(hf_view_of(raw, 34), &a, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cards_are_known_by_their_atr),
		cmocka_unit_test(type_b_is_known_by_its_atqb),
		cmocka_unit_test(
		    every_changed_bit_is_found_by_length_or_check_byte),
		cmocka_unit_test(a_cut_atr_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
