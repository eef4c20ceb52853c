#include "lib/envelope.h"

#include <sodium.h>
#include <string.h>

/*
 * One row a field in the order of the tags (doc/sealed-format.md,
 * "Envelope").  `least` and `most` bound the length of text and the value of
 * an integer; `at` and `size` are the member's place.
 */
enum kind { ID, TEXT, WORD, INTEGER, OPTIONS };

struct field {
	uint8_t tag;
	bool required;
	enum kind kind;
	uint8_t width;	/* of an integer as encoded */
	const char *name;
	size_t at;
	size_t size;
	uint64_t least;
	uint64_t most;
	bool (*is)(const char *s);	/* of a WORD */
};

#define MEMBER(m) \
	offsetof(struct hf_envelope, m), sizeof((struct hf_envelope *)0)->m

static const struct field fields[] = {
	{ 2, true, ID, 0, "job id", MEMBER(job), 16, 16, NULL },
	{ 3, true, TEXT, 0, "owner", MEMBER(owner), 1, 255, NULL },
	{ 4, true, TEXT, 0, "title", MEMBER(title), 0, 1023, NULL },
	{ 5, true, WORD, 0, "document format", MEMBER(format), 3, 127,
	    hf_media_type_is },
	{ 6, true, INTEGER, 8, "submitted", MEMBER(submitted), 0, UINT64_MAX,
	    NULL },
	{ 7, true, INTEGER, 8, "expires", MEMBER(expires), 0, UINT64_MAX,
	    NULL },
	{ 8, true, WORD, 0, "queue", MEMBER(queue), 1, 127, hf_queue_is },
	{ 9, true, INTEGER, 2, "copies", MEMBER(copies), 1, 999, NULL },
	{ 10, false, INTEGER, 1, "sides", MEMBER(sides), 1, 3, NULL },
	{ 11, false, INTEGER, 1, "color mode", MEMBER(color), 1, 2, NULL },
	{ 12, false, WORD, 0, "media", MEMBER(media), 1, 127, hf_keyword_is },
	{ 13, false, OPTIONS, 0, "options", MEMBER(options), 0, 0, NULL },
	{ 14, true, TEXT, 0, "host name", MEMBER(host), 1, 255, NULL },
	{ 15, true, INTEGER, 4, "CUPS job-id", MEMBER(cups_job), 0, UINT32_MAX,
	    NULL },
	{ 16, true, TEXT, 0, "job-uuid", MEMBER(job_uuid), 1, 63, NULL },
	{ 17, true, INTEGER, 8, "time-at-creation", MEMBER(created), 0,
	    UINT64_MAX, NULL },
	{ 18, true, INTEGER, 2, "document number", MEMBER(document), 1,
	    UINT16_MAX, NULL },
};
#define N_FIELDS (sizeof fields / sizeof fields[0])
#define TAG_VERSION 1
#define VERSION 1

static uint64_t
load(const struct field *f, const struct hf_envelope *v)
{
	const uint8_t *p = (const uint8_t *)v + f->at;
	uint32_t x4;
	uint16_t x2;
	uint64_t x8;

	switch (f->size) {
	case sizeof x2:
		memcpy(&x2, p, sizeof x2);
		return x2;
	case sizeof x4:
		memcpy(&x4, p, sizeof x4);
		return x4;
	default:
		memcpy(&x8, p, sizeof x8);
		return x8;
	}
}

/* x is within the field's bounds, so that it fits. */
static void
store(const struct field *f, struct hf_envelope *v, uint64_t x)
{
	uint8_t *p = (uint8_t *)v + f->at;
	uint16_t x2 = (uint16_t)x;
	uint32_t x4 = (uint32_t)x;

	switch (f->size) {
	case sizeof x2:
		memcpy(p, &x2, sizeof x2);
		break;
	case sizeof x4:
		memcpy(p, &x4, sizeof x4);
		break;
	default:
		memcpy(p, &x, sizeof x);
	}
}

static const char *
text_of(const struct field *f, const struct hf_envelope *v)
{
	return (const char *)v + f->at;
}

static int
check_text(const struct field *f, const char *s, struct hf_err *e)
{
	size_t n = strnlen(s, f->size);

	if (n < f->least || n > f->most)
		return hf_fail(e, HF_EINPUT, "%s of %zu bytes", f->name, n);
	if (f->is != NULL ? !f->is(s) : !hf_is_text(hf_view_of(s, n)))
		return hf_fail(e, HF_EINPUT, "%s is malformed", f->name);
	return 0;
}

static int
check_integer(const struct field *f, uint64_t x, struct hf_err *e)
{
	if (x < f->least || x > f->most)
		return hf_fail(e, HF_EINPUT, "%s out of range", f->name);
	return 0;
}

static int
check_id(const struct field *f, const struct hf_id *id, struct hf_err *e)
{
	if ((id->b[6] & 0xf0) != 0x40 || (id->b[8] & 0xc0) != 0x80)
		return hf_fail(e, HF_EINPUT, "%s is no version 4 UUID",
		    f->name);
	return 0;
}

static int
check_options(const struct hf_envelope *v, struct hf_err *e)
{
	const struct hf_option *o;
	size_t i, k;

	if (v->n_options > HF_OPTIONS_MAX)
		return hf_fail(e, HF_EINPUT, "more than %d options",
		    HF_OPTIONS_MAX);
	for (i = 0; i < v->n_options; i++) {
		o = &v->options[i];
		if (!hf_option_is_allowed(o->name))
			return hf_fail(e, HF_EINPUT, "an option that is not "
			    "in the list");
		if (!hf_option_value_is(o->value))
			return hf_fail(e, HF_EINPUT, "option %s is malformed",
			    o->name);
		for (k = 0; k < i; k++)
			if (strcmp(v->options[k].name, o->name) == 0)
				return hf_fail(e, HF_EINPUT,
				    "option %s twice", o->name);
	}
	return 0;
}

/* What no single field shows. */
static int
check_whole(const struct hf_envelope *v, struct hf_err *e)
{
	if (v->expires <= v->submitted)
		return hf_fail(e, HF_EINPUT, "expires before it is submitted");
	return 0;
}

static bool
is_absent(const struct field *f, const struct hf_envelope *v)
{
	if (f->required)
		return false;
	switch (f->kind) {
	case INTEGER:
		return load(f, v) == 0;
	case OPTIONS:
		return v->n_options == 0;
	default:
		return text_of(f, v)[0] == '\0';
	}
}

static int
put_options(struct hf_buf *b, const struct hf_envelope *v, struct hf_err *e)
{
	const struct hf_option *o;
	size_t i, nn, vn;

	for (i = 0; i < v->n_options; i++) {
		o = &v->options[i];
		nn = strlen(o->name);
		vn = strlen(o->value);
		if (hf_put_u8(b, (uint8_t)nn, e) == -1 ||
		    hf_put_bytes(b, o->name, nn, e) == -1 ||
		    hf_put_u8(b, (uint8_t)vn, e) == -1 ||
		    hf_put_bytes(b, o->value, vn, e) == -1)
			return -1;
	}
	return 0;
}

/* The last `width` bytes of the number, big-endian. */
static int
put_integer(struct hf_buf *b, uint64_t x, size_t width, struct hf_err *e)
{
	switch (width) {
	case 1:
		return hf_put_u8(b, (uint8_t)x, e);
	case 2:
		return hf_put_u16(b, (uint16_t)x, e);
	case 4:
		return hf_put_u32(b, (uint32_t)x, e);
	default:
		return hf_put_u64(b, x, e);
	}
}

static int
put_value(struct hf_buf *b, const struct field *f, const struct hf_envelope *v,
    struct hf_err *e)
{
	const char *s = text_of(f, v);

	switch (f->kind) {
	case ID:
		if (check_id(f, &v->job, e) == -1)
			return -1;
		return hf_put_bytes(b, v->job.b, HF_ID_LEN, e);
	case INTEGER:
		if (check_integer(f, load(f, v), e) == -1)
			return -1;
		return put_integer(b, load(f, v), f->width, e);
	case OPTIONS:
		if (check_options(v, e) == -1)
			return -1;
		return put_options(b, v, e);
	default:
		if (check_text(f, s, e) == -1)
			return -1;
		return hf_put_bytes(b, s, strlen(s), e);
	}
}

static int
put_field(struct hf_buf *b, const struct field *f, const struct hf_envelope *v,
    struct hf_err *e)
{
	size_t at, n;

	if (is_absent(f, v))
		return 0;
	if (hf_put_u8(b, f->tag, e) == -1 || hf_put_u16(b, 0, e) == -1)
		return -1;
	at = b->n;
	if (put_value(b, f, v, e) == -1)
		return -1;
	n = b->n - at;	/* at most 32 options: fits 16 bits */
	b->p[at - 2] = (uint8_t)(n >> 8);
	b->p[at - 1] = (uint8_t)n;
	return 0;
}

int
hf_envelope_put(struct hf_buf *b, const struct hf_envelope *v,
    struct hf_err *e)
{
	static const uint8_t version[] = { TAG_VERSION, 0, 1, VERSION };
	size_t i;

	if (check_whole(v, e) == -1 ||
	    hf_put_bytes(b, version, sizeof version, e) == -1)
		return -1;
	for (i = 0; i < N_FIELDS; i++)
		if (put_field(b, &fields[i], v, e) == -1)
			return -1;
	return 0;
}

/* u8 length and the bytes, into a terminated array; refuses NUL. */
static int
get_short_str(struct hf_view *in, char *out, size_t size, struct hf_err *e)
{
	struct hf_view w;
	uint8_t n;

	if (hf_get_u8(in, &n, e) == -1 || hf_get_view(in, n, &w, e) == -1)
		return -1;
	if (n >= size || memchr(w.p, 0, n) != NULL)
		return hf_fail(e, HF_EINPUT, "an option is malformed");
	memcpy(out, w.p, n);
	out[n] = '\0';
	return 0;
}

static int
get_options(struct hf_view in, struct hf_envelope *v, struct hf_err *e)
{
	struct hf_option *o;

	if (in.n == 0)
		return hf_fail(e, HF_EINPUT, "options are empty");
	while (in.n > 0) {
		if (v->n_options == HF_OPTIONS_MAX)
			return hf_fail(e, HF_EINPUT, "more than %d options",
			    HF_OPTIONS_MAX);
		o = &v->options[v->n_options];
		if (get_short_str(&in, o->name, sizeof o->name, e) == -1 ||
		    get_short_str(&in, o->value, sizeof o->value, e) == -1)
			return -1;
		v->n_options++;
	}
	return check_options(v, e);
}

static int
get_integer(const struct field *f, struct hf_view in, struct hf_envelope *v,
    struct hf_err *e)
{
	uint64_t x = 0;
	size_t i;

	if (in.n != f->width)
		return hf_fail(e, HF_EINPUT, "%s of %zu bytes", f->name, in.n);
	for (i = 0; i < in.n; i++)
		x = x << 8 | in.p[i];
	if (check_integer(f, x, e) == -1)
		return -1;
	store(f, v, x);
	return 0;
}

static int
get_text(const struct field *f, struct hf_view in, struct hf_envelope *v,
    struct hf_err *e)
{
	char *s = (char *)v + f->at;

	if (in.n >= f->size || (in.n > 0 && memchr(in.p, 0, in.n) != NULL))
		return hf_fail(e, HF_EINPUT, "%s is malformed", f->name);
	if (in.n > 0)
		memcpy(s, in.p, in.n);
	s[in.n] = '\0';
	return check_text(f, s, e);
}

static int
get_id(const struct field *f, struct hf_view in, struct hf_envelope *v,
    struct hf_err *e)
{
	if (in.n != HF_ID_LEN)
		return hf_fail(e, HF_EINPUT, "%s of %zu bytes", f->name, in.n);
	memcpy(v->job.b, in.p, HF_ID_LEN);
	return check_id(f, &v->job, e);
}

static int
get_value(const struct field *f, struct hf_view in, struct hf_envelope *v,
    struct hf_err *e)
{
	switch (f->kind) {
	case ID:
		return get_id(f, in, v, e);
	case INTEGER:
		return get_integer(f, in, v, e);
	case OPTIONS:
		return get_options(in, v, e);
	default:
		return get_text(f, in, v, e);
	}
}

/* The field if its tag stands in front; a required one must. */
static int
get_field(struct hf_view *in, const struct field *f, struct hf_envelope *v,
    struct hf_err *e)
{
	struct hf_view value;

	if (in->n == 0 || in->p[0] != f->tag) {
		if (!f->required)
			return 0;
		return hf_fail(e, HF_EINPUT, "no %s where it should be",
		    f->name);
	}
	in->p++;
	in->n--;
	if (hf_get_var(in, HF_ENVELOPE_MAX, &value, e) == -1)
		return -1;
	return get_value(f, value, v, e);
}

static int
get_version(struct hf_view *in, struct hf_err *e)
{
	static const uint8_t want[] = { TAG_VERSION, 0, 1, VERSION };
	uint8_t got[sizeof want];

	if (hf_get_bytes(in, got, sizeof got, e) == -1)
		return -1;
	if (memcmp(got, want, sizeof want) != 0)
		return hf_fail(e, HF_EINPUT, "not an envelope of version %d",
		    VERSION);
	return 0;
}

int
hf_envelope_get(struct hf_view in, struct hf_envelope *out, struct hf_err *e)
{
	struct hf_envelope v = { 0 };
	size_t i;
	int rc = -1;

	if (in.n > HF_ENVELOPE_MAX) {
		hf_fail(e, HF_EINPUT, "an envelope of %zu bytes", in.n);
		goto out;
	}
	if (get_version(&in, e) == -1)
		goto out;
	for (i = 0; i < N_FIELDS; i++)
		if (get_field(&in, &fields[i], &v, e) == -1)
			goto out;
	/* Unknown, repeated and misplaced fields are what is left here. */
	if (hf_get_end(&in, e) == -1 || check_whole(&v, e) == -1)
		goto out;
	*out = v;
	rc = 0;
out:
	hf_envelope_clear(&v);
	return rc;
}

static void
hash_u(crypto_generichash_state *st, uint64_t x, size_t width)
{
	uint8_t be[8];
	size_t i;

	for (i = 0; i < width; i++)
		be[i] = (uint8_t)(x >> (8 * (width - 1 - i)));
	crypto_generichash_update(st, be, width);
}

/* With the NUL that doc/sealed-format.md writes as 0x00. */
static void
hash_str(crypto_generichash_state *st, const char *s)
{
	crypto_generichash_update(st, (const uint8_t *)s, strlen(s) + 1);
}

void
hf_envelope_intake_key(const struct hf_envelope *v,
    uint8_t out[static HF_INTAKE_KEY_LEN])
{
	crypto_generichash_state st;

	crypto_generichash_init(&st, NULL, 0, HF_INTAKE_KEY_LEN);
	hash_str(&st, v->host);
	hash_u(&st, v->cups_job, 4);
	hash_str(&st, v->job_uuid);
	hash_u(&st, v->created, 8);
	hash_u(&st, v->document, 2);
	crypto_generichash_final(&st, out, HF_INTAKE_KEY_LEN);
}

void
hf_envelope_clear(struct hf_envelope *v)
{
	sodium_memzero(v, sizeof *v);
}
