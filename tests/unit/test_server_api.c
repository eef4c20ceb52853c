/* link: server/api_reader.c server/api_health.c server/json.c server/reply.c server/http.c server/target.c -ljansson */
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/msg.h"
#include "lib/tap.h"
#include "server/api_health.h"
#include "server/api_reader.h"
#include "server/json.h"

#define ID "11111111-2222-4333-8444-555555555555"
#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX64 HEX32 HEX32

typedef int ask_fn(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e);
typedef int answer_fn(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e);

/* Ask with this body; *out is the message, made anew. */
static int
ask(ask_fn *fn, const void *p, size_t n, struct hf_buf *out, struct hf_err *e)
{
	static struct hf_req rq;
	int rc;

	memset(&rq, 0, sizeof rq);
	hf_buf_init(&rq.body, 65536);
	assert_int_equal(hf_put_bytes(&rq.body, p, n, NULL), 0);
	hf_buf_init(out, HF_MSG_MAX);
	e->code = HF_OK;
	rc = fn(&rq, out, e);
	hf_buf_clear(&rq.body);
	return rc;
}

static void
make_token(char out[static HF_TOKEN_TEXT])
{
	struct hf_token t;

	memset(&t, 7, sizeof t);
	strcpy(t.url, "https://print.example:8443");
	assert_int_equal(hf_token_format(&t, out, NULL), 0);
}

static void
an_enrolment_becomes_the_message_of_the_contract(void **state)
{
	char token[HF_TOKEN_TEXT], json[2048], text[64];
	uint8_t secret[16], key[32], want[32];
	struct hf_buf b;
	struct hf_view v;
	struct hf_err e;
	int i;

	(void)state;
	make_token(token);
	snprintf(json, sizeof json, "{\"token\":\"%s\",\"public_key\":\"%s\","
	    "\"hardware\":\"ACS ACR122U \\u00e9\",\"version\":\"0.1\"}", token,
	    HEX32);
	assert_int_equal(ask(hf_api_enrol_ask, json, strlen(json), &b, &e),
	    0);
	v = hf_buf_view(&b);
	for (i = 0; i < 32; i++)
		want[i] = (uint8_t)i;
	assert_int_equal(hf_get_bytes(&v, secret, 16, &e), 0);
	assert_true(sodium_is_zero(secret, 16) == 0 && secret[0] == 7);
	assert_int_equal(hf_get_bytes(&v, key, 32, &e), 0);
	assert_memory_equal(key, want, 32);
	assert_int_equal(hf_get_str(&v, text, sizeof text, &e), 0);
	assert_string_equal(text, "ACS ACR122U \xc3\xa9");
	assert_int_equal(hf_get_str(&v, text, sizeof text, &e), 0);
	assert_string_equal(text, "0.1");
	assert_int_equal(hf_get_end(&v, &e), 0);
	hf_buf_clear(&b);
}

static void
a_nonce_request_becomes_the_message_of_the_contract(void **state)
{
	static const char json[] = "{\"reader\":\"" ID "\",\"time\":"
	    "1700000000123,\"signature\":\"" HEX64 "\",\"count\":4}";
	struct hf_buf b;
	struct hf_err e;

	(void)state;
	assert_int_equal(ask(hf_api_nonce_ask, json, strlen(json), &b, &e),
	    0);
	assert_int_equal(b.n, 16 + 8 + 1 + 64);
	assert_int_equal(b.p[0], 0x11);
	assert_memory_equal(b.p + 16, "\x00\x00\x01\x8b\xcf\xe5\x68\x7b", 8);
	assert_int_equal(b.p[24], 4);
	assert_int_equal(b.p[25 + 33], 1);
	hf_buf_clear(&b);
}

static const char *const bad_nonces[] = {
	"", " ", "null", "[]", "1", "\"x\"", "{", "{}", "{}{}",
	"{\"reader\":\"" ID "\",\"time\":1,\"signature\":\"" HEX64 "\"}",
	"{\"reader\":\"" ID "\",\"time\":1,\"signature\":\"" HEX64
	    "\",\"count\":1,\"more\":1}",
	"{\"reader\":\"" ID "\",\"reader\":\"" ID "\",\"time\":1,"
	    "\"signature\":\"" HEX64 "\",\"count\":1}",
	"{\"reader\":1,\"time\":1,\"signature\":\"" HEX64 "\",\"count\":1}",
	"{\"reader\":\"" ID "\",\"time\":\"1\",\"signature\":\"" HEX64
	    "\",\"count\":1}",
	"{\"reader\":\"" ID "\",\"time\":1.5,\"signature\":\"" HEX64
	    "\",\"count\":1}",
	"{\"reader\":\"" ID "\",\"time\":-1,\"signature\":\"" HEX64
	    "\",\"count\":1}",
	"{\"reader\":\"" ID "\",\"time\":99999999999999999999,"
	    "\"signature\":\"" HEX64 "\",\"count\":1}",
	"{\"reader\":\"" ID "\",\"time\":1,\"signature\":\"" HEX64
	    "\",\"count\":0}",
	"{\"reader\":\"" ID "\",\"time\":1,\"signature\":\"" HEX64
	    "\",\"count\":5}",
	"{\"reader\":\"" ID "\",\"time\":1,\"signature\":\"" HEX64
	    "\",\"count\":257}",
	"{\"reader\":\"" ID "\",\"time\":1,\"signature\":\"" HEX32
	    "\",\"count\":1}",
	"{\"reader\":\"" ID "\",\"time\":1,\"signature\":\"" HEX64
	    "00\",\"count\":1}",
	"{\"reader\":\"" ID "\",\"time\":1,\"signature\":\"zz" HEX32 HEX32
	    "\",\"count\":1}",
	"{\"reader\":\"1111\",\"time\":1,\"signature\":\"" HEX64
	    "\",\"count\":1}",
	"{\"reader\":\"" ID "\\u0000\",\"time\":1,\"signature\":\"" HEX64
	    "\",\"count\":1}",
	"{\"reader\":\"" ID "\xff\",\"time\":1,\"signature\":\"" HEX64
	    "\",\"count\":1}",
};

static void
nothing_but_the_agreed_object_is_taken(void **state)
{
	struct hf_buf b;
	struct hf_err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad_nonces / sizeof bad_nonces[0]; i++) {
		if (ask(hf_api_nonce_ask, bad_nonces[i],
		    strlen(bad_nonces[i]), &b, &e) != -1)
			fail_msg("taken: %s", bad_nonces[i]);
		assert_int_equal(e.code, HF_EINPUT);
		hf_buf_clear(&b);
	}
}

static void
an_enrolment_with_a_wrong_field_is_refused(void **state)
{
	static const struct {
		const char *token, *key, *hardware, *version;
	} cases[] = {
		{ "HFR1.AAAA", HEX32, "h", "v" },
		{ "", HEX32, "h", "v" },
		{ NULL, HEX32 "00", "h", "v" },
		{ NULL, "", "h", "v" },
		{ NULL, HEX32, "a\\nb", "v" },
		{ NULL, HEX32, "h", "\\u007f" },
		{ NULL, HEX32, "h", HEX32 },	/* 64 bytes, one too many */
		{ NULL, HEX32, HEX64 HEX64, "v" },	/* 256 */
	};
	char token[HF_TOKEN_TEXT], json[2048];
	struct hf_buf b;
	struct hf_err e;
	size_t i;

	(void)state;
	make_token(token);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(json, sizeof json, "{\"token\":\"%s\","
		    "\"public_key\":\"%s\",\"hardware\":\"%s\","
		    "\"version\":\"%s\"}",
		    cases[i].token != NULL ? cases[i].token : token,
		    cases[i].key, cases[i].hardware, cases[i].version);
		if (ask(hf_api_enrol_ask, json, strlen(json), &b, &e) != -1)
			fail_msg("taken: %s", json);
		assert_int_equal(e.code, HF_EINPUT);
		/* what went wrong is said without the secret */
		assert_null(strstr(e.text, token + 5));
		hf_buf_clear(&b);
	}
}

static void
deep_nesting_does_not_hurt(void **state)
{
	static char deep[16384];
	struct hf_buf b;
	struct hf_err e;

	(void)state;
	memset(deep, '[', sizeof deep);
	assert_int_equal(ask(hf_api_nonce_ask, deep, sizeof deep, &b, &e), -1);
	hf_buf_clear(&b);
}

static void
a_tap_is_carried_to_the_byte_and_only_if_it_is_one(void **state)
{
	uint8_t pk[32], sk[64], tap_pk[32], tap_sk[32];
	struct hf_credential c;
	struct hf_buf tap, b;
	struct hf_id printer;
	struct hf_err e;
	size_t i;

	(void)state;
	crypto_sign_keypair(pk, sk);
	crypto_box_keypair(tap_pk, tap_sk);
	memset(&c, 0, sizeof c);
	c.kind = HF_CARD_14443A;
	hf_id_new(&c.reader);
	hf_id_new(&printer);
	c.bits = 32;
	hf_buf_init(&tap, HF_TAP_MAX);
	assert_int_equal(hf_tap_put(&tap, &c, &printer, 1, tap_pk, sk, &e),
	    0);
	assert_int_equal(ask(hf_api_tap_ask, tap.p, tap.n, &b, &e), 0);
	assert_int_equal(b.n, tap.n);
	assert_memory_equal(b.p, tap.p, tap.n);
	hf_buf_clear(&b);
	for (i = 0; i < tap.n; i++) {
		assert_int_equal(ask(hf_api_tap_ask, tap.p, i, &b, &e), -1);
		assert_int_equal(e.code, HF_EINPUT);
		hf_buf_clear(&b);
	}
	assert_int_equal(hf_put_u8(&tap, 0, &e), 0);
	assert_int_equal(ask(hf_api_tap_ask, tap.p, tap.n, &b, &e), -1);
	hf_buf_clear(&b);
	hf_buf_clear(&tap);
}

/* The JSON of an answer, parsed; NULL where it was refused. */
static json_t *
answer(answer_fn *fn, struct hf_view body, struct hf_reply *re,
    struct hf_err *e)
{
	static struct hf_req rq;
	json_t *o;

	hf_reply_init(re);
	if (fn(&rq, body, re, e) == -1) {
		hf_reply_clear(re);
		return NULL;
	}
	o = json_loadb((char *)re->body.p, re->body.n, 0, NULL);
	hf_reply_clear(re);
	assert_non_null(o);
	return o;
}

#define HAS(o, name, text) assert_string_equal(text, \
	json_string_value(json_object_get(o, name)))

static void
put_tap_answer(struct hf_buf *b, uint8_t result, const char *person,
    uint8_t has_nonce)
{
	uint8_t nonce[32];

	memset(nonce, 0xab, sizeof nonce);
	assert_int_equal(hf_put_u8(b, result, NULL), 0);
	assert_int_equal(hf_put_u16(b, 300, NULL), 0);
	assert_int_equal(hf_put_str(b, "p1", NULL), 0);
	assert_int_equal(hf_put_str(b, person, NULL), 0);
	assert_int_equal(hf_put_str(b, "300 documents", NULL), 0);
	assert_int_equal(hf_put_u8(b, has_nonce, NULL), 0);
	assert_int_equal(hf_put_bytes(b, nonce, 32, NULL), 0);
}

static void
a_tap_answer_says_what_the_release_service_said(void **state)
{
	struct hf_reply re;
	struct hf_buf b;
	struct hf_err e;
	json_t *o;
	uint8_t r;

	(void)state;
	hf_buf_init(&b, 4096);
	for (r = HF_TAP_RELEASED; r <= HF_TAP_UNAVAILABLE; r++) {
		hf_buf_reset(&b);
		put_tap_answer(&b, r, r % 2 != 0 ? "Ann" : "", r % 3 == 0);
		o = answer(hf_api_tap_answer, hf_buf_view(&b), &re, &e);
		assert_non_null(o);
		assert_int_equal(re.status, 200);
		HAS(o, "result", hf_tap_result_name(r));
		HAS(o, "message", "300 documents");
		HAS(o, "printer", "p1");
		assert_int_equal(json_integer_value(json_object_get(o,
		    "jobs")), 300);
		assert_int_equal(json_object_get(o, "person") != NULL,
		    r % 2 != 0);
		assert_int_equal(json_object_get(o, "nonce") != NULL,
		    r % 3 == 0);
		assert_int_equal(re.vouched, r % 3 == 0);
		json_decref(o);
	}
	hf_buf_reset(&b);
	put_tap_answer(&b, HF_TAP_UNAVAILABLE + 1, "", 0);
	assert_null(answer(hf_api_tap_answer, hf_buf_view(&b), &re, &e));
	hf_buf_reset(&b);
	put_tap_answer(&b, 0, "", 0);
	assert_null(answer(hf_api_tap_answer, hf_buf_view(&b), &re, &e));
	hf_buf_clear(&b);
}

static void
put_printers(struct hf_buf *b, const char *name)
{
	struct hf_id id;

	memset(&id, 0x11, sizeof id);
	assert_int_equal(hf_put_u8(b, 2, NULL), 0);
	assert_int_equal(hf_put_bytes(b, id.b, 16, NULL), 0);
	assert_int_equal(hf_put_str(b, "p1", NULL), 0);
	assert_int_equal(hf_put_bytes(b, id.b, 16, NULL), 0);
	assert_int_equal(hf_put_str(b, name, NULL), 0);
}

static void
put_nonce_answer(struct hf_buf *b, const char *name)
{
	uint8_t nonces[64];

	memset(nonces, 0xcd, sizeof nonces);
	assert_int_equal(hf_put_u8(b, 2, NULL), 0);
	assert_int_equal(hf_put_bytes(b, nonces, 64, NULL), 0);
	assert_int_equal(hf_put_u32(b, 600, NULL), 0);
	assert_int_equal(hf_put_u64(b, 1700000000123, NULL), 0);
	assert_int_equal(hf_put_u64(b, 42, NULL), 0);
	put_printers(b, name);
}

static void
put_enrol_answer(struct hf_buf *b, const char *name)
{
	struct hf_id id;

	memset(&id, 0x22, sizeof id);
	assert_int_equal(hf_put_bytes(b, id.b, 16, NULL), 0);
	assert_int_equal(hf_put_str(b, name, NULL), 0);
	put_printers(b, "p1");
}

static void
nonces_and_enrolments_are_told_in_full(void **state)
{
	struct hf_reply re;
	struct hf_buf b;
	struct hf_err e;
	json_t *o, *p;

	(void)state;
	hf_buf_init(&b, 4096);
	put_nonce_answer(&b, "Drucker S\xc3\xbc" "d");
	o = answer(hf_api_nonce_answer, hf_buf_view(&b), &re, &e);
	assert_non_null(o);
	assert_true(re.vouched);
	assert_int_equal(json_array_size(json_object_get(o, "nonces")), 2);
	assert_int_equal(json_integer_value(json_object_get(o, "valid_s")),
	    600);
	assert_int_equal(json_integer_value(json_object_get(o, "time")),
	    1700000000123);
	assert_int_equal(json_integer_value(json_object_get(o,
	    "key_list_serial")), 42);
	p = json_array_get(json_object_get(o, "printers"), 1);
	HAS(p, "name", "Drucker S\xc3\xbc" "d");
	HAS(p, "id", "11111111-1111-1111-1111-111111111111");
	json_decref(o);

	hf_buf_reset(&b);
	put_enrol_answer(&b, "lobby");
	o = answer(hf_api_enrol_answer, hf_buf_view(&b), &re, &e);
	assert_non_null(o);
	HAS(o, "name", "lobby");
	HAS(o, "reader", "22222222-2222-2222-2222-222222222222");
	assert_int_equal(json_array_size(json_object_get(o, "printers")), 2);
	json_decref(o);
	hf_buf_clear(&b);
}

/* Cut anywhere, or followed by a byte, or with a name that is no UTF-8. */
static void
an_answer_that_is_not_exact_is_refused(void **state)
{
	static const struct {
		answer_fn *fn;
		int what;
	} cases[] = {
		{ hf_api_tap_answer, 0 },
		{ hf_api_nonce_answer, 1 },
		{ hf_api_enrol_answer, 2 },
	};
	struct hf_reply re;
	struct hf_buf b;
	struct hf_err e;
	size_t i, n;
	int odd;

	(void)state;
	hf_buf_init(&b, 4096);
	for (i = 0; i < 3; i++)
		for (odd = 0; odd < 2; odd++) {
			hf_buf_reset(&b);
			if (cases[i].what == 0)
				put_tap_answer(&b, 1, odd ? "\xff" : "Ann", 1);
			else if (cases[i].what == 1)
				put_nonce_answer(&b, odd ? "\xff" : "p2");
			else
				put_enrol_answer(&b, odd ? "\xff" : "p2");
			for (n = 0; n < b.n; n++)
				assert_null(answer(cases[i].fn, hf_view_of(b.p,
				    n), &re, &e));
			if (odd) {
				assert_null(answer(cases[i].fn,
				    hf_buf_view(&b), &re, &e));
				assert_int_equal(e.code, HF_EINPUT);
			}
			assert_int_equal(hf_put_u8(&b, 0, &e), 0);
			assert_null(answer(cases[i].fn, hf_buf_view(&b), &re,
			    &e));
		}
	hf_buf_clear(&b);
}

static void
health_is_ok_only_if_all_of_it_is(void **state)
{
	static const struct {
		const char *p;
		int status;
		const char *word;
		bool release;
	} cases[] = {
		{ "\1\1\1", 200, "ok", true },
		{ "\1\0\1", 503, "degraded", true },
		{ "\1\1\0", 503, "degraded", true },
		{ "\0\1\1", 503, "degraded", false },
	};
	struct hf_err e = { .code = HF_EAGAIN };
	struct hf_reply re;
	struct hf_req rq;
	json_t *o;
	size_t i;

	(void)state;
	memset(&rq, 0, sizeof rq);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		o = answer(hf_api_health_answer, hf_view_of(cases[i].p, 3),
		    &re, &e);
		assert_int_equal(re.status, cases[i].status);
		HAS(o, "status", cases[i].word);
		assert_int_equal(json_is_true(json_object_get(o, "release")),
		    cases[i].release);
		json_decref(o);
	}
	assert_null(answer(hf_api_health_answer, hf_view_of("\1\1", 2), &re,
	    &e));
	hf_reply_init(&re);
	assert_int_equal(hf_api_health_no_answer(&rq, &e, &re, &e), 0);
	assert_int_equal(re.status, 503);
	hf_reply_clear(&re);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_enrolment_becomes_the_message_of_the_contract),
		cmocka_unit_test(
		    a_nonce_request_becomes_the_message_of_the_contract),
		cmocka_unit_test(nothing_but_the_agreed_object_is_taken),
		cmocka_unit_test(an_enrolment_with_a_wrong_field_is_refused),
		cmocka_unit_test(deep_nesting_does_not_hurt),
		cmocka_unit_test(
		    a_tap_is_carried_to_the_byte_and_only_if_it_is_one),
		cmocka_unit_test(
		    a_tap_answer_says_what_the_release_service_said),
		cmocka_unit_test(nonces_and_enrolments_are_told_in_full),
		cmocka_unit_test(an_answer_that_is_not_exact_is_refused),
		cmocka_unit_test(health_is_ok_only_if_all_of_it_is),
	};

	if (sodium_init() == -1)
		return 1;
	hf_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
