#include "cups-backend/conf.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/envelope.h"

#define MIB (UINT64_C(1024) * 1024)

/* Ranges of the numbers; the defaults stand in the table of names below. */
static const struct {
	const char *name;
	long least;
	long most;
} ranges[] = {
	{ "max_document_mb", 1, 1024 * 1024 },
	{ "reserve_mb", 1, 1024 * 1024 },
	{ "retention_hours", 1, 24 * 365 },
	{ "wait_seconds", 1, 3600 },
};
enum { MAX_DOCUMENT, RESERVE, RETENTION, WAIT, N_RANGES };

static int
copy(cfg_t *cfg, const char *name, char **out, struct hf_err *e)
{
	const char *s;

	if (hf_conf_need(cfg, name, &s, e) == -1)
		return -1;
	*out = strdup(s);
	if (*out == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	return 0;
}

static int
copy_path(cfg_t *cfg, const char *name, char **out, struct hf_err *e)
{
	if (copy(cfg, name, out, e) == -1)
		return -1;
	if (**out != '/')
		return hf_fail(e, HF_ECONFIG, "%s: %s must be a path from /",
		    cfg->filename, name);
	return 0;
}

static int
copy_queues(cfg_t *cfg, struct hf_intake_conf *c, struct hf_err *e)
{
	unsigned i, n = cfg_size(cfg, "queues");
	const char *s;

	if (n == 0)
		return hf_fail(e, HF_ECONFIG, "%s: queues must be set",
		    cfg->filename);
	c->queues = calloc(n, sizeof *c->queues);
	if (c->queues == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	for (i = 0; i < n; i++) {
		s = cfg_getnstr(cfg, "queues", i);
		if (!hf_queue_is(s))
			return hf_fail(e, HF_ECONFIG,
			    "%s: queues: \"%s\" is no queue name",
			    cfg->filename, s);
		c->queues[i] = strdup(s);
		if (c->queues[i] == NULL)
			return hf_fail(e, HF_ENOMEM, "out of memory");
		c->n_queues++;
	}
	return 0;
}

static int
copy_names(cfg_t *cfg, struct hf_intake_conf *c, struct hf_err *e)
{
	const char *hex;

	if (hf_conf_need(cfg, "site_key", &hex, e) == -1)
		return -1;
	if (hf_unhex(c->site_pk, sizeof c->site_pk, hex, e) == -1) {
		e->code = HF_ECONFIG;
		return hf_wrap(e, "%s: site_key", cfg->filename);
	}
	if (copy_path(cfg, "key_list", &c->key_list, e) == -1 ||
	    copy_path(cfg, "host_key", &c->host_key, e) == -1 ||
	    copy_path(cfg, "spool", &c->spool, e) == -1 ||
	    copy(cfg, "host_name", &c->host_name, e) == -1 ||
	    copy(cfg, "user", &c->user, e) == -1 ||
	    copy_queues(cfg, c, e) == -1)
		return -1;
	if (strlen(c->host_name) > 255 ||
	    !hf_is_text(hf_view_str(c->host_name)))
		return hf_fail(e, HF_ECONFIG, "%s: host_name is no host name",
		    cfg->filename);
	return 0;
}

static int
copy_numbers(cfg_t *cfg, struct hf_intake_conf *c, struct hf_err *e)
{
	long v[N_RANGES];
	size_t i;

	for (i = 0; i < N_RANGES; i++)
		if (hf_conf_int(cfg, ranges[i].name, ranges[i].least,
			ranges[i].most, &v[i], e) == -1)
			return -1;
	c->max_document = (uint64_t)v[MAX_DOCUMENT] * MIB;
	c->reserve = (uint64_t)v[RESERVE] * MIB;
	c->retention_s = (unsigned)v[RETENTION] * 3600;
	c->wait_s = (unsigned)v[WAIT];
	return 0;
}

int
hf_intake_conf_load(const char *path, struct hf_intake_conf *out,
    struct hf_err *e)
{
	/* The macros want char * names; libconfuse never writes to them. */
	static char nothing[] = "";
	cfg_opt_t names[] = {
		CFG_STR("site_key", NULL, CFGF_NONE),
		CFG_STR("key_list", NULL, CFGF_NONE),
		CFG_STR("host_key", NULL, CFGF_NONE),
		CFG_STR("spool", NULL, CFGF_NONE),
		CFG_STR("host_name", NULL, CFGF_NONE),
		CFG_STR("user", "hf-intake", CFGF_NONE),
		CFG_STR_LIST("queues", nothing, CFGF_NONE),
		CFG_INT("max_document_mb", 2048, CFGF_NONE),
		CFG_INT("reserve_mb", 64, CFGF_NONE),
		CFG_INT("retention_hours", 24, CFGF_NONE),
		CFG_INT("wait_seconds", 300, CFGF_NONE),
		CFG_END()
	};
	struct hf_intake_conf c;
	cfg_t *cfg = NULL;
	int rc = -1;

	memset(&c, 0, sizeof c);
	if (hf_conf_load(path, names, &cfg, e) == -1)
		goto out;
	if (copy_names(cfg, &c, e) == -1 || copy_numbers(cfg, &c, e) == -1)
		goto out;
	*out = c;
	memset(&c, 0, sizeof c);	/* moved */
	rc = 0;
out:
	hf_intake_conf_clear(&c);
	if (cfg != NULL)
		cfg_free(cfg);
	return rc;
}

bool
hf_intake_conf_has_queue(const struct hf_intake_conf *c, const char *queue)
{
	size_t i;

	for (i = 0; i < c->n_queues; i++)
		if (strcmp(c->queues[i], queue) == 0)
			return true;
	return false;
}

void
hf_intake_conf_clear(struct hf_intake_conf *c)
{
	size_t i;

	for (i = 0; i < c->n_queues; i++)
		free(c->queues[i]);
	free(c->queues);
	free(c->key_list);
	free(c->host_key);
	free(c->spool);
	free(c->host_name);
	free(c->user);
	memset(c, 0, sizeof *c);
}
