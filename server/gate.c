#include "server/gate.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "server/pool.h"

static const struct {
	const char *word;
	unsigned role;
} roles[] = {
	{ "user", HF_ROLE_USER },
	{ "help-desk", HF_ROLE_HELP_DESK },
	{ "operator", HF_ROLE_OPERATOR },
	{ "administrator", HF_ROLE_ADMINISTRATOR },
	{ "auditor", HF_ROLE_AUDITOR },
};

unsigned
hf_role_of(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (strcmp(roles[i].word, word) == 0)
			return roles[i].role;
	return 0;
}

bool
hf_gate_may(const struct hf_route *r, unsigned role)
{
	if (r->who != HF_WHO_USER || role == 0)
		return false;
	return r->roles == 0 || (r->roles & role) != 0;
}

void
hf_gate_cookie(struct hf_reply *re, const uint8_t *token)
{
	static const char how[] = "Path=/; Secure; HttpOnly; SameSite=Strict";
	char text[HF_SESSION_TEXT];

	if (token == NULL) {
		snprintf(re->cookie, sizeof re->cookie, HF_COOKIE
		    "=; %s; Max-Age=0", how);
		return;
	}
	hf_hex(text, token, HF_SESSION_LEN);
	snprintf(re->cookie, sizeof re->cookie, HF_COOKIE "=%s; %s", text,
	    how);
	sodium_memzero(text, sizeof text);
}

/* RFC 6265 section 4.2.1: `a=b; c=d`.  Ours must be there once. */
static bool
find_cookie(struct hf_view v, struct hf_view *out)
{
	static const char name[] = HF_COOKIE "=";
	const size_t n = sizeof name - 1;
	size_t i = 0, end;
	bool found = false;

	while (i < v.n) {
		while (i < v.n && (v.p[i] == ' ' || v.p[i] == ';'))
			i++;
		for (end = i; end < v.n && v.p[end] != ';'; end++)
			;
		if (end - i >= n && memcmp(v.p + i, name, n) == 0) {
			if (found)
				return false;
			*out = hf_view_of(v.p + i + n, end - i - n);
			found = true;
		}
		i = end;
	}
	return found;
}

static bool
unhex(struct hf_view v, uint8_t *out, size_t n)
{
	char text[HF_SESSION_TEXT];
	bool ok;

	if (v.n != 2 * n || v.n >= sizeof text ||
	    memchr(v.p, '\0', v.n) != NULL)
		return false;
	memcpy(text, v.p, v.n);
	text[v.n] = '\0';
	ok = hf_unhex(out, n, text, NULL) == 0;
	sodium_memzero(text, sizeof text);
	return ok;
}

static bool
is_safe(const struct hf_req *rq)
{
	return strcmp(rq->route->method, "GET") == 0;
}

/* A page of somebody else's must not act for who is logged in here. */
static int
check_origin(const struct hf_req *rq, struct hf_err *e)
{
	static const char https[] = "https://";
	const struct hf_view *origin = hf_http_field(&rq->head, "Origin");
	const struct hf_view *host = hf_http_field(&rq->head, "Host");
	const struct hf_view *site = hf_http_field(&rq->head,
	    "Sec-Fetch-Site");
	char text[256];
	struct hf_view rest;

	if (site != NULL && !hf_http_equal(*site, "same-origin") &&
	    !hf_http_equal(*site, "none"))
		return hf_fail(e, HF_EDENIED, "this comes from another site");
	if (origin == NULL)
		return 0;
	if (host == NULL || host->n >= sizeof text ||
	    origin->n <= sizeof https - 1 ||
	    memcmp(origin->p, https, sizeof https - 1) != 0)
		return hf_fail(e, HF_EDENIED, "this comes from another site");
	memcpy(text, host->p, host->n);
	text[host->n] = '\0';
	rest = hf_view_of(origin->p + sizeof https - 1,
	    origin->n - (sizeof https - 1));
	if (!hf_http_equal(rest, text))
		return hf_fail(e, HF_EDENIED, "this comes from another site");
	return 0;
}

static int
check_csrf(const struct hf_req *rq, struct hf_err *e)
{
	const struct hf_view *field = hf_http_field(&rq->head,
	    "X-CSRF-Token");
	uint8_t want[HF_CSRF_LEN], have[HF_CSRF_LEN];

	hf_session_csrf(rq->token, want);
	if (field == NULL || !unhex(*field, have, sizeof have) ||
	    sodium_memcmp(want, have, sizeof want) != 0)
		return hf_fail(e, HF_EDENIED,
		    "X-CSRF-Token is missing or not this session's");
	return 0;
}

int
hf_gate_request(struct hf_req *rq, struct hf_err *e)
{
	const struct hf_view *field = hf_http_field(&rq->head, "Cookie");
	struct hf_view value;

	if (rq->route->who == HF_WHO_ANYONE || rq->route->who == HF_WHO_READER)
		return 0;
	if (!is_safe(rq) && check_origin(rq, e) == -1)
		return -1;
	if (rq->route->who == HF_WHO_LOGIN)
		return 0;
	if (field == NULL || !find_cookie(*field, &value) ||
	    !unhex(value, rq->token, sizeof rq->token))
		return hf_fail(e, HF_ELOGIN, "log in first");
	if (!is_safe(rq))
		return check_csrf(rq, e);
	return 0;
}

int
hf_gate_enter(struct hf_pool *pool, struct hf_req *rq, struct hf_err *e)
{
	static const struct hf_stmt enter = { "web_enter",
		"SELECT person, display, role FROM web_enter($1::text)", 1 };
	uint8_t hash[HF_SESSION_LEN];
	char text[HF_SESSION_TEXT];
	const char *params[] = { text };
	PGresult *r;
	int rc = -1;

	rq->db = NULL;
	if (rq->route->who != HF_WHO_USER)
		return 0;
	hf_session_hash(rq->token, hash);
	hf_hex(text, hash, sizeof hash);
	if (hf_pool_take(pool, &rq->db, e) == -1)
		return -1;
	if (hf_pool_run(rq->db, &enter, params, &r, e) == -1)
		return -1;
	if (PQntuples(r) != 1) {
		hf_fail(e, HF_ELOGIN, "log in first");
		goto out;
	}
	(void)hf_str_copy(rq->person, sizeof rq->person, hf_db_text(r, 0, 0));
	rq->role = hf_role_of(hf_db_text(r, 0, 2));
	if (!hf_gate_may(rq->route, rq->role)) {
		hf_fail(e, HF_EDENIED, "this is not for the role \"%s\"",
		    hf_db_text(r, 0, 2));
		goto out;
	}
	rc = 0;
out:
	PQclear(r);
	return rc;
}

void
hf_gate_leave(struct hf_pool *pool, struct hf_req *rq)
{
	if (rq->db != NULL)
		hf_pool_give(pool, rq->db);
	rq->db = NULL;
}
