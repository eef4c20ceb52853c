/* link: lib/merkle.c lib/checkpoint.c lib/buf.c lib/err.c */
/*
 * Proofs and checkpoints as role key and the auditor read them.  A proof for
 * a changed root must not hold where it held for the root.
 */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
proofs(struct hf_view v)
{
	struct hf_proof proof = { .n = 0 };
	uint64_t a, b;
	hf_hash x, y;

	if (hf_get_u64(&v, &a, NULL) == -1 || hf_get_u64(&v, &b, NULL) == -1 ||
	    hf_get_bytes(&v, x, sizeof x, NULL) == -1 ||
	    hf_get_bytes(&v, y, sizeof y, NULL) == -1)
		return;
	while (proof.n < HF_MERKLE_PROOF_MAX && hf_get_bytes(&v,
	    proof.hash[proof.n], 32, NULL) == 0)
		proof.n++;
	if (hf_merkle_check_inclusion(x, a, b, &proof, y, NULL) == 0) {
		y[31] ^= 1;
		if (hf_merkle_check_inclusion(x, a, b, &proof, y, NULL) == 0)
			abort();
		y[31] ^= 1;
	}
	if (hf_merkle_check_consistency(a, x, b, y, &proof, NULL) == 0 &&
	    a > 0) {
		x[0] ^= 1;
		if (hf_merkle_check_consistency(a, x, b, y, &proof, NULL) == 0)
			abort();
	}
}

static void
notes(struct hf_view v)
{
	uint8_t seed[32] = { 5 }, pk[32], sk[64];
	char text[HF_VKEY_MAX];
	struct hf_checkpoint c;
	struct hf_vkey k;

	hf_log_key(seed, pk, sk);
	hf_vkey_of(&k, pk);
	(void)!hf_checkpoint_get(v, &k, &c, NULL);
	if (v.n < sizeof text) {
		memcpy(text, v.p, v.n);
		text[v.n] = '\0';
		(void)!hf_vkey_parse(&k, text, NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (sodium_init() == -1 || n == 0)
		return 0;
	if (p[0] == 0)
		proofs(hf_view_of(p + 1, n - 1));
	else
		notes(hf_view_of(p + 1, n - 1));
	return 0;
}
