/*
 * cupsd: the one place where a document lies readable, between the client
 * and the backend.  What keeps it short and private there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/cupsconf.h"
#include "admin/doctor.h"
#include "admin/medium.h"
#include "lib/file.h"

#define CONF_MAX (1024 * 1024)

/* A file below the ServerRoot. */
static int
read_conf(struct hf_doctor *d, const char *name, bool optional,
    struct hf_buf *out)
{
	char path[4096];
	struct hf_err e;

	hf_buf_reset(out);
	snprintf(path, sizeof path, "%.4000s/%s", d->cups, name);
	if (hf_file_read(AT_FDCWD, path, out, &e) == 0 ||
	    (optional && e.sys == ENOENT))
		return 0;
	hf_warn(d, "cups in admin.conf (or --cups) is cupsd's ServerRoot",
	    "%s", e.text);
	return -1;
}

static bool
is_off(const char *value)
{
	return strcasecmp(value, "No") == 0 || strcasecmp(value, "Off") == 0 ||
	    strcasecmp(value, "False") == 0 || strcmp(value, "0") == 0;
}

static void
check_policy(struct hf_doctor *d, const struct hf_cupsd *c, const char *policy)
{
	const struct hf_cups_limit *l;

	l = hf_cups_limit_of(c, policy, "CUPS-Get-Document");
	if (l == NULL || (!l->denied &&
	    (!l->authenticated || !l->named_users || l->any_user)))
		hf_warn(d, "name it in a <Limit> with AuthType Default and "
		    "Require user @SYSTEM", "cupsd's policy \"%s\" lets "
		    "anybody fetch waiting documents (CUPS-Get-Document)",
		    policy);
	else
		hf_fine(d, "nobody fetches waiting documents from cupsd "
		    "(policy \"%s\")", policy);
	l = hf_cups_limit_of(c, policy, "Create-Job");
	/* AuthType alone means "any user, but one", cupsd.conf(5). */
	if (l == NULL || (!l->denied && !l->authenticated))
		hf_warn(d, "give Create-Job and Print-Job AuthType Default and "
		    "Require valid-user", "cupsd's policy \"%s\" lets "
		    "anybody print in any name", policy);
	else
		hf_fine(d, "cupsd knows who prints (policy \"%s\")", policy);
}

/* Every policy, as any may be given to a queue. */
static void
check_policies(struct hf_doctor *d, const struct hf_cupsd *c)
{
	const char *policy = "";
	size_t i;

	for (i = 0; i < c->n_limits; i++) {
		if (strcmp(c->limits[i].policy, policy) == 0)
			continue;
		policy = c->limits[i].policy;
		check_policy(d, c, policy);
	}
	if (c->n_limits == 0)
		check_policy(d, c, "default");
}

static void
check_logging(struct hf_doctor *d, const struct hf_cupsd *c)
{
	if (strncasecmp(c->log_level, "debug", 5) == 0)
		hf_warn(d, "LogLevel info", "cupsd logs titles and options of "
		    "jobs (LogLevel %s)", c->log_level);
	else
		hf_fine(d, "cupsd's log has no titles (LogLevel %s)",
		    c->log_level);
	if (strstr(c->page_log_format, "job-name") != NULL)
		hf_warn(d, "take %{job-name} out of PageLogFormat",
		    "cupsd's page log has titles");
}

static void
check_medium(struct hf_doctor *d, const char *what, const char *path)
{
	static const char todo[] =
	    "mount a tmpfs there (noswap,nosuid,nodev,noexec), or encrypt it";
	struct hf_err e = { .text = "" };

	switch (hf_medium_of(path, &e)) {
	case HF_MEDIUM_MEMORY:
		hf_fine(d, "cupsd's %s %s is in memory", what, path);
		break;
	case HF_MEDIUM_ENCRYPTED:
		hf_fine(d, "cupsd's %s %s is on an encrypted disk", what,
		    path);
		break;
	case HF_MEDIUM_SWAPPABLE:
		hf_warn(d, "mount it with noswap, or switch swap off",
		    "cupsd's %s %s is in memory that may be swapped to disk",
		    what, path);
		break;
	case HF_MEDIUM_DISK:
		hf_warn(d, todo, "cupsd's %s %s is on a disk: documents lie "
		    "there readable", what, path);
		break;
	case HF_MEDIUM_UNKNOWN:
		hf_warn(d, NULL, "cupsd's %s: %s", what, e.text);
		break;
	}
}

/*
 * 0700 and of root: CUPS then starts it as root and it leaves for a uid of
 * its own.  Readable by others, CUPS runs it as lp, beside every filter.
 */
static void
check_backend(struct hf_doctor *d, const char *server_bin)
{
	char path[400];
	struct stat st;

	snprintf(path, sizeof path, "%.255s/backend/holdfast", server_bin);
	if (stat(path, &st) == -1)
		hf_warn(d, "make install", "the backend is not there: %s: %s",
		    path, strerror(errno));
	else if (st.st_uid != 0 || (st.st_mode & 07777) != 0700)
		hf_warn(d, "chown root and chmod 0700 it", "%s has mode %04o: "
		    "CUPS would refuse it or run it as lp", path,
		    (unsigned)(st.st_mode & 07777));
	else
		hf_fine(d, "the backend is root's alone (0700)");
	snprintf(path, sizeof path, "%.255s/filter/hfframe", server_bin);
	if (access(path, X_OK) == -1)
		hf_warn(d, "make install", "the filter hfframe is not there: "
		    "of several documents in a job CUPS passes on one");
}

/* Is this queue of ours one that intake was told about? */
static bool
is_queue(struct hf_doctor *d, const char *name)
{
	static const struct hf_stmt find = { "doctor_queue",
		"select name from hf.admin_queue where name = $1", 1 };
	const char *const params[] = { name };
	PGresult *res;
	bool found;

	if (!hf_db_is_up(d->r->db) ||
	    hf_db_run(d->r->db, &find, params, &res, NULL) == -1)
		return true;	/* nobody to ask */
	found = PQntuples(res) > 0;
	PQclear(res);
	return found;
}

static void
check_queues(struct hf_doctor *d, struct hf_buf *text)
{
	struct hf_cups_devices *list = calloc(1, sizeof *list);
	struct hf_err e;
	size_t i;

	if (list == NULL || read_conf(d, "printers.conf", true, text) == -1)
		goto out;
	if (hf_cups_devices_parse(hf_buf_view(text), list, &e) == -1) {
		hf_warn(d, NULL, "printers.conf: %s", e.text);
		goto out;
	}
	if (list->n == 0)
		hf_warn(d, "lpadmin -p NAME -E -v holdfast:/QUEUE -P "
		    "holdfast.ppd", "no queue of cupsd prints to Holdfast");
	for (i = 0; i < list->n; i++) {
		if (is_queue(d, list->d[i].queue))
			hf_fine(d, "CUPS queue %s prints to queue %s",
			    list->d[i].printer, list->d[i].queue);
		else
			hf_warn(d, "correct its device URI, or add the queue "
			    "to intake.conf", "CUPS queue %s prints to "
			    "queue %s, which there is not",
			    list->d[i].printer, list->d[i].queue);
		if (strcasecmp(list->d[i].error_policy, "abort-job") == 0)
			hf_warn(d, "lpadmin -o printer-error-policy=retry-job",
			    "CUPS queue %s throws a job away that failed once "
			    "(ErrorPolicy abort-job)", list->d[i].printer);
	}
out:
	free(list);
}

static void
check_cupsd_conf(struct hf_doctor *d, const struct hf_cupsd *c,
    const struct hf_cups_files *f)
{
	struct hf_err e;
	enum hf_medium m;

	check_policies(d, c);
	check_logging(d, c);
	if (!is_off(c->preserve_files))
		hf_warn(d, "PreserveJobFiles No", "cupsd keeps documents "
		    "after they were sealed (PreserveJobFiles %s)",
		    c->preserve_files);
	else
		hf_fine(d, "cupsd drops a document when it is sealed");
	m = hf_medium_of(f->request_root, &e);
	if (!is_off(c->preserve_history) && m != HF_MEDIUM_MEMORY &&
	    m != HF_MEDIUM_ENCRYPTED)
		hf_warn(d, "PreserveJobHistory No", "cupsd keeps titles and "
		    "options on a disk (PreserveJobHistory %s)",
		    c->preserve_history);
	check_medium(d, "spool", f->request_root);
	check_medium(d, "TempDir", f->temp_dir);
}

void
hf_check_cups(struct hf_doctor *d)
{
	struct hf_cupsd *c = calloc(1, sizeof *c);
	struct hf_cups_files f;
	struct hf_buf text;
	struct hf_err e;

	hf_buf_init(&text, CONF_MAX);
	if (c == NULL || read_conf(d, "cups-files.conf", false, &text) == -1)
		goto out;
	if (hf_cups_files_parse(hf_buf_view(&text), &f, &e) == -1) {
		hf_warn(d, NULL, "cups-files.conf: %s", e.text);
		goto out;
	}
	if (read_conf(d, "cupsd.conf", false, &text) == -1)
		goto out;
	if (hf_cupsd_parse(hf_buf_view(&text), c, &e) == -1) {
		hf_warn(d, NULL, "cupsd.conf: %s", e.text);
		goto out;
	}
	check_cupsd_conf(d, c, &f);
	check_backend(d, f.server_bin);
	check_queues(d, &text);
out:
	hf_buf_clear(&text);
	free(c);
}
