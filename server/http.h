#ifndef HF_HTTP_H
#define HF_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

/*
 * The head of an HTTP/1.1 request (RFC 9112), read strictly: doc/http.md
 * lists what is refused and why.  Pure functions over bytes; they allocate
 * nothing and know no connection.
 */

#define HF_HTTP_HEAD_MAX 16384	/* request line and fields, bytes */
#define HF_HTTP_FIELDS_MAX 64
#define HF_HTTP_PATH_MAX 1024	/* decoded, bytes */

struct hf_http_field {
	struct hf_view name;	/* as sent; compare without case */
	struct hf_view value;	/* without white space around it */
};

enum hf_http_framing {
	HF_HTTP_NO_BODY,
	HF_HTTP_LENGTH,
	HF_HTTP_CHUNKED
};

/* Views borrow from the bytes that were parsed. */
struct hf_http_head {
	struct hf_view method;
	char path[HF_HTTP_PATH_MAX + 1]; /* decoded once, without the query */
	struct hf_view query;	/* as sent, after '?', may be empty */
	int minor;		/* of HTTP/1.x: 0 or 1 */
	struct hf_http_field fields[HF_HTTP_FIELDS_MAX];
	size_t n_fields;
	enum hf_http_framing framing;
	uint64_t length;	/* HF_HTTP_LENGTH */
	bool keep_alive;
	bool expect_continue;	/* Expect: 100-continue */
};

/*
 * Look for the end of a head in what has arrived so far; *pos is 0 at first
 * and then what the last call left there, so that no byte is looked at
 * twice.  Returns 1: *pos is the length of the head with its empty line.
 * Returns 0: more is needed.  Returns minus an HTTP status: a byte that no
 * head may contain (400), or HF_HTTP_HEAD_MAX bytes without an end (431);
 * *why is then a constant sentence.
 */
int hf_http_scan(struct hf_view in, size_t *pos, const char **why) HF_MUST_USE;

/*
 * Parse a whole head, exactly as long as hf_http_scan said.  Returns 0, or
 * the HTTP status to refuse with (400, 414, 417, 431, 501, 505) and a
 * constant sentence in *why; *out is then undefined.
 */
int hf_http_parse(struct hf_view in, struct hf_http_head *out,
    const char **why) HF_MUST_USE;

/* The first field of that name, or NULL.  `name` in any case. */
const struct hf_view *hf_http_field(const struct hf_http_head *h,
    const char *name);
/*
 * The media type of the body without its parameters is `type`: no field is
 * false.
 */
bool hf_http_is_type(const struct hf_http_head *h, const char *type);
/* The same bytes but for the case of ASCII letters. */
bool hf_http_equal(struct hf_view v, const char *s);

#endif
