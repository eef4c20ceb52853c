#include "admin/aconf.h"

#include <stddef.h>
#include <string.h>

#include "lib/conf.h"

#ifndef HF_DATADIR
#define HF_DATADIR "/usr/share/holdfast"
#endif

enum { ANY = 0, PATH = 1, NEEDED = 2 };

static const struct {
	const char *name;
	const char *without;	/* default */
	size_t to;
	int kind;
} names[] = {
#define TO(field) offsetof(struct hf_admin_conf, field)
	{ "dir", NULL, TO(dir), NEEDED | PATH },
	{ "database", NULL, TO(database), NEEDED },
	{ "migrate_database", NULL, TO(migrate_database), NEEDED },
	{ "release_socket", NULL, TO(release_socket), NEEDED | PATH },
	{ "keys", NULL, TO(keys), NEEDED | PATH },
	{ "schema", HF_DATADIR "/schema", TO(schema), NEEDED | PATH },
	{ "url", NULL, TO(url), NEEDED },
	{ "certificate", NULL, TO(certificate), NEEDED | PATH },
	{ "cups", "/etc/cups", TO(cups), NEEDED | PATH },
#undef TO
};
#define N_NAMES (sizeof names / sizeof names[0])

const char *
hf_admin_conf_name(size_t i)
{
	return i < N_NAMES ? names[i].name : NULL;
}

static int
take(struct hf_admin_conf *c, size_t i, struct hf_err *e)
{
	const char *value;

	if (hf_conf_need(c->cfg, names[i].name, &value, e) == -1)
		return -1;
	if ((names[i].kind & PATH) != 0 && value[0] != '/')
		return hf_fail(e, HF_ECONFIG, "%s: %s must be a path from /",
		    c->cfg->filename, names[i].name);
	memcpy((char *)c + names[i].to, &value, sizeof value);
	return 0;
}

int
hf_admin_conf_load(const char *path, struct hf_admin_conf *out,
    struct hf_err *e)
{
	cfg_opt_t opts[N_NAMES + 1];
	struct hf_admin_conf c;
	size_t i;

	memset(&c, 0, sizeof c);
	for (i = 0; i < N_NAMES; i++) {
		cfg_opt_t one = CFG_STR(names[i].name, names[i].without,
		    CFGF_NONE);

		opts[i] = one;
	}
	memset(&opts[N_NAMES], 0, sizeof opts[N_NAMES]);	/* CFG_END */
	if (hf_conf_load(path, opts, &c.cfg, e) == -1)
		return -1;
	for (i = 0; i < N_NAMES; i++)
		if (take(&c, i, e) == -1) {
			hf_admin_conf_clear(&c);
			return -1;
		}
	*out = c;
	return 0;
}

void
hf_admin_conf_clear(struct hf_admin_conf *c)
{
	if (c->cfg != NULL)
		cfg_free(c->cfg);
	memset(c, 0, sizeof *c);
}
