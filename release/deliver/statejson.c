#include "release/deliver/state.h"

#include <stdio.h>
#include <string.h>

#include "release/deliver/ipp.h"

#define JSON_MAX 16384	/* lists are cut where it would grow beyond */

static int
put(struct hf_buf *b, const char *s, struct hf_err *e)
{
	return hf_put_bytes(b, s, strlen(s), e);
}

/* s is text without control characters: only two need a backslash. */
static int
put_string(struct hf_buf *b, const char *s, struct hf_err *e)
{
	if (put(b, "\"", e) == -1)
		return -1;
	for (; *s != '\0'; s++)
		if (((*s == '"' || *s == '\\') && put(b, "\\", e) == -1) ||
		    hf_put_bytes(b, s, 1, e) == -1)
			return -1;
	return put(b, "\"", e);
}

static int
put_member(struct hf_buf *b, const char *name, const char *value,
    struct hf_err *e)
{
	if (put(b, ", \"", e) == -1 || put(b, name, e) == -1 ||
	    put(b, "\": ", e) == -1)
		return -1;
	return put_string(b, value, e);
}

static int
put_flag(struct hf_buf *b, const char *name, bool value, struct hf_err *e)
{
	if (put(b, name, e) == -1)
		return -1;
	return put(b, value ? "true" : "false", e);
}

/* The string values of one attribute as an array. */
static int
put_list(struct hf_buf *b, const char *member, struct hf_view attrs,
    const char *name, struct hf_err *e)
{
	struct hf_ipp_reader reader;
	struct hf_ipp_head head;
	struct hf_ipp_value v;
	bool some = false;
	char s[256];

	if (put(b, ", \"", e) == -1 || put(b, member, e) == -1 ||
	    put(b, "\": [", e) == -1)
		return -1;
	if (hf_ipp_open(attrs, &head, &reader, NULL) == -1)
		return put(b, "]", e);
	while (hf_ipp_next(&reader, &v, NULL) == 1) {
		if (v.group != HF_IPP_PRINTER || !hf_ipp_is(&v, name) ||
		    !hf_ipp_str(&v, s, sizeof s) || b->n > JSON_MAX)
			continue;
		if ((some && put(b, ", ", e) == -1) ||
		    put_string(b, s, e) == -1)
			return -1;
		some = true;
	}
	return put(b, "]", e);
}

int
hf_state_json(struct hf_buf *b, const struct hf_state *s, bool ready,
    const char *text, bool expired, struct hf_view attrs, struct hf_err *e)
{
	static const char *const states[] = { "unknown", "idle", "processing",
		"stopped" };
	char number[64];
	int i = s->state >= 3 && s->state <= 5 ? s->state - 2 : 0;

	snprintf(number, sizeof number, ", \"up_time\": %d}", s->up_time);
	if (put_flag(b, "{\"ready\": ", ready, e) == -1 ||
	    put_flag(b, ", \"held_commit\": ", s->held_commit, e) == -1 ||
	    put_flag(b, ", \"certificate_expired\": ", expired, e) == -1 ||
	    put_flag(b, ", \"accepting\": ", s->accepting, e) == -1 ||
	    put_member(b, "text", text, e) == -1 ||
	    put_member(b, "state", states[i], e) == -1 ||
	    put_member(b, "reasons", s->reasons, e) == -1 ||
	    put_member(b, "message", s->message, e) == -1 ||
	    put_member(b, "name", s->make, e) == -1 ||
	    put_member(b, "uuid", s->uuid, e) == -1 ||
	    put_list(b, "formats", attrs, "document-format-supported", e) ==
	    -1 ||
	    put_list(b, "sides", attrs, "sides-supported", e) == -1 ||
	    put_list(b, "color", attrs, "print-color-mode-supported", e) ==
	    -1 ||
	    put_list(b, "media", attrs, "media-supported", e) == -1)
		return -1;
	return put(b, number, e);
}
