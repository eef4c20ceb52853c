#include "server/http.h"

#include <string.h>
#include <strings.h>

#include "server/target.h"

/*
 * RFC 9112 leaves a recipient many liberties; two recipients that take
 * different ones are a smuggling hole.  We take none: everything is either
 * the one canonical form or refused, and the connection closed.
 */

#define METHOD_MAX 16
#define LENGTH_DIGITS 15

static int
refuse(int status, const char **why, const char *text)
{
	*why = text;
	return status;
}

/* RFC 9110 section 5.6.2, tchar. */
static bool
is_token_char(uint8_t c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool
is_token(struct hf_view v)
{
	size_t i;

	for (i = 0; i < v.n; i++)
		if (!is_token_char(v.p[i]))
			return false;
	return v.n > 0;
}

bool
hf_http_equal(struct hf_view v, const char *s)
{
	return v.n == strlen(s) &&
	    strncasecmp((const char *)v.p, s, v.n) == 0;
}

int
hf_http_scan(struct hf_view in, size_t *pos, const char **why)
{
	size_t i;
	uint8_t c;

	for (i = *pos; i < in.n; i++) {
		if (i == HF_HTTP_HEAD_MAX)
			return -refuse(431, why, "the request head is too large");
		c = in.p[i];
		if (c == '\n') {
			if (i == 0 || in.p[i - 1] != '\r')
				return -refuse(400, why, "a line ends without CR");
			if (i >= 3 && in.p[i - 2] == '\n') {
				*pos = i + 1;
				return 1;
			}
		} else if (i > 0 && in.p[i - 1] == '\r') {
			return -refuse(400, why, "a CR without LF");
		} else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f) {
			return -refuse(400, why,
			    "a control character in the request head");
		}
	}
	*pos = i;
	return 0;
}

/* Take everything up to the next `end` from the front; false: there is none. */
static bool
take_until(struct hf_view *v, uint8_t end, struct hf_view *out)
{
	const uint8_t *p = v->n > 0 ? memchr(v->p, end, v->n) : NULL;

	if (p == NULL)
		return false;
	*out = hf_view_of(v->p, (size_t)(p - v->p));
	v->n -= out->n + 1;
	v->p = p + 1;
	return true;
}

static int
parse_request_line(struct hf_view line, struct hf_http_head *out,
    const char **why)
{
	struct hf_view target;

	if (!take_until(&line, ' ', &out->method) ||
	    !take_until(&line, ' ', &target))
		return refuse(400, why, "a malformed request line");
	if (!is_token(out->method))
		return refuse(400, why, "a malformed method");
	if (out->method.n > METHOD_MAX)
		return refuse(501, why, "no such method");
	if (line.n != 8 || memcmp(line.p, "HTTP/", 5) != 0 ||
	    line.p[6] != '.' || line.p[5] < '0' || line.p[5] > '9' ||
	    line.p[7] < '0' || line.p[7] > '9')
		return refuse(400, why, "a malformed HTTP version");
	if (line.p[5] != '1' || line.p[7] > '1')
		return refuse(505, why, "only HTTP/1.1 is spoken here");
	out->minor = line.p[7] - '0';
	out->keep_alive = out->minor == 1;
	return hf_target_parse(target, out->path, &out->query, why);
}

static int
parse_field(struct hf_view line, struct hf_http_head *out, const char **why)
{
	struct hf_http_field *f;
	size_t i;

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return refuse(400, why, "a folded field");
	if (out->n_fields == HF_HTTP_FIELDS_MAX)
		return refuse(431, why, "too many fields");
	f = &out->fields[out->n_fields];
	if (!take_until(&line, ':', &f->name) || !is_token(f->name))
		return refuse(400, why, "a malformed field name");
	while (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t')) {
		line.p++;
		line.n--;
	}
	while (line.n > 0 && (line.p[line.n - 1] == ' ' ||
	    line.p[line.n - 1] == '\t'))
		line.n--;
	/* hf_http_scan has seen to it already; a caller may not have. */
	for (i = 0; i < line.n; i++)
		if ((line.p[i] < 0x20 && line.p[i] != '\t') ||
		    line.p[i] == 0x7f)
			return refuse(400, why,
			    "a control character in a field");
	f->value = line;
	out->n_fields++;
	return 0;
}

/* Content-Length = 1*DIGIT, and few enough to be no attack on arithmetic. */
static int
see_length(struct hf_http_head *h, struct hf_view v, const char **why)
{
	size_t i;

	if (v.n == 0 || v.n > LENGTH_DIGITS)
		return refuse(400, why, "a malformed Content-Length");
	for (i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return refuse(400, why, "a malformed Content-Length");
		h->length = h->length * 10 + (uint64_t)(v.p[i] - '0');
	}
	if (h->framing == HF_HTTP_CHUNKED)
		return refuse(400, why,
		    "both Content-Length and Transfer-Encoding");
	h->framing = HF_HTTP_LENGTH;
	return 0;
}

static int
see_transfer_encoding(struct hf_http_head *h, struct hf_view v,
    const char **why)
{
	if (h->framing == HF_HTTP_LENGTH)
		return refuse(400, why,
		    "both Content-Length and Transfer-Encoding");
	if (h->minor == 0)
		return refuse(400, why, "Transfer-Encoding in HTTP/1.0");
	if (!hf_http_equal(v, "chunked"))
		return refuse(501, why,
		    "no transfer coding but chunked is known");
	h->framing = HF_HTTP_CHUNKED;
	return 0;
}

static int
see_host(struct hf_http_head *h, struct hf_view v, const char **why)
{
	(void)h;
	if (!hf_target_is_host(v))
		return refuse(400, why, "a malformed Host");
	return 0;
}

static int
see_expect(struct hf_http_head *h, struct hf_view v, const char **why)
{
	if (!hf_http_equal(v, "100-continue"))
		return refuse(417, why, "no expectation but 100-continue");
	h->expect_continue = h->minor == 1;
	return 0;
}

static int
see_content_encoding(struct hf_http_head *h, struct hf_view v,
    const char **why)
{
	(void)h;
	if (!hf_http_equal(v, "identity"))
		return refuse(415, why, "no content coding is known");
	return 0;
}

/* The list of tokens in Connection; those that mean nothing here are left. */
static int
see_connection(struct hf_http_head *h, struct hf_view v, const char **why)
{
	struct hf_view one;

	(void)why;
	while (v.n > 0) {
		if (!take_until(&v, ',', &one)) {
			one = v;
			v.n = 0;
		}
		while (one.n > 0 && (one.p[0] == ' ' || one.p[0] == '\t')) {
			one.p++;
			one.n--;
		}
		while (one.n > 0 && (one.p[one.n - 1] == ' ' ||
		    one.p[one.n - 1] == '\t'))
			one.n--;
		/* HTTP/1.0 is always closed: keep-alive asks in vain. */
		if (hf_http_equal(one, "close"))
			h->keep_alive = false;
	}
	return 0;
}

static int
see_nothing(struct hf_http_head *h, struct hf_view v, const char **why)
{
	(void)h;
	(void)v;
	(void)why;
	return 0;
}

/*
 * The fields that the framing and the routing depend on.  `once`: a second
 * one is refused even where it says the same.
 */
static const struct {
	const char *name;
	bool once;
	int (*see)(struct hf_http_head *h, struct hf_view v, const char **why);
} known[] = {
	{ "Host", true, see_host },
	{ "Content-Length", true, see_length },
	{ "Transfer-Encoding", true, see_transfer_encoding },
	{ "Expect", true, see_expect },
	{ "Content-Type", true, see_nothing },
	{ "Content-Encoding", true, see_content_encoding },
	{ "Connection", false, see_connection },
	{ "Authorization", true, see_nothing },
	{ "Cookie", true, see_nothing },
	{ "Origin", true, see_nothing },
};
#define N_KNOWN (sizeof known / sizeof known[0])

static int
see_fields(struct hf_http_head *h, const char **why)
{
	bool seen[N_KNOWN] = { false };
	size_t i, k;
	int status;

	for (i = 0; i < h->n_fields; i++) {
		for (k = 0; k < N_KNOWN; k++)
			if (hf_http_equal(h->fields[i].name, known[k].name))
				break;
		if (k == N_KNOWN)
			continue;
		if (seen[k] && known[k].once)
			return refuse(400, why,
			    "a field twice that may stand there once");
		seen[k] = true;
		status = known[k].see(h, h->fields[i].value, why);
		if (status != 0)
			return status;
	}
	if (!seen[0] && h->minor == 1)	/* known[0] is Host */
		return refuse(400, why, "no Host");
	return 0;
}

int
hf_http_parse(struct hf_view in, struct hf_http_head *out, const char **why)
{
	struct hf_view line;
	bool first = true;
	int status;

	memset(out, 0, offsetof(struct hf_http_head, fields));
	out->n_fields = 0;
	out->framing = HF_HTTP_NO_BODY;
	out->length = 0;
	out->expect_continue = false;
	if (in.n > HF_HTTP_HEAD_MAX)
		return refuse(431, why, "the request head is too large");
	for (;;) {
		if (!take_until(&in, '\n', &line) || line.n == 0 ||
		    line.p[line.n - 1] != '\r')
			return refuse(400, why, "a line ends without CR");
		line.n--;
		if (line.n == 0)
			break;
		status = first ? parse_request_line(line, out, why)
			       : parse_field(line, out, why);
		if (status != 0)
			return status;
		first = false;
	}
	if (first || in.n != 0)
		return refuse(400, why, "no request line");
	return see_fields(out, why);
}

const struct hf_view *
hf_http_field(const struct hf_http_head *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->n_fields; i++)
		if (hf_http_equal(h->fields[i].name, name))
			return &h->fields[i].value;
	return NULL;
}

bool
hf_http_is_type(const struct hf_http_head *h, const char *type)
{
	const struct hf_view *v = hf_http_field(h, "Content-Type");
	struct hf_view t;
	const uint8_t *p;

	if (v == NULL)
		return false;
	t = *v;
	p = t.n > 0 ? memchr(t.p, ';', t.n) : NULL;
	if (p != NULL)
		t.n = (size_t)(p - t.p);
	while (t.n > 0 && (t.p[t.n - 1] == ' ' || t.p[t.n - 1] == '\t'))
		t.n--;
	return hf_http_equal(t, type);
}
