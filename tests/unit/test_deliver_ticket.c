/* link: release/deliver/ticket.c release/deliver/state.c release/deliver/ipp.c tests/unit/ippkit.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "release/deliver/ipp.h"
#include "release/deliver/ticket.h"
#include "tests/unit/ippkit.h"

static struct hf_order o;
static struct hf_ticket t;
static struct hf_buf out, whole;

static void
able(void)
{
	kit_begin(0, 1);
	kit_group(HF_IPP_PRINTER);
	kit_range("copies-supported", 1, 20);
	kit_str(HF_IPP_KEYWORD, "sides-supported", "one-sided");
	kit_str(HF_IPP_KEYWORD, "", "two-sided-long-edge");
	kit_str(HF_IPP_KEYWORD, "print-color-mode-supported", "color");
	kit_str(HF_IPP_KEYWORD, "", "process-monochrome");
	kit_str(HF_IPP_KEYWORD, "media-supported", "iso_a4_210x297mm");
	kit_str(HF_IPP_KEYWORD, "media-type-supported", "labels");
	kit_str(HF_IPP_KEYWORD, "media-col-supported", "media-type");
	kit_int(HF_IPP_ENUM, "finishings-supported", 4);
	kit_int(HF_IPP_ENUM, "", 20);
	kit_int(HF_IPP_INTEGER, "number-up-supported", 2);
	kit_bool("page-ranges-supported", true);
	(void)kit_end();
}

/* Build it, and check that it is IPP. */
static void
build(void)
{
	struct hf_ipp_reader r;
	struct hf_ipp_head head;
	struct hf_ipp_value v;
	int rc;

	hf_buf_reset(&out);
	hf_buf_reset(&whole);
	assert_int_equal(hf_ticket_put(&out, &o, kit_view(), &t, NULL), 0);
	assert_int_equal(hf_ipp_put_head(&whole, 0, 1, NULL), 0);
	assert_int_equal(hf_put_bytes(&whole, out.p, out.n, NULL), 0);
	assert_int_equal(hf_ipp_put_group(&whole, HF_IPP_END, NULL), 0);
	assert_int_equal(hf_ipp_open(hf_buf_view(&whole), &head, &r, NULL), 0);
	while ((rc = hf_ipp_next(&r, &v, NULL)) == 1)
		;
	assert_int_equal(rc, 0);
}

/* The nth value of an attribute in what was built. */
static bool
has(const char *name, int nth, struct hf_ipp_value *v)
{
	struct hf_ipp_reader r;
	struct hf_ipp_head head;

	assert_int_equal(hf_ipp_open(hf_buf_view(&whole), &head, &r, NULL), 0);
	while (hf_ipp_next(&r, v, NULL) == 1)
		if (hf_ipp_is(v, name) && nth-- == 0)
			return true;
	return false;
}

static bool
has_int(const char *name, int nth, int32_t want)
{
	struct hf_ipp_value v;
	int32_t n;

	return has(name, nth, &v) && hf_ipp_int(&v, &n) && n == want;
}

static bool
has_str(const char *name, const char *want)
{
	struct hf_ipp_value v;

	return has(name, 0, &v) && hf_ipp_str_is(&v, want);
}

static void
option(const char *name, const char *value)
{
	strcpy(o.options[o.n_options].name, name);
	strcpy(o.options[o.n_options++].value, value);
}

static void
what_the_printer_can_do_is_asked_for(void **state)
{
	(void)state;
	o.copies = 3;
	o.sides = HF_SIDES_LONG;
	o.color = HF_COLOR_MONO;
	strcpy(o.media, "iso_a4_210x297mm");
	build();
	assert_true(has_int("copies", 0, 3));
	assert_true(has_str("sides", "two-sided-long-edge"));
	assert_true(has_str("print-color-mode", "process-monochrome"));
	assert_true(has_str("media", "iso_a4_210x297mm"));
	assert_string_equal(t.note, "");
}

static void
what_it_cannot_do_is_left_out_and_said(void **state)
{
	struct hf_ipp_value v;

	(void)state;
	o.copies = 30;
	o.sides = HF_SIDES_SHORT;
	strcpy(o.media, "na_letter_8.5x11in");
	option("output-bin", "stacker-1");
	build();
	assert_true(has_int("copies", 0, 20));
	assert_false(has("sides", 0, &v));
	assert_false(has("media", 0, &v));
	assert_false(has("output-bin", 0, &v));
	assert_string_equal(t.note, "30 copies, two-sided-short-edge, "
	    "na_letter_8.5x11in, stacker-1");
}

static void
a_printer_that_says_nothing_gets_nothing(void **state)
{
	(void)state;
	kit_begin(0, 1);
	(void)kit_end();
	o.sides = HF_SIDES_ONE;		/* that is what it does anyway */
	t.hold = true;
	build();
	assert_true(has_str("job-hold-until", "indefinite"));
	assert_string_equal(t.note, "");
	o.copies = 2;
	build();
	assert_string_equal(t.note, "2 copies");
}

static void
options_have_words_and_numbers(void **state)
{
	struct hf_ipp_value v;
	int32_t low, high;

	(void)state;
	option("finishings", "staple,20,punch,rubbish");
	option("number-up", "2");
	option("page-ranges", "1-3,7,9-");
	build();
	assert_true(has_int("finishings", 0, 4));
	assert_true(has_int("finishings", 1, 20));
	assert_false(has("finishings", 2, &v));
	assert_true(has_int("number-up", 0, 2));
	assert_true(has("page-ranges", 1, &v));
	assert_true(hf_ipp_range(&v, &low, &high) && low == 7 && high == 7);
	assert_true(has("page-ranges", 2, &v));
	assert_true(hf_ipp_range(&v, &low, &high) && low == 9 &&
	    high == INT32_MAX);
	assert_string_equal(t.note, "finishings, finishings");
}

static void
bad_page_ranges_are_not_sent(void **state)
{
	static const char *const bad[] = { "0-1", "-3", "3-1", "a", "1-2x",
		"1--2", "1-2-", "99999999999" };
	struct hf_ipp_value v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		o.n_options = 0;
		option("page-ranges", bad[i]);
		build();
		assert_false(has("page-ranges", 0, &v));
		assert_string_equal(t.note, "page-ranges");
	}
	o.n_options = 0;
	option("page-ranges", "1-3,2-5");	/* they must not overlap */
	build();
	assert_true(has("page-ranges", 0, &v));
	assert_false(has("page-ranges", 1, &v));
}

static void
a_media_type_takes_the_place_of_media(void **state)
{
	struct hf_ipp_value v;

	(void)state;
	strcpy(o.media, "iso_a4_210x297mm");
	option("media-type", "labels");
	build();
	assert_true(has("media-col", 0, &v));
	assert_false(has("media", 0, &v));
	/* x-dimension 21000, as the last four bytes of its value */
	assert_non_null(memmem(whole.p, whole.n, "\x21\0\0\0\4\0\0\x52\x08",
	    9));
	o.n_options = 0;
	option("media-type", "gold");
	build();
	assert_false(has("media-col", 0, &v));
	assert_true(has_str("media", "iso_a4_210x297mm"));
	assert_string_equal(t.note, "gold");
	o.n_options = 0;
	strcpy(o.media, "labelsheet");	/* no size to be had from the name */
	option("media-type", "labels");
	build();
	assert_false(has("media-col", 0, &v));
}

static void
a_bare_ticket_holds_and_asks_for_nothing(void **state)
{
	struct hf_ipp_value v;

	(void)state;
	o.copies = 3;
	t.hold = t.bare = true;
	build();
	assert_true(has_str("job-hold-until", "indefinite"));
	assert_false(has("copies", 0, &v));
	assert_string_equal(t.note, "its options");
}

static int
setup(void **state)
{
	(void)state;
	memset(&o, 0, sizeof o);
	memset(&t, 0, sizeof t);
	o.copies = 1;
	hf_buf_init(&out, 65536);
	hf_buf_init(&whole, 65536);
	able();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	hf_buf_clear(&out);
	hf_buf_clear(&whole);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_printer_can_do_is_asked_for),
		TEST(what_it_cannot_do_is_left_out_and_said),
		TEST(a_printer_that_says_nothing_gets_nothing),
		TEST(options_have_words_and_numbers),
		TEST(bad_page_ranges_are_not_sent),
		TEST(a_media_type_takes_the_place_of_media),
		TEST(a_bare_ticket_holds_and_asks_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
