/* link: release/queue/proto.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release/queue/proto.h"

static struct hf_buf b;

static void
u8(uint8_t v)
{
	assert_int_equal(hf_put_u8(&b, v, NULL), 0);
}

static void
u32(uint32_t v)
{
	assert_int_equal(hf_put_u32(&b, v, NULL), 0);
}

static void
u64(uint64_t v)
{
	assert_int_equal(hf_put_u64(&b, v, NULL), 0);
}

static void
str(const char *s)
{
	assert_int_equal(hf_put_str(&b, s, NULL), 0);
}

static void
fill(size_t n)
{
	while (n-- > 0)
		u8(7);
}

/* Bodies as the other side writes them. */
static void
put_nonce(void)
{
	fill(16);
	u64(1700000000000);
	u8(3);
	fill(64);
}

static void
put_enrol(void)
{
	fill(48);
	str("ACR122U");
	str("0.1.0");
}

static void
put_state(void)
{
	u8(1);
	u8(0);
	str("");
	assert_int_equal(hf_put_big(&b, "{}", 2, NULL), 0);
}

static void
put_advance(void)
{
	u64(1);
	u64(2);
	u8(HF_ATTEMPT_CREATED);
	u32(17);
	str("urn:uuid:1");
	u32(3600);
}

static void
put_progress(void)
{
	u64(1);
	u64(2);
	u64(65536);
	u32(UINT32_MAX);
	str("printing");
}

static void
put_finish(void)
{
	u64(1);
	u64(2);
	u8(HF_OUT_HELD);
	u32(0);
	str("out of paper");
}

static void
put_unwrapped(void)
{
	assert_int_equal(hf_put_var(&b, "envelope", 8, NULL), 0);
	fill(HF_WRAPPED_LEN);
}

static void
put_badge(void)
{
	u8(1);
	fill(32);
	u8(1);
	u8(0);
}

static int
get(int which, struct hf_view v, struct hf_err *e)
{
	union {
		struct hf_m_nonce nonce;
		struct hf_m_enrol enrol;
		struct hf_m_state state;
		struct hf_m_advance advance;
		struct hf_m_progress progress;
		struct hf_m_finish finish;
		struct hf_m_unwrapped unwrapped;
		struct hf_m_badge badge;
	} m;

	switch (which) {
	case 0:
		return hf_nonce_get(v, &m.nonce, e);
	case 1:
		return hf_enrol_get(v, &m.enrol, e);
	case 2:
		return hf_state_get(v, &m.state, e);
	case 3:
		return hf_advance_get(v, &m.advance, e);
	case 4:
		return hf_progress_get(v, &m.progress, e);
	case 5:
		return hf_finish_get(v, &m.finish, e);
	case 6:
		return hf_unwrapped_get(v, &m.unwrapped, e);
	default:
		return hf_badge_get(v, &m.badge, e);
	}
}

static void (*const puts_[])(void) = { put_nonce, put_enrol, put_state,
	put_advance, put_progress, put_finish, put_unwrapped, put_badge };
#define KINDS (int)(sizeof puts_ / sizeof puts_[0])

/* A copy of exactly n bytes, so that reading beyond is seen. */
static int
get_exactly(int which, size_t n, struct hf_err *e)
{
	uint8_t *copy = malloc(n + 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, b.p, n);
	rc = get(which, hf_view_of(copy, n), e);
	free(copy);
	return rc;
}

static void
a_whole_body_is_taken_and_any_cut_or_longer_one_refused(void **state)
{
	struct hf_err e;
	size_t n;
	int i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		hf_buf_reset(&b);
		puts_[i]();
		assert_int_equal(get_exactly(i, b.n, &e), 0);
		for (n = 0; n < b.n; n++) {
			assert_int_equal(get_exactly(i, n, &e), -1);
			assert_int_equal(e.code, HF_EINPUT);
		}
		u8(0);
		assert_int_equal(get_exactly(i, b.n, &e), -1);
		assert_int_equal(e.code, HF_EINPUT);
	}
}

static void
what_was_written_is_what_is_read(void **state)
{
	struct hf_m_advance a;
	struct hf_m_progress p;
	struct hf_m_finish f;

	(void)state;
	hf_buf_reset(&b);
	put_advance();
	assert_int_equal(hf_advance_get(hf_buf_view(&b), &a, NULL), 0);
	assert_int_equal(a.attempt, 1);
	assert_int_equal(a.fence, 2);
	assert_int_equal(a.to, HF_ATTEMPT_CREATED);
	assert_int_equal(a.job_id, 17);
	assert_string_equal(a.job_uuid, "urn:uuid:1");
	assert_int_equal(a.up_time, 3600);
	hf_buf_reset(&b);
	put_progress();
	assert_int_equal(hf_progress_get(hf_buf_view(&b), &p, NULL), 0);
	assert_int_equal(p.impressions, -1);
	hf_buf_reset(&b);
	put_finish();
	assert_int_equal(hf_finish_get(hf_buf_view(&b), &f, NULL), 0);
	assert_int_equal(f.impressions, 0);
	assert_string_equal(f.words, "out of paper");
}

/* Change one byte of a body and see that it is refused. */
static void
spoilt(int which, size_t at, uint8_t value)
{
	struct hf_err e;

	hf_buf_reset(&b);
	puts_[which]();
	b.p[at] = value;
	assert_int_equal(get(which, hf_buf_view(&b), &e), -1);
	assert_int_equal(e.code, HF_EINPUT);
}

static void
numbers_out_of_range_are_refused(void **state)
{
	(void)state;
	spoilt(0, 24, 0);	/* no nonces */
	spoilt(0, 24, 5);	/* too many */
	spoilt(2, 0, 2);	/* flags */
	spoilt(2, 1, 2);
	spoilt(3, 16, 0);	/* ADVANCE to claimed */
	spoilt(3, 16, 4);
	spoilt(3, 17, 0x80);	/* negative job-id */
	spoilt(5, 16, 0);	/* outcomes */
	spoilt(5, 16, 6);
	spoilt(5, 17, 0x80);	/* −2 147 483 648 pages */
	spoilt(7, 33, 2);
	spoilt(7, 34, 2);
}

static void
a_readers_words_must_be_text(void **state)
{
	struct hf_m_enrol m;
	struct hf_err e;

	(void)state;
	hf_buf_reset(&b);
	fill(48);
	str("bell \a");
	str("1");
	assert_int_equal(hf_enrol_get(hf_buf_view(&b), &m, &e), -1);
	hf_buf_reset(&b);
	fill(48);
	str("\xff");
	str("1");
	assert_int_equal(hf_enrol_get(hf_buf_view(&b), &m, &e), -1);
}

static void
a_printers_words_are_made_harmless(void **state)
{
	struct hf_m_finish f;

	(void)state;
	hf_buf_reset(&b);
	u64(1);
	u64(2);
	u8(HF_OUT_HELD);
	u32(0);
	str("paper\n\x1b[2J \xff empty");
	assert_int_equal(hf_finish_get(hf_buf_view(&b), &f, NULL), 0);
	assert_string_equal(f.words, "paper??[2J ? empty");
	assert_true(hf_is_text(hf_view_str(f.words)));
}

static void
words_that_are_too_long_are_refused(void **state)
{
	char long_[HF_WORDS + 1];
	struct hf_m_finish f;

	(void)state;
	memset(long_, 'x', sizeof long_);
	long_[HF_WORDS] = '\0';
	hf_buf_reset(&b);
	u64(1);
	u64(2);
	u8(HF_OUT_HELD);
	u32(0);
	str(long_);
	assert_int_equal(hf_finish_get(hf_buf_view(&b), &f, NULL), -1);
	long_[HF_WORDS - 1] = '\0';
	hf_buf_reset(&b);
	u64(1);
	u64(2);
	u8(HF_OUT_HELD);
	u32(0);
	str(long_);
	assert_int_equal(hf_finish_get(hf_buf_view(&b), &f, NULL), 0);
}

static void
the_answer_to_a_tap_always_has_room_for_a_nonce(void **state)
{
	const uint8_t nonce[HF_NONCE_LEN] = { 9 };
	struct hf_m_tapped t = { .result = HF_TAP_RELEASED,
		.jobs = 2,
		.printer = "p1",
		.person = "Ann",
		.words = "yes",
		.nonce = nonce };
	size_t n;

	(void)state;
	assert_int_equal(hf_tapped_put(&b, 1, &t, NULL), 0);
	n = b.n;
	assert_int_equal(b.p[n - 33], 1);
	assert_memory_equal(b.p + n - 32, nonce, 32);
	t.nonce = NULL;
	assert_int_equal(hf_tapped_put(&b, 1, &t, NULL), 0);
	assert_int_equal(b.n, n);
	assert_int_equal(b.p[n - 33], 0);
}

static void
the_most_options_there_can_be_fit(void **state)
{
	static struct hf_envelope env;
	const uint8_t wrapped[HF_WRAPPED_LEN] = { 0 };
	struct hf_m_deliver d = { .attempt = 1,
		.fence = 2,
		.token = "0123456789abcdef0123456789abcdef",
		.format = "application/pdf",
		.env = &env,
		.wrapped = wrapped };
	struct hf_view v, options;
	size_t i;

	(void)state;
	env.copies = 1;
	env.n_options = HF_OPTIONS_MAX;
	for (i = 0; i < HF_OPTIONS_MAX; i++) {
		memset(env.options[i].name, 'n', 63);
		memset(env.options[i].value, 'v', 127);
	}
	assert_int_equal(hf_deliver_put(&b, &d, NULL), 0);
	v = hf_view_of(b.p + HF_MSG_HEADER, b.n - HF_MSG_HEADER);
	assert_int_equal(hf_get_view(&v, 8 + 8 + 16 + 2 + 32 + 2 + 15 + 4 + 2,
			     &options, NULL), 0);
	assert_int_equal(hf_get_var(&v, 65535, &options, NULL), 0);
	assert_int_equal(options.n, HF_OPTIONS_MAX * (1 + 63 + 1 + 127));
	assert_int_equal(v.n, HF_WRAPPED_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_whole_body_is_taken_and_any_cut_or_longer_one_refused),
		cmocka_unit_test(what_was_written_is_what_is_read),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(a_readers_words_must_be_text),
		cmocka_unit_test(a_printers_words_are_made_harmless),
		cmocka_unit_test(words_that_are_too_long_are_refused),
		cmocka_unit_test(
		    the_answer_to_a_tap_always_has_room_for_a_nonce),
		cmocka_unit_test(the_most_options_there_can_be_fit),
	};
	int rc;

	hf_buf_init(&b, HF_MSG_MAX);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	hf_buf_clear(&b);
	return rc;
}
