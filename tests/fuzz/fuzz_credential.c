/* link: lib/tap.c lib/buf.c lib/err.c */
/* What the reader accepts, the writer writes in the same bytes. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tap.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return sodium_init() == -1 ? 1 : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint8_t pepper[32] = { 1 };
	static struct hf_credential c;
	uint8_t hash[HF_BADGE_HASH_LEN];
	struct hf_buf b;

	hf_buf_init(&b, HF_TAP_MAX);
	if (hf_credential_get(hf_view_of(p, n), &c, NULL) == 0) {
		if (hf_credential_put(&b, &c, NULL) == -1 ||
		    !hf_view_equal(hf_buf_view(&b), hf_view_of(p, n)) ||
		    strlen(c.pin) > HF_PIN_MAX || c.proof_len > HF_PROOF_MAX)
			abort();
		hf_badge_hash(hash, &c, pepper);
	}
	hf_buf_clear(&b);
	return 0;
}
