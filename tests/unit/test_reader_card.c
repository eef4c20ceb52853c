/* link: cardreader/card.c cardreader/card_uid.c cardreader/atr.c cardreader/apdu.c */
#include "cardreader/card.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char mifare[] = "3B8F8001804F0CA000000306030001000000006A";
static const char felica[] = "3B8F8001804F0CA00000030611003B0000000042";
static const char type_b[] = "3B8F8001804F0CA000000306070000000000006F";
static const char icode[] = "3B8F8001804F0CA0000003060B00140000000077";

static struct hf_err err;

static int
answer_with(void *arg, struct hf_view command, struct hf_buf *answer,
    struct hf_err *e)
{
	const struct hf_view *a = arg;

	assert_int_equal(command.n, 5);
	assert_memory_equal(command.p, "\xff\xca\x00\x00\x00", 5);
	return hf_put_bytes(answer, a->p, a->n, e);
}

static int
read_card(const char *atr_hex, const char *answer_hex,
    struct hf_credential *out)
{
	uint8_t atr[64], raw[64];
	struct hf_view answer;
	struct hf_card card;
	size_t n = strlen(atr_hex) / 2;

	assert_int_equal(hf_unhex(atr, n, atr_hex, &err), 0);
	assert_int_equal(hf_atr_parse(hf_view_of(atr, n), &card.atr, &err), 0);
	n = strlen(answer_hex) / 2;
	assert_int_equal(hf_unhex(raw, n, answer_hex, &err), 0);
	answer = hf_view_of(raw, n);
	card.link.send = answer_with;
	card.link.arg = &answer;
	memset(out, 0x77, sizeof *out);
	return hf_card_read(&card, out, &err);
}

static void
good(const char *atr, const char *answer, enum hf_card_kind kind)
{
	struct hf_credential c;
	char hex[64];

	assert_int_equal(read_card(atr, answer, &c), 0);
	assert_int_equal(c.kind, kind);
	assert_int_equal(c.bits, 4 * (strlen(answer) - 4));
	hf_hex(hex, c.raw, c.bits / 8);
	assert_memory_equal(hex, answer, strlen(answer) - 4);
	assert_string_equal(c.pin, "");
	assert_int_equal(c.proof_len, 0);
}

static void
bad(const char *atr, const char *answer, enum hf_code code)
{
	struct hf_credential c;
	size_t i;

	assert_int_equal(read_card(atr, answer, &c), -1);
	assert_int_equal(err.code, code);
	for (i = 0; i < sizeof c; i++)
		assert_int_equal(((const uint8_t *)&c)[i], 0);
}

static void
numbers_of_the_right_length_are_read(void **state)
{
	(void)state;
	good(mifare, "04a1b2c39000", HF_CARD_14443A);
	good(mifare, "041122334455669000", HF_CARD_14443A);
	good(mifare, "041122334455667788999000", HF_CARD_14443A);
	good(type_b, "a1b2c3d49000", HF_CARD_14443B);
	good(felica, "01010203040506079000", HF_CARD_FELICA);
	good(icode, "e0040100112233449000", HF_CARD_OTHER);
}

static void
fewer_bytes_than_asked_for_is_no_error(void **state)
{
	(void)state;
	good(mifare, "04a1b2c36282", HF_CARD_14443A);
}

static void
numbers_of_a_wrong_length_are_refused(void **state)
{
	(void)state;
	bad(mifare, "9000", HF_EINPUT);
	bad(mifare, "049000", HF_EINPUT);
	bad(mifare, "0411229000", HF_EINPUT);
	bad(mifare, "04112233449000", HF_EINPUT);
	bad(mifare, "04112233445566779000", HF_EINPUT);
	bad(felica, "0101020304059000", HF_EINPUT);
	bad(type_b, "041122334455669000", HF_EINPUT);
	bad(icode, "e00401010203040506070809101112131415169000", HF_EINPUT);
}

static void
a_blank_number_is_refused(void **state)
{
	(void)state;
	bad(mifare, "000000009000", HF_EINPUT);
	bad(mifare, "ffffffffffffff9000", HF_EINPUT);
	good(mifare, "555555559000", HF_CARD_14443A);
}

static void
a_number_drawn_at_every_touch_is_no_badge(void **state)
{
	(void)state;
	bad(mifare, "08a1b2c39000", HF_ENOTFOUND);
	good(mifare, "081122334455669000", HF_CARD_14443A);
	good(type_b, "08a1b2c39000", HF_CARD_14443B);
}

static void
a_card_that_says_no_is_no_badge(void **state)
{
	(void)state;
	bad(mifare, "6a81", HF_ENOTFOUND);
	bad(mifare, "6d00", HF_ENOTFOUND);
	bad(mifare, "04a1b2c36300", HF_ENOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_the_right_length_are_read),
		cmocka_unit_test(fewer_bytes_than_asked_for_is_no_error),
		cmocka_unit_test(numbers_of_a_wrong_length_are_refused),
		cmocka_unit_test(a_blank_number_is_refused),
		cmocka_unit_test(a_number_drawn_at_every_touch_is_no_badge),
		cmocka_unit_test(a_card_that_says_no_is_no_badge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
