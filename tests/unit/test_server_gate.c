/* link: server/gate.c server/pool.c server/query.c server/http.c server/target.c -lpq -lpthread -ljansson */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/gate.h"
#include "server/pool.h"
#include "server/query.h"

static const char hex[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static struct hf_route look = { .method = "GET", .pattern = "/v1/me",
	.who = HF_WHO_USER, .mode = HF_WORKER };
static struct hf_route change = { .method = "POST", .pattern = "/v1/x",
	.who = HF_WHO_USER, .mode = HF_ASK };
static struct hf_route login = { .method = "POST", .pattern = "/v1/session",
	.who = HF_WHO_LOGIN, .mode = HF_ASK };
static struct hf_route open_to_all = { .method = "POST", .pattern = "/v1/taps",
	.who = HF_WHO_READER, .mode = HF_ASK };

static struct hf_req rq;

static void
add(const char *name, const char *value)
{
	struct hf_http_field *f = &rq.head.fields[rq.head.n_fields++];

	f->name = hf_view_str(name);
	f->value = hf_view_str(value);
}

static void
begin(const struct hf_route *r)
{
	memset(&rq, 0, sizeof rq);
	rq.route = r;
	add("Host", "print.example:8443");
}

static int
gate(void)
{
	struct hf_err e = { HF_OK, 0, "" };

	return hf_gate_request(&rq, &e) == 0 ? HF_OK : (int)e.code;
}

static int
with_cookie(const char *cookie)
{
	begin(&look);
	add("Cookie", cookie);
	return gate();
}

static void
only_one_whole_cookie_is_a_session(void **state)
{
	char line[512];

	(void)state;
	snprintf(line, sizeof line, "a=b; __Host-hf=%s; c=d", hex);
	assert_int_equal(with_cookie(line), HF_OK);
	assert_int_equal(rq.token[31], 0x1f);
	snprintf(line, sizeof line, "__Host-hf=%s", hex);
	assert_int_equal(with_cookie(line), HF_OK);
	snprintf(line, sizeof line, "__Host-hf=%s; __Host-hf=%s", hex, hex);
	assert_int_equal(with_cookie(line), HF_ELOGIN);
	snprintf(line, sizeof line, "x__Host-hf=%s", hex);
	assert_int_equal(with_cookie(line), HF_ELOGIN);
	snprintf(line, sizeof line, "__Host-hf=%s0", hex);
	assert_int_equal(with_cookie(line), HF_ELOGIN);
	snprintf(line, sizeof line, "__Host-hf=%.63sg", hex);
	assert_int_equal(with_cookie(line), HF_ELOGIN);
	assert_int_equal(with_cookie("__Host-hf="), HF_ELOGIN);
	assert_int_equal(with_cookie("__Host-hf"), HF_ELOGIN);
	assert_int_equal(with_cookie(""), HF_ELOGIN);
	assert_int_equal(with_cookie(";;; ;"), HF_ELOGIN);
	begin(&look);
	assert_int_equal(gate(), HF_ELOGIN);
}

static void
session(const struct hf_route *r)
{
	static char line[128];

	begin(r);
	snprintf(line, sizeof line, "__Host-hf=%s", hex);
	add("Cookie", line);
}

static const char *
csrf(void)
{
	static char text[HF_CSRF_TEXT];
	uint8_t token[HF_SESSION_LEN], value[HF_CSRF_LEN];

	assert_int_equal(hf_unhex(token, sizeof token, hex, NULL), 0);
	hf_session_csrf(token, value);
	hf_hex(text, value, sizeof value);
	return text;
}

static void
a_change_needs_the_token_of_its_session(void **state)
{
	char wrong[HF_CSRF_TEXT];

	(void)state;
	session(&change);
	assert_int_equal(gate(), HF_EDENIED);
	session(&change);
	add("X-CSRF-Token", csrf());
	assert_int_equal(gate(), HF_OK);
	memcpy(wrong, csrf(), sizeof wrong);
	wrong[5] = wrong[5] == 'a' ? 'b' : 'a';
	session(&change);
	add("X-CSRF-Token", wrong);
	assert_int_equal(gate(), HF_EDENIED);
	session(&change);
	add("X-CSRF-Token", hex);
	assert_int_equal(gate(), HF_EDENIED);
	session(&look);		/* looking needs none */
	assert_int_equal(gate(), HF_OK);
}

static int
from(const struct hf_route *r, const char *field, const char *value)
{
	session(r);
	add("X-CSRF-Token", csrf());
	add(field, value);
	return gate();
}

static void
a_page_of_another_site_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(from(&change, "Origin", "https://print.example:8443"),
	    HF_OK);
	assert_int_equal(from(&change, "Origin", "https://PRINT.example:8443"),
	    HF_OK);
	assert_int_equal(from(&change, "Origin", "https://print.example"),
	    HF_EDENIED);
	assert_int_equal(from(&change, "Origin", "http://print.example:8443"),
	    HF_EDENIED);
	assert_int_equal(from(&change, "Origin",
	    "https://print.example:8443.evil.example"), HF_EDENIED);
	assert_int_equal(from(&change, "Origin", "null"), HF_EDENIED);
	assert_int_equal(from(&change, "Origin", ""), HF_EDENIED);
	assert_int_equal(from(&change, "Sec-Fetch-Site", "cross-site"),
	    HF_EDENIED);
	assert_int_equal(from(&change, "Sec-Fetch-Site", "same-site"),
	    HF_EDENIED);
	assert_int_equal(from(&change, "Sec-Fetch-Site", "same-origin"),
	    HF_OK);
	assert_int_equal(from(&login, "Origin", "https://evil.example"),
	    HF_EDENIED);
	assert_int_equal(from(&open_to_all, "Origin", "https://evil.example"),
	    HF_OK);
}

static void
a_row_is_for_its_roles_and_nobody_has_none(void **state)
{
	struct hf_route r = { .who = HF_WHO_USER,
		.roles = HF_ROLE_OPERATOR | HF_ROLE_ADMINISTRATOR };

	(void)state;
	assert_true(hf_gate_may(&r, hf_role_of("operator")));
	assert_true(hf_gate_may(&r, hf_role_of("administrator")));
	assert_false(hf_gate_may(&r, hf_role_of("user")));
	assert_false(hf_gate_may(&r, hf_role_of("auditor")));
	assert_false(hf_gate_may(&r, hf_role_of("help-desk")));
	assert_false(hf_gate_may(&r, hf_role_of("root")));
	r.roles = 0;
	assert_true(hf_gate_may(&r, hf_role_of("user")));
	assert_false(hf_gate_may(&r, hf_role_of("")));
	r.who = HF_WHO_ANYONE;
	assert_false(hf_gate_may(&r, hf_role_of("administrator")));
}

static void
without_a_database_nobody_waits(void **state)
{
	struct hf_pool *p;
	struct hf_err e;

	(void)state;
	p = hf_pool_new(NULL, 8, &e);
	assert_non_null(p);
	session(&look);
	assert_int_equal(hf_gate_enter(p, &rq, &e), -1);
	assert_int_equal(e.code, HF_EAGAIN);
	hf_gate_leave(p, &rq);
	hf_pool_free(p);
	p = hf_pool_new("host=/nonexistent dbname=x", 2, &e);
	assert_non_null(p);
	assert_int_equal(hf_gate_enter(p, &rq, &e), -1);
	assert_int_equal(e.code, HF_EAGAIN);
	hf_gate_leave(p, &rq);
	hf_pool_free(p);
}

static int
query(const char *s, struct hf_query *q)
{
	struct hf_err e;

	return hf_query_parse(hf_view_str(s), q, &e) == -1 ? (int)e.code : 0;
}

static void
a_query_is_names_and_values_each_once(void **state)
{
	struct hf_query q;
	char longer[600];

	(void)state;
	assert_int_equal(query("", &q), 0);
	assert_int_equal(q.n, 0);
	assert_int_equal(query("a=1&b=%C3%A4+x&c", &q), 0);
	assert_string_equal(hf_query_get(&q, "a"), "1");
	assert_string_equal(hf_query_get(&q, "b"), "\303\244 x");
	assert_string_equal(hf_query_get(&q, "c"), "");
	assert_null(hf_query_get(&q, "d"));
	assert_int_equal(query("a=1&a=2", &q), HF_EINPUT);
	assert_int_equal(query("a=%", &q), HF_EINPUT);
	assert_int_equal(query("a=%1", &q), HF_EINPUT);
	assert_int_equal(query("a=%g0", &q), HF_EINPUT);
	assert_int_equal(query("a=%00", &q), HF_EINPUT);
	assert_int_equal(query("a=%0a", &q), HF_EINPUT);
	assert_int_equal(query("a=%ff", &q), HF_EINPUT);
	assert_int_equal(query("a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", &q),
	    HF_EINPUT);
	memset(longer, 'x', sizeof longer);
	longer[0] = 'a';
	longer[1] = '=';
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(query(longer, &q), HF_EINPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_one_whole_cookie_is_a_session),
		cmocka_unit_test(a_change_needs_the_token_of_its_session),
		cmocka_unit_test(a_page_of_another_site_changes_nothing),
		cmocka_unit_test(a_row_is_for_its_roles_and_nobody_has_none),
		cmocka_unit_test(without_a_database_nobody_waits),
		cmocka_unit_test(a_query_is_names_and_values_each_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
