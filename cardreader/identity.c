#include "cardreader/identity.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/file.h"

#define SEED_LEN 32
#define LINE_LEN (2 * SEED_LEN + 1)

struct hf_identity *
hf_identity_new(struct hf_err *e)
{
	struct hf_identity *id = sodium_malloc(sizeof *id);

	if (id == NULL)
		hf_fail(e, HF_ENOMEM, "no locked memory for the key");
	else
		sodium_memzero(id, sizeof *id);
	return id;
}

void
hf_identity_free(struct hf_identity *id)
{
	sodium_free(id);
}

void
hf_identity_make(struct hf_identity *id)
{
	crypto_sign_keypair(id->pk, id->sk);
}

static int
check_mode(int state_fd, struct hf_err *e)
{
	struct stat st;

	if (fstatat(state_fd, HF_READER_KEY, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return hf_fail_sys(e, HF_READER_KEY);
	if ((st.st_mode & 0077) != 0)
		return hf_fail(e, HF_ECONFIG,
		    HF_READER_KEY " may be read by others: chmod 0400 it");
	return 0;
}

int
hf_identity_load(int state_fd, struct hf_identity *out, struct hf_err *e)
{
	char hex[LINE_LEN + 1] = "";
	uint8_t seed[SEED_LEN];
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, LINE_LEN + 1);
	if (check_mode(state_fd, e) == -1 ||
	    hf_file_read(state_fd, HF_READER_KEY, &b, e) == -1)
		goto out;
	if (b.n == LINE_LEN && b.p[LINE_LEN - 1] == '\n')
		memcpy(hex, b.p, LINE_LEN - 1);
	if (hf_unhex(seed, sizeof seed, hex, NULL) == -1) {
		hf_fail(e, HF_ECONFIG, HF_READER_KEY " is not a reader's key");
		goto out;
	}
	crypto_sign_seed_keypair(out->pk, out->sk, seed);
	rc = 0;
out:
	hf_buf_clear(&b);
	sodium_memzero(hex, sizeof hex);
	sodium_memzero(seed, sizeof seed);
	return rc;
}

int
hf_identity_save(int state_fd, const char *name, const struct hf_identity *id,
    uid_t uid, gid_t gid, struct hf_err *e)
{
	char line[LINE_LEN + 1];
	uint8_t seed[SEED_LEN];
	int rc;

	crypto_sign_ed25519_sk_to_seed(seed, id->sk);
	hf_hex(line, seed, sizeof seed);
	line[LINE_LEN - 1] = '\n';
	rc = hf_file_replace(state_fd, name, hf_view_of(line, LINE_LEN), 0400,
	    uid, gid, e);
	sodium_memzero(line, sizeof line);
	sodium_memzero(seed, sizeof seed);
	return rc;
}
