#ifndef HF_BUF_H
#define HF_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/*
 * struct hf_view borrows bytes; it is also the cursor of every parser: each
 * hf_get_… takes from its front or fails and leaves it untouched.
 * struct hf_buf owns bytes and has a maximum from birth; each hf_put_…
 * appends.  All integers on disk and wire are big-endian.
 */
struct hf_view {
	const uint8_t *p;
	size_t n;
};

struct hf_buf {
	uint8_t *p;	/* heap, or NULL while empty */
	size_t n;	/* bytes in use */
	size_t cap;
	size_t max;	/* n never exceeds this */
};

struct hf_view hf_view_of(const void *p, size_t n);
struct hf_view hf_view_str(const char *s);
struct hf_view hf_buf_view(const struct hf_buf *b);
bool hf_view_equal(struct hf_view a, struct hf_view b);

/* Nothing is allocated until the first put. */
void hf_buf_init(struct hf_buf *b, size_t max);
/* Wipes and frees; the buffer may be used again (same max). */
void hf_buf_clear(struct hf_buf *b);
/* n = 0, memory kept. */
void hf_buf_reset(struct hf_buf *b);

/* Each returns 0, or -1 with HF_EFULL (over max) or HF_ENOMEM. */
int hf_put_bytes(struct hf_buf *b, const void *p, size_t n, struct hf_err *e)
    HF_MUST_USE;
int hf_put_u8(struct hf_buf *b, uint8_t v, struct hf_err *e) HF_MUST_USE;
int hf_put_u16(struct hf_buf *b, uint16_t v, struct hf_err *e) HF_MUST_USE;
int hf_put_u32(struct hf_buf *b, uint32_t v, struct hf_err *e) HF_MUST_USE;
int hf_put_u64(struct hf_buf *b, uint64_t v, struct hf_err *e) HF_MUST_USE;
/* u16 length and the bytes; HF_EINPUT if n > 65535. */
int hf_put_var(struct hf_buf *b, const void *p, size_t n, struct hf_err *e)
    HF_MUST_USE;
/* The same for a NUL-terminated string (NUL not written). */
int hf_put_str(struct hf_buf *b, const char *s, struct hf_err *e) HF_MUST_USE;
/* u32 length and the bytes. */
int hf_put_big(struct hf_buf *b, const void *p, size_t n, struct hf_err *e)
    HF_MUST_USE;

/* Each returns 0, or -1 with HF_EINPUT where the bytes do not suffice. */
int hf_get_bytes(struct hf_view *v, void *out, size_t n, struct hf_err *e)
    HF_MUST_USE;
int hf_get_view(struct hf_view *v, size_t n, struct hf_view *out,
    struct hf_err *e) HF_MUST_USE;
int hf_get_u8(struct hf_view *v, uint8_t *out, struct hf_err *e) HF_MUST_USE;
int hf_get_u16(struct hf_view *v, uint16_t *out, struct hf_err *e) HF_MUST_USE;
int hf_get_u32(struct hf_view *v, uint32_t *out, struct hf_err *e) HF_MUST_USE;
int hf_get_u64(struct hf_view *v, uint64_t *out, struct hf_err *e) HF_MUST_USE;
/* u16 length, then that many bytes, at most max. */
int hf_get_var(struct hf_view *v, size_t max, struct hf_view *out,
    struct hf_err *e) HF_MUST_USE;
/* The same into a NUL-terminated array; refuses NUL inside and size-1 < n. */
int hf_get_str(struct hf_view *v, char *out, size_t size, struct hf_err *e)
    HF_MUST_USE;
int hf_get_big(struct hf_view *v, size_t max, struct hf_view *out,
    struct hf_err *e) HF_MUST_USE;
/* Everything must have been consumed. */
int hf_get_end(const struct hf_view *v, struct hf_err *e) HF_MUST_USE;

/* Copy at most size-1 bytes and terminate; false if s was cut. */
bool hf_str_copy(char *out, size_t size, const char *s);
/* Well-formed UTF-8 (RFC 3629) without C0/C1 controls and DEL. */
bool hf_is_text(struct hf_view v);

/* Lower-case hex; out must hold 2 n + 1.  hf_unhex wants exactly 2 n digits. */
void hf_hex(char *out, const uint8_t *p, size_t n);
int hf_unhex(uint8_t *out, size_t n, const char *hex, struct hf_err *e)
    HF_MUST_USE;

#endif
