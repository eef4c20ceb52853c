#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/cmd.h"
#include "admin/pem.h"
#include "admin/sitekey.h"
#include "admin/table.h"
#include "lib/envelope.h"
#include "lib/tap.h"

#define TOKEN_S (24 * 60 * 60)

/* {"a","b"}: names are letters, digits, '.', '_', '-' and need no escapes. */
static int
put_array(struct hf_buf *b, const char *const *names, size_t n,
    struct hf_err *e)
{
	size_t i;

	if (hf_put_u8(b, '{', e) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (!hf_queue_is(names[i]))
			return hf_fail(e, HF_ENOTFOUND,
			    "no such printer \"%s\"", names[i]);
		if ((i > 0 && hf_put_u8(b, ',', e) == -1) ||
		    hf_put_u8(b, '"', e) == -1 ||
		    hf_put_bytes(b, names[i], strlen(names[i]), e) == -1 ||
		    hf_put_u8(b, '"', e) == -1)
			return -1;
	}
	if (hf_put_u8(b, '}', e) == -1)
		return -1;
	return hf_put_u8(b, '\0', e);
}

static int
make_token(const struct hf_run *r, struct hf_token *t,
    char text[static HF_TOKEN_TEXT], char hash[static 67], struct hf_err *e)
{
	uint8_t h[32];

	if (hf_pem_spki(r->conf.certificate, t->spki, e) == -1 ||
	    hf_site_key_load(r->conf.keys, t->site_pk, e) == -1)
		return -1;
	if (!hf_str_copy(t->url, sizeof t->url, r->conf.url))
		return hf_fail(e, HF_ECONFIG, "url is longer than %zu bytes",
		    sizeof t->url - 1);
	randombytes_buf(t->secret, sizeof t->secret);
	hf_token_hash(t->secret, h);
	hf_db_bytea(hash, h, sizeof h);
	return hf_token_format(t, text, e);
}

/* --printer p1 p2 and --printer p1 --printer p2 are the same. */
static int
collect_printers(const struct hf_run *r, const char **names, size_t most,
    size_t *n, struct hf_err *e)
{
	size_t i, given;
	const char *const *list = hf_args_list(&r->args, "--printer", &given);

	*n = 0;
	for (i = 0; i < given + r->args.n_words - 1; i++) {
		if (*n == most)
			return hf_fail(e, HF_EINPUT,
			    "more than %zu printers", most);
		names[(*n)++] = i < given ? list[i]
					  : r->args.words[1 + i - given];
	}
	return 0;
}

int
hf_cmd_reader_add(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt add = { "reader_add",
		"select hf.reader_add($1, $2, $3, $4)", 4 };
	const char *name = r->args.words[0], *printers[HF_VALUES_MAX];
	char text[HF_TOKEN_TEXT], hash[67], seconds[16];
	struct hf_token token;
	struct hf_buf array;
	PGresult *res = NULL;
	size_t n;
	int rc = -1;

	hf_buf_init(&array, 16384);
	if (collect_printers(r, printers, HF_VALUES_MAX, &n, e) == -1 ||
	    put_array(&array, printers, n, e) == -1 ||
	    make_token(r, &token, text, hash, e) == -1)
		goto out;
	snprintf(seconds, sizeof seconds, "%d", TOKEN_S);
	{
		const char *const params[] = { name, (const char *)array.p,
			hash, seconds };

		if (hf_run_sql(r, &add, params, "no reader", &res, e) == -1)
			goto out;
	}
	if (!r->json)
		fprintf(stderr, "reader %s added; within 24 hours, on its "
		    "host:  holdfast-reader enrol --state DIR TOKEN\n"
		    "The token is good once:\n", name);
	hf_done(r, json_pack("{ssssss}", "id", hf_db_text(res, 0, 0), "name",
	    name, "token", text), "%s", text);
	rc = 0;
out:
	PQclear(res);
	hf_buf_clear(&array);
	sodium_memzero(text, sizeof text);
	sodium_memzero(&token, sizeof token);
	return rc;
}

int
hf_cmd_reader_list(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt list = { "readers",
		"select id, name, to_json(printers), "
		"case when revoked_at is not null then 'revoked' "
		"when enrolled_at is not null then 'enrolled' "
		"when token_expires > now() then 'token issued' "
		"else 'token expired' end, hardware, version, "
		"extract(epoch from last_seen_at)::bigint "
		"from hf.admin_reader order by revoked_at is not null, name",
		0 };
	static const struct hf_col cols[] = {
		{ NULL, "id", HF_CELL_TEXT },
		{ "READER", "name", HF_CELL_TEXT },
		{ "PRINTERS", "printers", HF_CELL_LIST },
		{ "STATE", "state", HF_CELL_TEXT },
		{ "HARDWARE", "hardware", HF_CELL_TEXT },
		{ "VERSION", "version", HF_CELL_TEXT },
		{ "LAST SEEN", "last_seen", HF_CELL_TIME },
	};
	PGresult *res;
	int rc;

	if (hf_run_sql(r, &list, NULL, NULL, &res, e) == -1)
		return -1;
	rc = hf_table_print(stdout, r->json, res, cols,
	    sizeof cols / sizeof cols[0], e);
	PQclear(res);
	return rc;
}

int
hf_cmd_reader_revoke(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt revoke = { "reader_revoke",
		"select hf.reader_revoke($1)", 1 };
	const char *name = r->args.words[0];
	const char *const params[] = { name };

	if (hf_run_sql(r, &revoke, params, NULL, NULL, e) == -1)
		return -1;
	hf_done(r, json_pack("{sssb}", "name", name, "revoked", 1),
	    "reader %s revoked: its next tap is refused", name);
	return 0;
}
