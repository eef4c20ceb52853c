/* link: admin/probe.c admin/https.c admin/pem.c lib/ippscan.c lib/buf.c lib/err.c lib/file.c -lcups -lcurl */
/* What a printer answers to `holdfast printer add`. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "admin/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_text(const char *s)
{
	if (!hf_is_text(hf_view_str(s)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct hf_probe out;
	struct hf_err e;
	size_t i;

	memset(&out, 0, sizeof out);
	if (hf_probe_read(hf_view_of(p, n), &out, &e) == -1)
		return 0;
	check_text(out.name);
	check_text(out.reasons);
	if (out.n_formats > HF_FORMATS_MAX)
		abort();
	for (i = 0; i < out.n_formats; i++)
		check_text(out.formats[i]);
	return 0;
}
