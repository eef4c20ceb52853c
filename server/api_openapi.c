#include "server/api_openapi.h"

#include <ctype.h>
#include <string.h>

#include "server/api_change.h"
#include "server/api_list.h"
#include "server/gate.h"

static const char *const role_words[] = { "user", "help-desk", "operator",
	"administrator", "auditor" };

/* The portal's files are no part of the interface. */
static bool
is_shown(const struct hf_route *r)
{
	return strncmp(r->pattern, "/v1/", 4) == 0;
}

static json_t *
roles_json(const struct hf_route *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < sizeof role_words / sizeof role_words[0]; i++)
		if (hf_gate_may(r, hf_role_of(role_words[i])))
			(void)json_array_append_new(list,
			    json_string(role_words[i]));
	return list;
}

static json_t *
parameter(const char *where, const char *name, json_t *schema)
{
	return json_pack("{s:s, s:s, s:b, s:o}", "in", where, "name", name,
	    "required", strcmp(where, "path") == 0, "schema", schema);
}

static void
add_path_parameters(json_t *list, const char *pattern)
{
	const char *open = strchr(pattern, '{');
	const char *close = open != NULL ? strchr(open, '}') : NULL;
	char name[32];

	if (close == NULL || (size_t)(close - open) > sizeof name)
		return;
	memcpy(name, open + 1, (size_t)(close - open - 1));
	name[close - open - 1] = '\0';
	(void)json_array_append_new(list, parameter("path", name,
	    strcmp(name, "id") == 0 ? json_pack("{s:s, s:s}", "type",
	    "string", "format", "uuid") : json_pack("{s:s}", "type",
	    "string")));
}

static void
add_query_parameters(json_t *list, const struct hf_list *l)
{
	int i;

	if (l->key != HF_KEY_NONE) {
		(void)json_array_append_new(list, parameter("query", "limit",
		    json_pack("{s:s, s:i, s:i, s:i}", "type", "integer",
		    "minimum", 1, "maximum", 200, "default", 50)));
		(void)json_array_append_new(list, parameter("query", "after",
		    json_pack("{s:s}", "type", "string")));
	}
	for (i = 0; i < HF_FILTERS_MAX && l->filters[i].name != NULL; i++)
		(void)json_array_append_new(list, parameter("query",
		    l->filters[i].name, json_pack("{s:s}", "type",
		    l->filters[i].kind == HF_FILTER_HOURS ? "integer" :
		    "string")));
}

static json_t *
body_schema(const struct hf_change *c)
{
	static const char *const types[] = { [HF_ARG_TEXT] = "string",
		[HF_ARG_BOOL] = "boolean", [HF_ARG_HOURS] = "integer",
		[HF_ARG_CONFIRM] = "string" };
	json_t *names = json_object(), *needed = json_array();
	int i;

	for (i = 0; i < HF_ARGS_MAX && c->args[i].kind != HF_ARG_END; i++) {
		if (c->args[i].name == NULL)
			continue;
		(void)json_object_set_new(names, c->args[i].name,
		    json_pack("{s:s}", "type", types[c->args[i].kind]));
		(void)json_array_append_new(needed,
		    json_string(c->args[i].name));
	}
	return json_pack("{s:s, s:o, s:o, s:b}", "type", "object",
	    "properties", names, "required", needed, "additionalProperties",
	    0);
}

static json_t *
body_json(const struct hf_route *r)
{
	json_t *schema;

	if (r->ask_type == HF_MSG_DO)
		schema = body_schema(r->what);
	else if (r->who == HF_WHO_LOGIN)
		schema = json_pack("{s:s, s:{s:{s:s}, s:{s:s}}, s:[s,s], s:b}",
		    "type", "object", "properties", "user", "type", "string",
		    "password", "type", "string", "required", "user",
		    "password", "additionalProperties", 0);
	else
		schema = json_object();
	return json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content",
	    r->type, "schema", schema);
}

static json_t *
responses_json(const struct hf_route *r)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, r->mode == HF_ASK &&
	    r->ask_type == HF_MSG_DO && strstr(r->pattern, "purge") == NULL ?
	    "204" : "200", json_pack("{s:s}", "description", "done"));
	(void)json_object_set_new(o, "default", json_pack(
	    "{s:s, s:{s:{s:{s:s}}}}", "description",
	    "a problem document, RFC 9457", "content",
	    "application/problem+json", "schema", "$ref",
	    "#/components/schemas/Problem"));
	return o;
}

static json_t *
operation(const struct hf_route *r)
{
	json_t *o = json_object(), *parameters = json_array();

	add_path_parameters(parameters, r->pattern);
	if (r->mode == HF_WORKER && r->what != NULL)
		add_query_parameters(parameters, r->what);
	(void)json_object_set_new(o, "responses", responses_json(r));
	(void)json_object_set_new(o, "parameters", parameters);
	if (r->type != NULL)
		(void)json_object_set_new(o, "requestBody", body_json(r));
	if (r->who == HF_WHO_USER) {
		(void)json_object_set_new(o, "security",
		    strcmp(r->method, "GET") == 0 ?
		    json_pack("[{s:[]}]", "session") :
		    json_pack("[{s:[], s:[]}]", "session", "csrf"));
		(void)json_object_set_new(o, "x-holdfast-roles",
		    roles_json(r));
	} else {
		(void)json_object_set_new(o, "security", json_array());
	}
	return o;
}

static json_t *
paths(const struct hf_req *rq)
{
	json_t *all = json_object(), *one;
	const struct hf_route *r;
	char method[16];
	size_t i, k;

	for (i = 0; i < rq->n_routes; i++) {
		r = &rq->routes[i];
		if (!is_shown(r))
			continue;
		one = json_object_get(all, r->pattern);
		if (one == NULL) {
			one = json_object();
			(void)json_object_set_new(all, r->pattern, one);
		}
		for (k = 0; r->method[k] != '\0' && k + 1 < sizeof method; k++)
			method[k] = (char)tolower((unsigned char)r->method[k]);
		method[k] = '\0';
		(void)json_object_set_new(one, method, operation(r));
	}
	return all;
}

int
hf_api_openapi(const struct hf_req *rq, struct hf_reply *re, struct hf_err *e)
{
	json_t *o = json_pack("{s:s, s:{s:s, s:s}, s:o, s:{s:{s:{s:s, s:s, "
	    "s:s}, s:{s:s, s:s, s:s}}, s:{s:{s:s, s:{s:{s:s}, s:{s:s}, "
	    "s:{s:s}, s:{s:s}}, s:[s,s,s,s]}}}}",
	    "openapi", "3.1.0", "info", "title", "Holdfast", "version",
	    HF_VERSION, "paths", paths(rq), "components",
	    "securitySchemes", "session", "type", "apiKey", "in", "cookie",
	    "name", HF_COOKIE, "csrf", "type", "apiKey", "in", "header",
	    "name", "X-CSRF-Token", "schemas", "Problem", "type", "object",
	    "properties", "title", "type", "string", "status", "type",
	    "integer", "detail", "type", "string", "code", "type", "string",
	    "required", "title", "status", "detail", "code");

	return hf_reply_json(re, 200, o, e);
}
