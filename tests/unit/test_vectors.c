/* link: tests/vectors/vectors.c release/common/unseal.c */
/*
 * The vectors of the formats: what is in the tree must be read, and must be
 * what the writers make of the same random bytes (tests/vectors/README).
 */
#include "tests/vectors/vectors.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/envelope.h"
#include "lib/file.h"
#include "lib/keylist.h"
#include "lib/tap.h"
#include "release/common/unseal.h"

#define FOLDER "tests/vectors"
#define FILE_MAX (1 << 20)

static struct hf_err err;
static int dir = -1;

static int
setup(void **state)
{
	const char *root = getenv("HF_ROOT");
	char path[4096];

	(void)state;
	snprintf(path, sizeof path, "%s/%s", root != NULL ? root : ".",
	    FOLDER);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	return close(dir);
}

/* --- text files --- */

static char *
load(const char *file)
{
	struct hf_buf b;
	char *text;

	hf_buf_init(&b, FILE_MAX);
	if (hf_file_read(dir, file, &b, &err) == -1)
		fail_msg("%s", err.text);
	text = malloc(b.n + 1);
	memcpy(text, b.p, b.n);
	text[b.n] = '\0';
	hf_buf_clear(&b);
	return text;
}

/*
 * The value of the nth line with this name; borrowed until the next call but
 * three.
 */
static const char *
value_n(const char *text, const char *name, size_t nth)
{
	static char *out[4];
	static size_t at;
	const char *p, *eol;
	const size_t len = strlen(name);

	for (p = text; *p != '\0'; p = eol + 1) {
		eol = strchr(p, '\n');
		assert_non_null(eol);
		if (strncmp(p, name, len) != 0 ||
		    strncmp(p + len, " = ", 3) != 0 || nth-- > 0)
			continue;
		p += len + 3;
		at = (at + 1) % 4;
		free(out[at]);
		out[at] = strndup(p, (size_t)(eol - p));
		return out[at];
	}
	return NULL;
}

static const char *
value(const char *text, const char *name)
{
	const char *v = value_n(text, name, 0);

	if (v == NULL)
		fail_msg("no line %s", name);
	return v;
}

static uint64_t
number(const char *text, const char *name)
{
	return strtoull(value(text, name), NULL, 10);
}

static size_t
unhex(const char *hex, uint8_t *out, size_t max)
{
	size_t n = strlen(hex) / 2;

	assert_in_range(n, 0, max);
	assert_int_equal(hf_unhex(out, n, hex, &err), 0);
	return n;
}

static void
get(const char *text, const char *name, uint8_t *out, size_t n)
{
	assert_int_equal(unhex(value(text, name), out, n), n);
}

static void
expect_bytes(const char *text, const char *name, const uint8_t *p, size_t n)
{
	uint8_t *want = malloc(n + 1);

	get(text, name, want, n);
	assert_memory_equal(p, want, n);
	free(want);
}

/* --- envelopes --- */

static void
expect_envelope(const char *text, const struct hf_envelope *v)
{
	uint8_t key[HF_INTAKE_KEY_LEN];
	size_t i;

	expect_bytes(text, "job", v->job.b, HF_ID_LEN);
	assert_string_equal(v->owner, value(text, "owner"));
	assert_string_equal(v->title, value(text, "title"));
	assert_string_equal(v->format, value(text, "format"));
	assert_int_equal(v->submitted, number(text, "submitted"));
	assert_int_equal(v->expires, number(text, "expires"));
	assert_string_equal(v->queue, value(text, "queue"));
	assert_int_equal(v->copies, number(text, "copies"));
	assert_int_equal(v->sides, number(text, "sides"));
	assert_int_equal(v->color, number(text, "color"));
	assert_string_equal(v->media, value(text, "media"));
	for (i = 0; i < v->n_options; i++) {
		assert_string_equal(v->options[i].name,
		    value_n(text, "option", i));
		assert_string_equal(v->options[i].value,
		    value_n(text, "value", i));
	}
	assert_null(value_n(text, "option", i));
	assert_string_equal(v->host, value(text, "host"));
	assert_int_equal(v->cups_job, number(text, "cups_job"));
	assert_string_equal(v->job_uuid, value(text, "job_uuid"));
	assert_int_equal(v->created, number(text, "created"));
	assert_int_equal(v->document, number(text, "document"));
	hf_envelope_intake_key(v, key);
	expect_bytes(text, "intake_key", key, sizeof key);
}

static void
read_envelope(const char *text)
{
	uint8_t bytes[HF_ENVELOPE_MAX];
	struct hf_envelope v;
	size_t n = unhex(value(text, "envelope"), bytes, sizeof bytes);

	assert_int_equal(hf_envelope_get(hf_view_of(bytes, n), &v, &err), 0);
	expect_envelope(text, &v);
}

static void
the_envelopes_are_read(void **state)
{
	static const char *const files[] = { "envelope-least.txt",
		"envelope-full.txt" };
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof files / sizeof files[0]; i++) {
		text = load(files[i]);
		read_envelope(text);
		free(text);
	}
}

/* Every line of the file through `refuses`; returns how many. */
static size_t
each_line(const char *file, void (*refuses)(struct hf_view v))
{
	char *text = load(file), *p, *eol, *eq;
	uint8_t bytes[HF_ENVELOPE_MAX];
	size_t lines = 0;

	for (p = text; *p != '\0'; p = eol + 1) {
		eol = strchr(p, '\n');
		*eol = '\0';
		eq = strstr(p, " = ");
		assert_non_null(eq);
		refuses(hf_view_of(bytes, unhex(eq + 3, bytes,
					      sizeof bytes)));
		lines++;
	}
	free(text);
	return lines;
}

static void
envelope_is_refused(struct hf_view v)
{
	struct hf_envelope got;

	assert_int_equal(hf_envelope_get(v, &got, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
the_bad_envelopes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(each_line("envelope-refused.txt",
			     envelope_is_refused), 9);
}

/* --- sealed documents --- */

static void
expect_plaintext(struct hf_unsealer *u, uint64_t length)
{
	struct hf_view v;
	uint64_t at = 0;
	size_t i;

	do {
		assert_int_equal(hf_unsealer_next(u, &v, &err), 0);
		for (i = 0; i < v.n; i++)
			assert_int_equal(v.p[i], vectors_plain(at + i));
		at += v.n;
	} while (v.n > 0);
	assert_int_equal(at, length);
}

static void
read_sealed(const char *stem)
{
	uint8_t pk[32], sk[32], key[32], host_pk[32];
	struct hf_sealed_trailer t;
	struct hf_sealed_header h;
	struct hf_unsealer *u;
	struct hf_envelope v;
	struct hf_buf head, env;
	char file[64], *text;
	int fd;

	snprintf(file, sizeof file, "%s.txt", stem);
	text = load(file);
	snprintf(file, sizeof file, "%s.sealed", stem);
	fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	get(text, "release_pk", pk, 32);
	get(text, "release_sk", sk, 32);
	get(text, "host_pk", host_pk, 32);
	assert_int_equal(hf_sealed_check(fd, host_pk, &t, &err), 0);
	expect_bytes(text, "dup_tag", t.dup_tag, 32);
	hf_buf_init(&head, HF_HEADER_MAX);
	hf_buf_init(&env, HF_BOX_MAX);
	assert_int_equal(hf_sealed_header_read(fd, &head, &h, &err), 0);
	expect_bytes(text, "key_id", h.key_id, 8);
	expect_bytes(text, "host_id", h.host_id, 8);
	assert_int_equal(hf_unseal_box(&h, pk, sk, key, &env, &err), 0);
	expect_bytes(text, "envelope", env.p, env.n);
	assert_int_equal(hf_envelope_get(hf_buf_view(&env), &v, &err), 0);
	expect_envelope(text, &v);
	u = hf_unsealer_new(fd, key, &err);
	assert_non_null(u);
	assert_int_equal(hf_unsealer_length(u), number(text, "plain_length"));
	expect_plaintext(u, number(text, "plain_length"));
	hf_unsealer_free(u);
	hf_buf_clear(&env);
	hf_buf_clear(&head);
	close(fd);
	free(text);
}

static void
the_sealed_documents_are_read(void **state)
{
	(void)state;
	read_sealed("seal-one-byte");
	read_sealed("seal-one-chunk");
	read_sealed("seal-two-chunks");
	read_sealed("seal-three-chunks");
}

/* --- taps --- */

static void
expect_credential(const char *text, const struct hf_credential *c)
{
	uint8_t pepper[32], hash[32];

	assert_int_equal(c->kind, number(text, "kind"));
	expect_bytes(text, "reader", c->reader.b, HF_ID_LEN);
	expect_bytes(text, "nonce", c->nonce, HF_NONCE_LEN);
	assert_int_equal(c->bits, number(text, "bits"));
	expect_bytes(text, "raw", c->raw, (c->bits + 7u) / 8);
	assert_string_equal(c->pin, value(text, "pin"));
	expect_bytes(text, "proof", c->proof, c->proof_len);
	get(text, "pepper", pepper, 32);
	hf_badge_hash(hash, c, pepper);
	expect_bytes(text, "badge_hash", hash, 32);
}

static void
read_tap(const char *file)
{
	uint8_t bytes[HF_TAP_MAX], plain[HF_TAP_MAX], tap_pk[32], tap_sk[32];
	uint8_t reader_pk[32];
	struct hf_credential c;
	struct hf_tap t;
	char *text = load(file);
	size_t n = unhex(value(text, "tap"), bytes, sizeof bytes);

	get(text, "tap_pk", tap_pk, 32);
	get(text, "tap_sk", tap_sk, 32);
	get(text, "reader_pk", reader_pk, 32);
	assert_int_equal(hf_tap_get(hf_view_of(bytes, n), &t, &err), 0);
	assert_int_equal(hf_tap_verify(&t, reader_pk, &err), 0);
	expect_bytes(text, "reader", t.reader.b, HF_ID_LEN);
	expect_bytes(text, "printer", t.printer.b, HF_ID_LEN);
	expect_bytes(text, "nonce", t.nonce, HF_NONCE_LEN);
	assert_int_equal(t.time_ms, number(text, "time_ms"));
	assert_int_equal(crypto_box_seal_open(plain, t.box.p, t.box.n, tap_pk,
			     tap_sk), 0);
	n = t.box.n - crypto_box_SEALBYTES;
	expect_bytes(text, "credential", plain, n);
	assert_int_equal(hf_credential_get(hf_view_of(plain, n), &c, &err), 0);
	expect_credential(text, &c);
	free(text);
}

static void
the_taps_are_read(void **state)
{
	(void)state;
	read_tap("tap-uid.txt");
	read_tap("tap-wiegand-pin.txt");
	read_tap("tap-piv.txt");
}

static void
the_readers_request_is_read(void **state)
{
	char *text = load("tap-request.txt");
	uint8_t sig[HF_SIG_LEN], pk[32], body[1];
	struct hf_id reader;

	(void)state;
	get(text, "signature", sig, sizeof sig);
	get(text, "reader_pk", pk, 32);
	get(text, "reader", reader.b, HF_ID_LEN);
	get(text, "body", body, 1);
	assert_int_equal(hf_reader_verify(sig, &reader, number(text,
			     "time_ms"), hf_view_of(body, 1), pk, &err), 0);
	free(text);
}

static void
credential_is_refused(struct hf_view v)
{
	struct hf_credential got;

	assert_int_equal(hf_credential_get(v, &got, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
the_bad_credentials_are_refused(void **state)
{
	(void)state;
	assert_int_equal(each_line("tap-credential-refused.txt",
			     credential_is_refused), 12);
}

/* --- key lists, keystore, token --- */

static void
read_keylist(const char *file, size_t epochs)
{
	static struct hf_keystore store;
	uint8_t bytes[HF_KEYSTORE_MAX], site_pk[32], master[32], want[32];
	struct hf_keylist k;
	char *text = load(file);
	size_t i, n = unhex(value(text, "keylist"), bytes, sizeof bytes);

	get(text, "site_pk", site_pk, 32);
	assert_int_equal(hf_keylist_get(hf_view_of(bytes, n), site_pk, &k,
			     &err), 0);
	assert_int_equal(k.serial, number(text, "serial"));
	assert_int_equal(k.issued, number(text, "issued"));
	expect_bytes(text, "tap_pk", k.tap_pk, 32);
	assert_int_equal(k.n, epochs);

	n = unhex(value(text, "keystore"), bytes, sizeof bytes);
	get(text, "master", master, 32);
	assert_int_equal(hf_keystore_get(hf_view_of(bytes, n), master, &store,
			     &err), 0);
	assert_int_equal(store.n, epochs);
	expect_bytes(text, "site_seed", store.site_seed, 32);
	expect_bytes(text, "tap_sk", store.tap_sk, 32);
	expect_bytes(text, "pepper", store.pepper, 32);
	for (i = 0; i < epochs; i++) {
		unhex(value_n(text, "epoch_pk", i), want, 32);
		assert_memory_equal(k.epochs[i].pk, want, 32);
		assert_memory_equal(store.epochs[i].pk, want, 32);
		unhex(value_n(text, "epoch_sk", i), want, 32);
		assert_memory_equal(store.epoch_sk[i], want, 32);
		assert_int_equal(k.epochs[i].not_before,
		    strtoull(value_n(text, "epoch_not_before", i), NULL, 10));
		assert_int_equal(k.epochs[i].not_after,
		    strtoull(value_n(text, "epoch_not_after", i), NULL, 10));
	}
	free(text);
}

static void
the_key_lists_and_keystores_are_read(void **state)
{
	(void)state;
	read_keylist("keylist-one.txt", 1);
	read_keylist("keylist-many.txt", 64);
}

static void
the_token_is_read(void **state)
{
	char *text = load("token.txt");
	struct hf_token t;
	uint8_t hash[32];

	(void)state;
	assert_int_equal(hf_token_parse(value(text, "token"), &t, &err), 0);
	expect_bytes(text, "secret", t.secret, 16);
	expect_bytes(text, "spki", t.spki, 32);
	expect_bytes(text, "site_pk", t.site_pk, 32);
	assert_string_equal(t.url, value(text, "url"));
	hf_token_hash(t.secret, hash);
	expect_bytes(text, "secret_hash", hash, 32);
	free(text);
}

/* --- the writer --- */

struct made {
	size_t n;
	char names[64][64];
};

static void
compare(void *arg, const char *file, struct hf_view v)
{
	struct made *m = arg;
	struct hf_buf b;

	hf_buf_init(&b, FILE_MAX);
	if (hf_file_read(dir, file, &b, &err) == -1)
		fail_msg("%s", err.text);
	if (!hf_view_equal(v, hf_buf_view(&b)))
		fail_msg("%s is written differently: make vectors", file);
	assert_true(hf_str_copy(m->names[m->n++], 64, file));
	hf_buf_clear(&b);
}

static void
the_writers_make_the_same_bytes_again(void **state)
{
	struct made m = { 0 };

	(void)state;
	vectors_each(compare, &m);
	assert_int_equal(m.n, 19);
}

static bool
is_vector(const char *file)
{
	return strstr(file, ".txt") != NULL || strstr(file, ".sealed") != NULL;
}

static void
every_vector_in_the_folder_has_a_writer(void **state)
{
	struct made m = { 0 };
	struct dirent *de;
	size_t i;
	DIR *d;

	(void)state;
	vectors_each(compare, &m);
	d = fdopendir(dup(dir));
	assert_non_null(d);
	rewinddir(d);
	while ((de = readdir(d)) != NULL) {
		if (!is_vector(de->d_name))
			continue;
		for (i = 0; i < m.n; i++)
			if (strcmp(m.names[i], de->d_name) == 0)
				break;
		if (i == m.n)
			fail_msg("nothing writes %s", de->d_name);
	}
	closedir(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_envelopes_are_read),
		cmocka_unit_test(the_bad_envelopes_are_refused),
		cmocka_unit_test(the_sealed_documents_are_read),
		cmocka_unit_test(the_taps_are_read),
		cmocka_unit_test(the_readers_request_is_read),
		cmocka_unit_test(the_bad_credentials_are_refused),
		cmocka_unit_test(the_key_lists_and_keystores_are_read),
		cmocka_unit_test(the_token_is_read),
		cmocka_unit_test(the_writers_make_the_same_bytes_again),
		cmocka_unit_test(every_vector_in_the_folder_has_a_writer),
	};

	vectors_random_init();
	return sodium_init() == -1
	    ? 1
	    : cmocka_run_group_tests(tests, setup, teardown);
}
