/* link: server/http.c server/target.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/http.h"

#define S(s) s, sizeof(s) - 1
#define HOST "Host: h\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST

/* What becomes of these bytes: 0 = parsed, 1 = needs more, else a status. */
static int
judge(const char *p, size_t n, struct hf_http_head *h)
{
	struct hf_view in = hf_view_of(p, n);
	const char *why = NULL;
	size_t pos = 0;
	int k = hf_http_scan(in, &pos, &why);

	if (k == 0)
		return 1;
	if (k == 1) {
		assert_int_equal(pos, n);
		k = -hf_http_parse(in, h, &why);
	}
	if (k != 0)
		assert_non_null(why);
	return -k;
}

static const struct {
	const char *name;
	const char *p;
	size_t n;
	int status;
} table[] = {
	{ "a plain request", S(GET "\r\n"), 0 },
	{ "no white space after the colon", S("GET / HTTP/1.1\r\nHost:h\r\n\r\n"), 0 },
	{ "white space around a value", S("GET / HTTP/1.1\r\nHost: \t h \t\r\n\r\n"), 0 },
	{ "HTTP/1.0 without Host", S("GET / HTTP/1.0\r\n\r\n"), 0 },
	{ "absolute form", S("GET https://h:1/v1/health HTTP/1.1\r\n" HOST "\r\n"), 0 },
	{ "an IPv6 host", S("GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n"), 0 },
	{ "a length", S("POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\n"), 0 },
	{ "chunked", S("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"), 0 },
	{ "a byte over 0x7f in a value", S(GET "X: \xc3\xa9\r\n\r\n"), 0 },
	{ "an empty value", S(GET "X:\r\n\r\n"), 0 },
	{ "cut before the empty line", S(GET), 1 },
	{ "cut in the last line end", S(GET "\r"), 1 },

	/* the smuggling shapes */
	{ "CL and TE", S("POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
	{ "TE and CL", S("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"), 400 },
	{ "two lengths", S("POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\nContent-Length: 5\r\n\r\n"), 400 },
	{ "two equal lengths", S("POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\nContent-Length: 4\r\n\r\n"), 400 },
	{ "a list of lengths", S("POST / HTTP/1.1\r\n" HOST "Content-Length: 4, 4\r\n\r\n"), 400 },
	{ "a length with a sign", S("POST / HTTP/1.1\r\n" HOST "Content-Length: +4\r\n\r\n"), 400 },
	{ "a negative length", S("POST / HTTP/1.1\r\n" HOST "Content-Length: -4\r\n\r\n"), 400 },
	{ "a hex length", S("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x4\r\n\r\n"), 400 },
	{ "an empty length", S("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n"), 400 },
	{ "a length that overflows", S("POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551617\r\n\r\n"), 400 },
	{ "xchunked", S("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n"), 501 },
	{ "chunked, identity", S("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n"), 501 },
	{ "gzip, chunked", S("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501 },
	{ "two TE", S("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
	{ "an empty TE", S("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n"), 501 },
	{ "TE in HTTP/1.0", S("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
	{ "a space before the colon", S("GET / HTTP/1.1\r\nHost : h\r\n\r\n"), 400 },
	{ "a tab before the colon", S("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding\t: chunked\r\n\r\n"), 400 },
	{ "a folded field", S(GET "X: a\r\n b\r\n\r\n"), 400 },
	{ "a folded first field", S("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), 400 },
	{ "a bare LF", S("GET / HTTP/1.1\nHost: h\n\n"), 400 },
	{ "a bare LF in the fields", S(GET "X: a\nY: b\r\n\r\n"), 400 },
	{ "a bare CR", S(GET "X: a\rY: b\r\n\r\n"), 400 },
	{ "CR CR LF", S(GET "X: a\r\r\n\r\n"), 400 },
	{ "no Host", S("GET / HTTP/1.1\r\n\r\n"), 400 },
	{ "two Hosts", S(GET HOST "\r\n"), 400 },
	{ "an empty Host", S("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400 },
	{ "a Host with a path", S("GET / HTTP/1.1\r\nHost: h/x\r\n\r\n"), 400 },
	{ "a Host with a user", S("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"), 400 },
	{ "a NUL in a value", S(GET "X: a\0b\r\n\r\n"), 400 },
	{ "a NUL in the target", S("GET /\0 HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a NUL in a name", S(GET "X\0: a\r\n\r\n"), 400 },
	{ "DEL in a value", S(GET "X: \x7f\r\n\r\n"), 400 },
	{ "a field without a colon", S(GET "X\r\n\r\n"), 400 },
	{ "a field without a name", S(GET ": x\r\n\r\n"), 400 },
	{ "a name that is no token", S(GET "X(: x\r\n\r\n"), 400 },
	{ "two content types", S(GET "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n"), 400 },
	{ "two Expects", S(GET "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"), 400 },
	{ "two cookies", S(GET "Cookie: a=1\r\nCookie: a=2\r\n\r\n"), 400 },
	{ "an unknown expectation", S(GET "Expect: 200-ok\r\n\r\n"), 417 },
	{ "a coded body", S(GET "Content-Encoding: gzip\r\n\r\n"), 415 },

	/* the request line */
	{ "no version", S("GET /\r\n" HOST "\r\n"), 400 },
	{ "HTTP/0.9", S("GET / HTTP/0.9\r\n" HOST "\r\n"), 505 },
	{ "HTTP/1.2", S("GET / HTTP/1.2\r\n" HOST "\r\n"), 505 },
	{ "HTTP/2.0", S("PRI * HTTP/2.0\r\n\r\n"), 505 },
	{ "http/1.1", S("GET / http/1.1\r\n" HOST "\r\n"), 400 },
	{ "HTTP/1.1x", S("GET / HTTP/1.1x\r\n" HOST "\r\n"), 400 },
	{ "two spaces", S("GET  / HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a space in the target", S("GET /a b HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a trailing space", S("GET / HTTP/1.1 \r\n" HOST "\r\n"), 400 },
	{ "a tab", S("GET\t/ HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a method that is no token", S("G(T / HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a very long method", S("ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n" HOST "\r\n"), 501 },
	{ "no method", S(" / HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "only an empty line", S("\r\n\r\n"), 400 },
	{ "authority form", S("CONNECT h:443 HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a target without a slash", S("GET v1 HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a fragment", S("GET /a#b HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "another scheme", S("GET ftp://h/ HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "absolute form without a path", S("GET https://h HTTP/1.1\r\n" HOST "\r\n"), 400 },

	/* the path */
	{ "dot dot", S("GET /a/../b HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "dot dot at the end", S("GET /a/.. HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a dot", S("GET /a/./b HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "encoded dot dot", S("GET /a/%2e%2E/b HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "an encoded slash", S("GET /a%2fb HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "an encoded backslash", S("GET /a%5cb HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a backslash", S("GET /a\\b HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "an encoded NUL", S("GET /a%00 HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "an encoded line end", S("GET /a%0d%0a HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a cut escape", S("GET /a%4 HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a wrong escape", S("GET /a%zz HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "no UTF-8", S("GET /a%ff HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "overlong UTF-8", S("GET /%c0%af HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a raw byte over 0x7f", S("GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n"), 400 },
	{ "a strange query", S("GET /?a=<b> HTTP/1.1\r\n" HOST "\r\n"), 400 },
};

static void
each_shape_gets_its_status(void **state)
{
	struct hf_http_head h;
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < sizeof table / sizeof table[0]; i++) {
		got = judge(table[i].p, table[i].n, &h);
		if (got != table[i].status)
			fail_msg("%s: %d, wanted %d", table[i].name, got,
			    table[i].status);
	}
}

/* Nothing that is accepted whole is accepted cut, wherever it is cut. */
static void
a_cut_head_is_never_taken(void **state)
{
	static const char whole[] = "POST /v1/taps?x=1 HTTP/1.1\r\n" HOST
	    "Content-Length: 4\r\nX-A: b\r\n\r\n";
	const char *why;
	size_t n, pos;

	(void)state;
	for (n = 0; n < sizeof whole - 1; n++) {
		pos = 0;
		assert_int_equal(hf_http_scan(hf_view_of(whole, n), &pos,
		    &why), 0);
	}
}

static void
the_pieces_in_which_a_head_comes_do_not_matter(void **state)
{
	static const char text[] = GET "X: y\r\n\r\nGET /next";
	const size_t whole = sizeof(GET "X: y\r\n\r\n") - 1;
	const char *why;
	size_t step, n, pos;
	int k;

	(void)state;
	for (step = 1; step < sizeof text; step++) {
		pos = 0;
		for (n = step, k = 0; k == 0; n += step)
			k = hf_http_scan(hf_view_of(text,
			    n < sizeof text - 1 ? n : sizeof text - 1), &pos,
			    &why);
		assert_int_equal(k, 1);
		assert_int_equal(pos, whole);
	}
}

static void
what_was_sent_is_what_is_understood(void **state)
{
	static const char text[] =
	    "POST https://h/v1/caf%C3%A9/a%20b?x=%41&y HTTP/1.1\r\n" HOST
	    "content-length: 0012\r\nX-One:  two  \r\n"
	    "CONTENT-TYPE: Application/JSON ; charset=utf-8\r\n"
	    "Expect: 100-Continue\r\n\r\n";
	struct hf_http_head h;

	(void)state;
	assert_int_equal(judge(S(text), &h), 0);
	assert_true(hf_http_equal(h.method, "POST"));
	assert_string_equal(h.path, "/v1/caf\xc3\xa9/a b");
	assert_true(hf_http_equal(h.query, "x=%41&y"));
	assert_int_equal(h.framing, HF_HTTP_LENGTH);
	assert_int_equal(h.length, 12);
	assert_true(h.keep_alive);
	assert_true(h.expect_continue);
	assert_true(hf_http_is_type(&h, "application/json"));
	assert_false(hf_http_is_type(&h, "application/jso"));
	assert_true(hf_http_equal(*hf_http_field(&h, "x-one"), "two"));
	assert_null(hf_http_field(&h, "x-two"));
}

static void
an_escape_is_decoded_once(void **state)
{
	struct hf_http_head h;

	(void)state;
	assert_int_equal(judge(S("GET /%252e%252e/x HTTP/1.1\r\n" HOST
	    "\r\n"), &h), 0);
	assert_string_equal(h.path, "/%2e%2e/x");
}

static void
who_asks_for_close_gets_it(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		bool keep;
	} cases[] = {
		{ S(GET "\r\n"), true },
		{ S(GET "Connection: keep-alive\r\n\r\n"), true },
		{ S(GET "Connection: close\r\n\r\n"), false },
		{ S(GET "Connection: Upgrade, CLOSE\r\n\r\n"), false },
		{ S(GET "Connection: x\r\nConnection: close\r\n\r\n"), false },
		{ S(GET "Connection: ,,\r\n\r\n"), true },
		{ S("GET / HTTP/1.0\r\n\r\n"), false },
		{ S("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), false },
	};
	struct hf_http_head h;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(judge(cases[i].p, cases[i].n, &h), 0);
		assert_int_equal(h.keep_alive, cases[i].keep);
	}
}

/* "GET / HTTP/1.1", Host, then n fields. */
static size_t
with_fields(char *out, size_t size, size_t n)
{
	size_t len = 0, i;

	len += (size_t)snprintf(out, size, GET);
	for (i = 1; i < n; i++)
		len += (size_t)snprintf(out + len, size - len, "A: b\r\n");
	len += (size_t)snprintf(out + len, size - len, "\r\n");
	return len;
}

static void
the_limits_are_where_they_are_said_to_be(void **state)
{
	static char big[HF_HTTP_HEAD_MAX + 64];
	struct hf_http_head h;
	size_t n;

	(void)state;
	n = with_fields(big, sizeof big, HF_HTTP_FIELDS_MAX);
	assert_int_equal(judge(big, n, &h), 0);
	assert_int_equal(h.n_fields, HF_HTTP_FIELDS_MAX);
	n = with_fields(big, sizeof big, HF_HTTP_FIELDS_MAX + 1);
	assert_int_equal(judge(big, n, &h), 431);

	/* exactly as long as may be, and one byte more */
	memset(big, 'a', sizeof big);
	memcpy(big, GET "X: ", sizeof(GET "X: ") - 1);
	memcpy(big + HF_HTTP_HEAD_MAX - 4, "\r\n\r\n", 4);
	assert_int_equal(judge(big, HF_HTTP_HEAD_MAX, &h), 0);
	memset(big + HF_HTTP_HEAD_MAX - 4, 'a', 4);
	memcpy(big + HF_HTTP_HEAD_MAX - 3, "\r\n\r\n", 4);
	assert_int_equal(judge(big, HF_HTTP_HEAD_MAX + 1, &h), 431);
	memset(big + HF_HTTP_HEAD_MAX - 4, 'a', 8);
	assert_int_equal(judge(big, sizeof big, &h), 431);

	n = (size_t)snprintf(big, sizeof big, "GET /%0*d HTTP/1.1\r\n" HOST
	    "\r\n", HF_HTTP_PATH_MAX - 1, 0);
	assert_int_equal(judge(big, n, &h), 0);
	n = (size_t)snprintf(big, sizeof big, "GET /%0*d HTTP/1.1\r\n" HOST
	    "\r\n", HF_HTTP_PATH_MAX, 0);
	assert_int_equal(judge(big, n, &h), 414);
	n = (size_t)snprintf(big, sizeof big, "GET /?%05000d HTTP/1.1\r\n" HOST
	    "\r\n", 0);
	assert_int_equal(judge(big, n, &h), 414);
}

/* hf_http_parse has to hold by itself, whatever it is given. */
static void
a_head_that_was_not_scanned_is_refused_all_the_same(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} cases[] = {
		{ S("") },
		{ S("\r\n") },
		{ S("GET / HTTP/1.1\r\nHost: h\r\n") },
		{ S("GET / HTTP/1.1\nHost: h\n\n") },
		{ S(GET "\r\nmore") },
		{ S(GET "X: a\0b\r\n\r\n") },
		{ S(GET "X: a\rb\r\n\r\n") },
	};
	struct hf_http_head h;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(hf_http_parse(hf_view_of(cases[i].p,
		    cases[i].n), &h, &why), 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shape_gets_its_status),
		cmocka_unit_test(a_cut_head_is_never_taken),
		cmocka_unit_test(
		    the_pieces_in_which_a_head_comes_do_not_matter),
		cmocka_unit_test(what_was_sent_is_what_is_understood),
		cmocka_unit_test(an_escape_is_decoded_once),
		cmocka_unit_test(who_asks_for_close_gets_it),
		cmocka_unit_test(the_limits_are_where_they_are_said_to_be),
		cmocka_unit_test(
		    a_head_that_was_not_scanned_is_refused_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
