#ifndef HF_RING_H
#define HF_RING_H

#include "lib/buf.h"
#include "lib/checkpoint.h"
#include "lib/keylist.h"

/*
 * All secrets of the release service, in one locked allocation that is
 * excluded from core files.
 */
#define HF_MASTER_LEN 32

struct hf_ring {
	uint8_t master[HF_MASTER_LEN];
	struct hf_keystore store;
	uint8_t tap_key_id[HF_KEYID_LEN];
	struct hf_checkpoint last;	/* signed in this life; size 0: none */
};

/*
 * Read `master key | sealed keystore` from fd to its end and open it.  NULL
 * on failure (HF_ETAMPER where the master key does not fit).  Blocks.
 */
struct hf_ring *hf_ring_read(int fd, struct hf_err *e) HF_MUST_USE;
void hf_ring_free(struct hf_ring *r);	/* wipes; NULL is fine */

/* The signed list with the present serial, appended. */
int hf_ring_list(const struct hf_ring *r, uint64_t now, struct hf_buf *out,
    struct hf_err *e) HF_MUST_USE;
/*
 * Add an epoch, or bring the newest forward where it has not begun and would
 * begin later; append the newly sealed keystore and the new signed list.
 * Where all HF_EPOCHS_MAX places are taken those that ended more than 45 days
 * ago go; HF_EFULL where there is none.  On failure nothing has changed.
 */
int hf_ring_rotate(struct hf_ring *r, uint64_t not_before, uint64_t not_after,
    uint64_t now, struct hf_buf *keystore, struct hf_buf *list,
    struct hf_err *e) HF_MUST_USE;
/*
 * Sign a checkpoint of the audit log (doc/audit.md), appended to `note`.  It
 * must be shown to grow out of `old`, the newest one so far, by a consistency
 * proof; old may be empty where this process has signed none yet.
 * HF_ECONFLICT for a tree smaller than one already signed, HF_ETAMPER where
 * old is not ours or the proof does not hold.
 */
int hf_ring_checkpoint(struct hf_ring *r, struct hf_view old,
    const struct hf_checkpoint *next, const struct hf_proof *proof,
    struct hf_vkey *vkey, struct hf_buf *note, struct hf_err *e) HF_MUST_USE;

#endif
