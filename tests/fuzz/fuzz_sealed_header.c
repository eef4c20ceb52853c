/* link: lib/sealed.c lib/sealcheck.c lib/sha256.c lib/buf.c lib/err.c lib/file.c release/common/unseal.c */
/*
 * A sealed file of an enemy: the pure half over the bytes, then all that is
 * done with a file whose host key and file key are known.
 */
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/seal.h"
#include "release/common/unseal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static uint8_t host_pk[32], pk[32], sk[32];
static int fd;

#define CHECK(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t seed[32] = { 1 };
	uint8_t host_sk[64];

	(void)argc;
	(void)argv;
	CHECK(sodium_init() != -1);
	crypto_sign_seed_keypair(host_pk, host_sk, seed);
	crypto_box_seed_keypair(pk, sk, seed);
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	CHECK(fd != -1);
	return 0;
}

/* A length that is possible is the length of what the writer makes. */
static void
check_length(uint64_t file, uint64_t header)
{
	uint64_t plain = hf_sealed_plain_length(file, header);

	if (plain == 0)
		return;
	CHECK(file == header + HF_STREAM_HDR + plain +
		17 * ((plain + HF_CHUNK - 1) / HF_CHUNK) + HF_TRAILER_LEN);
}

static void
check_header(struct hf_view in)
{
	struct hf_sealed_header h;

	if (hf_sealed_header_get(in, &h, NULL) == -1)
		return;
	CHECK(h.whole.p == in.p && h.whole.n <= in.n &&
	    h.whole.n <= HF_HEADER_MAX);
	CHECK(h.box.p == in.p + HF_HEADER_FIXED &&
	    h.whole.n == HF_HEADER_FIXED + h.box.n);
	CHECK(h.box.n >= 81 && h.box.n <= HF_BOX_MAX);
	check_length(in.n, h.whole.n);
}

static void
open_file(void)
{
	static const uint8_t file_key[32] = { 2 };
	struct hf_sealed_header h;
	struct hf_sealed_trailer t;
	struct hf_unsealer *u;
	struct hf_buf head, env;
	uint8_t key[32];

	hf_buf_init(&head, HF_HEADER_MAX);
	hf_buf_init(&env, HF_BOX_MAX);
	if (hf_sealed_header_read(fd, &head, &h, NULL) == 0)
		(void)!hf_unseal_box(&h, pk, sk, key, &env, NULL);
	(void)!hf_sealed_check(fd, host_pk, &t, NULL);
	u = hf_unsealer_new(fd, file_key, NULL);
	if (u != NULL) {
		CHECK(hf_unsealer_length(u) > 0);
		(void)!hf_unsealer_verify(u, NULL);
	}
	hf_unsealer_free(u);
	hf_buf_clear(&env);
	hf_buf_clear(&head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct hf_sealed_trailer t;
	uint64_t a = 0, b = 0;
	size_t i;

	check_header(hf_view_of(p, n));
	CHECK(hf_sealed_trailer_get(hf_view_of(p, n), &t, NULL) == -1 ||
	    n == HF_TRAILER_LEN);
	for (i = 0; i < 16 && i < n; i++) {
		a = a << 8 | (i < 8 ? p[i] : 0);
		b = b << 8 | (i >= 8 ? p[i] : 0);
	}
	if (b <= HF_HEADER_MAX)
		check_length(a, b);
	CHECK(ftruncate(fd, 0) == 0);
	CHECK(n == 0 || pwrite(fd, p, n, 0) == (ssize_t)n);
	open_file();
	return 0;
}
