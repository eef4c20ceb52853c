/*
 * hf-queue: role queue of the release service.
 *
 * SECURITY.  Runs as hf-queue (and in group hf-intake, to read incoming/).
 * It holds the connection to the database (role hf_release: functions, no
 * tables) and the sealed files; no key of any kind.  Hostile bytes that it
 * reads: the names and headers of files in incoming/, envelopes after role
 * key opened them, requests of holdfastd and administrators on
 * run/release.sock (the kernel says who they are), reports of deliver
 * processes, and what the database says about a job.  It can open, rename
 * and remove files, and use unix sockets; not the network, and it starts no
 * program: the parent does, on request.  Whoever takes it over sees owners,
 * sizes and times, and can have held documents printed while it lasts; not
 * read them, nor those that are gone.
 *
 * descriptors: 3 the socket to role key, 4 to the parent, 5 listening, 6 and 7
 * to the hashers.
 */
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/priv.h"
#include "lib/sandbox.h"
#include "release/queue/queue.h"

static const struct hf_queue_fds fds = { .key = 3, .parent = 4, .listener = 5,
	.hash = { 6, 7 } };

/* Many printers and clients at once: as many descriptors as we are allowed. */
static void
raise_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static int
start(struct hf_queue *q, const char *path, struct hf_err *e)
{
	if (sodium_init() == -1)
		return hf_fail(e, HF_ESYS, "libsodium");
	if (fcntl(fds.key, F_GETFD) == -1 ||
	    fcntl(fds.parent, F_GETFD) == -1 ||
	    fcntl(fds.listener, F_GETFD) == -1 ||
	    fcntl(fds.hash[0], F_GETFD) == -1 ||
	    fcntl(fds.hash[1], F_GETFD) == -1)
		return hf_fail(e, HF_ECONFIG,
		    "is started by holdfast-released");
	if (hf_priv_harden(e) == -1 ||
	    hf_released_conf_load(path, &q->conf, e) == -1)
		return -1;
	hf_log_init("hf-queue", q->conf.log_level);
	raise_limit();
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return hf_fail_sys(e, "signal");
	if (hf_queue_open(q, &fds, e) == -1)
		return -1;
	return hf_sandbox_apply(HF_SANDBOX_QUEUE, e);
}

int
main(int argc, char *argv[])
{
	static struct hf_queue q;
	struct hf_err e;
	int rc = 1;

	hf_log_init("hf-queue", HF_INFO);
	if (argc != 3 || strcmp(argv[1], "-c") != 0) {
		hf_log(HF_ERROR, "is started by holdfast-released");
		return 2;
	}
	if (start(&q, argv[2], &e) == -1)
		hf_log_err(HF_ERROR, &e, "role queue did not start");
	else
		rc = hf_queue_run(&q);
	hf_queue_close(&q);
	return rc;
}
