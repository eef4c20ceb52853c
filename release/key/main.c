/*
 * hf-key: role key of the release service.
 *
 * SECURITY.  Holds every private key: of the release epochs, of the taps, the
 * site's signing key, the badge pepper and the master key.  All of it lies in
 * locked memory that enters no core file.  It reads hostile bytes: sealed
 * headers (at most 16 KiB) and sealed credentials (at most 4 KiB), carried by
 * role queue.  It has no file and no network: after its start it can read its
 * one socket, write to it, take random bytes, look at the clock, and end; the
 * kernel ends it for anything else.  It says nothing after its start.
 * Whoever takes it over has the keys, and must get them out through role
 * queue.  A malformed message ends it, and with it the release service, which
 * the parent starts again.
 *
 * descriptors: 3 the socket to role queue, 4 a pipe with
 * `master key 32 | sealed keystore`, read to its end at the start.
 */
#include <errno.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/priv.h"
#include "lib/sandbox.h"
#include "release/key/answer.h"

#define SOCK 3
#define SECRETS 4
#define HEAP_READY (512 * 1024)

enum { ENDED = 0, BAD_START = 1, BAD_MESSAGE = 3, BAD_SOCKET = 4 };

/*
 * Memory that is wanted later is there now: the filter forbids mmap, and what
 * brk gives is locked by mlockall.
 */
static int
prepare_memory(struct hf_err *e)
{
	void *p;

#ifndef __SANITIZE_ADDRESS__	/* which has an allocator of its own */
	if (mallopt(M_MMAP_MAX, 0) == 0 ||
	    mallopt(M_TRIM_THRESHOLD, 64 << 20) == 0)
		return hf_fail(e, HF_ESYS, "mallopt");
#endif
	p = malloc(HEAP_READY);
	if (p == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	free(p);
	if (mlockall(MCL_CURRENT | MCL_FUTURE) == -1)
		return hf_fail_sys(e, "lock memory (RLIMIT_MEMLOCK)");
	return 0;
}

static uint64_t
wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec;
}

static int
reply(const struct hf_buf *out)
{
	ssize_t k;

	/* One packet: all of it or an error. */
	do
		k = write(SOCK, out->p, out->n);
	while (k == -1 && errno == EINTR);
	return k == (ssize_t)out->n ? 0 : -1;
}

static int
serve(struct hf_ring *r, uint8_t *in, struct hf_buf *out)
{
	struct hf_err e;
	ssize_t k;

	for (;;) {
		k = read(SOCK, in, HF_MSG_MAX + 1);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == 0)
			return ENDED;
		if (k == -1)
			return BAD_SOCKET;
		if (k > HF_MSG_MAX)
			return BAD_MESSAGE;
		if (hf_answer(r, hf_view_of(in, (size_t)k), wall(), out, &e) ==
		    -1)
			return BAD_MESSAGE;
		sodium_memzero(in, (size_t)k);
		if (reply(out) == -1)
			return BAD_SOCKET;
	}
}

static int
start(struct hf_ring **ring, uint8_t **in, struct hf_buf *out,
    struct hf_err *e)
{
	if (sodium_init() == -1)
		return hf_fail(e, HF_ESYS, "libsodium");
	if (hf_priv_harden(e) == -1 || prepare_memory(e) == -1)
		return -1;
	*in = malloc(HF_MSG_MAX + 1);
	if (*in == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	*ring = hf_ring_read(SECRETS, e);
	if (*ring == NULL)
		return hf_wrap(e, "keystore");
	close(SECRETS);
	hf_buf_init(out, HF_MSG_MAX);
	return hf_sandbox_apply(HF_SANDBOX_KEY, e);
}

int
main(int argc, char *argv[])
{
	struct hf_ring *ring = NULL;
	struct hf_buf out;
	struct hf_err e;
	uint8_t *in = NULL;

	(void)argv;
	hf_log_init("hf-key", HF_INFO);
	if (argc != 1) {
		hf_log(HF_ERROR, "is started by holdfast-released");
		return BAD_START;
	}
	if (start(&ring, &in, &out, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "role key did not start");
		return BAD_START;
	}
	/* Not through exit(): it would want more of the kernel. */
	_exit(serve(ring, in, &out));
}
