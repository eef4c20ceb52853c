/* link: release/queue/notice.c -lpq */
/* What a person hears first: where, when, how many pages, and what was lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "release/queue/notice.h"

/* The store is not asked here. */
int
hf_store_run(struct hf_store *s, const struct hf_stmt *st,
    const char *const *params, PGresult **res, struct hf_err *e)
{
	(void)s;
	(void)st;
	(void)params;
	(void)res;
	return hf_fail(e, HF_EAGAIN, "away");
}

#define NOON 1763812800		/* 2025-11-22T12:00:00Z */

static void
says(unsigned uncertain, unsigned damaged, int64_t at, int32_t pages,
    const char *want)
{
	struct hf_notice n = { .uncertain = uncertain,
		.damaged = damaged,
		.printer = "P3",
		.at = at,
		.pages = pages };
	char words[512];

	hf_notice_words(&n, NOON, words, sizeof words);
	assert_string_equal(words, want);
}

static void
nothing_to_say_is_nothing(void **state)
{
	(void)state;
	says(0, 0, 0, -1, "");
}

static void
a_doubt_names_printer_time_and_pages(void **state)
{
	(void)state;
	says(1, 0, NOON + 7320, 4, "A document may have printed at P3, 14:02,"
	    " 4 pages known: you decide on the web page, print again or "
	    "delete");
	says(1, 0, NOON, 1, "A document may have printed at P3, 12:00, 1 page"
	    " known: you decide on the web page, print again or delete");
	says(1, 0, NOON, 0, "A document may have printed at P3, 12:00: you "
	    "decide on the web page, print again or delete");
	says(3, 0, NOON, -1, "A document may have printed at P3, 12:00 and 2 "
	    "more: you decide on the web page, print again or delete");
}

static void
another_day_has_a_date(void **state)
{
	(void)state;
	says(1, 0, NOON - 86400, -1, "A document may have printed at P3, "
	    "21.11. 12:00: you decide on the web page, print again or delete");
}

static void
a_lost_document_is_told(void **state)
{
	(void)state;
	says(0, 1, 0, -1, "1 document was lost: print it once more from your "
	    "computer");
	says(1, 2, NOON, -1, "A document may have printed at P3, 12:00: you "
	    "decide on the web page, print again or delete. 2 documents were "
	    "lost: print them once more from your computer");
}

static void
a_store_that_is_away_is_told(void **state)
{
	struct hf_notice n;
	struct hf_err e;

	(void)state;
	assert_int_equal(hf_notice_ask(NULL, "ann", &n, &e), -1);
	assert_int_equal(e.code, HF_EAGAIN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_say_is_nothing),
		cmocka_unit_test(a_doubt_names_printer_time_and_pages),
		cmocka_unit_test(another_day_has_a_date),
		cmocka_unit_test(a_lost_document_is_told),
		cmocka_unit_test(a_store_that_is_away_is_told),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
