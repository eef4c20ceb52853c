/* link: cardreader/wire.c cardreader/panel.c lib/tap.c lib/buf.c lib/err.c lib/id.c lib/msg.c lib/clock.c */
/* Messages of a slot process: what is taken has exactly one encoding. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cardreader/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct hf_wire w;
	struct hf_buf b;

	if (hf_wire_get(hf_view_of(p, n), &w, NULL) == -1)
		return 0;
	hf_buf_init(&b, HF_WIRE_MAX);
	if (hf_wire_put(&b, &w, NULL) == -1 ||
	    !hf_view_equal(hf_buf_view(&b), hf_view_of(p, n)))
		abort();
	hf_buf_clear(&b);
	return 0;
}
