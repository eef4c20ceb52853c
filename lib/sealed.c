/*
 * The pure half of lib/seal.h: taking header and trailer apart.  It needs no
 * hash of libcrypto, so the key role can link it.
 */
#include "lib/seal.h"

#include <sodium.h>
#include <string.h>

#include "lib/file.h"

#define BOX_MIN (crypto_box_SEALBYTES + HF_FILE_KEY_LEN + 1)

void
hf_keyid(const uint8_t pk[static 32], uint8_t out[static HF_KEYID_LEN])
{
	uint8_t hash[32];

	crypto_generichash(hash, sizeof hash, pk, 32, NULL, 0);
	memcpy(out, hash, HF_KEYID_LEN);
}

static int
get_magic(struct hf_view *in, const char *magic, struct hf_err *e)
{
	struct hf_view got;
	size_t n = strlen(magic);

	if (in->n < n || memcmp(in->p, magic, n) != 0)
		return hf_fail(e, HF_EINPUT, "not a sealed document");
	return hf_get_view(in, n, &got, e);
}

int
hf_sealed_header_get(struct hf_view in, struct hf_sealed_header *out,
    struct hf_err *e)
{
	struct hf_sealed_header h;
	struct hf_view v = in;
	uint32_t n;

	if (get_magic(&v, HF_SEAL_MAGIC, e) == -1 ||
	    hf_get_bytes(&v, h.key_id, sizeof h.key_id, e) == -1 ||
	    hf_get_bytes(&v, h.host_id, sizeof h.host_id, e) == -1 ||
	    hf_get_u32(&v, &n, e) == -1)
		return -1;
	if (n < BOX_MIN || n > HF_BOX_MAX)
		return hf_fail(e, HF_EINPUT, "a box of %u bytes", n);
	if (hf_get_view(&v, n, &h.box, e) == -1)
		return -1;
	h.whole = hf_view_of(in.p, HF_HEADER_FIXED + n);
	*out = h;
	return 0;
}

int
hf_sealed_header_read(int fd, struct hf_buf *buf, struct hf_sealed_header *out,
    struct hf_err *e)
{
	uint8_t head[HF_HEADER_MAX];
	struct hf_sealed_header h;
	size_t n;

	if (hf_pread_full(fd, head, sizeof head, 0, &n, e) == -1)
		return hf_wrap(e, "read a header");
	if (hf_sealed_header_get(hf_view_of(head, n), &h, e) == -1)
		return -1;
	hf_buf_reset(buf);
	if (hf_put_bytes(buf, head, h.whole.n, e) == -1)
		return -1;
	return hf_sealed_header_get(hf_buf_view(buf), out, e);
}

uint64_t
hf_sealed_plain_length(uint64_t file, uint64_t header)
{
	uint64_t around = HF_STREAM_HDR + HF_TRAILER_LEN, s, last;

	if (header > HF_HEADER_MAX || file <= header + around)
		return 0;
	s = file - header - around;
	last = s % HF_CHUNK_SEALED;
	if (last != 0 && last <= HF_CHUNK_SEALED - HF_CHUNK)
		return 0;
	return s - (s / HF_CHUNK_SEALED + (last != 0)) * 17;
}

int
hf_sealed_trailer_get(struct hf_view in, struct hf_sealed_trailer *out,
    struct hf_err *e)
{
	struct hf_sealed_trailer t;

	if (get_magic(&in, HF_TRAILER_MAGIC, e) == -1 ||
	    hf_get_u64(&in, &t.length, e) == -1 ||
	    hf_get_bytes(&in, t.digest, sizeof t.digest, e) == -1 ||
	    hf_get_bytes(&in, t.dup_tag, sizeof t.dup_tag, e) == -1 ||
	    hf_get_bytes(&in, t.signature, sizeof t.signature, e) == -1 ||
	    hf_get_end(&in, e) == -1)
		return -1;
	*out = t;
	return 0;
}

void
hf_sealed_signed_text(const struct hf_sealed_trailer *t,
    uint8_t out[static HF_SEAL_SIGNED_LEN])
{
	uint8_t *p = out;
	size_t i;

	memcpy(p, HF_SEAL_CONTEXT, sizeof HF_SEAL_CONTEXT);
	p += sizeof HF_SEAL_CONTEXT;
	for (i = 0; i < 8; i++)
		*p++ = (uint8_t)(t->length >> (8 * (7 - i)));
	memcpy(p, t->digest, sizeof t->digest);
	memcpy(p + sizeof t->digest, t->dup_tag, sizeof t->dup_tag);
}
