#include "release/queue/adoptrow.h"

#include <string.h>

#define PARAMS 16
#define BYTEA_TEXT(n) (2 * (n) + 3)

static const struct hf_stmt adopt = { "job_adopt",
	"SELECT job_adopt($1::uuid, $2::text, $3::text, $4::text, "
	"$5::bigint, $6::bigint, $7::bigint, $8::int, $9::int, $10::int, "
	"$11::bytea, $12::bytea, $13::bytea, $14::bytea, $15::bigint, "
	"$16::int)",
	PARAMS };

static const struct {
	const char *word;
	enum hf_adopted is;
} answers[] = {
	{ "adopted", HF_ADOPTED },
	{ "again", HF_ADOPTED_AGAIN },
	{ "conflict", HF_ADOPTED_CONFLICT },
	{ "finished", HF_ADOPTED_FINISHED },
	{ "duplicate", HF_ADOPTED_DUPLICATE },
};

struct row {
	char id[HF_ID_TEXT];
	char number[8][HF_INT_TEXT];
	char host_id[BYTEA_TEXT(HF_KEYID_LEN)];
	char key_id[BYTEA_TEXT(HF_KEYID_LEN)];
	char intake_key[BYTEA_TEXT(HF_INTAKE_KEY_LEN)];
	char dup_tag[BYTEA_TEXT(HF_DUP_TAG_LEN)];
};

static void
fill(struct row *t, const char *p[static PARAMS], const struct hf_item *it)
{
	const struct hf_envelope *v = &it->env;
	const int64_t numbers[8] = { (int64_t)it->plain, (int64_t)v->submitted,
		(int64_t)v->expires, v->copies, v->sides, v->color,
		v->cups_job, v->document };
	uint8_t intake_key[HF_INTAKE_KEY_LEN];
	size_t i;

	hf_id_text(&it->id, t->id);
	for (i = 0; i < 8; i++)
		hf_int_text(t->number[i], numbers[i]);
	hf_envelope_intake_key(v, intake_key);
	hf_db_bytea(t->host_id, it->host_id, sizeof it->host_id);
	hf_db_bytea(t->key_id, it->key_id, sizeof it->key_id);
	hf_db_bytea(t->intake_key, intake_key, sizeof intake_key);
	hf_db_bytea(t->dup_tag, it->dup_tag, sizeof it->dup_tag);
	p[0] = t->id;
	p[1] = v->owner;
	p[2] = v->queue;
	p[3] = v->format;
	for (i = 0; i < 6; i++)
		p[4 + i] = t->number[i];
	p[10] = t->host_id;
	p[11] = t->key_id;
	p[12] = t->intake_key;
	p[13] = t->dup_tag;
	p[14] = t->number[6];
	p[15] = t->number[7];
}

static int
understand(const char *word, enum hf_adopted *out, struct hf_err *e)
{
	size_t i;

	for (i = 0; i < sizeof answers / sizeof answers[0]; i++)
		if (strcmp(answers[i].word, word) == 0) {
			*out = answers[i].is;
			return 0;
		}
	return hf_fail(e, HF_ESYS, "job_adopt said \"%.20s\"", word);
}

int
hf_adopt_rows(struct hf_store *store, struct hf_item *const items[], size_t n,
    enum hf_adopted out[], struct hf_err *e)
{
	struct row rows[HF_ADOPT_BATCH];
	const char *params[HF_ADOPT_BATCH * PARAMS];
	PGresult *results[HF_ADOPT_BATCH];
	size_t i;
	int rc = 0;

	HF_ASSERT(n >= 1 && n <= HF_ADOPT_BATCH);
	for (i = 0; i < n; i++)
		fill(&rows[i], params + i * PARAMS, items[i]);
	if (hf_store_run_many(store, &adopt, n, params, results, e) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (understand(hf_db_text(results[i], 0, 0), &out[i], e) == -1)
			rc = -1;
		PQclear(results[i]);
	}
	return rc;
}
