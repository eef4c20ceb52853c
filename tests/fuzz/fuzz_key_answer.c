/* link: release/key/answer.c release/key/ring.c release/key/checkpoint.c release/common/unseal.c lib/buf.c lib/err.c lib/msg.c lib/id.c lib/clock.c lib/file.c lib/tap.c lib/keylist.c lib/keystore.c lib/envelope.c lib/keyword.c lib/sealed.c lib/sha256.c lib/frame.c lib/checkpoint.c lib/merkle.c */
/*
 * Role key's whole answer to one packet.  The first byte says how the rest is
 * wrapped, so that what lies behind the boxes is reached too: 0 the packet
 * itself, 1 a credential, 2 the inside of a sealed header's box.
 */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tap.h"
#include "release/key/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define NOW 1700000000ull

static struct hf_ring *
ring(void)
{
	static struct hf_ring *r;
	static const uint8_t seed[32] = { 1 };

	if (r != NULL)
		return r;
	if (sodium_init() == -1 || (r = calloc(1, sizeof *r)) == NULL)
		abort();
	crypto_box_seed_keypair(r->store.tap_pk, r->store.tap_sk, seed);
	hf_keyid(r->store.tap_pk, r->tap_key_id);
	crypto_box_seed_keypair(r->store.epochs[0].pk, r->store.epoch_sk[0],
	    seed);
	hf_keyid(r->store.epochs[0].pk, r->store.epochs[0].key_id);
	r->store.epochs[0].not_before = NOW - 86400;
	r->store.epochs[0].not_after = NOW;
	r->store.n = 1;
	return r;
}

static void
put(struct hf_buf *b, const void *p, size_t n)
{
	if (hf_put_bytes(b, p, n, NULL) == -1)
		abort();
}

/* A credential's reader id and nonce stand at fixed places. */
static void
credential(struct hf_buf *b, const uint8_t *p, size_t n)
{
	static uint8_t box[4096 + 64];
	const struct hf_ring *r = ring();

	if (n < 2 + 16 + 32 || n > 4000)
		return;
	if (hf_msg_begin(b, HF_MSG_CREDENTIAL, 1, NULL) == -1)
		abort();
	put(b, p + 2, 16);
	put(b, p + 18, 32);
	put(b, r->tap_key_id, HF_KEYID_LEN);
	crypto_box_seal(box, p, n, r->store.tap_pk);
	put(b, box, n + crypto_box_SEALBYTES);
}

static void
header(struct hf_buf *b, const uint8_t *p, size_t n)
{
	static uint8_t box[HF_BOX_MAX + 64];
	const struct hf_ring *r = ring();
	const uint8_t host[8] = { 0 };

	if (n < 1 || n > 16000)
		return;
	if (hf_msg_begin(b, HF_MSG_UNWRAP, 1, NULL) == -1)
		abort();
	put(b, r->store.tap_pk, 32);
	put(b, HF_SEAL_MAGIC, 8);
	put(b, r->store.epochs[0].key_id, HF_KEYID_LEN);
	put(b, host, sizeof host);
	if (hf_put_u32(b, (uint32_t)(n + crypto_box_SEALBYTES), NULL) == -1)
		abort();
	crypto_box_seal(box, p, n, r->store.epochs[0].pk);
	put(b, box, n + crypto_box_SEALBYTES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct hf_buf in, out;
	static struct hf_ring before;
	struct hf_ring *r = ring();
	struct hf_msg m;
	struct hf_err e;

	if (n == 0 || n > HF_MSG_MAX)
		return 0;
	hf_buf_init(&in, HF_MSG_MAX);
	hf_buf_init(&out, HF_MSG_MAX);
	before = *r;
	if (p[0] == 1)
		credential(&in, p + 1, n - 1);
	else if (p[0] == 2)
		header(&in, p + 1, n - 1);
	else
		put(&in, p + 1, n - 1);
	if (hf_answer(r, hf_buf_view(&in), NOW, &out, &e) == 0 &&
	    (hf_msg_decode(hf_buf_view(&out), &m, &e) == -1 ||
		(m.type != HF_MSG_ERROR && (m.type & HF_MSG_REPLY) == 0)))
		abort();
	*r = before;		/* a rotation must not fill the ring */
	hf_buf_clear(&in);
	hf_buf_clear(&out);
	return 0;
}
