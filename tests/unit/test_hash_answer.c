/* link: release/hash/answer.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/session.h"
#include "release/hash/answer.h"

static char hash[crypto_pwhash_STRBYTES];

static int
setup(void **state)
{
	(void)state;
	return sodium_init() == -1 ? -1 :
	    crypto_pwhash_str(hash, "correct horse", 13,
	    crypto_pwhash_OPSLIMIT_INTERACTIVE,
	    crypto_pwhash_MEMLIMIT_INTERACTIVE);
}

static int
verify(const char *stored, const char *secret, size_t n)
{
	struct hf_buf in, out;
	struct hf_msg m;
	struct hf_err e;
	uint8_t fits = 9;

	hf_buf_init(&in, HF_MSG_MAX);
	hf_buf_init(&out, HF_MSG_MAX);
	assert_int_equal(hf_msg_begin(&in, HF_MSG_VERIFY, 77, &e), 0);
	assert_int_equal(hf_put_str(&in, stored, &e), 0);
	assert_int_equal(hf_put_var(&in, secret, n, &e), 0);
	assert_int_equal(hf_hash_answer(hf_buf_view(&in), &out, &e), 0);
	assert_int_equal(hf_msg_decode(hf_buf_view(&out), &m, &e), 0);
	assert_int_equal(m.type, HF_MSG_VERIFY | HF_MSG_REPLY);
	assert_int_equal(m.seq, 77);
	assert_int_equal(hf_get_u8(&m.body, &fits, &e), 0);
	assert_int_equal(m.body.n, 0);
	hf_buf_clear(&in);
	hf_buf_clear(&out);
	return fits;
}

static void
only_the_right_secret_fits(void **state)
{
	(void)state;
	assert_int_equal(verify(hash, "correct horse", 13), 1);
	assert_int_equal(verify(hash, "correct horsf", 13), 0);
	assert_int_equal(verify(hash, "correct horse", 12), 0);
	assert_int_equal(verify(hash, "", 0), 0);
}

static void
nothing_fits_a_hash_that_is_none_or_too_dear(void **state)
{
	(void)state;
	assert_int_equal(verify("", "x", 1), 0);
	assert_int_equal(verify("plain", "plain", 5), 0);
	assert_int_equal(verify("$argon2id$v=19$m=9999999,t=2,p=1$AAAA$AAAA",
	    "x", 1), 0);
	assert_int_equal(verify("$argon2id$v=19$m=65536,t=9999,p=1$AAAA$AAAA",
	    "x", 1), 0);
	/* role queue's own, for people that are not there */
	assert_int_equal(verify("$argon2id$v=19$m=65536,t=2,p=1$"
	    "AAAAAAAAAAAAAAAAAAAAAA$"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x", 1), 0);
}

static void
a_message_of_another_form_is_refused(void **state)
{
	struct hf_buf in, out;
	struct hf_err e;

	(void)state;
	hf_buf_init(&in, HF_MSG_MAX);
	hf_buf_init(&out, HF_MSG_MAX);
	assert_int_equal(hf_msg_begin(&in, HF_MSG_OPEN, 1, &e), 0);
	assert_int_equal(hf_hash_answer(hf_buf_view(&in), &out, &e), -1);
	assert_int_equal(hf_msg_begin(&in, HF_MSG_VERIFY, 1, &e), 0);
	assert_int_equal(hf_hash_answer(hf_buf_view(&in), &out, &e), -1);
	assert_int_equal(hf_put_str(&in, hash, &e), 0);
	assert_int_equal(hf_put_str(&in, "x", &e), 0);
	assert_int_equal(hf_put_u8(&in, 0, &e), 0);	/* left over */
	assert_int_equal(hf_hash_answer(hf_buf_view(&in), &out, &e), -1);
	hf_buf_clear(&in);
	hf_buf_clear(&out);
}

static void
a_sessions_hash_and_its_second_value_tell_nothing_of_each_other(void **state)
{
	uint8_t token[HF_SESSION_LEN] = { 1 }, other[HF_SESSION_LEN] = { 2 };
	uint8_t a[HF_SESSION_LEN], b[HF_SESSION_LEN], c[HF_CSRF_LEN];

	(void)state;
	hf_session_hash(token, a);
	hf_session_hash(other, b);
	hf_session_csrf(token, c);
	assert_memory_not_equal(a, b, sizeof a);
	assert_memory_not_equal(a, token, sizeof a);
	assert_memory_not_equal(a, c, sizeof c);
	hf_session_hash(token, b);
	assert_memory_equal(a, b, sizeof a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_right_secret_fits),
		cmocka_unit_test(nothing_fits_a_hash_that_is_none_or_too_dear),
		cmocka_unit_test(a_message_of_another_form_is_refused),
		cmocka_unit_test(
		    a_sessions_hash_and_its_second_value_tell_nothing_of_each_other),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
