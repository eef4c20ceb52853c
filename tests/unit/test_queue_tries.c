/* link: release/queue/tries.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "release/queue/tries.h"

static struct hf_tries t;

static int
one(const char *name, const char *address, int64_t now_ms)
{
	struct hf_err e;
	unsigned wait_s = 0;

	if (hf_tries_begin(&t, name, address, now_ms, &wait_s, &e) == 0)
		return 0;
	assert_int_equal(e.code, HF_ELIMIT);
	assert_true(wait_s > 0);
	return (int)wait_s;
}

static void
five_mistakes_are_followed_by_a_minute_of_waiting(void **state)
{
	int i;

	(void)state;
	hf_tries_init(&t);
	for (i = 0; i < 5; i++)
		assert_int_equal(one("ann", "::1", 1000), 0);
	assert_int_equal(one("ann", "::1", 1000), 60);
	assert_int_equal(one("ann", "::1", 60500), 1);
	/* Somebody else there, or she elsewhere, is not kept waiting. */
	assert_int_equal(one("bob", "::1", 1000), 0);
	assert_int_equal(one("ann", "::2", 1000), 0);
	assert_int_equal(one("ann", "::1", 61000), 0);
}

static void
the_right_password_forgives_the_wrong_ones(void **state)
{
	int i, k;

	(void)state;
	hf_tries_init(&t);
	for (k = 0; k < 20; k++) {
		for (i = 0; i < 2; i++)
			assert_int_equal(one("ann", "::1", 1000 + k), 0);
		hf_tries_good(&t, "ann", "::1");
		if (k == 0)
			hf_tries_good(&t, "zoe", "::9"); /* nothing to forgive */
	}
}

static void
trying_many_names_from_one_address_is_held_off(void **state)
{
	char name[16];
	int i;

	(void)state;
	hf_tries_init(&t);
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof name, "user%d", i);
		assert_int_equal(one(name, "::7", 1000), 0);
	}
	assert_int_equal(one("ann", "::7", 1000), 60);
	assert_int_equal(one("ann", "::8", 1000), 0);
}

static void
trying_one_name_from_many_addresses_is_held_off(void **state)
{
	char address[16];
	int i, refused = 0;

	(void)state;
	hf_tries_init(&t);
	for (i = 0; i < 60; i++) {
		snprintf(address, sizeof address, "10.0.0.%d", i);
		refused += one("ann", address, 1000) > 0;
	}
	assert_in_range(refused, 10, 12);	/* two may share a counter */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_mistakes_are_followed_by_a_minute_of_waiting),
		cmocka_unit_test(the_right_password_forgives_the_wrong_ones),
		cmocka_unit_test(trying_many_names_from_one_address_is_held_off),
		cmocka_unit_test(trying_one_name_from_many_addresses_is_held_off),
	};

	return sodium_init() == -1 ? 1 :
	    cmocka_run_group_tests(tests, NULL, NULL);
}
