/* The keys of a new instance: doc/key-list.md. */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/instance.h"
#include "admin/pem.h"
#include "admin/tree.h"
#include "lib/file.h"
#include "lib/keylist.h"

#define EPOCH_S (24 * 60 * 60)
#define CERT_DAYS 825	/* what browsers take from a certificate they trust */

static int
put_file(int dir, const char *path, struct hf_view bytes, mode_t mode,
    struct hf_err *e)
{
	if (hf_file_replace(dir, path, bytes, mode, (uid_t)-1, (gid_t)-1, e) ==
	    -1)
		return hf_wrap(e, "write %s", path);
	return hf_tree_own(dir, path, e);
}

static int
put_site_key(struct hf_plan *p, int dir, const struct hf_keystore *k,
    struct hf_err *e)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
	char hex[66];

	crypto_sign_seed_keypair(p->site_pk, sk, k->site_seed);
	sodium_memzero(sk, sizeof sk);
	hf_hex(hex, p->site_pk, sizeof p->site_pk);
	hex[64] = '\n';
	return put_file(dir, "keys/site.pub", hf_view_of(hex, 65), 0644, e);
}

/* Now, and the one after: intake never waits for the release service. */
static int
make_store(struct hf_plan *p, int dir, struct hf_keystore *k,
    const uint8_t master[static 32], uint64_t now, struct hf_err *e)
{
	struct hf_buf sealed, list;
	int rc = -1;

	hf_buf_init(&sealed, HF_KEYSTORE_MAX);
	hf_buf_init(&list, HF_KEYLIST_MAX);
	hf_keystore_new(k);
	if (hf_keystore_add(k, now, now + EPOCH_S, e) == -1 ||
	    hf_keystore_add(k, now + EPOCH_S, now + 2 * EPOCH_S, e) == -1 ||
	    hf_keystore_publish(k, now, &list, e) == -1 ||
	    hf_keystore_put(&sealed, k, master, e) == -1)
		goto out;
	if (put_file(dir, "keys/keystore", hf_buf_view(&sealed), 0600, e) ==
	    -1 || put_file(dir, "keys/keylist", hf_buf_view(&list), 0644,
	    e) == -1)
		goto out;
	rc = put_site_key(p, dir, k, e);
out:
	hf_buf_clear(&list);
	hf_buf_clear(&sealed);
	return rc;
}

static int
make_host(const struct hf_plan *p, int dir, struct hf_err *e)
{
	struct hf_host_key host;
	char path[300];
	int hosts = -1, rc = -1;

	hf_host_key_new(&host);
	snprintf(path, sizeof path, "%s/keys/host.key", p->dir);
	hosts = openat(dir, "keys/hosts", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (hosts == -1) {
		hf_fail_sys(e, "open keys/hosts");
		goto out;
	}
	if (hf_host_key_save(path, &host, e) == -1 ||
	    hf_tree_own(dir, "keys/host.key", e) == -1 ||
	    hf_host_pub_save(hosts, &host, p->host_name, e) == -1)
		goto out;
	rc = 0;
out:
	sodium_memzero(&host, sizeof host);
	if (hosts != -1)
		close(hosts);
	return rc;
}

int
hf_init_keys(struct hf_plan *p, int dir, uint64_t now, struct hf_err *e)
{
	struct hf_keystore *k = sodium_malloc(sizeof *k);
	uint8_t *master = sodium_malloc(32);
	int rc = -1;

	if (k == NULL || master == NULL) {
		hf_fail(e, HF_ENOMEM, "out of locked memory");
		goto out;
	}
	randombytes_buf(master, 32);
	if (put_file(dir, "keys/master.key", hf_view_of(master, 32), 0600,
		e) == -1 || make_store(p, dir, k, master, now, e) == -1 ||
	    make_host(p, dir, e) == -1)
		goto out;
	rc = 0;
out:
	sodium_free(master);
	sodium_free(k);
	return rc;
}

int
hf_init_tls(const struct hf_plan *p, int dir, struct hf_err *e)
{
	const char *names[5];
	struct hf_buf cert, key;
	size_t n = 0;
	int rc = -1;

	names[n++] = p->url_host;
	if (strcmp(p->host_name, p->url_host) != 0)
		names[n++] = p->host_name;
	if (strcmp(p->url_host, "localhost") != 0)
		names[n++] = "localhost";
	if (strcmp(p->url_host, "127.0.0.1") != 0)
		names[n++] = "127.0.0.1";
	if (strcmp(p->url_host, "::1") != 0)
		names[n++] = "::1";
	hf_buf_init(&cert, 16384);
	hf_buf_init(&key, 16384);
	if (hf_pem_make(names, n, CERT_DAYS, &cert, &key, e) == -1 ||
	    put_file(dir, "tls/server.key", hf_buf_view(&key), 0600, e) ==
		-1 ||
	    put_file(dir, "tls/server.crt", hf_buf_view(&cert), 0644, e) ==
		-1)
		goto out;
	rc = 0;
out:
	hf_buf_clear(&key);
	hf_buf_clear(&cert);
	return rc;
}
