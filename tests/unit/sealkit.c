#include "tests/unit/sealkit.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/keylist.h"
#include "release/common/unseal.h"

void
kit_envelope_least(struct hf_envelope *v)
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

void
kit_envelope_full(struct hf_envelope *v)
{
	kit_envelope_least(v);
	strcpy(v->title, "Gehaltsabrechnung M\xc3\xa4rz \xe2\x82\xac");
	v->copies = 3;
	v->sides = HF_SIDES_LONG;
	v->color = HF_COLOR_MONO;
	strcpy(v->media, "iso_a4_210x297mm");
	strcpy(v->options[0].name, "finishings");
	strcpy(v->options[0].value, "4");
	strcpy(v->options[1].name, "page-ranges");
	strcpy(v->options[1].value, "1-2,4-7");
	v->n_options = 2;
	v->created = 1699999990;
}

void
kit_init(struct kit *k)
{
	assert_int_not_equal(sodium_init(), -1);
	crypto_box_keypair(k->pk, k->sk);
	hf_host_key_new(&k->host);
	kit_envelope_full(&k->env);
}

int
kit_file(const void *p, size_t n)
{
	int fd = memfd_create("sealed", MFD_CLOEXEC);

	assert_int_not_equal(fd, -1);
	if (n > 0)
		assert_int_equal(pwrite(fd, p, n, 0), n);
	return fd;
}

size_t
kit_size(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (size_t)st.st_size;
}

uint8_t *
kit_bytes(int fd, size_t *n)
{
	uint8_t *p;

	*n = kit_size(fd);
	p = malloc(*n + 1);
	assert_non_null(p);
	assert_int_equal(pread(fd, p, *n, 0), *n);
	return p;
}

int
kit_seal(const struct kit *k, const void *p, size_t n)
{
	struct hf_err e;
	struct hf_sealer *s;
	int fd = kit_file(NULL, 0);

	s = hf_sealer_new(fd, k->pk, &k->host, &k->env, &e);
	assert_non_null(s);
	assert_int_equal(hf_sealer_write(s, p, n, &e), 0);
	assert_int_equal(hf_sealer_finish(s, &e), 0);
	hf_sealer_free(s);
	return fd;
}

static int
read_all(struct hf_unsealer *u, struct hf_buf *out, struct hf_err *e)
{
	struct hf_view v;

	do {
		if (hf_unsealer_next(u, &v, e) == -1)
			return -1;
		if (out != NULL && hf_put_bytes(out, v.p, v.n, e) == -1)
			return -1;
	} while (v.n > 0);
	return 0;
}

int
kit_open(const struct kit *k, int fd, struct hf_buf *out, struct hf_err *e)
{
	struct hf_unsealer *u = NULL;
	struct hf_sealed_header h;
	struct hf_buf head, env;
	uint8_t key[HF_FILE_KEY_LEN];
	int rc = -1;

	hf_buf_init(&head, HF_HEADER_MAX);
	hf_buf_init(&env, HF_BOX_MAX);
	if (hf_sealed_header_read(fd, &head, &h, e) == -1 ||
	    hf_unseal_box(&h, k->pk, k->sk, key, &env, e) == -1)
		goto out;
	u = hf_unsealer_new(fd, key, e);
	if (u == NULL || hf_unsealer_verify(u, e) == -1)
		goto out;
	rc = read_all(u, out, e);
out:
	hf_unsealer_free(u);
	hf_buf_clear(&env);
	hf_buf_clear(&head);
	return rc;
}

static size_t
be(uint8_t *p, uint64_t x, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(x >> (8 * (n - 1 - i)));
	return n;
}

/* doc/sealed-format.md, "header", written down a second time. */
static size_t
forge_header(const struct kit *k, const uint8_t key[static 32], uint8_t *out)
{
	uint8_t plain[32 + HF_ENVELOPE_MAX];
	struct hf_buf env;
	size_t n;

	hf_buf_init(&env, HF_ENVELOPE_MAX);
	assert_int_equal(hf_envelope_put(&env, &k->env, NULL), 0);
	memcpy(plain, key, 32);
	memcpy(plain + 32, env.p, env.n);
	n = 32 + env.n;
	hf_buf_clear(&env);
	memcpy(out, "HFSEAL1\n", 8);
	crypto_generichash(out + 8, 32, k->pk, 32, NULL, 0);
	memcpy(out + 16, k->host.id, 8);
	be(out + 24, n + 48, 4);
	assert_int_equal(crypto_box_seal(out + 28, plain, n, k->pk), 0);
	return 28 + n + 48;
}

int
kit_forge(const struct kit *k, const uint8_t *doc,
    const struct forged_chunk *chunks, size_t n_chunks)
{
	crypto_secretstream_xchacha20poly1305_state st;
	uint8_t key[32], ad[40], *out;
	unsigned long long len;
	size_t i, n, total = HF_HEADER_MAX + 24;
	int fd;

	for (i = 0; i < n_chunks; i++)
		total += chunks[i].n + 17;
	out = malloc(total);
	assert_non_null(out);
	randombytes_buf(key, sizeof key);
	n = forge_header(k, key, out);
	crypto_hash_sha256(ad, out, n);
	crypto_secretstream_xchacha20poly1305_init_push(&st, out + n, key);
	n += 24;
	for (i = 0; i < n_chunks; i++) {
		be(ad + 32, chunks[i].index, 8);
		crypto_secretstream_xchacha20poly1305_push(&st, out + n, &len,
		    doc, chunks[i].n, ad, sizeof ad, chunks[i].tag);
		doc += chunks[i].n;
		n += len;
	}
	fd = kit_file(out, n);
	free(out);
	kit_sign_again(k, fd);
	return fd;
}

static bool
has_trailer(const uint8_t *p, size_t n)
{
	return n > HF_TRAILER_LEN &&
	    memcmp(p + n - HF_TRAILER_LEN, "HFT1", 4) == 0;
}

static size_t
unsigned_length(int fd)
{
	uint8_t *p;
	size_t n;

	p = kit_bytes(fd, &n);
	if (has_trailer(p, n))
		n -= HF_TRAILER_LEN;
	free(p);
	return n;
}

void
kit_sign_again(const struct kit *k, int fd)
{
	kit_sign_length(k, fd, unsigned_length(fd));
}

void
kit_sign_length(const struct kit *k, int fd, uint64_t length)
{
	static const char context[] = "holdfast sealed document v1";
	uint8_t t[HF_TRAILER_LEN], text[sizeof context + 72], sk[64], pk[32];
	uint8_t *p;
	size_t n;

	p = kit_bytes(fd, &n);
	memset(t, 0, sizeof t);
	if (has_trailer(p, n)) {
		n -= HF_TRAILER_LEN;
		memcpy(t, p + n, sizeof t);	/* for the duplicate tag */
	}
	memcpy(t, "HFT1", 4);
	be(t + 4, length, 8);
	crypto_hash_sha256(t + 12, p, n);
	free(p);
	memcpy(text, context, sizeof context);
	memcpy(text + sizeof context, t + 4, 72);
	crypto_sign_seed_keypair(pk, sk, k->host.seed);
	crypto_sign_detached(t + 76, NULL, text, sizeof text, sk);
	assert_int_equal(pwrite(fd, t, sizeof t, (off_t)n), sizeof t);
	assert_int_equal(ftruncate(fd, (off_t)(n + sizeof t)), 0);
}

uint64_t
kit_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

void
kit_fill(uint8_t *p, size_t n, uint64_t seed)
{
	uint64_t s = seed * 2 + 1;
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(kit_random(&s) >> 32);
}

uint64_t
kit_seed(void)
{
	const char *s = getenv("HF_SEED");
	uint64_t seed;

	seed = s != NULL ? strtoull(s, NULL, 0) : (uint64_t)time(NULL);
	printf("# HF_SEED=%llu\n", (unsigned long long)seed);
	return seed | 1;
}
