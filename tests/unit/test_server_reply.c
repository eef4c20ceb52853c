/* link: server/reply.c -ljansson */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/reply.h"

static const char *
wire(const struct hf_reply *r, bool head_only, bool close)
{
	static struct hf_buf out;
	struct hf_err e;

	hf_buf_clear(&out);
	hf_buf_init(&out, 65536);
	assert_int_equal(hf_reply_put(r, head_only, close, 60, 784111777,
	    &out, &e), 0);
	assert_int_equal(hf_put_u8(&out, 0, &e), 0);
	return (const char *)out.p;
}

static void
an_answer_has_its_length_its_date_and_its_body(void **state)
{
	struct hf_reply r;

	(void)state;
	hf_reply_init(&r);
	assert_int_equal(hf_reply_json(&r, 200, json_pack("{s:i}", "a", 1),
	    NULL), 0);
	assert_string_equal(wire(&r, false, false),
	    "HTTP/1.1 200 OK\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Content-Length: 7\r\n"
	    "Cache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Content-Type: application/json\r\n"
	    "Keep-Alive: timeout=60\r\n\r\n"
	    "{\"a\":1}");
	assert_string_equal(strstr(wire(&r, true, false), "\r\n\r\n"),
	    "\r\n\r\n");
	assert_non_null(strstr(wire(&r, true, false), "Content-Length: 7\r\n"));
	assert_non_null(strstr(wire(&r, false, true),
	    "Connection: close\r\n"));
	assert_null(strstr(wire(&r, false, true), "Keep-Alive"));
	hf_reply_clear(&r);
	wire(&r, true, true);
}

static void
a_problem_names_what_a_program_and_a_person_need(void **state)
{
	struct hf_reply r;
	json_t *o;

	(void)state;
	hf_reply_init(&r);
	hf_reply_problem(&r, 404, HF_ENOTFOUND, "no \"such\" thing");
	assert_int_equal(r.status, 404);
	assert_string_equal(r.type, "application/problem+json");
	o = json_loadb((char *)r.body.p, r.body.n, 0, NULL);
	assert_non_null(o);
	assert_int_equal(json_object_size(o), 4);
	assert_string_equal(json_string_value(json_object_get(o, "title")),
	    "Not Found");
	assert_int_equal(json_integer_value(json_object_get(o, "status")),
	    404);
	assert_string_equal(json_string_value(json_object_get(o, "detail")),
	    "no \"such\" thing");
	assert_string_equal(json_string_value(json_object_get(o, "code")),
	    "not-found");
	json_decref(o);
	hf_reply_clear(&r);
}

static void
each_code_has_its_status_and_ours_stay_ours(void **state)
{
	static const struct {
		enum hf_code code;
		int status;
		bool told;
		int retry;
	} cases[] = {
		{ HF_EINPUT, 400, true, 0 },
		{ HF_EDENIED, 403, true, 0 },
		{ HF_ENOTFOUND, 404, true, 0 },
		{ HF_ECONFLICT, 409, true, 0 },
		{ HF_EAGAIN, 503, true, 1 },
		{ HF_EFULL, 503, true, 10 },
		{ HF_ETAMPER, 403, true, 0 },
		{ HF_ECONFIG, 500, false, 0 },
		{ HF_ENOMEM, 503, false, 1 },
		{ HF_ESYS, 500, false, 0 },
		{ HF_EPEER, 502, false, 0 },
		{ (enum hf_code)99, 500, false, 0 },
	};
	struct hf_reply r;
	struct hf_err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		hf_fail(&e, cases[i].code, "canary");
		hf_reply_init(&r);
		hf_reply_err(&r, &e);
		assert_int_equal(r.status, cases[i].status);
		assert_int_equal(r.retry_after_s, cases[i].retry);
		assert_int_equal(hf_reply_is_public(cases[i].code),
		    cases[i].told);
		assert_int_equal(memmem(r.body.p, r.body.n, "canary", 6) !=
		    NULL, cases[i].told);
		assert_string_not_equal(hf_reply_reason(r.status), "Error");
		hf_reply_clear(&r);
	}
}

static void
a_text_that_is_no_utf8_makes_a_problem_without_a_body(void **state)
{
	struct hf_reply r;

	(void)state;
	hf_reply_init(&r);
	hf_reply_problem(&r, 400, HF_EINPUT, "\xff");
	assert_int_equal(r.status, 400);
	assert_int_equal(r.body.n, 0);
	hf_reply_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_answer_has_its_length_its_date_and_its_body),
		cmocka_unit_test(
		    a_problem_names_what_a_program_and_a_person_need),
		cmocka_unit_test(each_code_has_its_status_and_ours_stay_ours),
		cmocka_unit_test(
		    a_text_that_is_no_utf8_makes_a_problem_without_a_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
