#include "lib/ippscan.h"

/* Tags of RFC 8010, section 3.5. */
#define TAG_END_OF_ATTRIBUTES 0x03
#define TAG_VALUES 0x10			/* below: begins a group of attributes */
#define TAG_BEGIN_COLLECTION 0x34
#define TAG_END_COLLECTION 0x37

/* Step over one length and its bytes: 1, or 0 where they are not all here. */
static int
skip(struct hf_view *v, size_t most, const char *what, struct hf_err *e)
{
	struct hf_view bytes;
	uint16_t n;

	if (v->n < 2)
		return 0;
	if (hf_get_u16(v, &n, e) == -1)
		return -1;
	if (n > most)
		return hf_fail(e, HF_EINPUT, "IPP: %s of %u bytes", what, n);
	if (v->n < n)
		return 0;
	return hf_get_view(v, n, &bytes, e) == -1 ? -1 : 1;
}

/* A delimiter begins a group or ends them all. */
static int
take_delimiter(uint8_t tag, unsigned depth, struct hf_err *e)
{
	if (depth > 0)
		return hf_fail(e, HF_EINPUT, "IPP: a collection has no end");
	return tag == TAG_END_OF_ATTRIBUTES;
}

static int
take_value(struct hf_view *v, uint8_t tag, unsigned *depth, struct hf_err *e)
{
	int k;

	if ((k = skip(v, HF_IPP_NAME_MAX, "a name", e)) != 1 ||
	    (k = skip(v, HF_IPP_VALUE_MAX, "a value", e)) != 1)
		return k;
	if (tag == TAG_BEGIN_COLLECTION && ++*depth > HF_IPP_DEPTH_MAX)
		return hf_fail(e, HF_EINPUT,
		    "IPP: collections nested deeper than %d",
		    HF_IPP_DEPTH_MAX);
	if (tag == TAG_END_COLLECTION) {
		if (*depth == 0)
			return hf_fail(e, HF_EINPUT,
			    "IPP: a collection ends that did not begin");
		--*depth;
	}
	return 1;
}

int
hf_ipp_scan(struct hf_view in, size_t *end, struct hf_err *e)
{
	struct hf_view v = in;
	unsigned depth = 0;
	uint8_t tag;
	int k;

	if (v.n > HF_IPP_SCAN_MAX)
		v.n = HF_IPP_SCAN_MAX;
	if (v.n < HF_IPP_HEADER)
		return 0;
	v.p += HF_IPP_HEADER;
	v.n -= HF_IPP_HEADER;
	while (v.n > 0) {
		if (hf_get_u8(&v, &tag, e) == -1)
			return -1;
		if (tag < TAG_VALUES) {
			if ((k = take_delimiter(tag, depth, e)) == -1)
				return -1;
			if (k == 1) {
				*end = (size_t)(v.p - in.p);
				return 1;
			}
		} else if ((k = take_value(&v, tag, &depth, e)) != 1) {
			if (k == -1)
				return -1;
			break;
		}
	}
	if (in.n >= HF_IPP_SCAN_MAX)
		return hf_fail(e, HF_EINPUT,
		    "IPP: more than %d bytes of attributes", HF_IPP_SCAN_MAX);
	return 0;
}
