/* link: cardreader/apdu.c */
#include "cardreader/apdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct hf_err err;

/* A card that gives the same answers in turn, and remembers the commands. */
struct script {
	const char *answers[24];	/* bytes; "" ends it: the last repeats */
	size_t lengths[24];
	size_t n;
	size_t asked;
	uint8_t commands[64][8];
	bool gone;
};

static int
play(void *arg, struct hf_view command, struct hf_buf *answer, struct hf_err *e)
{
	struct script *s = arg;
	size_t i = s->asked < s->n ? s->asked : s->n - 1;

	assert_true(s->asked < 64 && command.n <= 8);
	memcpy(s->commands[s->asked++], command.p, command.n);
	if (s->gone)
		return hf_fail(e, HF_EPEER, "gone");
	return hf_put_bytes(answer, s->answers[i], s->lengths[i], e);
}

static int
ask(struct script *s, size_t max, struct hf_buf *data, uint16_t *sw)
{
	static const uint8_t get_uid[] = { 0xff, 0xca, 0, 0, 0 };
	const struct hf_card_link link = { play, s };

	hf_buf_init(data, max);
	return hf_apdu_ask(&link, hf_view_of(get_uid, sizeof get_uid), data,
	    sw, &err);
}

static void
the_last_two_bytes_are_the_status_word(void **state)
{
	const uint8_t in[] = { 1, 2, 3, 0x90, 0x01 };
	struct hf_view data;
	uint16_t sw;

	(void)state;
	assert_int_equal(hf_apdu_decode(hf_view_of(in, 5), &data, &sw, &err),
	    0);
	assert_int_equal(sw, 0x9001);
	assert_int_equal(data.n, 3);
	assert_ptr_equal(data.p, in);
	assert_int_equal(hf_apdu_decode(hf_view_of(in, 2), &data, &sw, &err),
	    0);
	assert_int_equal(sw, 0x0102);
	assert_int_equal(data.n, 0);
}

static void
an_answer_without_status_word_is_refused(void **state)
{
	const uint8_t in[] = { 0x90 };
	struct hf_view data = { NULL, 77 };
	uint16_t sw = 77;

	(void)state;
	assert_int_equal(hf_apdu_decode(hf_view_of(in, 0), &data, &sw, &err),
	    -1);
	assert_int_equal(err.code, HF_EINPUT);
	assert_int_equal(hf_apdu_decode(hf_view_of(in, 1), &data, &sw, &err),
	    -1);
	assert_int_equal(sw, 77);
	assert_int_equal(data.n, 77);
}

static void
an_answer_longer_than_any_card_gives_is_refused(void **state)
{
	static uint8_t in[HF_APDU_ANSWER_MAX + 1];
	struct hf_view data;
	uint16_t sw;

	(void)state;
	assert_int_equal(hf_apdu_decode(hf_view_of(in, sizeof in), &data, &sw,
	    &err), -1);
	assert_int_equal(hf_apdu_decode(hf_view_of(in, sizeof in - 1), &data,
	    &sw, &err), 0);
}

static void
a_plain_answer_is_one_round(void **state)
{
	struct script s = { .answers = { "\x04\x05\x06\x07\x90\x00" },
		.lengths = { 6 }, .n = 1 };
	struct hf_buf data;
	uint16_t sw;

	(void)state;
	assert_int_equal(ask(&s, 16, &data, &sw), 0);
	assert_int_equal(sw, HF_SW_OK);
	assert_int_equal(data.n, 4);
	assert_int_equal(s.asked, 1);
	hf_buf_clear(&data);
}

static void
more_data_is_fetched_with_get_response(void **state)
{
	static const uint8_t want[] = { 0x00, 0xc0, 0x00, 0x00, 0x02 };
	struct script s = { .answers = { "\x01\x02\x61\x02", "\x03\x04\x90\x00" },
		.lengths = { 4, 4 }, .n = 2 };
	struct hf_buf data;
	uint16_t sw;

	(void)state;
	assert_int_equal(ask(&s, 16, &data, &sw), 0);
	assert_int_equal(data.n, 4);
	assert_memory_equal(data.p, "\x01\x02\x03\x04", 4);
	assert_memory_equal(s.commands[1], want, 5);
	hf_buf_clear(&data);
}

static void
a_wrong_length_is_put_right(void **state)
{
	struct script s = { .answers = { "\x6c\x07", "\x01\x02\x90\x00" },
		.lengths = { 2, 4 }, .n = 2 };
	struct hf_buf data;
	uint16_t sw;

	(void)state;
	assert_int_equal(ask(&s, 16, &data, &sw), 0);
	assert_int_equal(data.n, 2);
	assert_memory_equal(s.commands[1], "\xff\xca\x00\x00\x07", 5);
	hf_buf_clear(&data);
}

static void
a_card_that_never_ends_is_given_up(void **state)
{
	static const char *const endless[] = { "\x61\x10", "\x6c\x10" };
	struct hf_buf data;
	uint16_t sw;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct script s = { .answers = { endless[i] },
			.lengths = { 2 }, .n = 1 };

		assert_int_equal(ask(&s, 16, &data, &sw), -1);
		assert_int_equal(err.code, HF_EINPUT);
		assert_true(s.asked < 32);
		hf_buf_clear(&data);
	}
}

static void
more_than_was_asked_for_is_refused(void **state)
{
	struct script s = { .answers = { "\x01\x02\x03\x04\x05\x06\x61\x06" },
		.lengths = { 8 }, .n = 1 };
	struct hf_buf data;
	uint16_t sw;

	(void)state;
	assert_int_equal(ask(&s, 16, &data, &sw), -1);
	assert_int_equal(err.code, HF_EINPUT);
	assert_int_equal(s.asked, 3);
	hf_buf_clear(&data);
}

static void
a_card_that_goes_is_said_to_be_gone(void **state)
{
	struct script s = { .n = 1, .gone = true };
	struct hf_buf data;
	uint16_t sw;

	(void)state;
	assert_int_equal(ask(&s, 16, &data, &sw), -1);
	assert_int_equal(err.code, HF_EPEER);
	hf_buf_clear(&data);
}

static void
every_status_word_has_a_sentence(void **state)
{
	unsigned sw;

	(void)state;
	for (sw = 0; sw <= 0xffff; sw++)
		assert_true(strlen(hf_apdu_sw_text((uint16_t)sw)) > 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_two_bytes_are_the_status_word),
		cmocka_unit_test(an_answer_without_status_word_is_refused),
		cmocka_unit_test(
		    an_answer_longer_than_any_card_gives_is_refused),
		cmocka_unit_test(a_plain_answer_is_one_round),
		cmocka_unit_test(more_data_is_fetched_with_get_response),
		cmocka_unit_test(a_wrong_length_is_put_right),
		cmocka_unit_test(a_card_that_never_ends_is_given_up),
		cmocka_unit_test(more_than_was_asked_for_is_refused),
		cmocka_unit_test(a_card_that_goes_is_said_to_be_gone),
		cmocka_unit_test(every_status_word_has_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
