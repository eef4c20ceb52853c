/* link: release/queue/nonce.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "release/queue/nonce.h"

static void
a_nonce_is_good_once(void **state)
{
	struct hf_nonces n = { 0 };
	uint8_t a[HF_NONCE_LEN];

	(void)state;
	hf_nonce_issue(&n, 1000, a);
	assert_true(hf_nonce_take(&n, 1001, a));
	assert_false(hf_nonce_take(&n, 1001, a));
}

static void
a_nonce_that_was_never_issued_is_not_good(void **state)
{
	struct hf_nonces n = { 0 };
	uint8_t a[HF_NONCE_LEN], zero[HF_NONCE_LEN] = { 0 };
	size_t i;

	(void)state;
	assert_false(hf_nonce_take(&n, 0, zero));
	hf_nonce_issue(&n, 1000, a);
	assert_false(hf_nonce_take(&n, 1000, zero));
	for (i = 0; i < HF_NONCE_LEN; i++) {
		a[i] ^= 1;
		assert_false(hf_nonce_take(&n, 1000, a));
		a[i] ^= 1;
	}
	assert_true(hf_nonce_take(&n, 1000, a));
}

static void
a_nonce_ends_after_ten_minutes(void **state)
{
	struct hf_nonces n = { 0 };
	uint8_t a[HF_NONCE_LEN], b[HF_NONCE_LEN];

	(void)state;
	hf_nonce_issue(&n, 5000, a);
	hf_nonce_issue(&n, 5001, b);
	assert_false(hf_nonce_take(&n, 5000 + HF_NONCE_VALID_MS, a));
	assert_true(hf_nonce_take(&n, 5000 + HF_NONCE_VALID_MS, b));
}

static void
eight_are_kept_and_the_oldest_goes(void **state)
{
	uint8_t made[HF_NONCES + 1][HF_NONCE_LEN];
	struct hf_nonces n = { 0 };
	int i, k;

	(void)state;
	for (i = 0; i <= HF_NONCES; i++) {
		hf_nonce_issue(&n, 1000 + i, made[i]);
		for (k = 0; k < i; k++)
			assert_memory_not_equal(made[k], made[i],
			    HF_NONCE_LEN);
	}
	assert_false(hf_nonce_take(&n, 2000, made[0]));
	for (i = 1; i <= HF_NONCES; i++)
		assert_true(hf_nonce_take(&n, 2000, made[i]));
}

static void
outworn_ones_make_room_before_good_ones(void **state)
{
	uint8_t old[HF_NONCE_LEN], made[HF_NONCES][HF_NONCE_LEN];
	struct hf_nonces n = { 0 };
	const int64_t late = 1000 + HF_NONCE_VALID_MS;
	int i;

	(void)state;
	hf_nonce_issue(&n, 1000, old);
	for (i = 0; i < HF_NONCES - 1; i++)
		hf_nonce_issue(&n, late, made[i]);
	hf_nonce_issue(&n, late, made[i]);
	for (i = 0; i < HF_NONCES; i++)
		assert_true(hf_nonce_take(&n, late, made[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nonce_is_good_once),
		cmocka_unit_test(a_nonce_that_was_never_issued_is_not_good),
		cmocka_unit_test(a_nonce_ends_after_ten_minutes),
		cmocka_unit_test(eight_are_kept_and_the_oldest_goes),
		cmocka_unit_test(outworn_ones_make_room_before_good_ones),
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
