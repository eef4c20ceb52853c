/* link: lib/tap.c lib/buf.c lib/err.c */
/* The parts of a tap fill it exactly, and nobody forges its signature. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tap.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static uint8_t pk[32], sk[64];

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (sodium_init() == -1)
		return 1;
	crypto_sign_keypair(pk, sk);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct hf_tap t;

	if (hf_tap_get(hf_view_of(p, n), &t, NULL) == -1)
		return 0;
	if (n > HF_TAP_MAX || t.signed_bytes.p != p ||
	    t.signed_bytes.n + HF_SIG_LEN != n ||
	    t.box.p + t.box.n != p + t.signed_bytes.n ||
	    memcmp(t.signature, p + t.signed_bytes.n, HF_SIG_LEN) != 0)
		abort();
	if (hf_tap_verify(&t, pk, NULL) == 0)
		abort();
	return 0;
}
