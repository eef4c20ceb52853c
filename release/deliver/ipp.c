#include "release/deliver/ipp.h"

#include <string.h>

#define VERSION 0x0200	/* IPP/2.0 */
#define NAME_MAX_LEN 255
#define VALUE_MAX_LEN 32767

static const struct {
	uint16_t status;
	const char *name;
} statuses[] = {
	{ 0x0400, "client-error-bad-request" },
	{ 0x0401, "client-error-forbidden" },
	{ 0x0402, "client-error-not-authenticated" },
	{ 0x0403, "client-error-not-authorized" },
	{ 0x0404, "client-error-not-possible" },
	{ 0x0405, "client-error-timeout" },
	{ 0x0406, "client-error-not-found" },
	{ 0x0407, "client-error-gone" },
	{ 0x0408, "client-error-request-entity-too-large" },
	{ 0x0409, "client-error-request-value-too-long" },
	{ 0x040a, "client-error-document-format-not-supported" },
	{ 0x040b, "client-error-attributes-or-values-not-supported" },
	{ 0x040d, "client-error-charset-not-supported" },
	{ 0x040e, "client-error-conflicting-attributes" },
	{ 0x0411, "client-error-document-format-error" },
	{ 0x0500, "server-error-internal-error" },
	{ 0x0501, "server-error-operation-not-supported" },
	{ 0x0502, "server-error-service-unavailable" },
	{ 0x0503, "server-error-version-not-supported" },
	{ 0x0504, "server-error-device-error" },
	{ 0x0505, "server-error-temporary-error" },
	{ 0x0506, "server-error-not-accepting-jobs" },
	{ 0x0507, "server-error-busy" },
	{ 0x0508, "server-error-job-canceled" },
	{ 0x0509, "server-error-multiple-document-jobs-not-supported" },
	{ 0x050a, "server-error-printer-is-deactivated" },
	{ 0x050b, "server-error-too-many-jobs" },
};

const char *
hf_ipp_status_name(uint16_t status)
{
	size_t i;

	for (i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (statuses[i].status == status)
			return statuses[i].name;
	return NULL;
}

int
hf_ipp_open(struct hf_view in, struct hf_ipp_head *head,
    struct hf_ipp_reader *r, struct hf_err *e)
{
	struct hf_ipp_head h;
	uint16_t version;

	if (hf_get_u16(&in, &version, e) == -1 ||
	    hf_get_u16(&in, &h.code, e) == -1 ||
	    hf_get_u32(&in, &h.id, e) == -1)
		return hf_wrap(e, "IPP head");
	if (version >> 8 != 1 && version >> 8 != 2)
		return hf_fail(e, HF_EINPUT, "IPP version %u.%u", version >> 8,
		    version & 0xff);
	*head = h;
	memset(r, 0, sizeof *r);
	r->rest = in;
	return 0;
}

/* The parts of one value behind its tag. */
static int
get_parts(struct hf_view *rest, struct hf_view *name, struct hf_view *bytes,
    struct hf_err *e)
{
	if (hf_get_var(rest, NAME_MAX_LEN, name, e) == -1)
		return hf_wrap(e, "IPP attribute name");
	if (hf_get_var(rest, VALUE_MAX_LEN, bytes, e) == -1)
		return hf_wrap(e, "IPP attribute value");
	return 0;
}

/* Pass over the members of a collection whose begin tag was just read. */
static int
skip_collection(struct hf_ipp_reader *r, struct hf_err *e)
{
	struct hf_view name, bytes;
	unsigned depth = 1;
	uint8_t tag;

	while (depth > 0) {
		if (hf_get_u8(&r->rest, &tag, e) == -1)
			return hf_wrap(e, "IPP collection");
		if (tag < 0x10)
			return hf_fail(e, HF_EINPUT,
			    "IPP collection without an end");
		if (++r->values > HF_IPP_VALUES_MAX)
			return hf_fail(e, HF_EINPUT, "too many IPP values");
		if (get_parts(&r->rest, &name, &bytes, e) == -1)
			return -1;
		if (tag == HF_IPP_END_COLLECTION)
			depth--;
		else if (tag == HF_IPP_BEGIN_COLLECTION &&
		    ++depth > HF_IPP_NESTING)
			return hf_fail(e, HF_EINPUT,
			    "IPP collections nested too deep");
	}
	return 0;
}

static int
get_value(struct hf_ipp_reader *r, uint8_t tag, struct hf_ipp_value *v,
    struct hf_err *e)
{
	struct hf_view name, bytes;

	if (r->group == 0)
		return hf_fail(e, HF_EINPUT, "IPP attribute outside a group");
	if (tag == HF_IPP_END_COLLECTION || tag == HF_IPP_MEMBER)
		return hf_fail(e, HF_EINPUT, "IPP collection end without one");
	if (++r->values > HF_IPP_VALUES_MAX)
		return hf_fail(e, HF_EINPUT, "too many IPP values");
	if (get_parts(&r->rest, &name, &bytes, e) == -1)
		return -1;
	if (name.n == 0 && r->name.n == 0)
		return hf_fail(e, HF_EINPUT, "IPP value without a name");
	if (name.n > 0)
		r->name = name;
	if (tag == HF_IPP_BEGIN_COLLECTION && skip_collection(r, e) == -1)
		return -1;
	v->group = r->group;
	v->nth_group = r->nth_group;
	v->tag = tag;
	v->first = name.n > 0;
	v->name = r->name;
	v->bytes = bytes;
	return 1;
}

int
hf_ipp_next(struct hf_ipp_reader *r, struct hf_ipp_value *v, struct hf_err *e)
{
	uint8_t tag;

	for (;;) {
		if (hf_get_u8(&r->rest, &tag, e) == -1)
			return hf_wrap(e, "IPP message");
		if (tag == HF_IPP_END) {
			if (hf_get_end(&r->rest, e) == -1)
				return hf_wrap(e, "after the IPP message");
			return 0;
		}
		if (tag >= 0x10)
			return get_value(r, tag, v, e);
		if (tag == 0)
			return hf_fail(e, HF_EINPUT, "IPP group 0");
		r->group = tag;
		r->nth_group++;
		r->name = hf_view_of(NULL, 0);
	}
}

bool
hf_ipp_is(const struct hf_ipp_value *v, const char *name)
{
	return hf_view_equal(v->name, hf_view_str(name));
}

static int32_t
int_of(const uint8_t *p)
{
	return (int32_t)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | (uint32_t)p[3]);
}

bool
hf_ipp_int(const struct hf_ipp_value *v, int32_t *out)
{
	if (v->tag == HF_IPP_BOOLEAN && v->bytes.n == 1) {
		*out = v->bytes.p[0] != 0;
		return true;
	}
	if ((v->tag != HF_IPP_INTEGER && v->tag != HF_IPP_ENUM) ||
	    v->bytes.n != 4)
		return false;
	*out = int_of(v->bytes.p);
	return true;
}

bool
hf_ipp_range(const struct hf_ipp_value *v, int32_t *low, int32_t *high)
{
	if (v->tag != HF_IPP_RANGE || v->bytes.n != 8)
		return false;
	*low = int_of(v->bytes.p);
	*high = int_of(v->bytes.p + 4);
	return true;
}

/* The characters of a string value, without its language. */
static bool
chars(const struct hf_ipp_value *v, struct hf_view *out)
{
	struct hf_view in = v->bytes, language;

	if (v->tag >= HF_IPP_TEXT && v->tag <= HF_IPP_MIME) {
		*out = in;
		return true;
	}
	if (v->tag != HF_IPP_TEXT_LANG && v->tag != HF_IPP_NAME_LANG)
		return false;
	return hf_get_var(&in, in.n, &language, NULL) == 0 &&
	    hf_get_var(&in, in.n, out, NULL) == 0 && in.n == 0;
}

bool
hf_ipp_str(const struct hf_ipp_value *v, char *out, size_t size)
{
	struct hf_view s;

	if (!chars(v, &s) || s.n >= size || !hf_is_text(s))
		return false;
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}

bool
hf_ipp_str_is(const struct hf_ipp_value *v, const char *want)
{
	struct hf_view s;

	return chars(v, &s) && hf_view_equal(s, hf_view_str(want));
}

int
hf_ipp_put_head(struct hf_buf *b, uint16_t code, uint32_t id, struct hf_err *e)
{
	if (hf_put_u16(b, VERSION, e) == -1 || hf_put_u16(b, code, e) == -1)
		return -1;
	return hf_put_u32(b, id, e);
}

int
hf_ipp_put_group(struct hf_buf *b, uint8_t tag, struct hf_err *e)
{
	return hf_put_u8(b, tag, e);
}

static int
put_value(struct hf_buf *b, uint8_t tag, const char *name, const void *p,
    size_t n, struct hf_err *e)
{
	if (strlen(name) > NAME_MAX_LEN || n > VALUE_MAX_LEN)
		return hf_fail(e, HF_EINPUT, "IPP attribute %.40s is too long",
		    name);
	if (hf_put_u8(b, tag, e) == -1 || hf_put_str(b, name, e) == -1)
		return -1;
	return hf_put_var(b, p, n, e);
}

int
hf_ipp_put_str(struct hf_buf *b, uint8_t tag, const char *name,
    const char *value, struct hf_err *e)
{
	return put_value(b, tag, name, value, strlen(value), e);
}

static void
int_to(uint8_t *p, int32_t value)
{
	uint32_t u = (uint32_t)value;

	p[0] = (uint8_t)(u >> 24);
	p[1] = (uint8_t)(u >> 16);
	p[2] = (uint8_t)(u >> 8);
	p[3] = (uint8_t)u;
}

int
hf_ipp_put_int(struct hf_buf *b, uint8_t tag, const char *name, int32_t value,
    struct hf_err *e)
{
	uint8_t be[4];

	int_to(be, value);
	return put_value(b, tag, name, be, sizeof be, e);
}

int
hf_ipp_put_bool(struct hf_buf *b, const char *name, bool value,
    struct hf_err *e)
{
	uint8_t one = value ? 1 : 0;

	return put_value(b, HF_IPP_BOOLEAN, name, &one, 1, e);
}

int
hf_ipp_put_range(struct hf_buf *b, const char *name, int32_t low, int32_t high,
    struct hf_err *e)
{
	uint8_t be[8];

	int_to(be, low);
	int_to(be + 4, high);
	return put_value(b, HF_IPP_RANGE, name, be, sizeof be, e);
}
