#include "lib/buf.h"

#include <stdlib.h>
#include <string.h>

struct hf_view
hf_view_of(const void *p, size_t n)
{
	struct hf_view v = { p, n };

	return v;
}

struct hf_view
hf_view_str(const char *s)
{
	return hf_view_of(s, strlen(s));
}

struct hf_view
hf_buf_view(const struct hf_buf *b)
{
	return hf_view_of(b->p, b->n);
}

bool
hf_view_equal(struct hf_view a, struct hf_view b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

void
hf_buf_init(struct hf_buf *b, size_t max)
{
	memset(b, 0, sizeof *b);
	b->max = max;
}

void
hf_buf_clear(struct hf_buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	free(b->p);
	hf_buf_init(b, b->max);
}

void
hf_buf_reset(struct hf_buf *b)
{
	b->n = 0;
}

/* Grow by a copy of our own: realloc would leave the old bytes unwiped. */
static int
reserve(struct hf_buf *b, size_t more, struct hf_err *e)
{
	size_t cap = b->cap != 0 ? b->cap : 256;
	uint8_t *p;

	if (more > b->max || b->n > b->max - more)
		return hf_fail(e, HF_EFULL, "more than %zu bytes", b->max);
	if (b->n + more <= b->cap)
		return 0;
	while (cap < b->n + more)
		cap *= 2;
	if (cap > b->max)
		cap = b->max;
	p = malloc(cap);
	if (p == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	free(b->p);
	b->p = p;
	b->cap = cap;
	return 0;
}

int
hf_put_bytes(struct hf_buf *b, const void *p, size_t n, struct hf_err *e)
{
	if (reserve(b, n, e) == -1)
		return -1;
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	return 0;
}

static int
put_int(struct hf_buf *b, uint64_t v, size_t n, struct hf_err *e)
{
	uint8_t be[8];
	size_t i;

	for (i = 0; i < n; i++)
		be[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	return hf_put_bytes(b, be, n, e);
}

int
hf_put_u8(struct hf_buf *b, uint8_t v, struct hf_err *e)
{
	return put_int(b, v, 1, e);
}

int
hf_put_u16(struct hf_buf *b, uint16_t v, struct hf_err *e)
{
	return put_int(b, v, 2, e);
}

int
hf_put_u32(struct hf_buf *b, uint32_t v, struct hf_err *e)
{
	return put_int(b, v, 4, e);
}

int
hf_put_u64(struct hf_buf *b, uint64_t v, struct hf_err *e)
{
	return put_int(b, v, 8, e);
}

int
hf_put_var(struct hf_buf *b, const void *p, size_t n, struct hf_err *e)
{
	if (n > UINT16_MAX)
		return hf_fail(e, HF_EINPUT, "a field of %zu bytes", n);
	if (hf_put_u16(b, (uint16_t)n, e) == -1)
		return -1;
	return hf_put_bytes(b, p, n, e);
}

int
hf_put_str(struct hf_buf *b, const char *s, struct hf_err *e)
{
	return hf_put_var(b, s, strlen(s), e);
}

int
hf_put_big(struct hf_buf *b, const void *p, size_t n, struct hf_err *e)
{
	if (n > UINT32_MAX)
		return hf_fail(e, HF_EINPUT, "a field of %zu bytes", n);
	if (hf_put_u32(b, (uint32_t)n, e) == -1)
		return -1;
	return hf_put_bytes(b, p, n, e);
}

int
hf_get_view(struct hf_view *v, size_t n, struct hf_view *out, struct hf_err *e)
{
	if (v->n < n)
		return hf_fail(e, HF_EINPUT, "cut short");
	*out = hf_view_of(v->p, n);
	if (n > 0)
		v->p += n;
	v->n -= n;
	return 0;
}

int
hf_get_bytes(struct hf_view *v, void *out, size_t n, struct hf_err *e)
{
	struct hf_view w = { NULL, 0 };

	if (hf_get_view(v, n, &w, e) == -1)
		return -1;
	if (n > 0)
		memcpy(out, w.p, n);
	return 0;
}

static int
get_int(struct hf_view *v, size_t n, uint64_t *out, struct hf_err *e)
{
	struct hf_view w = { NULL, 0 };
	uint64_t x = 0;
	size_t i;

	if (hf_get_view(v, n, &w, e) == -1)
		return -1;
	for (i = 0; i < n; i++)
		x = x << 8 | w.p[i];
	*out = x;
	return 0;
}

int
hf_get_u8(struct hf_view *v, uint8_t *out, struct hf_err *e)
{
	return hf_get_bytes(v, out, 1, e);
}

int
hf_get_u16(struct hf_view *v, uint16_t *out, struct hf_err *e)
{
	uint64_t x;

	if (get_int(v, 2, &x, e) == -1)
		return -1;
	*out = (uint16_t)x;
	return 0;
}

int
hf_get_u32(struct hf_view *v, uint32_t *out, struct hf_err *e)
{
	uint64_t x;

	if (get_int(v, 4, &x, e) == -1)
		return -1;
	*out = (uint32_t)x;
	return 0;
}

int
hf_get_u64(struct hf_view *v, uint64_t *out, struct hf_err *e)
{
	return get_int(v, 8, out, e);
}

int
hf_get_var(struct hf_view *v, size_t max, struct hf_view *out,
    struct hf_err *e)
{
	struct hf_view was = *v;
	uint16_t n;

	if (hf_get_u16(v, &n, e) == -1)
		return -1;
	if (n > max) {
		*v = was;
		return hf_fail(e, HF_EINPUT, "a field of %u bytes", n);
	}
	if (hf_get_view(v, n, out, e) == -1) {
		*v = was;
		return -1;
	}
	return 0;
}

int
hf_get_str(struct hf_view *v, char *out, size_t size, struct hf_err *e)
{
	struct hf_view was = *v, w = { NULL, 0 };

	if (hf_get_var(v, size - 1, &w, e) == -1)
		return -1;
	if (w.n > 0 && memchr(w.p, 0, w.n) != NULL) {
		*v = was;
		return hf_fail(e, HF_EINPUT, "NUL in a string");
	}
	if (w.n > 0)
		memcpy(out, w.p, w.n);
	out[w.n] = '\0';
	return 0;
}

int
hf_get_big(struct hf_view *v, size_t max, struct hf_view *out,
    struct hf_err *e)
{
	struct hf_view was = *v;
	uint32_t n;

	if (hf_get_u32(v, &n, e) == -1)
		return -1;
	if (n > max) {
		*v = was;
		return hf_fail(e, HF_EINPUT, "a field of %u bytes", n);
	}
	if (hf_get_view(v, n, out, e) == -1) {
		*v = was;
		return -1;
	}
	return 0;
}

int
hf_get_end(const struct hf_view *v, struct hf_err *e)
{
	if (v->n != 0)
		return hf_fail(e, HF_EINPUT, "%zu bytes too many", v->n);
	return 0;
}

bool
hf_str_copy(char *out, size_t size, const char *s)
{
	size_t n = strlen(s), k = n < size ? n : size - 1;

	memcpy(out, s, k);
	out[k] = '\0';
	return k == n;
}

/* Length of the UTF-8 sequence at p, or 0 where it is not well-formed. */
static size_t
utf8_len(const uint8_t *p, size_t n)
{
	size_t need, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		need = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		need = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		need = 4;
	else
		return 0;
	if (n < need)
		return 0;
	for (i = 1; i < need; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return need;
}

bool
hf_is_text(struct hf_view v)
{
	size_t i = 0, k;

	while (i < v.n) {
		k = utf8_len(v.p + i, v.n - i);
		if (k == 0 || v.p[i] < 0x20 || v.p[i] == 0x7f)
			return false;
		if (k == 2 && v.p[i] == 0xc2 && v.p[i + 1] < 0xa0)
			return false;	/* C1 controls */
		i += k;
	}
	return true;
}

void
hf_hex(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hf_unhex(uint8_t *out, size_t n, const char *hex, struct hf_err *e)
{
	size_t i;
	int a, b;

	if (strlen(hex) != 2 * n)
		return hf_fail(e, HF_EINPUT, "not %zu hex digits", 2 * n);
	for (i = 0; i < 2 * n; i++)
		if (hex_digit(hex[i]) == -1)
			return hf_fail(e, HF_EINPUT, "not a hex digit");
	for (i = 0; i < n; i++) {
		a = hex_digit(hex[2 * i]);
		b = hex_digit(hex[2 * i + 1]);
		out[i] = (uint8_t)(a << 4 | b);
	}
	return 0;
}
