/* link: server/http.c server/target.c server/chunk.c server/route.c lib/buf.c lib/err.c */
/*
 * A request as it comes from the network: the first byte of the input says
 * in which pieces.  Whole or in pieces it must be understood the same, and
 * what is accepted must be what doc/http.md promises to the routes.
 */
#include <stdlib.h>
#include <string.h>

#include "server/chunk.h"
#include "server/http.h"
#include "server/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const struct hf_route routes[] = {
	{ .method = "GET", .pattern = "/v1/health" },
	{ .method = "POST", .pattern = "/v1/{a}/x/{b}" },
};

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
inside(struct hf_view v, struct hf_view all)
{
	if (v.n > 0)
		must(v.p >= all.p && v.p + v.n <= all.p + all.n);
}

/* What handlers rely on. */
static void
check_head(const struct hf_http_head *h, struct hf_view all)
{
	const char *s;
	size_t i, k;

	inside(h->method, all);
	inside(h->query, all);
	must(h->method.n > 0 && strlen(h->path) <= HF_HTTP_PATH_MAX);
	must(h->path[0] == '/' || strcmp(h->path, "*") == 0);
	must(hf_is_text(hf_view_str(h->path)));
	must(strstr(h->path, "/../") == NULL && strchr(h->path, '\\') == NULL);
	s = strrchr(h->path, '/');
	must(s == NULL || (strcmp(s, "/..") != 0 && strcmp(s, "/.") != 0));
	must(h->n_fields <= HF_HTTP_FIELDS_MAX);
	for (i = 0; i < h->n_fields; i++) {
		inside(h->fields[i].name, all);
		inside(h->fields[i].value, all);
		must(h->fields[i].name.n > 0);
		for (k = 0; k < h->fields[i].value.n; k++)
			must(h->fields[i].value.p[k] != '\r' &&
			    h->fields[i].value.p[k] != '\n' &&
			    h->fields[i].value.p[k] != '\0');
	}
	must(h->minor == 0 || hf_http_field(h, "host") != NULL);
	if (hf_http_field(h, "transfer-encoding") != NULL)
		must(h->framing == HF_HTTP_CHUNKED &&
		    hf_http_field(h, "content-length") == NULL);
	else
		must((hf_http_field(h, "content-length") != NULL) ==
		    (h->framing == HF_HTTP_LENGTH));
}

/* The body in pieces of `step`; returns a hash of it, *end where it ended. */
static uint64_t
read_body(const struct hf_http_head *h, struct hf_view in, size_t step,
    size_t *end, int *status)
{
	struct hf_view piece, run;
	uint64_t hash = 1469598103934665603u;
	const char *why;
	struct hf_body b;
	size_t at = 0, k, i;

	hf_body_init(&b, h);
	*status = 0;
	while (at < in.n && !hf_body_is_done(&b) && *status == 0) {
		k = in.n - at < step ? in.n - at : step;
		piece = hf_view_of(in.p + at, k);
		while (piece.n > 0 && !hf_body_is_done(&b) && *status == 0) {
			*status = hf_body_next(&b, &piece, &run, &why);
			inside(run, in);
			for (i = 0; i < run.n; i++)
				hash = (hash ^ run.p[i]) * 1099511628211u;
		}
		at += k - piece.n;
	}
	*end = at;
	return hash * 2 + (uint64_t)hf_body_is_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct hf_view all, body;
	struct hf_http_head h;
	struct hf_match m;
	size_t pos = 0, step, slow = 0, k, end_a, end_b;
	const char *why = NULL;
	int whole, pieces = 0, sa, sb;
	uint64_t a, b;

	if (n == 0)
		return 0;
	step = (size_t)p[0] + 1;
	all = hf_view_of(p + 1, n - 1);
	whole = hf_http_scan(all, &pos, &why);
	for (k = step; pieces == 0; k += step) {
		pieces = hf_http_scan(hf_view_of(all.p, k < all.n ? k : all.n),
		    &slow, &why);
		if (k >= all.n)
			break;
	}
	must(whole == pieces);
	if (whole != 1) {
		must(whole == 0 || why != NULL);
		return 0;
	}
	must(pos == slow && pos <= all.n && pos <= HF_HTTP_HEAD_MAX);
	if (hf_http_parse(hf_view_of(all.p, pos), &h, &why) != 0) {
		must(why != NULL);
		return 0;
	}
	check_head(&h, all);
	(void)hf_http_is_type(&h, "application/json");
	hf_route_match(routes, 2, h.method, h.path, &m);
	must(m.status == 200 || m.status == 404 || m.status == 405);
	body = hf_view_of(all.p + pos, all.n - pos);
	a = read_body(&h, body, body.n + 1, &end_a, &sa);
	b = read_body(&h, body, step, &end_b, &sb);
	must(a == b && sa == sb && end_a == end_b);
	return 0;
}
