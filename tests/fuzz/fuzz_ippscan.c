/* link: lib/ippscan.c lib/buf.c lib/err.c -lcups */
/*
 * Whatever the scanner lets through, libcups must be able to read within the
 * bytes that the scanner named, without crashing.
 */
#include <cups/cups.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ippscan.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static ssize_t
feed(void *arg, ipp_uchar_t *out, size_t n)
{
	struct hf_view *v = arg;

	if (n > v->n)
		n = v->n;
	if (n > 0)
		memcpy(out, v->p, n);
	v->p += n;
	v->n -= n;
	return (ssize_t)n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct hf_view v;
	struct hf_err e;
	size_t end = 0, again = 0;
	ipp_t *ipp;
	int k;

	k = hf_ipp_scan(hf_view_of(p, n), &end, &e);
	if (k != 1)
		return 0;
	if (end > n || end > HF_IPP_SCAN_MAX)
		abort();
	/* A shorter view never ends earlier, and the same bytes end there. */
	if (hf_ipp_scan(hf_view_of(p, end - 1), &again, &e) != 0)
		abort();
	if (hf_ipp_scan(hf_view_of(p, end), &again, &e) != 1 || again != end)
		abort();
	v = hf_view_of(p, end);
	ipp = ippNew();
	(void)ippReadIO(&v, feed, 1, NULL, ipp);
	ippDelete(ipp);
	return 0;
}
