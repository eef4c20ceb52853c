/* link: release/deliver/answer.c lib/buf.c lib/err.c */
/*
 * A printer's answer in HTTP: read in one piece, byte by byte and in pieces of
 * odd sizes it must come to the same.
 */
#include <stdlib.h>

#include "release/deliver/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct end {
	int rc;
	size_t left;
};

static struct end
feed(struct hf_answer *a, const uint8_t *p, size_t n, size_t piece)
{
	struct end end = { 0, 0 };
	struct hf_view in;
	size_t at = 0, k;

	while (at < n && end.rc == 0) {
		k = n - at < piece ? n - at : piece;
		in = hf_view_of(p + at, k);
		end.rc = hf_answer_feed(a, &in, NULL);
		at += k - in.n;
	}
	end.left = n - at;
	if (end.rc == 0 && hf_answer_end(a, NULL) == 0)
		end.rc = 2;
	return end;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const size_t pieces[] = { 1, 3, 1000 };
	struct hf_answer a, b;
	struct end x, y;
	size_t i;

	hf_answer_init(&a);
	hf_answer_init(&b);
	x = feed(&a, p, n, n + 1);
	for (i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		hf_answer_reset(&b);
		y = feed(&b, p, n, pieces[i]);
		if (x.rc != y.rc || (x.rc > 0 && (x.left != y.left ||
		    a.status != b.status || a.close != b.close ||
		    a.ipp != b.ipp || !hf_view_equal(hf_buf_view(&a.body),
		        hf_buf_view(&b.body)))))
			abort();
	}
	if (a.body.n > HF_ANSWER_MAX)
		abort();
	hf_answer_clear(&a);
	hf_answer_clear(&b);
	return 0;
}
