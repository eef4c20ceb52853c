#ifndef HF_SOURCE_H
#define HF_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/frame.h"

/*
 * The documents of one job, as cupsd hands them over: one unframed document,
 * or frames (doc/intake.md, "The framed stream") from our filter.  Every byte
 * is hostile.
 */
#define HF_SOURCE_BUFFER (128 * 1024)

struct hf_source {
	int fd;			/* borrowed */
	bool framed;
	const char *content_type; /* what cupsd calls it, or NULL; borrowed */
	/* The document that hf_source_next found: */
	uint16_t number;	/* from 1 */
	char format[128];	/* IPP "document-format" */
	uint64_t taken;		/* bytes of all documents so far */
	bool begun;		/* something was read from fd */
	/* Private: */
	bool inside;		/* of a document */
	bool pdf;
	uint32_t left;		/* bytes of the current chunk still to come */
	uint32_t crc;
	uint64_t total;
	struct hf_pdf_tail tail;
	size_t at, n;		/* in buf */
	size_t most;		/* of buf was ever in use */
	uint8_t buf[HF_SOURCE_BUFFER];
};

/*
 * Start, or start again after the caller has rewound fd.  At the first time
 * *s must be all zero (calloc).
 */
void hf_source_init(struct hf_source *s, int fd, bool framed,
    const char *content_type);
void hf_source_clear(struct hf_source *s);	/* wipes */
/*
 * Go to the next document; the one before must have been read to its end.
 * Returns 1, 0 when there is no more, or -1: HF_EINPUT (not what it claims,
 * empty, cut), HF_ECONFLICT (reading failed; the job may be tried again).
 */
int hf_source_next(struct hf_source *s, struct hf_err *e) HF_MUST_USE;
/*
 * The next bytes of it, borrowed until the next call; n = 0 at its end, which
 * is reached only if the document is whole.  Errors as above.
 */
int hf_source_read(struct hf_source *s, struct hf_view *out, struct hf_err *e)
    HF_MUST_USE;

#endif
