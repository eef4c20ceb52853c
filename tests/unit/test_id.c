#include "lib/id.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct hf_err err;

static const struct hf_id sample = { { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc,
    0x4d, 0xef, 0x80, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0xff } };
static const char sample_text[] = "12345678-9abc-4def-8001-0203040506ff";

static void
a_new_id_is_a_version_4_uuid_and_no_other(void **state)
{
	struct hf_id a, b;
	char text[HF_ID_TEXT];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		hf_id_new(&a);
		hf_id_new(&b);
		assert_false(hf_id_equal(&a, &b));
		hf_id_text(&a, text);
		assert_int_equal(text[14], '4');
		assert_non_null(strchr("89ab", text[19]));
		assert_true(hf_id_is(text));
	}
}

static void
text_and_id_go_there_and_back(void **state)
{
	char text[HF_ID_TEXT];
	struct hf_id id;

	(void)state;
	hf_id_text(&sample, text);
	assert_string_equal(text, sample_text);
	assert_int_equal(hf_id_parse(&id, text, &err), 0);
	assert_true(hf_id_equal(&id, &sample));
}

static void
only_the_written_form_is_an_id(void **state)
{
	static const char *const bad[] = { "", ".", "..",
		"12345678-9abc-4def-8001-0203040506f",
		"12345678-9abc-4def-8001-0203040506fff",
		"12345678-9ABC-4DEF-8001-0203040506FF",
		"12345678-9abc-4def-8001-0203040506f/",
		"../../../../../../../../../../../etc",
		"1234567-89abc-4def-8001-0203040506ff",
		"123456789abc-4def-8001-0203040506ff-",
		"{2345678-9abc-4def-8001-0203040506f}",
		"12345678 9abc 4def 8001 0203040506ff",
		"12345678-9abc-4def-8001-0203040506f\n",
		"12345678-9abc-4def-8001-0203040506fg",
		"123456789abc4def80010203040506ff" };
	struct hf_id id = sample;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_false(hf_id_is(bad[i]));
		assert_int_equal(hf_id_parse(&id, bad[i], &err), -1);
		assert_int_equal(err.code, HF_EINPUT);
		assert_true(hf_id_equal(&id, &sample));	/* untouched */
	}
	assert_true(hf_id_is(sample_text));
}

static void
every_single_changed_character_is_seen(void **state)
{
	char text[HF_ID_TEXT];
	struct hf_id id;
	size_t i;

	(void)state;
	for (i = 0; i < HF_ID_TEXT - 1; i++) {
		strcpy(text, sample_text);
		text[i] = text[i] == '0' ? '1' : '0';
		if (hf_id_parse(&id, text, &err) == 0)
			assert_false(hf_id_equal(&id, &sample));
		else
			assert_int_equal(sample_text[i], '-');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_id_is_a_version_4_uuid_and_no_other),
		cmocka_unit_test(text_and_id_go_there_and_back),
		cmocka_unit_test(only_the_written_form_is_an_id),
		cmocka_unit_test(every_single_changed_character_is_seen),
	};

	return sodium_init() == -1 ? 1
				   : cmocka_run_group_tests(tests, NULL, NULL);
}
