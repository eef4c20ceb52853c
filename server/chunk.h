#ifndef HF_CHUNK_H
#define HF_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "server/http.h"

/*
 * The body of a request as it arrives, whatever the pieces: Content-Length
 * or the chunked coding (RFC 9112 section 7.1).  Pure; keeps no bytes.
 */

#define HF_CHUNK_DIGITS 12	/* of a chunk's size */
#define HF_CHUNK_EXT_MAX 256	/* bytes of extensions, one chunk */
#define HF_CHUNK_TRAILER_MAX 4096 /* bytes of trailer fields; dropped */

struct hf_body {
	int state;
	uint64_t left;		/* of the body, or of this chunk */
	uint64_t taken;		/* body bytes handed out so far */
	unsigned digits;
	unsigned extra;		/* extension or trailer bytes seen */
};

void hf_body_init(struct hf_body *b, const struct hf_http_head *h);
bool hf_body_is_done(const struct hf_body *b);
/*
 * Take from the front of *in: *out is the next run of body bytes, borrowed
 * from *in, perhaps empty.  Call again until *in is empty or the body is
 * done; what then remains in *in belongs to the next request.  Returns 0, or
 * 400 with a constant sentence in *why.
 */
int hf_body_next(struct hf_body *b, struct hf_view *in, struct hf_view *out,
    const char **why) HF_MUST_USE;

#endif
