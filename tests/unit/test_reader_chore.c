/* link: cardreader/chore.c */
#include "cardreader/chore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
a_chore_runs_when_wanted_and_not_running(void **state)
{
	struct hf_chore c = { .not_before = 100 };

	(void)state;
	assert_false(hf_chore_is_due(&c, true, 99));
	assert_true(hf_chore_is_due(&c, true, 100));
	assert_false(hf_chore_is_due(&c, false, 100));
	hf_chore_begin(&c);
	assert_false(hf_chore_is_due(&c, true, 100));
	hf_chore_end(&c, true, 200);
	assert_true(hf_chore_is_due(&c, true, 200));
}

static void
failures_make_it_wait_longer_but_never_over_two_seconds(void **state)
{
	struct hf_chore c = { .running = false };
	uint64_t least, most;
	unsigned i;

	(void)state;
	for (i = 1; i < 50; i++) {
		hf_chore_begin(&c);
		hf_chore_end(&c, false, 1000);
		most = 1000 + hf_chore_backoff(i);
		least = 1000 + hf_chore_backoff(i) * 3 / 4;
		assert_in_range(c.not_before, least, most);
		assert_true(hf_chore_backoff(i) <= 2000);
		assert_true(hf_chore_backoff(i) >= hf_chore_backoff(i - 1));
	}
	hf_chore_end(&c, true, 5000);
	assert_int_equal(c.not_before, 5000);
	assert_int_equal(c.failures, 0);
}

static void
somebody_who_waits_makes_it_hurry(void **state)
{
	struct hf_chore c = { .running = false };

	(void)state;
	hf_chore_pause(&c, 1000, 30000);
	assert_false(hf_chore_is_due(&c, true, 30999));
	hf_chore_hurry(&c);
	assert_true(hf_chore_is_due(&c, true, 1000));
}

static void
put(struct hf_stock *st, uint8_t b, uint64_t until)
{
	uint8_t nonce[HF_NONCE_LEN];

	memset(nonce, b, sizeof nonce);
	hf_stock_add(st, nonce, until);
}

static uint8_t
take(struct hf_stock *st, uint64_t now)
{
	uint8_t nonce[HF_NONCE_LEN];

	return hf_stock_take(st, now, nonce) ? nonce[31] : 0;
}

static void
nonces_are_given_once_the_oldest_first(void **state)
{
	struct hf_stock st;

	(void)state;
	hf_stock_clear(&st);
	assert_int_equal(take(&st, 0), 0);
	put(&st, 1, 100);
	put(&st, 2, 100);
	assert_int_equal(hf_stock_count(&st, 0), 2);
	assert_int_equal(take(&st, 0), 1);
	assert_int_equal(take(&st, 0), 2);
	assert_int_equal(take(&st, 0), 0);
}

static void
nonces_that_are_too_old_are_never_given(void **state)
{
	struct hf_stock st;

	(void)state;
	hf_stock_clear(&st);
	put(&st, 1, 100);
	put(&st, 2, 300);
	put(&st, 3, 200);
	assert_int_equal(take(&st, 100), 2);
	assert_int_equal(hf_stock_count(&st, 199), 1);
	assert_int_equal(hf_stock_count(&st, 200), 0);
}

static void
a_full_stock_keeps_the_newest(void **state)
{
	struct hf_stock st;
	uint8_t i;

	(void)state;
	hf_stock_clear(&st);
	for (i = 1; i <= HF_STOCK_MAX + 3; i++)
		put(&st, i, 100);
	assert_int_equal(hf_stock_count(&st, 0), HF_STOCK_MAX);
	assert_int_equal(take(&st, 0), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chore_runs_when_wanted_and_not_running),
		cmocka_unit_test(
		    failures_make_it_wait_longer_but_never_over_two_seconds),
		cmocka_unit_test(somebody_who_waits_makes_it_hurry),
		cmocka_unit_test(nonces_are_given_once_the_oldest_first),
		cmocka_unit_test(nonces_that_are_too_old_are_never_given),
		cmocka_unit_test(a_full_stock_keeps_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
