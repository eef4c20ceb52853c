/* link: lib/keylist.c lib/keystore.c lib/hostkey.c lib/sealed.c lib/buf.c lib/err.c lib/file.c */
/*
 * The first byte chooses: a key list as it comes; one that the site signed;
 * the contents of a keystore that the master key sealed; the files of a
 * host's keys.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/keylist.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define CONTEXT "holdfast key list v1"
#define CHECK(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static const uint8_t seed[32] = { 1 }, master[32] = { 2 };
static uint8_t pk[32], sk[64];

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	CHECK(sodium_init() != -1);
	crypto_sign_seed_keypair(pk, sk, seed);
	return 0;
}

/* There is one encoding of a list. */
static void
list(struct hf_view in)
{
	static struct hf_keylist k;
	const struct hf_epoch *epoch;
	struct hf_buf b;

	hf_buf_init(&b, HF_KEYLIST_MAX);
	if (hf_keylist_get(in, pk, &k, NULL) == 0) {
		CHECK(hf_keylist_put(&b, &k, sk, NULL) == 0);
		CHECK(hf_view_equal(hf_buf_view(&b), in));
		if (hf_keylist_current(&k, k.issued, &epoch, NULL) == 0)
			CHECK(epoch->not_before <= k.issued);
	}
	hf_buf_clear(&b);
}

static void
signed_list(const uint8_t *p, size_t n)
{
	uint8_t text[sizeof CONTEXT + HF_KEYLIST_MAX], sig[64];
	uint8_t *whole;

	if (n > HF_KEYLIST_MAX)
		return;
	memcpy(text, CONTEXT, sizeof CONTEXT);
	memcpy(text + sizeof CONTEXT, p, n);
	crypto_sign_detached(sig, NULL, text, sizeof CONTEXT + n, sk);
	whole = malloc(n + 64);
	CHECK(whole != NULL);
	memcpy(whole, p, n);
	memcpy(whole + n, sig, 64);
	list(hf_view_of(whole, n + 64));
	free(whole);
}

static void
keystore(const uint8_t *p, size_t n)
{
	static struct hf_keystore k, again;
	uint8_t sealed[8 + 24 + HF_KEYSTORE_MAX];
	struct hf_buf b;

	if (n > HF_KEYSTORE_MAX - 8 - 24 - 16)
		return;
	memcpy(sealed, "HFSTORE1", 8);
	memset(sealed + 8, 3, 24);
	crypto_secretbox_easy(sealed + 32, p, n, sealed + 8, master);
	if (hf_keystore_get(hf_view_of(sealed, 32 + 16 + n), master, &k,
		NULL) == -1)
		return;
	hf_buf_init(&b, HF_KEYSTORE_MAX);
	CHECK(hf_keystore_put(&b, &k, master, NULL) == 0);
	memset(&again, 0, sizeof again);
	CHECK(hf_keystore_get(hf_buf_view(&b), master, &again, NULL) == 0);
	CHECK(again.n == k.n);
	(void)hf_keystore_forget(&again, 1700000000);
	hf_buf_clear(&b);
}

static void
host_files(const uint8_t *p, size_t n)
{
	char path[64];
	struct hf_host_key k;
	int fd;

	/* hf_file_read follows no links, so the file needs a name. */
	snprintf(path, sizeof path, "/dev/shm/hf-fuzz-%ld", (long)getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return;
	CHECK(write(fd, p, n) == (ssize_t)n);
	close(fd);
	if (hf_host_key_load(path, &k, NULL) == 0)
		CHECK(n == 130);
	unlink(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	switch (p[0] & 3) {
	case 0:
		list(hf_view_of(p + 1, n - 1));
		break;
	case 1:
		signed_list(p + 1, n - 1);
		break;
	case 2:
		keystore(p + 1, n - 1);
		break;
	default:
		host_files(p + 1, n - 1);
	}
	return 0;
}
