/* link: tests/unit/webkit.c server/server.c server/loop.c server/conn.c server/serve.c server/exchange.c server/gate.c server/live.c server/pool.c server/listen.c server/limit.c server/tls.c server/http.c server/target.c server/chunk.c server/route.c server/reply.c server/ask.c server/worker.c -levent_core -lssl -lcrypto -ljansson -lpq -lpthread */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
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
#include "server/limit.h"
#include "tests/unit/webkit.h"

/* Routes that the real table does not have, for every mode and size. */

static int
text_reply(struct hf_reply *re, struct hf_view v, struct hf_err *e)
{
	re->status = 200;
	re->type = "text/plain";
	return hf_put_bytes(&re->body, v.p, v.n, e);
}

static int
run_echo(const struct hf_req *rq, struct hf_reply *re, struct hf_err *e)
{
	return text_reply(re, rq->body.n > 0 ? hf_buf_view(&rq->body) :
	    rq->param[0], e);
}

static int
run_vouch(const struct hf_req *rq, struct hf_reply *re, struct hf_err *e)
{
	(void)rq;
	re->vouched = true;
	return text_reply(re, hf_view_str("known"), e);
}

static int
run_big(const struct hf_req *rq, struct hf_reply *re, struct hf_err *e)
{
	static char big[HF_REPLY_MAX];

	(void)rq;
	memset(big, 'x', sizeof big);
	return text_reply(re, hf_view_of(big, sizeof big), e);
}

static int
run_broken(const struct hf_req *rq, struct hf_reply *re, struct hf_err *e)
{
	(void)rq;
	(void)re;
	return hf_fail(e, HF_ESYS, "canary /etc/secret");
}

/* Workers wait here until the test opens the gate. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_open;
static int inside;

static void
set_gate(bool open)
{
	pthread_mutex_lock(&lock);
	is_open = open;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void
wait_inside(int n)
{
	pthread_mutex_lock(&lock);
	while (inside < n)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static int
run_gate(const struct hf_req *rq, struct hf_reply *re, struct hf_err *e)
{
	pthread_mutex_lock(&lock);
	inside++;
	pthread_cond_broadcast(&changed);
	while (!is_open)
		pthread_cond_wait(&changed, &lock);
	inside--;
	pthread_mutex_unlock(&lock);
	return text_reply(re, rq->param[0], e);
}

static const struct hf_route routes[] = {
	{ .method = "GET", .pattern = "/echo/{x}", .run = run_echo },
	{ .method = "POST", .pattern = "/echo", .type = "text/plain",
	    .body_max = 4096, .run = run_echo },
	{ .method = "GET", .pattern = "/vouch", .run = run_vouch },
	{ .method = "GET", .pattern = "/big", .run = run_big },
	{ .method = "GET", .pattern = "/broken", .run = run_broken },
	{ .method = "GET", .pattern = "/gate/{x}", .mode = HF_WORKER,
	    .run = run_gate },
};

/* Short, but long enough for a machine that is busy with other tests. */
static const struct hf_times quick = {
	.handshake_ms = 400,
	.head_ms = 400,
	.idle_ms = 500,
	.idle_vouched_ms = 60000,
	.body_window_ms = 400,
	.body_window_bytes = 1000,
	.reply_ms = 600,
	.linger_ms = 500,
	.linger_bytes = 262144,
};
static const struct hf_times patient = {
	.handshake_ms = 30000,
	.head_ms = 30000,
	.idle_ms = 60000,
	.idle_vouched_ms = 660000,
	.body_window_ms = 30000,
	.body_window_bytes = 10,
	.reply_ms = 30000,
	.linger_ms = 2000,
	.linger_bytes = 262144,
};

static struct web *
start(const struct hf_times *t)
{
	set_gate(false);
	inside = 0;
	return web_start(routes, sizeof routes / sizeof routes[0], t, 64, 4);
}

#define H " HTTP/1.1\r\nHost: h\r\n"
#define EOH "\r\n"

static void
pipelined_requests_are_answered_in_order(void **state)
{
	struct web *w = start(&patient);
	struct client *c = client_new(w);
	char text[64 * 200], want[16];
	struct answer a;
	size_t n = 0;
	int i;

	(void)state;
	for (i = 0; i < 200; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "GET /echo/%d"
		    H EOH, i);
	client_send_bytes(c, text, n);
	for (i = 0; i < 200; i++) {
		assert_true(client_answer(c, 5000, &a));
		snprintf(want, sizeof want, "%d", i);
		assert_int_equal(a.status, 200);
		assert_string_equal(a.body, want);
	}
	client_free(c);
	web_free(w);
}

static void
a_pipelined_request_waits_for_the_one_before_it(void **state)
{
	struct web *w = start(&patient);
	struct client *c = client_new(w);
	struct answer a;

	(void)state;
	client_send(c, "GET /gate/first" H EOH "GET /echo/second" H EOH);
	wait_inside(1);
	client_send(c, "GET /echo/third" H EOH);
	assert_false(client_answer(c, 100, &a));
	set_gate(true);
	assert_true(client_answer(c, 5000, &a));
	assert_string_equal(a.body, "first");
	assert_true(client_answer(c, 5000, &a));
	assert_string_equal(a.body, "second");
	assert_true(client_answer(c, 5000, &a));
	assert_string_equal(a.body, "third");
	client_free(c);
	web_free(w);
}

static void
requests_in_any_pieces_are_the_same_requests(void **state)
{
	static const char text[] = "POST /echo" H "Content-Type: text/plain"
	    "\r\nContent-Length: 5\r\n\r\nhello" "\r\n"
	    "POST /echo" H "Content-Type: text/plain\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nbye\r\n0\r\n\r\n";
	struct web *w = start(&patient);
	struct answer a;
	size_t step, at, k;

	(void)state;
	for (step = 1; step < sizeof text; step += step < 8 ? 1 : 29) {
		struct client *c = client_new(w);

		for (at = 0; at < sizeof text - 1; at += k) {
			k = sizeof text - 1 - at < step ?
			    sizeof text - 1 - at : step;
			client_send_bytes(c, text + at, k);
		}
		assert_true(client_answer(c, 5000, &a));
		assert_string_equal(a.body, "hello");
		assert_true(client_answer(c, 5000, &a));
		assert_string_equal(a.body, "bye");
		client_free(c);
	}
	web_free(w);
}

static void
a_worker_that_waits_stops_nobody_else(void **state)
{
	struct web *w = start(&patient);
	struct client *slow[4], *c = client_new(w);
	struct answer a;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		slow[i] = client_new(w);
		client_send(slow[i], "GET /gate/slow" H EOH);
	}
	wait_inside(4);
	for (i = 0; i < 20; i++) {
		client_send(c, "GET /echo/quick" H EOH);
		assert_true(client_answer(c, 2000, &a));
		assert_string_equal(a.body, "quick");
	}
	set_gate(true);
	for (i = 0; i < 4; i++) {
		assert_true(client_answer(slow[i], 5000, &a));
		assert_string_equal(a.body, "slow");
		client_free(slow[i]);
	}
	client_free(c);
	web_free(w);
}

/* One worker, room for 256 behind it: what is more is told so. */
static void
too_much_for_the_workers_is_said_at_once(void **state)
{
	enum { N = 1 + 256 + 4 };
	static struct client *c[N];
	struct web *w = web_start(routes, sizeof routes / sizeof routes[0],
	    &patient, 400, 1);
	struct answer a;
	int i, refused = 0;

	(void)state;
	set_gate(false);
	inside = 0;
	for (i = 0; i < N; i++) {
		c[i] = client_new(w);
		client_send(c[i], "GET /gate/x" H EOH);
		if (i == 0)
			wait_inside(1);
	}
	for (i = 0; i < N; i++)
		if (client_answer(c[i], i < N - 4 ? 0 : 3000, &a)) {
			assert_int_equal(a.status, 503);
			assert_non_null(strstr(a.head, "Retry-After: 1\r\n"));
			client_free(c[i]);
			c[i] = NULL;
			refused++;
		}
	set_gate(true);
	for (i = 0; i < N; i++) {
		if (c[i] == NULL)
			continue;
		assert_true(client_answer(c[i], 10000, &a));
		if (a.status == 503)	/* it had not arrived above */
			refused++;
		else
			assert_string_equal(a.body, "x");
		client_free(c[i]);
	}
	assert_int_equal(refused, 4);
	web_free(w);
}

/* Under AddressSanitizer this also shows that nothing is leaked or reused. */
static void
a_client_that_vanishes_leaves_no_trace(void **state)
{
	struct web *w = start(&patient);
	struct client *c;
	struct answer a;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		c = client_new(w);
		client_send(c, "GET /gate/gone" H EOH);
		wait_inside(i + 1);
		client_send(c, "GET /echo/x" H EOH);	/* is read, then EOF */
		client_free(c);
	}
	c = client_new(w);
	client_send(c, "POST /echo" H "Content-Type: text/plain\r\n"
	    "Content-Length: 9\r\n\r\nabc");
	client_free(c);
	c = client_new(w);
	client_send(c, "GET /ech");
	client_free(c);
	set_gate(true);
	c = client_new(w);
	client_send(c, "GET /gate/here" H EOH);
	assert_true(client_answer(c, 5000, &a));
	assert_string_equal(a.body, "here");
	client_free(c);
	web_free(w);
}

static void
an_error_of_ours_is_not_told(void **state)
{
	struct web *w = start(&patient);
	struct client *c = client_new(w);
	struct answer a;

	(void)state;
	client_send(c, "GET /broken" H EOH);
	assert_true(client_answer(c, 5000, &a));
	assert_int_equal(a.status, 500);
	assert_null(strstr(a.body, "canary"));
	client_send(c, "GET /echo/on" H EOH);
	assert_true(client_answer(c, 5000, &a));
	assert_int_equal(a.status, 200);
	client_free(c);
	web_free(w);
}

static void
head_is_get_without_the_body(void **state)
{
	struct web *w = start(&patient);
	struct client *c = client_new(w);
	struct answer a;

	(void)state;
	client_send(c, "HEAD /echo/four" H EOH "GET /echo/x" H EOH);
	/* What the client takes for a body of 4 is the next answer's head. */
	assert_true(client_answer(c, 5000, &a));
	assert_non_null(strstr(a.head, "Content-Length: 4\r\n"));
	assert_string_equal(a.body, "HTTP");
	client_free(c);
	web_free(w);
}

static void
a_client_that_expects_100_is_told_to_go_on(void **state)
{
	struct web *w = start(&patient);
	struct client *c = client_new(w);
	struct answer a;

	(void)state;
	client_send(c, "POST /echo" H "Content-Type: text/plain\r\n"
	    "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
	assert_true(client_answer(c, 5000, &a));
	assert_int_equal(a.status, 100);
	client_send(c, "ok");
	assert_true(client_answer(c, 5000, &a));
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "ok");
	/* refused without being asked to send */
	client_send(c, "POST /echo" H "Content-Type: text/plain\r\n"
	    "Content-Length: 99999\r\nExpect: 100-continue\r\n\r\n");
	assert_true(client_answer(c, 5000, &a));
	assert_int_equal(a.status, 413);
	client_free(c);
	web_free(w);
}

/* The client writes much more than is taken and still reads the status. */
static void
who_sends_too_much_still_reads_why(void **state)
{
	static const char *const heads[] = {
		"POST /echo" H "Content-Type: text/plain\r\n"
		    "Content-Length: 150000\r\n\r\n",
		"POST /echo" H "Content-Type: text/plain\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n249f0\r\n",
		"POST /none" H "Content-Length: 150000\r\n\r\n",
		"POST /echo" H "Content-Type: image/png\r\n"
		    "Content-Length: 4000\r\n\r\n",
		"GET /echo/x" H "Content-Length: 150000\r\n\r\n",
	};
	static const int want[] = { 413, 413, 404, 415, 413 };
	static char body[150000];
	struct web *w = start(&patient);
	struct answer a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		struct client *c = client_new(w);

		client_send(c, heads[i]);
		client_send_bytes(c, body, sizeof body);
		assert_true(client_answer(c, 5000, &a));
		assert_int_equal(a.status, want[i]);
		assert_non_null(strstr(a.head, "Connection: close\r\n"));
		assert_true(client_is_closed(c, 5000));
		client_free(c);
	}
	web_free(w);
}

static void
a_body_of_exactly_the_limit_is_taken(void **state)
{
	struct web *w = start(&patient);
	struct client *c = client_new(w);
	char body[4096], head[256];
	struct answer a;
	int chunked, more;

	(void)state;
	memset(body, 'b', sizeof body);
	for (chunked = 0; chunked < 2; chunked++)
		for (more = 0; more < 2; more++) {
			if (chunked)
				snprintf(head, sizeof head, "POST /echo" H
				    "Content-Type: text/plain\r\nTransfer-"
				    "Encoding: chunked\r\n\r\n1000\r\n");
			else
				snprintf(head, sizeof head, "POST /echo" H
				    "Content-Type: text/plain\r\nContent-"
				    "Length: %d\r\n\r\n", 4096 + more);
			client_send(c, head);
			if (!more || chunked)
				client_send_bytes(c, body, sizeof body);
			if (chunked)
				client_send(c, more ? "\r\n1\r\nx" :
				    "\r\n0\r\n\r\n");
			assert_true(client_answer(c, 5000, &a));
			assert_int_equal(a.status, more ? 413 : 200);
			if (!more) {
				assert_int_equal(a.body_n, 4096);
				continue;
			}
			client_free(c);
			c = client_new(w);
		}
	client_free(c);
	web_free(w);
}

/* Milliseconds until the server closes. */
static int64_t
closed_after(struct client *c)
{
	int64_t begin = hf_now_ms();

	assert_true(client_is_closed(c, 5000));
	return hf_now_ms() - begin;
}

static void
each_phase_has_its_deadline(void **state)
{
	struct web *w = start(&quick);
	struct client *c;
	struct answer a;
	int64_t begin, ms;

	(void)state;
	/* handshake */
	c = client_tcp(w);
	ms = closed_after(c);
	assert_in_range(ms, 300, 3000);
	client_free(c);
	/* nothing asked */
	c = client_new(w);
	ms = closed_after(c);
	assert_in_range(ms, 300, 3000);
	client_free(c);
	/* half a head; more bytes do not prolong it */
	c = client_new(w);
	begin = hf_now_ms();
	client_send(c, "GET /echo/x HTTP/1.1\r\n");
	assert_false(client_answer(c, 200, &a));
	client_send(c, "Host: h\r\n");
	assert_true(client_answer(c, 5000, &a));
	assert_int_equal(a.status, 408);
	assert_in_range(hf_now_ms() - begin, 300, 3000);
	assert_true(client_is_closed(c, 5000));
	client_free(c);
	/* idle after an answer */
	c = client_new(w);
	client_send(c, "GET /echo/x" H EOH);
	assert_true(client_answer(c, 5000, &a));
	ms = closed_after(c);
	assert_in_range(ms, 400, 3000);
	client_free(c);
	/* a body below the rate */
	c = client_new(w);
	client_send(c, "POST /echo" H "Content-Type: text/plain\r\n"
	    "Content-Length: 4000\r\n\r\nabc");
	assert_true(client_answer(c, 5000, &a));
	assert_int_equal(a.status, 408);
	client_free(c);
	web_free(w);
}

static void
a_body_above_the_rate_may_take_its_time(void **state)
{
	struct web *w = start(&quick);
	struct client *c = client_new(w);
	int64_t begin = hf_now_ms();
	char body[1000];
	struct answer a;
	int i;

	(void)state;
	memset(body, 'b', sizeof body);
	client_send(c, "POST /echo" H "Content-Type: text/plain\r\n"
	    "Content-Length: 4000\r\n\r\n");
	for (i = 0; i < 4; i++) {
		client_send_bytes(c, body, sizeof body);
		if (i < 3)	/* each within the next window */
			assert_false(client_answer(c, 250, &a));
	}
	assert_true(client_answer(c, 5000, &a));
	assert_int_equal(a.status, 200);
	assert_true(hf_now_ms() - begin > 500);
	client_free(c);
	web_free(w);
}

static void
who_is_known_may_idle_longer(void **state)
{
	struct web *w = start(&quick);
	struct client *c = client_new(w);
	struct answer a;

	(void)state;
	client_send(c, "GET /vouch" H EOH);
	assert_true(client_answer(c, 5000, &a));
	assert_non_null(strstr(a.head, "Keep-Alive: timeout=60\r\n"));
	assert_false(client_is_closed(c, 1200));
	client_send(c, "GET /echo/still" H EOH);
	assert_true(client_answer(c, 5000, &a));
	assert_string_equal(a.body, "still");
	client_free(c);
	web_free(w);
}

static void
who_does_not_read_is_not_waited_for(void **state)
{
	const struct timespec pause = { 0, 10000000 };
	struct web *w = start(&quick);
	struct client *c = client_new(w);
	int64_t begin = hf_now_ms();
	int small = 4096;

	(void)state;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	/* much more than the kernel's buffers take */
	client_send(c, "GET /big" H EOH "GET /big" H EOH "GET /big" H EOH
	    "GET /big" H EOH "GET /big" H EOH "GET /big" H EOH);
	while (hf_limit_count(w->s.limit) > 0 && hf_now_ms() - begin < 10000)
		nanosleep(&pause, NULL);
	assert_in_range(hf_now_ms() - begin, quick.reply_ms - 100, 9000);
	client_free(c);
	web_free(w);
}

static void
an_address_cannot_take_all_connections(void **state)
{
	struct web *w = web_start(routes, sizeof routes / sizeof routes[0],
	    &patient, 3, 4);
	struct client *c[3], *extra;
	struct answer a;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		c[i] = client_new(w);
		assert_non_null(c[i]);
	}
	extra = client_tcp(w);
	assert_true(client_is_closed(extra, 5000));
	client_free(extra);
	/* those who are in notice nothing */
	for (i = 0; i < 3; i++) {
		client_send(c[i], "GET /echo/x" H EOH);
		assert_true(client_answer(c[i], 5000, &a));
	}
	client_send(c[0], "GET /echo/x HTTP/1.1\r\nHost: h\r\n"
	    "Connection: close\r\n\r\n");
	assert_true(client_answer(c[0], 5000, &a));
	assert_true(client_is_closed(c[0], 5000));
	client_free(c[0]);
	/* the place is free once the server has seen that end */
	for (i = 0; i < 100; i++) {
		extra = client_new(w);
		if (extra != NULL)
			break;
	}
	assert_non_null(extra);
	client_free(extra);
	client_free(c[1]);
	client_free(c[2]);
	web_free(w);
}

static void *
stop(void *arg)
{
	web_stop(arg, 10000);
	return NULL;
}

static void
stopping_finishes_what_is_in_work(void **state)
{
	struct web *w = start(&patient);
	struct client *busy = client_new(w), *idle = client_new(w);
	pthread_t thread;
	struct answer a;

	(void)state;
	client_send(idle, "GET /echo/x" H EOH);
	assert_true(client_answer(idle, 5000, &a));
	client_send(busy, "GET /gate/busy" H EOH);
	wait_inside(1);
	assert_int_equal(pthread_create(&thread, NULL, stop, w), 0);
	assert_true(client_is_closed(idle, 5000));
	assert_false(client_answer(busy, 100, &a));
	set_gate(true);
	assert_true(client_answer(busy, 5000, &a));
	assert_string_equal(a.body, "busy");
	assert_non_null(strstr(a.head, "Connection: close\r\n"));
	assert_true(client_is_closed(busy, 5000));
	client_free(busy);	/* its end lets the server's linger end */
	pthread_join(thread, NULL);
	client_free(idle);
	web_free(w);
}

static void
patience_ends(void **state)
{
	struct web *w = start(&patient);
	struct client *c = client_new(w);
	struct answer a;
	int64_t begin;

	(void)state;
	client_send(c, "GET /echo/x" H);	/* and no more */
	assert_false(client_answer(c, 100, &a));
	begin = hf_now_ms();
	web_stop(w, 500);
	assert_in_range(hf_now_ms() - begin, 450, 5000);
	assert_true(client_is_closed(c, 1000));
	client_free(c);
	web_free(w);
}

static void
what_is_no_tls_is_closed(void **state)
{
	struct web *w = start(&patient);
	struct client *c = client_tcp(w);
	static const char plain[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

	(void)state;
	assert_int_equal(send(c->fd, plain, sizeof plain - 1, 0),
	    sizeof plain - 1);
	while (recv(c->fd, c->buf, sizeof c->buf, 0) > 0)
		;
	client_free(c);
	web_free(w);
}

static void
old_tls_and_other_protocols_are_refused(void **state)
{
	static const unsigned char h2[] = "\x02h2", both[] =
	    "\x02h2\x08http/1.1";
	struct web *w = start(&patient);
	const unsigned char *got;
	struct client *c;
	unsigned n;
	SSL_CTX *ctx;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		ctx = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_security_level(ctx, 0);
		if (i == 0)
			SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
		else
			SSL_CTX_set_alpn_protos(ctx, i == 1 ? h2 : both,
			    i == 1 ? sizeof h2 - 1 : sizeof both - 1);
		c = client_tcp(w);
		c->ssl = SSL_new(ctx);
		SSL_set_fd(c->ssl, c->fd);
		assert_int_equal(SSL_connect(c->ssl) == 1, i == 2);
		if (i == 2) {
			SSL_get0_alpn_selected(c->ssl, &got, &n);
			assert_int_equal(n, 8);
			assert_memory_equal(got, "http/1.1", 8);
		}
		client_free(c);
		SSL_CTX_free(ctx);
	}
	web_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(
		    a_pipelined_request_waits_for_the_one_before_it),
		cmocka_unit_test(requests_in_any_pieces_are_the_same_requests),
		cmocka_unit_test(a_worker_that_waits_stops_nobody_else),
		cmocka_unit_test(too_much_for_the_workers_is_said_at_once),
		cmocka_unit_test(a_client_that_vanishes_leaves_no_trace),
		cmocka_unit_test(an_error_of_ours_is_not_told),
		cmocka_unit_test(head_is_get_without_the_body),
		cmocka_unit_test(a_client_that_expects_100_is_told_to_go_on),
		cmocka_unit_test(who_sends_too_much_still_reads_why),
		cmocka_unit_test(a_body_of_exactly_the_limit_is_taken),
		cmocka_unit_test(each_phase_has_its_deadline),
		cmocka_unit_test(a_body_above_the_rate_may_take_its_time),
		cmocka_unit_test(who_is_known_may_idle_longer),
		cmocka_unit_test(who_does_not_read_is_not_waited_for),
		cmocka_unit_test(an_address_cannot_take_all_connections),
		cmocka_unit_test(stopping_finishes_what_is_in_work),
		cmocka_unit_test(patience_ends),
		cmocka_unit_test(what_is_no_tls_is_closed),
		cmocka_unit_test(old_tls_and_other_protocols_are_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
