#include "lib/checkpoint.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define ED25519 0x01		/* signature type of a signed note */
#define HASH_LEN 4
#define DASH "\xe2\x80\x94 "	/* em dash, space */
#define VARIANT sodium_base64_VARIANT_ORIGINAL
#define LINE_MAX_LEN 128

static const char prefix[] = "holdfast/";

/* ---- keys ---- */

void
hf_log_key(const uint8_t site_seed[static 32], uint8_t pk[static 32],
    uint8_t sk[static 64])
{
	uint8_t seed[crypto_sign_SEEDBYTES];

	(void)crypto_kdf_derive_from_key(seed, sizeof seed, 1, "hfauditl",
	    site_seed);
	(void)crypto_sign_seed_keypair(pk, sk, seed);
	sodium_memzero(seed, sizeof seed);
}

void
hf_vkey_of(struct hf_vkey *k, const uint8_t pk[static 32])
{
	memset(k, 0, sizeof *k);
	memcpy(k->name, prefix, sizeof prefix);
	hf_hex(k->name + sizeof prefix - 1, pk, 8);
	memcpy(k->pk, pk, sizeof k->pk);
}

/* SHA-256(name || 0x0a || 0x01 || key), its first four bytes. */
static void
key_hash(const struct hf_vkey *k, uint8_t out[static HASH_LEN])
{
	uint8_t in[HF_ORIGIN_LEN + 2 + 32], h[crypto_hash_sha256_BYTES];
	size_t n = strlen(k->name);

	memcpy(in, k->name, n);
	in[n++] = '\n';
	in[n++] = ED25519;
	memcpy(in + n, k->pk, 32);
	(void)crypto_hash_sha256(h, in, n + 32);
	memcpy(out, h, HASH_LEN);
}

void
hf_vkey_text(const struct hf_vkey *k, char out[static HF_VKEY_MAX])
{
	uint8_t hash[HASH_LEN], key[33] = { ED25519 };
	char hex[2 * HASH_LEN + 1], b64[64];

	key_hash(k, hash);
	hf_hex(hex, hash, sizeof hash);
	memcpy(key + 1, k->pk, 32);
	(void)sodium_bin2base64(b64, sizeof b64, key, sizeof key, VARIANT);
	(void)snprintf(out, HF_VKEY_MAX, "%s+%s+%s", k->name, hex, b64);
}

static int
decode64(struct hf_view text, uint8_t *out, size_t n, struct hf_err *e)
{
	char back[LINE_MAX_LEN];
	size_t got;

	/* Encoded again it must be the same: one form of everything. */
	if (text.n >= sizeof back ||
	    sodium_base642bin(out, n, (const char *)text.p, text.n, NULL, &got,
		NULL, VARIANT) != 0 || got != n ||
	    sodium_base64_encoded_len(n, VARIANT) != text.n + 1)
		return hf_fail(e, HF_EINPUT, "malformed base64");
	(void)sodium_bin2base64(back, sizeof back, out, n, VARIANT);
	if (memcmp(back, text.p, text.n) != 0)
		return hf_fail(e, HF_EINPUT, "malformed base64");
	return 0;
}

int
hf_vkey_parse(struct hf_vkey *k, const char *text, struct hf_err *e)
{
	const char *first = strchr(text, '+'), *second;
	uint8_t key[33], hash[HASH_LEN];
	char hex[2 * HASH_LEN + 1];
	struct hf_vkey got;

	second = first != NULL ? strchr(first + 1, '+') : NULL;
	if (second == NULL || first == text ||
	    (size_t)(first - text) >= sizeof got.name ||
	    second - first != 2 * HASH_LEN + 1)
		return hf_fail(e, HF_EINPUT, "not the public key of a log");
	memset(&got, 0, sizeof got);
	memcpy(got.name, text, (size_t)(first - text));
	if (strpbrk(got.name, " \n\t") != NULL ||
	    decode64(hf_view_str(second + 1), key, sizeof key, e) == -1 ||
	    key[0] != ED25519)
		return hf_fail(e, HF_EINPUT, "not the public key of a log");
	memcpy(got.pk, key + 1, sizeof got.pk);
	key_hash(&got, hash);
	hf_hex(hex, hash, sizeof hash);
	if (memcmp(hex, first + 1, 2 * HASH_LEN) != 0)
		return hf_fail(e, HF_EINPUT,
		    "the public key of the log was mistyped");
	*k = got;
	return 0;
}

/* ---- notes ---- */

int
hf_checkpoint_put(struct hf_buf *b, const struct hf_checkpoint *c,
    const struct hf_vkey *k, const uint8_t sk[static 64], struct hf_err *e)
{
	uint8_t sig[HASH_LEN + crypto_sign_BYTES];
	char root[64], text[256], b64[128], line[256];
	int n, m;

	(void)sodium_bin2base64(root, sizeof root, c->root, sizeof c->root,
	    VARIANT);
	n = snprintf(text, sizeof text, "%s\n%llu\n%s\n", k->name,
	    (unsigned long long)c->size, root);
	HF_ASSERT(n > 0 && (size_t)n < sizeof text);
	key_hash(k, sig);
	(void)crypto_sign_detached(sig + HASH_LEN, NULL,
	    (const uint8_t *)text, (size_t)n, sk);
	(void)sodium_bin2base64(b64, sizeof b64, sig, sizeof sig, VARIANT);
	m = snprintf(line, sizeof line, "\n" DASH "%s %s\n", k->name, b64);
	HF_ASSERT(m > 0 && (size_t)m < sizeof line);
	if (hf_put_bytes(b, text, (size_t)n, e) == -1)
		return -1;
	return hf_put_bytes(b, line, (size_t)m, e);
}

static int
get_line(struct hf_view *v, struct hf_view *line, struct hf_err *e)
{
	const uint8_t *end = v->n > 0 ? memchr(v->p, '\n', v->n) : NULL;

	if (end == NULL || end - v->p > LINE_MAX_LEN + HF_ORIGIN_LEN)
		return hf_fail(e, HF_EINPUT, "not a checkpoint");
	*line = hf_view_of(v->p, (size_t)(end - v->p));
	v->n -= line->n + 1;
	v->p = end + 1;
	return 0;
}

static int
get_size(struct hf_view line, uint64_t *out, struct hf_err *e)
{
	uint64_t v = 0;
	size_t i;

	if (line.n == 0 || line.n > 18 || (line.p[0] == '0' && line.n > 1))
		return hf_fail(e, HF_EINPUT, "not a checkpoint");
	for (i = 0; i < line.n; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return hf_fail(e, HF_EINPUT, "not a checkpoint");
		v = v * 10 + (uint64_t)(line.p[i] - '0');
	}
	*out = v;
	return 0;
}

/* "— name base64" */
static int
get_signature(struct hf_view line, const struct hf_vkey *k,
    uint8_t sig[static HASH_LEN + crypto_sign_BYTES], struct hf_err *e)
{
	size_t dash = sizeof DASH - 1, name = strlen(k->name);

	if (line.n < dash + name + 1 || memcmp(line.p, DASH, dash) != 0 ||
	    memcmp(line.p + dash, k->name, name) != 0 ||
	    line.p[dash + name] != ' ')
		return hf_fail(e, HF_ETAMPER,
		    "the checkpoint is not signed by this log");
	return decode64(hf_view_of(line.p + dash + name + 1,
	    line.n - dash - name - 1), sig, HASH_LEN + crypto_sign_BYTES, e);
}

int
hf_checkpoint_get(struct hf_view in, const struct hf_vkey *k,
    struct hf_checkpoint *out, struct hf_err *e)
{
	uint8_t sig[HASH_LEN + crypto_sign_BYTES], hash[HASH_LEN];
	struct hf_view v = in, origin, size, root, empty, line;
	struct hf_checkpoint c;
	size_t signed_n;

	if (in.n > HF_NOTE_MAX)
		return hf_fail(e, HF_EINPUT, "not a checkpoint");
	if (get_line(&v, &origin, e) == -1 || get_line(&v, &size, e) == -1 ||
	    get_line(&v, &root, e) == -1)
		return -1;
	signed_n = in.n - v.n;
	if (get_line(&v, &empty, e) == -1 || get_line(&v, &line, e) == -1 ||
	    hf_get_end(&v, e) == -1)
		return -1;
	if (empty.n != 0 || !hf_view_equal(origin, hf_view_str(k->name)))
		return hf_fail(e, HF_EINPUT, "a checkpoint of another log");
	if (get_size(size, &c.size, e) == -1 ||
	    decode64(root, c.root, sizeof c.root, e) == -1 ||
	    get_signature(line, k, sig, e) == -1)
		return -1;
	key_hash(k, hash);
	if (memcmp(hash, sig, sizeof hash) != 0 ||
	    crypto_sign_verify_detached(sig + HASH_LEN, in.p, signed_n,
		k->pk) != 0)
		return hf_fail(e, HF_ETAMPER,
		    "the signature of a checkpoint is wrong");
	*out = c;
	return 0;
}
