/* The keys of an intake host: declared in lib/keylist.h, doc/key-list.md. */
#include "lib/keylist.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"

#define HEX 64	/* digits of 32 bytes */
#define KEY_FILE_LEN (2 * (HEX + 1))
#define NAME_MAX_LEN 255
#define PUB_NAME_LEN (2 * HF_KEYID_LEN + sizeof ".pub")

/* Public key and id from the seed. */
static void
derive(struct hf_host_key *k)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];

	crypto_sign_seed_keypair(k->pk, sk, k->seed);
	hf_keyid(k->pk, k->id);
	sodium_memzero(sk, sizeof sk);
}

void
hf_host_key_new(struct hf_host_key *k)
{
	randombytes_buf(k->seed, sizeof k->seed);
	randombytes_buf(k->secret, sizeof k->secret);
	derive(k);
}

/* 64 hex digits and the character `end`. */
static int
get_hex_line(struct hf_view *in, char end, uint8_t out[static 32],
    struct hf_err *e)
{
	char hex[HEX + 1];
	uint8_t c;
	int rc = -1;

	if (hf_get_bytes(in, hex, HEX, e) == -1)
		goto out;
	hex[HEX] = '\0';
	if (hf_get_u8(in, &c, e) == -1)
		goto out;
	if (c != (uint8_t)end) {
		hf_fail(e, HF_EINPUT, "a line is not 64 hex digits");
		goto out;
	}
	rc = hf_unhex(out, 32, hex, e);
out:
	sodium_memzero(hex, sizeof hex);
	return rc;
}

int
hf_host_key_load(const char *path, struct hf_host_key *out, struct hf_err *e)
{
	struct hf_host_key k;
	struct hf_view in;
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, KEY_FILE_LEN);
	if (hf_file_read(AT_FDCWD, path, &b, e) == -1)
		goto out;
	in = hf_buf_view(&b);
	if (get_hex_line(&in, '\n', k.seed, e) == -1 ||
	    get_hex_line(&in, '\n', k.secret, e) == -1 ||
	    hf_get_end(&in, e) == -1) {
		hf_wrap(e, "%s", path);
		goto out;
	}
	derive(&k);
	*out = k;
	rc = 0;
out:
	sodium_memzero(&k, sizeof k);
	hf_buf_clear(&b);
	return rc;
}

static void
format_key(const struct hf_host_key *k, char out[static KEY_FILE_LEN + 1])
{
	hf_hex(out, k->seed, sizeof k->seed);
	out[HEX] = '\n';
	hf_hex(out + HEX + 1, k->secret, sizeof k->secret);
	out[KEY_FILE_LEN - 1] = '\n';
	out[KEY_FILE_LEN] = '\0';
}

int
hf_host_key_save(const char *path, const struct hf_host_key *k,
    struct hf_err *e)
{
	char text[KEY_FILE_LEN + 1];
	bool made = false;
	int fd = -1, rc = -1;

	format_key(k, text);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0400);
	if (fd == -1) {
		hf_fail_sys(e, "create %s", path);
		goto out;
	}
	made = true;
	if (hf_write_all(fd, text, KEY_FILE_LEN, e) == -1) {
		hf_wrap(e, "%s", path);
		goto out;
	}
	if (fsync(fd) == -1) {
		hf_fail_sys(e, "fsync %s", path);
		goto out;
	}
	rc = 0;
out:
	sodium_memzero(text, sizeof text);
	if (fd != -1)
		close(fd);
	if (rc == -1 && made)
		(void)unlink(path);
	return rc;
}

static void
pub_name(const uint8_t id[static HF_KEYID_LEN], char out[static PUB_NAME_LEN])
{
	hf_hex(out, id, HF_KEYID_LEN);
	memcpy(out + 2 * HF_KEYID_LEN, ".pub", sizeof ".pub");
}

/* The name behind the key is for people. */
static int
get_name(struct hf_view in, struct hf_err *e)
{
	if (in.n < 2 || in.p[in.n - 1] != '\n' ||
	    !hf_is_text(hf_view_of(in.p, in.n - 1)))
		return hf_fail(e, HF_EINPUT, "the name is malformed");
	return 0;
}

int
hf_host_pub_load(int dirfd, const uint8_t id[static HF_KEYID_LEN],
    uint8_t pk[static HF_HOST_PK_LEN], struct hf_err *e)
{
	char name[PUB_NAME_LEN];
	uint8_t got[HF_HOST_PK_LEN], got_id[HF_KEYID_LEN];
	struct hf_view in;
	struct hf_buf b;
	int rc = -1;

	pub_name(id, name);
	hf_buf_init(&b, HEX + 1 + NAME_MAX_LEN + 1);
	if (hf_file_read(dirfd, name, &b, e) == -1)
		goto out;
	in = hf_buf_view(&b);
	if (get_hex_line(&in, ' ', got, e) == -1 || get_name(in, e) == -1) {
		hf_wrap(e, "host key %s", name);
		goto out;
	}
	hf_keyid(got, got_id);
	if (memcmp(got_id, id, sizeof got_id) != 0) {
		hf_fail(e, HF_ETAMPER, "host key %s holds another key", name);
		goto out;
	}
	memcpy(pk, got, sizeof got);
	rc = 0;
out:
	hf_buf_clear(&b);
	return rc;
}

int
hf_host_pub_save(int dirfd, const struct hf_host_key *k, const char *name,
    struct hf_err *e)
{
	char text[HEX + 1 + NAME_MAX_LEN + 2], file[PUB_NAME_LEN];
	size_t n = strlen(name);

	if (n < 1 || n > NAME_MAX_LEN || !hf_is_text(hf_view_str(name)))
		return hf_fail(e, HF_EINPUT, "a host name of %zu bytes", n);
	hf_hex(text, k->pk, sizeof k->pk);
	snprintf(text + HEX, sizeof text - HEX, " %s\n", name);
	pub_name(k->id, file);
	return hf_file_replace(dirfd, file, hf_view_str(text), 0644,
	    (uid_t)-1, (gid_t)-1, e);
}
