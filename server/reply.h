#ifndef HF_REPLY_H
#define HF_REPLY_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "lib/buf.h"

/* An answer while it is made, and its bytes on the wire. */

#define HF_REPLY_MAX 1048576	/* bytes of a reply's body */
#define HF_ALLOW_MAX 64
#define HF_COOKIE_MAX 192

struct hf_reply {
	int status;
	const char *type;	/* media type of body, a constant */
	struct hf_buf body;
	char allow[HF_ALLOW_MAX]; /* Allow, or "" */
	int retry_after_s;	/* Retry-After, or 0 */
	bool close;		/* and close the connection */
	const char *fields;	/* more of them, each with its CRLF, or NULL:
				 * Cache-Control: no-store */
	const char *etag;	/* with its quotes, or NULL */
	char cookie[HF_COOKIE_MAX]; /* Set-Cookie, or "" */
	bool vouched;		/* the release service knows who asked */
};

void hf_reply_init(struct hf_reply *r);
void hf_reply_clear(struct hf_reply *r);	/* wipes the body */

/* Takes the reference to `body` over, also on failure. HF_ENOMEM. */
int hf_reply_json(struct hf_reply *r, int status, json_t *body,
    struct hf_err *e) HF_MUST_USE;
/*
 * A problem document (RFC 9457); `detail` is a sentence for a person.  What
 * was in the reply is dropped.  Without memory the body stays empty.
 */
void hf_reply_problem(struct hf_reply *r, int status, enum hf_code code,
    const char *detail);
/*
 * The same from an error: one table says which status a code becomes, and
 * whether its text is meant for a client or only for our log.
 */
void hf_reply_err(struct hf_reply *r, const struct hf_err *why);
/* False: hf_reply_err keeps the text of this code from the client. */
bool hf_reply_is_public(enum hf_code code);

/* "Not Found" …; "Error" for a status that we never send. */
const char *hf_reply_reason(int status);
/*
 * Status line, fields and body, appended to out.  head_only: the answer to
 * HEAD.  `idle_s` is announced where the connection stays open.
 */
int hf_reply_put(const struct hf_reply *r, bool head_only, bool close,
    int idle_s, time_t now, struct hf_buf *out, struct hf_err *e) HF_MUST_USE;

#endif
