/* link: admin/probe.c admin/https.c admin/pem.c -lcups -lcurl */
#include "admin/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <cups/cups.h>
#include <openssl/x509v3.h>
#include <time.h>

static struct hf_err err;

static void
an_ipp_uri_becomes_a_url(void **state)
{
	static const struct {
		const char *uri;
		const char *url;
		bool tls;
	} cases[] = {
		{ "ipps://p/ipp/print", "https://p:631/ipp/print", true },
		{ "ipps://p:8631/x", "https://p:8631/x", true },
		{ "ipp://p/ipp", "http://p:631/ipp", false },
		{ "ipps://p", "https://p:631/", true },
		{ "ipps://[::1]/x", "https://[::1]:631/x", true },
		{ "ipps://[::1]:9/x", "https://[::1]:9/x", true },
		{ "ipps://p/a:b", "https://p:631/a:b", true },
	};
	char url[256];
	size_t i;
	bool tls;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(hf_ipp_url(cases[i].uri, url, sizeof url,
		    &tls, &err), 0);
		assert_string_equal(url, cases[i].url);
		assert_int_equal(tls, cases[i].tls);
	}
}

static void
what_is_no_ipp_uri_is_refused(void **state)
{
	static const char *const bad[] = { "", "p1", "http://p/", "ipps:/p",
		"ipps://", "ipps:///x", "IPPS://p/", "ipps://u@p/",
		"ipps://p/?q", "ipps://p/#f", "ipps://p/a b", "ipps://p\n/",
		"file:///etc/passwd", "ipps://p\\x" };
	char url[256], small[12];
	size_t i;
	bool tls;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(hf_ipp_url(bad[i], url, sizeof url, &tls,
		    &err), -1);
		assert_int_equal(err.code, HF_ECONFIG);
	}
	assert_int_equal(hf_ipp_url("ipps://printer/", small, sizeof small,
	    &tls, &err), -1);
}

static ssize_t
collect(void *arg, ipp_uchar_t *p, size_t n)
{
	return hf_put_bytes(arg, p, n, NULL) == -1 ? -1 : (ssize_t)n;
}

static void
answer(struct hf_buf *b, ipp_t *ipp)
{
	hf_buf_reset(b);
	ippSetState(ipp, IPP_STATE_IDLE);
	assert_int_equal(ippWriteIO(b, collect, 1, NULL, ipp),
	    IPP_STATE_DATA);
	ippDelete(ipp);
}

static ipp_t *
printer(ipp_status_t status)
{
	static const char *const formats[] = { "application/pdf",
		"image/pwg-raster" };
	static const char *const reasons[] = { "media-empty-error",
		"toner-low-warning" };
	static const int operations[] = { 0x02, 0x05, 0x06, 0x0c, 0x0d };
	ipp_t *ipp = ippNew();

	ippSetStatusCode(ipp, status);
	ippSetRequestId(ipp, 1);
	ippAddString(ipp, IPP_TAG_OPERATION, IPP_TAG_CHARSET,
	    "attributes-charset", NULL, "utf-8");
	ippAddString(ipp, IPP_TAG_PRINTER, IPP_TAG_NAME, "printer-name", NULL,
	    "p1");
	ippAddString(ipp, IPP_TAG_PRINTER, IPP_TAG_TEXT,
	    "printer-make-and-model", NULL, "Evil\033[2J Printer");
	ippAddString(ipp, IPP_TAG_PRINTER, IPP_TAG_URI, "printer-uuid", NULL,
	    "urn:uuid:1");
	ippAddInteger(ipp, IPP_TAG_PRINTER, IPP_TAG_ENUM, "printer-state", 5);
	ippAddBoolean(ipp, IPP_TAG_PRINTER, "printer-is-accepting-jobs", 0);
	ippAddStrings(ipp, IPP_TAG_PRINTER, IPP_TAG_MIMETYPE,
	    "document-format-supported", 2, NULL, formats);
	ippAddStrings(ipp, IPP_TAG_PRINTER, IPP_TAG_KEYWORD,
	    "printer-state-reasons", 2, NULL, reasons);
	ippAddIntegers(ipp, IPP_TAG_PRINTER, IPP_TAG_ENUM,
	    "operations-supported", 5, operations);
	return ipp;
}

static void
what_a_printer_says_is_read(void **state)
{
	struct hf_probe p;
	struct hf_buf b;

	(void)state;
	hf_buf_init(&b, 65536);
	memset(&p, 0, sizeof p);
	answer(&b, printer(IPP_STATUS_OK));
	assert_int_equal(hf_probe_read(hf_buf_view(&b), &p, &err), 0);
	assert_string_equal(p.name, "p1");
	assert_string_equal(p.uuid, "urn:uuid:1");
	assert_int_equal(p.state, 5);
	assert_false(p.accepting);
	assert_int_equal(p.n_formats, 2);
	assert_string_equal(p.formats[1], "image/pwg-raster");
	assert_string_equal(p.reasons,
	    "media-empty-error, toner-low-warning");
	assert_true(p.can_create && p.can_hold);
	hf_buf_clear(&b);
}

static void
a_printers_words_do_not_drive_the_terminal(void **state)
{
	struct hf_probe p;
	struct hf_buf b;

	(void)state;
	hf_buf_init(&b, 65536);
	memset(&p, 0, sizeof p);
	answer(&b, printer(IPP_STATUS_OK));
	assert_int_equal(hf_probe_read(hf_buf_view(&b), &p, &err), 0);
	assert_null(strchr(p.model, '\033'));
	hf_buf_clear(&b);
}

static void
a_long_name_is_cut_between_characters(void **state)
{
	char name[256] = "";
	struct hf_probe p;
	struct hf_buf b;
	ipp_t *ipp;
	int i;

	(void)state;
	for (i = 0; i < 63; i++)
		strcat(name, "\xe2\x82\xac");	/* 3 bytes each, 127 are kept */
	hf_buf_init(&b, 65536);
	memset(&p, 0, sizeof p);
	ipp = ippNew();
	ippSetStatusCode(ipp, IPP_STATUS_OK);
	ippSetRequestId(ipp, 1);
	ippAddString(ipp, IPP_TAG_PRINTER, IPP_TAG_NAME, "printer-name", NULL,
	    name);
	answer(&b, ipp);
	assert_int_equal(hf_probe_read(hf_buf_view(&b), &p, &err), 0);
	assert_int_equal(strlen(p.name), 126);
	assert_true(hf_is_text(hf_view_str(p.name)));
	hf_buf_clear(&b);
}

static void
an_error_of_the_printer_is_told(void **state)
{
	struct hf_probe p;
	struct hf_buf b;

	(void)state;
	hf_buf_init(&b, 65536);
	memset(&p, 0, sizeof p);
	answer(&b, printer(IPP_STATUS_ERROR_NOT_FOUND));
	assert_int_equal(hf_probe_read(hf_buf_view(&b), &p, &err), -1);
	assert_int_equal(err.code, HF_EPEER);
	assert_non_null(strstr(err.text, "client-error-not-found"));
	hf_buf_clear(&b);
}

static void
a_cut_answer_is_refused_wherever_it_is_cut(void **state)
{
	struct hf_probe p;
	struct hf_buf b;
	size_t n;

	(void)state;
	hf_buf_init(&b, 65536);
	answer(&b, printer(IPP_STATUS_OK));
	for (n = 0; n < b.n; n++) {
		memset(&p, 0, sizeof p);
		assert_int_equal(hf_probe_read(hf_view_of(b.p, n), &p, &err),
		    -1);
	}
	hf_buf_clear(&b);
}

static void
html_is_no_printer(void **state)
{
	struct hf_probe p;

	(void)state;
	memset(&p, 0, sizeof p);
	assert_int_equal(hf_probe_read(hf_view_str("<html><body>Hello"), &p,
	    &err), -1);
	assert_int_equal(err.code, HF_EPEER);
}

static void
a_certificate_is_made_with_its_names_and_its_pin(void **state)
{
	static const char *const names[] = { "print.example", "127.0.0.1",
		"::1" };
	struct hf_buf cert, key;
	uint8_t a[32], b[32];
	char pin[HF_PIN_TEXT];
	X509 *x;
	int64_t end;

	(void)state;
	hf_buf_init(&cert, 16384);
	hf_buf_init(&key, 16384);
	assert_int_equal(hf_pem_make(names, 3, 100, &cert, &key, &err), 0);
	x = hf_pem_parse(hf_buf_view(&cert), &err);
	assert_non_null(x);
	assert_int_equal(X509_check_host(x, "print.example", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(x, "other.example", 0, 0, NULL), 0);
	assert_int_equal(X509_check_ip_asc(x, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(x, "::1", 0), 1);
	assert_int_equal(X509_check_ip_asc(x, "127.0.0.2", 0), 0);
	assert_int_equal(hf_cert_end(x, &end, &err), 0);
	assert_true(end > time(NULL) + 99 * 86400);
	assert_true(end < time(NULL) + 101 * 86400);
	assert_int_equal(hf_cert_spki(x, a, &err), 0);
	hf_pin_format(a, pin);
	assert_true(hf_pin_is(pin));
	X509_free(x);
	/* another certificate has another key */
	hf_buf_reset(&cert);
	assert_int_equal(hf_pem_make(names, 3, 100, &cert, &key, &err), 0);
	x = hf_pem_parse(hf_buf_view(&cert), &err);
	assert_int_equal(hf_cert_spki(x, b, &err), 0);
	assert_memory_not_equal(a, b, 32);
	X509_free(x);
	hf_buf_clear(&cert);
	hf_buf_clear(&key);
}

static void
what_is_no_pin_or_certificate_is_refused(void **state)
{
	static const char *const bad[] = { "", "sha256//", "sha1//AAAA",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA;=",
		"SHA256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;" };
	static const char *const names[] = { "a,b" };
	struct hf_buf cert, key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(hf_pin_is(bad[i]));
	assert_true(hf_pin_is(
	    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
	assert_null(hf_pem_parse(hf_view_str("-----BEGIN CERTIFICATE-----\n"),
	    &err));
	assert_null(hf_pem_parse(hf_view_of(NULL, 0), &err));
	hf_buf_init(&cert, 16384);
	hf_buf_init(&key, 16384);
	assert_int_equal(hf_pem_make(names, 1, 1, &cert, &key, &err), -1);
	hf_buf_clear(&cert);
	hf_buf_clear(&key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipp_uri_becomes_a_url),
		cmocka_unit_test(what_is_no_ipp_uri_is_refused),
		cmocka_unit_test(what_a_printer_says_is_read),
		cmocka_unit_test(a_printers_words_do_not_drive_the_terminal),
		cmocka_unit_test(a_long_name_is_cut_between_characters),
		cmocka_unit_test(an_error_of_the_printer_is_told),
		cmocka_unit_test(a_cut_answer_is_refused_wherever_it_is_cut),
		cmocka_unit_test(html_is_no_printer),
		cmocka_unit_test(
		    a_certificate_is_made_with_its_names_and_its_pin),
		cmocka_unit_test(what_is_no_pin_or_certificate_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
