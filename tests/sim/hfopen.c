/* link: release/common/unseal.c */
/*
 * hfopen: open a sealed file with an instance's own keys, for tests.
 *
 *	hfopen DIR FILE [OUT]
 *
 * DIR is the instance (its keys/ is read), OUT gets the document.  The
 * envelope, the trailer's duplicate tag and the intake key are printed as
 * name=value, one a line.  Digest and signature are checked first.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/keylist.h"
#include "release/common/unseal.h"

static int
read_whole(const char *dir, const char *name, struct hf_buf *b,
    struct hf_err *e)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return hf_file_read(AT_FDCWD, path, b, e);
}

static int
load_keystore(const char *dir, struct hf_keystore *k, struct hf_err *e)
{
	uint8_t master[32];
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, HF_KEYSTORE_MAX + 64);
	if (read_whole(dir, "keys/master.key", &b, e) == -1)
		goto out;
	if (b.n != sizeof master) {
		hf_fail(e, HF_EINPUT, "master.key is not 32 bytes");
		goto out;
	}
	memcpy(master, b.p, sizeof master);
	hf_buf_reset(&b);
	if (read_whole(dir, "keys/keystore", &b, e) == 0)
		rc = hf_keystore_get(hf_buf_view(&b), master, k, e);
out:
	hf_buf_clear(&b);
	return rc;
}

static int
host_pk(const char *dir, const uint8_t id[static HF_KEYID_LEN],
    uint8_t pk[static HF_HOST_PK_LEN], struct hf_err *e)
{
	char path[4096];
	int fd, rc;

	snprintf(path, sizeof path, "%s/keys/hosts", dir);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return hf_fail_sys(e, "open %s", path);
	rc = hf_host_pub_load(fd, id, pk, e);
	close(fd);
	return rc;
}

static void
print_envelope(const struct hf_envelope *v)
{
	uint8_t key[HF_INTAKE_KEY_LEN];
	char hex[2 * HF_INTAKE_KEY_LEN + 1], id[HF_ID_TEXT];
	const char *sides = hf_sides_name(v->sides);
	const char *color = hf_color_name(v->color);
	size_t i;

	hf_id_text(&v->job, id);
	hf_envelope_intake_key(v, key);
	hf_hex(hex, key, sizeof key);
	printf("job=%s\nowner=%s\ntitle=%s\nformat=%s\nqueue=%s\n", id,
	    v->owner, v->title, v->format, v->queue);
	printf("submitted=%" PRIu64 "\nexpires=%" PRIu64 "\ncopies=%u\n",
	    v->submitted, v->expires, v->copies);
	printf("sides=%s\ncolor=%s\nmedia=%s\n", sides != NULL ? sides : "",
	    color != NULL ? color : "", v->media);
	for (i = 0; i < v->n_options; i++)
		printf("option.%s=%s\n", v->options[i].name,
		    v->options[i].value);
	printf("host=%s\ncups_job=%" PRIu32 "\njob_uuid=%s\n", v->host,
	    v->cups_job, v->job_uuid);
	printf("created=%" PRIu64 "\ndocument=%u\nintake_key=%s\n",
	    v->created, v->document, hex);
}

static int
write_document(int fd, const uint8_t file_key[static HF_FILE_KEY_LEN],
    const char *path, struct hf_err *e)
{
	struct hf_unsealer *u = hf_unsealer_new(fd, file_key, e);
	struct hf_view v;
	int out = -1, rc = -1;

	if (u == NULL)
		goto out;
	if (path == NULL) {
		rc = hf_unsealer_verify(u, e);
		goto out;
	}
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out == -1) {
		hf_fail_sys(e, "create %s", path);
		goto out;
	}
	for (;;) {
		if (hf_unsealer_next(u, &v, e) == -1)
			goto out;
		if (v.n == 0)
			break;
		if (hf_write_all(out, v.p, v.n, e) == -1)
			goto out;
	}
	rc = 0;
out:
	hf_unsealer_free(u);
	if (out != -1)
		close(out);
	return rc;
}

static int
show(const char *dir, const char *file, const char *out, struct hf_err *e)
{
	struct hf_keystore *k = sodium_malloc(sizeof *k);
	uint8_t pk[HF_HOST_PK_LEN], file_key[HF_FILE_KEY_LEN];
	struct hf_buf head, plain;
	struct hf_sealed_header h;
	struct hf_sealed_trailer t;
	struct hf_envelope env;
	const struct hf_epoch *epoch;
	const uint8_t *sk;
	char hex[2 * HF_DUP_TAG_LEN + 1];
	int fd = -1, rc = -1;

	hf_buf_init(&head, HF_HEADER_MAX);
	hf_buf_init(&plain, HF_ENVELOPE_MAX);
	if (k == NULL || load_keystore(dir, k, e) == -1)
		goto out;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		hf_fail_sys(e, "open %s", file);
		goto out;
	}
	if (hf_sealed_header_read(fd, &head, &h, e) == -1 ||
	    host_pk(dir, h.host_id, pk, e) == -1 ||
	    hf_sealed_check(fd, pk, &t, e) == -1)
		goto out;
	epoch = hf_keystore_find(k, h.key_id, &sk);
	if (epoch == NULL) {
		hf_fail(e, HF_ENOTFOUND, "no such release key");
		goto out;
	}
	if (hf_unseal_box(&h, epoch->pk, sk, file_key, &plain, e) == -1 ||
	    hf_envelope_get(hf_buf_view(&plain), &env, e) == -1 ||
	    write_document(fd, file_key, out, e) == -1)
		goto out;
	print_envelope(&env);
	hf_hex(hex, t.dup_tag, sizeof t.dup_tag);
	printf("dup_tag=%s\n", hex);
	rc = 0;
out:
	hf_buf_clear(&head);
	hf_buf_clear(&plain);
	sodium_free(k);
	if (fd != -1)
		close(fd);
	return rc;
}

int
main(int argc, char **argv)
{
	struct hf_err e;

	if (argc < 3 || argc > 4 || sodium_init() == -1) {
		fputs("usage: hfopen DIR FILE [OUT]\n", stderr);
		return 2;
	}
	if (show(argv[1], argv[2], argc == 4 ? argv[3] : NULL, &e) == -1) {
		fprintf(stderr, "hfopen: %s: %s\n", argv[2], e.text);
		return 1;
	}
	return 0;
}
