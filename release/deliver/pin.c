#include "release/deliver/pin.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#define PREFIX "sha256//"

int
hf_pin_of(const X509 *cert, char out[static HF_PIN_TEXT], struct hf_err *e)
{
	unsigned char *der = NULL, digest[32], b64[45];
	int n, rc = -1;

	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	if (n <= 0 || EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(),
	    NULL) != 1) {
		hf_fail(e, HF_EINPUT, "certificate without a public key");
		goto out;
	}
	EVP_EncodeBlock(b64, digest, sizeof digest);
	snprintf(out, HF_PIN_TEXT, PREFIX "%s", (const char *)b64);
	rc = 0;
out:
	OPENSSL_free(der);
	return rc;
}

bool
hf_pin_is_in(const char *pin, const char *list)
{
	size_t n = strlen(pin), k;

	for (; *list != '\0'; list += k + (list[k] == ';')) {
		k = strcspn(list, ";");
		if (k == n && memcmp(list, pin, n) == 0)
			return true;
	}
	return false;
}
