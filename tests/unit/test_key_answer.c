/* link: release/key/answer.c release/key/ring.c release/key/checkpoint.c release/common/unseal.c tests/unit/sealkit.c */
/* Role key without its process: what it answers, and what ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "lib/tap.h"
#include "release/common/unseal.h"
#include "release/key/answer.h"
#include "tests/unit/sealkit.h"

#define NOW 1700000000ull
#define DAY 86400ull

struct fixture {
	struct hf_ring *ring;
	struct hf_buf in, out;
	struct hf_msg reply;
	struct hf_id reader;
	uint8_t nonce[HF_NONCE_LEN];
	uint8_t sk[64];		/* the reader's */
};

/* A ring as the parent hands it over: through a pipe, sealed. */
static struct hf_ring *
ring_of(struct hf_keystore *k)
{
	uint8_t master[HF_MASTER_LEN];
	struct hf_ring *ring;
	struct hf_buf b;
	struct hf_err e;
	int fds[2];

	randombytes_buf(master, sizeof master);
	hf_buf_init(&b, HF_KEYSTORE_MAX);
	assert_int_equal(hf_keystore_put(&b, k, master, &e), 0);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], master, sizeof master), sizeof master);
	assert_int_equal(write(fds[1], b.p, b.n), b.n);
	close(fds[1]);
	ring = hf_ring_read(fds[0], &e);
	close(fds[0]);
	hf_buf_clear(&b);
	return ring;
}

static int
setup(void **state)
{
	static struct fixture f;
	static struct hf_keystore k;
	struct hf_err e;
	uint8_t pk[32];

	hf_keystore_new(&k);
	assert_int_equal(hf_keystore_add(&k, NOW - DAY, NOW, &e), 0);
	assert_int_equal(hf_keystore_add(&k, NOW, NOW + DAY, &e), 0);
	k.serial = 5;
	f.ring = ring_of(&k);
	assert_non_null(f.ring);
	hf_buf_init(&f.in, HF_MSG_MAX);
	hf_buf_init(&f.out, HF_MSG_MAX);
	hf_id_new(&f.reader);
	randombytes_buf(f.nonce, sizeof f.nonce);
	crypto_sign_keypair(pk, f.sk);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	hf_ring_free(f->ring);
	hf_buf_clear(&f->in);
	hf_buf_clear(&f->out);
	return 0;
}

static void
begin(struct fixture *f, uint8_t type)
{
	assert_int_equal(hf_msg_begin(&f->in, type, 77, NULL), 0);
}

static void
add(struct fixture *f, const void *p, size_t n)
{
	assert_int_equal(hf_put_bytes(&f->in, p, n, NULL), 0);
}

/* -1: the process would end. */
static int
ask(struct fixture *f)
{
	struct hf_err e;

	if (hf_answer(f->ring, hf_buf_view(&f->in), NOW, &f->out, &e) == -1)
		return -1;
	assert_int_equal(hf_msg_decode(hf_buf_view(&f->out), &f->reply, &e),
	    0);
	assert_int_equal(f->reply.seq, 77);
	return 0;
}

static void
ask_and_fail(struct fixture *f, enum hf_code code)
{
	struct hf_err e;

	assert_int_equal(ask(f), 0);
	assert_int_equal(f->reply.type, HF_MSG_ERROR);
	(void)hf_msg_to_err(&f->reply, &e);
	assert_int_equal(e.code, code);
}

/* A sealed header for one of the ring's epochs. */
static struct hf_sealed_header
header_for(struct fixture *f, size_t epoch, struct kit *kit,
    struct hf_buf *buf)
{
	struct hf_sealed_header h;
	struct hf_err e;
	int fd;

	kit_init(kit);
	memcpy(kit->pk, f->ring->store.epochs[epoch].pk, 32);
	fd = kit_seal(kit, "a document", 10);
	hf_buf_init(buf, HF_HEADER_MAX);
	assert_int_equal(hf_sealed_header_read(fd, buf, &h, &e), 0);
	close(fd);
	return h;
}

static void
open_gives_the_envelope_of_any_epoch(void **state)
{
	struct fixture *f = *state;
	struct hf_sealed_header h;
	struct hf_envelope env;
	struct hf_buf buf;
	struct kit kit;
	size_t i;

	for (i = 0; i < 2; i++) {
		h = header_for(f, i, &kit, &buf);
		begin(f, HF_MSG_OPEN);
		add(f, h.whole.p, h.whole.n);
		assert_int_equal(ask(f), 0);
		assert_int_equal(f->reply.type, HF_MSG_OPEN | HF_MSG_REPLY);
		assert_int_equal(hf_envelope_get(f->reply.body, &env, NULL),
		    0);
		assert_true(hf_id_equal(&env.job, &kit.env.job));
		hf_buf_clear(&buf);
	}
}

static void
a_box_that_is_altered_or_for_a_key_we_lack_is_refused(void **state)
{
	struct fixture *f = *state;
	struct hf_sealed_header h;
	struct hf_buf buf;
	struct kit kit;

	h = header_for(f, 0, &kit, &buf);
	buf.p[h.whole.n - 1] ^= 1;
	begin(f, HF_MSG_OPEN);
	add(f, h.whole.p, h.whole.n);
	ask_and_fail(f, HF_ETAMPER);
	buf.p[h.whole.n - 1] ^= 1;
	buf.p[8] ^= 1;		/* key id */
	begin(f, HF_MSG_OPEN);
	add(f, h.whole.p, h.whole.n);
	ask_and_fail(f, HF_ENOTFOUND);
	buf.p[8] ^= 1;
	begin(f, HF_MSG_OPEN);
	add(f, h.whole.p, h.whole.n);
	add(f, "x", 1);
	ask_and_fail(f, HF_EINPUT);
	begin(f, HF_MSG_OPEN);
	add(f, h.whole.p, h.whole.n - 1);
	ask_and_fail(f, HF_EINPUT);
	begin(f, HF_MSG_OPEN);
	ask_and_fail(f, HF_EINPUT);
	hf_buf_clear(&buf);
}

static void
unwrap_gives_the_file_key_to_nobody_but_the_deliver_process(void **state)
{
	struct fixture *f = *state;
	uint8_t pk[32], sk[32], wrapped[80], key[HF_FILE_KEY_LEN];
	uint8_t direct[HF_FILE_KEY_LEN], other_pk[32], other_sk[32];
	struct hf_buf buf, env;
	struct hf_sealed_header h;
	struct hf_view v, envelope;
	struct kit kit;

	crypto_box_keypair(pk, sk);
	crypto_box_keypair(other_pk, other_sk);
	h = header_for(f, 1, &kit, &buf);
	begin(f, HF_MSG_UNWRAP);
	add(f, pk, sizeof pk);
	add(f, h.whole.p, h.whole.n);
	assert_int_equal(ask(f), 0);
	assert_int_equal(f->reply.type, HF_MSG_UNWRAP | HF_MSG_REPLY);
	v = f->reply.body;
	assert_int_equal(hf_get_var(&v, HF_BOX_MAX, &envelope, NULL), 0);
	assert_int_equal(hf_get_bytes(&v, wrapped, sizeof wrapped, NULL), 0);
	assert_int_equal(hf_get_end(&v, NULL), 0);
	assert_int_equal(crypto_box_seal_open(key, wrapped, sizeof wrapped, pk,
			     sk), 0);
	hf_buf_init(&env, HF_BOX_MAX);
	assert_int_equal(hf_unseal_box(&h, f->ring->store.epochs[1].pk,
			     f->ring->store.epoch_sk[1], direct, &env, NULL),
	    0);
	assert_memory_equal(key, direct, sizeof key);
	assert_true(hf_view_equal(envelope, hf_buf_view(&env)));
	assert_int_not_equal(crypto_box_seal_open(key, wrapped, sizeof wrapped,
				 other_pk, other_sk), 0);
	hf_buf_clear(&env);
	hf_buf_clear(&buf);
}

static void
unwrap_for_a_key_of_small_order_is_refused(void **state)
{
	struct fixture *f = *state;
	const uint8_t zero[32] = { 0 };
	struct hf_sealed_header h;
	struct hf_buf buf;
	struct kit kit;

	h = header_for(f, 1, &kit, &buf);
	begin(f, HF_MSG_UNWRAP);
	add(f, zero, sizeof zero);
	add(f, h.whole.p, h.whole.n);
	ask_and_fail(f, HF_EINPUT);
	hf_buf_clear(&buf);
}

/* A tap; its box and what role queue says about it go to role key. */
static struct hf_tap
tap_of(struct fixture *f, const char *pin, struct hf_buf *bytes)
{
	struct hf_credential c = { .kind = HF_CARD_14443A,
		.reader = f->reader,
		.bits = 32,
		.raw = { 1, 2, 3, 4 } };
	struct hf_id printer;
	struct hf_tap tap;

	strcpy(c.pin, pin);
	memcpy(c.nonce, f->nonce, sizeof c.nonce);
	hf_id_new(&printer);
	hf_buf_init(bytes, HF_TAP_MAX);
	assert_int_equal(hf_tap_put(bytes, &c, &printer, 1,
			     f->ring->store.tap_pk, f->sk, NULL), 0);
	assert_int_equal(hf_tap_get(hf_buf_view(bytes), &tap, NULL), 0);
	return tap;
}

static void
put_credential(struct fixture *f, const struct hf_id *reader,
    const uint8_t *nonce, const uint8_t *key_id, struct hf_view box)
{
	begin(f, HF_MSG_CREDENTIAL);
	add(f, reader->b, HF_ID_LEN);
	add(f, nonce, HF_NONCE_LEN);
	add(f, key_id, HF_KEYID_LEN);
	add(f, box.p, box.n);
}

static void
a_credential_becomes_a_keyed_hash_and_two_flags(void **state)
{
	struct fixture *f = *state;
	struct hf_credential c = { .kind = HF_CARD_14443A,
		.bits = 32,
		.raw = { 1, 2, 3, 4 } };
	uint8_t want[HF_BADGE_HASH_LEN];
	struct hf_buf bytes;
	struct hf_tap tap = tap_of(f, "1234", &bytes);

	put_credential(f, &f->reader, f->nonce, tap.tap_key_id, tap.box);
	assert_int_equal(ask(f), 0);
	assert_int_equal(f->reply.type, HF_MSG_CREDENTIAL | HF_MSG_REPLY);
	assert_int_equal(f->reply.body.n, 1 + 32 + 1 + 1);
	hf_badge_hash(want, &c, f->ring->store.pepper);
	assert_int_equal(f->reply.body.p[0], HF_CARD_14443A);
	assert_memory_equal(f->reply.body.p + 1, want, sizeof want);
	assert_int_equal(f->reply.body.p[33], 1);
	assert_int_equal(f->reply.body.p[34], 0);
	hf_buf_clear(&bytes);
}

static void
a_credential_of_another_reader_or_tap_is_denied(void **state)
{
	struct fixture *f = *state;
	struct hf_buf bytes;
	struct hf_tap tap = tap_of(f, "", &bytes);
	struct hf_id other = f->reader;
	uint8_t nonce[HF_NONCE_LEN];

	other.b[15] ^= 1;
	put_credential(f, &other, f->nonce, tap.tap_key_id, tap.box);
	ask_and_fail(f, HF_EDENIED);
	memcpy(nonce, f->nonce, sizeof nonce);
	nonce[0] ^= 1;
	put_credential(f, &f->reader, nonce, tap.tap_key_id, tap.box);
	ask_and_fail(f, HF_EDENIED);
	hf_buf_clear(&bytes);
}

static void
a_credential_that_does_not_open_is_refused(void **state)
{
	struct fixture *f = *state;
	struct hf_buf bytes;
	struct hf_tap tap = tap_of(f, "", &bytes);
	uint8_t id[HF_KEYID_LEN];

	memcpy(id, tap.tap_key_id, sizeof id);
	id[0] ^= 1;
	put_credential(f, &f->reader, f->nonce, id, tap.box);
	ask_and_fail(f, HF_ENOTFOUND);
	bytes.p[bytes.n - HF_SIG_LEN - 1] ^= 1;
	put_credential(f, &f->reader, f->nonce, tap.tap_key_id, tap.box);
	ask_and_fail(f, HF_ETAMPER);
	put_credential(f, &f->reader, f->nonce, tap.tap_key_id,
	    hf_view_of(tap.box.p, 40));
	ask_and_fail(f, HF_EINPUT);
	hf_buf_clear(&bytes);
}

static void
keys_tells_the_signed_list(void **state)
{
	struct fixture *f = *state;
	uint8_t site_pk[32], sk[64], n;
	struct hf_keylist list;
	struct hf_view v, bytes;

	begin(f, HF_MSG_KEYS);
	assert_int_equal(ask(f), 0);
	v = f->reply.body;
	assert_int_equal(hf_get_var(&v, HF_KEYLIST_MAX, &bytes, NULL), 0);
	assert_int_equal(hf_get_u8(&v, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(v.n, 2 * 24);
	crypto_sign_seed_keypair(site_pk, sk, f->ring->store.site_seed);
	assert_int_equal(hf_keylist_get(bytes, site_pk, &list, NULL), 0);
	assert_int_equal(list.serial, 5);
	assert_int_equal(list.n, 2);
}

static void
ask_rotate(struct fixture *f, uint64_t from, uint64_t to)
{
	begin(f, HF_MSG_ROTATE);
	assert_int_equal(hf_put_u64(&f->in, from, NULL), 0);
	assert_int_equal(hf_put_u64(&f->in, to, NULL), 0);
}

static void
rotate_makes_an_epoch_that_survives_a_restart(void **state)
{
	struct fixture *f = *state;
	struct hf_keystore again;
	struct hf_view v, store, list;

	ask_rotate(f, NOW + DAY, NOW + 2 * DAY);
	assert_int_equal(ask(f), 0);
	assert_int_equal(f->reply.type, HF_MSG_ROTATE | HF_MSG_REPLY);
	v = f->reply.body;
	assert_int_equal(hf_get_var(&v, HF_KEYSTORE_MAX, &store, NULL), 0);
	assert_int_equal(hf_get_var(&v, HF_KEYLIST_MAX, &list, NULL), 0);
	assert_int_equal(hf_get_end(&v, NULL), 0);
	assert_int_equal(hf_keystore_get(store, f->ring->master, &again, NULL),
	    0);
	assert_int_equal(again.n, 3);
	assert_int_equal(again.serial, 6);
	assert_int_equal(again.epochs[2].not_before, NOW + DAY);
	assert_memory_equal(again.epoch_sk[2], f->ring->store.epoch_sk[2], 32);
	assert_memory_not_equal(again.epoch_sk[2], again.epoch_sk[1], 32);
}

static void
an_epoch_made_ahead_is_brought_forward(void **state)
{
	struct fixture *f = *state;
	uint8_t id[HF_KEYID_LEN];

	ask_rotate(f, NOW + DAY, NOW + 2 * DAY);
	assert_int_equal(ask(f), 0);
	memcpy(id, f->ring->store.epochs[2].key_id, sizeof id);
	ask_rotate(f, NOW + 1, NOW + 1 + DAY);
	assert_int_equal(ask(f), 0);
	assert_int_equal(f->reply.type, HF_MSG_ROTATE | HF_MSG_REPLY);
	assert_int_equal(f->ring->store.n, 3);
	assert_int_equal(f->ring->store.epochs[2].not_before, NOW + 1);
	assert_int_equal(f->ring->store.epochs[2].not_after, NOW + 1 + DAY);
	assert_memory_equal(f->ring->store.epochs[2].key_id, id, sizeof id);
	assert_int_equal(f->ring->store.serial, 7);
}

static void
a_rotation_that_fails_changes_nothing(void **state)
{
	struct fixture *f = *state;

	ask_rotate(f, NOW + DAY, NOW + DAY);
	ask_and_fail(f, HF_EINPUT);
	ask_rotate(f, NOW - DAY, NOW + 5 * DAY);
	ask_and_fail(f, HF_ECONFLICT);
	assert_int_equal(f->ring->store.n, 2);
	assert_int_equal(f->ring->store.serial, 5);
}

static void
a_full_keystore_forgets_what_is_long_over_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct hf_keystore *s = &f->ring->store;
	uint64_t at = NOW;

	while (s->n < HF_EPOCHS_MAX) {
		at += 10;
		assert_int_equal(hf_keystore_add(s, at, at + DAY, NULL), 0);
	}
	at += 10;
	ask_rotate(f, at, at + DAY);
	ask_and_fail(f, HF_EFULL);
	assert_int_equal(s->n, HF_EPOCHS_MAX);
	s->epochs[0].not_after = NOW - 46 * DAY;
	s->epochs[0].not_before = s->epochs[0].not_after - DAY;
	ask_rotate(f, at, at + DAY);
	assert_int_equal(ask(f), 0);
	assert_int_equal(f->reply.type, HF_MSG_ROTATE | HF_MSG_REPLY);
	assert_int_equal(s->n, HF_EPOCHS_MAX);
	assert_int_equal(s->epochs[0].not_before, NOW);
}

static void
a_malformed_message_ends_the_process(void **state)
{
	struct fixture *f = *state;
	static const uint8_t types[] = { HF_MSG_UNWRAP, HF_MSG_CREDENTIAL,
		HF_MSG_ROTATE };
	size_t i, n;

	for (i = 0; i < sizeof types; i++)
		for (n = 0; n < 16; n++) {
			begin(f, types[i]);
			add(f, "0123456789abcdef", n);
			assert_int_equal(ask(f), -1);
		}
	begin(f, HF_MSG_KEYS);
	add(f, "x", 1);
	assert_int_equal(ask(f), -1);
	ask_rotate(f, NOW + DAY, NOW + 2 * DAY);
	add(f, "x", 1);
	assert_int_equal(ask(f), -1);
	begin(f, HF_MSG_DELIVER);
	assert_int_equal(ask(f), -1);
	begin(f, HF_MSG_KEYS | HF_MSG_REPLY);
	assert_int_equal(ask(f), -1);
	begin(f, HF_MSG_KEYS);
	f->in.p[0] = 2;		/* another version */
	assert_int_equal(ask(f), -1);
	begin(f, HF_MSG_KEYS);
	f->in.n = 7;
	assert_int_equal(ask(f), -1);
}

static void
a_keystore_under_another_master_key_is_refused(void **state)
{
	struct hf_keystore *k = sodium_malloc(sizeof *k);
	uint8_t master[HF_MASTER_LEN] = { 0 }, other[HF_MASTER_LEN] = { 1 };
	struct hf_buf b;
	struct hf_err e;
	int fds[2];

	(void)state;
	hf_keystore_new(k);
	hf_buf_init(&b, HF_KEYSTORE_MAX);
	assert_int_equal(hf_keystore_put(&b, k, master, &e), 0);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], other, sizeof other), sizeof other);
	assert_int_equal(write(fds[1], b.p, b.n), b.n);
	close(fds[1]);
	assert_null(hf_ring_read(fds[0], &e));
	assert_int_equal(e.code, HF_ETAMPER);
	close(fds[0]);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], other, 31), 31);
	close(fds[1]);
	assert_null(hf_ring_read(fds[0], &e));
	assert_int_equal(e.code, HF_EINPUT);
	close(fds[0]);
	hf_buf_clear(&b);
	sodium_free(k);
}

/* ---- the audit log ---- */

static void
put_checkpoint(struct fixture *f, struct hf_view old, uint64_t size,
    const hf_hash root, const struct hf_proof *p)
{
	uint8_t n = (uint8_t)p->n;

	begin(f, HF_MSG_CHECKPOINT);
	assert_int_equal(hf_put_var(&f->in, old.p, old.n, NULL), 0);
	assert_int_equal(hf_put_u64(&f->in, size, NULL), 0);
	add(f, root, 32);
	add(f, &n, 1);
	add(f, p->hash, 32 * p->n);
}

/* The signed note out of the reply. */
static void
take_note(struct fixture *f, struct hf_buf *note, uint64_t size)
{
	struct hf_view v = f->reply.body, text;
	char vkey[HF_VKEY_MAX];
	struct hf_checkpoint c;
	struct hf_vkey k;

	assert_int_equal(f->reply.type, HF_MSG_CHECKPOINT | HF_MSG_REPLY);
	assert_int_equal(hf_get_var(&v, HF_NOTE_MAX, &text, NULL), 0);
	assert_int_equal(hf_get_str(&v, vkey, sizeof vkey, NULL), 0);
	assert_int_equal(hf_get_end(&v, NULL), 0);
	assert_int_equal(hf_vkey_parse(&k, vkey, NULL), 0);
	assert_int_equal(hf_checkpoint_get(text, &k, &c, NULL), 0);
	assert_int_equal(c.size, size);
	hf_buf_reset(note);
	assert_int_equal(hf_put_bytes(note, text.p, text.n, NULL), 0);
}

static void
only_what_continues_the_audit_log_is_signed(void **state)
{
	static const hf_hash more[4] = { { 1 }, { 2 }, { 3 }, { 4 } };
	static const hf_hash other[4] = { { 9 }, { 2 }, { 3 }, { 4 } };
	struct hf_proof none = { .n = 0 }, p, q;
	const struct hf_view empty = { NULL, 0 };
	struct fixture *f = *state;
	struct hf_merkle three, seven, fork;
	struct hf_buf first, second;
	hf_hash r3, r7, rf;
	size_t i;

	hf_merkle_init(&three);
	hf_merkle_init(&fork);
	for (i = 0; i < 3; i++) {
		hf_merkle_add(&three, more[i], NULL, NULL);
		hf_merkle_add(&fork, other[i], NULL, NULL);
	}
	seven = three;
	hf_merkle_consistency(&three, more, 4, &p);
	hf_merkle_consistency(&fork, more, 4, &q);
	for (i = 0; i < 4; i++) {
		hf_merkle_add(&seven, more[i], NULL, NULL);
		hf_merkle_add(&fork, more[i], NULL, NULL);
	}
	hf_merkle_root(&three, r3);
	hf_merkle_root(&seven, r7);
	hf_merkle_root(&fork, rf);
	hf_buf_init(&first, HF_NOTE_MAX);
	hf_buf_init(&second, HF_NOTE_MAX);

	put_checkpoint(f, empty, 3, r3, &none);
	assert_int_equal(ask(f), 0);
	take_note(f, &first, 3);
	/* A second beginning, another tree, no proof, a proof of another. */
	put_checkpoint(f, empty, 7, r7, &none);
	ask_and_fail(f, HF_ECONFLICT);
	put_checkpoint(f, hf_buf_view(&first), 7, rf, &q);
	ask_and_fail(f, HF_ETAMPER);
	put_checkpoint(f, hf_buf_view(&first), 7, r7, &none);
	ask_and_fail(f, HF_ETAMPER);
	put_checkpoint(f, hf_buf_view(&first), 3, r7, &none);
	ask_and_fail(f, HF_ETAMPER);
	put_checkpoint(f, hf_buf_view(&first), 2, r3, &none);
	ask_and_fail(f, HF_ECONFLICT);
	put_checkpoint(f, hf_buf_view(&first), 7, r7, &p);
	assert_int_equal(ask(f), 0);
	take_note(f, &second, 7);
	/* Back to an older one: a backup was restored, or somebody tries. */
	put_checkpoint(f, hf_buf_view(&first), 7, r7, &p);
	ask_and_fail(f, HF_ECONFLICT);
	first.p[first.n - 10] ^= 1;
	put_checkpoint(f, hf_buf_view(&first), 7, r7, &p);
	ask_and_fail(f, HF_ETAMPER);
	hf_buf_clear(&first);
	hf_buf_clear(&second);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(open_gives_the_envelope_of_any_epoch),
		T(a_box_that_is_altered_or_for_a_key_we_lack_is_refused),
		T(unwrap_gives_the_file_key_to_nobody_but_the_deliver_process),
		T(unwrap_for_a_key_of_small_order_is_refused),
		T(a_credential_becomes_a_keyed_hash_and_two_flags),
		T(a_credential_of_another_reader_or_tap_is_denied),
		T(a_credential_that_does_not_open_is_refused),
		T(keys_tells_the_signed_list),
		T(rotate_makes_an_epoch_that_survives_a_restart),
		T(an_epoch_made_ahead_is_brought_forward),
		T(a_rotation_that_fails_changes_nothing),
		T(a_full_keystore_forgets_what_is_long_over_and_nothing_else),
		T(a_malformed_message_ends_the_process),
		T(a_keystore_under_another_master_key_is_refused),
		T(only_what_continues_the_audit_log_is_signed),
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
