/* link: tests/unit/sealkit.c release/common/unseal.c -Wl,--wrap=write -Wl,--wrap=sync_file_range -Wl,--wrap=calloc -Wl,--wrap=free */
#include "lib/seal.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sealkit.h"

/* What the system does wrong, set by each test. */
static struct {
	long write_countdown;	/* writes that work before one fails; -1: all */
	int write_errno;
	size_t write_most;	/* bytes a write takes; 0: all */
	long interrupted;	/* every nth write gets EINTR; 0: none */
	long writes;
	long write_backs;
	int write_back_errno;
	bool no_memory;
	size_t allocated;	/* by calloc, largest */
	const void *canary;	/* looked for in what is freed */
	size_t canary_len;
	long canaries;
} faults;

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_sync_file_range(int fd, off_t at, off_t n, unsigned flags);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void __real_free(void *p);
void __wrap_free(void *p);

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (fd <= 2)
		return __real_write(fd, p, n);
	faults.writes++;
	if (faults.interrupted != 0 &&
	    faults.writes % faults.interrupted == 0) {
		errno = EINTR;
		return -1;
	}
	if (faults.write_countdown == 0) {
		errno = faults.write_errno;
		return -1;
	}
	if (faults.write_countdown > 0)
		faults.write_countdown--;
	if (faults.write_most != 0 && n > faults.write_most)
		n = faults.write_most;
	return __real_write(fd, p, n);
}

int
__wrap_sync_file_range(int fd, off_t at, off_t n, unsigned flags)
{
	(void)fd;
	(void)at;
	(void)n;
	(void)flags;
	faults.write_backs++;
	if (faults.write_back_errno != 0) {
		errno = faults.write_back_errno;
		return -1;
	}
	return 0;
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
	faults.write_countdown = -1;
	memset(&err, 0, sizeof err);
	return 0;
}

static int
setup(void **state)
{
	kit_init(&kit);
	return begin(state);
}

static struct hf_sealer *
sealer(int fd)
{
	return hf_sealer_new(fd, kit.pk, &kit.host, &kit.env, &err);
}

/* --- what it writes --- */

static void
expect_round_trip(size_t n)
{
	struct hf_sealed_trailer t;
	uint8_t *doc = malloc(n);
	struct hf_buf out;
	int fd;

	kit_fill(doc, n, n);
	fd = kit_seal(&kit, doc, n);
	hf_buf_init(&out, n + 1);
	assert_int_equal(kit_open(&kit, fd, &out, &err), 0);
	assert_int_equal(out.n, n);
	assert_memory_equal(out.p, doc, n);
	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), 0);
	assert_int_equal(t.length, kit_size(fd) - HF_TRAILER_LEN);
	hf_buf_clear(&out);
	free(doc);
	close(fd);
}

static void
a_document_of_any_length_around_a_chunk_comes_back_byte_for_byte(void **state)
{
	static const size_t at[] = { 1, 65536, 131072, 196608, 1000000 };
	size_t i;
	int d;

	(void)state;
	for (i = 0; i < sizeof at / sizeof at[0]; i++)
		for (d = -2; d <= 2; d++)
			if ((long)at[i] + d > 0)
				expect_round_trip((size_t)((long)at[i] + d));
}

static void
it_does_not_matter_in_which_pieces_a_document_arrives(void **state)
{
	static const size_t pieces[] = { 1, 7, 4096, 65535, 65536, 65537,
		200000 };
	const size_t n = 200000;
	uint8_t *doc = malloc(n);
	struct hf_sealer *s;
	struct hf_buf out;
	size_t i, at, k;
	int fd;

	(void)state;
	kit_fill(doc, n, 4);
	for (i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		fd = kit_file(NULL, 0);
		s = sealer(fd);
		for (at = 0; at < n; at += k) {
			k = n - at < pieces[i] ? n - at : pieces[i];
			assert_int_equal(hf_sealer_write(s, doc + at, k, &err),
			    0);
			assert_int_equal(hf_sealer_plain(s), at + k);
		}
		assert_int_equal(hf_sealer_finish(s, &err), 0);
		hf_sealer_free(s);
		hf_buf_init(&out, n + 1);
		assert_int_equal(kit_open(&kit, fd, &out, &err), 0);
		assert_int_equal(out.n, n);
		assert_memory_equal(out.p, doc, n);
		hf_buf_clear(&out);
		close(fd);
	}
	free(doc);
}

static void
the_sealed_length_tells_the_plain_length(void **state)
{
	static const size_t at[] = { 1, 2, 65535, 65536, 65537, 131072,
		131073 };
	uint8_t *doc = calloc(1, 131073);
	struct hf_sealed_header h;
	struct hf_buf buf;
	size_t i;
	int fd;

	(void)state;
	hf_buf_init(&buf, HF_HEADER_MAX);
	for (i = 0; i < sizeof at / sizeof at[0]; i++) {
		fd = kit_seal(&kit, doc, at[i]);
		assert_int_equal(hf_sealed_header_read(fd, &buf, &h, &err), 0);
		assert_int_equal(hf_sealed_plain_length(kit_size(fd),
				     h.whole.n), at[i]);
		close(fd);
	}
	hf_buf_clear(&buf);
	free(doc);
}

static void
lengths_that_no_writer_makes_have_no_plain_length(void **state)
{
	const uint64_t around = 200 + HF_STREAM_HDR + HF_TRAILER_LEN;
	size_t i;

	(void)state;
	for (i = 0; i <= 17; i++) {
		assert_int_equal(hf_sealed_plain_length(around + i, 200), 0);
		assert_int_equal(hf_sealed_plain_length(around + i +
				     HF_CHUNK_SEALED, 200),
		    i == 0 ? HF_CHUNK : 0);
	}
	assert_int_equal(hf_sealed_plain_length(around + 18, 200), 1);
	assert_int_equal(hf_sealed_plain_length(0, 200), 0);
	assert_int_equal(hf_sealed_plain_length(100, UINT64_MAX), 0);
	assert_int_equal(hf_sealed_plain_length(UINT64_MAX, UINT64_MAX), 0);
	assert_true(hf_sealed_plain_length(UINT64_MAX, 200) < UINT64_MAX);
}

static void
the_header_names_the_release_key_and_the_host(void **state)
{
	uint8_t id[HF_KEYID_LEN];
	struct hf_sealed_header h;
	struct hf_buf buf;
	int fd = kit_seal(&kit, "x", 1);

	(void)state;
	hf_buf_init(&buf, HF_HEADER_MAX);
	assert_int_equal(hf_sealed_header_read(fd, &buf, &h, &err), 0);
	hf_keyid(kit.pk, id);
	assert_memory_equal(h.key_id, id, sizeof id);
	assert_memory_equal(h.host_id, kit.host.id, sizeof id);
	hf_buf_clear(&buf);
	close(fd);
}

static void
two_seals_of_one_document_have_no_byte_of_key_or_text_in_common(void **state)
{
	uint8_t doc[4096] = { 0 }, *a, *b;
	size_t na, nb, i, same = 0;
	int fa = kit_seal(&kit, doc, sizeof doc);
	int fb = kit_seal(&kit, doc, sizeof doc);

	(void)state;
	a = kit_bytes(fa, &na);
	b = kit_bytes(fb, &nb);
	assert_int_equal(na, nb);
	for (i = na - HF_TRAILER_LEN - 4113; i < na - HF_TRAILER_LEN; i++)
		same += a[i] == b[i];
	assert_true(same < 64);	/* 16 are to be expected of 4113 */
	free(a);
	free(b);
	close(fa);
	close(fb);
}

static void
no_readable_byte_of_document_or_envelope_is_in_the_file(void **state)
{
	static const char canary[] = "canary of the document";
	uint8_t doc[3 * 65536], *p;
	size_t n, i;
	int fd;

	(void)state;
	for (i = 0; i + sizeof canary <= sizeof doc; i += sizeof canary)
		memcpy(doc + i, canary, sizeof canary);
	assert_non_null(memmem(doc, sizeof doc, canary, 8)); /* control */
	fd = kit_seal(&kit, doc, sizeof doc);
	p = kit_bytes(fd, &n);
	assert_null(memmem(p, n, "canary", 6));
	assert_null(memmem(p, n, kit.env.title, 8));
	assert_null(memmem(p, n, kit.env.owner, strlen(kit.env.owner) + 1));
	assert_null(memmem(p, n, "application/pdf", 15));
	free(p);
	close(fd);
}

static void
the_second_writer_of_the_tests_agrees_with_the_reader(void **state)
{
	static const struct forged_chunk honest[] = {
		{ 65536, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE, 0 },
		{ 100, crypto_secretstream_xchacha20poly1305_TAG_FINAL, 1 },
	};
	uint8_t *doc = malloc(65636);
	struct hf_sealed_trailer t;
	struct hf_buf out;
	int fd;

	(void)state;
	kit_fill(doc, 65636, 3);
	fd = kit_forge(&kit, doc, honest, 2);
	hf_buf_init(&out, 65637);
	assert_int_equal(kit_open(&kit, fd, &out, &err), 0);
	assert_int_equal(out.n, 65636);
	assert_memory_equal(out.p, doc, out.n);
	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), 0);
	hf_buf_clear(&out);
	free(doc);
	close(fd);
}

/* --- duplicate tag --- */

static void
dup_tag(const struct kit *k, const void *p, size_t n,
    uint8_t out[HF_DUP_TAG_LEN])
{
	struct hf_sealed_trailer t;
	int fd = kit_seal(k, p, n);

	assert_int_equal(hf_sealed_check(fd, k->host.pk, &t, &err), 0);
	memcpy(out, t.dup_tag, sizeof t.dup_tag);
	close(fd);
}

/* doc/sealed-format.md, "Duplicate tag", written down a second time. */
static void
expected_dup_tag(const struct kit *k, const uint8_t *doc, size_t n,
    uint8_t out[HF_DUP_TAG_LEN])
{
	const size_t w = n < 65536 ? n : 65536;
	uint8_t in[32 + 8 + 64];
	size_t i;

	hf_envelope_intake_key(&k->env, in);
	for (i = 0; i < 8; i++)
		in[32 + i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
	crypto_hash_sha256(in + 40, doc, w);
	crypto_hash_sha256(in + 72, doc + n - w, w);
	crypto_generichash(out, 32, in, sizeof in, k->host.secret, 32);
}

static void
the_duplicate_tag_is_made_of_length_and_both_ends(void **state)
{
	static const size_t at[] = { 1, 65535, 65536, 65537, 100000, 131071,
		131072, 131073, 300000 };
	uint8_t *doc = malloc(300000), got[32], want[32];
	size_t i;

	(void)state;
	kit_fill(doc, 300000, 9);
	for (i = 0; i < sizeof at / sizeof at[0]; i++) {
		dup_tag(&kit, doc, at[i], got);
		expected_dup_tag(&kit, doc, at[i], want);
		assert_memory_equal(got, want, 32);
	}
	free(doc);
}

static void
equal_documents_of_different_jobs_have_different_duplicate_tags(void **state)
{
	struct kit other = kit;
	uint8_t a[32], b[32], c[32];

	(void)state;
	dup_tag(&kit, "same", 4, a);
	dup_tag(&kit, "same", 4, b);
	other.env.cups_job++;
	dup_tag(&other, "same", 4, c);
	assert_memory_equal(a, b, 32);
	assert_memory_not_equal(a, c, 32);
}

/* --- what it refuses --- */

static void
an_empty_document_is_refused(void **state)
{
	int fd = kit_file(NULL, 0);
	struct hf_sealer *s = sealer(fd);

	(void)state;
	assert_non_null(s);
	assert_int_equal(hf_sealer_write(s, "", 0, &err), 0);
	assert_int_equal(hf_sealer_finish(s, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
	hf_sealer_free(s);
	close(fd);
}

static void
an_envelope_out_of_bounds_is_refused_before_anything_is_written(void **state)
{
	struct hf_envelope bad = kit.env;
	int fd = kit_file(NULL, 0);

	(void)state;
	bad.copies = 0;
	assert_null(hf_sealer_new(fd, kit.pk, &kit.host, &bad, &err));
	assert_int_equal(err.code, HF_EINPUT);
	assert_non_null(strstr(err.text, "copies"));
	assert_int_equal(kit_size(fd), 0);
	close(fd);
}

static void
a_release_key_that_is_no_point_is_refused(void **state)
{
	static const uint8_t zero[32];
	int fd = kit_file(NULL, 0);

	(void)state;
	assert_null(hf_sealer_new(fd, zero, &kit.host, &kit.env, &err));
	assert_int_equal(err.code, HF_ECONFIG);
	assert_int_equal(kit_size(fd), 0);
	close(fd);
}

/* --- when the system fails --- */

static void
short_and_interrupted_writes_lose_nothing(void **state)
{
	const size_t n = 150000;
	uint8_t *doc = malloc(n);
	struct hf_sealed_trailer t;
	struct hf_buf out;
	int fd;

	(void)state;
	kit_fill(doc, n, 5);
	faults.write_most = 1001;
	faults.interrupted = 3;
	fd = kit_seal(&kit, doc, n);
	assert_true(faults.writes > 150);
	hf_buf_init(&out, n);
	assert_int_equal(kit_open(&kit, fd, &out, &err), 0);
	assert_memory_equal(out.p, doc, n);
	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), 0);
	hf_buf_clear(&out);
	free(doc);
	close(fd);
}

/* Seal 150000 bytes; how many writes worked before the one that fails? */
static int
seal_until(long writes, int error)
{
	uint8_t *doc = malloc(150000);
	struct hf_sealer *s = NULL;
	int fd = kit_file(NULL, 0), rc = -1;

	kit_fill(doc, 150000, 5);
	faults.write_countdown = writes;
	faults.write_errno = error;
	s = sealer(fd);
	if (s != NULL && hf_sealer_write(s, doc, 150000, &err) == 0 &&
	    hf_sealer_finish(s, &err) == 0)
		rc = 0;
	hf_sealer_free(s);
	close(fd);
	free(doc);
	return rc;
}

static void
every_failing_write_is_told_with_its_reason(void **state)
{
	long i;

	(void)state;
	for (i = 0; i < 5; i++) { /* header, two chunks, last, trailer */
		assert_int_equal(seal_until(i, ENOSPC), -1);
		assert_int_equal(err.code, HF_EFULL);
		assert_int_equal(err.sys, ENOSPC);
		assert_int_equal(seal_until(i, EIO), -1);
		assert_int_equal(err.code, HF_ESYS);
	}
	assert_int_equal(seal_until(5, ENOSPC), 0);
}

static void
running_out_of_memory_is_an_ordinary_error(void **state)
{
	int fd = kit_file(NULL, 0);

	(void)state;
	faults.no_memory = true;
	assert_null(sealer(fd));
	faults.no_memory = false;
	assert_int_equal(err.code, HF_ENOMEM);
	close(fd);
}

static void
a_sealer_takes_less_than_210_kib_whatever_the_size(void **state)
{
	(void)state;
	faults.allocated = 0;
	expect_round_trip(3000000);
	assert_in_range(faults.allocated, 128 * 1024, 210 * 1024);
}

static void
write_back_starts_every_8_mib_and_its_failure_is_only_a_hint(void **state)
{
	uint8_t *doc = calloc(1, 1 << 20);
	struct hf_sealer *s;
	int fd = kit_file(NULL, 0), i;

	(void)state;
	faults.write_back_errno = ENOSYS;
	s = sealer(fd);
	for (i = 0; i < 33; i++)
		assert_int_equal(hf_sealer_write(s, doc, 1 << 20, &err), 0);
	assert_int_equal(hf_sealer_finish(s, &err), 0);
	assert_int_equal(faults.write_backs, 4);
	hf_sealer_free(s);
	free(doc);
	close(fd);
}

static void
what_a_sealer_knew_is_wiped_when_it_is_freed(void **state)
{
	static const char canary[] = "plaintext of the document";
	uint8_t secret[HF_HOST_SECRET_LEN];
	struct hf_sealer *s;
	int fd = kit_file(NULL, 0);
	uint8_t *doc;
	size_t at;
	char *control;

	(void)state;
	faults.canary = canary;
	faults.canary_len = sizeof canary;
	control = strdup(canary);
	free(control);
	assert_int_equal(faults.canaries, 1);	/* the search works */
	s = sealer(fd);
	assert_int_equal(hf_sealer_write(s, canary, sizeof canary, &err), 0);
	hf_sealer_free(s);
	assert_int_equal(faults.canaries, 1);

	for (at = 1; at < 6; at++) {	/* in either of the buffers */
		s = sealer(fd);
		doc = calloc(1, at * (HF_CHUNK / 2));
		assert_int_equal(hf_sealer_write(s, doc, at * (HF_CHUNK / 2),
				     &err), 0);
		free(doc);
		assert_int_equal(hf_sealer_write(s, canary, sizeof canary,
				     &err), 0);
		if (at % 2 == 0)	/* finished, or given up on the way */
			assert_int_equal(hf_sealer_finish(s, &err), 0);
		hf_sealer_free(s);
		assert_int_equal(faults.canaries, 1);
	}

	memcpy(secret, kit.host.secret, sizeof secret);
	faults.canary = secret;
	faults.canary_len = sizeof secret;
	s = sealer(fd);
	hf_sealer_free(s);
	faults.canary = kit.env.title;	/* in buffers that grew, too */
	faults.canary_len = strlen(kit.env.title);
	s = sealer(fd);
	hf_sealer_free(s);
	assert_int_equal(faults.canaries, 1);
	hf_sealer_free(NULL);
	close(fd);
}

/* --- header and trailer as bytes --- */

static size_t
header_bytes(uint8_t *out, uint32_t box)
{
	memset(out, 0x5a, 28 + HF_BOX_MAX + 100);
	memcpy(out, "HFSEAL1\n", 8);
	out[24] = (uint8_t)(box >> 24);
	out[25] = (uint8_t)(box >> 16);
	out[26] = (uint8_t)(box >> 8);
	out[27] = (uint8_t)box;
	return 28 + box;
}

static void
a_box_has_at_least_81_and_at_most_16384_bytes(void **state)
{
	static const struct {
		uint32_t n;
		int rc;
	} cases[] = { { 0, -1 }, { 80, -1 }, { 81, 0 }, { 16384, 0 },
		{ 16385, -1 }, { UINT32_MAX, -1 } };
	uint8_t *b = malloc(28 + HF_BOX_MAX + 100);
	struct hf_sealed_header h;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		header_bytes(b, cases[i].n);
		memset(&h, 0, sizeof h);
		assert_int_equal(hf_sealed_header_get(
				     hf_view_of(b, 28 + HF_BOX_MAX + 100), &h,
				     &err), cases[i].rc);
		if (cases[i].rc == 0)
			assert_int_equal(h.box.n, cases[i].n);
		else
			assert_null(h.whole.p);	/* untouched */
	}
	free(b);
}

static void
a_header_that_is_cut_anywhere_is_refused(void **state)
{
	uint8_t *b = malloc(28 + HF_BOX_MAX + 100);
	struct hf_sealed_header h;
	size_t n, i;

	(void)state;
	n = header_bytes(b, 100);
	for (i = 0; i < n; i++) {
		assert_int_equal(hf_sealed_header_get(hf_view_of(b, i), &h,
				     &err), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
	assert_int_equal(hf_sealed_header_get(hf_view_of(b, n), &h, &err), 0);
	free(b);
}

static void
a_trailer_has_exactly_140_bytes_and_its_magic(void **state)
{
	uint8_t b[HF_TRAILER_LEN + 1] = "HFT1";
	struct hf_sealed_trailer t;
	size_t i;

	(void)state;
	for (i = 0; i <= sizeof b; i++)
		assert_int_equal(hf_sealed_trailer_get(hf_view_of(b, i), &t,
				     &err), i == HF_TRAILER_LEN ? 0 : -1);
	b[3] = '2';
	assert_int_equal(hf_sealed_trailer_get(hf_view_of(b, HF_TRAILER_LEN),
			     &t, &err), -1);
}

static void
the_check_refuses_the_key_of_another_host(void **state)
{
	struct hf_sealed_trailer t;
	struct kit other;
	int fd = kit_seal(&kit, "x", 1);

	(void)state;
	kit_init(&other);
	assert_int_equal(hf_sealed_check(fd, other.host.pk, &t, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	close(fd);
}

static void
the_check_refuses_a_host_id_that_is_not_the_signers(void **state)
{
	struct hf_sealed_trailer t;
	int fd = kit_seal(&kit, "x", 1);

	(void)state;
	assert_int_equal(pwrite(fd, "another!", 8, 16), 8);
	kit_sign_again(&kit, fd);
	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	close(fd);
}

static void
the_check_refuses_a_document_that_another_signed_in_this_hosts_name(void **state)
{
	struct hf_sealed_trailer t;
	int fd = kit_seal(&kit, "x", 1);
	struct kit other;

	(void)state;
	kit_init(&other);
	kit_sign_again(&other, fd);
	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	kit_sign_again(&kit, fd);
	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), 0);
	close(fd);
}

/* Of header, document and trailer, the duplicate tag among them. */
static void
the_check_refuses_a_file_with_any_one_byte_changed(void **state)
{
	struct hf_sealed_trailer t;
	int fd = kit_seal(&kit, "x", 1);
	uint8_t *p, changed;
	size_t i, n;

	(void)state;
	p = kit_bytes(fd, &n);
	for (i = 0; i < n; i++) {
		changed = p[i] ^ 1;
		assert_int_equal(pwrite(fd, &changed, 1, (off_t)i), 1);
		assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err),
		    -1);
		assert_int_equal(pwrite(fd, p + i, 1, (off_t)i), 1);
	}
	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), 0);
	free(p);
	close(fd);
}

static void
the_check_refuses_what_is_no_plain_file_or_too_short(void **state)
{
	struct hf_sealed_trailer t;
	int fd, p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(hf_sealed_check(p[0], kit.host.pk, &t, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
	close(p[0]);
	close(p[1]);
	fd = kit_file("short", 5);
	assert_int_equal(hf_sealed_check(fd, kit.host.pk, &t, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
	close(fd);
	assert_int_equal(hf_sealed_check(-1, kit.host.pk, &t, &err), -1);
	assert_int_equal(err.code, HF_ESYS);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, begin)
	const struct CMUnitTest tests[] = {
		T(a_document_of_any_length_around_a_chunk_comes_back_byte_for_byte),
		T(it_does_not_matter_in_which_pieces_a_document_arrives),
		T(the_sealed_length_tells_the_plain_length),
		T(lengths_that_no_writer_makes_have_no_plain_length),
		T(the_header_names_the_release_key_and_the_host),
		T(two_seals_of_one_document_have_no_byte_of_key_or_text_in_common),
		T(no_readable_byte_of_document_or_envelope_is_in_the_file),
		T(the_second_writer_of_the_tests_agrees_with_the_reader),
		T(the_duplicate_tag_is_made_of_length_and_both_ends),
		T(equal_documents_of_different_jobs_have_different_duplicate_tags),
		T(an_empty_document_is_refused),
		T(an_envelope_out_of_bounds_is_refused_before_anything_is_written),
		T(a_release_key_that_is_no_point_is_refused),
		T(short_and_interrupted_writes_lose_nothing),
		T(every_failing_write_is_told_with_its_reason),
		T(running_out_of_memory_is_an_ordinary_error),
		T(a_sealer_takes_less_than_210_kib_whatever_the_size),
		T(write_back_starts_every_8_mib_and_its_failure_is_only_a_hint),
		T(what_a_sealer_knew_is_wiped_when_it_is_freed),
		T(a_box_has_at_least_81_and_at_most_16384_bytes),
		T(a_header_that_is_cut_anywhere_is_refused),
		T(a_trailer_has_exactly_140_bytes_and_its_magic),
		T(the_check_refuses_the_key_of_another_host),
		T(the_check_refuses_a_host_id_that_is_not_the_signers),
		T(the_check_refuses_a_document_that_another_signed_in_this_hosts_name),
		T(the_check_refuses_a_file_with_any_one_byte_changed),
		T(the_check_refuses_what_is_no_plain_file_or_too_short),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
