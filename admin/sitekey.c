#include "admin/sitekey.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/file.h"

int
hf_site_key_load(const char *keys, uint8_t pk[static 32], struct hf_err *e)
{
	char path[4096], hex[65];
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, 128);
	if ((size_t)snprintf(path, sizeof path, "%s/site.pub", keys) >=
	    sizeof path) {
		hf_fail(e, HF_ECONFIG, "keys: the path is too long");
		goto out;
	}
	if (hf_file_read(AT_FDCWD, path, &b, e) == -1) {
		hf_wrap(e, "the site's public key");
		goto out;
	}
	if (b.n == 65 && b.p[64] == '\n')
		b.n = 64;
	if (b.n != 64) {
		hf_fail(e, HF_ECONFIG, "%s is not 64 hex digits", path);
		goto out;
	}
	memcpy(hex, b.p, 64);
	hex[64] = '\0';
	rc = hf_unhex(pk, 32, hex, e);
out:
	hf_buf_clear(&b);
	return rc;
}
