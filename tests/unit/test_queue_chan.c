/* link: release/queue/chan.c release/queue/keyask.c release/queue/server.c -levent_core */
/* Sockets in the loop: one peer of each is played here by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "release/queue/chan.h"
#include "release/queue/keyask.h"
#include "release/queue/server.h"

static struct hf_loop loop;
static uint8_t recv_buf[HF_MSG_MAX], peer_buf[HF_MSG_MAX];

struct side {
	struct hf_chan *chan;
	int peer;		/* the other end, blocking */
	int messages;
	uint32_t last_seq;
	int fd;			/* that came along */
	bool refuse;		/* call the next message malformed */
	bool free_in_message;
	int closed;
	enum hf_code why;	/* HF_OK: an ordinary end */
};

static int
on_message(void *arg, struct hf_msg *m, struct hf_err *e)
{
	struct side *s = arg;

	s->messages++;
	s->last_seq = m->seq;
	s->fd = m->fd;
	m->fd = -1;
	if (s->free_in_message) {
		hf_chan_free(s->chan);
		s->chan = NULL;
	}
	return s->refuse ? hf_fail(e, HF_EINPUT, "refused") : 0;
}

static void
on_closed(void *arg, const struct hf_err *why)
{
	struct side *s = arg;

	s->closed++;
	s->why = why != NULL ? why->code : HF_OK;
	hf_chan_free(s->chan);
	s->chan = NULL;
}

static void
open_side(struct side *s, bool fd_ok)
{
	static const struct hf_chan_ops ops = { on_message, on_closed };
	int fds[2];

	memset(s, 0, sizeof *s);
	s->fd = -1;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			     fds), 0);
	s->peer = fds[0];
	s->chan = hf_chan_new(&loop, fds[1], fd_ok, &ops, s, NULL);
	assert_non_null(s->chan);
}

static void
close_side(struct side *s)
{
	hf_chan_free(s->chan);
	if (s->peer != -1)
		close(s->peer);
	if (s->fd != -1)
		close(s->fd);
}

static void
turn(void)
{
	assert_int_not_equal(event_base_loop(loop.base, EVLOOP_NONBLOCK), -1);
}

static void
message(struct hf_buf *b, uint8_t type, uint32_t seq, size_t body)
{
	hf_buf_init(b, HF_MSG_MAX);
	assert_int_equal(hf_msg_begin(b, type, seq, NULL), 0);
	while (body-- > 0)
		assert_int_equal(hf_put_u8(b, 'x', NULL), 0);
}

static void
from_peer(struct side *s, uint32_t seq, int fd)
{
	struct hf_buf b;

	message(&b, HF_MSG_HEALTH, seq, 4);
	assert_int_equal(hf_msg_send(s->peer, &b, fd, NULL), 0);
	hf_buf_clear(&b);
}

static void
messages_come_in_order(void **state)
{
	struct side s;
	uint32_t i;

	(void)state;
	open_side(&s, false);
	for (i = 1; i <= 100; i++)
		from_peer(&s, i, -1);
	for (i = 0; i < 10; i++)
		turn();
	assert_int_equal(s.messages, 100);
	assert_int_equal(s.last_seq, 100);
	close_side(&s);
}

static void
a_descriptor_nobody_asked_for_closes(void **state)
{
	struct side s;

	(void)state;
	open_side(&s, false);
	from_peer(&s, 1, STDIN_FILENO);
	turn();
	assert_int_equal(s.messages, 0);
	assert_int_equal(s.closed, 1);
	assert_int_equal(s.why, HF_EINPUT);
	close_side(&s);
	open_side(&s, true);
	from_peer(&s, 1, STDIN_FILENO);
	turn();
	assert_int_equal(s.messages, 1);
	assert_int_not_equal(s.fd, -1);
	close_side(&s);
}

static void
an_end_of_file_is_told_once(void **state)
{
	struct side s;

	(void)state;
	open_side(&s, false);
	from_peer(&s, 1, -1);
	close(s.peer);
	s.peer = -1;
	turn();
	turn();
	assert_int_equal(s.messages, 1);
	assert_int_equal(s.closed, 1);
	assert_int_equal(s.why, HF_OK);
	close_side(&s);
}

static void
a_handler_that_refuses_closes_this_channel_only(void **state)
{
	struct side bad, good;

	(void)state;
	open_side(&bad, false);
	open_side(&good, false);
	bad.refuse = true;
	from_peer(&bad, 1, -1);
	from_peer(&bad, 2, -1);
	from_peer(&good, 1, -1);
	turn();
	turn();
	assert_int_equal(bad.messages, 1);
	assert_int_equal(bad.closed, 1);
	assert_int_equal(good.messages, 1);
	assert_int_equal(good.closed, 0);
	close_side(&bad);
	close_side(&good);
}

static void
a_channel_may_be_freed_by_its_own_handler(void **state)
{
	struct side s;

	(void)state;
	open_side(&s, false);
	s.free_in_message = true;
	from_peer(&s, 1, -1);
	from_peer(&s, 2, -1);
	turn();
	turn();
	assert_int_equal(s.messages, 1);
	assert_int_equal(s.closed, 0);
	close_side(&s);
}

/* The peer reads all that is there; how many, and the last seq. */
static int
drain(int fd, uint32_t *seq, int *with_fd)
{
	struct hf_msg m;
	int n = 0;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	*with_fd = 0;
	while (hf_msg_recv(fd, peer_buf, true, &m, NULL) == 1) {
		n++;
		*seq = m.seq;
		if (m.fd != -1) {
			(*with_fd)++;
			close(m.fd);
		}
	}
	return n;
}

static void
what_does_not_fit_waits_in_order_with_its_descriptor(void **state)
{
	struct side s;
	struct hf_buf b;
	uint32_t i, seq = 0, last = 0;
	int got = 0, fds = 0, k, f;

	(void)state;
	open_side(&s, false);
	for (i = 1; i <= 40; i++) {
		message(&b, HF_MSG_HEALTH, i, 20000);
		assert_int_equal(hf_chan_send(s.chan, &b,
				     i % 2 == 0 ? STDIN_FILENO : -1, NULL), 0);
		hf_buf_clear(&b);
	}
	assert_false(hf_chan_is_flushed(s.chan));
	for (k = 0; k < 100 && got < 40; k++) {
		got += drain(s.peer, &seq, &f);
		fds += f;
		assert_true(seq >= last);
		last = seq;
		turn();
	}
	assert_int_equal(got, 40);
	assert_int_equal(seq, 40);
	assert_int_equal(fds, 20);
	assert_true(hf_chan_is_flushed(s.chan));
	assert_int_equal(s.closed, 0);
	close_side(&s);
}

static void
a_peer_that_does_not_read_is_let_go(void **state)
{
	struct side s;
	struct hf_buf b;
	int i, rc = 0;

	(void)state;
	open_side(&s, false);
	message(&b, HF_MSG_HEALTH, 1, 60000);
	for (i = 0; i < 1000 && rc == 0; i++)
		rc = hf_chan_send(s.chan, &b, -1, NULL);
	hf_buf_clear(&b);
	assert_int_equal(rc, -1);
	assert_true(i < 200);	/* 4 MiB and what the kernel keeps */
	assert_int_equal(s.closed, 0);	/* from the loop, not from here */
	turn();
	assert_int_equal(s.closed, 1);
	assert_int_equal(s.why, HF_EFULL);
	close_side(&s);
}

static void
sending_to_a_peer_that_is_gone_fails_and_is_told_by_the_loop(void **state)
{
	struct side s;
	struct hf_buf b;

	(void)state;
	open_side(&s, false);
	close(s.peer);
	s.peer = -1;
	message(&b, HF_MSG_HEALTH, 1, 10);
	assert_int_equal(hf_chan_send(s.chan, &b, -1, NULL), -1);
	hf_buf_clear(&b);
	assert_int_equal(s.closed, 0);
	turn();
	assert_int_equal(s.closed, 1);
	close_side(&s);
}

/* ---- role key, as role queue sees it ---- */

struct answers {
	int n, failed, lost;
	char last[32];
};

static void
on_answer(void *arg, struct hf_view body, const struct hf_err *err)
{
	struct answers *a = arg;

	a->n++;
	a->failed += err != NULL;
	snprintf(a->last, sizeof a->last, "%.*s", (int)body.n,
	    err != NULL ? "" : (const char *)body.p);
}

static void
on_lost(void *arg, const struct hf_err *why)
{
	struct answers *a = arg;

	assert_non_null(why);
	a->lost++;
}

static struct hf_keyask *
open_key(int *peer, struct answers *a)
{
	struct hf_keyask *k;
	int fds[2];

	memset(a, 0, sizeof *a);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			     fds), 0);
	*peer = fds[0];
	k = hf_keyask_new(&loop, fds[1], on_lost, a, NULL);
	assert_non_null(k);
	return k;
}

static void
key_says(int peer, uint8_t type, uint32_t seq, const char *body)
{
	struct hf_buf b;

	hf_buf_init(&b, HF_MSG_MAX);
	assert_int_equal(hf_msg_begin(&b, type, seq, NULL), 0);
	assert_int_equal(hf_put_bytes(&b, body, strlen(body), NULL), 0);
	assert_int_equal(hf_msg_send(peer, &b, -1, NULL), 0);
	hf_buf_clear(&b);
}

static void
answers_go_to_whom_they_belong(void **state)
{
	struct answers a, other = { 0 };
	struct hf_keyask *k;
	struct hf_msg m;
	int peer;

	(void)state;
	k = open_key(&peer, &a);
	assert_int_equal(hf_keyask_open(k, hf_view_str("h1"), on_answer, &a,
			     NULL), 0);
	assert_int_equal(hf_keyask_keys(k, on_answer, &other, NULL), 0);
	assert_int_equal(hf_msg_recv(peer, peer_buf, false, &m, NULL), 1);
	assert_int_equal(m.type, HF_MSG_OPEN);
	key_says(peer, HF_MSG_OPEN | HF_MSG_REPLY, m.seq, "one");
	assert_int_equal(hf_msg_recv(peer, peer_buf, false, &m, NULL), 1);
	key_says(peer, HF_MSG_KEYS | HF_MSG_REPLY, m.seq, "two");
	turn();
	assert_string_equal(a.last, "one");
	assert_string_equal(other.last, "two");
	assert_true(hf_keyask_is_well(k));
	hf_keyask_free(k);
	close(peer);
}

static void
a_forgotten_question_is_answered_to_nobody(void **state)
{
	struct answers a;
	struct hf_keyask *k;
	struct hf_msg m;
	int peer;

	(void)state;
	k = open_key(&peer, &a);
	assert_int_equal(hf_keyask_open(k, hf_view_str("h"), on_answer, &a,
			     NULL), 0);
	hf_keyask_forget(k, &a);
	assert_int_equal(hf_msg_recv(peer, peer_buf, false, &m, NULL), 1);
	key_says(peer, HF_MSG_OPEN | HF_MSG_REPLY, m.seq, "one");
	turn();
	assert_int_equal(a.n, 0);
	assert_int_equal(a.lost, 0);
	hf_keyask_free(k);
	close(peer);
}

static void
an_answer_out_of_turn_is_the_end_of_role_key(void **state)
{
	static const struct {
		uint8_t type;
		uint32_t off;
	} wrong[] = { { HF_MSG_OPEN | HF_MSG_REPLY, 1 },
		{ HF_MSG_KEYS | HF_MSG_REPLY, 0 }, { HF_MSG_OPEN, 0 } };
	struct answers a;
	struct hf_keyask *k;
	struct hf_msg m;
	size_t i;
	int peer;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		k = open_key(&peer, &a);
		assert_int_equal(hf_keyask_open(k, hf_view_str("h"),
				     on_answer, &a, NULL), 0);
		assert_int_equal(hf_msg_recv(peer, peer_buf, false, &m, NULL),
		    1);
		key_says(peer, wrong[i].type, m.seq + wrong[i].off, "x");
		turn();
		assert_int_equal(a.n, 0);
		assert_int_equal(a.lost, 1);
		hf_keyask_free(k);
		close(peer);
	}
	k = open_key(&peer, &a);
	close(peer);
	turn();
	assert_int_equal(a.lost, 1);
	hf_keyask_free(k);
}

/* ---- the server ---- */

static struct hf_pending owed;

static int
now_(void *arg, const struct hf_request *q, struct hf_err *e)
{
	(void)arg;
	if (q->body.n > 8)
		return hf_fail(e, HF_EINPUT, "too long");
	return hf_put_bytes(q->out, "now", 3, e) == -1 ? -1 : HF_DONE;
}

static int
later_(void *arg, const struct hf_request *q, struct hf_err *e)
{
	(void)arg;
	(void)e;
	hf_request_later(q, &owed);
	return HF_LATER;
}

static const struct hf_request_type types[] = {
	{ HF_MSG_HEALTH, HF_WHO_WEB | HF_WHO_ADMIN, true, now_ },
	{ HF_MSG_TAP, HF_WHO_WEB, false, now_ },
	{ HF_MSG_STATUS, HF_WHO_ADMIN, true, now_ },
	{ HF_MSG_RESCAN, HF_WHO_WEB | HF_WHO_ADMIN, true, later_ },
};

static unsigned allowed;

static unsigned
who(void *arg, uid_t uid)
{
	(void)arg;
	return uid == getuid() ? allowed : 0;
}

static struct hf_server *
open_server(int *client, unsigned may)
{
	char dir[] = "/tmp/hf-server.XXXXXX", path[64];
	struct hf_server *s;
	int listener;

	allowed = may;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	assert_int_equal(hf_msg_listen(path, 0600, &listener, NULL), 0);
	s = hf_server_new(&loop, listener, types,
	    sizeof types / sizeof types[0], who, NULL, NULL);
	assert_non_null(s);
	assert_int_equal(hf_msg_connect(path, client, NULL), 0);
	turn();
	unlink(path);
	rmdir(dir);
	return s;
}

/* The type of the answer; HF_MSG_ERROR has its code in *code; 0: closed. */
static int
request(int client, uint8_t type, size_t body, uint8_t *code)
{
	struct hf_buf b;
	struct hf_msg m;
	int k;

	message(&b, type, 5, body);
	assert_int_equal(hf_msg_send(client, &b, -1, NULL), 0);
	hf_buf_clear(&b);
	turn();
	turn();
	assert_int_equal(fcntl(client, F_SETFL, O_NONBLOCK), 0);
	k = hf_msg_recv(client, peer_buf, false, &m, NULL);
	if (k != 1)
		return k;
	assert_int_equal(m.seq, 5);
	*code = m.type == HF_MSG_ERROR ? m.body.p[0] : 0;
	return m.type;
}

static void
the_uid_decides_who_may_ask_what(void **state)
{
	struct hf_server *s;
	uint8_t code;
	int c;

	(void)state;
	s = open_server(&c, HF_WHO_WEB);
	assert_int_equal(request(c, HF_MSG_HEALTH, 0, &code),
	    HF_MSG_HEALTH | HF_MSG_REPLY);
	assert_int_equal(request(c, HF_MSG_TAP, 0, &code),
	    HF_MSG_TAP | HF_MSG_REPLY);
	assert_int_equal(request(c, HF_MSG_STATUS, 0, &code), HF_MSG_ERROR);
	assert_int_equal(code, HF_EDENIED);
	close(c);
	turn();
	hf_server_free(s);
	s = open_server(&c, HF_WHO_ADMIN);
	assert_int_equal(request(c, HF_MSG_TAP, 0, &code), HF_MSG_ERROR);
	assert_int_equal(code, HF_EDENIED);
	close(c);
	hf_server_free(s);
	s = open_server(&c, 0);
	assert_int_equal(hf_msg_recv(c, peer_buf, false, &(struct hf_msg){ 0 },
			     NULL), 0);
	close(c);
	hf_server_free(s);
}

static void
what_is_not_in_the_table_ends_the_connection(void **state)
{
	struct hf_server *s;
	uint8_t code;
	int c;

	(void)state;
	s = open_server(&c, HF_WHO_WEB | HF_WHO_ADMIN);
	assert_int_equal(request(c, 0x7e, 0, &code), 0);
	close(c);
	hf_server_free(s);
}

static void
a_malformed_body_ends_it_unless_somebody_else_made_the_body(void **state)
{
	struct hf_server *s;
	uint8_t code;
	int c;

	(void)state;
	s = open_server(&c, HF_WHO_WEB | HF_WHO_ADMIN);
	assert_int_equal(request(c, HF_MSG_TAP, 9, &code), HF_MSG_ERROR);
	assert_int_equal(code, HF_EINPUT);
	assert_int_equal(request(c, HF_MSG_HEALTH, 9, &code), 0);
	close(c);
	hf_server_free(s);
}

static void
an_answer_owed_to_a_client_that_left_is_dropped(void **state)
{
	struct hf_server *s;
	struct hf_err why;
	struct hf_msg m;
	uint8_t code;
	int c;

	(void)state;
	hf_fail(&why, HF_EAGAIN, "later");
	s = open_server(&c, HF_WHO_WEB);
	assert_int_equal(request(c, HF_MSG_RESCAN, 0, &code), -1);
	assert_non_null(owed.client);
	hf_pending_error(&owed, &why);
	assert_null(owed.client);
	assert_int_equal(hf_msg_recv(c, peer_buf, false, &m, NULL), 1);
	assert_int_equal(m.type, HF_MSG_ERROR);
	assert_int_equal(request(c, HF_MSG_RESCAN, 0, &code), -1);
	close(c);
	turn();
	assert_null(owed.client);
	hf_pending_error(&owed, &why);	/* to nobody */
	hf_server_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_in_order),
		cmocka_unit_test(a_descriptor_nobody_asked_for_closes),
		cmocka_unit_test(an_end_of_file_is_told_once),
		cmocka_unit_test(
		    a_handler_that_refuses_closes_this_channel_only),
		cmocka_unit_test(a_channel_may_be_freed_by_its_own_handler),
		cmocka_unit_test(
		    what_does_not_fit_waits_in_order_with_its_descriptor),
		cmocka_unit_test(a_peer_that_does_not_read_is_let_go),
		cmocka_unit_test(
		    sending_to_a_peer_that_is_gone_fails_and_is_told_by_the_loop),
		cmocka_unit_test(answers_go_to_whom_they_belong),
		cmocka_unit_test(a_forgotten_question_is_answered_to_nobody),
		cmocka_unit_test(an_answer_out_of_turn_is_the_end_of_role_key),
		cmocka_unit_test(the_uid_decides_who_may_ask_what),
		cmocka_unit_test(what_is_not_in_the_table_ends_the_connection),
		cmocka_unit_test(
		    a_malformed_body_ends_it_unless_somebody_else_made_the_body),
		cmocka_unit_test(
		    an_answer_owed_to_a_client_that_left_is_dropped),
	};
	int rc;

	loop.base = event_base_new();
	loop.recv = recv_buf;
	if (loop.base == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	event_base_free(loop.base);
	return rc;
}
