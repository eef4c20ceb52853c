/* Role key as the signer of the audit log: declared in ring.h. */
#include <sodium.h>
#include <string.h>

#include "release/key/ring.h"

/* Whatever is signed continues what was signed before. */
static int
continues(const struct hf_ring *r, struct hf_view old,
    const struct hf_checkpoint *next, const struct hf_proof *proof,
    const struct hf_vkey *vkey, struct hf_err *e)
{
	struct hf_checkpoint was = { .size = 0 };

	if (old.n > 0 && hf_checkpoint_get(old, vkey, &was, e) == -1)
		return -1;
	if (was.size < r->last.size || next->size < was.size)
		return hf_fail(e, HF_ECONFLICT,
		    "a larger audit log was signed already: %llu records",
		    (unsigned long long)(was.size < r->last.size
			    ? r->last.size : was.size));
	if (was.size == r->last.size && was.size > 0 &&
	    memcmp(was.root, r->last.root, sizeof was.root) != 0)
		return hf_fail(e, HF_ETAMPER,
		    "another audit log of %llu records was signed",
		    (unsigned long long)was.size);
	return hf_merkle_check_consistency(was.size, was.root, next->size,
	    next->root, proof, e);
}

int
hf_ring_checkpoint(struct hf_ring *r, struct hf_view old,
    const struct hf_checkpoint *next, const struct hf_proof *proof,
    struct hf_vkey *vkey, struct hf_buf *note, struct hf_err *e)
{
	uint8_t pk[32], sk[64];
	int rc = -1;

	hf_log_key(r->store.site_seed, pk, sk);
	hf_vkey_of(vkey, pk);
	if (continues(r, old, next, proof, vkey, e) == -1 ||
	    hf_checkpoint_put(note, next, vkey, sk, e) == -1)
		goto out;
	r->last = *next;
	rc = 0;
out:
	sodium_memzero(sk, sizeof sk);
	return rc;
}
