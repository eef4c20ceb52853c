/* link: -lconfuse */
/*
 * mkjobs: seals documents into the spool of an instance, as intake does.
 *
 *	mkjobs [-o OWNER] [-q QUEUE] [-n COUNT] [-s BYTES] [-f FILE] [-t TITLE]
 *	       [-F FORMAT] [-j CUPS-JOB] [-c CREATED] [-e SECONDS] [-D]
 *	       [-d FOLDER] DIR
 *
 * Prints the id of each.  The document is FILE, or BYTES made up (each
 * different).  -j: number of the first CUPS job, -c: its time-at-creation.
 * -e: expires so many seconds from now.  -D: do not fsync (benchmarks of what comes after).  -d: into
 * this folder instead of spool/incoming, under its id.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/file.h"
#include "lib/keylist.h"
#include "lib/priv.h"
#include "lib/seal.h"
#include "lib/spool.h"

struct want {
	const char *dir, *owner, *queue, *title, *format, *file, *folder;
	long count, bytes, cups_job, created, expires;
	bool no_sync;
};

struct maker {
	struct want w;
	struct hf_spool spool;
	struct hf_host_key host;
	struct hf_keylist list;
	const struct hf_epoch *epoch;
	struct hf_buf doc;
};

static int
read_conf(struct maker *m, uint8_t site[static 32], struct hf_err *e)
{
	cfg_opt_t opts[] = { CFG_STR("site_key", NULL, CFGF_NONE),
		CFG_STR("key_list", NULL, CFGF_NONE),
		CFG_STR("host_key", NULL, CFGF_NONE),
		CFG_STR("spool", NULL, CFGF_NONE),
		CFG_STR("host_name", NULL, CFGF_NONE),
		CFG_STR("user", NULL, CFGF_NONE),
		CFG_STR_LIST("queues", NULL, CFGF_NONE),
		CFG_INT("max_document_mb", 0, CFGF_NONE),
		CFG_INT("reserve_mb", 0, CFGF_NONE),
		CFG_INT("retention_hours", 0, CFGF_NONE),
		CFG_INT("wait_seconds", 0, CFGF_NONE), CFG_END() };
	char path[4096];
	cfg_t *cfg;
	int rc = -1;

	snprintf(path, sizeof path, "%s/etc/intake.conf", m->w.dir);
	if (hf_conf_load(path, opts, &cfg, e) == -1)
		return -1;
	if (hf_unhex(site, 32, cfg_getstr(cfg, "site_key"), e) == 0 &&
	    hf_keylist_load(cfg_getstr(cfg, "key_list"), site, &m->list, e) ==
		0 &&
	    hf_host_key_load(cfg_getstr(cfg, "host_key"), &m->host, e) == 0 &&
	    hf_spool_open(&m->spool, cfg_getstr(cfg, "spool"),
		1u << HF_INCOMING, e) == 0)
		rc = hf_keylist_current(&m->list, (uint64_t)time(NULL),
		    &m->epoch, e);
	cfg_free(cfg);
	return rc;
}

static void
fill(struct hf_envelope *v, const struct maker *m, long i)
{
	memset(v, 0, sizeof *v);
	hf_id_new(&v->job);
	(void)hf_str_copy(v->owner, sizeof v->owner, m->w.owner);
	(void)hf_str_copy(v->queue, sizeof v->queue, m->w.queue);
	(void)hf_str_copy(v->title, sizeof v->title, m->w.title);
	(void)hf_str_copy(v->format, sizeof v->format, m->w.format);
	(void)hf_str_copy(v->host, sizeof v->host, "testhost");
	v->submitted = (uint64_t)time(NULL);
	v->expires = v->submitted + (uint64_t)m->w.expires;
	v->copies = 1;
	v->cups_job = (uint32_t)(m->w.cups_job + i);
	snprintf(v->job_uuid, sizeof v->job_uuid, "urn:uuid:job-%ld",
	    m->w.cups_job + i);
	v->created = m->w.created > 0 ? (uint64_t)m->w.created
				     : v->submitted;
	v->document = 1;
}

static int
write_doc(struct hf_sealer *s, const struct maker *m, struct hf_err *e)
{
	uint8_t block[65536];
	long left = m->w.bytes;
	size_t n;

	if (m->w.file != NULL)
		return hf_sealer_write(s, m->doc.p, m->doc.n, e);
	memcpy(block, "%PDF-1.4 made up ", 17);
	randombytes_buf(block + 17, 64);
	while (left > 0) {
		n = left > (long)sizeof block ? sizeof block : (size_t)left;
		if (hf_sealer_write(s, block, n, e) == -1)
			return -1;
		left -= (long)n;
	}
	return 0;
}

static int
place(const struct maker *m, int fd, const struct hf_id *id, struct hf_err *e)
{
	char text[HF_ID_TEXT], from[64], to[4200];

	if (m->w.folder == NULL && !m->w.no_sync)
		return hf_spool_commit(&m->spool, fd, id, e);
	hf_id_text(id, text);
	snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
	if (m->w.folder != NULL)
		snprintf(to, sizeof to, "%s/%s", m->w.folder, text);
	else
		snprintf(to, sizeof to, "%s/spool/incoming/%s", m->w.dir,
		    text);
	if (linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW) == -1)
		return hf_fail_sys(e, "link %s", to);
	return 0;
}

static int
make_fd(const struct maker *m, int *fd, struct hf_err *e)
{
	if (m->w.folder == NULL)
		return hf_spool_create(&m->spool, fd, e);
	*fd = open(m->w.folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0440);
	return *fd == -1 ? hf_fail_sys(e, "O_TMPFILE") : 0;
}

static int
make(const struct maker *m, long i, struct hf_err *e)
{
	struct hf_envelope env;
	struct hf_sealer *s = NULL;
	char text[HF_ID_TEXT];
	int fd = -1, rc = -1;

	fill(&env, m, i);
	if (make_fd(m, &fd, e) == -1)
		goto out;
	s = hf_sealer_new(fd, m->epoch->pk, &m->host, &env, e);
	if (s == NULL || write_doc(s, m, e) == -1 ||
	    hf_sealer_finish(s, e) == -1 || place(m, fd, &env.job, e) == -1)
		goto out;
	hf_id_text(&env.job, text);
	puts(text);
	rc = 0;
out:
	hf_sealer_free(s);
	if (fd != -1)
		close(fd);
	return rc;
}

static int
run(struct maker *m, struct hf_err *e)
{
	struct hf_user intake;
	uint8_t site[32];
	long i;

	hf_buf_init(&m->doc, 64u << 20);
	if (sodium_init() == -1)
		return hf_fail(e, HF_ESYS, "libsodium");
	if (m->w.file != NULL &&
	    hf_file_read(AT_FDCWD, m->w.file, &m->doc, e) == -1)
		return -1;
	/* The folder is opened first: hf-intake may not list it. */
	if (read_conf(m, site, e) == -1)
		return -1;
	if (m->w.folder == NULL &&
	    (hf_user_find("hf-intake", &intake, e) == -1 ||
		hf_priv_become(&intake, NULL, 0, e) == -1))
		return -1;
	for (i = 0; i < m->w.count; i++)
		if (make(m, i, e) == -1)
			return -1;
	return 0;
}

int
main(int argc, char **argv)
{
	static struct maker m = { .w = { .owner = "ann", .queue = "office",
		.title = "A title", .format = "application/pdf", .count = 1,
		.bytes = 65536, .cups_job = 1, .expires = 86400 } };
	struct hf_err e;
	int c;

	while ((c = getopt(argc, argv, "o:q:n:s:f:t:F:j:c:e:Dd:")) != -1)
		switch (c) {
		case 'o': m.w.owner = optarg; break;
		case 'q': m.w.queue = optarg; break;
		case 'n': m.w.count = atol(optarg); break;
		case 's': m.w.bytes = atol(optarg); break;
		case 'f': m.w.file = optarg; break;
		case 't': m.w.title = optarg; break;
		case 'F': m.w.format = optarg; break;
		case 'j': m.w.cups_job = atol(optarg); break;
		case 'c': m.w.created = atol(optarg); break;
		case 'e': m.w.expires = atol(optarg); break;
		case 'D': m.w.no_sync = true; break;
		case 'd': m.w.folder = optarg; break;
		default: return 2;
		}
	if (optind + 1 != argc) {
		fputs("usage: mkjobs [options] DIR\n", stderr);
		return 2;
	}
	m.w.dir = argv[optind];
	if (run(&m, &e) == -1) {
		fprintf(stderr, "mkjobs: %s\n", e.text);
		return 1;
	}
	return 0;
}
