#ifndef HF_QUERY_H
#define HF_QUERY_H

#include "lib/buf.h"

/*
 * The query of a request target (application/x-www-form-urlencoded): names
 * and values, each once, nothing but text.
 */
#define HF_QUERY_MAX 16		/* pairs */
#define HF_QUERY_TEXT 256	/* of a value, with NUL */

struct hf_query {
	size_t n;
	struct {
		char name[32];
		char value[HF_QUERY_TEXT];
	} pair[HF_QUERY_MAX];
};

/* HF_EINPUT: malformed, a name twice, or too much.  Pure. */
int hf_query_parse(struct hf_view in, struct hf_query *out, struct hf_err *e)
    HF_MUST_USE;
/* The value, or NULL. */
const char *hf_query_get(const struct hf_query *q, const char *name);

#endif
