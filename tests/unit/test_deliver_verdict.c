/* link: release/deliver/verdict.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "release/deliver/ipp.h"
#include "release/deliver/verdict.h"

enum { CLAIMED = HF_ATTEMPT_CLAIMED, CREATED = HF_ATTEMPT_CREATED,
	RELEASING = HF_ATTEMPT_RELEASING, SENT = HF_ATTEMPT_SENT };
enum { NONE = HF_SEE_NONE, HELD = HF_SEE_HELD, LIVE = HF_SEE_LIVE,
	DONE = HF_SEE_DONE, DEAD = HF_SEE_DEAD };
enum { DUNNO = HF_COUNTER_UNKNOWN, WORKS = HF_COUNTER_WORKS,
	LIES = HF_COUNTER_LIES };

/* doc/release-protocol.md, "Recovery", row by row. */
static const struct row {
	int state, see, impressions, counter;
	bool rebooted;
	enum hf_todo todo;
} rows[] = {
	/* claimed | no job with our token | held */
	{ CLAIMED, NONE, -1, DUNNO, false, HF_TODO_HELD },
	{ CLAIMED, NONE, -1, DUNNO, true, HF_TODO_HELD },
	/* claimed | our empty job | cancel, wait, held */
	{ CLAIMED, HELD, 0, DUNNO, false, HF_TODO_CANCEL },
	{ CLAIMED, LIVE, 0, DUNNO, false, HF_TODO_CANCEL },
	{ CLAIMED, DEAD, -1, LIES, false, HF_TODO_HELD },
	{ CLAIMED, DONE, 0, DUNNO, false, HF_TODO_HELD },
	/* created | our job, not terminal | cancel, wait, next row */
	{ CREATED, HELD, 0, WORKS, false, HF_TODO_CANCEL },
	{ CREATED, LIVE, 3, WORKS, false, HF_TODO_CANCEL },
	{ CREATED, LIVE, 3, WORKS, true, HF_TODO_CANCEL },
	/* created | terminal | impressions reported and 0: held; else uncertain */
	{ CREATED, DEAD, 0, WORKS, false, HF_TODO_HELD },
	{ CREATED, DEAD, 0, DUNNO, false, HF_TODO_HELD },
	{ CREATED, DEAD, 0, LIES, false, HF_TODO_UNCERTAIN },
	{ CREATED, DEAD, 0, WORKS, true, HF_TODO_UNCERTAIN },
	{ CREATED, DEAD, 1, WORKS, false, HF_TODO_UNCERTAIN },
	{ CREATED, DEAD, -1, WORKS, false, HF_TODO_UNCERTAIN },
	{ CREATED, DONE, 0, WORKS, false, HF_TODO_HELD },
	{ CREATED, DONE, 0, DUNNO, false, HF_TODO_UNCERTAIN },
	{ CREATED, DONE, 4, WORKS, false, HF_TODO_UNCERTAIN },
	/* created | not found | uncertain */
	{ CREATED, NONE, -1, WORKS, false, HF_TODO_UNCERTAIN },
	/* releasing | still pending-held | cancel */
	{ RELEASING, HELD, 0, WORKS, false, HF_TODO_CANCEL },
	/* releasing, sent | pending, processing, stopped | keep watching */
	{ RELEASING, LIVE, 0, WORKS, false, HF_TODO_WATCH },
	{ SENT, LIVE, 2, LIES, false, HF_TODO_WATCH },
	{ SENT, HELD, 0, WORKS, false, HF_TODO_WATCH },
	/* releasing, sent | completed | delivered */
	{ RELEASING, DONE, 4, WORKS, false, HF_TODO_DELIVERED },
	{ RELEASING, DONE, -1, DUNNO, false, HF_TODO_DELIVERED },
	{ SENT, DONE, 0, LIES, false, HF_TODO_DELIVERED },
	/* releasing, sent | canceled, aborted | by impressions */
	{ RELEASING, DEAD, 0, WORKS, false, HF_TODO_HELD },
	{ SENT, DEAD, 0, DUNNO, false, HF_TODO_HELD },
	{ SENT, DEAD, 0, LIES, false, HF_TODO_UNCERTAIN },
	{ SENT, DEAD, 2, WORKS, false, HF_TODO_UNCERTAIN },
	{ SENT, DEAD, -1, WORKS, false, HF_TODO_UNCERTAIN },
	/* releasing, sent | not found, or up-time went down | uncertain */
	{ RELEASING, NONE, -1, WORKS, false, HF_TODO_UNCERTAIN },
	{ SENT, NONE, -1, WORKS, false, HF_TODO_UNCERTAIN },
	{ RELEASING, DONE, 4, WORKS, true, HF_TODO_UNCERTAIN },
	{ SENT, DONE, 4, WORKS, true, HF_TODO_UNCERTAIN },
	{ SENT, LIVE, 0, WORKS, true, HF_TODO_UNCERTAIN },
	{ RELEASING, HELD, 0, WORKS, true, HF_TODO_UNCERTAIN },
};

static struct hf_sight
sight(int see, int impressions, int counter, bool rebooted)
{
	struct hf_sight s = { (enum hf_see)see, impressions,
		(enum hf_counter)counter, rebooted };

	return s;
}

static void
the_recovery_table_is_followed(void **state)
{
	struct hf_sight s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		s = sight(rows[i].see, rows[i].impressions, rows[i].counter,
		    rows[i].rebooted);
		if (hf_verdict((enum hf_attempt_state)rows[i].state, &s) !=
		    rows[i].todo)
			fail_msg("row %zu", i);
	}
}

/* The promises, over everything that can be seen. */
static void
no_sight_leads_to_a_second_copy_or_a_lost_job(void **state)
{
	int st, see, n, c, r;
	enum hf_todo todo;
	struct hf_sight s;

	(void)state;
	for (st = CLAIMED; st <= SENT; st++)
		for (see = NONE; see <= DEAD; see++)
			for (n = -1; n <= 2; n++)
				for (c = DUNNO; c <= LIES; c++)
					for (r = 0; r <= 1; r++) {
		s = sight(see, n, c, r == 1);
		todo = hf_verdict((enum hf_attempt_state)st, &s);
		/* Held again: nothing can be out, and nothing can still come. */
		if (todo == HF_TODO_HELD && st != CLAIMED)
			assert_true((see == DEAD || see == DONE) && n == 0 &&
			    c != LIES && r == 0);
		if (todo == HF_TODO_HELD)
			assert_true(see != LIVE && see != HELD);
		/* Delivered: the printer has said so of the whole document. */
		if (todo == HF_TODO_DELIVERED)
			assert_true(see == DONE && st >= RELEASING && r == 0);
		/* A document that was released is not cancelled while it prints. */
		if (todo == HF_TODO_CANCEL)
			assert_false(st >= RELEASING && see == LIVE);
	}
}

static void
job_states_are_seen_for_what_they_are(void **state)
{
	(void)state;
	assert_int_equal(hf_see_of(HF_JOB_PENDING), LIVE);
	assert_int_equal(hf_see_of(HF_JOB_HELD), HELD);
	assert_int_equal(hf_see_of(HF_JOB_PROCESSING), LIVE);
	assert_int_equal(hf_see_of(HF_JOB_STOPPED), LIVE);
	assert_int_equal(hf_see_of(HF_JOB_CANCELED), DEAD);
	assert_int_equal(hf_see_of(HF_JOB_ABORTED), DEAD);
	assert_int_equal(hf_see_of(HF_JOB_COMPLETED), DONE);
	assert_int_equal(hf_see_of(0), NONE);
	assert_int_equal(hf_see_of(10), NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recovery_table_is_followed),
		cmocka_unit_test(no_sight_leads_to_a_second_copy_or_a_lost_job),
		cmocka_unit_test(job_states_are_seen_for_what_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
