/* link: release/queue/decide.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "release/queue/decide.h"

/* Ann with a good badge and two jobs at a printer that wants a PIN. */
static const struct hf_facts ann = { .reader_ok = true,
	.bound = true,
	.printer_ok = true,
	.badge_known = true,
	.min_class = HF_L1,
	.presented = HF_L1,
	.held = 2 };

static void
a_good_badge_releases_what_is_held(void **state)
{
	(void)state;
	assert_int_equal(hf_decide(&ann), HF_RELEASE);
}

static void
nothing_held_releases_nothing(void **state)
{
	struct hf_facts f = ann;

	(void)state;
	f.held = 0;
	assert_int_equal(hf_decide(&f), HF_NO_JOBS);
	f.uncertain = 1;
	assert_int_equal(hf_decide(&f), HF_ONLY_UNCERTAIN);
	f.held = 1;
	assert_int_equal(hf_decide(&f), HF_RELEASE);
}

static void
each_thing_that_is_wrong_refuses_by_its_own_name(void **state)
{
	struct hf_facts f;

	(void)state;
	f = ann;
	f.reader_ok = false;
	assert_int_equal(hf_decide(&f), HF_REFUSE_READER);
	f = ann;
	f.bound = false;
	assert_int_equal(hf_decide(&f), HF_REFUSE_READER);
	f = ann;
	f.printer_ok = false;
	assert_int_equal(hf_decide(&f), HF_REFUSE_PRINTER);
	f = ann;
	f.badge_known = false;
	assert_int_equal(hf_decide(&f), HF_REFUSE_UNKNOWN);
	f = ann;
	f.badge_revoked = true;
	assert_int_equal(hf_decide(&f), HF_REFUSE_BADGE);
	f = ann;
	f.person_disabled = true;
	assert_int_equal(hf_decide(&f), HF_REFUSE_PERSON);
	f = ann;
	f.presented = HF_L0;
	assert_int_equal(hf_decide(&f), HF_REFUSE_CLASS);
}

/* Every combination: one thing wrong is enough, whatever else is right. */
static void
no_combination_releases_with_anything_wrong(void **state)
{
	struct hf_facts f;
	unsigned bits;

	(void)state;
	for (bits = 0; bits < 1u << 8; bits++) {
		f = ann;
		f.reader_ok = (bits & 1) != 0;
		f.bound = (bits & 2) != 0;
		f.printer_ok = (bits & 4) != 0;
		f.badge_known = (bits & 8) != 0;
		f.badge_revoked = (bits & 16) != 0;
		f.person_disabled = (bits & 32) != 0;
		f.pending_enrolment = (bits & 64) != 0;
		f.waiver = (bits & 128) != 0;
		if ((bits & 63) == 15)
			assert_int_equal(hf_decide(&f), HF_RELEASE);
		else
			assert_int_not_equal(hf_decide(&f), HF_RELEASE);
	}
}

/* rows: the printer's least class; columns: what was checked of the card */
static void
the_class_must_reach_the_printers_least_one(void **state)
{
	static const bool plain[4][4] = {
		{ false, true, true, true },	/* a number is never enough */
		{ false, true, true, true },
		{ false, false, true, true },
		{ false, false, false, true },
	};
	static const bool waived[4][4] = {
		{ true, true, true, true },
		{ true, true, true, true },
		{ false, false, true, true },	/* a waiver is not about proofs */
		{ false, false, false, true },
	};
	struct hf_facts f = ann;
	int least, has;

	(void)state;
	for (least = 0; least < 4; least++)
		for (has = 0; has < 4; has++) {
			f.min_class = least;
			f.presented = (enum hf_class)has;
			f.waiver = false;
			assert_int_equal(hf_decide(&f), plain[least][has]
				? HF_RELEASE
				: HF_REFUSE_CLASS);
			f.waiver = true;
			assert_int_equal(hf_decide(&f), waived[least][has]
				? HF_RELEASE
				: HF_REFUSE_CLASS);
		}
}

static void
an_unknown_card_is_registered_only_where_one_is_waited_for(void **state)
{
	struct hf_facts f = ann;

	(void)state;
	f.badge_known = false;
	f.pending_enrolment = true;
	assert_int_equal(hf_decide(&f), HF_ENROL);
	f.printer_ok = false;	/* the printer does not matter for that */
	assert_int_equal(hf_decide(&f), HF_ENROL);
	f.reader_ok = false;
	assert_int_equal(hf_decide(&f), HF_REFUSE_READER);
	f = ann;
	f.pending_enrolment = true;	/* a known card is not bound again */
	assert_int_equal(hf_decide(&f), HF_RELEASE);
}

static void
what_was_not_checked_counts_nothing(void **state)
{
	(void)state;
	assert_int_equal(hf_class_of(false, false), HF_L0);
	assert_int_equal(hf_class_of(true, false), HF_L1);
	assert_int_equal(hf_class_of(false, true), HF_L2);
	assert_int_equal(hf_class_of(true, true), HF_L3);
}

static void
every_verdict_has_words_and_a_result(void **state)
{
	int v;

	(void)state;
	for (v = HF_RELEASE; v <= HF_REFUSE_CLASS; v++) {
		assert_non_null(hf_verdict_words((enum hf_verdict)v));
		assert_true(strlen(hf_verdict_words((enum hf_verdict)v)) > 10);
		assert_non_null(
		    hf_tap_result_name(hf_verdict_result((enum hf_verdict)v)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_badge_releases_what_is_held),
		cmocka_unit_test(nothing_held_releases_nothing),
		cmocka_unit_test(
		    each_thing_that_is_wrong_refuses_by_its_own_name),
		cmocka_unit_test(no_combination_releases_with_anything_wrong),
		cmocka_unit_test(the_class_must_reach_the_printers_least_one),
		cmocka_unit_test(
		    an_unknown_card_is_registered_only_where_one_is_waited_for),
		cmocka_unit_test(what_was_not_checked_counts_nothing),
		cmocka_unit_test(every_verdict_has_words_and_a_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
