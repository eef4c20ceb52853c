/* link: release/deliver/proto.c release/deliver/uri.c release/deliver/pin.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/pem.h>

#include "release/deliver/pin.h"
#include "release/deliver/proto.h"
#include "release/deliver/uri.h"

static struct hf_buf b;

static void
put_order(uint16_t copies, const char *token, const char *options, size_t n)
{
	static const uint8_t zero[HF_SEALED_KEY_LEN];

	hf_buf_reset(&b);
	assert_int_equal(hf_put_u64(&b, 11, NULL), 0);
	assert_int_equal(hf_put_u64(&b, 12, NULL), 0);
	assert_int_equal(hf_put_bytes(&b, zero, HF_ID_LEN, NULL), 0);
	assert_int_equal(hf_put_str(&b, token, NULL), 0);
	assert_int_equal(hf_put_str(&b, "application/pdf", NULL), 0);
	assert_int_equal(hf_put_u16(&b, copies, NULL), 0);
	assert_int_equal(hf_put_u8(&b, 2, NULL), 0);
	assert_int_equal(hf_put_u8(&b, 1, NULL), 0);
	assert_int_equal(hf_put_str(&b, "iso_a4_210x297mm", NULL), 0);
	assert_int_equal(hf_put_var(&b, options, n, NULL), 0);
	assert_int_equal(hf_put_bytes(&b, zero, sizeof zero, NULL), 0);
}

static void
an_order_is_taken_apart(void **state)
{
	struct hf_order o;
	size_t n;

	(void)state;
	put_order(3, "0123456789abcdef", "\12finishings\1" "4", 13);
	assert_int_equal(hf_order_get(hf_buf_view(&b), &o, NULL), 0);
	assert_int_equal(o.attempt, 11);
	assert_int_equal(o.fence, 12);
	assert_int_equal(o.copies, 3);
	assert_int_equal(o.sides, HF_SIDES_LONG);
	assert_int_equal(o.color, HF_COLOR_MONO);
	assert_string_equal(o.options[0].name, "finishings");
	assert_string_equal(o.options[0].value, "4");
	for (n = 0; n < b.n; n++)
		assert_int_equal(hf_order_get(hf_view_of(b.p, n), &o, NULL),
		    -1);
	assert_int_equal(hf_put_u8(&b, 0, NULL), 0);
	assert_int_equal(hf_order_get(hf_buf_view(&b), &o, NULL), -1);
}

static void
orders_out_of_bounds_are_refused(void **state)
{
	struct hf_order o;

	(void)state;
	put_order(0, "0123456789abcdef", "", 0);
	assert_int_equal(hf_order_get(hf_buf_view(&b), &o, NULL), -1);
	put_order(1000, "0123456789abcdef", "", 0);
	assert_int_equal(hf_order_get(hf_buf_view(&b), &o, NULL), -1);
	put_order(1, "short", "", 0);
	assert_int_equal(hf_order_get(hf_buf_view(&b), &o, NULL), -1);
	put_order(1, "0123456789 abcdef", "", 0);
	assert_int_equal(hf_order_get(hf_buf_view(&b), &o, NULL), -1);
	put_order(1, "0123456789abcdef", "\10job-name\1x", 11);
	assert_int_equal(hf_order_get(hf_buf_view(&b), &o, NULL), -1);
	put_order(1, "0123456789abcdef", "\12finishings\5" "4", 13);
	assert_int_equal(hf_order_get(hf_buf_view(&b), &o, NULL), -1);
	put_order(1, "0123456789abcdef", "\12finishings\1\n", 13);
	assert_int_equal(hf_order_get(hf_buf_view(&b), &o, NULL), -1);
}

static void
a_sentence_is_cut_between_characters(void **state)
{
	char text[2 * HF_TEXT_MAX];
	const struct hf_finish f = { 1, 2, HF_OUT_HELD, -1, text };
	struct hf_view v, words;
	uint8_t skip[HF_MSG_HEADER + 8 + 8 + 1 + 4];
	size_t i;

	(void)state;
	for (i = 0; i + 2 < sizeof text; i += 2)
		memcpy(text + i, "\xc3\xa4", 3);
	assert_int_equal(hf_finish_put(&b, 1, &f, NULL), 0);
	v = hf_buf_view(&b);
	assert_int_equal(hf_get_bytes(&v, skip, sizeof skip, NULL), 0);
	assert_int_equal(hf_get_var(&v, HF_TEXT_MAX - 1, &words, NULL), 0);
	assert_int_equal(words.n, HF_TEXT_MAX - 2);
	assert_true(hf_is_text(words) && v.n == 0);
}

static void
addresses_are_taken_apart(void **state)
{
	static const struct {
		const char *uri, *host, *authority, *port, *path;
		bool tls;
	} rows[] = {
		{ "ipps://p3.example.org/ipp/print", "p3.example.org",
		    "p3.example.org:631", "631", "/ipp/print", true },
		{ "ipp://10.0.0.7:8631", "10.0.0.7", "10.0.0.7:8631", "8631",
		    "/", false },
		{ "ipps://[::1]:443/x", "::1", "[::1]:443", "443", "/x",
		    true },
		{ "ipps://[fe80::1]/", "fe80::1", "[fe80::1]:631", "631", "/",
		    true },
	};
	struct hf_uri u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(hf_uri_parse(rows[i].uri, &u, NULL), 0);
		assert_string_equal(u.host, rows[i].host);
		assert_string_equal(u.authority, rows[i].authority);
		assert_string_equal(u.port, rows[i].port);
		assert_string_equal(u.path, rows[i].path);
		assert_int_equal(u.tls, rows[i].tls);
	}
}

static void
other_addresses_are_refused(void **state)
{
	static const char *const bad[] = { "", "ipp", "ipp:/x", "http://h/",
		"https://h/", "ipps://", "ipps:///x", "ipps://h:0/",
		"ipps://h:65536/", "ipps://h:/", "ipps://h:6x/", "ipps://u@h/",
		"ipps://h/a b", "ipps://h/a\r\nX: y", "ipps://h/?q",
		"ipps://h/#f", "ipps://[::1/", "ipps://[::1]x/",
		"ipps://[h]/", "ipps://a:b:1/", "IPPS://h/" };
	struct hf_uri u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (hf_uri_parse(bad[i], &u, NULL) != -1)
			fail_msg("%s", bad[i]);
}

static void
a_pin_is_one_of_a_list(void **state)
{
	(void)state;
	assert_true(hf_pin_is_in("sha256//a", "sha256//a"));
	assert_true(hf_pin_is_in("sha256//b", "sha256//a;sha256//b"));
	assert_false(hf_pin_is_in("sha256//b", "sha256//a;sha256//bc"));
	assert_false(hf_pin_is_in("sha256//", "sha256//a"));
	assert_false(hf_pin_is_in("sha256//a", ""));
	assert_false(hf_pin_is_in("", "sha256//a"));
}

/* openssl x509 -pubkey | openssl pkey -pubin -outform DER | sha256 | base64 */
static const char cert_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbTCCAROgAwIBAgIUMVhBMDK9NXLqrs+0TviNfzHDRj4wCgYIKoZIzj0EAwIw\n"
    "DDEKMAgGA1UEAwwBcDAeFw0yNjExMjIxNzAxNThaFw0zNjExMTkxNzAxNThaMAwx\n"
    "CjAIBgNVBAMMAXAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARR81HgWkI2k+61\n"
    "oCJmToe2TctoX7iY2mSrbRcJSZNyeYt0pbhr7uzQwcf4MNkxq5YTljvgAcuIWmcW\n"
    "lDWu/N70o1MwUTAdBgNVHQ4EFgQUyb+eAhsO0pJPe5g4MTrNJU3EYNUwHwYDVR0j\n"
    "BBgwFoAUyb+eAhsO0pJPe5g4MTrNJU3EYNUwDwYDVR0TAQH/BAUwAwEB/zAKBggq\n"
    "hkjOPQQDAgNIADBFAiAo4K1QaSB1GJB8GwES4szGrDLfl7RyBrgJHgpD3J+rgwIh\n"
    "ANv+ILjU0wflK5oPvIE33JKrOU0W/fbZxpGDTcVzl5eR\n"
    "-----END CERTIFICATE-----\n";
static const char cert_pin[] = "sha256//EVIhqp3dU9xoLUf2AqBbe9YzklBODV0hthCHyXrwlxA=";

static void
the_pin_is_that_of_the_public_key(void **state)
{
	BIO *bio = BIO_new_mem_buf(cert_pem, -1);
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	char pin[HF_PIN_TEXT];

	(void)state;
	assert_non_null(x);
	assert_int_equal(hf_pin_of(x, pin, NULL), 0);
	assert_string_equal(pin, cert_pin);
	X509_free(x);
	BIO_free(bio);
}

static int
setup(void **state)
{
	(void)state;
	hf_buf_init(&b, 65536);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	hf_buf_clear(&b);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_is_taken_apart),
		cmocka_unit_test(orders_out_of_bounds_are_refused),
		cmocka_unit_test(a_sentence_is_cut_between_characters),
		cmocka_unit_test(addresses_are_taken_apart),
		cmocka_unit_test(other_addresses_are_refused),
		cmocka_unit_test(a_pin_is_one_of_a_list),
		cmocka_unit_test(the_pin_is_that_of_the_public_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
