#ifndef HF_WEB_CONF_H
#define HF_WEB_CONF_H

#include <confuse.h>

#include "lib/log.h"

/* holdfastd.conf: holdfastd(8) has a paragraph for each name. */
struct hf_web_conf {
	cfg_t *cfg;		/* owns the strings */
	const char *listen[16];
	size_t n_listen;
	const char *certificate;
	const char *certificate_key;
	const char *release_socket;
	const char *database;	/* NULL: none */
	const char *user;
	long max_connections;
	long max_connections_per_address;
	enum hf_level log_level;
};

int hf_web_conf_load(const char *path, struct hf_web_conf *out,
    struct hf_err *e) HF_MUST_USE;
void hf_web_conf_clear(struct hf_web_conf *c);
/* Every name with the value in force, in the file's own syntax. */
void hf_web_conf_print(const struct hf_web_conf *c, FILE *to);

#endif
