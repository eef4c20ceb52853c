#include "server/conf.h"

#include <stdio.h>
#include <string.h>

#include "lib/conf.h"
#include "server/listen.h"

static const struct {
	const char *word;
	enum hf_level level;
} levels[] = {
	{ "error", HF_ERROR },
	{ "warn", HF_WARN },
	{ "info", HF_INFO },
	{ "debug", HF_DEBUG },
};
#define N_LEVELS (sizeof levels / sizeof levels[0])

static int
take_level(cfg_t *cfg, enum hf_level *out, struct hf_err *e)
{
	const char *word = cfg_getstr(cfg, "log_level");
	size_t i;

	for (i = 0; i < N_LEVELS; i++)
		if (strcmp(word, levels[i].word) == 0) {
			*out = levels[i].level;
			return 0;
		}
	return hf_fail(e, HF_ECONFIG,
	    "%s: log_level is \"%s\", it must be error, warn, info or debug",
	    cfg->filename, word);
}

static int
take_listen(struct hf_web_conf *c, struct hf_err *e)
{
	struct sockaddr_storage a;
	socklen_t n;
	size_t i;

	c->n_listen = cfg_size(c->cfg, "listen");
	if (c->n_listen == 0)
		return hf_fail(e, HF_ECONFIG, "%s: listen must be set",
		    c->cfg->filename);
	if (c->n_listen > sizeof c->listen / sizeof c->listen[0])
		return hf_fail(e, HF_ECONFIG,
		    "%s: listen has more than %zu addresses", c->cfg->filename,
		    sizeof c->listen / sizeof c->listen[0]);
	for (i = 0; i < c->n_listen; i++) {
		c->listen[i] = cfg_getnstr(c->cfg, "listen", (unsigned)i);
		if (hf_listen_parse(c->listen[i], &a, &n, e) == -1)
			return hf_wrap(e, "%s", c->cfg->filename);
	}
	return 0;
}

int
hf_web_conf_load(const char *path, struct hf_web_conf *out, struct hf_err *e)
{
	cfg_opt_t opts[] = {
		CFG_STR_LIST("listen", NULL, CFGF_NONE),
		CFG_STR("certificate", NULL, CFGF_NONE),
		CFG_STR("certificate_key", NULL, CFGF_NONE),
		CFG_STR("release_socket", NULL, CFGF_NONE),
		CFG_STR("database", "", CFGF_NONE),
		CFG_STR("user", "hf-web", CFGF_NONE),
		CFG_INT("max_connections", 4096, CFGF_NONE),
		CFG_INT("max_connections_per_address", 64, CFGF_NONE),
		CFG_STR("log_level", "info", CFGF_NONE),
		CFG_END()
	};
	struct hf_web_conf c;

	memset(&c, 0, sizeof c);
	if (hf_conf_load(path, opts, &c.cfg, e) == -1)
		return -1;
	if (take_listen(&c, e) == -1 ||
	    hf_conf_need(c.cfg, "certificate", &c.certificate, e) == -1 ||
	    hf_conf_need(c.cfg, "certificate_key", &c.certificate_key,
	    e) == -1 ||
	    hf_conf_need(c.cfg, "release_socket", &c.release_socket,
	    e) == -1 ||
	    hf_conf_need(c.cfg, "user", &c.user, e) == -1 ||
	    hf_conf_int(c.cfg, "max_connections", 16, 100000,
	    &c.max_connections, e) == -1 ||
	    hf_conf_int(c.cfg, "max_connections_per_address", 1, 100000,
	    &c.max_connections_per_address, e) == -1 ||
	    take_level(c.cfg, &c.log_level, e) == -1) {
		hf_web_conf_clear(&c);
		return -1;
	}
	c.database = cfg_getstr(c.cfg, "database");
	if (c.database[0] == '\0')
		c.database = NULL;
	*out = c;
	return 0;
}

void
hf_web_conf_clear(struct hf_web_conf *c)
{
	if (c->cfg != NULL)
		cfg_free(c->cfg);
	c->cfg = NULL;
}

void
hf_web_conf_print(const struct hf_web_conf *c, FILE *to)
{
	cfg_print(c->cfg, to);
}
