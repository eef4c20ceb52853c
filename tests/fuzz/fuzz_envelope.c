/* link: lib/envelope.c lib/keyword.c lib/buf.c lib/err.c */
/* What the reader accepts, the writer writes in the same bytes. */
#include <sodium.h>
#include <stdlib.h>

#include "lib/envelope.h"

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
	static struct hf_envelope v;
	uint8_t key[HF_INTAKE_KEY_LEN];
	struct hf_buf b;

	hf_buf_init(&b, HF_ENVELOPE_MAX);
	if (hf_envelope_get(hf_view_of(p, n), &v, NULL) == 0) {
		if (hf_envelope_put(&b, &v, NULL) == -1 ||
		    !hf_view_equal(hf_buf_view(&b), hf_view_of(p, n)))
			abort();
		hf_envelope_intake_key(&v, key);
	}
	hf_buf_clear(&b);
	return 0;
}
