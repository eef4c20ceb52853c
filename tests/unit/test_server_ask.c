/* link: server/ask.c -levent_core */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "server/ask.h"

/* A release service whose every move the test makes itself. */
struct stage {
	char dir[32], path[64];
	struct event_base *base;
	struct hf_ask *ask;
	int listener, conn;	/* -1: none */
	uint8_t buf[HF_MSG_MAX];
};

struct heard {
	int calls;
	uint8_t type;		/* of the reply, 0: none came */
	char body[64];
	struct hf_err why;
};

static void
hear(void *arg, const struct hf_msg *m, const struct hf_err *why)
{
	struct heard *h = arg;

	h->calls++;
	if (m != NULL) {
		h->type = m->type;
		assert_true(m->body.n < sizeof h->body);
		if (m->body.n > 0)
			memcpy(h->body, m->body.p, m->body.n);
		h->body[m->body.n] = '\0';
	} else {
		h->why = *why;
	}
}

static void
turn(struct stage *s)
{
	event_base_loop(s->base, EVLOOP_NONBLOCK);
}

/* Turn the loop until *calls is n; a deadline ends the wait. */
static void
until(struct stage *s, const int *calls, int n)
{
	int64_t end = hf_now_ms() + 5000;

	while (*calls < n && hf_now_ms() < end)
		event_base_loop(s->base, EVLOOP_ONCE);
	assert_int_equal(*calls, n);
}

static void
service_start(struct stage *s)
{
	assert_int_equal(hf_msg_listen(s->path, 0600, &s->listener, NULL), 0);
}

/* Wait for the client's connection. */
static void
service_accept(struct stage *s)
{
	struct timeval tv = { 2, 0 };

	setsockopt(s->listener, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	event_base_loop(s->base, EVLOOP_ONCE);
	s->conn = accept(s->listener, NULL, NULL);
	assert_true(s->conn != -1);
	turn(s);
}

static struct hf_msg
service_take(struct stage *s)
{
	struct hf_msg m;
	struct hf_err e;

	assert_int_equal(hf_msg_recv(s->conn, s->buf, false, &m, &e), 1);
	return m;
}

static void
service_say(struct stage *s, uint8_t type, uint32_t seq, const char *body)
{
	struct hf_buf b;

	hf_buf_init(&b, HF_MSG_MAX);
	assert_int_equal(hf_msg_begin(&b, type, seq, NULL), 0);
	assert_int_equal(hf_put_bytes(&b, body, strlen(body), NULL), 0);
	assert_int_equal(hf_msg_send(s->conn, &b, -1, NULL), 0);
	hf_buf_clear(&b);
}

static void
service_end(struct stage *s)
{
	if (s->conn != -1)
		close(s->conn);
	if (s->listener != -1)
		close(s->listener);
	unlink(s->path);
	s->conn = s->listener = -1;
}

static int
setup(void **state)
{
	struct stage *s = calloc(1, sizeof *s);

	strcpy(s->dir, "/tmp/hfask.XXXXXX");
	if (mkdtemp(s->dir) == NULL)
		return -1;
	snprintf(s->path, sizeof s->path, "%s/sock", s->dir);
	s->listener = s->conn = -1;
	s->base = event_base_new();
	s->ask = hf_ask_new(s->base, s->path, NULL);
	*state = s;
	return s->ask == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct stage *s = *state;

	hf_ask_free(s->ask);
	service_end(s);
	event_base_free(s->base);
	rmdir(s->dir);
	free(s);
	return 0;
}

static void
a_service_that_is_away_is_said_at_once(void **state)
{
	struct stage *s = *state;
	struct heard h = { 0 };
	struct hf_err e;

	turn(s);
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_HEALTH, hf_view_str(""),
	    1000, hear, &h, &e), -1);
	assert_int_equal(e.code, HF_EAGAIN);
	assert_string_equal(e.text, "the release service is not running");
	turn(s);
	assert_int_equal(h.calls, 0);
}

static void
answers_find_their_questions_in_any_order(void **state)
{
	struct stage *s = *state;
	struct heard h[3] = { { 0 } };
	uint32_t seq[3];
	struct hf_msg m;
	int i;

	service_start(s);
	service_accept(s);
	for (i = 0; i < 3; i++)
		assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP,
		    hf_view_str("tap"), 5000, hear, &h[i], NULL), 0);
	for (i = 0; i < 3; i++) {
		m = service_take(s);
		assert_int_equal(m.type, HF_MSG_TAP);
		assert_true(hf_view_equal(m.body, hf_view_str("tap")));
		seq[i] = m.seq;
	}
	service_say(s, HF_MSG_TAP | HF_MSG_REPLY, seq[2], "third");
	service_say(s, HF_MSG_TAP | HF_MSG_REPLY, seq[0], "first");
	until(s, &h[0].calls, 1);
	assert_string_equal(h[0].body, "first");
	assert_string_equal(h[2].body, "third");
	assert_int_equal(h[1].calls, 0);
	service_say(s, HF_MSG_TAP | HF_MSG_REPLY, seq[1], "second");
	until(s, &h[1].calls, 1);
	assert_string_equal(h[1].body, "second");
	assert_int_equal(h[0].calls + h[2].calls, 2);
}

static void
an_error_comes_out_as_an_error(void **state)
{
	struct stage *s = *state;
	struct hf_err why = { .code = HF_EDENIED, .text = "no such reader" };
	struct heard h = { 0 };
	struct hf_buf b;

	service_start(s);
	service_accept(s);
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_NONCE, hf_view_str(""),
	    5000, hear, &h, NULL), 0);
	hf_buf_init(&b, HF_MSG_MAX);
	assert_int_equal(hf_msg_error(&b, service_take(s).seq, &why, NULL),
	    0);
	assert_int_equal(hf_msg_send(s->conn, &b, -1, NULL), 0);
	hf_buf_clear(&b);
	until(s, &h.calls, 1);
	assert_int_equal(h.type, 0);
	assert_int_equal(h.why.code, HF_EDENIED);
	assert_string_equal(h.why.text, "no such reader");
}

static void
a_late_answer_is_nobodys(void **state)
{
	struct stage *s = *state;
	struct heard late = { 0 }, next = { 0 };
	uint32_t seq;

	service_start(s);
	service_accept(s);
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP, hf_view_str(""), 20,
	    hear, &late, NULL), 0);
	seq = service_take(s).seq;
	until(s, &late.calls, 1);
	assert_int_equal(late.why.code, HF_EAGAIN);
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP, hf_view_str(""),
	    5000, hear, &next, NULL), 0);
	assert_int_not_equal(service_take(s).seq, seq);
	service_say(s, HF_MSG_TAP | HF_MSG_REPLY, seq, "late");
	turn(s);
	assert_int_equal(late.calls, 1);
	assert_int_equal(next.calls, 0);
	service_say(s, HF_MSG_TAP | HF_MSG_REPLY, seq + 1, "next");
	until(s, &next.calls, 1);
	assert_string_equal(next.body, "next");
}

static void
a_lost_service_fails_its_questions_and_is_found_again(void **state)
{
	struct stage *s = *state;
	struct heard h[2] = { { 0 } };
	struct hf_err e;

	service_start(s);
	service_accept(s);
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP, hf_view_str(""),
	    5000, hear, &h[0], NULL), 0);
	service_end(s);
	until(s, &h[0].calls, 1);
	assert_int_equal(h[0].why.code, HF_EAGAIN);
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP, hf_view_str(""),
	    5000, hear, &h[1], &e), -1);
	assert_int_equal(e.code, HF_EAGAIN);
	service_start(s);
	service_accept(s);
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP, hf_view_str(""),
	    5000, hear, &h[1], &e), 0);
	service_say(s, HF_MSG_TAP | HF_MSG_REPLY, service_take(s).seq, "x");
	until(s, &h[1].calls, 1);
	assert_string_equal(h[1].body, "x");
}

/* Each of these makes us hang up. */
static void
a_service_that_breaks_the_protocol_is_left(void **state)
{
	struct stage *s = *state;
	struct heard h;
	uint32_t seq;
	int i;

	for (i = 0; i < 3; i++) {
		memset(&h, 0, sizeof h);
		service_start(s);
		service_accept(s);
		assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP,
		    hf_view_str(""), 5000, hear, &h, NULL), 0);
		seq = service_take(s).seq;
		if (i == 0)	/* the answer to another type */
			service_say(s, HF_MSG_NONCE | HF_MSG_REPLY, seq, "x");
		else if (i == 1)	/* no header */
			assert_int_equal(send(s->conn, "abc", 3, 0), 3);
		else		/* another version */
			assert_int_equal(send(s->conn, "\2\x91\0\0\0\0\0\0", 8,
			    0), 8);
		until(s, &h.calls, 1);
		assert_int_equal(h.type, 0);
		assert_int_equal(recv(s->conn, s->buf, 1, 0), 0);
		service_end(s);
	}
}

static void
questions_wait_while_the_socket_is_full_and_keep_their_order(void **state)
{
	static struct heard h[HF_ASK_PENDING_MAX];
	static char body[4096];
	struct stage *s = *state;
	struct heard one_more = { 0 };
	struct hf_err e;
	uint32_t last = 0;
	struct hf_msg m;
	int i;

	memset(h, 0, sizeof h);
	service_start(s);
	service_accept(s);
	for (i = 0; i < HF_ASK_PENDING_MAX; i++)
		assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP,
		    hf_view_of(body, sizeof body), 20000, hear, &h[i], &e),
		    0);
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP, hf_view_str(""),
	    20000, hear, &one_more, &e), -1);
	assert_int_equal(e.code, HF_EAGAIN);
	for (i = 0; i < HF_ASK_PENDING_MAX; i++) {
		m = service_take(s);
		assert_int_equal(m.body.n, sizeof body);
		assert_true(i == 0 || m.seq == last + 1);
		last = m.seq;
		service_say(s, HF_MSG_TAP | HF_MSG_REPLY, m.seq, "");
		turn(s);
	}
	for (i = 0; i < HF_ASK_PENDING_MAX; i++)
		until(s, &h[i].calls, 1);
	/* and there is room again */
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP, hf_view_str(""),
	    20000, hear, &one_more, &e), 0);
	service_say(s, HF_MSG_TAP | HF_MSG_REPLY, service_take(s).seq, "");
	until(s, &one_more.calls, 1);
}

static void
a_question_that_no_packet_can_hold_is_refused(void **state)
{
	static char big[HF_MSG_MAX];
	struct stage *s = *state;
	struct heard h = { 0 };
	struct hf_err e;

	service_start(s);
	service_accept(s);
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP, hf_view_of(big,
	    sizeof big), 1000, hear, &h, &e), -1);
	assert_int_equal(e.code, HF_EINPUT);
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP, hf_view_str("small"),
	    1000, hear, &h, &e), 0);
	assert_true(hf_view_equal(service_take(s).body,
	    hf_view_str("small")));
	service_end(s);
	until(s, &h.calls, 1);
}

static void
the_end_fails_what_is_on_its_way(void **state)
{
	struct stage *s = *state;
	struct heard h = { 0 };

	service_start(s);
	service_accept(s);
	assert_int_equal(hf_ask_send(s->ask, HF_MSG_TAP, hf_view_str(""),
	    5000, hear, &h, NULL), 0);
	hf_ask_free(s->ask);
	s->ask = NULL;
	assert_int_equal(h.calls, 1);
	assert_int_equal(h.why.code, HF_EAGAIN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_service_that_is_away_is_said_at_once),
		TEST(answers_find_their_questions_in_any_order),
		TEST(an_error_comes_out_as_an_error),
		TEST(a_late_answer_is_nobodys),
		TEST(a_lost_service_fails_its_questions_and_is_found_again),
		TEST(a_service_that_breaks_the_protocol_is_left),
		TEST(questions_wait_while_the_socket_is_full_and_keep_their_order),
		TEST(a_question_that_no_packet_can_hold_is_refused),
		TEST(the_end_fails_what_is_on_its_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
