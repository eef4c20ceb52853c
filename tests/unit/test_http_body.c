/* link: server/chunk.c server/http.c server/target.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/chunk.h"

#define S(s) s, sizeof(s) - 1

static const struct hf_http_head chunked = { .framing = HF_HTTP_CHUNKED };

/*
 * Feed p in pieces of `step`; the body goes to out (NUL added).  Returns 0
 * done, 1 needs more, or the status; *rest is what was not taken.
 */
static int
feed(const struct hf_http_head *h, const char *p, size_t n, size_t step,
    char *out, size_t *rest)
{
	struct hf_view in, run;
	const char *why = NULL;
	struct hf_body b;
	size_t at = 0, have = 0, k;
	int status;

	hf_body_init(&b, h);
	while (at < n && !hf_body_is_done(&b)) {
		k = n - at < step ? n - at : step;
		in = hf_view_of(p + at, k);
		while (in.n > 0 && !hf_body_is_done(&b)) {
			status = hf_body_next(&b, &in, &run, &why);
			if (status != 0) {
				assert_non_null(why);
				return status;
			}
			memcpy(out + have, run.p, run.n);
			have += run.n;
		}
		at += k - in.n;
	}
	out[have] = '\0';
	assert_int_equal(b.taken, have);
	*rest = n - at;
	return hf_body_is_done(&b) ? 0 : 1;
}

static const struct {
	const char *name;
	const char *p;
	size_t n;
	int status;		/* 0 done, 1 needs more */
	const char *body;
	size_t rest;
} table[] = {
	{ "one chunk", S("4\r\nabcd\r\n0\r\n\r\n"), 0, "abcd", 0 },
	{ "two chunks", S("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), 0, "abc", 0 },
	{ "hex of both cases", S("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), 0, "01234567890123456789", 0 },
	{ "leading zeros", S("0004\r\nabcd\r\n000\r\n\r\n"), 0, "abcd", 0 },
	{ "an empty body", S("0\r\n\r\n"), 0, "", 0 },
	{ "an extension", S("4;a=b\r\nabcd\r\n0;x\r\n\r\n"), 0, "abcd", 0 },
	{ "trailers", S("1\r\na\r\n0\r\nX: y\r\nZ: w\r\n\r\n"), 0, "a", 0 },
	{ "the next request behind it", S("1\r\na\r\n0\r\n\r\nGET /"), 0, "a", 5 },
	{ "CRLF in the data", S("4\r\n\r\n\r\n\r\n0\r\n\r\n"), 0, "\r\n\r\n", 0 },
	{ "cut in the size", S("1"), 1, "", 0 },
	{ "cut in the data", S("4\r\nab"), 1, "ab", 0 },
	{ "cut before the last chunk", S("1\r\na\r\n"), 1, "a", 0 },
	{ "cut before the empty line", S("1\r\na\r\n0\r\n"), 1, "a", 0 },
	{ "cut in the empty line", S("1\r\na\r\n0\r\n\r"), 1, "a", 0 },
	{ "17 digits", S("00000000000000001\r\na\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "a size that overflows", S("ffffffffffffffff\r\n"), 400, NULL, 0 },
	{ "a bad terminator", S("1\r\naX\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "more data than said", S("1\r\nab\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "no size", S("\r\na\r\n"), 400, NULL, 0 },
	{ "only an extension", S(";a\r\n"), 400, NULL, 0 },
	{ "a sign", S("+1\r\na\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "0x", S("0x1\r\na\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "a space before the size", S(" 1\r\na\r\n"), 400, NULL, 0 },
	{ "a space after the size", S("1 \r\na\r\n"), 400, NULL, 0 },
	{ "a bare LF after the size", S("1\na\r\n"), 400, NULL, 0 },
	{ "a bare LF after the data", S("1\r\na\n0\r\n\r\n"), 400, NULL, 0 },
	{ "a bare LF in an extension", S("1;a\nb\r\na\r\n"), 400, NULL, 0 },
	{ "a bare CR in an extension", S("1;a\rb\r\na\r\n"), 400, NULL, 0 },
	{ "a NUL in an extension", S("1;a\0b\r\na\r\n"), 400, NULL, 0 },
	{ "a bare LF at the end", S("0\r\n\n"), 400, NULL, 0 },
	{ "a folded trailer", S("0\r\nX: y\r\n z\r\n\r\n"), 400, NULL, 0 },
	{ "a NUL in a trailer", S("0\r\nX: \0\r\n\r\n"), 400, NULL, 0 },
	{ "a bare LF in a trailer", S("0\r\nX: y\n\r\n"), 400, NULL, 0 },
};

static void
each_chunked_shape_is_judged_the_same_in_any_pieces(void **state)
{
	char out[256];
	size_t i, step, rest;
	int got;

	(void)state;
	for (i = 0; i < sizeof table / sizeof table[0]; i++)
		for (step = 1; step <= table[i].n; step++) {
			got = feed(&chunked, table[i].p, table[i].n, step, out,
			    &rest);
			if (got != table[i].status)
				fail_msg("%s by %zu: %d, wanted %d",
				    table[i].name, step, got,
				    table[i].status);
			if (got > 1)
				continue;
			assert_string_equal(out, table[i].body);
			assert_int_equal(rest, table[i].rest);
		}
}

static void
a_length_is_taken_to_the_byte(void **state)
{
	const struct hf_http_head five = { .framing = HF_HTTP_LENGTH,
		.length = 5 };
	const struct hf_http_head none = { .framing = HF_HTTP_NO_BODY };
	const struct hf_http_head zero = { .framing = HF_HTTP_LENGTH };
	char out[64];
	size_t step, rest;

	(void)state;
	for (step = 1; step < 8; step++) {
		assert_int_equal(feed(&five, S("abcdeGET"), step, out, &rest),
		    0);
		assert_string_equal(out, "abcde");
		assert_int_equal(rest, 3);
		assert_int_equal(feed(&five, S("abcd"), step, out, &rest), 1);
	}
	assert_int_equal(feed(&none, S("GET"), 1, out, &rest), 0);
	assert_int_equal(rest, 3);
	assert_int_equal(feed(&zero, S("GET"), 1, out, &rest), 0);
	assert_int_equal(rest, 3);
}

static void
extensions_and_trailers_have_their_limits(void **state)
{
	static char text[2 * HF_CHUNK_TRAILER_MAX];
	char out[16];
	size_t n, rest;

	(void)state;
	n = (size_t)snprintf(text, sizeof text, "1;%0*d\r\na\r\n0\r\n\r\n",
	    HF_CHUNK_EXT_MAX, 0);
	assert_int_equal(feed(&chunked, text, n, n, out, &rest), 0);
	n = (size_t)snprintf(text, sizeof text, "1;%0*d\r\na\r\n0\r\n\r\n",
	    HF_CHUNK_EXT_MAX + 1, 0);
	assert_int_equal(feed(&chunked, text, n, n, out, &rest), 400);
	n = (size_t)snprintf(text, sizeof text, "0\r\nX%0*d\r\n\r\n",
	    HF_CHUNK_TRAILER_MAX - 1, 0);
	assert_int_equal(feed(&chunked, text, n, n, out, &rest), 0);
	/* all of them together, not each */
	n = (size_t)snprintf(text, sizeof text, "0\r\nX%0*d\r\nY%0*d\r\n\r\n",
	    HF_CHUNK_TRAILER_MAX / 2, 0, HF_CHUNK_TRAILER_MAX / 2, 0);
	assert_int_equal(feed(&chunked, text, n, n, out, &rest), 400);
	/* each extension anew */
	n = (size_t)snprintf(text, sizeof text,
	    "1;%0*d\r\na\r\n1;%0*d\r\nb\r\n0\r\n\r\n", HF_CHUNK_EXT_MAX, 0,
	    HF_CHUNK_EXT_MAX, 0);
	assert_int_equal(feed(&chunked, text, n, 7, out, &rest), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_chunked_shape_is_judged_the_same_in_any_pieces),
		cmocka_unit_test(a_length_is_taken_to_the_byte),
		cmocka_unit_test(extensions_and_trailers_have_their_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
