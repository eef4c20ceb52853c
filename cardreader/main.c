/*
 * holdfast-reader: the station beside a printer.
 *
 * SECURITY.  It holds the reader's Ed25519 key, and card numbers for as long
 * as a tap takes.  Hostile bytes: cards, the drivers of readers and pcscd (in
 * processes of their own: slot.c), the server's answers (station.c).  Started
 * as root it becomes `user` before it reads any of them; no capabilities, no
 * new privileges, no core, not dumpable, a system call filter (no exec; the
 * processes that talk to cards open nothing and have no network).  It listens
 * nowhere.  Taken over as a whole it can sign taps for the printers that it is
 * bound to, and sees the numbers of the cards laid on it; it can open no
 * document and reach no other printer's jobs.
 */
#include <fcntl.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cardreader/conf.h"
#include "cardreader/crew.h"
#include "cardreader/enrol.h"
#include "cardreader/identity.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/priv.h"
#include "lib/sandbox.h"

#define PROGRAM "holdfast-reader"

enum { DONE = 0, FAILED = 1, USAGE = 2, DENIED = 4, NOT_NOW = 5 };

static int
usage(void)
{
	fprintf(stderr,
	    "usage: " PROGRAM " -c reader.conf [-t | -T]\n"
	    "       " PROGRAM " enrol --state DIR [--user NAME] [--replace] "
	    "TOKEN | -\n");
	return USAGE;
}

static int
complain(const struct hf_err *e)
{
	fprintf(stderr, PROGRAM ": %s\n", e->text);
	switch (e->code) {
	case HF_EDENIED:
	case HF_ETAMPER:
		return DENIED;
	case HF_EAGAIN:
		return NOT_NOW;
	default:
		return FAILED;
	}
}

static int
enrol(int argc, char **argv)
{
	static const struct option names[] = {
		{ "state", required_argument, NULL, 's' },
		{ "user", required_argument, NULL, 'u' },
		{ "replace", no_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	struct hf_enrol in = { .user = HF_DEFAULT_USER };
	struct hf_err e;
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 's':
			in.state = optarg;
			break;
		case 'u':
			in.user = optarg;
			break;
		case 'r':
			in.replace = true;
			break;
		default:
			return usage();
		}
	}
	if (in.state == NULL || optind + 1 != argc)
		return usage();
	in.token = argv[optind];
	if (hf_priv_harden(&e) == -1 || hf_enrol_run(&in, &e) == -1)
		return complain(&e);
	return DONE;
}

static int
print_conf(const struct hf_reader_conf *conf, struct hf_err *e)
{
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, 65536);
	if (hf_reader_conf_put(&b, conf, e) == 0)
		rc = hf_write_all(STDOUT_FILENO, b.p, b.n, e);
	hf_buf_clear(&b);
	return rc;
}

/* -t: what the station would find when it begins. */
static int
check(const struct hf_reader_conf *conf, struct hf_err *e)
{
	struct hf_identity *id = NULL;
	struct hf_user u;
	int fd = -1, rc = -1;

	if (geteuid() == 0 && hf_user_find(conf->user, &u, e) == -1)
		goto out;
	fd = open(conf->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		hf_fail_sys(e, "state folder %s", conf->state);
		goto out;
	}
	id = hf_identity_new(e);
	if (id == NULL)
		goto out;
	rc = hf_identity_load(fd, id, e);
	if (rc == -1)
		hf_wrap(e, "%s", conf->state);
out:
	hf_identity_free(id);
	if (fd != -1)
		close(fd);
	return rc;
}

static int
leave_root(const struct hf_reader_conf *conf, struct hf_err *e)
{
	struct hf_user u;

	if (geteuid() != 0)
		return hf_priv_harden(e);
	if (hf_user_find(conf->user, &u, e) == -1)
		return -1;
	return hf_priv_become(&u, NULL, 0, e);
}

static int
serve(const struct hf_reader_conf *conf, struct hf_err *e)
{
	if (leave_root(conf, e) == -1 ||
	    hf_sandbox_apply(HF_SANDBOX_READER, e) == -1)
		return -1;
	return hf_crew_run(conf, e);
}

int
main(int argc, char **argv)
{
	struct hf_reader_conf conf;
	const char *path = NULL;
	struct hf_err e;
	int c, mode = 0, rc;

	hf_log_init(PROGRAM, HF_INFO);
	if (sodium_init() == -1)
		return FAILED;
	if (argc > 1 && strcmp(argv[1], "enrol") == 0)
		return enrol(argc - 1, argv + 1);
	while ((c = getopt(argc, argv, "c:tT")) != -1) {
		if (c == 'c')
			path = optarg;
		else if (c == 't' || c == 'T')
			mode = c;
		else
			return usage();
	}
	if (path == NULL || optind != argc)
		return usage();
	if (hf_reader_conf_load(path, &conf, &e) == -1)
		return complain(&e);
	if (mode == 't')
		rc = check(&conf, &e);
	else if (mode == 'T')
		rc = print_conf(&conf, &e);
	else
		rc = serve(&conf, &e);
	return rc == 0 ? DONE : complain(&e);
}
