/* link: */
/*
 * mkinstance: a small instance for tests, without database: folders, keys,
 * key list, host key and intake.conf, as `holdfast init` lays them out
 * (doc/instance.md).
 *
 *	mkinstance [-h HOST] [-q QUEUE]... [-S SPOOL] [-m MAX_MB] [-r RESERVE_MB]
 *	           [-w WAIT_S] [-u USER] DIR
 *	mkinstance -n SERIAL DIR	sign the key list again, with this serial
 *	mkinstance -x DIR		… by a stranger's site key
 *	mkinstance -b SECONDS DIR	… whose one epoch ended that long ago
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/keylist.h"
#include "lib/priv.h"

#define QUEUES_MAX 16
#define DAY 86400

struct want {
	const char *dir;
	const char *host;
	const char *spool;	/* NULL: DIR/spool */
	const char *user;
	const char *queues[QUEUES_MAX];
	size_t n_queues;
	long max_mb, reserve_mb, wait_s;
};

static char place[4096];

static const char *
at(const struct want *w, const char *name)
{
	snprintf(place, sizeof place, "%s/%s", w->dir, name);
	return place;
}

static int
folder(const char *path, uid_t uid, gid_t gid, mode_t mode, struct hf_err *e)
{
	if (mkdir(path, mode) == -1 && errno != EEXIST)
		return hf_fail_sys(e, "mkdir %s", path);
	if (chown(path, uid, gid) == -1 || chmod(path, mode) == -1)
		return hf_fail_sys(e, "chown %s", path);
	return 0;
}

static int
folders(const struct want *w, const struct hf_user *intake,
    const struct hf_user *queue, struct hf_err *e)
{
	static const char *const plain[] = { "etc", "keys", "keys/hosts",
		"run", "log" };
	const struct {
		const char *name;
		uid_t uid;
		gid_t gid;
		mode_t mode;
	} spool[] = {
		{ "", 0, 0, 0755 },
		{ "/incoming", queue->uid, intake->gid, 01730 },
		{ "/held", queue->uid, queue->gid, 0700 },
		{ "/quarantine", queue->uid, queue->gid, 0700 },
		{ "/intake", intake->uid, intake->gid, 0700 },
	};
	char path[4096];
	size_t i;

	if (mkdir(w->dir, 0755) == -1 && errno != EEXIST)
		return hf_fail_sys(e, "mkdir %s", w->dir);
	for (i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (folder(at(w, plain[i]), 0, 0, 0755, e) == -1)
			return -1;
	for (i = 0; i < sizeof spool / sizeof spool[0]; i++) {
		if (w->spool != NULL)
			snprintf(path, sizeof path, "%s%s", w->spool,
			    spool[i].name);
		else
			snprintf(path, sizeof path, "%s/spool%s", w->dir,
			    spool[i].name);
		if (folder(path, spool[i].uid, spool[i].gid, spool[i].mode,
			e) == -1)
			return -1;
	}
	return 0;
}

static int
save(const char *path, const struct hf_buf *b, mode_t mode, uid_t uid,
    gid_t gid, struct hf_err *e)
{
	return hf_file_replace(AT_FDCWD, path, hf_buf_view(b), mode, uid, gid,
	    e);
}

/* Publish what the keystore holds and save it. */
static int
save_keys(const struct want *w, struct hf_keystore *k,
    const uint8_t master[static 32], struct hf_err *e)
{
	struct hf_user queue;
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, HF_KEYSTORE_MAX + HF_KEYLIST_MAX);
	if (hf_user_find("hf-queue", &queue, e) == -1 ||
	    hf_keystore_publish(k, (uint64_t)time(NULL), &b, e) == -1 ||
	    save(at(w, "keys/keylist"), &b, 0644, queue.uid, queue.gid, e) ==
		-1)
		goto out;
	hf_buf_reset(&b);
	if (hf_keystore_put(&b, k, master, e) == -1)
		goto out;
	rc = save(at(w, "keys/keystore"), &b, 0600, queue.uid, queue.gid, e);
out:
	hf_buf_clear(&b);
	return rc;
}

static int
save_host(const struct want *w, const struct hf_user *intake, struct hf_err *e)
{
	struct hf_host_key host;
	int dir = -1, rc = -1;

	hf_host_key_new(&host);
	if (hf_host_key_save(at(w, "keys/host.key"), &host, e) == -1)
		goto out;
	if (chown(at(w, "keys/host.key"), intake->uid, intake->gid) == -1) {
		hf_fail_sys(e, "chown host.key");
		goto out;
	}
	dir = open(at(w, "keys/hosts"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1) {
		hf_fail_sys(e, "open keys/hosts");
		goto out;
	}
	rc = hf_host_pub_save(dir, &host, w->host, e);
out:
	if (dir != -1)
		close(dir);
	return rc;
}

static int
save_conf(const struct want *w, const struct hf_keystore *k, struct hf_err *e)
{
	uint8_t pk[32], sk[64];
	char hex[65], top[4096], text[16384];
	struct hf_view v;
	size_t i;
	int n;

	if (realpath(w->dir, top) == NULL)
		return hf_fail_sys(e, "realpath %s", w->dir);
	crypto_sign_seed_keypair(pk, sk, k->site_seed);
	hf_hex(hex, pk, sizeof pk);
	n = snprintf(text, sizeof text,
	    "site_key = \"%s\"\n"
	    "key_list = \"%s/keys/keylist\"\n"
	    "host_key = \"%s/keys/host.key\"\n"
	    "spool = \"%s%s\"\n"
	    "host_name = \"%s\"\n"
	    "user = \"%s\"\n"
	    "max_document_mb = %ld\nreserve_mb = %ld\nwait_seconds = %ld\n"
	    "queues = { ",
	    hex, top, top, w->spool != NULL ? w->spool : top,
	    w->spool != NULL ? "" : "/spool", w->host, w->user, w->max_mb,
	    w->reserve_mb, w->wait_s);
	for (i = 0; i < w->n_queues; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, "%s\"%s\"",
		    i > 0 ? ", " : "", w->queues[i]);
	n += snprintf(text + n, sizeof text - (size_t)n, " }\n");
	v = hf_view_of(text, (size_t)n);
	return hf_file_replace(AT_FDCWD, at(w, "etc/intake.conf"), v, 0644, 0,
	    0, e);
}

static int
make(const struct want *w, struct hf_err *e)
{
	struct hf_keystore *k = sodium_malloc(sizeof *k);
	struct hf_user intake, queue;
	uint8_t master[32];
	struct hf_view v = hf_view_of(master, sizeof master);
	uint64_t now = (uint64_t)time(NULL);
	int rc = -1;

	if (k == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	randombytes_buf(master, sizeof master);
	hf_keystore_new(k);
	if (hf_user_find(w->user, &intake, e) == -1 ||
	    hf_user_find("hf-queue", &queue, e) == -1 ||
	    folders(w, &intake, &queue, e) == -1 ||
	    hf_keystore_add(k, now - 60, now + DAY, e) == -1 ||
	    save_keys(w, k, master, e) == -1 ||
	    hf_file_replace(AT_FDCWD, at(w, "keys/master.key"), v, 0600, 0, 0,
		e) == -1 ||
	    save_host(w, &intake, e) == -1 || save_conf(w, k, e) == -1)
		goto out;
	rc = 0;
out:
	sodium_free(k);
	return rc;
}

static int
load(const struct want *w, struct hf_keystore *k, uint8_t master[static 32],
    struct hf_err *e)
{
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, HF_KEYSTORE_MAX + 64);
	if (hf_file_read(AT_FDCWD, at(w, "keys/master.key"), &b, e) == -1)
		goto out;
	if (b.n != 32) {
		hf_fail(e, HF_EINPUT, "master.key is not 32 bytes");
		goto out;
	}
	memcpy(master, b.p, 32);
	hf_buf_reset(&b);
	if (hf_file_read(AT_FDCWD, at(w, "keys/keystore"), &b, e) == -1)
		goto out;
	rc = hf_keystore_get(hf_buf_view(&b), master, k, e);
out:
	hf_buf_clear(&b);
	return rc;
}

/* Sign the list again: serial 0 keeps counting, ago 0 keeps the epochs. */
static int
again(const struct want *w, uint64_t serial, bool stranger, uint64_t ago,
    struct hf_err *e)
{
	struct hf_keystore *k = sodium_malloc(sizeof *k);
	uint8_t master[32], site[32];
	int rc = -1;

	if (k == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	if (load(w, k, master, e) == -1)
		goto out;
	if (serial > 0)
		k->serial = serial - 1;
	if (ago > 0) {
		k->epochs[k->n - 1].not_after = (uint64_t)time(NULL) - ago;
		k->epochs[k->n - 1].not_before =
		    k->epochs[k->n - 1].not_after - DAY;
	}
	memcpy(site, k->site_seed, sizeof site);
	if (stranger)
		randombytes_buf(k->site_seed, sizeof k->site_seed);
	rc = save_keys(w, k, master, e);
	if (rc == 0 && stranger) {	/* only the list is strange */
		struct hf_buf b;

		memcpy(k->site_seed, site, sizeof site);
		hf_buf_init(&b, HF_KEYSTORE_MAX);
		rc = hf_keystore_put(&b, k, master, e);
		if (rc == 0)
			rc = save(at(w, "keys/keystore"), &b, 0600,
			    (uid_t)-1, (gid_t)-1, e);
		hf_buf_clear(&b);
	}
out:
	sodium_free(k);
	return rc;
}

int
main(int argc, char **argv)
{
	struct want w = { .host = "testhost", .user = "hf-intake",
		.max_mb = 2048, .reserve_mb = 8, .wait_s = 3 };
	uint64_t serial = 0, ago = 0;
	bool stranger = false;
	struct hf_err e;
	int c, rc;

	while ((c = getopt(argc, argv, "h:q:S:m:r:w:u:n:b:x")) != -1)
		switch (c) {
		case 'h': w.host = optarg; break;
		case 'S': w.spool = optarg; break;
		case 'm': w.max_mb = atol(optarg); break;
		case 'r': w.reserve_mb = atol(optarg); break;
		case 'w': w.wait_s = atol(optarg); break;
		case 'u': w.user = optarg; break;
		case 'n': serial = strtoull(optarg, NULL, 10); break;
		case 'b': ago = strtoull(optarg, NULL, 10); break;
		case 'x': stranger = true; break;
		case 'q':
			if (w.n_queues == QUEUES_MAX)
				return 2;
			w.queues[w.n_queues++] = optarg;
			break;
		default:
			return 2;
		}
	if (optind + 1 != argc || sodium_init() == -1) {
		fputs("usage: mkinstance [options] DIR\n", stderr);
		return 2;
	}
	w.dir = argv[optind];
	if (w.n_queues == 0)
		w.queues[w.n_queues++] = "secure";
	umask(022);
	rc = serial > 0 || ago > 0 || stranger
	    ? again(&w, serial, stranger, ago, &e) : make(&w, &e);
	if (rc == -1) {
		fprintf(stderr, "mkinstance: %s\n", e.text);
		return 1;
	}
	return 0;
}
