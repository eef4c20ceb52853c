/* The configuration files of a new instance: doc/instance.md. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "admin/instance.h"
#include "admin/tree.h"
#include "lib/file.h"

#define CONF_MAX 16384

/*
 * One line of text. Every value was checked to hold nothing that libconfuse
 * reads as other than itself.
 */
static int put(struct hf_buf *b, struct hf_err *e, const char *fmt, ...)
    HF_PRINTF(3, 4);

static int
put(struct hf_buf *b, struct hf_err *e, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof line)
		return hf_fail(e, HF_EINPUT, "a configuration line is too "
		    "long");
	return hf_put_bytes(b, line, (size_t)n, e);
}

int
hf_plan_conninfo(const struct hf_plan *p, const char *role, char *out,
    size_t size, struct hf_err *e)
{
	int n;

	if (p->database != NULL)
		n = snprintf(out, size, "%s user=%s", p->database, role);
	else
		/* Whoever answers on that socket must be the database. */
		n = snprintf(out, size, "host=%s/run/pg dbname=holdfast "
		    "user=%s requirepeer=hf-db", p->dir, role);
	if (n < 0 || (size_t)n >= size)
		return hf_fail(e, HF_EINPUT, "the database string is too "
		    "long");
	return 0;
}

static int
put_list(struct hf_buf *b, const char *name, const char *const *items,
    size_t n, struct hf_err *e)
{
	size_t i;

	if (put(b, e, "%s = {", name) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (put(b, e, "%s\"%s\"", i > 0 ? ", " : "", items[i]) == -1)
			return -1;
	return put(b, e, "}\n");
}

static int
intake_conf(const struct hf_plan *p, struct hf_buf *b, struct hf_err *e)
{
	char hex[65];

	hf_hex(hex, p->site_pk, sizeof p->site_pk);
	if (put(b, e, "# The CUPS backend: holdfast-backend(8).  Read as root, "
		"writable by root alone.\n"
		"site_key = \"%s\"\n"
		"key_list = \"%s/keys/keylist\"\n"
		"host_key = \"%s/keys/host.key\"\n"
		"spool = \"%s/spool\"\n"
		"host_name = \"%s\"\n"
		"user = \"hf-intake\"\n", hex, p->dir, p->dir, p->dir,
		p->host_name) == -1)
		return -1;
	return put_list(b, "queues", p->queues, p->n_queues, e);
}

static int
released_conf(const struct hf_plan *p, struct hf_buf *b, struct hf_err *e)
{
	char db[800];

	if (hf_plan_conninfo(p, "hf_release", db, sizeof db, e) == -1)
		return -1;
	return put(b, e, "# The release service: holdfast-released(8).\n"
	    "spool = \"%s/spool\"\n"
	    "keys = \"%s/keys\"\n"
	    "master_key = \"%s/keys/master.key\"\n"
	    "socket = \"%s/run/release.sock\"\n"
	    "database = \"%s\"\n"
	    "witness = \"%s/witness\"\n"
	    "libexec = \"%s\"\n", p->dir, p->dir, p->dir, p->dir, db,
	    p->dir, p->libexec);
}

static int
holdfastd_conf(const struct hf_plan *p, struct hf_buf *b, struct hf_err *e)
{
	const char *listen[HF_LISTEN_MAX];
	char db[800];
	size_t i;

	if (hf_plan_conninfo(p, "hf_web", db, sizeof db, e) == -1)
		return -1;
	for (i = 0; i < p->n_listen; i++)
		listen[i] = p->listen[i];
	if (put(b, e, "# The web service: holdfastd(8).\n") == -1 ||
	    put_list(b, "listen", listen, p->n_listen, e) == -1)
		return -1;
	return put(b, e, "certificate = \"%s/tls/server.crt\"\n"
	    "certificate_key = \"%s/tls/server.key\"\n"
	    "release_socket = \"%s/run/release.sock\"\n"
	    "database = \"%s\"\n", p->dir, p->dir,
	    p->dir, db);
}

static int
admin_conf(const struct hf_plan *p, struct hf_buf *b, struct hf_err *e)
{
	char admin[800], owner[800];

	if (hf_plan_conninfo(p, "hf_admin", admin, sizeof admin, e) == -1 ||
	    hf_plan_conninfo(p, "hf_owner", owner, sizeof owner, e) == -1)
		return -1;
	return put(b, e, "# The administrator's command: holdfast(8).\n"
	    "dir = \"%s\"\n"
	    "database = \"%s\"\n"
	    "migrate_database = \"%s\"\n"
	    "release_socket = \"%s/run/release.sock\"\n"
	    "keys = \"%s/keys\"\n"
	    "schema = \"%s\"\n"
	    "url = \"%s\"\n"
	    "certificate = \"%s/tls/server.crt\"\n"
	    "cups = \"%s\"\n", p->dir, admin, owner, p->dir, p->dir,
	    p->schema, p->url, p->dir, p->cups);
}

static const struct {
	const char *path;
	int (*write)(const struct hf_plan *, struct hf_buf *, struct hf_err *);
} files[] = {
	{ "etc/intake.conf", intake_conf },
	{ "etc/released.conf", released_conf },
	{ "etc/holdfastd.conf", holdfastd_conf },
	{ "etc/admin.conf", admin_conf },	/* last: it says "whole" */
};

int
hf_init_conf(const struct hf_plan *p, int dir, struct hf_err *e)
{
	struct hf_buf b;
	size_t i;
	int rc = -1;

	hf_buf_init(&b, CONF_MAX);
	for (i = 0; i < sizeof files / sizeof files[0]; i++) {
		hf_buf_reset(&b);
		if (files[i].write(p, &b, e) == -1 ||
		    hf_file_replace(dir, files[i].path, hf_buf_view(&b), 0644,
			0, 0, e) == -1) {
			hf_wrap(e, "write %s", files[i].path);
			goto out;
		}
	}
	rc = 0;
out:
	hf_buf_clear(&b);
	return rc;
}
