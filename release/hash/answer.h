#ifndef HF_HASH_ANSWER_H
#define HF_HASH_ANSWER_H

#include "lib/msg.h"

#define HF_SECRET_MAX 1024	/* bytes of a password */

/*
 * Answer one packet of role queue: VERIFY (doc/messages.md).  A stored hash
 * that is none, or that asks for more than 256 MiB or 16 rounds, fits no
 * secret.  HF_EINPUT: the message is malformed.  Blocks for the time that
 * the hash takes.
 */
int hf_hash_answer(struct hf_view in, struct hf_buf *out, struct hf_err *e)
    HF_MUST_USE;

#endif
