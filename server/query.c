#include "server/query.h"

#include <string.h>

static int
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
decode(struct hf_view in, char *out, size_t size, struct hf_err *e)
{
	size_t i, n = 0;
	int c, lo;

	for (i = 0; i < in.n; i++) {
		c = in.p[i];
		if (c == '+')
			c = ' ';
		if (c == '%') {
			if (in.n - i < 3 || (c = digit(in.p[i + 1])) == -1 ||
			    (lo = digit(in.p[i + 2])) == -1)
				return hf_fail(e, HF_EINPUT,
				    "the query has a wrong %%-escape");
			c = c << 4 | lo;
			i += 2;
		}
		if (n + 1 >= size)
			return hf_fail(e, HF_EINPUT,
			    "a name or value of the query is too long");
		out[n++] = (char)c;
	}
	out[n] = '\0';
	if (!hf_is_text(hf_view_of(out, n)))
		return hf_fail(e, HF_EINPUT, "the query is no text");
	return 0;
}

static int
add(struct hf_query *q, struct hf_view pair, struct hf_err *e)
{
	const uint8_t *eq = memchr(pair.p, '=', pair.n);
	size_t n = eq != NULL ? (size_t)(eq - pair.p) : pair.n;
	struct hf_view value = { NULL, 0 };

	if (q->n == HF_QUERY_MAX)
		return hf_fail(e, HF_EINPUT, "the query has too many names");
	if (eq != NULL)
		value = hf_view_of(eq + 1, pair.n - n - 1);
	if (decode(hf_view_of(pair.p, n), q->pair[q->n].name,
	    sizeof q->pair[q->n].name, e) == -1 ||
	    decode(value, q->pair[q->n].value, sizeof q->pair[q->n].value,
	    e) == -1)
		return -1;
	if (hf_query_get(q, q->pair[q->n].name) != NULL)
		return hf_fail(e, HF_EINPUT, "the query has \"%s\" twice",
		    q->pair[q->n].name);
	q->n++;
	return 0;
}

int
hf_query_parse(struct hf_view in, struct hf_query *out, struct hf_err *e)
{
	const uint8_t *amp;
	size_t n;

	out->n = 0;
	while (in.n > 0) {
		amp = memchr(in.p, '&', in.n);
		n = amp != NULL ? (size_t)(amp - in.p) : in.n;
		if (add(out, hf_view_of(in.p, n), e) == -1)
			return -1;
		if (amp == NULL)
			break;
		in = hf_view_of(amp + 1, in.n - n - 1);
	}
	return 0;
}

const char *
hf_query_get(const struct hf_query *q, const char *name)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		if (strcmp(q->pair[i].name, name) == 0)
			return q->pair[i].value;
	return NULL;
}
