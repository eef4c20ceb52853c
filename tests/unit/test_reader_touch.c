/* link: cardreader/station_touch.c cardreader/chore.c cardreader/conf.c cardreader/answer.c cardreader/panel.c -lconfuse -ljansson */
/*
 * One touch from the card to the line on the panel, with time, network and
 * panel in the hands of the test.
 */
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cardreader/station_own.h"
#include "lib/clock.h"
#include "lib/tap.h"

static struct hf_err err;
static uint64_t now;
static struct hf_reader_conf conf;
static struct hf_identity identity;
static struct hf_touch touches[HF_TOUCHES_MAX];
static struct hf_station s;
static uint8_t tap_sk[32], reader_pk[32];

static unsigned posts;
static hf_https_done *done;
static void *done_arg;
static struct hf_tap sent;
static uint8_t sent_bytes[HF_TAP_MAX];
static char said[1024];

int64_t
hf_now_ms(void)
{
	return (int64_t)now;
}

uint64_t
hf_wall_ms(void)
{
	return 1700000000000;
}

int
hf_https_start(struct hf_https *h, const struct hf_https_call *call,
    hf_https_done *fn, void *arg, struct hf_err *e)
{
	(void)h;
	assert_string_equal(call->path, "/v1/taps");
	assert_string_equal(call->type, "application/vnd.holdfast.tap");
	memcpy(sent_bytes, call->body.p, call->body.n);
	assert_int_equal(hf_tap_get(hf_view_of(sent_bytes, call->body.n),
	    &sent, e), 0);
	assert_int_equal(hf_tap_verify(&sent, reader_pk, e), 0);
	posts++;
	done = fn;
	done_arg = arg;
	return 0;
}

void
hf_station_say(struct hf_station *st, const char *name, uint16_t slot,
    enum hf_word word, const char *text)
{
	size_t n = strlen(said);

	(void)st;
	assert_string_equal(name, "R");
	assert_int_equal(slot, 2);
	snprintf(said + n, sizeof said - n, "%s: %s\n", hf_word_name(word),
	    text);
}

bool
hf_station_is_ready(struct hf_station *st, uint64_t t)
{
	return st->up && hf_stock_count(&st->stock, t) > 0;
}

void
hf_station_heard(struct hf_station *st, uint64_t t)
{
	(void)t;
	st->up = true;
}

void
hf_station_failed(struct hf_station *st, const struct hf_err *why)
{
	(void)why;
	st->up = false;
}

void
hf_station_revoked(struct hf_station *st, const char *text)
{
	st->revoked = true;
	st->health.word = HF_WORD_READER_REVOKED;
	snprintf(st->health.text, sizeof st->health.text, "no: %s", text);
}

void
hf_station_step(struct hf_station *st)
{
	size_t i;

	for (i = 0; i < HF_TOUCHES_MAX; i++)
		if (st->touches[i].used)
			hf_touch_step(&st->touches[i], now);
}

static void
nonce(uint8_t b)
{
	uint8_t n[HF_NONCE_LEN];

	memset(n, b, sizeof n);
	hf_stock_add(&s.stock, n, now + 1000000);
}

static int
setup(void **state)
{
	size_t i;

	(void)state;
	now = 100000;
	posts = 0;
	said[0] = '\0';
	done = NULL;
	memset(&conf, 0, sizeof conf);
	memset(&s, 0, sizeof s);
	memset(touches, 0, sizeof touches);
	crypto_sign_keypair(identity.pk, identity.sk);
	memcpy(reader_pk, identity.pk, 32);
	hf_id_new(&conf.reader);
	s.conf = &conf;
	s.identity = &identity;
	s.touches = touches;
	s.up = true;
	s.nonce_life_ms = 540000;
	crypto_box_keypair(s.tap_pk, tap_sk);
	s.printers.n = 1;
	hf_id_new(&s.printers.p[0].id);
	strcpy(s.printers.p[0].name, "p3");
	for (i = 0; i < HF_TOUCHES_MAX; i++)
		touches[i].station = &s;
	return 0;
}

static void
lay_on(void)
{
	struct hf_wire w = { .type = HF_WIRE_TOUCH, .slot = 2, .name = "R",
		.seen_ms = now };

	w.credential.kind = HF_CARD_14443A;
	w.credential.bits = 32;
	memcpy(w.credential.raw, "\x04\xa1\xb2\xc3", 4);
	hf_touch_begin(&s, &w);
	hf_station_step(&s);
}

static void
answer(int status, const char *text)
{
	const struct hf_https_answer a = { .status = status,
		.body = hf_view_str(text) };

	assert_non_null(done);
	done(done_arg, &a, NULL);
}

static void
lost(enum hf_code code)
{
	struct hf_err why;

	hf_fail(&why, code, "lost");
	done(done_arg, NULL, &why);
}

static void
pass(uint64_t ms)
{
	now += ms;
	hf_station_step(&s);
}

static void
nothing_left(void)
{
	static const struct hf_touch none;
	struct hf_touch t;
	size_t i;

	for (i = 0; i < HF_TOUCHES_MAX; i++) {
		t = touches[i];
		t.station = NULL;
		assert_memory_equal(&t, &none, sizeof t);
	}
}

static void
a_touch_is_posted_at_once_and_wiped_when_answered(void **state)
{
	uint8_t plain[128];
	struct hf_credential c;

	(void)state;
	nonce(7);
	lay_on();
	assert_int_equal(posts, 1);
	assert_int_equal(sent.nonce[0], 7);
	assert_true(hf_id_equal(&sent.reader, &conf.reader));
	assert_true(hf_id_equal(&sent.printer, &s.printers.p[0].id));
	assert_int_equal(crypto_box_seal_open(plain, sent.box.p, sent.box.n,
	    s.tap_pk, tap_sk), 0);
	assert_int_equal(hf_credential_get(hf_view_of(plain,
	    sent.box.n - crypto_box_SEALBYTES), &c, &err), 0);
	assert_int_equal(c.nonce[31], 7);
	assert_memory_equal(c.raw, "\x04\xa1\xb2\xc3", 4);
	answer(200, "{\"result\":\"released\",\"jobs\":2,\"printer\":\"p3\"}");
	assert_string_equal(said, "released: released 2 jobs to p3\n");
	nothing_left();
}

static void
the_next_nonce_comes_with_the_answer(void **state)
{
	(void)state;
	nonce(7);
	lay_on();
	assert_int_equal(hf_stock_count(&s.stock, now), 0);
	answer(200, "{\"result\":\"no-jobs\",\"nonce\":\""
	    "0808080808080808080808080808080808080808080808080808080808080808"
	    "\"}");
	assert_int_equal(hf_stock_count(&s.stock, now), 1);
}

static void
a_forgotten_nonce_sends_the_same_touch_again_once(void **state)
{
	(void)state;
	nonce(7);
	nonce(8);
	lay_on();
	answer(200, "{\"result\":\"nonce-unknown\"}");
	assert_int_equal(posts, 1);	/* 8 is of the same kind: not used */
	assert_string_equal(said, "");
	nonce(9);
	pass(10);
	assert_int_equal(posts, 2);
	assert_int_equal(sent.nonce[0], 9);
	answer(200, "{\"result\":\"nonce-unknown\"}");
	assert_int_equal(posts, 2);
	assert_true(strncmp(said, "unavailable: ", 13) == 0);
	nothing_left();
}

static void
without_a_server_the_touch_is_dropped_in_time(void **state)
{
	(void)state;
	nonce(7);
	s.up = false;
	lay_on();
	assert_int_equal(posts, 0);
	pass(HF_SAY_MS - 1);
	assert_string_equal(said, "");
	pass(1);
	assert_string_equal(said,
	    "server-away: the server is away; tap again in a moment\n");
	nothing_left();
	s.up = true;
	pass(1);
	assert_int_equal(posts, 0);
}

static void
a_server_that_is_back_in_time_gets_the_touch(void **state)
{
	(void)state;
	nonce(7);
	nonce(8);
	lay_on();
	lost(HF_EAGAIN);
	assert_int_equal(posts, 1);
	s.up = true;
	pass(50);
	assert_int_equal(posts, 1);	/* not in a busy loop */
	pass(50);
	assert_int_equal(posts, 2);
	assert_int_equal(sent.nonce[0], 8);
	answer(200, "{\"result\":\"no-jobs\"}");
	assert_string_equal(said, "no-jobs: no jobs\n");
}

static void
a_slow_answer_is_announced_once_and_then_given(void **state)
{
	(void)state;
	nonce(7);
	lay_on();
	pass(HF_SAY_MS);
	pass(1000);
	assert_string_equal(said,
	    "waiting: the server has not answered yet\n");
	answer(200, "{\"result\":\"no-jobs\"}");
	assert_string_equal(said, "waiting: the server has not answered yet\n"
	    "no-jobs: no jobs\n");
	nothing_left();
}

static void
an_answer_lost_too_late_is_not_asked_again(void **state)
{
	(void)state;
	nonce(7);
	nonce(8);
	lay_on();
	pass(HF_SAY_MS);
	now += HF_TAP_TIMEOUT_MS;
	said[0] = '\0';
	lost(HF_EAGAIN);
	assert_int_equal(posts, 1);
	assert_string_equal(said,
	    "server-away: the server is away; tap again in a moment\n");
}

static void
each_refusal_has_its_word(void **state)
{
	static const struct {
		int status;
		const char *body;
		const char *word;
	} t[] = {
		{ 403, "{\"detail\":\"revoked\"}",
		    "reader-revoked: no: revoked\n" },
		{ 503, "", "unavailable: " },
		{ 429, "", "unavailable: " },
		{ 400, "{\"detail\":\"not a tap\"}",
		    "server-error: the server refused the tap: not a tap\n" },
		{ 200, "", "server-error: " },
		{ 200, "{\"result\":\"refused\",\"message\":\"disabled\"}",
		    "refused: disabled\n" },
	};
	size_t i;

	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		setup(state);
		nonce(7);
		lay_on();
		answer(t[i].status, t[i].body);
		assert_memory_equal(said, t[i].word, strlen(t[i].word));
		nothing_left();
	}
	setup(state);
	nonce(7);
	lay_on();
	lost(HF_EINPUT);
	assert_string_equal(said, "server-error: lost\n");
}

static void
a_reader_without_printer_sends_nothing(void **state)
{
	(void)state;
	nonce(7);
	s.printers.n = 0;
	lay_on();
	assert_int_equal(posts, 0);
	assert_string_equal(said,
	    "not-bound: this reader is bound to no printer\n");
}

static void
more_touches_than_fit_are_told_to_come_again(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < HF_TOUCHES_MAX; i++)
		lay_on();
	assert_string_equal(said, "");
	lay_on();
	assert_string_equal(said, "busy: too many taps at once; tap again\n");
}

static void
a_touch_from_the_future_or_long_ago_counts_from_now(void **state)
{
	struct hf_wire w = { .type = HF_WIRE_TOUCH, .slot = 2, .name = "R" };

	(void)state;
	w.credential.bits = 32;
	w.seen_ms = now + 50000;
	hf_touch_begin(&s, &w);
	assert_int_equal(touches[0].deadline_ms, now + HF_SAY_MS);
	w.seen_ms = 0;
	hf_touch_begin(&s, &w);
	assert_int_equal(touches[1].deadline_ms, now + HF_SAY_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    a_touch_is_posted_at_once_and_wiped_when_answered, setup),
		cmocka_unit_test_setup(the_next_nonce_comes_with_the_answer,
		    setup),
		cmocka_unit_test_setup(
		    a_forgotten_nonce_sends_the_same_touch_again_once, setup),
		cmocka_unit_test_setup(
		    without_a_server_the_touch_is_dropped_in_time, setup),
		cmocka_unit_test_setup(
		    a_server_that_is_back_in_time_gets_the_touch, setup),
		cmocka_unit_test_setup(
		    a_slow_answer_is_announced_once_and_then_given, setup),
		cmocka_unit_test_setup(
		    an_answer_lost_too_late_is_not_asked_again, setup),
		cmocka_unit_test(each_refusal_has_its_word),
		cmocka_unit_test_setup(a_reader_without_printer_sends_nothing,
		    setup),
		cmocka_unit_test_setup(
		    more_touches_than_fit_are_told_to_come_again, setup),
		cmocka_unit_test_setup(
		    a_touch_from_the_future_or_long_ago_counts_from_now,
		    setup),
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
