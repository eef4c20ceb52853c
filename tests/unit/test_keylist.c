/* link: -Wl,--wrap=write -Wl,--wrap=fsync */
#include "lib/keylist.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY 86400

static struct {
	int write_errno;
	int fsync_errno;
} faults;

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (fd > 2 && faults.write_errno != 0) {
		errno = faults.write_errno;
		return -1;
	}
	return __real_write(fd, p, n);
}

int
__wrap_fsync(int fd)
{
	if (faults.fsync_errno != 0) {
		errno = faults.fsync_errno;
		return -1;
	}
	return __real_fsync(fd);
}

static uint8_t site_pk[32], site_sk[64], master[32];
static struct hf_keylist list;
static struct hf_keystore *store;
static struct hf_err err;
static char dir[] = "/tmp/hf-keylist-XXXXXX";
static int dirfd_;

static void
add_epoch(struct hf_keylist *k, uint64_t not_before, uint64_t not_after)
{
	struct hf_epoch *p = &k->epochs[k->n++];

	randombytes_buf(p->pk, sizeof p->pk);
	hf_keyid(p->pk, p->key_id);
	p->not_before = not_before;
	p->not_after = not_after;
}

static int
begin(void **state)
{
	(void)state;
	memset(&faults, 0, sizeof faults);
	memset(&list, 0, sizeof list);
	list.serial = 0x0102030405060708;
	list.issued = 1700000000;
	randombytes_buf(list.tap_pk, sizeof list.tap_pk);
	hf_keyid(list.tap_pk, list.tap_key_id);
	add_epoch(&list, 1000, 1000 + DAY);
	add_epoch(&list, 1000 + DAY, 1000 + 2 * DAY);
	add_epoch(&list, 1000 + 2 * DAY, 1000 + 3 * DAY);
	hf_keystore_new(store);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	assert_int_not_equal(sodium_init(), -1);
	crypto_sign_keypair(site_pk, site_sk);
	randombytes_buf(master, sizeof master);
	store = sodium_malloc(sizeof *store);
	assert_non_null(store);
	assert_non_null(mkdtemp(dir));
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dirfd_ == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	sodium_free(store);
	close(dirfd_);
	return rmdir(dir);
}

/* --- the list --- */

static size_t
encode(const struct hf_keylist *k, uint8_t out[HF_KEYLIST_MAX])
{
	struct hf_buf b;
	size_t n;

	hf_buf_init(&b, HF_KEYLIST_MAX);
	assert_int_equal(hf_keylist_put(&b, k, site_sk, &err), 0);
	n = b.n;
	memcpy(out, b.p, n);
	hf_buf_clear(&b);
	return n;
}

static int
decode(const uint8_t *p, size_t n, struct hf_keylist *out)
{
	uint8_t *exact = malloc(n + (n == 0));
	int rc;

	memcpy(exact, p, n);
	rc = hf_keylist_get(hf_view_of(exact, n), site_pk, out, &err);
	free(exact);
	return rc;
}

/* A list with a good signature, whatever is in it. */
static size_t
sign(uint8_t *b, size_t n)
{
	uint8_t text[21 + HF_KEYLIST_MAX + 100];

	memcpy(text, "holdfast key list v1", 21);
	memcpy(text + 21, b, n);
	crypto_sign_detached(b + n, NULL, text, 21 + n, site_sk);
	return n + 64;
}

static void
a_key_list_comes_back(void **state)
{
	uint8_t b[HF_KEYLIST_MAX];
	struct hf_keylist got;
	size_t n = encode(&list, b);

	(void)state;
	assert_int_equal(n, 66 + 3 * 56 + 64);
	assert_int_equal(decode(b, n, &got), 0);
	assert_true(got.serial == list.serial);
	assert_int_equal(got.issued, list.issued);
	assert_memory_equal(got.tap_pk, list.tap_pk, 32);
	assert_memory_equal(got.tap_key_id, list.tap_key_id, 8);
	assert_int_equal(got.n, 3);
	assert_memory_equal(got.epochs, list.epochs, sizeof list.epochs);
}

static void
a_key_list_holds_1_to_64_epochs(void **state)
{
	uint8_t b[HF_KEYLIST_MAX + 200];
	struct hf_keylist got;
	struct hf_buf none;
	size_t n;

	(void)state;
	list.n = 0;
	hf_buf_init(&none, HF_KEYLIST_MAX);
	assert_int_equal(hf_keylist_put(&none, &list, site_sk, &err), -1);
	assert_int_equal(none.n, 0);
	while (list.n < HF_EPOCHS_MAX)
		add_epoch(&list, 1000 + list.n, 2000 + list.n);
	n = encode(&list, b);
	assert_int_equal(n, HF_KEYLIST_MAX);
	assert_int_equal(decode(b, n, &got), 0);
	assert_int_equal(got.n, 64);
	/* one more, well signed */
	memset(b + n - 64, 0, 56);
	b[65] = 65;
	assert_int_equal(decode(b, sign(b, n - 64 + 56), &got), -1);
	assert_int_equal(err.code, HF_EINPUT);
	/* and none, well signed */
	b[65] = 0;
	assert_int_equal(decode(b, sign(b, 66), &got), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
a_key_list_with_any_bit_changed_is_refused(void **state)
{
	uint8_t b[HF_KEYLIST_MAX];
	struct hf_keylist got;
	size_t n = encode(&list, b), i;
	int bit;

	(void)state;
	for (i = 0; i < n; i++)
		for (bit = 0; bit < 8; bit++) {
			b[i] ^= (uint8_t)(1 << bit);
			assert_int_equal(decode(b, n, &got), -1);
			assert_int_equal(err.code, HF_ETAMPER);
			b[i] ^= (uint8_t)(1 << bit);
		}
	assert_int_equal(decode(b, n, &got), 0);
}

static void
a_key_list_cut_anywhere_or_longer_is_refused(void **state)
{
	uint8_t b[HF_KEYLIST_MAX];
	struct hf_keylist got;
	size_t n = encode(&list, b), i;

	(void)state;
	for (i = 0; i < n; i++)
		assert_int_equal(decode(b, i, &got), -1);
	b[n] = 0;
	assert_int_equal(decode(b, n + 1, &got), -1);
	/* by the site itself: one byte too many, one epoch too few */
	assert_int_equal(decode(b, sign(b, n - 64 + 1), &got), -1);
	assert_int_equal(err.code, HF_EINPUT);
	assert_int_equal(decode(b, sign(b, n - 64 - 1), &got), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
a_key_list_of_another_site_is_refused(void **state)
{
	uint8_t b[HF_KEYLIST_MAX], other_pk[32], other_sk[64];
	struct hf_keylist got;
	size_t n = encode(&list, b);

	(void)state;
	crypto_sign_keypair(other_pk, other_sk);
	memset(&got, 0x33, sizeof got);
	assert_int_equal(hf_keylist_get(hf_view_of(b, n), other_pk, &got,
			     &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	assert_int_equal(got.issued, 0x3333333333333333);
}

/* What even the site's signature does not make right. */
static void
a_signed_list_that_contradicts_itself_is_refused(void **state)
{
	static const struct {
		size_t at;
		const char *says;
	} cases[] = {
		{ 0, "not a key list" },
		{ 24, "tap key" },	/* not the id of the key */
		{ 66, "epoch 0" },
		{ 66 + 56, "epoch 1" },
	};
	uint8_t b[HF_KEYLIST_MAX], d[HF_KEYLIST_MAX];
	struct hf_keylist got;
	size_t n = encode(&list, b), i;

	(void)state;
	for (i = 0; i < 4; i++) {
		memcpy(d, b, n);
		d[cases[i].at] ^= 0xff;
		sign(d, n - 64);
		assert_int_equal(decode(d, n, &got), -1);
		assert_int_equal(err.code, HF_EINPUT);
		assert_non_null(strstr(err.text, cases[i].says));
	}
	list.epochs[1].not_after = list.epochs[1].not_before;
	assert_int_equal(hf_keylist_put(NULL, &list, site_sk, &err), -1);
	assert_non_null(strstr(err.text, "ends before"));
	memcpy(d, b, n);	/* the reader sees it, too */
	memcpy(d + 66 + 56 + 48, d + 66 + 56 + 40, 8);
	sign(d, n - 64);
	assert_int_equal(decode(d, n, &got), -1);
	assert_non_null(strstr(err.text, "ends before"));
}

static void
epochs_out_of_order_are_refused(void **state)
{
	uint8_t b[HF_KEYLIST_MAX], epoch[56];
	struct hf_keylist got;
	size_t n = encode(&list, b);

	(void)state;
	memcpy(epoch, b + 66, 56);
	memcpy(b + 66, b + 66 + 56, 56);
	memcpy(b + 66 + 56, epoch, 56);
	sign(b, n - 64);
	assert_int_equal(decode(b, n, &got), -1);
	assert_non_null(strstr(err.text, "order"));
	list.epochs[1].not_before = list.epochs[0].not_before;
	assert_int_equal(hf_keylist_put(NULL, &list, site_sk, &err), -1);
	assert_non_null(strstr(err.text, "order"));
}

static void
intake_uses_the_last_epoch_that_has_begun(void **state)
{
	const struct hf_epoch *p;

	(void)state;
	assert_int_equal(hf_keylist_current(&list, 999, &p, &err), -1);
	assert_int_equal(err.code, HF_EAGAIN);
	assert_int_equal(hf_keylist_current(&list, 1000, &p, &err), 0);
	assert_ptr_equal(p, &list.epochs[0]);
	assert_int_equal(hf_keylist_current(&list, 1000 + DAY - 1, &p, &err),
	    0);
	assert_ptr_equal(p, &list.epochs[0]);
	assert_int_equal(hf_keylist_current(&list, 1000 + DAY, &p, &err), 0);
	assert_ptr_equal(p, &list.epochs[1]);
	assert_int_equal(hf_keylist_current(&list, 1000 + 3 * DAY, &p, &err),
	    0);
	assert_ptr_equal(p, &list.epochs[2]);
}

static void
a_list_is_stale_a_day_after_its_newest_epoch_and_not_before(void **state)
{
	const struct hf_epoch *p = NULL;

	(void)state;
	assert_int_equal(hf_keylist_current(&list, 1000 + 4 * DAY, &p, &err),
	    0);
	assert_ptr_equal(p, &list.epochs[2]);
	p = NULL;
	assert_int_equal(hf_keylist_current(&list, 1001 + 4 * DAY, &p, &err),
	    -1);
	assert_int_equal(err.code, HF_EAGAIN);
	assert_null(p);
	list.epochs[2].not_after = UINT64_MAX;
	assert_int_equal(hf_keylist_current(&list, UINT64_MAX, &p, &err), 0);
}

static const char *
path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void
put_file(const char *name, const void *p, size_t n)
{
	int fd = openat(dirfd_, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
}

static void
drop(const char *name)
{
	assert_int_equal(unlinkat(dirfd_, name, 0), 0);
}

static void
a_list_is_loaded_from_a_plain_file_only(void **state)
{
	uint8_t b[HF_KEYLIST_MAX + 1] = { 0 };
	struct hf_keylist got;
	size_t n = encode(&list, b);

	(void)state;
	assert_int_equal(hf_keylist_load(path_of("none"), site_pk, &got,
			     &err), -1);
	assert_int_equal(err.code, HF_ENOTFOUND);
	put_file("list", b, n);
	assert_int_equal(hf_keylist_load(path_of("list"), site_pk, &got,
			     &err), 0);
	assert_int_equal(got.n, 3);
	assert_int_equal(symlinkat("list", dirfd_, "link"), 0);
	assert_int_equal(hf_keylist_load(path_of("link"), site_pk, &got,
			     &err), -1);
	drop("link");
	put_file("list", b, n - 1);
	assert_int_equal(hf_keylist_load(path_of("list"), site_pk, &got,
			     &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	assert_non_null(strstr(err.text, "list"));
	put_file("list", b, sizeof b);
	assert_int_equal(hf_keylist_load(path_of("list"), site_pk, &got,
			     &err), -1);
	assert_int_equal(err.code, HF_EFULL);
	drop("list");
}

/* --- the keystore --- */

static size_t
seal_store(uint8_t out[HF_KEYSTORE_MAX])
{
	struct hf_buf b;
	size_t n;

	hf_buf_init(&b, HF_KEYSTORE_MAX);
	assert_int_equal(hf_keystore_put(&b, store, master, &err), 0);
	n = b.n;
	memcpy(out, b.p, n);
	hf_buf_clear(&b);
	return n;
}

static void
a_keystore_comes_back_with_every_key(void **state)
{
	static struct hf_keystore got;
	uint8_t b[HF_KEYSTORE_MAX], pk[32];
	size_t n, i;

	(void)state;
	store->serial = 41;
	for (i = 0; i < HF_EPOCHS_MAX; i++)
		assert_int_equal(hf_keystore_add(store, 100 * i, 100 * i + 150,
				     &err), 0);
	n = seal_store(b);
	assert_int_equal(hf_keystore_get(hf_view_of(b, n), master, &got, &err),
	    0);
	assert_memory_equal(&got, store, sizeof got);
	for (i = 0; i < HF_EPOCHS_MAX; i++) {
		crypto_scalarmult_base(pk, got.epoch_sk[i]);
		assert_memory_equal(pk, got.epochs[i].pk, 32);
	}
	crypto_scalarmult_base(pk, got.tap_sk);
	assert_memory_equal(pk, got.tap_pk, 32);
	sodium_memzero(&got, sizeof got);
}

static void
no_key_is_readable_in_a_sealed_keystore(void **state)
{
	uint8_t b[HF_KEYSTORE_MAX];
	size_t n;

	(void)state;
	assert_int_equal(hf_keystore_add(store, 1, 2, &err), 0);
	n = seal_store(b);
	assert_null(memmem(b, n, store->site_seed, 32));
	assert_null(memmem(b, n, store->tap_sk, 32));
	assert_null(memmem(b, n, store->pepper, 32));
	assert_null(memmem(b, n, store->epoch_sk[0], 32));
}

static void
a_keystore_with_any_byte_changed_or_cut_is_refused(void **state)
{
	static struct hf_keystore got;
	uint8_t b[HF_KEYSTORE_MAX];
	size_t n, i;

	(void)state;
	assert_int_equal(hf_keystore_add(store, 1, 2, &err), 0);
	n = seal_store(b);
	for (i = 0; i < n; i++) {
		b[i] ^= 0x40;
		assert_int_equal(hf_keystore_get(hf_view_of(b, n), master,
				     &got, &err), -1);
		assert_int_equal(err.code, i < 8 ? HF_EINPUT : HF_ETAMPER);
		b[i] ^= 0x40;
		assert_int_equal(hf_keystore_get(hf_view_of(b, i), master,
				     &got, &err), -1);
	}
	assert_int_equal(got.n, 0);	/* untouched */
	master[0] ^= 1;
	assert_int_equal(hf_keystore_get(hf_view_of(b, n), master, &got, &err),
	    -1);
	assert_int_equal(err.code, HF_ETAMPER);
	master[0] ^= 1;
	assert_int_equal(hf_keystore_get(hf_view_of(b, n), master, &got, &err),
	    0);
	sodium_memzero(&got, sizeof got);
}

static void
a_well_sealed_keystore_of_another_shape_is_refused(void **state)
{
	static const size_t sizes[] = { 0, 137, 138 + 87, 138 + 89 };
	static struct hf_keystore got;
	uint8_t b[HF_KEYSTORE_MAX] = "HFSTORE1", plain[300] = { 0 };
	size_t i;

	(void)state;
	plain[137] = 1;		/* one epoch */
	for (i = 0; i < 4; i++) {
		crypto_secretbox_easy(b + 32, plain, sizes[i], b + 8, master);
		assert_int_equal(hf_keystore_get(
				     hf_view_of(b, 32 + 16 + sizes[i]), master,
				     &got, &err), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
}

static void
two_sealings_of_a_keystore_differ(void **state)
{
	uint8_t a[HF_KEYSTORE_MAX], b[HF_KEYSTORE_MAX];
	size_t n = seal_store(a);

	(void)state;
	assert_int_equal(seal_store(b), n);
	assert_memory_not_equal(a + 8, b + 8, 24);	/* the nonce */
	assert_memory_not_equal(a + 32, b + 32, n - 32);
}

static void
an_epoch_begins_after_the_newest_and_ends_after_it_begins(void **state)
{
	(void)state;
	assert_int_equal(hf_keystore_add(store, 100, 200, &err), 0);
	assert_int_equal(hf_keystore_add(store, 100, 300, &err), -1);
	assert_int_equal(err.code, HF_ECONFLICT);
	assert_int_equal(hf_keystore_add(store, 99, 300, &err), -1);
	assert_int_equal(err.code, HF_ECONFLICT);
	assert_int_equal(hf_keystore_add(store, 101, 101, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
	assert_int_equal(store->n, 1);
	assert_int_equal(hf_keystore_add(store, 101, 102, &err), 0);
}

static void
a_keystore_is_full_at_64_epochs(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 0; i < HF_EPOCHS_MAX; i++)
		assert_int_equal(hf_keystore_add(store, i, i + 1, &err), 0);
	assert_int_equal(hf_keystore_add(store, i, i + 1, &err), -1);
	assert_int_equal(err.code, HF_EFULL);
}

static void
forgetting_destroys_the_keys_of_old_epochs_and_keeps_the_newest(void **state)
{
	struct hf_epoch third, fourth;
	uint8_t gone[32], kept[32];
	const uint8_t *sk;
	uint64_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(hf_keystore_add(store, 100 * i, 100 * i + 100,
				     &err), 0);
	memcpy(gone, store->epoch_sk[1], 32);
	memcpy(kept, store->epoch_sk[2], 32);
	third = store->epochs[2];
	fourth = store->epochs[3];
	assert_int_equal(hf_keystore_forget(store, 100), 0);
	assert_int_equal(hf_keystore_forget(store, 201), 2);
	assert_int_equal(store->n, 2);
	assert_memory_equal(&store->epochs[0], &third, sizeof third);
	assert_memory_equal(store->epoch_sk[0], kept, 32);
	assert_null(memmem(store, sizeof *store, gone, 32));
	assert_non_null(hf_keystore_find(store, third.key_id, &sk));
	assert_memory_equal(sk, kept, 32);
	assert_int_equal(hf_keystore_forget(store, UINT64_MAX), 1);
	assert_int_equal(store->n, 1);
	assert_memory_equal(&store->epochs[0], &fourth, sizeof fourth);
	assert_null(hf_keystore_find(store, third.key_id, &sk));
	assert_null(memmem(store, sizeof *store, kept, 32));
}

static void
what_is_published_is_signed_by_the_site_with_a_growing_serial(void **state)
{
	uint8_t pk[32], sk[64];
	struct hf_keylist got;
	struct hf_buf b;
	int i;

	(void)state;
	hf_buf_init(&b, HF_KEYLIST_MAX);
	crypto_sign_seed_keypair(pk, sk, store->site_seed);
	store->serial = 7;
	assert_int_equal(hf_keystore_publish(store, 5, &b, &err), -1);
	assert_int_equal(store->serial, 7);	/* no epoch, no list */
	assert_int_equal(hf_keystore_add(store, 10, 20, &err), 0);
	for (i = 0; i < 2; i++) {
		hf_buf_reset(&b);
		assert_int_equal(hf_keystore_publish(store, 5, &b, &err), 0);
		assert_int_equal(hf_keylist_get(hf_buf_view(&b), pk, &got,
				     &err), 0);
		assert_int_equal(got.serial, 8 + i);
		assert_int_equal(store->serial, 8 + i);
		assert_int_equal(got.issued, 5);
		assert_memory_equal(got.tap_pk, store->tap_pk, 32);
		assert_int_equal(got.n, 1);
		assert_memory_equal(got.epochs[0].pk, store->epochs[0].pk, 32);
		assert_null(memmem(b.p, b.n, store->epoch_sk[0], 32));
		assert_null(memmem(b.p, b.n, store->tap_sk, 32));
	}
	hf_buf_clear(&b);
}

/* --- host keys --- */

static void
a_host_key_comes_back_from_its_file(void **state)
{
	struct hf_host_key k, got;
	struct stat st;

	(void)state;
	hf_host_key_new(&k);
	assert_int_equal(hf_host_key_save(path_of("host.key"), &k, &err), 0);
	assert_int_equal(fstatat(dirfd_, "host.key", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(st.st_size, 130);
	assert_int_equal(hf_host_key_load(path_of("host.key"), &got, &err), 0);
	assert_memory_equal(&got, &k, sizeof k);
	drop("host.key");
}

static void
a_host_key_is_never_overwritten(void **state)
{
	struct hf_host_key k, other, got;

	(void)state;
	hf_host_key_new(&k);
	hf_host_key_new(&other);
	assert_int_equal(hf_host_key_save(path_of("host.key"), &k, &err), 0);
	assert_int_equal(hf_host_key_save(path_of("host.key"), &other, &err),
	    -1);
	assert_int_equal(err.code, HF_ECONFLICT);
	assert_int_equal(hf_host_key_load(path_of("host.key"), &got, &err), 0);
	assert_memory_equal(&got, &k, sizeof k);
	drop("host.key");
}

static void
a_host_key_that_cannot_be_stored_leaves_no_file(void **state)
{
	struct hf_host_key k;

	(void)state;
	hf_host_key_new(&k);
	faults.write_errno = ENOSPC;
	assert_int_equal(hf_host_key_save(path_of("host.key"), &k, &err), -1);
	assert_int_equal(err.code, HF_EFULL);
	faults.write_errno = 0;
	faults.fsync_errno = EIO;
	assert_int_equal(hf_host_key_save(path_of("host.key"), &k, &err), -1);
	assert_int_equal(err.sys, EIO);
	faults.fsync_errno = 0;
	assert_int_equal(faccessat(dirfd_, "host.key", F_OK, 0), -1);
}

static void
a_host_key_file_of_another_shape_is_refused(void **state)
{
	static const char *const bad[] = { "", "00", "zz" };
	struct hf_host_key k, got;
	char text[140];
	size_t i;
	int fd;

	(void)state;
	hf_host_key_new(&k);
	assert_int_equal(hf_host_key_save(path_of("good"), &k, &err), 0);
	fd = openat(dirfd_, "good", O_RDONLY);
	assert_int_equal(read(fd, text, sizeof text), 130);
	close(fd);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		put_file("bad", bad[i], strlen(bad[i]));
		assert_int_equal(hf_host_key_load(path_of("bad"), &got, &err),
		    -1);
	}
	for (i = 0; i < 130; i++) {
		put_file("bad", text, i);	/* cut */
		assert_int_equal(hf_host_key_load(path_of("bad"), &got, &err),
		    -1);
		text[i] ^= 0x40;	/* no digit any more, or no line end */
		put_file("bad", text, 130);
		assert_int_equal(hf_host_key_load(path_of("bad"), &got, &err),
		    -1);
		text[i] ^= 0x40;
	}
	text[130] = '\n';
	put_file("bad", text, 131);
	assert_int_equal(hf_host_key_load(path_of("bad"), &got, &err), -1);
	drop("bad");
	drop("good");
}

static void
pub_path(const struct hf_host_key *k, char out[32])
{
	hf_hex(out, k->id, 8);
	strcpy(out + 16, ".pub");
}

static void
the_public_key_of_a_host_is_found_by_its_id(void **state)
{
	struct hf_host_key k;
	char name[32], text[400];
	uint8_t pk[32] = { 0 };
	ssize_t n;
	int fd;

	(void)state;
	hf_host_key_new(&k);
	pub_path(&k, name);
	assert_int_equal(hf_host_pub_load(dirfd_, k.id, pk, &err), -1);
	assert_int_equal(err.code, HF_ENOTFOUND);
	assert_int_equal(hf_host_pub_save(dirfd_, &k, "intake 1", &err), 0);
	assert_int_equal(hf_host_pub_load(dirfd_, k.id, pk, &err), 0);
	assert_memory_equal(pk, k.pk, 32);
	fd = openat(dirfd_, name, O_RDONLY);
	n = read(fd, text, sizeof text - 1);
	close(fd);
	assert_int_equal(n, 64 + 1 + 8 + 1);
	text[n] = '\0';
	assert_string_equal(text + 64, " intake 1\n");
	assert_null(strstr(text, "\n\n"));
	assert_int_equal(hf_host_pub_save(dirfd_, &k, "again", &err), 0);
	drop(name);
}

static void
a_host_file_with_another_key_than_its_name_says_is_refused(void **state)
{
	struct hf_host_key k, other;
	char name[32], other_name[32];
	uint8_t pk[32] = { 0 }, zero[32] = { 0 };

	(void)state;
	hf_host_key_new(&k);
	hf_host_key_new(&other);
	pub_path(&k, name);
	pub_path(&other, other_name);
	assert_int_equal(hf_host_pub_save(dirfd_, &other, "x", &err), 0);
	assert_int_equal(renameat(dirfd_, other_name, dirfd_, name), 0);
	assert_int_equal(hf_host_pub_load(dirfd_, k.id, pk, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	assert_memory_equal(pk, zero, 32);
	drop(name);
}

static void
a_host_file_of_another_shape_is_refused(void **state)
{
	struct hf_host_key k;
	char name[32], text[400];
	uint8_t pk[32];

	(void)state;
	hf_host_key_new(&k);
	pub_path(&k, name);
	hf_hex(text, k.pk, 32);
#define REFUSED(rest) \
	do { \
		strcpy(text + 64, rest); \
		put_file(name, text, strlen(text)); \
		assert_int_equal(hf_host_pub_load(dirfd_, k.id, pk, &err), \
		    -1); \
	} while (0)
	REFUSED("");
	REFUSED(" ");
	REFUSED(" name");
	REFUSED(" \n");
	REFUSED("\tname\n");
	REFUSED(" na\nme\n");
	REFUSED(" n\xff\n");
	strcpy(text + 64, " name\n");
	put_file(name, text, strlen(text));
	assert_int_equal(hf_host_pub_load(dirfd_, k.id, pk, &err), 0);
	drop(name);
}

static void
a_host_name_that_is_no_text_is_not_saved(void **state)
{
	struct hf_host_key k;
	char longest[257];

	(void)state;
	hf_host_key_new(&k);
	memset(longest, 'h', 256);
	longest[256] = '\0';
	assert_int_equal(hf_host_pub_save(dirfd_, &k, longest, &err), -1);
	assert_int_equal(hf_host_pub_save(dirfd_, &k, "", &err), -1);
	assert_int_equal(hf_host_pub_save(dirfd_, &k, "a\nb", &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, begin)
	const struct CMUnitTest tests[] = {
		T(a_key_list_comes_back),
		T(a_key_list_holds_1_to_64_epochs),
		T(a_key_list_with_any_bit_changed_is_refused),
		T(a_key_list_cut_anywhere_or_longer_is_refused),
		T(a_key_list_of_another_site_is_refused),
		T(a_signed_list_that_contradicts_itself_is_refused),
		T(epochs_out_of_order_are_refused),
		T(intake_uses_the_last_epoch_that_has_begun),
		T(a_list_is_stale_a_day_after_its_newest_epoch_and_not_before),
		T(a_list_is_loaded_from_a_plain_file_only),
		T(a_keystore_comes_back_with_every_key),
		T(no_key_is_readable_in_a_sealed_keystore),
		T(a_keystore_with_any_byte_changed_or_cut_is_refused),
		T(a_well_sealed_keystore_of_another_shape_is_refused),
		T(two_sealings_of_a_keystore_differ),
		T(an_epoch_begins_after_the_newest_and_ends_after_it_begins),
		T(a_keystore_is_full_at_64_epochs),
		T(forgetting_destroys_the_keys_of_old_epochs_and_keeps_the_newest),
		T(what_is_published_is_signed_by_the_site_with_a_growing_serial),
		T(a_host_key_comes_back_from_its_file),
		T(a_host_key_is_never_overwritten),
		T(a_host_key_that_cannot_be_stored_leaves_no_file),
		T(a_host_key_file_of_another_shape_is_refused),
		T(the_public_key_of_a_host_is_found_by_its_id),
		T(a_host_file_with_another_key_than_its_name_says_is_refused),
		T(a_host_file_of_another_shape_is_refused),
		T(a_host_name_that_is_no_text_is_not_saved),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
