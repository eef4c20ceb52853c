#include "lib/tap.h"

#include <sodium.h>
#include <string.h>

#define MAGIC "HFTAP01\n"
#define MAGIC_LEN (sizeof MAGIC - 1)
#define TAP_CONTEXT "holdfast tap v1"		/* each signed with its NUL */
#define READER_CONTEXT "holdfast reader v1"
#define CREDENTIAL_VERSION 1
#define CREDENTIAL_MIN (1 + 1 + HF_ID_LEN + HF_NONCE_LEN + 2 + 1 + 1 + 2)
#define CREDENTIAL_MAX \
	(1 + 1 + HF_ID_LEN + HF_NONCE_LEN + 2 + 128 + 1 + HF_PIN_MAX + 2 + \
	    HF_PROOF_MAX)
#define BOX_MIN (crypto_box_SEALBYTES + CREDENTIAL_MIN)
#define BOX_MAX 4096
#define BITS_MIN 8
#define BITS_MAX 1024
#define PIN_MIN 4
#define BODY_MAX 65536	/* of a signed request */

static size_t
raw_len(uint16_t bits)
{
	return ((size_t)bits + 7) / 8;
}

static bool
is_pin(const char *s)
{
	size_t n = strnlen(s, HF_PIN_MAX + 1);

	return n <= HF_PIN_MAX && (n == 0 || n >= PIN_MIN) &&
	    strspn(s, "0123456789") == n;
}

/* What holds for a credential whether we write or read it. */
static int
check_credential(const struct hf_credential *c, struct hf_err *e)
{
	unsigned unused;

	if (c->kind < HF_CARD_14443A || c->kind > HF_CARD_OTHER)
		return hf_fail(e, HF_EINPUT, "a card of kind %d", c->kind);
	if (c->bits < BITS_MIN || c->bits > BITS_MAX)
		return hf_fail(e, HF_EINPUT, "a card number of %u bits",
		    c->bits);
	unused = (8 - c->bits % 8) % 8;
	if ((c->raw[raw_len(c->bits) - 1] & ((1u << unused) - 1)) != 0)
		return hf_fail(e, HF_EINPUT, "a card number has bits behind "
		    "its end");
	if (!is_pin(c->pin))
		return hf_fail(e, HF_EINPUT, "a PIN is not 4 to 16 digits");
	if (c->proof_len > HF_PROOF_MAX)
		return hf_fail(e, HF_EINPUT, "a proof of %zu bytes",
		    c->proof_len);
	return 0;
}

int
hf_credential_put(struct hf_buf *b, const struct hf_credential *c,
    struct hf_err *e)
{
	size_t pin = strnlen(c->pin, sizeof c->pin);

	if (check_credential(c, e) == -1 ||
	    hf_put_u8(b, CREDENTIAL_VERSION, e) == -1 ||
	    hf_put_u8(b, (uint8_t)c->kind, e) == -1 ||
	    hf_put_bytes(b, c->reader.b, HF_ID_LEN, e) == -1 ||
	    hf_put_bytes(b, c->nonce, sizeof c->nonce, e) == -1 ||
	    hf_put_u16(b, c->bits, e) == -1 ||
	    hf_put_bytes(b, c->raw, raw_len(c->bits), e) == -1 ||
	    hf_put_u8(b, (uint8_t)pin, e) == -1 ||
	    hf_put_bytes(b, c->pin, pin, e) == -1)
		return -1;
	return hf_put_var(b, c->proof, c->proof_len, e);
}

static int
get_kind(struct hf_view *in, enum hf_card_kind *out, struct hf_err *e)
{
	uint8_t version, kind;

	if (hf_get_u8(in, &version, e) == -1 || hf_get_u8(in, &kind, e) == -1)
		return -1;
	if (version != CREDENTIAL_VERSION)
		return hf_fail(e, HF_EINPUT, "a credential of version %u",
		    version);
	*out = (enum hf_card_kind)kind;
	return 0;
}

static int
get_raw(struct hf_view *in, struct hf_credential *c, struct hf_err *e)
{
	if (hf_get_u16(in, &c->bits, e) == -1)
		return -1;
	if (raw_len(c->bits) > sizeof c->raw)
		return hf_fail(e, HF_EINPUT, "a card number of %u bits",
		    c->bits);
	return hf_get_bytes(in, c->raw, raw_len(c->bits), e);
}

static int
get_pin(struct hf_view *in, struct hf_credential *c, struct hf_err *e)
{
	uint8_t n;

	if (hf_get_u8(in, &n, e) == -1)
		return -1;
	if (n > HF_PIN_MAX)
		return hf_fail(e, HF_EINPUT, "a PIN of %u bytes", n);
	if (hf_get_bytes(in, c->pin, n, e) == -1)
		return -1;
	c->pin[n] = '\0';
	if (strlen(c->pin) != n)
		return hf_fail(e, HF_EINPUT, "a PIN is not digits");
	return 0;
}

static int
get_proof(struct hf_view *in, struct hf_credential *c, struct hf_err *e)
{
	struct hf_view v;

	if (hf_get_var(in, HF_PROOF_MAX, &v, e) == -1)
		return -1;
	if (v.n > 0)
		memcpy(c->proof, v.p, v.n);
	c->proof_len = v.n;
	return 0;
}

int
hf_credential_get(struct hf_view in, struct hf_credential *out,
    struct hf_err *e)
{
	struct hf_credential c = { 0 };
	int rc = -1;

	if (get_kind(&in, &c.kind, e) == -1 ||
	    hf_get_bytes(&in, c.reader.b, HF_ID_LEN, e) == -1 ||
	    hf_get_bytes(&in, c.nonce, sizeof c.nonce, e) == -1 ||
	    get_raw(&in, &c, e) == -1 || get_pin(&in, &c, e) == -1 ||
	    get_proof(&in, &c, e) == -1 || hf_get_end(&in, e) == -1 ||
	    check_credential(&c, e) == -1)
		goto out;
	*out = c;
	rc = 0;
out:
	hf_credential_clear(&c);
	return rc;
}

void
hf_credential_clear(struct hf_credential *c)
{
	sodium_memzero(c, sizeof *c);
}

static int
put_box(struct hf_buf *b, const struct hf_credential *c,
    const uint8_t tap_pk[static HF_TAP_PK_LEN], struct hf_err *e)
{
	uint8_t box[crypto_box_SEALBYTES + CREDENTIAL_MAX];
	struct hf_buf plain;
	int rc = -1;

	hf_buf_init(&plain, CREDENTIAL_MAX);
	if (hf_credential_put(&plain, c, e) == -1)
		goto out;
	if (crypto_box_seal(box, plain.p, plain.n, tap_pk) != 0) {
		hf_fail(e, HF_ECONFIG, "the tap key is no X25519 key");
		goto out;
	}
	rc = hf_put_var(b, box, crypto_box_SEALBYTES + plain.n, e);
out:
	hf_buf_clear(&plain);
	return rc;
}

/* `b` holds TAP_CONTEXT already; what is added is the tap. */
static int
put_unsigned(struct hf_buf *b, const struct hf_credential *c,
    const struct hf_id *printer, uint64_t time_ms,
    const uint8_t tap_pk[static HF_TAP_PK_LEN], struct hf_err *e)
{
	uint8_t key_id[8], hash[32];

	crypto_generichash(hash, sizeof hash, tap_pk, HF_TAP_PK_LEN, NULL, 0);
	memcpy(key_id, hash, sizeof key_id);
	if (hf_put_bytes(b, MAGIC, MAGIC_LEN, e) == -1 ||
	    hf_put_bytes(b, c->reader.b, HF_ID_LEN, e) == -1 ||
	    hf_put_bytes(b, printer->b, HF_ID_LEN, e) == -1 ||
	    hf_put_bytes(b, c->nonce, sizeof c->nonce, e) == -1 ||
	    hf_put_u64(b, time_ms, e) == -1 ||
	    hf_put_bytes(b, key_id, sizeof key_id, e) == -1)
		return -1;
	return put_box(b, c, tap_pk, e);
}

int
hf_tap_put(struct hf_buf *out, const struct hf_credential *c,
    const struct hf_id *printer, uint64_t time_ms,
    const uint8_t tap_pk[static HF_TAP_PK_LEN], const uint8_t sk[static 64],
    struct hf_err *e)
{
	const size_t context = sizeof TAP_CONTEXT;
	uint8_t sig[HF_SIG_LEN];
	struct hf_buf text;
	int rc = -1;

	hf_buf_init(&text, context + HF_TAP_MAX);
	if (hf_put_bytes(&text, TAP_CONTEXT, context, e) == -1 ||
	    put_unsigned(&text, c, printer, time_ms, tap_pk, e) == -1)
		goto out;
	crypto_sign_detached(sig, NULL, text.p, text.n, sk);
	if (hf_put_bytes(&text, sig, sizeof sig, e) == -1)
		goto out;
	rc = hf_put_bytes(out, text.p + context, text.n - context, e);
out:
	hf_buf_clear(&text);
	return rc;
}

static int
get_magic(struct hf_view *in, struct hf_err *e)
{
	uint8_t magic[MAGIC_LEN];

	if (hf_get_bytes(in, magic, sizeof magic, e) == -1 ||
	    memcmp(magic, MAGIC, sizeof magic) != 0)
		return hf_fail(e, HF_EINPUT, "not a tap");
	return 0;
}

int
hf_tap_get(struct hf_view in, struct hf_tap *out, struct hf_err *e)
{
	struct hf_tap t;
	struct hf_view v = in;

	if (get_magic(&v, e) == -1 ||
	    hf_get_bytes(&v, t.reader.b, HF_ID_LEN, e) == -1 ||
	    hf_get_bytes(&v, t.printer.b, HF_ID_LEN, e) == -1 ||
	    hf_get_bytes(&v, t.nonce, sizeof t.nonce, e) == -1 ||
	    hf_get_u64(&v, &t.time_ms, e) == -1 ||
	    hf_get_bytes(&v, t.tap_key_id, sizeof t.tap_key_id, e) == -1 ||
	    hf_get_var(&v, BOX_MAX, &t.box, e) == -1)
		return -1;
	if (t.box.n < BOX_MIN)
		return hf_fail(e, HF_EINPUT, "a box of %zu bytes", t.box.n);
	if (hf_get_bytes(&v, t.signature, sizeof t.signature, e) == -1 ||
	    hf_get_end(&v, e) == -1)
		return -1;
	t.signed_bytes = hf_view_of(in.p, in.n - HF_SIG_LEN);
	*out = t;
	return 0;
}

int
hf_tap_verify(const struct hf_tap *t,
    const uint8_t pk[static HF_READER_PK_LEN], struct hf_err *e)
{
	struct hf_buf text;
	int rc = -1;

	hf_buf_init(&text, sizeof TAP_CONTEXT + HF_TAP_MAX);
	if (hf_put_bytes(&text, TAP_CONTEXT, sizeof TAP_CONTEXT, e) == -1 ||
	    hf_put_bytes(&text, t->signed_bytes.p, t->signed_bytes.n, e) ==
		-1)
		goto out;
	if (crypto_sign_verify_detached(t->signature, text.p, text.n, pk) !=
	    0) {
		hf_fail(e, HF_EDENIED, "the tap is not signed by its reader");
		goto out;
	}
	rc = 0;
out:
	hf_buf_clear(&text);
	return rc;
}

static int
request_text(struct hf_buf *b, const struct hf_id *reader, uint64_t time_ms,
    struct hf_view body, struct hf_err *e)
{
	hf_buf_init(b, sizeof READER_CONTEXT + HF_ID_LEN + 8 + BODY_MAX);
	if (hf_put_bytes(b, READER_CONTEXT, sizeof READER_CONTEXT, e) == -1 ||
	    hf_put_bytes(b, reader->b, HF_ID_LEN, e) == -1 ||
	    hf_put_u64(b, time_ms, e) == -1)
		return -1;
	return hf_put_bytes(b, body.p, body.n, e);
}

int
hf_reader_sign(uint8_t sig[static HF_SIG_LEN], const struct hf_id *reader,
    uint64_t time_ms, struct hf_view body, const uint8_t sk[static 64],
    struct hf_err *e)
{
	struct hf_buf text;
	int rc = -1;

	if (request_text(&text, reader, time_ms, body, e) == -1)
		goto out;
	crypto_sign_detached(sig, NULL, text.p, text.n, sk);
	rc = 0;
out:
	hf_buf_clear(&text);
	return rc;
}

int
hf_reader_verify(const uint8_t sig[static HF_SIG_LEN],
    const struct hf_id *reader, uint64_t time_ms, struct hf_view body,
    const uint8_t pk[static HF_READER_PK_LEN], struct hf_err *e)
{
	struct hf_buf text;
	int rc = -1;

	if (request_text(&text, reader, time_ms, body, e) == -1)
		goto out;
	if (crypto_sign_verify_detached(sig, text.p, text.n, pk) != 0) {
		hf_fail(e, HF_EDENIED, "the request is not signed by its "
		    "reader");
		goto out;
	}
	rc = 0;
out:
	hf_buf_clear(&text);
	return rc;
}

void
hf_badge_hash(uint8_t out[static HF_BADGE_HASH_LEN],
    const struct hf_credential *c, const uint8_t pepper[static 32])
{
	const uint8_t head[3] = { (uint8_t)c->kind, (uint8_t)(c->bits >> 8),
		(uint8_t)c->bits };
	crypto_generichash_state st;

	crypto_generichash_init(&st, pepper, 32, HF_BADGE_HASH_LEN);
	crypto_generichash_update(&st, head, sizeof head);
	crypto_generichash_update(&st, c->raw, raw_len(c->bits));
	crypto_generichash_final(&st, out, HF_BADGE_HASH_LEN);
	sodium_memzero(&st, sizeof st);
}
