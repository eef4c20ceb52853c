/* link: tests/unit/sealkit.c release/common/unseal.c -Wl,--wrap=pread -Wl,--wrap=calloc -Wl,--wrap=free */
#include "release/common/unseal.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sealkit.h"

#define MESSAGE crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
#define PUSH crypto_secretstream_xchacha20poly1305_TAG_PUSH
#define REKEY crypto_secretstream_xchacha20poly1305_TAG_REKEY
#define FINAL crypto_secretstream_xchacha20poly1305_TAG_FINAL

static struct {
	long pread_countdown;	/* preads that work before one fails; -1: all */
	int pread_errno;
	size_t pread_most;
	long interrupted;
	long preads;
	bool no_memory;
	size_t allocated;
	const void *canary;
	size_t canary_len;
	long canaries;
} faults;

ssize_t __real_pread(int fd, void *p, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void __real_free(void *p);
void __wrap_free(void *p);

ssize_t
__wrap_pread(int fd, void *p, size_t n, off_t at)
{
	faults.preads++;
	if (faults.interrupted != 0 &&
	    faults.preads % faults.interrupted == 0) {
		errno = EINTR;
		return -1;
	}
	if (faults.pread_countdown == 0) {
		errno = faults.pread_errno;
		return -1;
	}
	if (faults.pread_countdown > 0)
		faults.pread_countdown--;
	if (faults.pread_most != 0 && n > faults.pread_most)
		n = faults.pread_most;
	return __real_pread(fd, p, n, at);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	if (faults.no_memory) {
		errno = ENOMEM;
		return NULL;
	}
	if (n * size > faults.allocated)
		faults.allocated = n * size;
	return __real_calloc(n, size);
}

void
__wrap_free(void *p)
{
	if (p != NULL && faults.canary != NULL &&
	    memmem(p, malloc_usable_size(p), faults.canary,
		faults.canary_len) != NULL)
		faults.canaries++;
	__real_free(p);
}

static struct kit kit;
static struct hf_err err;

static int
begin(void **state)
{
	(void)state;
	memset(&faults, 0, sizeof faults);
	faults.pread_countdown = -1;
	memset(&err, 0, sizeof err);
	return 0;
}

static int
setup(void **state)
{
	kit_init(&kit);
	return begin(state);
}

static void
put(int fd, const void *p, size_t n, size_t at)
{
	assert_int_equal(pwrite(fd, p, n, (off_t)at), n);
}

/* Neither the check without a secret nor the opening accepts the file. */
static void
expect_refused(int fd)
{
	struct hf_sealed_trailer t;

	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), -1);
	assert_true(err.code == HF_ETAMPER || err.code == HF_EINPUT);
	assert_int_equal(kit_open(&kit, fd, NULL, &err), -1);
	assert_true(err.code == HF_ETAMPER || err.code == HF_EINPUT);
}

/*
 * Signed by a host that does not keep to the format: only opening can tell,
 * and tells before a byte of the document is handed out.
 */
static void
expect_not_opened(int fd)
{
	struct hf_sealed_trailer t;

	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), 0);
	assert_int_equal(kit_open(&kit, fd, NULL, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
}

static void
expect_good(int fd, const void *doc, size_t n)
{
	struct hf_sealed_trailer t;
	struct hf_buf out;

	hf_buf_init(&out, n + 1);
	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), 0);
	assert_int_equal(kit_open(&kit, fd, &out, &err), 0);
	assert_int_equal(out.n, n);
	assert_memory_equal(out.p, doc, n);
	hf_buf_clear(&out);
}

static size_t
header_length(int fd)
{
	struct hf_sealed_header h;
	struct hf_buf buf;
	size_t n;

	hf_buf_init(&buf, HF_HEADER_MAX);
	assert_int_equal(hf_sealed_header_read(fd, &buf, &h, &err), 0);
	n = h.whole.n;
	hf_buf_clear(&buf);
	return n;
}

/* --- every change of a small file --- */

/*
 * Digest, duplicate tag and signature in the trailer are for adoption and
 * fsck; the opening does not look at them, and what comes out is right.
 */
static bool
is_only_for_the_check(size_t at, size_t size)
{
	return at >= size - HF_TRAILER_LEN + 12;
}

static void
a_small_file_with_any_bit_changed_is_refused(void **state)
{
	int fd = kit_seal(&kit, "hello", 5);
	size_t n = kit_size(fd), i;
	struct hf_sealed_trailer t;
	uint8_t was, now;
	int bit;

	(void)state;
	for (i = 0; i < n; i++)
		for (bit = 0; bit < 8; bit++) {
			assert_int_equal(pread(fd, &was, 1, (off_t)i), 1);
			now = (uint8_t)(was ^ 1 << bit);
			put(fd, &now, 1, i);
			if (is_only_for_the_check(i, n))
				assert_int_equal(hf_sealed_check(fd,
						     kit.host.pk, &t, &err),
				    -1);
			else
				expect_refused(fd);
			put(fd, &was, 1, i);
		}
	expect_good(fd, "hello", 5);
	close(fd);
}

static void
a_changed_digest_never_changes_what_comes_out(void **state)
{
	int fd = kit_seal(&kit, "hello", 5);
	size_t n = kit_size(fd), i;
	struct hf_buf out;
	uint8_t was, now;

	(void)state;
	hf_buf_init(&out, 6);
	for (i = n - HF_TRAILER_LEN + 12; i < n; i++) {
		assert_int_equal(pread(fd, &was, 1, (off_t)i), 1);
		now = (uint8_t)~was;
		put(fd, &now, 1, i);
		hf_buf_reset(&out);
		assert_int_equal(kit_open(&kit, fd, &out, &err), 0);
		assert_int_equal(out.n, 5);
		assert_memory_equal(out.p, "hello", 5);
		put(fd, &was, 1, i);
	}
	hf_buf_clear(&out);
	close(fd);
}

static void
a_small_file_cut_to_any_length_is_refused(void **state)
{
	int fd = kit_seal(&kit, "hello", 5), cut;
	uint8_t *p;
	size_t n, i;

	(void)state;
	p = kit_bytes(fd, &n);
	for (i = 0; i < n; i++) {
		cut = kit_file(p, i);
		expect_refused(cut);
		close(cut);
		cut = kit_file(p + n - i, i);	/* from the front */
		expect_refused(cut);
		close(cut);
	}
	free(p);
	close(fd);
}

static void
a_small_file_with_any_byte_missing_or_doubled_is_refused(void **state)
{
	int fd = kit_seal(&kit, "hello", 5), other;
	uint8_t *p, *q;
	size_t n, i;

	(void)state;
	p = kit_bytes(fd, &n);
	q = malloc(n + 1);
	for (i = 0; i < n; i++) {
		memcpy(q, p, i);
		memcpy(q + i, p + i + 1, n - i - 1);
		other = kit_file(q, n - 1);
		expect_refused(other);
		close(other);
		memcpy(q, p, i + 1);
		memcpy(q + i + 1, p + i, n - i);
		other = kit_file(q, n + 1);
		expect_refused(other);
		close(other);
	}
	free(q);
	free(p);
	close(fd);
}

static void
bytes_added_at_the_end_are_refused(void **state)
{
	uint8_t zeros[HF_CHUNK_SEALED + HF_TRAILER_LEN] = { 0 };
	static const size_t more[] = { 1, 17, 18, 140, HF_CHUNK_SEALED,
		HF_CHUNK_SEALED + HF_TRAILER_LEN };
	int fd = kit_seal(&kit, "hello", 5);
	size_t n = kit_size(fd), i;

	(void)state;
	for (i = 0; i < sizeof more / sizeof more[0]; i++) {
		put(fd, zeros, more[i], n);
		expect_refused(fd);
		assert_int_equal(ftruncate(fd, (off_t)n), 0);
	}
	/* a second trailer, which is a good one */
	assert_int_equal(pread(fd, zeros, HF_TRAILER_LEN,
			     (off_t)n - HF_TRAILER_LEN), HF_TRAILER_LEN);
	put(fd, zeros, HF_TRAILER_LEN, n);
	expect_refused(fd);
	close(fd);
}

/* --- changes of a large file --- */

static void
a_large_file_with_a_random_byte_changed_is_refused(void **state)
{
	const size_t len = 3 * HF_CHUNK + 1000;
	uint64_t seed = kit_seed();
	uint8_t *doc = malloc(len), was, now;
	struct hf_sealed_trailer t;
	size_t n, at;
	int fd, i;

	(void)state;
	kit_fill(doc, len, seed);
	fd = kit_seal(&kit, doc, len);
	n = kit_size(fd);
	for (i = 0; i < 300; i++) {
		at = kit_random(&seed) % n;
		assert_int_equal(pread(fd, &was, 1, (off_t)at), 1);
		now = (uint8_t)(was ^ (1 + kit_random(&seed) % 255));
		put(fd, &now, 1, at);
		if (is_only_for_the_check(at, n))
			assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t,
					     &err), -1);
		else
			expect_refused(fd);
		put(fd, &was, 1, at);
	}
	expect_good(fd, doc, len);
	free(doc);
	close(fd);
}

static void
a_large_file_cut_at_random_is_refused(void **state)
{
	const size_t len = 3 * HF_CHUNK + 1000;
	uint64_t seed = kit_seed();
	uint8_t *doc = malloc(len), *p;
	size_t n;
	int fd, i, cut;

	(void)state;
	kit_fill(doc, len, seed);
	fd = kit_seal(&kit, doc, len);
	p = kit_bytes(fd, &n);
	for (i = 0; i < 100; i++) {
		cut = kit_file(p, kit_random(&seed) % n);
		expect_refused(cut);
		close(cut);
	}
	free(p);
	free(doc);
	close(fd);
}

/* The same, but by one who can sign: the host's own key. */
static void
a_cut_with_a_new_valid_trailer_is_refused(void **state)
{
	const size_t len = 3 * HF_CHUNK + 1000;
	uint8_t *doc = malloc(len), *p;
	size_t n, begin_at, i;
	int fd, cut;

	(void)state;
	kit_fill(doc, len, 1);
	fd = kit_seal(&kit, doc, len);
	begin_at = header_length(fd) + HF_STREAM_HDR;
	p = kit_bytes(fd, &n);
	for (i = 1; i <= 3; i++) {	/* at the end of each chunk */
		cut = kit_file(p, begin_at + i * HF_CHUNK_SEALED);
		kit_sign_again(&kit, cut);
		expect_not_opened(cut);
		assert_non_null(strstr(err.text, "cut"));
		close(cut);
	}
	free(p);
	free(doc);
	close(fd);
}

static void
chunks_that_change_places_are_refused(void **state)
{
	const size_t len = 3 * HF_CHUNK;
	uint8_t *doc = malloc(len), *p;
	size_t n, at;
	int fd;

	(void)state;
	memset(doc, 'a', len);	/* the same plaintext in each */
	fd = kit_seal(&kit, doc, len);
	at = header_length(fd) + HF_STREAM_HDR;
	p = kit_bytes(fd, &n);
	put(fd, p + at, HF_CHUNK_SEALED, at + HF_CHUNK_SEALED);
	put(fd, p + at + HF_CHUNK_SEALED, HF_CHUNK_SEALED, at);
	expect_refused(fd);
	kit_sign_again(&kit, fd);
	expect_not_opened(fd);
	free(p);
	free(doc);
	close(fd);
}

static void
a_chunk_of_another_document_is_refused(void **state)
{
	const size_t len = 3 * HF_CHUNK;
	uint8_t *doc = malloc(len), *b;
	int fa, fb;
	size_t n, at, i;

	(void)state;
	memset(doc, 'a', len);
	fb = kit_seal(&kit, doc, len);
	b = kit_bytes(fb, &n);
	at = header_length(fb) + HF_STREAM_HDR;
	for (i = 0; i < 3; i++) {
		fa = kit_seal(&kit, doc, len);
		assert_int_equal(kit_size(fa), n);
		put(fa, b + at + i * HF_CHUNK_SEALED, HF_CHUNK_SEALED,
		    at + i * HF_CHUNK_SEALED);
		expect_refused(fa);
		kit_sign_again(&kit, fa);
		expect_not_opened(fa);
		close(fa);
	}
	free(b);
	free(doc);
	close(fb);
}

static void
the_header_of_another_document_is_refused(void **state)
{
	int fa = kit_seal(&kit, "one", 3), fb = kit_seal(&kit, "two", 3);
	size_t n, at = header_length(fa);
	uint8_t *b = kit_bytes(fb, &n);

	(void)state;
	put(fa, b, at, 0);		/* header alone */
	expect_refused(fa);
	kit_sign_again(&kit, fa);
	expect_not_opened(fa);
	put(fa, b, at + HF_STREAM_HDR, 0); /* header and stream header */
	kit_sign_again(&kit, fa);
	expect_not_opened(fa);
	free(b);
	close(fa);
	close(fb);
}

/*
 * Even with the same file key: a header with another envelope (say, another
 * owner) sealed around the key of a document that exists.
 */
static void
a_new_header_around_the_same_file_key_is_refused(void **state)
{
	uint8_t key[32], plain[32 + HF_ENVELOPE_MAX], *box;
	struct hf_sealed_header h;
	struct hf_buf head, env;
	int fd = kit_seal(&kit, "hello", 5);

	(void)state;
	hf_buf_init(&head, HF_HEADER_MAX);
	hf_buf_init(&env, HF_BOX_MAX);
	assert_int_equal(hf_sealed_header_read(fd, &head, &h, &err), 0);
	assert_int_equal(hf_unseal_box(&h, kit.pk, kit.sk, key, &env, &err),
	    0);
	memcpy(plain, key, 32);
	memcpy(plain + 32, env.p, env.n);
	box = malloc(h.box.n);
	assert_int_equal(crypto_box_seal(box, plain, 32 + env.n, kit.pk), 0);
	put(fd, box, h.box.n, HF_HEADER_FIXED);
	kit_sign_again(&kit, fd);
	expect_not_opened(fd);
	free(box);
	hf_buf_clear(&env);
	hf_buf_clear(&head);
	close(fd);
}

static void
a_trailer_that_states_another_length_is_refused_though_signed(void **state)
{
	int fd = kit_seal(&kit, "hello", 5);
	const uint64_t n = kit_size(fd) - HF_TRAILER_LEN;

	(void)state;
	kit_sign_length(&kit, fd, n + 1);
	expect_refused(fd);
	assert_non_null(strstr(err.text, "length"));
	kit_sign_length(&kit, fd, n);
	expect_good(fd, "hello", 5);
	close(fd);
}

/* --- writers that break the format, with every key --- */

static void
expect_forged(const struct forged_chunk *chunks, size_t n)
{
	static uint8_t doc[4 * HF_CHUNK];
	int fd = kit_forge(&kit, doc, chunks, n);

	expect_not_opened(fd);
	close(fd);
}

static void
data_after_the_final_tag_is_refused(void **state)
{
	static const struct forged_chunk full[] = { { HF_CHUNK, FINAL, 0 },
		{ 5, FINAL, 1 } };
	static const struct forged_chunk message[] = { { HF_CHUNK, FINAL, 0 },
		{ 5, MESSAGE, 1 } };
	static const struct forged_chunk later[] = { { HF_CHUNK, MESSAGE, 0 },
		{ HF_CHUNK, FINAL, 1 }, { HF_CHUNK, FINAL, 2 } };

	(void)state;
	expect_forged(full, 2);
	assert_non_null(strstr(err.text, "goes on after its end"));
	expect_forged(message, 2);
	expect_forged(later, 3);
}

static void
a_document_without_a_final_tag_is_refused(void **state)
{
	static const struct forged_chunk one[] = { { 5, MESSAGE, 0 } };
	static const struct forged_chunk two[] = { { HF_CHUNK, MESSAGE, 0 },
		{ HF_CHUNK, MESSAGE, 1 } };

	(void)state;
	expect_forged(one, 1);
	expect_forged(two, 2);
}

static void
tags_that_the_format_does_not_know_are_refused(void **state)
{
	static const struct forged_chunk push[] = { { HF_CHUNK, PUSH, 0 },
		{ 5, FINAL, 1 } };
	static const struct forged_chunk rekey[] = { { HF_CHUNK, REKEY, 0 },
		{ 5, FINAL, 1 } };
	static const struct forged_chunk odd[] = { { 5, 0x13, 0 } };

	(void)state;
	expect_forged(push, 2);
	expect_forged(rekey, 2);
	expect_forged(odd, 1);
}

static void
an_index_that_is_not_the_place_is_refused(void **state)
{
	static const struct forged_chunk from_one[] = { { 5, FINAL, 1 } };
	static const struct forged_chunk twice[] = { { HF_CHUNK, MESSAGE, 0 },
		{ 5, FINAL, 0 } };

	(void)state;
	expect_forged(from_one, 1);
	expect_forged(twice, 2);
}

static void
short_chunks_before_the_end_are_refused(void **state)
{
	static const struct forged_chunk chunks[] = { { 100, MESSAGE, 0 },
		{ 100, FINAL, 1 } };

	(void)state;
	expect_forged(chunks, 2);
}

static void
an_empty_last_chunk_is_refused(void **state)
{
	static const struct forged_chunk alone[] = { { 0, FINAL, 0 } };
	static const struct forged_chunk behind[] = { { HF_CHUNK, MESSAGE, 0 },
		{ 0, FINAL, 1 } };
	static const uint8_t doc[HF_CHUNK];
	struct hf_sealed_trailer t;
	int fd;

	(void)state;
	fd = kit_forge(&kit, doc, alone, 1);
	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), -1);
	assert_int_equal(kit_open(&kit, fd, NULL, &err), -1);
	close(fd);
	fd = kit_forge(&kit, doc, behind, 2);
	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), -1);
	assert_int_equal(kit_open(&kit, fd, NULL, &err), -1);
	close(fd);
}

/* --- the box --- */

static void
a_box_opens_only_with_its_own_key(void **state)
{
	uint8_t key[32] = { 0 }, zero[32] = { 0 }, pk[32], sk[32];
	struct hf_sealed_header h;
	struct hf_buf head, env;
	int fd = kit_seal(&kit, "x", 1);

	(void)state;
	hf_buf_init(&head, HF_HEADER_MAX);
	hf_buf_init(&env, HF_BOX_MAX);
	crypto_box_keypair(pk, sk);
	assert_int_equal(hf_sealed_header_read(fd, &head, &h, &err), 0);
	assert_int_equal(hf_unseal_box(&h, pk, sk, key, &env, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	assert_memory_equal(key, zero, 32);
	assert_int_equal(env.n, 0);
	hf_buf_clear(&env);
	hf_buf_clear(&head);
	close(fd);
}

static void
the_box_gives_the_envelope_that_was_sealed(void **state)
{
	struct hf_sealed_header h;
	struct hf_envelope got;
	struct hf_buf head, env, want;
	uint8_t key[32];
	int fd = kit_seal(&kit, "x", 1);

	(void)state;
	hf_buf_init(&head, HF_HEADER_MAX);
	hf_buf_init(&env, HF_BOX_MAX);
	hf_buf_init(&want, HF_ENVELOPE_MAX);
	assert_int_equal(hf_sealed_header_read(fd, &head, &h, &err), 0);
	assert_int_equal(hf_unseal_box(&h, kit.pk, kit.sk, key, &env, &err),
	    0);
	assert_int_equal(hf_envelope_put(&want, &kit.env, &err), 0);
	assert_true(hf_view_equal(hf_buf_view(&env), hf_buf_view(&want)));
	assert_int_equal(hf_envelope_get(hf_buf_view(&env), &got, &err), 0);
	assert_string_equal(got.title, kit.env.title);
	hf_buf_clear(&want);
	hf_buf_clear(&env);
	hf_buf_clear(&head);
	close(fd);
}

static void
an_envelope_larger_than_the_buffer_is_an_error_and_leaves_no_key(void **state)
{
	uint8_t key[32] = { 0 }, zero[32] = { 0 };
	struct hf_sealed_header h;
	struct hf_buf head, env;
	int fd = kit_seal(&kit, "x", 1);

	(void)state;
	hf_buf_init(&head, HF_HEADER_MAX);
	hf_buf_init(&env, 10);
	assert_int_equal(hf_sealed_header_read(fd, &head, &h, &err), 0);
	assert_int_equal(hf_unseal_box(&h, kit.pk, kit.sk, key, &env, &err),
	    -1);
	assert_int_equal(err.code, HF_EFULL);
	assert_memory_equal(key, zero, 32);
	hf_buf_clear(&env);
	hf_buf_clear(&head);
	close(fd);
}

/* --- reading --- */

struct opened {
	struct hf_unsealer *u;
	uint8_t key[32];
	uint8_t *doc;
	int fd;
};

static void
open_document(struct opened *o, size_t len)
{
	struct hf_sealed_header h;
	struct hf_buf head, env;

	o->doc = malloc(len);
	kit_fill(o->doc, len, 11);
	o->fd = kit_seal(&kit, o->doc, len);
	hf_buf_init(&head, HF_HEADER_MAX);
	hf_buf_init(&env, HF_BOX_MAX);
	assert_int_equal(hf_sealed_header_read(o->fd, &head, &h, &err), 0);
	assert_int_equal(hf_unseal_box(&h, kit.pk, kit.sk, o->key, &env,
			     &err), 0);
	hf_buf_clear(&env);
	hf_buf_clear(&head);
	o->u = hf_unsealer_new(o->fd, o->key, &err);
	assert_non_null(o->u);
	assert_int_equal(hf_unsealer_length(o->u), len);
}

static void
close_document(struct opened *o)
{
	hf_unsealer_free(o->u);
	close(o->fd);
	free(o->doc);
}

static void
expect_rest(struct opened *o, size_t at, size_t len)
{
	struct hf_view v;

	for (;;) {
		assert_int_equal(hf_unsealer_next(o->u, &v, &err), 0);
		if (v.n == 0)
			break;
		assert_in_range(v.n, 1, len - at);
		assert_memory_equal(v.p, o->doc + at, v.n);
		at += v.n;
	}
	assert_int_equal(at, len);
	assert_int_equal(hf_unsealer_next(o->u, &v, &err), 0);
	assert_int_equal(v.n, 0);	/* and so on */
}

static void
rewinding_starts_again_from_anywhere(void **state)
{
	const size_t len = 2 * HF_CHUNK + 7;
	struct opened o;
	struct hf_view v;
	int i, k;

	(void)state;
	open_document(&o, len);
	for (i = 0; i <= 4; i++) {
		for (k = 0; k < i; k++)
			assert_int_equal(hf_unsealer_next(o.u, &v, &err), 0);
		assert_int_equal(hf_unsealer_rewind(o.u, &err), 0);
		expect_rest(&o, 0, len);
		assert_int_equal(hf_unsealer_verify(o.u, &err), 0);
	}
	expect_rest(&o, 0, len);
	close_document(&o);
}

static void
reading_does_not_move_the_offset_of_the_descriptor(void **state)
{
	struct opened o;

	(void)state;
	open_document(&o, HF_CHUNK + 1);
	assert_int_equal(lseek(o.fd, 3, SEEK_SET), 3);
	expect_rest(&o, 0, HF_CHUNK + 1);
	assert_int_equal(lseek(o.fd, 0, SEEK_CUR), 3);
	close_document(&o);
}

static void
short_and_interrupted_reads_lose_nothing(void **state)
{
	struct opened o;

	(void)state;
	faults.pread_most = 999;
	faults.interrupted = 4;
	open_document(&o, HF_CHUNK + 1000);
	expect_rest(&o, 0, HF_CHUNK + 1000);
	close_document(&o);
}

static void
every_failing_read_is_told_with_its_reason(void **state)
{
	struct hf_unsealer *u;
	struct opened o;
	struct hf_view v;
	long i, preads;

	(void)state;
	open_document(&o, HF_CHUNK + 1000);
	faults.preads = 0;
	u = hf_unsealer_new(o.fd, o.key, &err);
	preads = faults.preads;
	assert_true(preads >= 3);
	hf_unsealer_free(u);
	faults.pread_errno = EIO;
	for (i = 0; i < preads; i++) {
		faults.pread_countdown = i;
		assert_null(hf_unsealer_new(o.fd, o.key, &err));
		assert_int_equal(err.code, HF_ESYS);
		assert_int_equal(err.sys, EIO);
	}
	faults.pread_countdown = 1;
	assert_int_equal(hf_unsealer_next(o.u, &v, &err), 0);
	assert_int_equal(hf_unsealer_next(o.u, &v, &err), -1);
	assert_int_equal(err.sys, EIO);
	faults.pread_countdown = -1;	/* the disk is well again */
	assert_int_equal(hf_unsealer_rewind(o.u, &err), 0);
	expect_rest(&o, 0, HF_CHUNK + 1000);
	close_document(&o);
}

static void
a_file_that_shrinks_between_the_passes_is_refused(void **state)
{
	struct opened o;
	struct hf_view v;

	(void)state;
	open_document(&o, 2 * HF_CHUNK);
	assert_int_equal(hf_unsealer_verify(o.u, &err), 0);
	assert_int_equal(ftruncate(o.fd, HF_CHUNK + 2000), 0);
	assert_int_equal(hf_unsealer_next(o.u, &v, &err), 0);
	assert_int_equal(hf_unsealer_next(o.u, &v, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	assert_non_null(strstr(err.text, "shorter"));
	close_document(&o);
}

static void
a_file_that_changes_between_the_passes_gives_no_wrong_byte(void **state)
{
	struct opened o;
	struct hf_view v;

	(void)state;
	open_document(&o, 2 * HF_CHUNK);
	assert_int_equal(hf_unsealer_verify(o.u, &err), 0);
	put(o.fd, "x", 1, kit_size(o.fd) - HF_TRAILER_LEN - 1);
	assert_int_equal(hf_unsealer_next(o.u, &v, &err), 0);
	assert_memory_equal(v.p, o.doc, v.n);
	assert_int_equal(hf_unsealer_next(o.u, &v, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	close_document(&o);
}

static void
another_file_key_opens_nothing(void **state)
{
	struct hf_unsealer *u;
	struct opened o;
	struct hf_view v = { NULL, 0 };

	(void)state;
	open_document(&o, 100);
	o.key[31] ^= 1;
	u = hf_unsealer_new(o.fd, o.key, &err);
	assert_non_null(u);
	assert_int_equal(hf_unsealer_next(u, &v, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	assert_null(v.p);
	hf_unsealer_free(u);
	close_document(&o);
}

static void
an_unsealer_takes_less_than_140_kib_whatever_the_size(void **state)
{
	struct opened o;

	(void)state;
	faults.allocated = 0;
	open_document(&o, 3000000);
	hf_unsealer_free(o.u);
	faults.allocated = 0;
	o.u = hf_unsealer_new(o.fd, o.key, &err);
	assert_int_equal(hf_unsealer_verify(o.u, &err), 0);
	assert_in_range(faults.allocated, 64 * 1024, 140 * 1024);
	close_document(&o);
}

static void
running_out_of_memory_is_an_ordinary_error(void **state)
{
	struct opened o;

	(void)state;
	open_document(&o, 10);
	faults.no_memory = true;
	assert_null(hf_unsealer_new(o.fd, o.key, &err));
	faults.no_memory = false;
	assert_int_equal(err.code, HF_ENOMEM);
	close_document(&o);
}

static void
what_an_unsealer_knew_is_wiped_when_it_is_freed(void **state)
{
	struct opened o;
	struct hf_view v;
	uint8_t start[32];

	(void)state;
	open_document(&o, 1000);
	memcpy(start, o.doc, sizeof start);
	assert_int_equal(hf_unsealer_next(o.u, &v, &err), 0);
	faults.canary = o.key;
	faults.canary_len = sizeof o.key;
	assert_non_null(memmem(o.u, malloc_usable_size(o.u), o.key, 32));
	hf_unsealer_free(o.u);
	assert_int_equal(faults.canaries, 0);
	o.u = hf_unsealer_new(o.fd, o.key, &err);
	assert_int_equal(hf_unsealer_next(o.u, &v, &err), 0);
	faults.canary = start;
	hf_unsealer_free(o.u);
	assert_int_equal(faults.canaries, 0);
	o.u = NULL;
	faults.canary = NULL;
	close_document(&o);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, begin)
	const struct CMUnitTest tests[] = {
		T(a_small_file_with_any_bit_changed_is_refused),
		T(a_changed_digest_never_changes_what_comes_out),
		T(a_small_file_cut_to_any_length_is_refused),
		T(a_small_file_with_any_byte_missing_or_doubled_is_refused),
		T(bytes_added_at_the_end_are_refused),
		T(a_large_file_with_a_random_byte_changed_is_refused),
		T(a_large_file_cut_at_random_is_refused),
		T(a_cut_with_a_new_valid_trailer_is_refused),
		T(chunks_that_change_places_are_refused),
		T(a_chunk_of_another_document_is_refused),
		T(the_header_of_another_document_is_refused),
		T(a_new_header_around_the_same_file_key_is_refused),
		T(a_trailer_that_states_another_length_is_refused_though_signed),
		T(data_after_the_final_tag_is_refused),
		T(a_document_without_a_final_tag_is_refused),
		T(tags_that_the_format_does_not_know_are_refused),
		T(an_index_that_is_not_the_place_is_refused),
		T(short_chunks_before_the_end_are_refused),
		T(an_empty_last_chunk_is_refused),
		T(a_box_opens_only_with_its_own_key),
		T(the_box_gives_the_envelope_that_was_sealed),
		T(an_envelope_larger_than_the_buffer_is_an_error_and_leaves_no_key),
		T(rewinding_starts_again_from_anywhere),
		T(reading_does_not_move_the_offset_of_the_descriptor),
		T(short_and_interrupted_reads_lose_nothing),
		T(every_failing_read_is_told_with_its_reason),
		T(a_file_that_shrinks_between_the_passes_is_refused),
		T(a_file_that_changes_between_the_passes_gives_no_wrong_byte),
		T(another_file_key_opens_nothing),
		T(an_unsealer_takes_less_than_140_kib_whatever_the_size),
		T(running_out_of_memory_is_an_ordinary_error),
		T(what_an_unsealer_knew_is_wiped_when_it_is_freed),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
