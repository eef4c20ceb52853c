/* link: release/deliver/proto.c release/deliver/uri.c lib/keyword.c lib/msg.c lib/clock.c lib/buf.c lib/err.c lib/id.c */
/* What the queue role tells a deliver process; first byte: which message. */
#include <stdlib.h>
#include <string.h>

#include "release/deliver/proto.h"
#include "release/deliver/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct hf_order order;
static struct hf_printer_row row;

static void
must(bool good)
{
	if (!good)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct hf_view in;
	struct hf_advanced word;
	struct hf_claim claim;
	struct hf_uri uri;
	size_t i;

	if (n == 0)
		return 0;
	in = hf_view_of(p + 1, n - 1);
	switch (p[0] & 3) {
	case 0:
		if (hf_printer_row_get(in, &row, NULL) == 0 &&
		    hf_uri_parse(row.uri, &uri, NULL) == 0)
			must(uri.path[0] == '/' && uri.host[0] != '\0' &&
			    strpbrk(uri.path, " \r\n") == NULL &&
			    strpbrk(uri.authority, " \r\n/@") == NULL);
		break;
	case 1:
		if (hf_order_get(in, &order, NULL) == 0) {
			must(order.copies >= 1 && hf_token_is(order.token));
			for (i = 0; i < order.n_options; i++)
				must(hf_option_is_allowed(
				    order.options[i].name));
		}
		break;
	case 2:
		if (hf_claim_get(in, &claim, NULL) == 0)
			must(claim.job_id >= 0 && hf_token_is(claim.token));
		break;
	default:
		(void)!hf_advanced_get(in, &word, NULL);
		break;
	}
	return 0;
}
