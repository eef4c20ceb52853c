/*
 * hf-hash: checks secrets that people know, slowly on purpose.
 *
 * SECURITY.  Argon2id takes 64 MiB and a good part of a tenth of a second a
 * check, so it has processes of its own: role queue never waits for it.  Holds
 * nothing; sees one password (later: a PIN's keyed hash) and one stored hash
 * at a time and wipes both.  Hostile bytes: the password.  Like role key it
 * can read and write its one socket and end, and besides take and give back
 * memory that cannot be executed; the kernel ends it for anything else.  Who
 * takes it over can say yes to any password, and read those that come: never
 * more than a session, no document.  A malformed message ends it.
 *
 * descriptor 3: the socket to role queue.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/priv.h"
#include "lib/sandbox.h"
#include "release/hash/answer.h"

#define SOCK 3

enum { ENDED = 0, BAD_START = 1, BAD_MESSAGE = 3, BAD_SOCKET = 4 };

static int
reply(const struct hf_buf *out)
{
	ssize_t k;

	do
		k = write(SOCK, out->p, out->n);
	while (k == -1 && errno == EINTR);
	return k == (ssize_t)out->n ? 0 : -1;
}

static int
serve(uint8_t *in, struct hf_buf *out)
{
	struct hf_err e;
	ssize_t k;

	for (;;) {
		k = read(SOCK, in, HF_MSG_MAX);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == 0)
			return ENDED;
		if (k == -1)
			return BAD_SOCKET;
		if (hf_hash_answer(hf_view_of(in, (size_t)k), out, &e) == -1)
			return BAD_MESSAGE;
		sodium_memzero(in, (size_t)k);
		if (reply(out) == -1)
			return BAD_SOCKET;
	}
}

static int
start(uint8_t **in, struct hf_buf *out, struct hf_err *e)
{
	if (sodium_init() == -1)
		return hf_fail(e, HF_ESYS, "libsodium");
	if (hf_priv_harden(e) == -1)
		return -1;
	*in = malloc(HF_MSG_MAX);
	if (*in == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	hf_buf_init(out, HF_MSG_MAX);
	return hf_sandbox_apply(HF_SANDBOX_HASH, e);
}

int
main(int argc, char *argv[])
{
	struct hf_buf out;
	struct hf_err e;
	uint8_t *in = NULL;

	(void)argv;
	hf_log_init("hf-hash", HF_INFO);
	if (argc != 1) {
		hf_log(HF_ERROR, "is started by holdfast-released");
		return BAD_START;
	}
	if (start(&in, &out, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "hasher did not start");
		return BAD_START;
	}
	_exit(serve(in, &out));
}
