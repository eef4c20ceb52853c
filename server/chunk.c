#include "server/chunk.h"

#include <string.h>

enum {
	DATA_LENGTH,		/* Content-Length: `left` bytes to come */
	SIZE,			/* hex digits of a chunk's size */
	EXT,			/* after ';' up to CR */
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER,		/* at the start of a trailer line */
	TRAILER_FIELD,
	TRAILER_FIELD_LF,
	LAST_LF,		/* CR of the empty line seen */
	DONE
};

void
hf_body_init(struct hf_body *b, const struct hf_http_head *h)
{
	memset(b, 0, sizeof *b);
	b->state = DONE;
	if (h->framing == HF_HTTP_CHUNKED) {
		b->state = SIZE;
	} else if (h->framing == HF_HTTP_LENGTH && h->length > 0) {
		b->state = DATA_LENGTH;
		b->left = h->length;
	}
}

bool
hf_body_is_done(const struct hf_body *b)
{
	return b->state == DONE;
}

static bool
is_field_byte(uint8_t c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\t';
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Hand out what is there of the current run. */
static void
take(struct hf_body *b, struct hf_view *in, struct hf_view *out)
{
	size_t n = in->n < b->left ? in->n : (size_t)b->left;

	*out = hf_view_of(in->p, n);
	in->p += n;
	in->n -= n;
	b->left -= n;
	b->taken += n;
}

static bool
size_byte(struct hf_body *b, uint8_t c)
{
	int v = hex_value(c);

	if (v != -1) {
		b->left = b->left << 4 | (uint64_t)v;
		return ++b->digits <= HF_CHUNK_DIGITS;
	}
	if (b->digits == 0)
		return false;
	b->extra = 0;
	b->state = c == ';' ? EXT : SIZE_LF;
	return c == ';' || c == '\r';
}

/* One byte of everything that is not body; false where it may not be. */
static bool
framing_byte(struct hf_body *b, uint8_t c)
{
	switch (b->state) {
	case SIZE:
		return size_byte(b, c);
	case EXT:
		if (c == '\r')
			b->state = SIZE_LF;
		else if (!is_field_byte(c) || ++b->extra > HF_CHUNK_EXT_MAX)
			return false;
		return true;
	case SIZE_LF:
		b->state = b->left > 0 ? DATA : TRAILER;
		b->extra = 0;
		b->digits = 0;
		return c == '\n';
	case DATA_CR:
		b->state = DATA_LF;
		return c == '\r';
	case DATA_LF:
		b->state = SIZE;
		return c == '\n';
	case TRAILER:
		if (c == '\r') {
			b->state = LAST_LF;
			return true;
		}
		b->state = TRAILER_FIELD;
		/* A trailer is dropped, but it may not be folded either. */
		return c != ' ' && c != '\t' && is_field_byte(c) &&
		    ++b->extra <= HF_CHUNK_TRAILER_MAX;
	case TRAILER_FIELD:
		if (c == '\r')
			b->state = TRAILER_FIELD_LF;
		else if (!is_field_byte(c) ||
		    ++b->extra > HF_CHUNK_TRAILER_MAX)
			return false;
		return true;
	case TRAILER_FIELD_LF:
		b->state = TRAILER;
		return c == '\n';
	case LAST_LF:
		b->state = DONE;
		return c == '\n';
	}
	return false;
}

int
hf_body_next(struct hf_body *b, struct hf_view *in, struct hf_view *out,
    const char **why)
{
	*out = hf_view_of(in->p, 0);
	while (in->n > 0 && b->state != DONE) {
		if (b->state == DATA_LENGTH || b->state == DATA) {
			take(b, in, out);
			if (b->left == 0)
				b->state = b->state == DATA ? DATA_CR : DONE;
			return 0;
		}
		if (!framing_byte(b, in->p[0])) {
			*why = "a malformed chunk";
			return 400;
		}
		in->p++;
		in->n--;
	}
	return 0;
}
