#ifndef HF_POST_H
#define HF_POST_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/id.h"

/* The bodies of what a reader posts as JSON (doc/tap-format.md). */

/* POST /v1/readers/nonce, signed with sk (libsodium's 64 bytes). */
int hf_post_nonce(struct hf_buf *out, const struct hf_id *reader,
    const uint8_t sk[static 64], uint64_t time_ms, uint8_t count,
    struct hf_err *e) HF_MUST_USE;
/* POST /v1/readers/enrol. */
int hf_post_enrol(struct hf_buf *out, const char *token,
    const uint8_t pk[static 32], const char *hardware, struct hf_err *e)
    HF_MUST_USE;

#endif
