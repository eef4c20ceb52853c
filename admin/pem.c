#include "admin/pem.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/file.h"

#define PIN_PREFIX "sha256//"
#define PEM_MAX (256 * 1024)

static int
fail_ssl(struct hf_err *e, const char *what)
{
	char text[200] = "";
	unsigned long k = ERR_get_error();

	if (k != 0)
		ERR_error_string_n(k, text, sizeof text);
	ERR_clear_error();
	return hf_fail(e, HF_EINPUT, "%s%s%s", what, k != 0 ? ": " : "",
	    text);
}

int
hf_cert_spki(const X509 *cert, uint8_t out[static 32], struct hf_err *e)
{
	unsigned char *der = NULL;
	int n, rc = -1;

	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	if (n <= 0 || EVP_Digest(der, (size_t)n, out, NULL, EVP_sha256(),
	    NULL) != 1)
		fail_ssl(e, "a certificate without a public key");
	else
		rc = 0;
	OPENSSL_free(der);
	return rc;
}

void
hf_pin_format(const uint8_t spki[static 32], char out[static HF_PIN_TEXT])
{
	unsigned char b64[45];

	EVP_EncodeBlock(b64, spki, 32);
	snprintf(out, HF_PIN_TEXT, PIN_PREFIX "%s", (const char *)b64);
}

bool
hf_pin_is(const char *s)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t prefix = sizeof PIN_PREFIX - 1;

	return strlen(s) == HF_PIN_TEXT - 1 &&
	    strncmp(s, PIN_PREFIX, prefix) == 0 &&
	    strspn(s + prefix, alphabet) == 43 && s[prefix + 43] == '=';
}

X509 *
hf_pem_parse(struct hf_view pem, struct hf_err *e)
{
	X509 *cert = NULL;
	BIO *bio;

	if (pem.n > PEM_MAX || (bio = BIO_new_mem_buf(pem.p, (int)pem.n)) ==
	    NULL) {
		hf_fail(e, HF_EINPUT, "a certificate of %zu bytes", pem.n);
		return NULL;
	}
	cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (cert == NULL)
		fail_ssl(e, "not a certificate in PEM");
	return cert;
}

X509 *
hf_pem_load(const char *path, struct hf_err *e)
{
	struct hf_buf b;
	X509 *cert = NULL;

	hf_buf_init(&b, PEM_MAX);
	if (hf_file_read(AT_FDCWD, path, &b, e) == -1)
		hf_wrap(e, "certificate");
	else if ((cert = hf_pem_parse(hf_buf_view(&b), e)) == NULL)
		hf_wrap(e, "%s", path);
	hf_buf_clear(&b);
	return cert;
}

int
hf_pem_spki(const char *path, uint8_t out[static 32], struct hf_err *e)
{
	X509 *cert = hf_pem_load(path, e);
	int rc;

	if (cert == NULL)
		return -1;
	rc = hf_cert_spki(cert, out, e);
	X509_free(cert);
	return rc;
}

int
hf_cert_end(const X509 *cert, int64_t *out, struct hf_err *e)
{
	struct tm tm;

	memset(&tm, 0, sizeof tm);
	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
		return fail_ssl(e, "a certificate without an end");
	*out = timegm(&tm);
	return 0;
}

static bool
is_address(const char *s)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, s, bytes) == 1 ||
	    inet_pton(AF_INET6, s, bytes) == 1;
}

static int
add_extension(X509 *cert, int nid, const char *value, struct hf_err *e)
{
	X509_EXTENSION *x;
	X509V3_CTX ctx;
	int ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = x != NULL && X509_add_ext(cert, x, -1) == 1;
	X509_EXTENSION_free(x);
	return ok ? 0 : fail_ssl(e, "a certificate's extension");
}

static int
add_names(X509 *cert, const char *const *names, size_t n, struct hf_err *e)
{
	char list[1500];
	size_t i, at = 0;
	int k;

	for (i = 0; i < n; i++) {
		if (strcspn(names[i], ",\n\\") != strlen(names[i]))
			return hf_fail(e, HF_EINPUT, "\"%s\" is no host name",
			    names[i]);
		k = snprintf(list + at, sizeof list - at, "%s%s:%s",
		    i > 0 ? "," : "", is_address(names[i]) ? "IP" : "DNS",
		    names[i]);
		if (k < 0 || (size_t)k >= sizeof list - at)
			return hf_fail(e, HF_EINPUT,
			    "too many names in a certificate");
		at += (size_t)k;
	}
	return add_extension(cert, NID_subject_alt_name, list, e);
}

static int
fill(X509 *cert, EVP_PKEY *key, const char *const *names, size_t n, int days,
    struct hf_err *e)
{
	unsigned char serial[16];
	X509_NAME *subject = X509_get_subject_name(cert);
	BIGNUM *big = NULL;
	int ok;

	RAND_bytes(serial, sizeof serial);
	serial[0] &= 0x7f;
	big = BN_bin2bn(serial, sizeof serial, NULL);
	ok = big != NULL &&
	    BN_to_ASN1_INTEGER(big, X509_get_serialNumber(cert)) != NULL &&
	    X509_set_version(cert, X509_VERSION_3) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(cert), -300) != NULL &&
	    X509_time_adj_ex(X509_getm_notAfter(cert), days, 0, NULL) != NULL &&
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
	    (const unsigned char *)names[0], -1, -1, 0) == 1 &&
	    X509_set_issuer_name(cert, subject) == 1 &&
	    X509_set_pubkey(cert, key) == 1;
	BN_free(big);
	if (!ok)
		return fail_ssl(e, "a certificate");
	if (add_extension(cert, NID_basic_constraints, "critical,CA:FALSE",
	    e) == -1 ||
	    add_extension(cert, NID_key_usage, "critical,digitalSignature",
	    e) == -1 ||
	    add_extension(cert, NID_ext_key_usage, "serverAuth", e) == -1 ||
	    add_extension(cert, NID_subject_key_identifier, "hash", e) == -1 ||
	    add_names(cert, names, n, e) == -1)
		return -1;
	if (X509_sign(cert, key, EVP_sha256()) == 0)
		return fail_ssl(e, "sign a certificate");
	return 0;
}

static int
put_bio(struct hf_buf *out, BIO *bio, struct hf_err *e)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	return hf_put_bytes(out, p, n > 0 ? (size_t)n : 0, e);
}

int
hf_pem_make(const char *const *names, size_t n, int days, struct hf_buf *cert,
    struct hf_buf *key, struct hf_err *e)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_secmem());
	X509 *x = X509_new();
	int rc = -1;

	if (pair == NULL || c == NULL || k == NULL || x == NULL) {
		fail_ssl(e, "a key pair");
		goto out;
	}
	if (fill(x, pair, names, n, days, e) == -1)
		goto out;
	if (PEM_write_bio_X509(c, x) != 1 ||
	    PEM_write_bio_PrivateKey(k, pair, NULL, NULL, 0, NULL, NULL) !=
	    1) {
		fail_ssl(e, "write a certificate");
		goto out;
	}
	rc = put_bio(cert, c, e) == -1 || put_bio(key, k, e) == -1 ? -1 : 0;
out:
	X509_free(x);
	BIO_free(c);
	BIO_free(k);
	EVP_PKEY_free(pair);
	return rc;
}
