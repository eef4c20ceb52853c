#ifndef HF_ANSWER_H
#define HF_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

/*
 * The answer to one HTTP/1.1 request (RFC 9112), read as its bytes come in.
 * A pure state machine over hostile bytes: no allocation but the body, which
 * has a maximum.
 */

#define HF_ANSWER_MAX (128 * 1024)	/* body */
#define HF_ANSWER_HEAD_MAX 16384	/* status line and fields, 1xx included */
#define HF_ANSWER_FIELDS_MAX 64

enum hf_answer_part {
	HF_PART_STATUS,
	HF_PART_FIELDS,
	HF_PART_LENGTH,		/* body of known length */
	HF_PART_EOF,		/* body until the connection ends */
	HF_PART_CHUNK_SIZE,
	HF_PART_CHUNK,
	HF_PART_CHUNK_END,
	HF_PART_TRAILER,
	HF_PART_DONE
};

struct hf_answer {
	enum hf_answer_part part;
	int status;		/* 200 … */
	bool close;		/* the printer closes behind it */
	bool chunked;
	bool has_length;
	bool ipp;		/* Content-Type: application/ipp */
	uint64_t left;		/* of the body or the chunk */
	size_t head_n;
	unsigned fields;
	size_t line_n;
	char line[1024];	/* longer fields are refused */
	struct hf_buf body;
};

void hf_answer_init(struct hf_answer *a);
void hf_answer_clear(struct hf_answer *a);
/* Forget what was read, keep the memory. */
void hf_answer_reset(struct hf_answer *a);
/*
 * Take bytes from *in. 1: the answer is complete (what is left in *in does not
 * belong to it); 0: more is needed; -1: HF_EINPUT, the connection is of no use.
 */
int hf_answer_feed(struct hf_answer *a, struct hf_view *in, struct hf_err *e)
    HF_MUST_USE;
/*
 * The connection has ended. 0 where that completes the answer, which then
 * must delimit itself: IPP does.  Else HF_EPEER.
 */
int hf_answer_end(struct hf_answer *a, struct hf_err *e) HF_MUST_USE;

#endif
