/* link: server/assets.c server/reply.c server/http.c server/target.c -ljansson */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/assets.h"

static bool
matches(const char *field)
{
	return hf_asset_matches(hf_view_str(field), "\"abc\"");
}

static void
an_entity_tag_is_found_in_a_list_and_compared_weakly(void **state)
{
	(void)state;
	assert_true(matches("\"abc\""));
	assert_true(matches("W/\"abc\""));
	assert_true(matches("\"x\", \"y\" ,W/\"abc\""));
	assert_true(matches("*"));
	assert_false(matches(""));
	assert_false(matches("\"ab\""));
	assert_false(matches("abc"));
	assert_false(matches("\"abcd\", W/"));
}

static int
get(const char *path, const char *had, struct hf_reply *re)
{
	struct hf_route route = { .method = "GET", .pattern = path };
	struct hf_req rq;
	struct hf_err e;

	memset(&rq, 0, sizeof rq);
	rq.route = &route;
	if (had != NULL) {
		rq.head.fields[0].name = hf_view_str("if-none-match");
		rq.head.fields[0].value = hf_view_str(had);
		rq.head.n_fields = 1;
	}
	hf_reply_init(re);
	return hf_asset_get(&rq, re, &e) == -1 ? (int)e.code : 0;
}

static void
a_file_has_a_tag_and_a_policy_and_is_sent_once(void **state)
{
	struct hf_asset a;
	struct hf_reply re;

	(void)state;
	if (!hf_asset_find("/", &a))
		skip();
	assert_int_equal(get("/", NULL, &re), 0);
	assert_int_equal(re.status, 200);
	assert_int_equal(re.body.n, a.bytes.n);
	assert_string_equal(re.type, "text/html; charset=utf-8");
	assert_non_null(strstr(re.fields, "default-src 'none'"));
	assert_null(strstr(re.fields, "unsafe"));
	assert_string_equal(re.etag, a.etag);
	hf_reply_clear(&re);
	assert_int_equal(get("/", a.etag, &re), 0);
	assert_int_equal(re.status, 304);
	assert_int_equal(re.body.n, 0);
	hf_reply_clear(&re);
}

static void
what_is_not_compiled_in_is_not_there(void **state)
{
	struct hf_reply re;

	(void)state;
	assert_int_equal(get("/../etc/passwd", NULL, &re), HF_ENOTFOUND);
	hf_reply_clear(&re);
	assert_int_equal(get("/index.htm", NULL, &re), HF_ENOTFOUND);
	hf_reply_clear(&re);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_entity_tag_is_found_in_a_list_and_compared_weakly),
		cmocka_unit_test(a_file_has_a_tag_and_a_policy_and_is_sent_once),
		cmocka_unit_test(what_is_not_compiled_in_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
