/*
 * `holdfast init`: a whole instance below one folder.  Steps in order, none
 * of which overwrites anything; admin.conf comes last and says that the
 * instance is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/child.h"
#include "admin/cmd.h"
#include "admin/instance.h"
#include "admin/migrate.h"
#include "admin/tree.h"
#include "lib/clock.h"
#include "lib/envelope.h"

#ifndef HF_DATADIR
#define HF_DATADIR "/usr/share/holdfast"
#endif
#define PORT 8443

int
hf_plain_path(const char *s, struct hf_err *e)
{
	static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._/+@-";

	if (s[0] != '/' || strspn(s, fine) != strlen(s))
		return hf_fail(e, HF_EINPUT, "\"%s\": a path from / may hold "
		    "letters, digits and . _ + @ - only", s);
	return 0;
}

int
hf_plan_url(struct hf_plan *p, uint16_t *port, struct hf_err *e)
{
	static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-:";
	const char *host = p->url + 8, *colon, *end;
	unsigned long v = 443;
	size_t n;

	if (strncmp(p->url, "https://", 8) != 0)
		goto fail;
	if (host[0] == '[') {		/* [::1] or [::1]:8443 */
		host++;
		n = strcspn(host, "]");
		if (host[n] != ']')
			goto fail;
		colon = host + n + 1;
	} else {
		n = strcspn(host, ":/");
		colon = host + n;
	}
	if (n == 0 || n >= sizeof p->url_host || strspn(host, fine) < n)
		goto fail;
	end = colon;
	if (*colon == ':') {
		v = strtoul(colon + 1, (char **)(uintptr_t)&end, 10);
		if (end == colon + 1 || v == 0 || v > 65535)
			goto fail;
	}
	if (strcmp(end, "") != 0 && strcmp(end, "/") != 0)
		goto fail;
	memcpy(p->url_host, host, n);
	p->url_host[n] = '\0';
	if (*end == '/')
		p->url[strlen(p->url) - 1] = '\0';
	*port = (uint16_t)v;
	return 0;
fail:
	return hf_fail(e, HF_EINPUT, "\"%s\" is not https://HOST:PORT",
	    p->url);
}

/* An absolute path without links, of something that exists. */
static int
take_path(const char *given, char *out, size_t size, struct hf_err *e)
{
	char *real = realpath(given, NULL);
	int rc = -1;

	if (real == NULL)
		return hf_fail_sys(e, "%s", given);
	if (hf_plain_path(real, e) == -1)
		goto out;
	if (!hf_str_copy(out, size, real)) {
		hf_fail(e, HF_EINPUT, "%s is too long", real);
		goto out;
	}
	rc = 0;
out:
	free(real);
	return rc;
}

static int
take_listen(struct hf_plan *p, const struct hf_args *a, uint16_t port,
    struct hf_err *e)
{
	const char *const *given = hf_args_list(a, "--listen", &p->n_listen);
	bool here = strcmp(p->url_host, "localhost") == 0 ||
	    strcmp(p->url_host, "127.0.0.1") == 0;
	size_t i;

	if (p->n_listen > HF_LISTEN_MAX)
		return hf_fail(e, HF_EINPUT, "more than %d addresses",
		    HF_LISTEN_MAX);
	for (i = 0; i < p->n_listen; i++)
		if (strspn(given[i], "0123456789abcdefABCDEF.:[]") !=
			strlen(given[i]) ||
		    !hf_str_copy(p->listen[i], sizeof p->listen[i], given[i]))
			return hf_fail(e, HF_EINPUT,
			    "--listen %s is not ADDRESS:PORT", given[i]);
	if (p->n_listen > 0)
		return 0;
	snprintf(p->listen[p->n_listen++], sizeof p->listen[0], "%s:%u",
	    here ? "127.0.0.1" : "0.0.0.0", port);
	if (!here)
		snprintf(p->listen[p->n_listen++], sizeof p->listen[0],
		    "[::]:%u", port);
	return 0;
}

static int
take_queues(struct hf_plan *p, const struct hf_args *a, struct hf_err *e)
{
	const char *const *given = hf_args_list(a, "--queue", &p->n_queues);
	size_t i;

	if (p->n_queues == 0) {
		p->queues[p->n_queues++] = "print";
		return 0;
	}
	for (i = 0; i < p->n_queues; i++) {
		if (!hf_queue_is(given[i]))
			return hf_fail(e, HF_EINPUT, "\"%s\" is no queue name:"
			    " letters, digits and . _ -", given[i]);
		p->queues[i] = given[i];
	}
	return 0;
}

static int
take_names(struct hf_plan *p, const struct hf_args *a, struct hf_err *e)
{
	const char *name = hf_args_get(a, "--host-name", NULL);
	uint16_t port;

	if (gethostname(p->host_name, sizeof p->host_name - 1) == -1)
		return hf_fail_sys(e, "host name");
	if ((name != NULL &&
		!hf_str_copy(p->host_name, sizeof p->host_name, name)) ||
	    !hf_queue_is(p->host_name))
		return hf_fail(e, HF_EINPUT, "\"%s\" is no host name",
		    name != NULL ? name : p->host_name);
	snprintf(p->url, sizeof p->url, "https://%s:%d", p->host_name, PORT);
	if (hf_args_has(a, "--url") && !hf_str_copy(p->url, sizeof p->url,
		hf_args_get(a, "--url", "")))
		return hf_fail(e, HF_EINPUT, "--url is too long");
	if (hf_plan_url(p, &port, e) == -1)
		return -1;
	return take_listen(p, a, port, e);
}

static int
take_database(struct hf_plan *p, const struct hf_args *a, struct hf_err *e)
{
	p->database = hf_args_get(a, "--database", NULL);
	if (p->database == NULL)
		return 0;
	if (strcspn(p->database, "\"\\$\n") != strlen(p->database) ||
	    strstr(p->database, "://") != NULL ||
	    strstr(p->database, "password") != NULL ||
	    strstr(p->database, "user") != NULL)
		return hf_fail(e, HF_EINPUT, "--database is a libpq string "
		    "like \"host=/run/postgresql dbname=holdfast\", without "
		    "user and password: each part adds its own role");
	return 0;
}

static int
make_dir(struct hf_plan *p, const char *given, struct hf_err *e)
{
	if (mkdir(given, 0755) == -1 && errno != EEXIST)
		return hf_fail_sys(e, "make %s", given);
	return take_path(given, p->dir, sizeof p->dir, e);
}

static int
read_plan(struct hf_plan *p, const struct hf_args *a, struct hf_err *e)
{
	const char *dir = hf_args_get(a, "--dir", NULL);
	const char *libexec = hf_args_get(a, "--libexec", HF_LIBEXECDIR);
	const char *schema = hf_args_get(a, "--schema", HF_DATADIR "/schema");
	const char *cups = hf_args_get(a, "--cups", "/etc/cups");

	memset(p, 0, sizeof *p);
	if (geteuid() != 0)
		return hf_fail(e, HF_EDENIED, "init must be run by root: it "
		    "makes system users and gives files to them");
	if (take_names(p, a, e) == -1 || take_queues(p, a, e) == -1 ||
	    take_database(p, a, e) == -1)
		return -1;
	if (take_path(libexec, p->libexec, sizeof p->libexec, e) == -1)
		return hf_wrap(e, "--libexec");
	if (take_path(schema, p->schema, sizeof p->schema, e) == -1)
		return hf_wrap(e, "--schema");
	/* cupsd may come later: its folder need not be there. */
	if (hf_plain_path(cups, e) == -1 ||
	    !hf_str_copy(p->cups, sizeof p->cups, cups))
		return hf_wrap(e, "--cups");
	return make_dir(p, dir, e);
}

/* Nothing of an instance may be there. */
static int
refuse_old(int dir, const struct hf_plan *p, struct hf_err *e)
{
	struct stat st;
	size_t i;

	for (i = 0; i < hf_n_tree; i++)
		if (!hf_tree[i].folder && fstatat(dir, hf_tree[i].path, &st,
			AT_SYMLINK_NOFOLLOW) == 0)
			return hf_fail(e, HF_ECONFLICT, "%s/%s is there: init "
			    "overwrites nothing", p->dir, hf_tree[i].path);
	return 0;
}

/* The script that runs the private cluster: beside the schema. */
static int
find_embedded(const struct hf_plan *p, char *out, size_t size,
    struct hf_err *e)
{
	static const char *const beside[] = { "../embedded-db",
		"../dist/embedded-db" };
	size_t i;

	for (i = 0; i < sizeof beside / sizeof beside[0]; i++) {
		snprintf(out, size, "%s/%s", p->schema, beside[i]);
		if (access(out, X_OK) == 0)
			return 0;
	}
	return hf_fail(e, HF_ECONFIG, "there is no embedded-db beside %s (or "
	    "give your own database with --database)", p->schema);
}

static int
set_queues(const struct hf_plan *p, struct hf_err *e)
{
	static const struct hf_stmt set = { "queue_set",
		"select hf.queue_set($1, 0, null)", 1 };
	struct hf_db *db = NULL;
	char conninfo[800];
	PGresult *res;
	size_t i;
	int rc = -1;

	if (hf_plan_conninfo(p, "hf_admin", conninfo, sizeof conninfo, e) ==
	    -1)
		goto out;
	db = hf_db_new(conninfo, "holdfast init", 15000, e);
	if (db == NULL)
		goto out;
	for (i = 0; i < p->n_queues; i++) {
		if (hf_db_run(db, &set, &p->queues[i], &res, e) == -1)
			goto out;
		PQclear(res);
	}
	rc = 0;
out:
	hf_db_free(db);
	return rc;
}

static int
make_database(const struct hf_plan *p, struct hf_err *e)
{
	char script[300], conninfo[800];
	const char *const start[] = { script, "start", "--schema", p->schema,
		p->dir, NULL };
	int applied, newest;

	if (p->database == NULL) {
		if (find_embedded(p, script, sizeof script, e) == -1)
			return -1;
		if (hf_child_run(start, e) == -1)
			return hf_wrap(e, "the embedded database");
	}
	if (hf_plan_conninfo(p, "hf_owner", conninfo, sizeof conninfo, e) ==
		-1 ||
	    hf_migrate(conninfo, p->schema, &applied, &newest, e) == -1)
		return hf_wrap(e, "migrate");
	return set_queues(p, e);
}

int
hf_cmd_init(struct hf_run *r, struct hf_err *e)
{
	struct hf_plan p;
	int dir = -1, rc = -1;

	if (read_plan(&p, &r->args, e) == -1)
		goto out;
	umask(022);
	dir = open(p.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1) {
		hf_fail_sys(e, "open %s", p.dir);
		goto out;
	}
	if (refuse_old(dir, &p, e) == -1 || hf_accounts_make(e) == -1 ||
	    hf_tree_make(dir, e) == -1)
		goto out;
	if (hf_init_keys(&p, dir, hf_wall_s(), e) == -1 ||
	    hf_init_tls(&p, dir, e) == -1 || make_database(&p, e) == -1 ||
	    hf_init_conf(&p, dir, e) == -1) {
		hf_wrap(e, "the instance in %s is not whole; remove it and "
		    "start again", p.dir);
		goto out;
	}
	hf_done(r, json_pack("{ssssss}", "dir", p.dir, "url", p.url,
	    "host_name", p.host_name), "instance made in %s\n"
	    "next: holdfast -c %s/etc/admin.conf user add NAME", p.dir, p.dir);
	rc = 0;
out:
	if (dir != -1)
		close(dir);
	return rc;
}
