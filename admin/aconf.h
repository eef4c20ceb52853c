#ifndef HF_ACONF_H
#define HF_ACONF_H

#include <confuse.h>

#include "lib/err.h"

/* admin.conf: holdfast(8), FILES. Strings are borrowed from cfg. */
struct hf_admin_conf {
	cfg_t *cfg;
	const char *dir;		/* of the instance */
	const char *database;		/* libpq string, as hf_admin */
	const char *migrate_database;	/* as hf_owner */
	const char *release_socket;
	const char *keys;
	const char *schema;
	const char *url;		/* of holdfastd, for readers */
	const char *certificate;	/* of holdfastd, PEM */
	const char *cups;		/* cupsd's ServerRoot, for doctor */
};

int hf_admin_conf_load(const char *path, struct hf_admin_conf *out,
    struct hf_err *e) HF_MUST_USE;
void hf_admin_conf_clear(struct hf_admin_conf *c);
/* The names of the table, in order; NULL at the end. For the test of the manual page. */
const char *hf_admin_conf_name(size_t i);

#endif
