#include "admin/cupsconf.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 2048

/*
 * The next line without blanks around it: 1, 0 at the end. Comments and
 * empty lines are passed over; longer lines are cut.
 */
static int
next_line(struct hf_view *v, char line[static LINE_MAX_BYTES])
{
	const uint8_t *nl;
	size_t n, from, to;

	while (v->n > 0) {
		nl = memchr(v->p, '\n', v->n);
		n = nl != NULL ? (size_t)(nl - v->p) : v->n;
		for (from = 0; from < n && v->p[from] <= ' '; from++)
			;
		for (to = n; to > from && v->p[to - 1] <= ' '; to--)
			;
		if (to - from > LINE_MAX_BYTES - 1)
			to = from + LINE_MAX_BYTES - 1;
		memcpy(line, v->p + from, to - from);
		line[to - from] = '\0';
		if (nl != NULL)
			n++;
		v->p += n;
		v->n -= n;
		if (line[0] != '\0' && line[0] != '#' &&
		    strlen(line) == to - from)
			return 1;
	}
	return 0;
}

/* The value of "Name value", or NULL where the line is about another name. */
static const char *
value_of(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 ||
	    (line[n] != ' ' && line[n] != '\t'))
		return NULL;
	return line + n + strspn(line + n, " \t");
}

/* The argument of "<Name argument>", into out. */
static bool
section_of(const char *line, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);
	const char *end = strchr(line, '>');

	if (line[0] != '<' || end == NULL ||
	    strncasecmp(line + 1, name, n) != 0 ||
	    (line[1 + n] != ' ' && line[1 + n] != '\t'))
		return false;
	line += 1 + n + strspn(line + 1 + n, " \t");
	snprintf(out, size, "%.*s", (int)(end - line), line);
	return true;
}

static int
begin_limit(struct hf_cupsd *c, const char *policy, const char *operations,
    struct hf_err *e)
{
	struct hf_cups_limit *l;

	if (c->n_limits == HF_LIMITS_MAX)
		return hf_fail(e, HF_EFULL, "more than %d <Limit>s",
		    HF_LIMITS_MAX);
	l = &c->limits[c->n_limits++];
	memset(l, 0, sizeof *l);
	(void)hf_str_copy(l->policy, sizeof l->policy, policy);
	snprintf(l->operations, sizeof l->operations, " %s ", operations);
	return 0;
}

static void
limit_line(struct hf_cups_limit *l, const char *line)
{
	const char *v;

	if ((v = value_of(line, "AuthType")) != NULL)
		l->authenticated = strcasecmp(v, "None") != 0;
	else if ((v = value_of(line, "Require")) != NULL &&
	    strncasecmp(v, "valid-user", 10) == 0)
		l->any_user = true;
	else if (v != NULL && strncasecmp(v, "user ", 5) == 0)
		l->named_users = true;
	else if (v != NULL && strncasecmp(v, "group ", 6) == 0)
		l->named_users = true;
	else if ((v = value_of(line, "Deny")) != NULL)
		l->denied = strncasecmp(v, "all", 3) == 0 ||
		    strncasecmp(v, "from all", 8) == 0;
	else if (value_of(line, "Allow") != NULL)
		l->denied = false;
}

static void
global_line(struct hf_cupsd *c, const char *line)
{
	const struct {
		const char *name;
		char *to;
		size_t size;
	} names[] = {
		{ "LogLevel", c->log_level, sizeof c->log_level },
		{ "PreserveJobFiles", c->preserve_files,
		    sizeof c->preserve_files },
		{ "PreserveJobHistory", c->preserve_history,
		    sizeof c->preserve_history },
		{ "PageLogFormat", c->page_log_format,
		    sizeof c->page_log_format },
	};
	const char *v;
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if ((v = value_of(line, names[i].name)) != NULL)
			(void)hf_str_copy(names[i].to, names[i].size, v);
}

int
hf_cupsd_parse(struct hf_view text, struct hf_cupsd *out, struct hf_err *e)
{
	char line[LINE_MAX_BYTES], policy[64] = "", operations[1000];
	bool in_limit = false;

	memset(out, 0, sizeof *out);
	(void)hf_str_copy(out->log_level, sizeof out->log_level, "warn");
	(void)hf_str_copy(out->preserve_files, sizeof out->preserve_files,
	    "86400");
	(void)hf_str_copy(out->preserve_history, sizeof out->preserve_history,
	    "Yes");
	while (next_line(&text, line)) {
		if (section_of(line, "Policy", policy, sizeof policy)) {
			in_limit = false;
		} else if (strcasecmp(line, "</Policy>") == 0) {
			policy[0] = '\0';
		} else if (policy[0] != '\0' && section_of(line, "Limit",
			       operations, sizeof operations)) {
			if (begin_limit(out, policy, operations, e) == -1)
				return -1;
			in_limit = true;
		} else if (strcasecmp(line, "</Limit>") == 0) {
			in_limit = false;
		} else if (in_limit) {
			limit_line(&out->limits[out->n_limits - 1], line);
		} else {
			global_line(out, line);
		}
	}
	return 0;
}

const struct hf_cups_limit *
hf_cups_limit_of(const struct hf_cupsd *c, const char *policy,
    const char *operation)
{
	char word[80];
	size_t i;

	snprintf(word, sizeof word, " %s ", operation);
	for (i = 0; i < c->n_limits; i++)
		if (strcasecmp(c->limits[i].policy, policy) == 0 &&
		    strcasestr(c->limits[i].operations, word) != NULL)
			return &c->limits[i];
	return NULL;
}

int
hf_cups_files_parse(struct hf_view text, struct hf_cups_files *out,
    struct hf_err *e)
{
	char line[LINE_MAX_BYTES];
	const char *v;

	memset(out, 0, sizeof *out);
	(void)hf_str_copy(out->request_root, sizeof out->request_root,
	    "/var/spool/cups");
	(void)hf_str_copy(out->server_bin, sizeof out->server_bin,
	    "/usr/lib/cups");
	while (next_line(&text, line)) {
		if ((v = value_of(line, "RequestRoot")) != NULL)
			(void)hf_str_copy(out->request_root,
			    sizeof out->request_root, v);
		else if ((v = value_of(line, "TempDir")) != NULL)
			(void)hf_str_copy(out->temp_dir, sizeof out->temp_dir,
			    v);
		else if ((v = value_of(line, "ServerBin")) != NULL)
			(void)hf_str_copy(out->server_bin,
			    sizeof out->server_bin, v);
		else if ((v = value_of(line, "SetEnv")) != NULL &&
		    (v = value_of(v, "HOLDFAST_INTAKE_CONF")) != NULL)
			(void)hf_str_copy(out->intake_conf,
			    sizeof out->intake_conf, v);
	}
	if (out->temp_dir[0] == '\0' && (size_t)snprintf(out->temp_dir,
		sizeof out->temp_dir, "%.250s/tmp", out->request_root) >=
	    sizeof out->temp_dir)
		return hf_fail(e, HF_ECONFIG, "RequestRoot is too long");
	return 0;
}

int
hf_cups_devices_parse(struct hf_view text, struct hf_cups_devices *out,
    struct hf_err *e)
{
	char line[LINE_MAX_BYTES], name[128] = "", queue[128] = "";
	char policy[32] = "";
	const char *v;

	memset(out, 0, sizeof *out);
	while (next_line(&text, line)) {
		if (section_of(line, "Printer", name, sizeof name) ||
		    section_of(line, "DefaultPrinter", name, sizeof name)) {
			queue[0] = policy[0] = '\0';
		} else if ((v = value_of(line, "DeviceURI")) != NULL &&
		    strncmp(v, "holdfast:/", 10) == 0) {
			(void)hf_str_copy(queue, sizeof queue, v + 10);
		} else if ((v = value_of(line, "ErrorPolicy")) != NULL) {
			(void)hf_str_copy(policy, sizeof policy, v);
		} else if (strncasecmp(line, "</", 2) == 0 &&
		    queue[0] != '\0') {
			if (out->n == HF_DEVICES_MAX)
				return hf_fail(e, HF_EFULL,
				    "more than %d queues", HF_DEVICES_MAX);
			memcpy(out->d[out->n].printer, name, sizeof name);
			memcpy(out->d[out->n].queue, queue, sizeof queue);
			memcpy(out->d[out->n].error_policy, policy,
			    sizeof policy);
			out->n++;
			queue[0] = '\0';
		}
	}
	return 0;
}
