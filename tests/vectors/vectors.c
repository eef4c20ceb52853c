#include "tests/vectors/vectors.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/envelope.h"
#include "lib/file.h"
#include "lib/keylist.h"
#include "lib/seal.h"
#include "lib/tap.h"

#define FILE_MAX (1 << 20)

/* --- random bytes that are none --- */

static uint8_t seed[32];
static uint64_t counter;

static const char *
name(void)
{
	return "vectors";
}

/* Each call is the stream of BLAKE2b(label seed || counter). */
static void
bytes(void *const out, const size_t n)
{
	uint8_t in[40], key[32];
	size_t i;

	memcpy(in, seed, 32);
	for (i = 0; i < 8; i++)
		in[32 + i] = (uint8_t)(counter >> (56 - 8 * i));
	counter++;
	crypto_generichash(key, sizeof key, in, sizeof in, NULL, 0);
	randombytes_buf_deterministic(out, n, key);
}

static uint32_t
word(void)
{
	uint32_t x;

	bytes(&x, sizeof x);
	return x;
}

void
vectors_random_init(void)
{
	static randombytes_implementation impl = {
		.implementation_name = name,
		.random = word,
		.buf = bytes,
	};

	if (randombytes_set_implementation(&impl) != 0)
		abort();
}

void
vectors_random(const char *label)
{
	crypto_generichash(seed, sizeof seed, (const uint8_t *)label,
	    strlen(label), NULL, 0);
	counter = 0;
}

uint8_t
vectors_plain(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

/* --- text files: name = value --- */

static struct hf_err err;

static void
must(int rc)
{
	if (rc == -1) {
		fprintf(stderr, "vectors: %s\n", err.text);
		abort();
	}
}

static void
say(struct hf_buf *b, const char *key, const char *value)
{
	must(hf_put_bytes(b, key, strlen(key), &err));
	must(hf_put_bytes(b, " = ", 3, &err));
	must(hf_put_bytes(b, value, strlen(value), &err));
	must(hf_put_bytes(b, "\n", 1, &err));
}

static void
say_hex(struct hf_buf *b, const char *key, const void *p, size_t n)
{
	char *hex = malloc(2 * n + 1);

	hf_hex(hex, p, n);
	say(b, key, hex);
	free(hex);
}

static void
say_number(struct hf_buf *b, const char *key, uint64_t x)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, x);
	say(b, key, text);
}

struct out {
	void (*fn)(void *arg, const char *file, struct hf_view v);
	void *arg;
};

static void
emit(const struct out *o, const char *file, struct hf_buf *b)
{
	o->fn(o->arg, file, hf_buf_view(b));
	hf_buf_clear(b);
}

/* --- envelopes --- */

static void
least(struct hf_envelope *v)
{
	memset(v, 0, sizeof *v);
	hf_id_new(&v->job);
	strcpy(v->owner, "ann");
	strcpy(v->format, "application/pdf");
	v->submitted = 1700000000;
	v->expires = 1700086400;
	strcpy(v->queue, "secure");
	v->copies = 1;
	strcpy(v->host, "intake1");
	v->cups_job = 7;
	strcpy(v->job_uuid, "urn:uuid:0d0e2a4f-6a83-3c1f-5f0f-6e1ad04f1a77");
	v->document = 1;
}

static void
full(struct hf_envelope *v)
{
	least(v);
	strcpy(v->title, "Bericht M\xc3\xa4rz \xe2\x82\xac");
	v->copies = 999;
	v->sides = HF_SIDES_SHORT;
	v->color = HF_COLOR_COLOR;
	strcpy(v->media, "iso_a4_210x297mm");
	strcpy(v->options[0].name, "page-ranges");
	strcpy(v->options[0].value, "1-2,4-7");
	strcpy(v->options[1].name, "output-bin");
	v->n_options = 2;
	v->cups_job = UINT32_MAX;
	v->created = 1699999990;
	v->document = 2;
}

static void
say_envelope(struct hf_buf *b, const struct hf_envelope *v)
{
	uint8_t key[HF_INTAKE_KEY_LEN];
	struct hf_buf enc;
	size_t i;

	say_hex(b, "job", v->job.b, HF_ID_LEN);
	say(b, "owner", v->owner);
	say(b, "title", v->title);
	say(b, "format", v->format);
	say_number(b, "submitted", v->submitted);
	say_number(b, "expires", v->expires);
	say(b, "queue", v->queue);
	say_number(b, "copies", v->copies);
	say_number(b, "sides", v->sides);
	say_number(b, "color", v->color);
	say(b, "media", v->media);
	for (i = 0; i < v->n_options; i++) {
		say(b, "option", v->options[i].name);
		say(b, "value", v->options[i].value);
	}
	say(b, "host", v->host);
	say_number(b, "cups_job", v->cups_job);
	say(b, "job_uuid", v->job_uuid);
	say_number(b, "created", v->created);
	say_number(b, "document", v->document);
	hf_envelope_intake_key(v, key);
	say_hex(b, "intake_key", key, sizeof key);
	hf_buf_init(&enc, HF_ENVELOPE_MAX);
	must(hf_envelope_put(&enc, v, &err));
	say_hex(b, "envelope", enc.p, enc.n);
	hf_buf_clear(&enc);
}

static void
envelope(const struct out *o, const char *file,
    void (*make)(struct hf_envelope *))
{
	struct hf_envelope v;
	struct hf_buf b;

	vectors_random(file);
	hf_buf_init(&b, FILE_MAX);
	make(&v);
	say_envelope(&b, &v);
	emit(o, file, &b);
}

/* An encoding with one byte changed, for each way to be wrong. */
static void
envelope_refused(const struct out *o)
{
	static const struct {
		const char *why;
		size_t at;
		uint8_t value;
	} cases[] = { { "version_0", 3, 0 }, { "version_2", 3, 2 },
		{ "tag_1_is_2", 0, 2 }, { "job_id_of_version_1", 13, 0x10 },
		{ "owner_with_nul", 26, 0 }, { "owner_too_long", 24, 0xff },
		{ "title_longer_than_the_rest", 30, 0xff } };
	struct hf_envelope v;
	struct hf_buf b, enc;
	uint8_t was;
	size_t i;

	vectors_random("envelope-refused.txt");
	hf_buf_init(&b, FILE_MAX);
	hf_buf_init(&enc, HF_ENVELOPE_MAX);
	least(&v);
	must(hf_envelope_put(&enc, &v, &err));
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		was = enc.p[cases[i].at];
		enc.p[cases[i].at] = cases[i].value;
		say_hex(&b, cases[i].why, enc.p, enc.n);
		enc.p[cases[i].at] = was;
	}
	say_hex(&b, "cut_by_one_byte", enc.p, enc.n - 1);
	must(hf_put_bytes(&enc, "\x13\0\0", 3, &err));
	say_hex(&b, "unknown_tag_19", enc.p, enc.n);
	hf_buf_clear(&enc);
	emit(o, "envelope-refused.txt", &b);
}

/* --- sealed documents --- */

struct seal_keys {
	uint8_t pk[32];
	uint8_t sk[32];
	struct hf_host_key host;
};

static void
say_seal_keys(struct hf_buf *b, const struct seal_keys *k)
{
	uint8_t id[HF_KEYID_LEN];

	hf_keyid(k->pk, id);
	say_hex(b, "release_pk", k->pk, 32);
	say_hex(b, "release_sk", k->sk, 32);
	say_hex(b, "key_id", id, sizeof id);
	say_hex(b, "host_seed", k->host.seed, 32);
	say_hex(b, "host_secret", k->host.secret, 32);
	say_hex(b, "host_pk", k->host.pk, 32);
	say_hex(b, "host_id", k->host.id, HF_KEYID_LEN);
}

static void
seal_to(int fd, const struct seal_keys *k, const struct hf_envelope *v,
    const uint8_t *doc, size_t n)
{
	struct hf_sealer *s = hf_sealer_new(fd, k->pk, &k->host, v, &err);

	must(s == NULL ? -1 : 0);
	must(hf_sealer_write(s, doc, n, &err));
	must(hf_sealer_finish(s, &err));
	hf_sealer_free(s);
}

static void
read_back(int fd, struct hf_buf *b)
{
	uint8_t *p = malloc(FILE_MAX);
	size_t n;

	must(hf_pread_full(fd, p, FILE_MAX, 0, &n, &err));
	must(hf_put_bytes(b, p, n, &err));
	free(p);
}

static void
say_document(struct hf_buf *b, const uint8_t *doc, size_t n,
    struct hf_view sealed)
{
	struct hf_sealed_trailer t;
	uint8_t digest[32];

	say_number(b, "plain_length", n);
	crypto_hash_sha256(digest, doc, n);
	say_hex(b, "plain_sha256", digest, 32);
	say_number(b, "sealed_length", sealed.n);
	crypto_hash_sha256(digest, sealed.p, sealed.n);
	say_hex(b, "sealed_sha256", digest, 32);
	must(hf_sealed_trailer_get(
	    hf_view_of(sealed.p + sealed.n - HF_TRAILER_LEN, HF_TRAILER_LEN),
	    &t, &err));
	say_hex(b, "dup_tag", t.dup_tag, sizeof t.dup_tag);
}

static void
sealed(const struct out *o, const char *stem, size_t n,
    void (*make)(struct hf_envelope *))
{
	uint8_t *doc = malloc(n);
	struct hf_envelope v;
	struct seal_keys k;
	struct hf_buf b, s;
	char file[64];
	size_t i;
	int fd = memfd_create("vector", MFD_CLOEXEC);

	vectors_random(stem);
	hf_buf_init(&b, FILE_MAX);
	hf_buf_init(&s, FILE_MAX);
	crypto_box_keypair(k.pk, k.sk);
	hf_host_key_new(&k.host);
	make(&v);
	for (i = 0; i < n; i++)
		doc[i] = vectors_plain(i);
	seal_to(fd, &k, &v, doc, n);
	read_back(fd, &s);
	close(fd);
	say_seal_keys(&b, &k);
	say_envelope(&b, &v);
	say_document(&b, doc, n, hf_buf_view(&s));
	free(doc);
	snprintf(file, sizeof file, "%s.txt", stem);
	emit(o, file, &b);
	snprintf(file, sizeof file, "%s.sealed", stem);
	emit(o, file, &s);
}

/* --- taps --- */

static void
uid(struct hf_credential *c)
{
	memset(c, 0, sizeof *c);
	c->kind = HF_CARD_14443A;
	hf_id_new(&c->reader);
	randombytes_buf(c->nonce, sizeof c->nonce);
	c->bits = 56;
	memcpy(c->raw, "\x04\xa1\xb2\xc3\xd4\xe5\xf6", 7);
}

static void
wiegand(struct hf_credential *c)
{
	uid(c);
	c->kind = HF_CARD_WEDGE;
	c->bits = 26;
	memcpy(c->raw, "\x12\x34\x56\x40", 4);
	memset(c->raw + 4, 0, 3);
	strcpy(c->pin, "0123456789012345");
}

static void
piv(struct hf_credential *c)
{
	uid(c);
	c->kind = HF_CARD_PIV;
	c->bits = 128;
	randombytes_buf(c->raw, 16);
	strcpy(c->pin, "4711");
	c->proof_len = HF_PROOF_MAX;
	randombytes_buf(c->proof, c->proof_len);
}

static void
say_credential(struct hf_buf *b, const struct hf_credential *c)
{
	struct hf_buf enc;

	say_number(b, "kind", (uint64_t)c->kind);
	say_hex(b, "reader", c->reader.b, HF_ID_LEN);
	say_hex(b, "nonce", c->nonce, sizeof c->nonce);
	say_number(b, "bits", c->bits);
	say_hex(b, "raw", c->raw, (c->bits + 7u) / 8);
	say(b, "pin", c->pin);
	say_hex(b, "proof", c->proof, c->proof_len);
	hf_buf_init(&enc, HF_TAP_MAX);
	must(hf_credential_put(&enc, c, &err));
	say_hex(b, "credential", enc.p, enc.n);
	hf_buf_clear(&enc);
}

static void
tap(const struct out *o, const char *file, void (*make)(struct hf_credential *))
{
	uint8_t tap_pk[32], tap_sk[32], pk[32], sk[64], pepper[32], hash[32];
	struct hf_credential c;
	struct hf_id printer;
	struct hf_buf b, t;

	vectors_random(file);
	hf_buf_init(&b, FILE_MAX);
	hf_buf_init(&t, HF_TAP_MAX);
	crypto_box_keypair(tap_pk, tap_sk);
	crypto_sign_keypair(pk, sk);
	randombytes_buf(pepper, sizeof pepper);
	hf_id_new(&printer);
	make(&c);
	must(hf_tap_put(&t, &c, &printer, 1700000000123, tap_pk, sk, &err));
	hf_badge_hash(hash, &c, pepper);
	say_hex(&b, "tap_pk", tap_pk, 32);
	say_hex(&b, "tap_sk", tap_sk, 32);
	say_hex(&b, "reader_pk", pk, 32);
	say_hex(&b, "reader_sk", sk, 64);
	say_hex(&b, "printer", printer.b, HF_ID_LEN);
	say_number(&b, "time_ms", 1700000000123);
	say_credential(&b, &c);
	say_hex(&b, "pepper", pepper, 32);
	say_hex(&b, "badge_hash", hash, 32);
	say_hex(&b, "tap", t.p, t.n);
	hf_buf_clear(&t);
	emit(o, file, &b);
}

static void
tap_request(const struct out *o)
{
	uint8_t pk[32], sk[64], sig[HF_SIG_LEN];
	struct hf_id reader;
	struct hf_buf b;

	vectors_random("tap-request.txt");
	hf_buf_init(&b, FILE_MAX);
	crypto_sign_keypair(pk, sk);
	hf_id_new(&reader);
	must(hf_reader_sign(sig, &reader, 1700000000123, hf_view_of("\4", 1),
	    sk, &err));
	say_hex(&b, "reader_pk", pk, 32);
	say_hex(&b, "reader_sk", sk, 64);
	say_hex(&b, "reader", reader.b, HF_ID_LEN);
	say_number(&b, "time_ms", 1700000000123);
	say_hex(&b, "body", "\4", 1);
	say_hex(&b, "signature", sig, sizeof sig);
	emit(o, "tap-request.txt", &b);
}

static void
tap_refused(const struct out *o)
{
	static const struct {
		const char *why;
		size_t at;
		uint8_t value;
	} cases[] = { { "version_2", 0, 2 }, { "kind_0", 1, 0 },
		{ "kind_7", 1, 7 }, { "bits_7", 51, 7 },
		{ "bits_behind_the_end", 51, 25 }, { "bits_2074", 50, 8 },
		{ "pin_of_3", 56, 3 }, { "pin_of_17", 56, 17 },
		{ "pin_with_a_letter", 57, 'a' },
		{ "proof_longer_than_the_rest", 74, 1 } };
	struct hf_credential c;
	struct hf_buf b, enc;
	uint8_t was;
	size_t i;

	vectors_random("tap-credential-refused.txt");
	hf_buf_init(&b, FILE_MAX);
	hf_buf_init(&enc, HF_TAP_MAX);
	wiegand(&c);
	c.raw[3] = 0xc0;
	must(hf_credential_put(&enc, &c, &err));
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		was = enc.p[cases[i].at];
		enc.p[cases[i].at] = cases[i].value;
		say_hex(&b, cases[i].why, enc.p, enc.n);
		enc.p[cases[i].at] = was;
	}
	say_hex(&b, "cut_by_one_byte", enc.p, enc.n - 1);
	must(hf_put_u8(&enc, 0, &err));
	say_hex(&b, "one_byte_more", enc.p, enc.n);
	hf_buf_clear(&enc);
	emit(o, "tap-credential-refused.txt", &b);
}

/* --- key lists, keystore, token --- */

static void
say_epochs(struct hf_buf *b, const struct hf_epoch *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		say_hex(b, "epoch_key_id", p[i].key_id, HF_KEYID_LEN);
		say_hex(b, "epoch_pk", p[i].pk, 32);
		say_number(b, "epoch_not_before", p[i].not_before);
		say_number(b, "epoch_not_after", p[i].not_after);
	}
}

/* A key list and the keystore that it comes from. */
static void
keylist(const struct out *o, const char *file, size_t epochs)
{
	static struct hf_keystore k;
	uint8_t master[32], pk[32], sk[64];
	struct hf_buf b, list, store;
	size_t i;

	vectors_random(file);
	hf_buf_init(&b, FILE_MAX);
	hf_buf_init(&list, HF_KEYLIST_MAX);
	hf_buf_init(&store, HF_KEYSTORE_MAX);
	randombytes_buf(master, sizeof master);
	hf_keystore_new(&k);
	crypto_sign_seed_keypair(pk, sk, k.site_seed);
	k.serial = 41;
	for (i = 0; i < epochs; i++)
		must(hf_keystore_add(&k, 1700000000 + 86400 * i,
		    1700000000 + 86400 * (i + 1), &err));
	must(hf_keystore_publish(&k, 1700000001, &list, &err));
	must(hf_keystore_put(&store, &k, master, &err));
	say_hex(&b, "site_pk", pk, 32);
	say_hex(&b, "site_seed", k.site_seed, 32);
	say_number(&b, "serial", k.serial);
	say_number(&b, "issued", 1700000001);
	say_hex(&b, "tap_pk", k.tap_pk, 32);
	say_hex(&b, "tap_sk", k.tap_sk, 32);
	say_hex(&b, "pepper", k.pepper, 32);
	say_epochs(&b, k.epochs, k.n);
	for (i = 0; i < k.n; i++)
		say_hex(&b, "epoch_sk", k.epoch_sk[i], 32);
	say_hex(&b, "keylist", list.p, list.n);
	say_hex(&b, "master", master, 32);
	say_hex(&b, "keystore", store.p, store.n);
	hf_buf_clear(&list);
	hf_buf_clear(&store);
	emit(o, file, &b);
}

static void
token(const struct out *o)
{
	char text[HF_TOKEN_TEXT];
	struct hf_token t;
	uint8_t hash[32];
	struct hf_buf b;

	vectors_random("token.txt");
	hf_buf_init(&b, FILE_MAX);
	memset(&t, 0, sizeof t);
	randombytes_buf(t.secret, sizeof t.secret);
	randombytes_buf(t.spki, sizeof t.spki);
	randombytes_buf(t.site_pk, sizeof t.site_pk);
	strcpy(t.url, "https://print.example:8443");
	must(hf_token_format(&t, text, &err));
	hf_token_hash(t.secret, hash);
	say_hex(&b, "secret", t.secret, sizeof t.secret);
	say_hex(&b, "secret_hash", hash, sizeof hash);
	say_hex(&b, "spki", t.spki, sizeof t.spki);
	say_hex(&b, "site_pk", t.site_pk, sizeof t.site_pk);
	say(&b, "url", t.url);
	say(&b, "token", text);
	emit(o, "token.txt", &b);
}

void
vectors_each(void (*fn)(void *arg, const char *file, struct hf_view v),
    void *arg)
{
	const struct out o = { fn, arg };

	envelope(&o, "envelope-least.txt", least);
	envelope(&o, "envelope-full.txt", full);
	envelope_refused(&o);
	sealed(&o, "seal-one-byte", 1, least);
	sealed(&o, "seal-one-chunk", 65536, full);
	sealed(&o, "seal-two-chunks", 65537, full);
	sealed(&o, "seal-three-chunks", 150000, least);
	tap(&o, "tap-uid.txt", uid);
	tap(&o, "tap-wiegand-pin.txt", wiegand);
	tap(&o, "tap-piv.txt", piv);
	tap_request(&o);
	tap_refused(&o);
	keylist(&o, "keylist-one.txt", 1);
	keylist(&o, "keylist-many.txt", 64);
	token(&o);
}
