#ifndef HF_HASHER_H
#define HF_HASHER_H

#include "release/queue/chan.h"

/*
 * Asking the hf-hash processes whether a secret fits its stored hash.  They
 * are slow on purpose; here nothing waits.
 */
struct hf_hashers;

#define HF_HASHERS_N 2		/* descriptors that the parent gives */
#define HF_HASHER_WAITING 24	/* questions waiting for each of them */

typedef void hf_hasher_fn(void *arg, bool fits);

/*
 * Takes over the descriptors.  `lost` is called when one is gone or broke the
 * protocol: role queue then cannot go on.
 */
struct hf_hashers *hf_hashers_new(struct hf_loop *loop,
    const int fds[static HF_HASHERS_N],
    void (*lost)(void *arg, const struct hf_err *why), void *arg,
    struct hf_err *e) HF_MUST_USE;
/* Nobody is called any more. */
void hf_hashers_free(struct hf_hashers *h);
/*
 * Returns at once; fn is called later, from the loop.  `secret` is at most
 * 1024 bytes.  HF_EAGAIN where too many wait already.
 */
int hf_hashers_verify(struct hf_hashers *h, const char *hash,
    struct hf_view secret, hf_hasher_fn *fn, void *arg, struct hf_err *e)
    HF_MUST_USE;

#endif
