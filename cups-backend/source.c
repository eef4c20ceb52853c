#include "cups-backend/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cups-backend/ticket.h"

#define CUT "the document is incomplete: it ends early"

void
hf_source_init(struct hf_source *s, int fd, bool framed,
    const char *content_type)
{
	size_t most = s->most;

	memset(s, 0, offsetof(struct hf_source, buf));
	s->most = most;
	s->fd = fd;
	s->framed = framed;
	s->content_type = content_type;
}

void
hf_source_clear(struct hf_source *s)
{
	/* The rest of the pages was never touched, and need not be now. */
	explicit_bzero(s, offsetof(struct hf_source, buf) + s->most);
}

/* What is buffered is used up: one read(2). n = 0 at the end of the file. */
static int
fill(struct hf_source *s, struct hf_err *e)
{
	ssize_t k;

	s->begun = true;
	do
		k = read(s->fd, s->buf, sizeof s->buf);
	while (k == -1 && errno == EINTR);
	if (k == -1) {
		hf_fail_sys(e, "the document cannot be read");
		e->code = HF_ECONFLICT;
		return -1;
	}
	s->at = 0;
	s->n = (size_t)k;
	if (s->most < s->n)
		s->most = s->n;
	return 0;
}

/* At most `most` buffered bytes, none at the end of the file. */
static int
some(struct hf_source *s, size_t most, struct hf_view *out, struct hf_err *e)
{
	size_t n;

	if (s->at == s->n && fill(s, e) == -1)
		return -1;
	n = s->n - s->at < most ? s->n - s->at : most;
	*out = hf_view_of(s->buf + s->at, n);
	s->at += n;
	return 0;
}

/* Exactly n bytes; the end of the file before that is a cut document. */
static int
exactly(struct hf_source *s, void *p, size_t n, struct hf_err *e)
{
	uint8_t *b = p;
	struct hf_view v;

	while (n > 0) {
		if (some(s, n, &v, e) == -1)
			return -1;
		if (v.n == 0)
			return hf_fail(e, HF_EINPUT, CUT);
		memcpy(b, v.p, v.n);
		b += v.n;
		n -= v.n;
	}
	return 0;
}

static int
at_end(struct hf_source *s, bool *out, struct hf_err *e)
{
	if (s->at == s->n && fill(s, e) == -1)
		return -1;
	*out = s->n == 0;
	return 0;
}

static int
begin_frame(struct hf_source *s, struct hf_err *e)
{
	char magic[HF_FRAME_MAGIC_LEN], type[HF_FRAME_TYPE_MAX + 1];
	uint8_t n;

	if (exactly(s, magic, sizeof magic, e) == -1)
		return -1;
	if (memcmp(magic, HF_FRAME_MAGIC, sizeof magic) != 0)
		return hf_fail(e, HF_EINPUT,
		    "this is not what the filter hfframe writes");
	if (exactly(s, &n, 1, e) == -1)
		return -1;
	if (n == 0 || n > HF_FRAME_TYPE_MAX)
		return hf_fail(e, HF_EINPUT,
		    "the document's format is no media type");
	if (exactly(s, type, n, e) == -1)
		return -1;
	type[n] = '\0';
	if (strlen(type) != n)
		return hf_fail(e, HF_EINPUT,
		    "the document's format is no media type");
	return hf_ticket_format(type, NULL, 0, s->format, e);
}

static int
begin_raw(struct hf_source *s, struct hf_err *e)
{
	bool end;

	if (at_end(s, &end, e) == -1)
		return -1;
	if (end)
		return hf_fail(e, HF_EINPUT, "the document is empty");
	return hf_ticket_format(s->content_type, s->buf, s->n, s->format, e);
}

int
hf_source_next(struct hf_source *s, struct hf_err *e)
{
	bool end;

	HF_ASSERT(!s->inside);
	if (s->number > 0 || s->framed) {
		if (at_end(s, &end, e) == -1)
			return -1;
		if (end && s->number == 0)
			return hf_fail(e, HF_EINPUT, "the document is empty");
		if (end)
			return 0;
	}
	if (s->number == UINT16_MAX)
		return hf_fail(e, HF_EINPUT, "too many documents in one job");
	if ((s->framed ? begin_frame(s, e) : begin_raw(s, e)) == -1)
		return -1;
	s->pdf = strcmp(s->format, "application/pdf") == 0;
	s->number++;
	s->inside = true;
	s->left = 0;
	s->crc = 0;
	s->total = 0;
	s->tail.n = 0;
	return 1;
}

/* A state that is not WHOLE in words for the user. */
static int
refuse(uint8_t state, struct hf_err *e)
{
	switch (state) {
	case HF_FRAME_EMPTY:
		return hf_fail(e, HF_EINPUT, "the document is empty");
	case HF_FRAME_CUT:
		return hf_fail(e, HF_EINPUT, CUT);
	case HF_FRAME_FOREIGN:
		return hf_fail(e, HF_EINPUT,
		    "the document is in no format that this queue takes");
	case HF_FRAME_UNREAD:
		return hf_fail(e, HF_ECONFLICT, "the document cannot be read");
	default:
		return hf_fail(e, HF_EINPUT,
		    "this is not what the filter hfframe writes");
	}
}

static int
end_frame(struct hf_source *s, struct hf_err *e)
{
	uint8_t b[HF_FRAME_END_LEN], state = 0;
	struct hf_view v = hf_view_of(b, sizeof b);
	uint64_t total;
	uint32_t crc;

	if (exactly(s, b, sizeof b, e) == -1 || hf_get_u8(&v, &state, e) == -1 ||
	    hf_get_u64(&v, &total, e) == -1 || hf_get_u32(&v, &crc, e) == -1)
		return -1;
	if (state != HF_FRAME_WHOLE)
		return refuse(state, e);
	if (total != s->total || crc != s->crc)
		return hf_fail(e, HF_EINPUT,
		    "the document was altered on its way from the filter");
	if (total == 0)
		return refuse(HF_FRAME_EMPTY, e);
	return 0;
}

/* Begin the next chunk; a chunk of no bytes ends the document. */
static int
next_chunk(struct hf_source *s, struct hf_err *e)
{
	uint8_t b[4];
	struct hf_view v = hf_view_of(b, sizeof b);

	if (exactly(s, b, sizeof b, e) == -1 ||
	    hf_get_u32(&v, &s->left, e) == -1)
		return -1;
	if (s->left > HF_FRAME_CHUNK)
		return hf_fail(e, HF_EINPUT,
		    "this is not what the filter hfframe writes");
	if (s->left == 0 && end_frame(s, e) == -1)
		return -1;
	return 0;
}

static int
read_framed(struct hf_source *s, struct hf_view *out, struct hf_err *e)
{
	*out = hf_view_of(s->buf, 0);
	if (s->left == 0 && next_chunk(s, e) == -1)
		return -1;
	if (s->left == 0)
		return 0;
	if (some(s, s->left, out, e) == -1)
		return -1;
	if (out->n == 0)
		return hf_fail(e, HF_EINPUT, CUT);
	s->left -= (uint32_t)out->n;
	s->crc = hf_crc32(s->crc, out->p, out->n);
	return 0;
}

int
hf_source_read(struct hf_source *s, struct hf_view *out, struct hf_err *e)
{
	HF_ASSERT(s->inside);
	if ((s->framed ? read_framed(s, out, e)
		       : some(s, sizeof s->buf, out, e)) == -1)
		return -1;
	if (out->n > 0) {
		s->total += out->n;
		s->taken += out->n;
		if (s->pdf)
			hf_pdf_feed(&s->tail, out->p, out->n);
		return 0;
	}
	if (s->pdf && !hf_pdf_has_end(&s->tail))
		return hf_fail(e, HF_EINPUT, CUT);
	s->inside = false;
	return 0;
}
