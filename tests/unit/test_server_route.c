/* link: server/route.c server/routes.c server/api_reader.c server/api_health.c server/assets.c server/api_session.c server/api_change.c server/api_list.c server/api_openapi.c server/lists.c server/query.c server/gate.c server/pool.c server/json.c server/reply.c server/http.c server/target.c -ljansson -lpq -lpthread */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/routes.h"

static const struct hf_route some[] = {
	{ .method = "GET", .pattern = "/v1/jobs" },
	{ .method = "POST", .pattern = "/v1/jobs" },
	{ .method = "GET", .pattern = "/v1/jobs/{id}" },
	{ .method = "DELETE", .pattern = "/v1/jobs/{id}" },
	{ .method = "POST", .pattern = "/v1/jobs/{id}/release" },
	{ .method = "PUT", .pattern = "/v1/a/{x}/b/{y}" },
};

static const struct {
	const char *method, *path;
	int status;
	int row;		/* of some, where 200 */
	const char *param[2], *allow;
} cases[] = {
	{ "GET", "/v1/jobs", 200, 0, { "", "" }, "" },
	{ "HEAD", "/v1/jobs", 200, 0, { "", "" }, "" },
	{ "POST", "/v1/jobs", 200, 1, { "", "" }, "" },
	{ "GET", "/v1/jobs/7", 200, 2, { "7", "" }, "" },
	{ "DELETE", "/v1/jobs/a b", 200, 3, { "a b", "" }, "" },
	{ "POST", "/v1/jobs/7/release", 200, 4, { "7", "" }, "" },
	{ "PUT", "/v1/a/1/b/2", 200, 5, { "1", "2" }, "" },
	{ "DELETE", "/v1/jobs", 405, 0, { "", "" }, "GET, HEAD, POST" },
	{ "HEAD", "/v1/jobs/7/release", 405, 0, { "", "" }, "POST" },
	{ "get", "/v1/jobs", 405, 0, { "", "" }, "GET, HEAD, POST" },
	{ "GE", "/v1/jobs", 405, 0, { "", "" }, "GET, HEAD, POST" },
	{ "OPTIONS", "/v1/jobs/7", 405, 0, { "", "" }, "GET, HEAD, DELETE" },
	{ "OPTIONS", "*", 404, 0, { "", "" }, "" },
	{ "GET", "/", 404, 0, { "", "" }, "" },
	{ "GET", "/v1", 404, 0, { "", "" }, "" },
	{ "GET", "/v1/jobs/", 404, 0, { "", "" }, "" },
	{ "GET", "/v1/jobs//", 404, 0, { "", "" }, "" },
	{ "GET", "//v1/jobs", 404, 0, { "", "" }, "" },
	{ "GET", "/V1/jobs", 404, 0, { "", "" }, "" },
	{ "GET", "/v1/jobsx", 404, 0, { "", "" }, "" },
	{ "GET", "/v1/job", 404, 0, { "", "" }, "" },
	{ "POST", "/v1/jobs//release", 404, 0, { "", "" }, "" },
	{ "POST", "/v1/jobs/7/release/", 404, 0, { "", "" }, "" },
	{ "PUT", "/v1/a/1/b/", 404, 0, { "", "" }, "" },
};

static void
each_path_finds_its_row_or_is_refused(void **state)
{
	struct hf_match m;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		hf_route_match(some, sizeof some / sizeof some[0],
		    hf_view_str(cases[i].method), cases[i].path, &m);
		if (m.status != cases[i].status)
			fail_msg("%s %s: %d", cases[i].method, cases[i].path,
			    m.status);
		assert_string_equal(m.allow, cases[i].allow);
		if (m.status != 200) {
			assert_null(m.route);
			continue;
		}
		assert_ptr_equal(m.route, &some[cases[i].row]);
		for (k = 0; k < 2; k++)
			assert_true(hf_view_equal(m.param[k],
			    hf_view_str(cases[i].param[k])));
	}
}

/* What dispatch relies on without looking. */
static void
every_row_of_the_real_table_is_complete(void **state)
{
	const struct hf_route *r;
	size_t i, k;

	(void)state;
	assert_true(hf_routes_n > 0);
	for (i = 0; i < hf_routes_n; i++) {
		r = &hf_routes[i];
		assert_true(r->pattern[0] == '/');
		assert_int_equal(r->type != NULL, r->body_max > 0);
		assert_int_equal(r->type != NULL,
		    strcmp(r->method, "POST") == 0);
		assert_int_equal(r->run != NULL, r->mode == HF_INLINE ||
		    r->mode == HF_WORKER);
		assert_int_equal(r->ask != NULL, r->mode == HF_ASK);
		assert_int_equal(r->answer != NULL, r->mode == HF_ASK);
		if (r->mode == HF_ASK)
			assert_true(r->ask_type != 0 && r->timeout_ms > 0 &&
			    r->timeout_ms <= 15000);
		/* the limits: 4352 for a tap, 16 KiB for JSON */
		assert_true(r->body_max <= 16384);
		for (k = 0; k < i; k++)
			assert_false(strcmp(r->method, hf_routes[k].method) ==
			    0 && strcmp(r->pattern, hf_routes[k].pattern) ==
			    0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_finds_its_row_or_is_refused),
		cmocka_unit_test(every_row_of_the_real_table_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
