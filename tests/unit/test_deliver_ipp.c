/* link: release/deliver/ipp.c tests/unit/ippkit.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "release/deliver/ipp.h"
#include "tests/unit/ippkit.h"

static int
walk(struct hf_view in, unsigned *values, struct hf_err *e)
{
	struct hf_ipp_reader r;
	struct hf_ipp_head head;
	struct hf_ipp_value v;
	int rc;

	*values = 0;
	if (hf_ipp_open(in, &head, &r, e) == -1)
		return -1;
	while ((rc = hf_ipp_next(&r, &v, e)) == 1)
		(*values)++;
	return rc;
}

static void
what_is_written_is_read(void **state)
{
	struct hf_ipp_reader r;
	struct hf_ipp_head head;
	struct hf_ipp_value v;
	int32_t n, low, high;
	char s[16];

	(void)state;
	kit_begin(0x0507, 99);
	kit_group(HF_IPP_OPERATION);
	kit_str(HF_IPP_CHARSET, "attributes-charset", "utf-8");
	kit_group(HF_IPP_JOB);
	kit_int(HF_IPP_ENUM, "job-state", 9);
	kit_int(HF_IPP_ENUM, "", -1);
	kit_range("copies-supported", 1, 99);
	kit_bool("last-document", true);
	assert_int_equal(hf_ipp_open(kit_end(), &head, &r, NULL), 0);
	assert_int_equal(head.code, 0x0507);
	assert_int_equal(head.id, 99);

	assert_int_equal(hf_ipp_next(&r, &v, NULL), 1);
	assert_true(hf_ipp_is(&v, "attributes-charset") && v.first);
	assert_true(hf_ipp_str(&v, s, sizeof s));
	assert_string_equal(s, "utf-8");
	assert_int_equal(v.group, HF_IPP_OPERATION);

	assert_int_equal(hf_ipp_next(&r, &v, NULL), 1);
	assert_true(hf_ipp_int(&v, &n) && n == 9 && v.first);
	assert_int_equal(v.nth_group, 2);
	assert_int_equal(hf_ipp_next(&r, &v, NULL), 1);
	assert_true(hf_ipp_is(&v, "job-state") && !v.first);
	assert_true(hf_ipp_int(&v, &n) && n == -1);
	assert_int_equal(hf_ipp_next(&r, &v, NULL), 1);
	assert_true(hf_ipp_range(&v, &low, &high) && low == 1 && high == 99);
	assert_int_equal(hf_ipp_next(&r, &v, NULL), 1);
	assert_true(hf_ipp_int(&v, &n) && n == 1);
	assert_int_equal(hf_ipp_next(&r, &v, NULL), 0);
}

static void
a_message_cut_anywhere_is_refused(void **state)
{
	struct hf_view whole;
	unsigned values;
	size_t n;

	(void)state;
	kit_begin(0, 1);
	kit_group(HF_IPP_PRINTER);
	kit_str(HF_IPP_KEYWORD, "a", "one");
	kit_str(HF_IPP_BEGIN_COLLECTION, "c", "");
	kit_str(HF_IPP_MEMBER, "", "m");
	kit_int(HF_IPP_INTEGER, "", 3);
	kit_str(HF_IPP_END_COLLECTION, "", "");
	whole = kit_end();
	assert_int_equal(walk(whole, &values, NULL), 0);
	assert_int_equal(values, 2);
	for (n = 0; n < whole.n; n++)
		assert_int_equal(walk(hf_view_of(whole.p, n), &values, NULL),
		    -1);
}

static void
bytes_behind_the_end_are_refused(void **state)
{
	unsigned values;

	(void)state;
	kit_begin(0, 1);
	(void)kit_end();
	kit_bytes("x", 1);
	assert_int_equal(walk(kit_view(), &values, NULL), -1);
}

static void
nest(unsigned depth)
{
	unsigned i;

	kit_begin(0, 1);
	kit_group(HF_IPP_PRINTER);
	kit_str(HF_IPP_BEGIN_COLLECTION, "c", "");
	for (i = 1; i < depth; i++) {
		kit_str(HF_IPP_MEMBER, "", "m");
		kit_str(HF_IPP_BEGIN_COLLECTION, "", "");
	}
	for (i = 0; i < depth; i++)
		kit_str(HF_IPP_END_COLLECTION, "", "");
}

static void
collections_may_nest_eight_deep(void **state)
{
	unsigned values;

	(void)state;
	nest(HF_IPP_NESTING);
	assert_int_equal(walk(kit_end(), &values, NULL), 0);
	assert_int_equal(values, 1);
	nest(HF_IPP_NESTING + 1);
	assert_int_equal(walk(kit_end(), &values, NULL), -1);
}

static void
too_many_values_are_refused(void **state)
{
	unsigned values, i;

	(void)state;
	kit_begin(0, 1);
	kit_group(HF_IPP_PRINTER);
	for (i = 0; i <= HF_IPP_VALUES_MAX; i++)
		kit_str(HF_IPP_KEYWORD, "a", "");
	assert_int_equal(walk(kit_end(), &values, NULL), -1);
}

static void
misplaced_things_are_refused(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} bad[] = {
		{ "\x44\0\1a\0\1b", 6 },	/* a value outside a group */
		{ "\x04\x44\0\0\0\1b", 7 },	/* a value without a name */
		{ "\x04\x37\0\1a\0\0", 7 },	/* an end without a begin */
		{ "\x04\x4a\0\1a\0\0", 7 },	/* a member outside */
		{ "\x00", 1 },			/* group 0 */
		{ "\x04\x34\0\1a\0\0\x04", 8 },	/* a group inside */
		{ "\x04\x44\1\0a\0\1b", 8 },	/* a name of 256 bytes */
		{ "\x04\x44\0\1a\x80\0b", 8 },	/* a negative length */
	};
	unsigned values;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		kit_begin(0, 1);
		kit_bytes(bad[i].p, bad[i].n);
		assert_int_equal(walk(kit_end(), &values, NULL), -1);
	}
}

static void
versions_other_than_1_and_2_are_refused(void **state)
{
	struct hf_ipp_reader r;
	struct hf_ipp_head head;

	(void)state;
	assert_int_equal(hf_ipp_open(hf_view_of("\3\0\0\0\0\0\0\1\3", 9),
	    &head, &r, NULL), -1);
	assert_int_equal(hf_ipp_open(hf_view_of("\1\1\0\0\0\0\0\1\3", 9),
	    &head, &r, NULL), 0);
}

static void
text_is_taken_with_or_without_its_language(void **state)
{
	struct hf_ipp_value v = { .tag = HF_IPP_TEXT_LANG,
		.bytes = hf_view_of("\0\2de\0\4leer", 10) };
	char s[8] = "was";

	(void)state;
	assert_true(hf_ipp_str(&v, s, sizeof s));
	assert_string_equal(s, "leer");
	v.bytes.n--;
	assert_false(hf_ipp_str(&v, s, sizeof s));
	v.tag = HF_IPP_TEXT;
	v.bytes = hf_view_of("a\nb", 3);
	assert_false(hf_ipp_str(&v, s, sizeof s));	/* not text */
	v.bytes = hf_view_of("12345678", 8);
	assert_false(hf_ipp_str(&v, s, sizeof s));	/* does not fit */
	v.tag = HF_IPP_INTEGER;
	assert_false(hf_ipp_str(&v, s, sizeof s));
	assert_string_equal(s, "leer");			/* untouched */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_message_cut_anywhere_is_refused),
		cmocka_unit_test(bytes_behind_the_end_are_refused),
		cmocka_unit_test(collections_may_nest_eight_deep),
		cmocka_unit_test(too_many_values_are_refused),
		cmocka_unit_test(misplaced_things_are_refused),
		cmocka_unit_test(versions_other_than_1_and_2_are_refused),
		cmocka_unit_test(text_is_taken_with_or_without_its_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
