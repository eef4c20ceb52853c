/* link: tests/unit/webkit.c server/server.c server/loop.c server/conn.c server/serve.c server/exchange.c server/gate.c server/live.c server/pool.c server/listen.c server/limit.c server/tls.c server/http.c server/target.c server/chunk.c server/route.c server/reply.c server/ask.c server/worker.c -levent_core -lssl -lcrypto -ljansson -lpq -lpthread */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/tls.h"
#include "tests/unit/webkit.h"

struct files {
	char dir[32], cert[64], key[64], other_cert[64], other_key[64];
};

static int
setup(void **state)
{
	struct files *f = calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/hftls.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->cert, sizeof f->cert, "%s/cert", f->dir);
	snprintf(f->key, sizeof f->key, "%s/key", f->dir);
	snprintf(f->other_cert, sizeof f->other_cert, "%s/cert2", f->dir);
	snprintf(f->other_key, sizeof f->other_key, "%s/key2", f->dir);
	web_make_cert(f->cert, f->key, 30);
	web_make_cert(f->other_cert, f->other_key, 10);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct files *f = *state;

	unlink(f->cert);
	unlink(f->key);
	unlink(f->other_cert);
	unlink(f->other_key);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
a_pair_that_does_not_fit_is_refused_with_the_file_named(void **state)
{
	struct files *f = *state;
	struct hf_err e;

	assert_null(hf_tls_new(f->cert, f->other_key, &e));
	assert_int_equal(e.code, HF_ECONFIG);
	assert_non_null(strstr(e.text, f->other_key));
	assert_null(hf_tls_new("/nowhere/cert", f->key, &e));
	assert_int_equal(e.code, HF_ECONFIG);
	assert_non_null(strstr(e.text, "/nowhere/cert"));
	assert_null(hf_tls_new(f->key, f->key, &e));	/* no certificate */
	assert_non_null(strstr(e.text, f->key));
	assert_null(hf_tls_new(f->cert, f->cert, &e));	/* no key */
	assert_null(hf_tls_new(f->dir, f->key, &e));
	assert_non_null(strstr(e.text, "not a plain file"));
}

static void
a_reload_is_all_or_nothing(void **state)
{
	struct files *f = *state;
	struct hf_tls_info before, after;
	bool new_key, shorter;
	struct hf_tls *t;
	struct hf_err e;

	t = hf_tls_new(f->cert, f->key, &e);
	assert_non_null(t);
	hf_tls_info(t, &before);
	assert_int_equal(strlen(before.sha256), 64);
	assert_int_equal(strncmp(before.pin, "sha256//", 8), 0);
	assert_int_equal(strlen(before.pin), 8 + 44);
	/* the same again */
	assert_int_equal(hf_tls_reload(t, &new_key, &shorter, &e), 0);
	assert_false(new_key);
	assert_false(shorter);
	/* half a change, nonsense, nothing */
	assert_int_equal(rename(f->other_key, f->key), 0);
	assert_int_equal(hf_tls_reload(t, &new_key, &shorter, &e), -1);
	write_file(f->other_key, "-----BEGIN PRIVATE KEY-----\nAAAA\n");
	assert_int_equal(rename(f->other_key, f->key), 0);
	assert_int_equal(hf_tls_reload(t, &new_key, &shorter, &e), -1);
	assert_int_equal(unlink(f->key), 0);
	assert_int_equal(hf_tls_reload(t, &new_key, &shorter, &e), -1);
	hf_tls_info(t, &after);
	assert_memory_equal(&before, &after, sizeof before);
	/* another pair, which ends earlier */
	web_make_cert(f->cert, f->key, 10);
	assert_int_equal(hf_tls_reload(t, &new_key, &shorter, &e), 0);
	assert_true(new_key);
	assert_true(shorter);
	hf_tls_info(t, &after);
	assert_string_not_equal(before.sha256, after.sha256);
	hf_tls_free(t);
}

static int
run_ok(const struct hf_req *rq, struct hf_reply *re, struct hf_err *e)
{
	(void)rq;
	re->status = 200;
	return hf_put_bytes(&re->body, "ok", 2, e);
}

static X509 *
peer(struct client *c)
{
	X509 *x = SSL_get1_peer_certificate(c->ssl);

	assert_non_null(x);
	return x;
}

static void
connections_that_live_survive_a_reload_and_new_ones_see_it(void **state)
{
	static const struct hf_route routes[] = {
		{ .method = "GET", .pattern = "/", .run = run_ok },
	};
	struct web *w = web_start(routes, 1, &hf_times_default, 64, 1);
	struct client *old = client_new(w), *new;
	bool new_key, shorter;
	X509 *a, *b, *c;
	struct answer ans;
	struct hf_err e;

	(void)state;
	a = peer(old);
	web_make_cert(w->cert, w->key, 60);
	assert_int_equal(hf_tls_reload(w->s.tls, &new_key, &shorter, &e), 0);
	assert_true(new_key);
	assert_false(shorter);
	new = client_new(w);
	b = peer(new);
	c = peer(old);
	assert_int_not_equal(X509_cmp(a, b), 0);
	assert_int_equal(X509_cmp(a, c), 0);
	client_send(old, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_true(client_answer(old, 5000, &ans));
	assert_string_equal(ans.body, "ok");
	client_send(new, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_true(client_answer(new, 5000, &ans));
	X509_free(a);
	X509_free(b);
	X509_free(c);
	client_free(old);
	client_free(new);
	web_free(w);
}

/* A ticket after the handshake makes CUPS 2.4.2 clients loop: HTTP.md. */
static void
nothing_is_sent_before_it_is_asked_for(void **state)
{
	static const struct hf_route routes[] = {
		{ .method = "GET", .pattern = "/", .run = run_ok },
	};
	struct web *w = web_start(routes, 1, &hf_times_default, 64, 1);
	struct client *c = client_new(w);

	(void)state;
	assert_int_equal(SSL_version(c->ssl), TLS1_3_VERSION);
	assert_false(client_is_closed(c, 300));
	assert_int_equal(SSL_SESSION_has_ticket(SSL_get0_session(c->ssl)), 0);
	client_free(c);
	web_free(w);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pair_that_does_not_fit_is_refused_with_the_file_named),
		TEST(a_reload_is_all_or_nothing),
		cmocka_unit_test(
		    connections_that_live_survive_a_reload_and_new_ones_see_it),
		cmocka_unit_test(nothing_is_sent_before_it_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
