#include "lib/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* libconfuse reports through a callback without an argument of ours. */
static struct hf_err *sink;

static void
report(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[400];

	vsnprintf(text, sizeof text, fmt, ap);
	if (sink == NULL || sink->code != HF_OK)
		return;		/* the first complaint is the useful one */
	if (cfg != NULL && cfg->filename != NULL && cfg->line > 0)
		hf_fail(sink, HF_ECONFIG, "%s:%d: %s", cfg->filename,
		    cfg->line, text);
	else
		hf_fail(sink, HF_ECONFIG, "%s", text);
}

static int
check_owner(const char *path, struct hf_err *e)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		hf_fail_sys(e, "configuration %s", path);
		e->code = HF_ECONFIG;
		return -1;
	}
	if (!S_ISREG(st.st_mode))
		return hf_fail(e, HF_ECONFIG, "%s is not a plain file", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return hf_fail(e, HF_ECONFIG,
		    "%s must belong to root or to the user who reads it",
		    path);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return hf_fail(e, HF_ECONFIG,
		    "%s may be written by others: chmod go-w it", path);
	return 0;
}

int
hf_conf_load(const char *path, cfg_opt_t *opts, cfg_t **out, struct hf_err *e)
{
	struct hf_err local = { .code = HF_OK };
	cfg_t *cfg;
	int rc;

	if (check_owner(path, &local) == -1)
		goto fail;
	cfg = cfg_init(opts, CFGF_NO_TITLE_DUPES);
	if (cfg == NULL) {
		hf_fail(&local, HF_ENOMEM, "out of memory");
		goto fail;
	}
	sink = &local;
	cfg_set_error_function(cfg, report);
	rc = cfg_parse(cfg, path);
	sink = NULL;
	if (rc != CFG_SUCCESS) {
		if (local.code == HF_OK)
			hf_fail(&local, HF_ECONFIG, "cannot read %s", path);
		cfg_free(cfg);
		goto fail;
	}
	*out = cfg;
	return 0;
fail:
	if (e != NULL)
		*e = local;
	return -1;
}

int
hf_conf_need(cfg_t *cfg, const char *name, const char **out, struct hf_err *e)
{
	const char *s = cfg_getstr(cfg, name);

	if (s == NULL || *s == '\0')
		return hf_fail(e, HF_ECONFIG, "%s: %s must be set",
		    cfg->filename != NULL ? cfg->filename : "configuration",
		    name);
	*out = s;
	return 0;
}

int
hf_conf_int(cfg_t *cfg, const char *name, long least, long most, long *out,
    struct hf_err *e)
{
	long v = cfg_getint(cfg, name);

	if (v < least || v > most)
		return hf_fail(e, HF_ECONFIG,
		    "%s: %s is %ld, it must be from %ld to %ld",
		    cfg->filename != NULL ? cfg->filename : "configuration",
		    name, v, least, most);
	*out = v;
	return 0;
}
