#include "release/conf/conf.h"

#include <string.h>

#include "lib/buf.h"
#include "lib/conf.h"

static const struct {
	const char *name;
	enum hf_level level;
} levels[] = {
	{ "error", HF_ERROR },
	{ "warn", HF_WARN },
	{ "info", HF_INFO },
	{ "debug", HF_DEBUG },
};

static int
parse(const char *path, cfg_t **out, struct hf_err *e)
{
	/* libconfuse keeps what it parsed in the table: not const, not static. */
	cfg_opt_t opts[] = {
		CFG_STR("spool", NULL, CFGF_NONE),
		CFG_STR("keys", NULL, CFGF_NONE),
		CFG_STR("master_key", NULL, CFGF_NONE),
		CFG_STR("socket", NULL, CFGF_NONE),
		CFG_STR("database", NULL, CFGF_NONE),
		CFG_STR("witness", NULL, CFGF_NONE),
		CFG_STR("libexec", HF_LIBEXECDIR, CFGF_NONE),
		CFG_STR("web_user", "hf-web", CFGF_NONE),
		CFG_STR_LIST("admin_users", NULL, CFGF_NONE),
		CFG_STR("queue_user", "hf-queue", CFGF_NONE),
		CFG_STR("key_user", "hf-key", CFGF_NONE),
		CFG_STR("deliver_user", "hf-deliver", CFGF_NONE),
		CFG_INT("epoch_hours", 24, CFGF_NONE),
		CFG_STR("log_level", "info", CFGF_NONE),
		CFG_END(),
	};

	return hf_conf_load(path, opts, out, e);
}

static int
read_paths(struct hf_released_conf *c, struct hf_err *e)
{
	const struct {
		const char *name;
		const char **to;
		bool absolute;
	} wanted[] = {
		{ "spool", &c->spool, true },
		{ "keys", &c->keys, true },
		{ "master_key", &c->master_key, true },
		{ "socket", &c->socket, true },
		{ "database", &c->database, false },
		{ "libexec", &c->libexec, true },
	};
	size_t i;

	for (i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		if (hf_conf_need(c->cfg, wanted[i].name, wanted[i].to, e) ==
		    -1)
			return -1;
		if (wanted[i].absolute && (*wanted[i].to)[0] != '/')
			return hf_fail(e, HF_ECONFIG,
			    "%s must be an absolute path: %s", wanted[i].name,
			    *wanted[i].to);
	}
	return 0;
}

static int
read_witness(struct hf_released_conf *c, struct hf_err *e)
{
	c->witness = cfg_getstr(c->cfg, "witness");
	if (c->witness != NULL && c->witness[0] != '/')
		return hf_fail(e, HF_ECONFIG,
		    "witness must be an absolute path: %s", c->witness);
	return 0;
}

static int
read_users(struct hf_released_conf *c, struct hf_err *e)
{
	const struct {
		const char *name;
		struct hf_user *to;
	} wanted[] = {
		{ "web_user", &c->web },
		{ "queue_user", &c->queue },
		{ "key_user", &c->key },
		{ "deliver_user", &c->deliver },
	};
	const char *name;
	struct hf_user u;
	size_t i, n = cfg_size(c->cfg, "admin_users");

	for (i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		if (hf_conf_need(c->cfg, wanted[i].name, &name, e) == -1 ||
		    hf_user_find(name, wanted[i].to, e) == -1)
			return hf_wrap(e, "%s", wanted[i].name);
		if (wanted[i].to->uid == 0)
			return hf_fail(e, HF_ECONFIG, "%s must not be root",
			    wanted[i].name);
	}
	if (n > HF_ADMINS_MAX)
		return hf_fail(e, HF_ECONFIG, "more than %d admin_users",
		    HF_ADMINS_MAX);
	for (i = 0; i < n; i++) {
		name = cfg_getnstr(c->cfg, "admin_users", (unsigned)i);
		if (hf_user_find(name, &u, e) == -1)
			return hf_wrap(e, "admin_users");
		c->admins[i] = u.uid;
	}
	c->n_admins = n;
	return 0;
}

static int
read_level(struct hf_released_conf *c, struct hf_err *e)
{
	const char *name = cfg_getstr(c->cfg, "log_level");
	size_t i;

	for (i = 0; i < sizeof levels / sizeof levels[0]; i++)
		if (name != NULL && strcmp(levels[i].name, name) == 0) {
			c->log_level = levels[i].level;
			return 0;
		}
	return hf_fail(e, HF_ECONFIG,
	    "log_level must be error, warn, info or debug");
}

int
hf_released_conf_load(const char *path, struct hf_released_conf *out,
    struct hf_err *e)
{
	struct hf_released_conf c;

	memset(&c, 0, sizeof c);
	if (parse(path, &c.cfg, e) == -1)
		return -1;
	if (read_paths(&c, e) == -1 || read_witness(&c, e) == -1 || read_users(&c, e) == -1 ||
	    read_level(&c, e) == -1 ||
	    hf_conf_int(c.cfg, "epoch_hours", 1, 24 * 31, &c.epoch_hours, e) ==
		-1) {
		hf_released_conf_clear(&c);
		return -1;
	}
	*out = c;
	return 0;
}

void
hf_released_conf_clear(struct hf_released_conf *c)
{
	if (c->cfg != NULL)
		cfg_free(c->cfg);
	memset(c, 0, sizeof *c);
}

void
hf_released_conf_print(const struct hf_released_conf *c, FILE *to)
{
	cfg_print(c->cfg, to);
}
