#include "lib/merkle.h"

#include <sodium.h>
#include <string.h>

#define SIZE_MAX_LEAVES (UINT64_C(1) << 62)

void
hf_merkle_node(hf_hash out, const hf_hash left, const hf_hash right)
{
	uint8_t in[1 + 2 * HF_MERKLE_LEN];

	in[0] = 0x01;
	memcpy(in + 1, left, HF_MERKLE_LEN);
	memcpy(in + 1 + HF_MERKLE_LEN, right, HF_MERKLE_LEN);
	(void)crypto_hash_sha256(out, in, sizeof in);
}

/* ---- the tree ---- */

void
hf_merkle_init(struct hf_merkle *m)
{
	m->size = 0;
}

void
hf_merkle_add(struct hf_merkle *m, const hf_hash leaf,
    void (*fn)(void *arg, unsigned level, uint64_t at, const hf_hash h),
    void *arg)
{
	unsigned level = 0;
	hf_hash h;

	memcpy(h, leaf, sizeof h);
	/* As a binary counter: two subtrees of a size become one. */
	while ((m->size >> level & 1) != 0) {
		hf_merkle_node(h, m->edge[level], h);
		level++;
		if (fn != NULL && level % HF_MERKLE_STEP == 0)
			fn(arg, level, m->size >> level, h);
	}
	memcpy(m->edge[level], h, sizeof h);
	m->size++;
}

void
hf_merkle_root(const struct hf_merkle *m, hf_hash out)
{
	unsigned level;
	bool any = false;

	if (m->size == 0) {
		(void)crypto_hash_sha256(out, (const uint8_t *)"", 0);
		return;
	}
	for (level = 0; level < 64; level++) {
		if ((m->size >> level & 1) == 0)
			continue;
		if (any)
			hf_merkle_node(out, m->edge[level], out);
		else
			memcpy(out, m->edge[level], HF_MERKLE_LEN);
		any = true;
	}
}

size_t
hf_merkle_edge(const struct hf_merkle *m, hf_hash out[static 64])
{
	unsigned level = 64;
	size_t n = 0;

	while (level-- > 0)
		if ((m->size >> level & 1) != 0)
			memcpy(out[n++], m->edge[level], HF_MERKLE_LEN);
	return n;
}

int
hf_merkle_load(struct hf_merkle *m, uint64_t size, const hf_hash *edge,
    size_t n, struct hf_err *e)
{
	unsigned level = 64;
	size_t k = 0;

	if (size >= SIZE_MAX_LEAVES ||
	    (size_t)__builtin_popcountll(size) != n)
		return hf_fail(e, HF_EINPUT, "%zu edge hashes for %llu leaves",
		    n, (unsigned long long)size);
	m->size = size;
	while (level-- > 0)
		if ((size >> level & 1) != 0)
			memcpy(m->edge[level], edge[k++], HF_MERKLE_LEN);
	return 0;
}

/* ---- making proofs ---- */

/* The largest power of two smaller than n, n > 1: its exponent. */
static unsigned
split(uint64_t n)
{
	return 63 - (unsigned)__builtin_clzll(n - 1);
}

static void
push(struct hf_proof *p, const hf_hash h)
{
	HF_ASSERT(p->n < HF_MERKLE_PROOF_MAX);
	memcpy(p->hash[p->n++], h, HF_MERKLE_LEN);
}

static void
hash_of(const hf_hash *leaves, uint64_t n, hf_hash out)
{
	struct hf_merkle m;
	uint64_t i;

	hf_merkle_init(&m);
	for (i = 0; i < n; i++)
		hf_merkle_add(&m, leaves[i], NULL, NULL);
	hf_merkle_root(&m, out);
}

/*
 * SUBPROOF of RFC 6962 for the leaves [lo, lo + n), of which m are in the old
 * tree.  What it names of the old tree is always one of its edge hashes.
 */
static void
subproof(const struct hf_merkle *old, const hf_hash *more, uint64_t lo,
    uint64_t n, uint64_t m, bool whole, struct hf_proof *out)
{
	unsigned level;
	uint64_t k;
	hf_hash h;

	if (m == n) {
		if (!whole)
			push(out, old->edge[__builtin_ctzll(n)]);
		return;
	}
	level = split(n);
	k = UINT64_C(1) << level;
	if (m <= k) {
		subproof(old, more, lo, k, m, whole, out);
		hash_of(more + (lo + k - old->size), n - k, h);
		push(out, h);
	} else {
		subproof(old, more, lo + k, n - k, m - k, false, out);
		push(out, old->edge[level]);
	}
}

void
hf_merkle_consistency(const struct hf_merkle *old, const hf_hash *more,
    size_t n, struct hf_proof *out)
{
	out->n = 0;
	if (old->size > 0 && n > 0)
		subproof(old, more, 0, old->size + n, old->size, true, out);
}

struct source {
	hf_merkle_fetch *fetch;
	void *arg;
};

static int
perfect(const struct source *s, unsigned level, uint64_t at, hf_hash out,
    struct hf_err *e)
{
	hf_hash left, right;

	if (level % HF_MERKLE_STEP == 0)
		return s->fetch(s->arg, level, at, out, e);
	if (perfect(s, level - 1, 2 * at, left, e) == -1 ||
	    perfect(s, level - 1, 2 * at + 1, right, e) == -1)
		return -1;
	hf_merkle_node(out, left, right);
	return 0;
}

/* The hash of [lo, lo + n); lo is a multiple of the power of two >= n. */
static int
range(const struct source *s, uint64_t lo, uint64_t n, hf_hash out,
    struct hf_err *e)
{
	hf_hash left, right;
	unsigned level;

	if ((n & (n - 1)) == 0) {
		level = (unsigned)__builtin_ctzll(n);
		return perfect(s, level, lo >> level, out, e);
	}
	level = split(n);
	if (range(s, lo, UINT64_C(1) << level, left, e) == -1 ||
	    range(s, lo + (UINT64_C(1) << level),
		n - (UINT64_C(1) << level), right, e) == -1)
		return -1;
	hf_merkle_node(out, left, right);
	return 0;
}

static int
path(const struct source *s, uint64_t at, uint64_t lo, uint64_t n,
    struct hf_proof *out, struct hf_err *e)
{
	uint64_t k;
	hf_hash h;

	if (n == 1)
		return 0;
	k = UINT64_C(1) << split(n);
	if (at < lo + k) {
		if (path(s, at, lo, k, out, e) == -1 ||
		    range(s, lo + k, n - k, h, e) == -1)
			return -1;
	} else if (path(s, at, lo + k, n - k, out, e) == -1 ||
	    range(s, lo, k, h, e) == -1) {
		return -1;
	}
	push(out, h);
	return 0;
}

int
hf_merkle_inclusion(uint64_t at, uint64_t size, hf_merkle_fetch *fetch,
    void *arg, struct hf_proof *out, struct hf_err *e)
{
	const struct source s = { fetch, arg };

	out->n = 0;
	if (at >= size || size >= SIZE_MAX_LEAVES)
		return hf_fail(e, HF_EINPUT, "leaf %llu of %llu",
		    (unsigned long long)at, (unsigned long long)size);
	return path(&s, at, 0, size, out, e);
}

/* ---- checking proofs ---- */

static int
wrong(const char *what, struct hf_err *e)
{
	return hf_fail(e, HF_ETAMPER, "the %s proof does not hold", what);
}

/* One step up from (fn, sn), the last where the tree has no right brother. */
static void
up(uint64_t *fn, uint64_t *sn, bool was_left)
{
	if (was_left)
		while ((*fn & 1) == 0 && *fn != 0) {
			*fn >>= 1;
			*sn >>= 1;
		}
	*fn >>= 1;
	*sn >>= 1;
}

int
hf_merkle_check_inclusion(const hf_hash leaf, uint64_t at, uint64_t size,
    const struct hf_proof *p, const hf_hash root, struct hf_err *e)
{
	uint64_t fn = at, sn = size - 1;
	hf_hash r;
	size_t i;

	if (at >= size || size >= SIZE_MAX_LEAVES)
		return wrong("inclusion", e);
	memcpy(r, leaf, sizeof r);
	for (i = 0; i < p->n; i++) {
		if (sn == 0)
			return wrong("inclusion", e);
		if ((fn & 1) != 0 || fn == sn) {
			hf_merkle_node(r, p->hash[i], r);
			up(&fn, &sn, true);
		} else {
			hf_merkle_node(r, r, p->hash[i]);
			up(&fn, &sn, false);
		}
	}
	if (sn != 0 || memcmp(r, root, sizeof r) != 0)
		return wrong("inclusion", e);
	return 0;
}

int
hf_merkle_check_consistency(uint64_t old_size, const hf_hash old_root,
    uint64_t size, const hf_hash root, const struct hf_proof *p,
    struct hf_err *e)
{
	uint64_t fn = old_size - 1, sn = size - 1;
	bool power = (old_size & (old_size - 1)) == 0;
	size_t i = power ? 0 : 1;
	hf_hash fr, sr;

	if (old_size > size || size >= SIZE_MAX_LEAVES)
		return wrong("consistency", e);
	if (old_size == 0 || old_size == size)
		return p->n == 0 && (old_size == 0 ||
		    memcmp(old_root, root, sizeof fr) == 0)
		    ? 0 : wrong("consistency", e);
	if (p->n == 0)
		return wrong("consistency", e);
	/* A perfect old tree is its own first hash. */
	memcpy(fr, power ? old_root : p->hash[0], sizeof fr);
	memcpy(sr, fr, sizeof sr);
	while ((fn & 1) != 0) {
		fn >>= 1;
		sn >>= 1;
	}
	for (; i < p->n; i++) {
		if (sn == 0)
			return wrong("consistency", e);
		if ((fn & 1) != 0 || fn == sn) {
			hf_merkle_node(fr, p->hash[i], fr);
			hf_merkle_node(sr, p->hash[i], sr);
			up(&fn, &sn, true);
		} else {
			hf_merkle_node(sr, sr, p->hash[i]);
			up(&fn, &sn, false);
		}
	}
	if (sn != 0 || memcmp(fr, old_root, sizeof fr) != 0 ||
	    memcmp(sr, root, sizeof sr) != 0)
		return wrong("consistency", e);
	return 0;
}
