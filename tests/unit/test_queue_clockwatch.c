/* link: release/queue/clockwatch.c -lpq */
/* What is a step of the clock and what is drift, and when it is good again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "release/queue/clockwatch.h"

/* The database is not asked here. */
bool
hf_store_is_up(const struct hf_store *s)
{
	(void)s;
	return false;
}

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

void
hf_int_text(char out[static HF_INT_TEXT], int64_t v)
{
	(void)v;
	out[0] = '\0';
}

static const int64_t base = 1763812800000;

static void
wherever_it_starts_it_is_good(void **state)
{
	struct hf_clock_track t = { .started = false };

	(void)state;
	hf_clock_track(&t, base);
	assert_false(hf_clock_is_off(&t));
	assert_int_equal(t.stepped_ms, 0);
}

static void
drift_never_adds_up(void **state)
{
	struct hf_clock_track t = { .started = false };
	int64_t i;

	(void)state;
	for (i = 0; i < 1000000; i++)
		hf_clock_track(&t, base + i * 4999);
	assert_false(hf_clock_is_off(&t));
	for (; i > 0; i--)
		hf_clock_track(&t, base + i * 4999);
	assert_false(hf_clock_is_off(&t));
}

static void
a_step_is_off_above_five_minutes(void **state)
{
	static const struct {
		int64_t step_ms;
		bool off;
	} c[] = { { 5001, false }, { 300000, false }, { 300001, true },
		{ -300000, false }, { -300001, true },
		{ 86400000, true }, { -315360000000, true } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct hf_clock_track t = { .started = false };

		hf_clock_track(&t, base);
		hf_clock_track(&t, base + c[i].step_ms);
		assert_int_equal(hf_clock_is_off(&t), c[i].off);
		hf_clock_track(&t, base + c[i].step_ms);
		assert_int_equal(hf_clock_is_off(&t), c[i].off);
		hf_clock_track(&t, base);
		assert_false(hf_clock_is_off(&t));
	}
}

static void
small_steps_add_up(void **state)
{
	struct hf_clock_track t = { .started = false };
	int i;

	(void)state;
	hf_clock_track(&t, base);
	for (i = 1; i <= 5; i++) {
		hf_clock_track(&t, base + i * 60000);
		assert_false(hf_clock_is_off(&t));
	}
	hf_clock_track(&t, base + 6 * 60000);
	assert_true(hf_clock_is_off(&t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wherever_it_starts_it_is_good),
		cmocka_unit_test(drift_never_adds_up),
		cmocka_unit_test(a_step_is_off_above_five_minutes),
		cmocka_unit_test(small_steps_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
