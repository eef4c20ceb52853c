#ifndef HF_MERKLE_H
#define HF_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/*
 * The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1) over SHA-256:
 * made leaf by leaf from the hashes of its right edge, and its proofs.
 * SHA-256 is libsodium's, because role key checks proofs and links nothing
 * else.
 */
#define HF_MERKLE_LEN 32
#define HF_MERKLE_PROOF_MAX 64	/* hashes: the tree is smaller than 2^63 */
#define HF_MERKLE_STEP 4	/* levels between stored hashes: doc/audit.md */

typedef uint8_t hf_hash[HF_MERKLE_LEN];

/* edge[i] is the root of a perfect subtree of 2^i leaves where bit i of size
 * is set; together they cover all leaves, the highest first. */
struct hf_merkle {
	uint64_t size;
	hf_hash edge[64];
};

struct hf_proof {
	hf_hash hash[HF_MERKLE_PROOF_MAX];
	size_t n;
};

/* SHA-256(0x01 || left || right); out may be one of them. */
void hf_merkle_node(hf_hash out, const hf_hash left, const hf_hash right);

void hf_merkle_init(struct hf_merkle *m);
/*
 * Append one leaf hash, SHA-256(0x00 || leaf).  For each perfect subtree that
 * it completes and whose level is a multiple of HF_MERKLE_STEP (above 0), fn
 * is called where it is not NULL.
 */
void hf_merkle_add(struct hf_merkle *m, const hf_hash leaf,
    void (*fn)(void *arg, unsigned level, uint64_t at, const hf_hash h),
    void *arg);
/* The tree hash; of an empty tree SHA-256 of nothing. */
void hf_merkle_root(const struct hf_merkle *m, hf_hash out);
/* The set edge hashes, highest first, as they are stored; their number. */
size_t hf_merkle_edge(const struct hf_merkle *m, hf_hash out[static 64]);
/* And back: HF_EINPUT where n is not the number of bits in size. */
int hf_merkle_load(struct hf_merkle *m, uint64_t size, const hf_hash *edge,
    size_t n, struct hf_err *e) HF_MUST_USE;

/*
 * That the tree `old` is the beginning of itself with `n` more leaves (RFC
 * 6962 section 2.1.2).  Empty where one of the two has no leaves, or n is 0.
 */
void hf_merkle_consistency(const struct hf_merkle *old, const hf_hash *more,
    size_t n, struct hf_proof *out);

/*
 * That leaf `at` is in the tree of `size` leaves (RFC 6962 section 2.1.1),
 * at < size.  The hashes come from fetch: level 0 are leaf hashes, the others
 * perfect subtrees at levels that are multiples of HF_MERKLE_STEP.  Which are
 * asked for does not depend on what it answers, so that they can be collected
 * in a first pass.
 */
typedef int hf_merkle_fetch(void *arg, unsigned level, uint64_t at,
    hf_hash out, struct hf_err *e);
int hf_merkle_inclusion(uint64_t at, uint64_t size, hf_merkle_fetch *fetch,
    void *arg, struct hf_proof *out, struct hf_err *e) HF_MUST_USE;

/* RFC 9162 sections 2.1.3.2 and 2.1.4.2: HF_ETAMPER where it does not hold. */
int hf_merkle_check_inclusion(const hf_hash leaf, uint64_t at, uint64_t size,
    const struct hf_proof *p, const hf_hash root, struct hf_err *e)
    HF_MUST_USE;
int hf_merkle_check_consistency(uint64_t old_size, const hf_hash old_root,
    uint64_t size, const hf_hash root, const struct hf_proof *p,
    struct hf_err *e) HF_MUST_USE;

#endif
