#include "server/route.h"

#include <stdio.h>
#include <string.h>

/* Up to the next '/' or the end. */
static struct hf_view
segment(const char *s)
{
	return hf_view_of(s, strcspn(s, "/"));
}

static bool
fits(const char *pattern, const char *path,
    struct hf_view param[static HF_PARAMS_MAX])
{
	struct hf_view want, have;
	size_t n = 0;

	while (*pattern == '/' && *path == '/') {
		want = segment(++pattern);
		have = segment(++path);
		pattern += want.n;
		path += have.n;
		if (want.n > 0 && want.p[0] == '{') {
			HF_ASSERT(n < HF_PARAMS_MAX);
			if (have.n == 0)
				return false;
			param[n++] = have;
		} else if (!hf_view_equal(want, have)) {
			return false;
		}
	}
	return *pattern == '\0' && *path == '\0';
}

static void
allow(struct hf_match *m, const char *method)
{
	size_t n = strlen(m->allow);
	const char *more = strcmp(method, "GET") == 0 ? ", HEAD" : "";

	snprintf(m->allow + n, sizeof m->allow - n, "%s%s%s",
	    n > 0 ? ", " : "", method, more);
}

void
hf_route_match(const struct hf_route *routes, size_t n, struct hf_view method,
    const char *path, struct hf_match *out)
{
	/* Methods are case-sensitive: RFC 9110 section 9.1. */
	bool head = hf_view_equal(method, hf_view_str("HEAD"));
	struct hf_view want = head ? hf_view_str("GET") : method;
	struct hf_view param[HF_PARAMS_MAX];
	size_t i;

	memset(out, 0, sizeof *out);
	out->status = 404;
	memset(param, 0, sizeof param);
	for (i = 0; i < n; i++) {
		if (!fits(routes[i].pattern, path, param))
			continue;
		if (hf_view_equal(want, hf_view_str(routes[i].method))) {
			out->status = 200;
			out->route = &routes[i];
			memcpy(out->param, param, sizeof param);
			out->allow[0] = '\0';
			return;
		}
		out->status = 405;
		allow(out, routes[i].method);
	}
}
