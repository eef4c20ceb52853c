#include "release/deliver/answer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
hf_answer_init(struct hf_answer *a)
{
	memset(a, 0, sizeof *a);
	hf_buf_init(&a->body, HF_ANSWER_MAX);
}

void
hf_answer_clear(struct hf_answer *a)
{
	hf_buf_clear(&a->body);
}

void
hf_answer_reset(struct hf_answer *a)
{
	struct hf_buf body = a->body;

	memset(a, 0, sizeof *a);
	a->body = body;
	hf_buf_reset(&a->body);
}

/* 1: a whole line stands in a->line, without its end; 0: more; -1. */
static int
take_line(struct hf_answer *a, struct hf_view *in, struct hf_err *e)
{
	uint8_t c;

	while (in->n > 0) {
		c = *in->p++;
		in->n--;
		if (++a->head_n > HF_ANSWER_HEAD_MAX)
			return hf_fail(e, HF_EINPUT, "HTTP head too long");
		if (c == '\n') {
			if (a->line_n > 0 && a->line[a->line_n - 1] == '\r')
				a->line_n--;
			a->line[a->line_n] = '\0';
			a->line_n = 0;
			return 1;
		}
		if (c == 0 || a->line_n == sizeof a->line - 1)
			return hf_fail(e, HF_EINPUT, "HTTP line too long");
		a->line[a->line_n++] = (char)c;
	}
	return 0;
}

static int
status_line(struct hf_answer *a, struct hf_err *e)
{
	const char *s = a->line;

	if (strncmp(s, "HTTP/1.", 7) != 0 || (s[7] != '0' && s[7] != '1') ||
	    s[8] != ' ' || !isdigit((unsigned char)s[9]) ||
	    !isdigit((unsigned char)s[10]) || !isdigit((unsigned char)s[11]) ||
	    (s[12] != ' ' && s[12] != '\0'))
		return hf_fail(e, HF_EINPUT, "not an HTTP/1 answer");
	a->status = (s[9] - '0') * 100 + (s[10] - '0') * 10 + (s[11] - '0');
	a->close = s[7] == '0';
	a->part = HF_PART_FIELDS;
	return 0;
}

static int
digits(const char *s, int base, size_t most, uint64_t *out)
{
	size_t n = strspn(s, base == 16 ? "0123456789abcdefABCDEF"
	                                : "0123456789");

	if (n == 0 || n > most)
		return -1;
	*out = strtoull(s, NULL, base);
	return (int)n;
}

static int
field_length(struct hf_answer *a, const char *v, struct hf_err *e)
{
	uint64_t n;
	int k = digits(v, 10, 12, &n);

	if (k == -1 || v[k] != '\0' || (a->has_length && a->left != n))
		return hf_fail(e, HF_EINPUT, "bad Content-Length");
	a->has_length = true;
	a->left = n;
	return 0;
}

static int
field_coding(struct hf_answer *a, const char *v, struct hf_err *e)
{
	if (strcasecmp(v, "chunked") != 0 || a->chunked)
		return hf_fail(e, HF_EINPUT, "bad Transfer-Encoding");
	a->chunked = true;
	return 0;
}

static int
field_connection(struct hf_answer *a, const char *v, struct hf_err *e)
{
	(void)e;
	if (strcasestr(v, "close") != NULL)
		a->close = true;
	else if (strcasestr(v, "keep-alive") != NULL)
		a->close = false;
	return 0;
}

static int
field_type(struct hf_answer *a, const char *v, struct hf_err *e)
{
	(void)e;
	a->ipp = strncasecmp(v, "application/ipp", 15) == 0 &&
	    (v[15] == '\0' || v[15] == ';' || v[15] == ' ');
	return 0;
}

static int
field_encoding(struct hf_answer *a, const char *v, struct hf_err *e)
{
	(void)a;
	if (strcasecmp(v, "identity") != 0)
		return hf_fail(e, HF_EINPUT, "compressed answer");
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(struct hf_answer *a, const char *value, struct hf_err *e);
} fields[] = {
	{ "Content-Length", field_length },
	{ "Transfer-Encoding", field_coding },
	{ "Connection", field_connection },
	{ "Content-Type", field_type },
	{ "Content-Encoding", field_encoding },
};

static int
field_line(struct hf_answer *a, struct hf_err *e)
{
	char *colon = strchr(a->line, ':'), *v, *end;
	size_t i;

	if (++a->fields > HF_ANSWER_FIELDS_MAX)
		return hf_fail(e, HF_EINPUT, "too many HTTP fields");
	if (colon == NULL || colon == a->line || isspace((unsigned char)
	    a->line[0]) || isspace((unsigned char)colon[-1]))
		return hf_fail(e, HF_EINPUT, "bad HTTP field");
	*colon = '\0';
	for (v = colon + 1; *v == ' ' || *v == '\t'; v++)
		;
	for (end = v + strlen(v); end > v && (end[-1] == ' ' ||
	    end[-1] == '\t'); end--)
		;
	*end = '\0';
	for (i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (strcasecmp(a->line, fields[i].name) == 0)
			return fields[i].fn(a, v, e);
	return 0;
}

/* The empty line: what follows? */
static int
head_done(struct hf_answer *a, struct hf_err *e)
{
	if (a->status >= 100 && a->status < 200) {
		if (a->status == 101 || a->has_length || a->chunked)
			return hf_fail(e, HF_EINPUT, "HTTP status %d unasked",
			    a->status);
		a->part = HF_PART_STATUS;
	} else if (a->chunked && a->has_length) {
		return hf_fail(e, HF_EINPUT,
		    "both Content-Length and Transfer-Encoding");
	} else if (a->chunked) {
		a->part = HF_PART_CHUNK_SIZE;
	} else if (a->status != 200) {
		a->close = true;	/* what it says besides is not for us */
		a->part = HF_PART_DONE;
	} else if (a->has_length) {
		if (a->left > a->body.max)
			return hf_fail(e, HF_EINPUT,
			    "answer of %llu bytes is too large",
			    (unsigned long long)a->left);
		a->part = a->left > 0 ? HF_PART_LENGTH : HF_PART_DONE;
	} else {
		a->close = true;
		a->part = HF_PART_EOF;
	}
	return 0;
}

static int
chunk_size(struct hf_answer *a, struct hf_err *e)
{
	int k = digits(a->line, 16, 8, &a->left);

	if (k == -1 || (a->line[k] != '\0' && a->line[k] != ';' &&
	    a->line[k] != ' '))
		return hf_fail(e, HF_EINPUT, "bad chunk size");
	if (a->left > a->body.max - a->body.n)
		return hf_fail(e, HF_EINPUT, "answer is too large");
	a->part = a->left > 0 ? HF_PART_CHUNK : HF_PART_TRAILER;
	return 0;
}

static int
chunk_end(struct hf_answer *a, struct hf_err *e)
{
	if (a->line[0] != '\0')
		return hf_fail(e, HF_EINPUT, "bad end of a chunk");
	a->part = HF_PART_CHUNK_SIZE;
	return 0;
}

static int
on_line(struct hf_answer *a, struct hf_err *e)
{
	switch (a->part) {
	case HF_PART_STATUS:
		return status_line(a, e);
	case HF_PART_FIELDS:
		return a->line[0] != '\0' ? field_line(a, e) : head_done(a, e);
	case HF_PART_CHUNK_SIZE:
		return chunk_size(a, e);
	case HF_PART_CHUNK_END:
		return chunk_end(a, e);
	case HF_PART_TRAILER:
		if (a->line[0] == '\0')
			a->part = HF_PART_DONE;
		return 0;
	default:
		return hf_fail(e, HF_EINPUT, "HTTP line out of place");
	}
}

static int
take_body(struct hf_answer *a, struct hf_view *in, struct hf_err *e)
{
	size_t n = in->n;

	if (a->part != HF_PART_EOF && n > a->left)
		n = (size_t)a->left;
	if (hf_put_bytes(&a->body, in->p, n, e) == -1)
		return hf_wrap(e, "answer is too large");
	in->p += n;
	in->n -= n;
	if (a->part == HF_PART_EOF)
		return 0;
	a->left -= n;
	if (a->left == 0)
		a->part = a->part == HF_PART_CHUNK ? HF_PART_CHUNK_END
		                                   : HF_PART_DONE;
	return 0;
}

static bool
in_body(const struct hf_answer *a)
{
	return a->part == HF_PART_LENGTH || a->part == HF_PART_EOF ||
	    a->part == HF_PART_CHUNK;
}

int
hf_answer_feed(struct hf_answer *a, struct hf_view *in, struct hf_err *e)
{
	int rc;

	while (a->part != HF_PART_DONE) {
		if (in->n == 0)
			return 0;
		if (in_body(a)) {
			if (take_body(a, in, e) == -1)
				return -1;
			continue;
		}
		rc = take_line(a, in, e);
		if (rc != 1)
			return rc;
		if (on_line(a, e) == -1)
			return -1;
	}
	return 1;
}

int
hf_answer_end(struct hf_answer *a, struct hf_err *e)
{
	if (a->part == HF_PART_DONE)
		return 0;
	if (a->part == HF_PART_EOF && a->body.n > 0) {
		a->part = HF_PART_DONE;
		return 0;
	}
	return hf_fail(e, HF_EPEER, "connection ended");
}
