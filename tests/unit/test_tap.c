#include "lib/tap.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t tap_pk[32], tap_sk[32];	/* X25519 */
static uint8_t pk[32], sk[64];		/* the reader's Ed25519 */
static struct hf_id printer;
static struct hf_credential uid4, piv;
static struct hf_err err;

static int
setup(void **state)
{
	(void)state;
	assert_int_not_equal(sodium_init(), -1);
	crypto_box_keypair(tap_pk, tap_sk);
	crypto_sign_keypair(pk, sk);
	hf_id_new(&printer);
	uid4.kind = HF_CARD_14443A;
	hf_id_new(&uid4.reader);
	randombytes_buf(uid4.nonce, sizeof uid4.nonce);
	uid4.bits = 32;
	memcpy(uid4.raw, "\x04\xa1\xb2\xc3", 4);
	piv = uid4;
	piv.kind = HF_CARD_PIV;
	piv.bits = 1023;
	memset(piv.raw, 0xfe, 128);
	strcpy(piv.pin, "0123456789012345");
	randombytes_buf(piv.proof, sizeof piv.proof);
	piv.proof_len = HF_PROOF_MAX;
	return 0;
}

static size_t
encode(const struct hf_credential *c, uint8_t out[4096])
{
	struct hf_buf b;
	size_t n;

	hf_buf_init(&b, 4096);
	assert_int_equal(hf_credential_put(&b, c, &err), 0);
	n = b.n;
	memcpy(out, b.p, n);
	hf_buf_clear(&b);
	return n;
}

static int
decode(const uint8_t *p, size_t n, struct hf_credential *out)
{
	uint8_t *exact = malloc(n + (n == 0));
	int rc;

	memcpy(exact, p, n);
	rc = hf_credential_get(hf_view_of(exact, n), out, &err);
	free(exact);
	return rc;
}

static void
expect_credential(const struct hf_credential *a, const struct hf_credential *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_true(hf_id_equal(&a->reader, &b->reader));
	assert_memory_equal(a->nonce, b->nonce, HF_NONCE_LEN);
	assert_int_equal(a->bits, b->bits);
	assert_memory_equal(a->raw, b->raw, (a->bits + 7u) / 8);
	assert_string_equal(a->pin, b->pin);
	assert_int_equal(a->proof_len, b->proof_len);
	assert_memory_equal(a->proof, b->proof, a->proof_len);
}

static void
a_credential_comes_back(void **state)
{
	static const char *const pins[] = { "", "1234", "0000000000000000" };
	static const uint16_t bits[] = { 8, 9, 26, 32, 56, 80, 1024 };
	struct hf_credential c, got;
	uint8_t b[4096];
	size_t i, k;

	(void)state;
	for (i = 0; i < 3; i++)
		for (k = 0; k < 7; k++) {
			c = uid4;
			strcpy(c.pin, pins[i]);
			c.bits = bits[k];
			memset(c.raw, 0, sizeof c.raw);
			c.raw[0] = 0x80;
			assert_int_equal(decode(b, encode(&c, b), &got), 0);
			expect_credential(&c, &got);
		}
	assert_int_equal(decode(b, encode(&piv, b), &got), 0);
	expect_credential(&piv, &got);
}

static void
the_smallest_credential_has_56_bytes(void **state)
{
	struct hf_credential c = uid4;
	uint8_t b[4096];

	(void)state;
	c.bits = 8;
	assert_int_equal(encode(&c, b), 56);
}

static void
the_writer_refuses_a_credential_out_of_bounds(void **state)
{
	struct hf_credential c;
	struct hf_buf b;

	(void)state;
	hf_buf_init(&b, 4096);
#define REFUSED(statement) \
	do { \
		c = uid4; \
		statement; \
		assert_int_equal(hf_credential_put(&b, &c, &err), -1); \
		assert_int_equal(err.code, HF_EINPUT); \
	} while (0)
	REFUSED(c.kind = (enum hf_card_kind)0);
	REFUSED(c.kind = (enum hf_card_kind)7);
	REFUSED(c.bits = 7);
	REFUSED(c.bits = 0);
	REFUSED(c.bits = 1025);
	REFUSED(c.bits = UINT16_MAX);
	REFUSED(c.bits = 31);	/* the unused bit is set */
	REFUSED(strcpy(c.pin, "123"));
	REFUSED(strcpy(c.pin, "123a"));
	REFUSED(strcpy(c.pin, "12 34"));
	REFUSED(memset(c.pin, '1', sizeof c.pin));
	REFUSED(c.proof_len = HF_PROOF_MAX + 1);
	hf_buf_clear(&b);
}

static void
the_reader_refuses_a_credential_out_of_bounds(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} cases[] = {
		{ 0, 0 }, { 0, 2 },			/* version */
		{ 1, 0 }, { 1, 7 }, { 1, 255 },		/* kind */
		{ 51, 0 }, { 51, 31 }, { 51, 24 },	/* bits 0, 31, 24 */
		{ 50, 4 }, { 50, 255 },			/* bits 1056, 65312 */
		{ 56, 3 }, { 56, 5 }, { 56, 17 }, { 56, 255 }, { 56, 0 },
		{ 57, 'x' }, { 60, '\0' }, { 60, '/' }, { 60, ':' },
		{ 61, 1 }, { 62, 1 },			/* proof length */
	};
	struct hf_credential c = uid4, got;
	uint8_t b[4096], d[4096];
	size_t n, i;

	(void)state;
	strcpy(c.pin, "1234");
	c.raw[3] = 0xc3;	/* so that 31 bits have one behind the end */
	n = encode(&c, b);
	assert_int_equal(n, 63);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memcpy(d, b, n);
		d[cases[i].at] = cases[i].value;
		memset(&got, 0x55, sizeof got);
		assert_int_equal(decode(d, n, &got), -1);
		assert_int_equal(err.code, HF_EINPUT);
		assert_int_equal(got.bits, 0x5555);	/* untouched */
	}
}

static void
a_nul_within_a_pin_is_refused(void **state)
{
	struct hf_credential c = uid4, got;
	uint8_t b[4096];
	size_t n;

	(void)state;
	strcpy(c.pin, "12345");
	n = encode(&c, b);
	b[61] = '\0';	/* "1234" is a PIN, but 5 bytes were said */
	assert_int_equal(decode(b, n, &got), -1);
}

static void
a_number_of_more_bits_than_there_is_room_is_refused(void **state)
{
	struct hf_credential c = uid4, got;
	uint8_t b[65536 / 8 + 100] = { 0 };

	(void)state;
	encode(&c, b);
	b[50] = 0x04;	/* 1032 bits, and they are there */
	b[51] = 0x08;
	assert_int_equal(decode(b, 52 + 129 + 3, &got), -1);
	b[50] = 0xff;	/* 65535 bits */
	b[51] = 0xff;
	assert_int_equal(decode(b, 52 + 8192 + 3, &got), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
a_credential_cut_anywhere_or_longer_is_refused(void **state)
{
	struct hf_credential got;
	uint8_t b[4096];
	size_t n = encode(&piv, b), i;

	(void)state;
	for (i = 0; i < n; i++)
		assert_int_equal(decode(b, i, &got), -1);
	b[n] = 0;
	assert_int_equal(decode(b, n + 1, &got), -1);
	assert_int_equal(decode(b, n, &got), 0);
}

/* --- the tap --- */

static struct hf_buf
make_tap(const struct hf_credential *c)
{
	struct hf_buf b;

	hf_buf_init(&b, HF_TAP_MAX);
	assert_int_equal(hf_tap_put(&b, c, &printer, 1700000000123, tap_pk, sk,
			     &err), 0);
	return b;
}

static void
expect_good_tap(const struct hf_credential *c)
{
	uint8_t plain[4096], id[32];
	struct hf_credential got;
	struct hf_tap t;
	struct hf_buf b = make_tap(c);

	assert_int_equal(hf_tap_get(hf_buf_view(&b), &t, &err), 0);
	assert_int_equal(hf_tap_verify(&t, pk, &err), 0);
	assert_true(hf_id_equal(&t.reader, &c->reader));
	assert_true(hf_id_equal(&t.printer, &printer));
	assert_memory_equal(t.nonce, c->nonce, HF_NONCE_LEN);
	assert_true(t.time_ms == 1700000000123);
	crypto_generichash(id, 32, tap_pk, 32, NULL, 0);
	assert_memory_equal(t.tap_key_id, id, 8);
	assert_int_equal(crypto_box_seal_open(plain, t.box.p, t.box.n, tap_pk,
			     tap_sk), 0);
	assert_int_equal(decode(plain, t.box.n - 48, &got), 0);
	expect_credential(c, &got);
	hf_buf_clear(&b);
}

static void
a_tap_carries_the_credential_and_its_readers_signature(void **state)
{
	(void)state;
	expect_good_tap(&uid4);
	expect_good_tap(&piv);
}

static void
nothing_of_the_card_is_readable_in_a_tap(void **state)
{
	struct hf_credential c = uid4;
	struct hf_buf b;

	(void)state;
	c.bits = 80;
	memcpy(c.raw, "CARDNUMBER", 10);
	strcpy(c.pin, "31415926");
	b = make_tap(&c);
	assert_null(memmem(b.p, b.n, "CARDNUMBER", 10));
	assert_null(memmem(b.p, b.n, "31415926", 8));
	hf_buf_clear(&b);
}

static void
a_tap_with_any_bit_changed_is_refused(void **state)
{
	struct hf_buf b = make_tap(&uid4);
	struct hf_tap t;
	size_t i;
	int bit;

	(void)state;
	for (i = 0; i < b.n; i++)
		for (bit = 0; bit < 8; bit++) {
			b.p[i] ^= (uint8_t)(1 << bit);
			if (hf_tap_get(hf_buf_view(&b), &t, &err) == 0) {
				assert_int_equal(hf_tap_verify(&t, pk, &err),
				    -1);
				assert_int_equal(err.code, HF_EDENIED);
			} else
				assert_int_equal(err.code, HF_EINPUT);
			b.p[i] ^= (uint8_t)(1 << bit);
		}
	assert_int_equal(hf_tap_get(hf_buf_view(&b), &t, &err), 0);
	assert_int_equal(hf_tap_verify(&t, pk, &err), 0);
	hf_buf_clear(&b);
}

static void
a_tap_cut_anywhere_or_longer_is_refused(void **state)
{
	struct hf_buf b = make_tap(&uid4);
	uint8_t *exact;
	struct hf_tap t;
	size_t i;

	(void)state;
	for (i = 0; i < b.n; i++) {
		exact = malloc(i + (i == 0));
		memcpy(exact, b.p, i);
		assert_int_equal(hf_tap_get(hf_view_of(exact, i), &t, &err),
		    -1);
		assert_int_equal(err.code, HF_EINPUT);
		free(exact);
	}
	assert_int_equal(hf_put_u8(&b, 0, &err), 0);
	assert_int_equal(hf_tap_get(hf_buf_view(&b), &t, &err), -1);
	hf_buf_clear(&b);
}

static void
a_box_has_at_least_104_and_at_most_4096_bytes(void **state)
{
	static const struct {
		size_t n;
		int rc;
	} cases[] = { { 0, -1 }, { 103, -1 }, { 104, 0 }, { 4096, 0 },
		{ 4097, -1 } };
	uint8_t b[90 + 4097 + 64];
	struct hf_tap t;
	size_t i;

	(void)state;
	memset(b, 0, sizeof b);
	memcpy(b, "HFTAP01\n", 8);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		b[88] = (uint8_t)(cases[i].n >> 8);
		b[89] = (uint8_t)cases[i].n;
		assert_int_equal(hf_tap_get(hf_view_of(b, 90 + cases[i].n + 64),
				     &t, &err), cases[i].rc);
	}
}

static void
a_tap_of_another_reader_is_denied(void **state)
{
	uint8_t other_pk[32], other_sk[64];
	struct hf_buf b = make_tap(&uid4);
	struct hf_tap t;

	(void)state;
	crypto_sign_keypair(other_pk, other_sk);
	assert_int_equal(hf_tap_get(hf_buf_view(&b), &t, &err), 0);
	assert_int_equal(hf_tap_verify(&t, other_pk, &err), -1);
	assert_int_equal(err.code, HF_EDENIED);
	hf_buf_clear(&b);
}

static void
a_tap_key_that_is_no_point_is_refused_and_nothing_is_put(void **state)
{
	static const uint8_t zero[32];
	struct hf_buf b;

	(void)state;
	hf_buf_init(&b, HF_TAP_MAX);
	assert_int_equal(hf_tap_put(&b, &uid4, &printer, 1, zero, sk, &err),
	    -1);
	assert_int_equal(err.code, HF_ECONFIG);
	assert_int_equal(b.n, 0);
	hf_buf_clear(&b);
}

/* --- other signed requests --- */

static void
a_signed_request_holds_only_for_its_reader_time_and_body(void **state)
{
	struct hf_id other = uid4.reader;
	uint8_t sig[64], other_pk[32], other_sk[64];
	const struct hf_view body = hf_view_str("\4");

	(void)state;
	other.b[0] ^= 1;
	crypto_sign_keypair(other_pk, other_sk);
	assert_int_equal(hf_reader_sign(sig, &uid4.reader, 1000, body, sk,
			     &err), 0);
	assert_int_equal(hf_reader_verify(sig, &uid4.reader, 1000, body, pk,
			     &err), 0);
	assert_int_equal(hf_reader_verify(sig, &other, 1000, body, pk, &err),
	    -1);
	assert_int_equal(err.code, HF_EDENIED);
	assert_int_equal(hf_reader_verify(sig, &uid4.reader, 1001, body, pk,
			     &err), -1);
	assert_int_equal(hf_reader_verify(sig, &uid4.reader, 1000,
			     hf_view_str("\3"), pk, &err), -1);
	assert_int_equal(hf_reader_verify(sig, &uid4.reader, 1000,
			     hf_view_str(""), pk, &err), -1);
	assert_int_equal(hf_reader_verify(sig, &uid4.reader, 1000, body,
			     other_pk, &err), -1);
	sig[0] ^= 1;
	assert_int_equal(hf_reader_verify(sig, &uid4.reader, 1000, body, pk,
			     &err), -1);
}

static void
a_request_is_signed_over_the_bytes_that_the_format_says(void **state)
{
	uint8_t sig[64], text[19 + 16 + 8 + 1];

	(void)state;
	memcpy(text, "holdfast reader v1\0", 19);
	memcpy(text + 19, uid4.reader.b, 16);
	memcpy(text + 35, "\1\2\3\4\5\6\7\x08", 8);
	text[43] = 2;
	assert_int_equal(hf_reader_sign(sig, &uid4.reader, 0x0102030405060708,
			     hf_view_str("\2"), sk, &err), 0);
	assert_int_equal(crypto_sign_verify_detached(sig, text, sizeof text,
			     pk), 0);
}

static void
a_signed_request_is_never_a_signed_tap(void **state)
{
	struct hf_buf b = make_tap(&uid4);
	const size_t n = b.n - 64;
	struct hf_tap t;

	(void)state;
	/* a request whose body is a whole tap: the context keeps them apart */
	assert_int_equal(hf_reader_sign(b.p + n, &uid4.reader, 1,
			     hf_view_of(b.p, n), sk, &err), 0);
	assert_int_equal(hf_tap_get(hf_buf_view(&b), &t, &err), 0);
	assert_int_equal(hf_tap_verify(&t, pk, &err), -1);
	/* the tap's bytes without any context */
	crypto_sign_detached(b.p + n, NULL, b.p, n, sk);
	assert_int_equal(hf_tap_get(hf_buf_view(&b), &t, &err), 0);
	assert_int_equal(hf_tap_verify(&t, pk, &err), -1);
	hf_buf_clear(&b);
}

/* --- badge hash --- */

static void
the_badge_hash_is_the_keyed_hash_that_the_format_says(void **state)
{
	uint8_t pepper[32] = { 1, 2, 3 }, got[32], want[32];

	(void)state;
	hf_badge_hash(got, &uid4, pepper);
	crypto_generichash(want, 32,
	    (const uint8_t *)"\1\0\x20\x04\xa1\xb2\xc3", 7, pepper, 32);
	assert_memory_equal(got, want, 32);
}

static void
the_badge_hash_depends_on_kind_bits_and_number_only(void **state)
{
	uint8_t pepper[32] = { 1 }, was[32], now[32];
	struct hf_credential c;

	(void)state;
	hf_badge_hash(was, &uid4, pepper);
	c = uid4;
	c.kind = HF_CARD_FELICA;
	hf_badge_hash(now, &c, pepper);
	assert_memory_not_equal(was, now, 32);
	c = uid4;
	c.bits = 40;
	hf_badge_hash(now, &c, pepper);
	assert_memory_not_equal(was, now, 32);
	c = uid4;
	c.raw[3] ^= 1;
	hf_badge_hash(now, &c, pepper);
	assert_memory_not_equal(was, now, 32);
	c = uid4;
	c.raw[4] ^= 1;	/* behind the number */
	hf_id_new(&c.reader);
	c.nonce[0] ^= 1;
	strcpy(c.pin, "1234");
	hf_badge_hash(now, &c, pepper);
	assert_memory_equal(was, now, 32);
	pepper[31] = 9;
	hf_badge_hash(now, &uid4, pepper);
	assert_memory_not_equal(was, now, 32);
}

/* --- token --- */

static void
make_token(struct hf_token *t, const char *url)
{
	memset(t, 0, sizeof *t);
	randombytes_buf(t->secret, sizeof t->secret);
	randombytes_buf(t->spki, sizeof t->spki);
	randombytes_buf(t->site_pk, sizeof t->site_pk);
	strcpy(t->url, url);
}

static void
a_token_comes_back(void **state)
{
	char text[HF_TOKEN_TEXT], longest[256];
	struct hf_token t, got;
	int i;

	(void)state;
	memset(longest, 'a', 255);
	memcpy(longest, "https://", 8);
	longest[255] = '\0';
	for (i = 0; i < 3; i++) {	/* each remainder of base64 */
		make_token(&t, longest + 0);
		t.url[255 - i] = '\0';
		assert_int_equal(hf_token_format(&t, text, &err), 0);
		assert_int_equal(strncmp(text, "HFR1.", 5), 0);
		assert_int_equal(strspn(text + 5,
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789-_"), strlen(text) - 5);
		assert_int_equal(hf_token_parse(text, &got, &err), 0);
		assert_memory_equal(got.secret, t.secret, 16);
		assert_memory_equal(got.spki, t.spki, 32);
		assert_memory_equal(got.site_pk, t.site_pk, 32);
		assert_string_equal(got.url, t.url);
	}
}

static void
a_url_that_is_not_https_makes_no_token(void **state)
{
	static const char *const bad[] = { "", "https://", "http://a",
		"HTTPS://a", "https://a b", "https://a\n", "https://\xc3\xa4",
		"ftp://a", "https:/a" };
	char text[HF_TOKEN_TEXT];
	struct hf_token t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		make_token(&t, bad[i]);
		assert_int_equal(hf_token_format(&t, text, &err), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
}

static void
a_url_that_does_not_end_makes_no_token(void **state)
{
	char text[HF_TOKEN_TEXT];
	struct {
		struct hf_token t;
		char behind[8];
	} t;

	(void)state;
	make_token(&t.t, "https://");
	memset(t.t.url + 8, 'a', sizeof t.t.url - 8);
	memset(t.behind, 'a', sizeof t.behind);
	t.behind[7] = '\0';
	assert_int_equal(hf_token_format(&t.t, text, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
a_nul_within_the_url_of_a_token_is_refused(void **state)
{
	static const char url[] = "https://a\0b";
	char text[HF_TOKEN_TEXT] = "HFR1.";
	uint8_t bytes[80 + sizeof url - 1] = { 0 };
	struct hf_token got;

	(void)state;
	memcpy(bytes + 80, url, sizeof url - 1);
	sodium_bin2base64(text + 5, sizeof text - 5, bytes, sizeof bytes,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	assert_int_equal(hf_token_parse(text, &got, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
a_token_that_is_cut_extended_or_mistyped_is_refused(void **state)
{
	static const char *const bad[] = { "", "HFR1.", "HFR2.AAAA", "hfr1.",
		"HFR1.====", "HFR1.AA AA", "HFR1.AAAA\n", "HFR1.A+/A" };
	char text[HF_TOKEN_TEXT], cut[HF_TOKEN_TEXT + 300];
	struct hf_token t, got;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(hf_token_parse(bad[i], &got, &err), -1);
	make_token(&t, "https://holdfast.example:8443");
	assert_int_equal(hf_token_format(&t, text, &err), 0);
	n = strlen(text);
	for (i = 0; i < 5 + 4 * (80 + 9) / 3 - 2; i++) {
		memcpy(cut, text, i);	/* too short for a URL */
		cut[i] = '\0';
		assert_int_equal(hf_token_parse(cut, &got, &err), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
	memset(cut, 'Q', sizeof cut);
	memcpy(cut, text, n);
	cut[sizeof cut - 1] = '\0';
	assert_int_equal(hf_token_parse(cut, &got, &err), -1); /* URL > 255 */
	for (i = 0; i < n; i++) {
		strcpy(cut, text);
		cut[i] = '*';
		assert_int_equal(hf_token_parse(cut, &got, &err), -1);
		cut[i] = '\xff';	/* which libsodium would take for '_' */
		assert_int_equal(hf_token_parse(cut, &got, &err), -1);
	}
}

static void
the_database_keeps_only_the_hash_of_the_secret(void **state)
{
	const uint8_t secret[16] = "0123456789abcdef";
	uint8_t got[32], want[32];

	(void)state;
	hf_token_hash(secret, got);
	crypto_generichash(want, 32, secret, 16, NULL, 0);
	assert_memory_equal(got, want, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_credential_comes_back),
		cmocka_unit_test(the_smallest_credential_has_56_bytes),
		cmocka_unit_test(the_writer_refuses_a_credential_out_of_bounds),
		cmocka_unit_test(the_reader_refuses_a_credential_out_of_bounds),
		cmocka_unit_test(a_nul_within_a_pin_is_refused),
		cmocka_unit_test(
		    a_number_of_more_bits_than_there_is_room_is_refused),
		cmocka_unit_test(a_credential_cut_anywhere_or_longer_is_refused),
		cmocka_unit_test(
		    a_tap_carries_the_credential_and_its_readers_signature),
		cmocka_unit_test(nothing_of_the_card_is_readable_in_a_tap),
		cmocka_unit_test(a_tap_with_any_bit_changed_is_refused),
		cmocka_unit_test(a_tap_cut_anywhere_or_longer_is_refused),
		cmocka_unit_test(a_box_has_at_least_104_and_at_most_4096_bytes),
		cmocka_unit_test(a_tap_of_another_reader_is_denied),
		cmocka_unit_test(
		    a_tap_key_that_is_no_point_is_refused_and_nothing_is_put),
		cmocka_unit_test(
		    a_signed_request_holds_only_for_its_reader_time_and_body),
		cmocka_unit_test(
		    a_request_is_signed_over_the_bytes_that_the_format_says),
		cmocka_unit_test(a_signed_request_is_never_a_signed_tap),
		cmocka_unit_test(
		    the_badge_hash_is_the_keyed_hash_that_the_format_says),
		cmocka_unit_test(
		    the_badge_hash_depends_on_kind_bits_and_number_only),
		cmocka_unit_test(a_token_comes_back),
		cmocka_unit_test(a_url_that_is_not_https_makes_no_token),
		cmocka_unit_test(a_url_that_does_not_end_makes_no_token),
		cmocka_unit_test(a_nul_within_the_url_of_a_token_is_refused),
		cmocka_unit_test(
		    a_token_that_is_cut_extended_or_mistyped_is_refused),
		cmocka_unit_test(
		    the_database_keeps_only_the_hash_of_the_secret),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
