#ifndef HF_ANSWER_H
#define HF_ANSWER_H

#include "lib/msg.h"
#include "release/key/ring.h"

/*
 * Answer one message of role queue (doc/messages.md, "queue → key").
 * `packet` is the whole packet, header included; `out` becomes the whole
 * reply, an ERROR where the request cannot be fulfilled.  -1: the message is
 * malformed or of a type that is not in the table, and no reply is due: the
 * process ends.  Pure but for the ring (ROTATE).  `out` must have a maximum
 * of HF_MSG_MAX.
 */
int hf_answer(struct hf_ring *r, struct hf_view packet, uint64_t now,
    struct hf_buf *out, struct hf_err *e) HF_MUST_USE;

#endif
