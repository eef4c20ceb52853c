/* link: */
/* The tree of RFC 6962 and its proofs; signed checkpoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/checkpoint.h"
#include "lib/merkle.h"

/* The test tree of Certificate Transparency: eight leaves. */
static const char *const leaves[8] = { "", "00", "10", "2021", "3031",
	"40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f" };
static const char *const roots[9] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" };

static void
leaf_hash(const uint8_t *p, size_t n, hf_hash out)
{
	uint8_t in[64] = { 0x00 };

	assert_true(n < sizeof in);
	memcpy(in + 1, p, n);
	crypto_hash_sha256(out, in, n + 1);
}

static void
test_leaf(size_t i, hf_hash out)
{
	uint8_t b[32];
	size_t n = strlen(leaves[i]) / 2;

	assert_int_equal(hf_unhex(b, n, leaves[i], NULL), 0);
	leaf_hash(b, n, out);
}

static void
is_hex(const uint8_t *h, const char *want)
{
	char hex[65];

	hf_hex(hex, h, 32);
	assert_string_equal(hex, want);
}

/* What a database would keep: leaves and every fourth level. */
struct kept {
	hf_hash leaf[1200];
	hf_hash level4[80];
	hf_hash level8[8];
	size_t asked;
};

static void
keep(void *arg, unsigned level, uint64_t at, const hf_hash h)
{
	struct kept *k = arg;

	memcpy(level == 4 ? k->level4[at] : k->level8[at], h, 32);
	assert_true(level == 4 || level == 8);
}

static int
fetch(void *arg, unsigned level, uint64_t at, hf_hash out, struct hf_err *e)
{
	struct kept *k = arg;

	(void)e;
	k->asked++;
	memcpy(out, level == 0 ? k->leaf[at]
		: level == 4 ? k->level4[at] : k->level8[at], 32);
	return 0;
}

static void
build(struct hf_merkle *m, struct kept *k, size_t n)
{
	uint8_t b[4];
	size_t i;

	hf_merkle_init(m);
	for (i = 0; i < n; i++) {
		memcpy(b, &(uint32_t){ (uint32_t)i }, 4);
		leaf_hash(b, 4, k->leaf[i]);
		hf_merkle_add(m, k->leaf[i], keep, k);
	}
}

static void
the_test_tree_has_its_known_roots(void **state)
{
	struct hf_merkle m;
	hf_hash h;
	size_t i;

	(void)state;
	hf_merkle_init(&m);
	for (i = 0; i < 8; i++) {
		hf_merkle_root(&m, h);
		is_hex(h, roots[i]);
		test_leaf(i, h);
		hf_merkle_add(&m, h, NULL, NULL);
	}
	hf_merkle_root(&m, h);
	is_hex(h, roots[8]);
}

static void
the_known_proofs_are_made(void **state)
{
	static struct kept k;
	struct hf_merkle m;
	struct hf_proof p;
	hf_hash more[2], h;
	size_t i;

	(void)state;
	hf_merkle_init(&m);
	for (i = 0; i < 8; i++)
		test_leaf(i, k.leaf[i]);
	assert_int_equal(hf_merkle_inclusion(0, 8, fetch, &k, &p, NULL), 0);
	assert_int_equal(p.n, 3);
	is_hex(p.hash[0], "96a296d224f285c67bee93c30f8a3091"
	    "57f0daa35dc5b87e410b78630a09cfc7");
	is_hex(p.hash[1], "5f083f0a1a33ca076a95279832580db3"
	    "e0ef4584bdff1f54c8a360f50de3031e");
	is_hex(p.hash[2], "6b47aaf29ee3c2af9af889bc1fb9254d"
	    "abd31177f16232dd6aab035ca39bf6e4");
	for (i = 0; i < 6; i++)
		hf_merkle_add(&m, k.leaf[i], NULL, NULL);
	memcpy(more, k.leaf + 6, sizeof more);
	hf_merkle_consistency(&m, more, 2, &p);
	assert_int_equal(p.n, 3);
	is_hex(p.hash[0], "0ebc5d3437fbe2db158b9f126a1d118e"
	    "308181031d0a949f8dededebc558ef6a");
	is_hex(p.hash[1], "ca854ea128ed050b41b35ffc1b87b8eb"
	    "2bde461e9e3b5596ece6b9d5975a0ae0");
	is_hex(p.hash[2], roots[4]);
	hf_merkle_root(&m, h);
	is_hex(h, roots[6]);
}

static void
every_leaf_of_every_size_is_proven_and_nothing_else(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 5, 15, 16, 17, 31, 32, 100,
		256, 257, 300, 1025 };
	static struct kept k;
	struct hf_proof p, bad;
	struct hf_merkle m;
	hf_hash root;
	size_t s, at, step;

	(void)state;
	for (s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		build(&m, &k, sizes[s]);
		hf_merkle_root(&m, root);
		step = sizes[s] > 64 ? 7 : 1;
		for (at = 0; at < sizes[s]; at += step) {
			assert_int_equal(hf_merkle_inclusion(at, sizes[s],
			    fetch, &k, &p, NULL), 0);
			assert_int_equal(hf_merkle_check_inclusion(k.leaf[at],
			    at, sizes[s], &p, root, NULL), 0);
			assert_int_equal(hf_merkle_check_inclusion(k.leaf[at],
			    at + 1, sizes[s], &p, root, NULL), -1);
			if (p.n == 0)
				continue;
			bad = p;
			bad.hash[at % p.n][at % 32] ^= 1;
			assert_int_equal(hf_merkle_check_inclusion(k.leaf[at],
			    at, sizes[s], &bad, root, NULL), -1);
			bad = p;
			bad.n--;
			assert_int_equal(hf_merkle_check_inclusion(k.leaf[at],
			    at, sizes[s], &bad, root, NULL), -1);
			bad.n = p.n + 1;
			memcpy(bad.hash[p.n], root, 32);
			assert_int_equal(hf_merkle_check_inclusion(k.leaf[at],
			    at, sizes[s], &bad, root, NULL), -1);
		}
	}
	assert_int_equal(hf_merkle_inclusion(5, 5, fetch, &k, &p, NULL), -1);
}

static void
every_growth_is_proven_and_no_other(void **state)
{
	static struct kept k;
	struct hf_merkle old, all;
	struct hf_proof p, bad;
	hf_hash a, b, fork;
	size_t m, n;

	(void)state;
	for (m = 1; m <= 70; m++) {
		build(&all, &k, 70);
		for (n = m; n <= 70; n++) {
			build(&old, &k, m);
			hf_merkle_root(&old, a);
			build(&all, &k, n);
			hf_merkle_root(&all, b);
			/* The leaves beyond m are those of the larger tree. */
			hf_merkle_consistency(&old, k.leaf + m, n - m, &p);
			assert_int_equal(hf_merkle_check_consistency(m, a, n,
			    b, &p, NULL), 0);
			if (n == m)
				continue;
			memcpy(fork, a, sizeof fork);
			fork[0] ^= 1;
			assert_int_equal(hf_merkle_check_consistency(m, fork,
			    n, b, &p, NULL), -1);
			assert_int_equal(hf_merkle_check_consistency(m, a, n,
			    fork, &p, NULL), -1);
			assert_int_equal(hf_merkle_check_consistency(n, b, m,
			    a, &p, NULL), -1);
			bad = p;
			bad.hash[n % p.n][m % 32] ^= 0x80;
			assert_int_equal(hf_merkle_check_consistency(m, a, n,
			    b, &bad, NULL), -1);
		}
	}
}

static void
a_tree_goes_on_from_its_edge(void **state)
{
	static struct kept k;
	struct hf_merkle m, again;
	hf_hash edge[64], a, b;
	size_t n, size;

	(void)state;
	for (size = 0; size < 40; size++) {
		build(&m, &k, size);
		n = hf_merkle_edge(&m, edge);
		assert_int_equal(hf_merkle_load(&again, size,
		    (const hf_hash *)edge, n, NULL), 0);
		assert_int_equal(hf_merkle_load(&again, size,
		    (const hf_hash *)edge, n + 1, NULL), -1);
		hf_merkle_add(&m, k.leaf[0], NULL, NULL);
		hf_merkle_add(&again, k.leaf[0], NULL, NULL);
		hf_merkle_root(&m, a);
		hf_merkle_root(&again, b);
		assert_memory_equal(a, b, sizeof a);
	}
}

/* ---- checkpoints ---- */

static void
make_key(struct hf_vkey *k, uint8_t sk[static 64], uint8_t fill)
{
	uint8_t seed[32], pk[32];

	memset(seed, fill, sizeof seed);
	hf_log_key(seed, pk, sk);
	hf_vkey_of(k, pk);
}

static void
a_checkpoint_is_read_back_and_only_whole(void **state)
{
	struct hf_checkpoint c = { .size = 1234567, .root = { 7, 8, 9 } }, got;
	struct hf_vkey k, other;
	uint8_t sk[64], sk2[64], *at;
	struct hf_buf b;
	struct hf_err e;
	size_t i;

	(void)state;
	make_key(&k, sk, 1);
	make_key(&other, sk2, 2);
	hf_buf_init(&b, HF_NOTE_MAX);
	assert_int_equal(hf_checkpoint_put(&b, &c, &k, sk, NULL), 0);
	assert_int_equal(hf_checkpoint_get(hf_buf_view(&b), &k, &got, &e), 0);
	assert_int_equal(got.size, c.size);
	assert_memory_equal(got.root, c.root, 32);
	assert_int_equal(hf_checkpoint_get(hf_buf_view(&b), &other, &got, &e),
	    -1);
	/* No byte may change, none may be missing, none come behind. */
	for (i = 0; i < b.n; i++) {
		at = b.p + i;
		*at ^= 1;
		assert_int_equal(hf_checkpoint_get(hf_buf_view(&b), &k, &got,
		    &e), -1);
		*at ^= 1;
		assert_int_equal(hf_checkpoint_get(hf_view_of(b.p, i), &k,
		    &got, &e), -1);
	}
	assert_int_equal(hf_put_u8(&b, '\n', NULL), 0);
	assert_int_equal(hf_checkpoint_get(hf_buf_view(&b), &k, &got, &e), -1);
	hf_buf_clear(&b);
}

static void
a_public_key_survives_being_typed(void **state)
{
	char text[HF_VKEY_MAX], bad[HF_VKEY_MAX];
	struct hf_vkey k, got;
	uint8_t sk[64];
	size_t i;

	(void)state;
	make_key(&k, sk, 3);
	hf_vkey_text(&k, text);
	assert_int_equal(hf_vkey_parse(&got, text, NULL), 0);
	assert_string_equal(got.name, k.name);
	assert_memory_equal(got.pk, k.pk, 32);
	for (i = 0; i < strlen(text); i++) {
		memcpy(bad, text, sizeof bad);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		assert_int_equal(hf_vkey_parse(&got, bad, NULL), -1);
	}
	assert_int_equal(hf_vkey_parse(&got, "", NULL), -1);
	assert_int_equal(hf_vkey_parse(&got, "a+b", NULL), -1);
	/* The example of the C2SP signed-note text. */
	assert_int_equal(hf_vkey_parse(&got, "PeterNeumann+c74f20a3+"
	    "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_test_tree_has_its_known_roots),
		cmocka_unit_test(the_known_proofs_are_made),
		cmocka_unit_test(
		    every_leaf_of_every_size_is_proven_and_nothing_else),
		cmocka_unit_test(every_growth_is_proven_and_no_other),
		cmocka_unit_test(a_tree_goes_on_from_its_edge),
		cmocka_unit_test(a_checkpoint_is_read_back_and_only_whole),
		cmocka_unit_test(a_public_key_survives_being_typed),
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
