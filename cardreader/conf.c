#include "cardreader/conf.h"

#include <sodium.h>
#include <string.h>

#include "lib/conf.h"

static cfg_opt_t slot_names[] = {
	CFG_STR("printer", NULL, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t names[] = {
	CFG_STR("server", NULL, CFGF_NONE),
	CFG_STR("server_pin", NULL, CFGF_NONE),
	CFG_STR("site_key", NULL, CFGF_NONE),
	CFG_STR("reader_id", NULL, CFGF_NONE),
	CFG_STR("state", NULL, CFGF_NONE),
	CFG_STR("user", HF_DEFAULT_USER, CFGF_NONE),
	CFG_STR("default_printer", "", CFGF_NONE),
	CFG_SEC("slot", slot_names, CFGF_TITLE | CFGF_MULTI | CFGF_NO_TITLE_DUPES),
	CFG_END(),
};

static const char *
file_of(cfg_t *cfg)
{
	return cfg->filename != NULL ? cfg->filename : "reader.conf";
}

/* A value that must be set, be text and fit. */
static int
take(cfg_t *cfg, const char *name, char *out, size_t size, struct hf_err *e)
{
	const char *s;

	if (hf_conf_need(cfg, name, &s, e) == -1)
		return -1;
	if (!hf_is_text(hf_view_str(s)) || !hf_str_copy(out, size, s))
		return hf_fail(e, HF_ECONFIG, "%s: %s is too long or not text",
		    file_of(cfg), name);
	return 0;
}

static int
take_server(cfg_t *cfg, struct hf_reader_conf *c, struct hf_err *e)
{
	static const char https[] = "https://";
	const char *host = c->server + sizeof https - 1;

	if (take(cfg, "server", c->server, sizeof c->server, e) == -1)
		return -1;
	if (strncmp(c->server, https, sizeof https - 1) != 0 || *host == '\0' ||
	    strcspn(host, "/?#@ ") != strlen(host))
		return hf_fail(e, HF_ECONFIG,
		    "%s: server must be https://HOST:PORT and nothing more",
		    file_of(cfg));
	return 0;
}

static int
take_pin(cfg_t *cfg, struct hf_reader_conf *c, struct hf_err *e)
{
	static const char prefix[] = "sha256//";
	uint8_t hash[32];
	size_t n;

	if (take(cfg, "server_pin", c->server_pin, sizeof c->server_pin, e) ==
	    -1)
		return -1;
	if (strncmp(c->server_pin, prefix, sizeof prefix - 1) != 0 ||
	    sodium_base642bin(hash, sizeof hash,
		c->server_pin + sizeof prefix - 1,
		strlen(c->server_pin) - (sizeof prefix - 1), NULL, &n, NULL,
		sodium_base64_VARIANT_ORIGINAL) == -1 || n != sizeof hash)
		return hf_fail(e, HF_ECONFIG, "%s: server_pin must be sha256// "
		    "and 44 digits of base64", file_of(cfg));
	return 0;
}

static int
take_site_key(cfg_t *cfg, struct hf_reader_conf *c, struct hf_err *e)
{
	char hex[2 * 32 + 1];

	if (take(cfg, "site_key", hex, sizeof hex, e) == -1)
		return -1;
	if (hf_unhex(c->site_pk, sizeof c->site_pk, hex, NULL) == -1)
		return hf_fail(e, HF_ECONFIG,
		    "%s: site_key must be 64 hex digits", file_of(cfg));
	return 0;
}

static int
take_reader(cfg_t *cfg, struct hf_reader_conf *c, struct hf_err *e)
{
	char text[HF_ID_TEXT];

	if (take(cfg, "reader_id", text, sizeof text, e) == -1)
		return -1;
	if (hf_id_parse(&c->reader, text, NULL) == -1)
		return hf_fail(e, HF_ECONFIG, "%s: reader_id is not an id",
		    file_of(cfg));
	return 0;
}

static int
take_state(cfg_t *cfg, struct hf_reader_conf *c, struct hf_err *e)
{
	if (take(cfg, "state", c->state, sizeof c->state, e) == -1)
		return -1;
	if (c->state[0] != '/')
		return hf_fail(e, HF_ECONFIG,
		    "%s: state must be an absolute path", file_of(cfg));
	return 0;
}

static int
take_slots(cfg_t *cfg, struct hf_reader_conf *c, struct hf_err *e)
{
	unsigned i, n = cfg_size(cfg, "slot");
	const char *title;
	cfg_t *sec;

	if (n > HF_SLOT_CONFS_MAX)
		return hf_fail(e, HF_ECONFIG, "%s: more than %d slot sections",
		    file_of(cfg), HF_SLOT_CONFS_MAX);
	for (i = 0; i < n; i++) {
		sec = cfg_getnsec(cfg, "slot", i);
		title = cfg_title(sec);
		if (title == NULL || *title == '\0' ||
		    !hf_is_text(hf_view_str(title)) ||
		    !hf_str_copy(c->slots[i].name, HF_SLOT_NAME, title))
			return hf_fail(e, HF_ECONFIG, "%s: a slot's name is "
			    "empty, too long or not text", file_of(cfg));
		if (take(sec, "printer", c->slots[i].printer, HF_NAME_LEN,
		    e) == -1)
			return hf_wrap(e, "slot \"%s\"", c->slots[i].name);
	}
	c->n_slots = n;
	return 0;
}

static int
take_all(cfg_t *cfg, struct hf_reader_conf *out, struct hf_err *e)
{
	struct hf_reader_conf c;

	memset(&c, 0, sizeof c);
	if (take_server(cfg, &c, e) == -1 || take_pin(cfg, &c, e) == -1 ||
	    take_site_key(cfg, &c, e) == -1 || take_reader(cfg, &c, e) == -1 ||
	    take_state(cfg, &c, e) == -1 ||
	    take(cfg, "user", c.user, sizeof c.user, e) == -1 ||
	    take_slots(cfg, &c, e) == -1)
		return -1;
	if (*cfg_getstr(cfg, "default_printer") != '\0' &&
	    take(cfg, "default_printer", c.default_printer,
		sizeof c.default_printer, e) == -1)
		return -1;
	*out = c;
	return 0;
}

int
hf_reader_conf_load(const char *path, struct hf_reader_conf *out,
    struct hf_err *e)
{
	cfg_t *cfg = NULL;
	int rc = -1;

	if (hf_conf_load(path, names, &cfg, e) == -1)
		goto out;
	rc = take_all(cfg, out, e);
out:
	if (cfg != NULL)
		cfg_free(cfg);
	return rc;
}

static void
be_quiet(cfg_t *cfg, const char *fmt, va_list ap)
{
	(void)cfg;
	(void)fmt;
	(void)ap;
}

int
hf_reader_conf_parse(const char *text, struct hf_reader_conf *out,
    struct hf_err *e)
{
	cfg_t *cfg = cfg_init(names, CFGF_NONE);
	int rc = -1;

	if (cfg == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	cfg_set_error_function(cfg, be_quiet);
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS)
		hf_fail(e, HF_ECONFIG, "not a configuration");
	else
		rc = take_all(cfg, out, e);
	cfg_free(cfg);
	return rc;
}

/* A string in double quotes; libconfuse takes \ and ${…} out of it again. */
static int
put_quoted(struct hf_buf *b, const char *s, struct hf_err *e)
{
	if (hf_put_u8(b, '"', e) == -1)
		return -1;
	for (; *s != '\0'; s++) {
		if (strchr("\"\\$", *s) != NULL &&
		    hf_put_u8(b, '\\', e) == -1)
			return -1;
		if (hf_put_u8(b, (uint8_t)*s, e) == -1)
			return -1;
	}
	return hf_put_u8(b, '"', e);
}

static int
put_plain(struct hf_buf *b, const char *s, struct hf_err *e)
{
	return hf_put_bytes(b, s, strlen(s), e);
}

static int
put_name(struct hf_buf *b, const char *name, const char *value,
    struct hf_err *e)
{
	if (put_plain(b, name, e) == -1 || put_plain(b, " = ", e) == -1 ||
	    put_quoted(b, value, e) == -1)
		return -1;
	return put_plain(b, "\n", e);
}

int
hf_reader_conf_put(struct hf_buf *b, const struct hf_reader_conf *c,
    struct hf_err *e)
{
	char id[HF_ID_TEXT], hex[2 * 32 + 1];
	size_t i;

	hf_id_text(&c->reader, id);
	hf_hex(hex, c->site_pk, sizeof c->site_pk);
	if (put_name(b, "server", c->server, e) == -1 ||
	    put_name(b, "server_pin", c->server_pin, e) == -1 ||
	    put_name(b, "site_key", hex, e) == -1 ||
	    put_name(b, "reader_id", id, e) == -1 ||
	    put_name(b, "state", c->state, e) == -1 ||
	    put_name(b, "user", c->user, e) == -1 ||
	    put_name(b, "default_printer", c->default_printer, e) == -1)
		return -1;
	for (i = 0; i < c->n_slots; i++)
		if (put_plain(b, "slot ", e) == -1 ||
		    put_quoted(b, c->slots[i].name, e) == -1 ||
		    put_plain(b, " {\n\tprinter = ", e) == -1 ||
		    put_quoted(b, c->slots[i].printer, e) == -1 ||
		    put_plain(b, "\n}\n", e) == -1)
			return -1;
	return 0;
}

static bool
slot_matches(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (n > 0 && pattern[n - 1] == '*')
		return strncmp(pattern, name, n - 1) == 0;
	return strcmp(pattern, name) == 0;
}

int
hf_reader_conf_printer(const struct hf_reader_conf *c,
    const struct hf_printers *printers, const char *slot, struct hf_err *e)
{
	const char *want = c->default_printer;
	size_t i;

	for (i = 0; i < c->n_slots; i++) {
		if (!slot_matches(c->slots[i].name, slot))
			continue;
		want = c->slots[i].printer;
		break;
	}
	if (*want == '\0') {
		if (printers->n == 1)
			return 0;
		return hf_fail(e, HF_ECONFIG, printers->n == 0 ?
		    "this reader is bound to no printer" :
		    "reader.conf does not say which printer this reader "
		    "belongs to");
	}
	for (i = 0; i < printers->n; i++)
		if (strcmp(printers->p[i].name, want) == 0)
			return (int)i;
	return hf_fail(e, HF_ECONFIG, "this reader is not bound to printer %s",
	    want);
}

void
hf_pin_text(const uint8_t spki[static 32], char out[static HF_PIN_LEN])
{
	static const char prefix[] = "sha256//";

	memcpy(out, prefix, sizeof prefix);
	sodium_bin2base64(out + sizeof prefix - 1, HF_PIN_LEN - sizeof prefix,
	    spki, 32, sodium_base64_VARIANT_ORIGINAL);
}
