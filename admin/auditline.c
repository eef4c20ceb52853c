/* One record of an exported audit log: declared in auditfile.h. */
#include <string.h>

#include "admin/auditfile.h"

#define SALT_LEN 16
#define HEX (2 * HF_MERKLE_LEN)

static const char leaf_begin[] = "{\"leaf\":";
static const char seq_begin[] = "{\"v\":1,\"seq\":";
static const char personal_begin[] = ",\"personal\":";
static const char salt_begin[] = ",\"salt\":\"";
static const char erased_begin[] = ",\"erased\":\"";
static const char hash_begin[] = "\",\"hash\":\"";
static const char missing_begin[] = "{\"missing\":";

static int
malformed(struct hf_err *e)
{
	return hf_fail(e, HF_EINPUT, "not a record of an audit log");
}

/* Take exactly this text from the front. */
static bool
take(struct hf_view *v, const char *text)
{
	size_t n = strlen(text);

	if (v->n < n || memcmp(v->p, text, n) != 0)
		return false;
	v->p += n;
	v->n -= n;
	return true;
}

/* The other way round: from the end. */
static bool
take_end(struct hf_view *v, const char *text)
{
	size_t n = strlen(text);

	if (v->n < n || memcmp(v->p + v->n - n, text, n) != 0)
		return false;
	v->n -= n;
	return true;
}

static bool
take_end_view(struct hf_view *v, size_t n, struct hf_view *out)
{
	if (v->n < n)
		return false;
	v->n -= n;
	*out = hf_view_of(v->p + v->n, n);
	return true;
}

/* Lower-case digits only: one form of everything. */
static bool
unhex(uint8_t *out, size_t n, struct hf_view v)
{
	size_t i;
	uint8_t c, d;

	if (v.n != 2 * n)
		return false;
	for (i = 0; i < v.n; i++) {
		c = v.p[i];
		if (c >= '0' && c <= '9')
			d = (uint8_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			d = (uint8_t)(c - 'a' + 10);
		else
			return false;
		out[i / 2] = i % 2 == 0 ? (uint8_t)(d << 4)
					: (uint8_t)(out[i / 2] | d);
	}
	return true;
}

static bool
take_number(struct hf_view *v, uint64_t *out)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < v->n && i < 18 && v->p[i] >= '0' && v->p[i] <= '9')
		n = n * 10 + (uint64_t)(v->p[i++] - '0');
	if (i == 0 || (v->p[0] == '0' && i > 1))
		return false;
	v->p += i;
	v->n -= i;
	*out = n;
	return true;
}

/* …"hash":"64 digits"} */
static bool
take_hash(struct hf_view *v, hf_hash out)
{
	struct hf_view hex;

	return take_end(v, "\"}") && take_end_view(v, HEX, &hex) &&
	    unhex(out, HF_MERKLE_LEN, hex) && take_end(v, hash_begin);
}

static int
get_missing(struct hf_view v, struct hf_audit_line *l, struct hf_err *e)
{
	struct hf_view hex;

	if (!take_number(&v, &l->seq) || !take(&v, ",\"hash\":\"") ||
	    !take_end(&v, "\"}") || v.n != HEX || !take_end_view(&v, HEX, &hex) ||
	    !unhex(l->said, HF_MERKLE_LEN, hex))
		return malformed(e);
	l->missing = true;
	return 0;
}

/* The public part has no object in it: it ends at the first brace. */
static int
get_public(struct hf_view *v, struct hf_audit_line *l, struct hf_err *e)
{
	const uint8_t *end = v->n > 0 ? memchr(v->p, '}', v->n) : NULL;
	struct hf_view inner;

	if (end == NULL)
		return malformed(e);
	l->public = hf_view_of(v->p, (size_t)(end + 1 - v->p));
	v->p += l->public.n;
	v->n -= l->public.n;
	inner = l->public;
	if (!take(&inner, seq_begin) || !take_number(&inner, &l->seq) ||
	    !take(&inner, ","))
		return malformed(e);
	return 0;
}

int
hf_audit_line_get(struct hf_view line, struct hf_audit_line *out,
    struct hf_err *e)
{
	struct hf_audit_line l = { .seq = 0 };
	struct hf_view v = line, hex;

	if (take(&v, missing_begin)) {
		if (get_missing(v, &l, e) == -1)
			return -1;
		*out = l;
		return 0;
	}
	if (!take(&v, leaf_begin) || get_public(&v, &l, e) == -1 ||
	    !take_hash(&v, l.said))
		return malformed(e);
	if (take(&v, erased_begin)) {
		if (!take_end_view(&v, HEX, &hex) || v.n != 0 ||
		    !unhex(l.personal_hash, HF_MERKLE_LEN, hex))
			return malformed(e);
	} else {
		if (!take(&v, personal_begin) ||
		    !take_end_view(&v, 2 * SALT_LEN, &l.salt) ||
		    !take_end(&v, salt_begin))
			return malformed(e);
		l.personal = v;
	}
	*out = l;
	return 0;
}

int
hf_audit_line_hash(const struct hf_audit_line *l, hf_hash out,
    struct hf_err *e)
{
	uint8_t salt[SALT_LEN], zero = 0x00;
	hf_hash personal;
	struct hf_sha256 h;

	memcpy(personal, l->personal_hash, sizeof personal);
	if (l->personal.p != NULL) {
		if (!unhex(salt, sizeof salt, l->salt))
			return malformed(e);
		hf_sha256_init(&h);
		hf_sha256_update(&h, salt, sizeof salt);
		hf_sha256_update(&h, l->personal.p, l->personal.n);
		hf_sha256_final(&h, personal);
	}
	hf_sha256_init(&h);
	hf_sha256_update(&h, &zero, 1);
	hf_sha256_update(&h, l->public.p, l->public.n);
	hf_sha256_update(&h, personal, sizeof personal);
	hf_sha256_final(&h, out);
	return 0;
}
