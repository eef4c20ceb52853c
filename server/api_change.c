#include "server/api_change.h"

#include <stdio.h>
#include <string.h>

#include "lib/id.h"
#include "server/json.h"

#define TEXT_MAX 255
#define HOURS_MAX 87600

#define ID { HF_ARG_PATH_ID, NULL }

const struct hf_change hf_change_logout = { "session.end", { { 0, NULL } } };
const struct hf_change hf_change_own_job = { "own.job.cancel", { ID } };
const struct hf_change hf_change_own_again = { "own.job.again",
	{ ID, { HF_ARG_BOOL, "anyway" } } };
const struct hf_change hf_change_own_badge = { "own.badge.revoke", { ID } };
const struct hf_change hf_change_badge = { "badge.revoke", { ID } };
const struct hf_change hf_change_reader = { "reader.revoke", { ID } };
const struct hf_change hf_change_session = { "other.session.end", { ID } };
const struct hf_change hf_change_job = { "job.cancel",
	{ ID, { HF_ARG_TEXT, "reason" } } };
const struct hf_change hf_change_printer = { "printer.disable",
	{ ID, { HF_ARG_BOOL, "disabled" } } };
const struct hf_change hf_change_person_disable = { "person.disable",
	{ { HF_ARG_PATH_TEXT, NULL }, { HF_ARG_BOOL, "disabled" } } };
const struct hf_change hf_change_person_role = { "person.role",
	{ { HF_ARG_PATH_TEXT, NULL }, { HF_ARG_TEXT, "role" } } };
const struct hf_change hf_change_purge_preview = { "job.purge.preview",
	{ { HF_ARG_TEXT, "state" }, { HF_ARG_HOURS, "older_than_h" },
	{ HF_ARG_TEXT, "queue" }, { HF_ARG_TEXT, "owner" } } };
const struct hf_change hf_change_purge = { "job.purge",
	{ { HF_ARG_TEXT, "state" }, { HF_ARG_HOURS, "older_than_h" },
	{ HF_ARG_TEXT, "queue" }, { HF_ARG_TEXT, "owner" },
	{ HF_ARG_CONFIRM, "confirm" } } };

/* "1795366997-" and 32 hex digits, as do_purge_preview writes it. */
static bool
is_confirm(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n >= 1 && n <= 12 && s[n] == '-' &&
	    strspn(s + n + 1, "0123456789abcdef") == 32 &&
	    s[n + 33] == '\0';
}

static int
put_path(const struct hf_req *rq, bool id, struct hf_buf *b, struct hf_err *e)
{
	struct hf_view v = rq->param[0];
	char text[TEXT_MAX + 1];

	if (v.n > TEXT_MAX)
		return hf_fail(e, HF_ENOTFOUND, "there is no such thing here");
	memcpy(text, v.p, v.n);
	text[v.n] = '\0';
	if (id ? !hf_id_is(text) : !hf_is_text(v))
		return hf_fail(e, HF_ENOTFOUND, "there is no such thing here");
	return hf_put_str(b, text, e);
}

static int
put_member(json_t *o, enum hf_arg kind, const char *name, struct hf_buf *b,
    struct hf_err *e)
{
	json_t *v = json_object_get(o, name);
	const char *s = json_string_value(v);
	char number[32];

	switch (kind) {
	case HF_ARG_TEXT:
		if (s == NULL || strlen(s) > TEXT_MAX ||
		    !hf_is_text(hf_view_str(s)))
			break;
		return hf_put_str(b, s, e);
	case HF_ARG_CONFIRM:
		if (s == NULL || !is_confirm(s))
			break;
		return hf_put_str(b, s, e);
	case HF_ARG_BOOL:
		if (!json_is_boolean(v))
			break;
		return hf_put_str(b, json_is_true(v) ? "true" : "false", e);
	case HF_ARG_HOURS:
		if (!json_is_integer(v) || json_integer_value(v) < 0 ||
		    json_integer_value(v) > HOURS_MAX)
			break;
		snprintf(number, sizeof number, "%lld",
		    (long long)json_integer_value(v));
		return hf_put_str(b, number, e);
	case HF_ARG_END:
	case HF_ARG_PATH_ID:
	case HF_ARG_PATH_TEXT:
		break;
	}
	return hf_fail(e, HF_EINPUT, "\"%s\" is missing or not what is "
	    "expected here", name);
}

/* Each argument in its order; `o` must have those names and no other. */
static int
put_args(const struct hf_req *rq, const struct hf_change *c, json_t *o,
    struct hf_buf *b, struct hf_err *e)
{
	size_t members = 0;
	uint8_t n = 0, i;

	while (n < HF_ARGS_MAX && c->args[n].kind != HF_ARG_END)
		n++;
	if (hf_put_u8(b, n, e) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (c->args[i].name != NULL) {
			members++;
			if (put_member(o, c->args[i].kind, c->args[i].name, b,
			    e) == -1)
				return -1;
		} else if (put_path(rq, c->args[i].kind == HF_ARG_PATH_ID, b,
		    e) == -1) {
			return -1;
		}
	}
	if (json_object_size(o) != members)
		return hf_fail(e, HF_EINPUT,
		    "the body has a name that is not known here");
	return 0;
}

int
hf_api_change_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e)
{
	const struct hf_change *c = rq->route->what;
	json_t *o = NULL;
	int rc = -1;

	if (rq->route->type != NULL) {
		o = hf_json_parse(hf_buf_view(&rq->body), e);
		if (o == NULL)
			return -1;
	}
	if (hf_put_bytes(body, rq->token, sizeof rq->token, e) == 0 &&
	    hf_put_str(body, c->action, e) == 0)
		rc = put_args(rq, c, o, body, e);
	json_decref(o);
	return rc;
}

int
hf_api_change_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e)
{
	(void)rq;
	if (body.n == 0) {
		re->status = 204;
		return 0;
	}
	re->status = 200;
	re->type = "application/json";
	return hf_put_bytes(&re->body, body.p, body.n, e);
}
