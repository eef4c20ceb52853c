#include "server/api_session.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "server/gate.h"
#include "server/json.h"

#define USER_MAX 255
#define PASSWORD_MAX 1024
#define IDLE_S 1800

/* The peer without its port: what tries are counted by. */
static int
put_address(struct hf_buf *b, const char *peer, struct hf_err *e)
{
	char text[HF_PEER_TEXT];
	char *colon;

	(void)hf_str_copy(text, sizeof text, peer);
	colon = strrchr(text, ':');
	if (colon != NULL)
		*colon = '\0';
	text[63] = '\0';
	return hf_put_str(b, text, e);
}

int
hf_api_login_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e)
{
	const char *user, *password;
	json_t *o;
	int rc = -1;

	o = hf_json_parse(hf_buf_view(&rq->body), e);
	if (o == NULL)
		return -1;
	if (hf_json_unpack(o, e, "{s:s, s:s}", "user", &user, "password",
	    &password) == -1)
		goto out;
	if (strlen(user) > USER_MAX || strlen(password) > PASSWORD_MAX ||
	    !hf_is_text(hf_view_str(user))) {
		hf_fail(e, HF_EINPUT, "user or password is too long or no "
		    "text");
		goto out;
	}
	if (put_address(body, rq->peer, e) == -1 ||
	    hf_put_str(body, user, e) == -1 ||
	    hf_put_var(body, password, strlen(password), e) == -1)
		goto out;
	rc = 0;
out:
	json_decref(o);
	return rc;
}

/* What the role may ask for, in the words of the table. */
static json_t *
may(const struct hf_req *rq, unsigned role)
{
	json_t *list = json_array();
	char line[128];
	size_t i;

	for (i = 0; i < rq->n_routes; i++) {
		if (!hf_gate_may(&rq->routes[i], role))
			continue;
		snprintf(line, sizeof line, "%s %s", rq->routes[i].method,
		    rq->routes[i].pattern);
		if (json_array_append_new(list, json_string(line)) == -1) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* {"user", "display", "role", "expires"} of the release service, and more. */
static int
show(const struct hf_req *rq, const uint8_t token[static HF_SESSION_LEN],
    struct hf_view body, struct hf_reply *re, struct hf_err *e)
{
	uint8_t csrf[HF_CSRF_LEN];
	char text[HF_CSRF_TEXT];
	json_t *o = hf_json_parse(body, e);
	const char *role;

	if (o == NULL)
		return -1;
	role = json_string_value(json_object_get(o, "role"));
	hf_session_csrf(token, csrf);
	hf_hex(text, csrf, sizeof csrf);
	if (role == NULL ||
	    json_object_set_new(o, "csrf", json_string(text)) == -1 ||
	    json_object_set_new(o, "idle_s", json_integer(IDLE_S)) == -1 ||
	    json_object_set_new(o, "may", may(rq, hf_role_of(role))) == -1) {
		json_decref(o);
		return hf_fail(e, HF_ENOMEM, "out of memory");
	}
	return hf_reply_json(re, 200, o, e);
}

int
hf_api_login_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e)
{
	uint8_t token[HF_SESSION_LEN];
	int rc = -1;

	if (hf_get_bytes(&body, token, sizeof token, e) == 0)
		rc = show(rq, token, body, re, e);
	if (rc == 0)
		hf_gate_cookie(re, token);
	sodium_memzero(token, sizeof token);
	return rc;
}

int
hf_api_session_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e)
{
	return hf_put_bytes(body, rq->token, sizeof rq->token, e);
}

int
hf_api_session_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e)
{
	return show(rq, rq->token, body, re, e);
}

int
hf_api_logout_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e)
{
	(void)rq;
	(void)body;
	(void)e;
	re->status = 204;
	hf_gate_cookie(re, NULL);
	return 0;
}
