/* link: */
/*
 * taptool: talks to run/release.sock as holdfastd and the administrator do,
 * and signs taps as a reader does.
 *
 *	taptool key FILE                       a reader's key; prints its public key
 *	taptool enrol SOCK KEYFILE SECRETHEX   prints "READER NAME", then printers
 *	taptool nonce SOCK KEYFILE READER [COUNT [OFFSET_MS]]
 *	taptool tap SOCK KEYFILE READER PRINTER KEYLIST UIDHEX [NONCEHEX]
 *	taptool bench SOCK KEYFILE READER PRINTER KEYLIST UIDHEX COUNT
 *	taptool send KIND SOCK [HEX]           one raw request; prints the reply
 *
 * The process becomes hf-web first, or stays root for `send` with KIND "root".
 * tap prints: RESULT JOBS PRINTER|PERSON|MESSAGE; bench a line of microseconds
 * a tap.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/keylist.h"
#include "lib/msg.h"
#include "lib/priv.h"
#include "lib/tap.h"

#define TIMEOUT_MS 30000

static uint8_t in[HF_MSG_MAX];

static int
become_web(struct hf_err *e)
{
	struct hf_user web;

	if (geteuid() != 0)
		return 0;
	if (hf_user_find("hf-web", &web, e) == -1)
		return -1;
	return hf_priv_become(&web, NULL, 0, e);
}

static int
load_key(const char *path, uint8_t pk[static 32], uint8_t sk[static 64],
    struct hf_err *e)
{
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, 64);
	if (hf_file_read(AT_FDCWD, path, &b, e) == 0 && b.n == 32) {
		crypto_sign_seed_keypair(pk, sk, b.p);
		rc = 0;
	}
	hf_buf_clear(&b);
	return rc;
}

static int
make_key(const char *path, struct hf_err *e)
{
	uint8_t seed[32], pk[32], sk[64];
	char hex[65];

	randombytes_buf(seed, sizeof seed);
	crypto_sign_seed_keypair(pk, sk, seed);
	if (hf_file_replace(AT_FDCWD, path, hf_view_of(seed, 32), 0644, 0, 0,
		e) == -1)
		return -1;
	hf_hex(hex, pk, 32);
	puts(hex);
	return 0;
}

static int
ask(int sock, struct hf_buf *b, struct hf_msg *m, struct hf_err *e)
{
	return hf_msg_ask(sock, b, TIMEOUT_MS, in, m, e);
}

static int
show_printers(struct hf_view *v, struct hf_err *e)
{
	char name[256], text[HF_ID_TEXT];
	struct hf_id id;
	uint8_t n;

	if (hf_get_u8(v, &n, e) == -1)
		return -1;
	while (n-- > 0) {
		if (hf_get_bytes(v, id.b, sizeof id.b, e) == -1 ||
		    hf_get_str(v, name, sizeof name, e) == -1)
			return -1;
		hf_id_text(&id, text);
		printf("%s %s\n", text, name);
	}
	return hf_get_end(v, e);
}

static int
enrol(int argc, char **argv, struct hf_err *e)
{
	uint8_t pk[32], sk[64], secret[16];
	char text[HF_ID_TEXT], name[256];
	struct hf_buf b;
	struct hf_msg m;
	struct hf_id id;
	int sock;

	(void)argc;
	hf_buf_init(&b, HF_MSG_MAX);
	if (load_key(argv[1], pk, sk, e) == -1 || become_web(e) == -1 ||
	    hf_unhex(secret, 16, argv[2], e) == -1 ||
	    hf_msg_connect(argv[0], &sock, e) == -1 ||
	    hf_msg_begin(&b, HF_MSG_ENROL, 1, e) == -1 ||
	    hf_put_bytes(&b, secret, 16, e) == -1 ||
	    hf_put_bytes(&b, pk, 32, e) == -1 ||
	    hf_put_str(&b, "taptool", e) == -1 ||
	    hf_put_str(&b, "0", e) == -1 || ask(sock, &b, &m, e) == -1 ||
	    hf_get_bytes(&m.body, id.b, sizeof id.b, e) == -1 ||
	    hf_get_str(&m.body, name, sizeof name, e) == -1)
		return -1;
	hf_id_text(&id, text);
	printf("%s %s\n", text, name);
	return show_printers(&m.body, e);
}

static int
ask_nonces(int sock, const uint8_t sk[static 64], const struct hf_id *reader,
    uint8_t count, int64_t offset_ms, struct hf_msg *m, struct hf_err *e)
{
	uint64_t now = (uint64_t)((int64_t)hf_wall_ms() + offset_ms);
	uint8_t sig[64];
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, 1024);
	if (hf_reader_sign(sig, reader, now, hf_view_of(&count, 1), sk, e) ==
		0 &&
	    hf_msg_begin(&b, HF_MSG_NONCE, 7, e) == 0 &&
	    hf_put_bytes(&b, reader->b, 16, e) == 0 &&
	    hf_put_u64(&b, now, e) == 0 && hf_put_u8(&b, count, e) == 0 &&
	    hf_put_bytes(&b, sig, 64, e) == 0)
		rc = ask(sock, &b, m, e);
	hf_buf_clear(&b);
	return rc;
}

static int
nonce(int argc, char **argv, struct hf_err *e)
{
	uint8_t pk[32], sk[64], bytes[32], n;
	char hex[65];
	struct hf_id reader;
	struct hf_msg m;
	uint32_t valid;
	uint64_t time_ms, serial;
	int sock;

	if (load_key(argv[1], pk, sk, e) == -1 || become_web(e) == -1 ||
	    hf_id_parse(&reader, argv[2], e) == -1 ||
	    hf_msg_connect(argv[0], &sock, e) == -1 ||
	    ask_nonces(sock, sk, &reader,
		(uint8_t)(argc > 3 ? atoi(argv[3]) : 1),
		argc > 4 ? atoll(argv[4]) : 0, &m, e) == -1 ||
	    hf_get_u8(&m.body, &n, e) == -1)
		return -1;
	printf("%u\n", n);
	while (n-- > 0) {
		if (hf_get_bytes(&m.body, bytes, 32, e) == -1)
			return -1;
		hf_hex(hex, bytes, 32);
		puts(hex);
	}
	if (hf_get_u32(&m.body, &valid, e) == -1 ||
	    hf_get_u64(&m.body, &time_ms, e) == -1 ||
	    hf_get_u64(&m.body, &serial, e) == -1)
		return -1;
	printf("valid %u serial %llu\n", valid, (unsigned long long)serial);
	return show_printers(&m.body, e);
}

struct tapper {
	int sock;
	uint8_t pk[32], sk[64];
	struct hf_id printer;
	struct hf_credential cred;
	uint8_t tap_pk[32];
	uint32_t seq;
	struct hf_buf b;
};

/* The list is not checked here: the tests check what signs it elsewhere. */
static int
load_tap_key(struct tapper *t, const char *path, struct hf_err *e)
{
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, HF_KEYLIST_MAX);
	if (hf_file_read(AT_FDCWD, path, &b, e) == 0 && b.n > 64) {
		memcpy(t->tap_pk, b.p + 32, 32);
		rc = 0;
	}
	hf_buf_clear(&b);
	return rc;
}

static int
first_nonce(struct tapper *t, struct hf_err *e)
{
	struct hf_msg m;
	uint8_t n;

	if (ask_nonces(t->sock, t->sk, &t->cred.reader, 1, 0, &m, e) == -1 ||
	    hf_get_u8(&m.body, &n, e) == -1 ||
	    hf_get_bytes(&m.body, t->cred.nonce, 32, e) == -1)
		return -1;
	return 0;
}

static int
open_tapper(struct tapper *t, char **argv, const char *nonce_hex,
    struct hf_err *e)
{
	hf_buf_init(&t->b, HF_MSG_MAX);
	t->cred.kind = HF_CARD_14443A;
	t->cred.bits = (uint16_t)(strlen(argv[5]) * 4);
	if (load_key(argv[1], t->pk, t->sk, e) == -1 ||
	    load_tap_key(t, argv[4], e) == -1 || become_web(e) == -1 ||
	    hf_id_parse(&t->cred.reader, argv[2], e) == -1 ||
	    hf_id_parse(&t->printer, argv[3], e) == -1 ||
	    hf_unhex(t->cred.raw, strlen(argv[5]) / 2, argv[5], e) == -1 ||
	    hf_msg_connect(argv[0], &t->sock, e) == -1)
		return -1;
	if (nonce_hex != NULL)
		return hf_unhex(t->cred.nonce, 32, nonce_hex, e);
	return first_nonce(t, e);
}

static int
touch(struct tapper *t, struct hf_msg *m, struct hf_err *e)
{
	if (hf_msg_begin(&t->b, HF_MSG_TAP, ++t->seq + 100, e) == -1 ||
	    hf_tap_put(&t->b, &t->cred, &t->printer, hf_wall_ms(), t->tap_pk,
		t->sk, e) == -1)
		return -1;
	return ask(t->sock, &t->b, m, e);
}

static int
show(struct tapper *t, struct hf_msg *m, struct hf_err *e)
{
	char printer[256], person[256], words[1024];
	uint8_t result, has;
	uint16_t jobs;

	if (hf_get_u8(&m->body, &result, e) == -1 ||
	    hf_get_u16(&m->body, &jobs, e) == -1 ||
	    hf_get_str(&m->body, printer, sizeof printer, e) == -1 ||
	    hf_get_str(&m->body, person, sizeof person, e) == -1 ||
	    hf_get_str(&m->body, words, sizeof words, e) == -1 ||
	    hf_get_u8(&m->body, &has, e) == -1 ||
	    hf_get_bytes(&m->body, t->cred.nonce, 32, e) == -1 ||
	    hf_get_end(&m->body, e) == -1)
		return -1;
	printf("%s %u %s|%s|%s\n", hf_tap_result_name(result), jobs, printer,
	    person, words);
	return 0;
}

static int
tap(int argc, char **argv, struct hf_err *e)
{
	static struct tapper t;
	struct hf_msg m;

	if (open_tapper(&t, argv, argc > 6 ? argv[6] : NULL, e) == -1 ||
	    touch(&t, &m, e) == -1)
		return -1;
	return show(&t, &m, e);
}

static int
bench(int argc, char **argv, struct hf_err *e)
{
	static struct tapper t;
	struct hf_msg m;
	int64_t began;
	long n;

	(void)argc;
	if (open_tapper(&t, argv, NULL, e) == -1)
		return -1;
	for (n = atol(argv[6]); n > 0; n--) {
		began = hf_now_us();
		if (touch(&t, &m, e) == -1)
			return -1;
		printf("%lld ", (long long)(hf_now_us() - began));
		if (show(&t, &m, e) == -1)
			return -1;
	}
	return 0;
}

/* send web|root SOCK TYPE [HEX] */
static int
send_raw(int argc, char **argv, struct hf_err *e)
{
	size_t i, n = argc > 3 ? strlen(argv[3]) / 2 : 0;
	struct hf_buf b;
	struct hf_msg m;
	uint8_t body[4096];
	int sock;

	hf_buf_init(&b, HF_MSG_MAX);
	if ((strcmp(argv[0], "root") != 0 && become_web(e) == -1) ||
	    hf_msg_connect(argv[1], &sock, e) == -1 ||
	    (n > 0 && hf_unhex(body, n, argv[3], e) == -1) ||
	    hf_msg_begin(&b, (uint8_t)strtoul(argv[2], NULL, 16), 9, e) ==
		-1 ||
	    hf_put_bytes(&b, body, n, e) == -1 || ask(sock, &b, &m, e) == -1)
		return -1;
	if (m.body.n > 0 && m.body.p[0] == '{') {
		printf("%.*s\n", (int)m.body.n, (const char *)m.body.p);
		return 0;
	}
	for (i = 0; i < m.body.n; i++)
		printf("%02x", m.body.p[i]);
	printf("\n");
	return 0;
}

static int
key(int argc, char **argv, struct hf_err *e)
{
	(void)argc;
	return make_key(argv[0], e);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int least;
		int (*fn)(int argc, char **argv, struct hf_err *e);
	} commands[] = {
		{ "key", 1, key },
		{ "enrol", 3, enrol },
		{ "nonce", 3, nonce },
		{ "tap", 6, tap },
		{ "bench", 7, bench },
		{ "send", 3, send_raw },
	};
	struct hf_err e = { .text = "failed" };
	size_t i;

	if (sodium_init() == -1 || argc < 2)
		return 2;
	for (i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(commands[i].name, argv[1]) != 0 ||
		    argc - 2 < commands[i].least)
			continue;
		if (commands[i].fn(argc - 2, argv + 2, &e) == 0)
			return 0;
		fprintf(stderr, "taptool: %s: %s\n", hf_code_name(e.code),
		    e.text);
		return 1;
	}
	return 2;
}
