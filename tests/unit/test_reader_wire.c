/* link: cardreader/wire.c cardreader/panel.c */
#include "cardreader/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct hf_err err;

static struct hf_wire
sample(enum hf_wire_type type)
{
	struct hf_wire w;

	memset(&w, 0, sizeof w);
	w.type = type;
	w.slot = 3;
	strcpy(w.name, "R 00 00");
	switch (type) {
	case HF_WIRE_READERS:
		w.up = true;
		w.n_readers = 2;
		strcpy(w.readers[0], "R 00 00");
		strcpy(w.readers[1], "R 00 01");
		break;
	case HF_WIRE_BUSY:
		w.budget_ms = 3000;
		break;
	case HF_WIRE_IDLE:
		break;
	case HF_WIRE_TOUCH:
		w.seen_ms = 77;
		w.credential.kind = HF_CARD_14443A;
		w.credential.bits = 32;
		memcpy(w.credential.raw, "\x04\xa1\xb2\xc3", 4);
		break;
	case HF_WIRE_FEEDBACK:
		w.word = HF_WORD_NO_JOBS;
		strcpy(w.text, "no jobs");
		break;
	}
	return w;
}

static void
every_message_comes_back_as_it_was(void **state)
{
	struct hf_wire w, back;
	struct hf_buf b;
	int type;

	(void)state;
	for (type = HF_WIRE_READERS; type <= HF_WIRE_FEEDBACK; type++) {
		w = sample((enum hf_wire_type)type);
		hf_buf_init(&b, HF_WIRE_MAX);
		assert_int_equal(hf_wire_put(&b, &w, &err), 0);
		assert_int_equal(hf_wire_get(hf_buf_view(&b), &back, &err), 0);
		assert_memory_equal(&w, &back, sizeof w);
		hf_buf_clear(&b);
	}
}

static void
cut_or_longer_messages_are_refused(void **state)
{
	struct hf_wire w, back;
	struct hf_buf b;
	size_t n;
	int type;

	(void)state;
	for (type = HF_WIRE_READERS; type <= HF_WIRE_FEEDBACK; type++) {
		w = sample((enum hf_wire_type)type);
		hf_buf_init(&b, HF_WIRE_MAX);
		assert_int_equal(hf_wire_put(&b, &w, &err), 0);
		for (n = 0; n < b.n; n++)
			assert_int_equal(hf_wire_get(hf_view_of(b.p, n),
			    &back, &err), -1);
		assert_int_equal(hf_put_u8(&b, 0, &err), 0);
		assert_int_equal(hf_wire_get(hf_buf_view(&b), &back, &err),
		    -1);
		hf_buf_clear(&b);
	}
}

static void
unknown_types_words_and_counts_are_refused(void **state)
{
	static const uint8_t none[] = { 0, 0, 0, 0, 0 };
	static const uint8_t six[] = { 6, 0, 0, 0, 0 };
	static const uint8_t word[] = { 5, 0, 0, 0, 0, 200, 0, 0 };
	static const uint8_t up[] = { 1, 0, 0, 0, 0, 2, 0 };
	static const uint8_t many[] = { 1, 0, 0, 0, 0, 1, 17 };
	const struct hf_view bad[] = { { none, sizeof none },
		{ six, sizeof six }, { word, sizeof word }, { up, sizeof up },
		{ many, sizeof many } };
	struct hf_wire back;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(hf_wire_get(bad[i], &back, &err), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
}

static void
packets_keep_their_bounds(void **state)
{
	static uint8_t big[HF_WIRE_MAX + 1];
	struct hf_wire w = sample(HF_WIRE_TOUCH), back;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
	    pair), 0);
	assert_int_equal(hf_wire_recv(pair[1], &back, &err), -1);
	assert_int_equal(err.code, HF_EAGAIN);
	assert_int_equal(hf_wire_send(pair[0], &w, &err), 0);
	assert_int_equal(hf_wire_send(pair[0], &w, &err), 0);
	assert_int_equal(hf_wire_recv(pair[1], &back, &err), 1);
	assert_memory_equal(&w, &back, sizeof w);
	assert_int_equal(hf_wire_recv(pair[1], &back, &err), 1);
	assert_int_equal(send(pair[0], big, sizeof big, 0), sizeof big);
	assert_int_equal(hf_wire_recv(pair[1], &back, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
	close(pair[0]);
	assert_int_equal(hf_wire_recv(pair[1], &back, &err), 0);
	assert_int_equal(hf_wire_send(pair[1], &w, &err), -1);
	assert_int_equal(err.code, HF_EPEER);
	close(pair[1]);
}

static void
a_reader_that_does_not_read_is_no_reason_to_wait(void **state)
{
	struct hf_wire w = sample(HF_WIRE_TOUCH);
	int pair[2], i, rc = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
	    pair), 0);
	for (i = 0; i < 100000 && rc == 0; i++)
		rc = hf_wire_send(pair[0], &w, &err);
	assert_int_equal(rc, -1);
	assert_int_equal(err.code, HF_EAGAIN);
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_comes_back_as_it_was),
		cmocka_unit_test(cut_or_longer_messages_are_refused),
		cmocka_unit_test(unknown_types_words_and_counts_are_refused),
		cmocka_unit_test(packets_keep_their_bounds),
		cmocka_unit_test(
		    a_reader_that_does_not_read_is_no_reason_to_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
