#ifndef HF_KEYASK_H
#define HF_KEYASK_H

#include "lib/checkpoint.h"
#include "lib/id.h"
#include "lib/seal.h"
#include "lib/tap.h"
#include "release/queue/chan.h"

/* Asking role key (doc/messages.md): many at once, answered in order. */
struct hf_keyask;

/*
 * The answer's body, borrowed for the call, or (err not NULL) why there is
 * none.
 */
typedef void hf_keyask_fn(void *arg, struct hf_view body,
    const struct hf_err *err);

/*
 * Takes over fd.  `lost` is called when role key is gone, broke the protocol
 * or has been silent for 30 s: role queue then cannot go on.
 */
struct hf_keyask *hf_keyask_new(struct hf_loop *loop, int fd,
    void (*lost)(void *arg, const struct hf_err *why), void *arg,
    struct hf_err *e) HF_MUST_USE;
void hf_keyask_free(struct hf_keyask *k);

/* Each returns at once; fn is called later, from the loop. */
int hf_keyask_open(struct hf_keyask *k, struct hf_view header,
    hf_keyask_fn *fn, void *arg, struct hf_err *e) HF_MUST_USE;
int hf_keyask_unwrap(struct hf_keyask *k, const uint8_t pk[static 32],
    struct hf_view header, hf_keyask_fn *fn, void *arg, struct hf_err *e)
    HF_MUST_USE;
int hf_keyask_credential(struct hf_keyask *k, const struct hf_tap *tap,
    hf_keyask_fn *fn, void *arg, struct hf_err *e) HF_MUST_USE;
int hf_keyask_keys(struct hf_keyask *k, hf_keyask_fn *fn, void *arg,
    struct hf_err *e) HF_MUST_USE;
int hf_keyask_rotate(struct hf_keyask *k, uint64_t not_before,
    uint64_t not_after, hf_keyask_fn *fn, void *arg, struct hf_err *e)
    HF_MUST_USE;
/* `old` is the newest signed checkpoint, or empty. */
int hf_keyask_checkpoint(struct hf_keyask *k, struct hf_view old,
    const struct hf_checkpoint *next, const struct hf_proof *proof,
    hf_keyask_fn *fn, void *arg, struct hf_err *e) HF_MUST_USE;
/* Answers for this arg are dropped from now on. */
void hf_keyask_forget(struct hf_keyask *k, const void *arg);
/* It has answered everything that is older than 5 s. */
bool hf_keyask_is_well(const struct hf_keyask *k);

#endif
