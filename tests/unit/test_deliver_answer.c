/* link: release/deliver/answer.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "release/deliver/answer.h"

#define IPP "Content-Type: application/ipp\r\n"

static struct hf_answer a;
static struct hf_err e;

/* What reading all of it comes to: 1, 0, -1; *left is what was not taken. */
static int
read_all(const char *s, size_t *left)
{
	struct hf_view in = hf_view_str(s);
	int rc;

	hf_answer_reset(&a);
	rc = hf_answer_feed(&a, &in, &e);
	*left = in.n;
	return rc;
}

static void
body_is(const char *s)
{
	assert_true(hf_view_equal(hf_buf_view(&a.body), hf_view_str(s)));
}

static void
a_body_of_known_length_is_read(void **state)
{
	size_t left;

	(void)state;
	assert_int_equal(read_all("HTTP/1.1 200 OK\r\n" IPP
	    "content-length: 3\r\n\r\nabcmore", &left), 1);
	body_is("abc");
	assert_int_equal(left, 4);
	assert_true(a.ipp && !a.close && a.status == 200);
}

static void
a_chunked_body_is_read(void **state)
{
	size_t left;

	(void)state;
	assert_int_equal(read_all("HTTP/1.1 200 OK\r\n" IPP
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n"
	    "0\r\nTrailer: x\r\n\r\n", &left), 1);
	body_is("abcde");
	assert_int_equal(left, 0);
}

static void
a_body_to_the_end_of_the_connection_closes_it(void **state)
{
	size_t left;

	(void)state;
	assert_int_equal(read_all("HTTP/1.0 200 OK\r\n" IPP "\r\nabc", &left),
	    0);
	assert_int_equal(hf_answer_end(&a, &e), 0);
	body_is("abc");
	assert_true(a.close);
	assert_int_equal(read_all("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"
	    "\r\nabc", &left), 0);
	assert_int_equal(hf_answer_end(&a, &e), -1);
}

static void
interim_answers_are_passed_over(void **state)
{
	size_t left;

	(void)state;
	assert_int_equal(read_all("HTTP/1.1 100 Continue\r\n\r\n"
	    "HTTP/1.1 200 OK\r\n" IPP "Content-Length: 1\r\n\r\nx", &left),
	    1);
	body_is("x");
}

static void
other_statuses_end_with_their_head(void **state)
{
	size_t left;

	(void)state;
	assert_int_equal(read_all("HTTP/1.1 301 Moved\r\nLocation: http://x/"
	    "\r\nContent-Length: 99999999\r\n\r\n<html>", &left), 1);
	assert_true(a.close && a.status == 301);
}

static void
keep_alive_of_1_0_is_believed(void **state)
{
	size_t left;

	(void)state;
	assert_int_equal(read_all("HTTP/1.0 200 OK\r\nConnection: Keep-Alive"
	    "\r\nContent-Length: 0\r\n\r\n", &left), 1);
	assert_false(a.close);
}

static void
malformed_answers_are_refused(void **state)
{
	static const char *const bad[] = {
		"HTTP/2 200 OK\r\n", "HTTP/1.1 20 OK\r\n", "ICY 200 OK\r\n",
		"HTTP/1.1 2000\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 3 3\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
		"Content-Length: 4\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
		"Content-Length: 3\r\n\r\n",
		"HTTP/1.1 200 OK\r\n folded\r\n\r\n",
		"HTTP/1.1 200 OK\r\nname : value\r\n\r\n",
		"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"123456789\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"1\r\nab\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"fffff\r\n",
		"HTTP/1.1 101 Switching\r\n\r\n",
	};
	size_t i, left;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(read_all(bad[i], &left), -1);
}

static void
a_head_without_end_is_refused(void **state)
{
	static const char field[] = "X-Field: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
	struct hf_view in;
	unsigned i;
	int rc = 0;

	(void)state;
	hf_answer_reset(&a);
	in = hf_view_str("HTTP/1.1 200 OK\r\n");
	assert_int_equal(hf_answer_feed(&a, &in, &e), 0);
	for (i = 0; i < HF_ANSWER_FIELDS_MAX + 1 && rc == 0; i++) {
		in = hf_view_str(field);
		rc = hf_answer_feed(&a, &in, &e);
	}
	assert_int_equal(rc, -1);
	hf_answer_reset(&a);
	for (i = 0, rc = 0; i < 2000 && rc == 0; i++) {
		in = hf_view_str("x");
		rc = hf_answer_feed(&a, &in, &e);
	}
	assert_int_equal(rc, -1);	/* one line without end */
	hf_answer_reset(&a);
	for (i = 0, rc = 0; i < 2000 && rc == 0; i++) {
		in = hf_view_str("HTTP/1.1 100 Continue\r\n\r\n");
		rc = hf_answer_feed(&a, &in, &e);
	}
	assert_int_equal(rc, -1);	/* interim answers without end */
}

static int
setup(void **state)
{
	(void)state;
	hf_answer_init(&a);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	hf_answer_clear(&a);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_of_known_length_is_read),
		cmocka_unit_test(a_chunked_body_is_read),
		cmocka_unit_test(
		    a_body_to_the_end_of_the_connection_closes_it),
		cmocka_unit_test(interim_answers_are_passed_over),
		cmocka_unit_test(other_statuses_end_with_their_head),
		cmocka_unit_test(keep_alive_of_1_0_is_believed),
		cmocka_unit_test(malformed_answers_are_refused),
		cmocka_unit_test(a_head_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
