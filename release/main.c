/*
 * holdfast-released: the parent of the release service.
 *
 * SECURITY.  Starts as root, because its children must become three different
 * users.  It keeps the capabilities for that (setuid, setgid, setpcap, kill)
 * and to read the keystore, and drops the rest.  It reads the master key and
 * the sealed keystore, hands both to role key over a pipe and wipes its copy.
 * The only bytes from outside that it reads are its configuration, which
 * must belong to root, and requests of role queue on one socket: a type, a
 * number and a printer's id, 24 bytes.  A malformed one ends role queue.
 * Whoever takes this process over has root's identity without most of its
 * powers, and the master key: there is deliberately nothing to talk to.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "release/caps.h"
#include "release/conf/conf.h"
#include "release/roles.h"

#define PAUSE_FIRST_MS 1000
#define PAUSE_MOST_MS 30000
#define STEADY_MS 60000		/* up for so long: the next pause is short */

struct parent {
	struct hf_roles roles;
	int signals;		/* signalfd */
	bool ending;
	int64_t started_ms;
	int64_t pause_ms;	/* before the next start */
};

static int
take_signals(int *out, struct hf_err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return hf_fail_sys(e, "block signals");
	*out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (*out == -1)
		return hf_fail_sys(e, "signalfd");
	return 0;
}

/* True where a child has ended. */
static bool
read_signals(struct parent *p)
{
	struct signalfd_siginfo si;
	bool child = false;

	while (read(p->signals, &si, sizeof si) == (ssize_t)sizeof si) {
		if (si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT)
			p->ending = true;
		else if (si.ssi_signo == SIGCHLD)
			child = true;
	}
	return child;
}

/* Serve until the roles must be ended: SIGTERM, or one of them failed. */
static void
run(struct parent *p)
{
	struct pollfd fds[2] = {
		{ .fd = p->signals, .events = POLLIN },
		{ .fd = p->roles.sock, .events = POLLIN },
	};
	struct hf_err e;

	while (!p->ending) {
		if (poll(fds, 2, -1) == -1 && errno != EINTR) {
			hf_log(HF_ERROR, "poll: %s", strerror(errno));
			return;
		}
		if (read_signals(p) && hf_roles_reap(&p->roles))
			return;
		if (!p->ending && fds[1].revents != 0 &&
		    hf_roles_serve(&p->roles, &e) == -1) {
			hf_log_err(HF_WARN, &e, "role queue let go");
			return;
		}
	}
}

/* A pause that SIGTERM ends. */
static void
wait_pause(struct parent *p)
{
	struct pollfd fd = { .fd = p->signals, .events = POLLIN };
	int64_t until = hf_now_ms() + p->pause_ms, left;

	while (!p->ending && (left = until - hf_now_ms()) > 0) {
		(void)poll(&fd, 1, (int)left);
		(void)read_signals(p);
	}
}

static void
serve(struct parent *p)
{
	struct hf_err e;

	p->pause_ms = PAUSE_FIRST_MS;
	while (!p->ending) {
		p->started_ms = hf_now_ms();
		if (hf_roles_start(&p->roles, &e) == 0) {
			hf_log(HF_INFO, "roles started key=%ld queue=%ld",
			    (long)p->roles.key, (long)p->roles.queue);
			run(p);
		} else {
			hf_log_err(HF_ERROR, &e, "roles did not start");
		}
		hf_roles_stop(&p->roles);
		if (p->ending)
			break;
		if (hf_now_ms() - p->started_ms > STEADY_MS)
			p->pause_ms = PAUSE_FIRST_MS;
		hf_log(HF_ERROR, "roles ended: all start afresh pause_ms=%lld",
		    (long long)p->pause_ms);
		wait_pause(p);
		p->pause_ms = p->pause_ms * 2 > PAUSE_MOST_MS
		    ? PAUSE_MOST_MS
		    : p->pause_ms * 2;
	}
	hf_log(HF_INFO, "release service ended");
}

static int
listen_and_serve(const struct hf_released_conf *conf, const char *path,
    struct hf_err *e)
{
	static struct parent p;	/* 64 KiB of receive buffer */

	p.roles.conf = conf;
	p.roles.conf_path = path;
	p.roles.sock = -1;
	if (geteuid() != 0)
		return hf_fail(e, HF_EDENIED, "must be started as root");
	if (hf_roles_check(conf, e) == -1 || take_signals(&p.signals, e) == -1)
		return -1;
	/* Anyone may connect: role queue asks the kernel who it is. */
	if (hf_msg_listen(conf->socket, 0666, &p.roles.listener, e) == -1 ||
	    hf_caps_keep_few(e) == -1)
		return -1;
	serve(&p);
	(void)unlink(conf->socket);
	return 0;
}

static int
usage(void)
{
	fprintf(stderr, "usage: holdfast-released -c released.conf [-t | -T]\n");
	return 2;
}

int
main(int argc, char *argv[])
{
	struct hf_released_conf conf;
	const char *given = HF_SYSCONFDIR "/released.conf";
	char *path = NULL;
	bool test = false, print = false;
	struct hf_err e;
	int opt, rc = 1;

	hf_log_init("holdfast-released", HF_INFO);
	while ((opt = getopt(argc, argv, "c:tT")) != -1) {
		switch (opt) {
		case 'c':
			given = optarg;
			break;
		case 't':
			test = true;
			break;
		case 'T':
			print = true;
			break;
		default:
			return usage();
		}
	}
	if (optind != argc || (test && print))
		return usage();
	path = realpath(given, NULL);
	if (hf_released_conf_load(path != NULL ? path : given, &conf, &e) ==
	    -1) {
		hf_log_err(HF_ERROR, &e, "configuration refused");
		goto out;
	}
	hf_log_init("holdfast-released", conf.log_level);
	if (print) {
		hf_released_conf_print(&conf, stdout);
		rc = 0;
	} else if (test) {
		rc = hf_roles_check(&conf, &e) == -1;
		if (rc == 0)
			printf("configuration is good\n");
		else
			hf_log_err(HF_ERROR, &e, "configuration refused");
	} else if (listen_and_serve(&conf, path, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "release service did not start");
	} else {
		rc = 0;
	}
	hf_released_conf_clear(&conf);
out:
	free(path);
	return rc;
}
