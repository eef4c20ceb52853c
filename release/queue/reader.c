#include "release/queue/reader.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 256
#define READERS_MAX 20000

struct hf_readers {
	struct hf_store *store;
	struct hf_reader *bucket[BUCKETS];
	size_t n;
};

static const struct hf_stmt ask_key = { "reader_key",
	"SELECT public_key, revoked FROM reader_key($1::uuid)", 1 };
static const struct hf_stmt say_hello = { "reader_hello",
	"SELECT printer, name FROM reader_hello($1::uuid)", 1 };

struct hf_readers *
hf_readers_new(struct hf_store *store, struct hf_err *e)
{
	struct hf_readers *r = calloc(1, sizeof *r);

	if (r == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	r->store = store;
	return r;
}

void
hf_readers_free(struct hf_readers *r)
{
	struct hf_reader *x;
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < BUCKETS; i++)
		while ((x = r->bucket[i]) != NULL) {
			r->bucket[i] = x->next;
			free(x);
		}
	free(r);
}

/* Ids are random: any byte of one is a hash. */
static struct hf_reader *
find(const struct hf_readers *r, const struct hf_id *id)
{
	struct hf_reader *x = r->bucket[id->b[0]];

	while (x != NULL && !hf_id_equal(&x->id, id))
		x = x->next;
	return x;
}

static int
load_key(struct hf_readers *r, const struct hf_id *id,
    uint8_t pk[static HF_READER_PK_LEN], struct hf_err *e)
{
	char text[HF_ID_TEXT];
	const char *params[] = { text };
	PGresult *res;
	int rc = -1;

	hf_id_text(id, text);
	if (hf_store_run(r->store, &ask_key, params, &res, e) == -1)
		return -1;
	if (PQntuples(res) != 1 || hf_db_bool(res, 0, 1))
		hf_fail(e, HF_EDENIED, "this card reader is not registered");
	else
		rc = hf_db_get_bytea(res, 0, 0, pk, HF_READER_PK_LEN, e);
	PQclear(res);
	return rc;
}

struct hf_reader *
hf_reader_get(struct hf_readers *r, const struct hf_id *id, struct hf_err *e)
{
	struct hf_reader *x = find(r, id);
	uint8_t pk[HF_READER_PK_LEN];

	if (x != NULL && x->has_key)
		return x;
	if (load_key(r, id, pk, e) == -1)
		return NULL;
	if (x == NULL) {
		if (r->n == READERS_MAX) {
			hf_fail(e, HF_EFULL, "more than %d readers",
			    READERS_MAX);
			return NULL;
		}
		x = calloc(1, sizeof *x);
		if (x == NULL) {
			hf_fail(e, HF_ENOMEM, "out of memory");
			return NULL;
		}
		x->id = *id;
		x->next = r->bucket[id->b[0]];
		r->bucket[id->b[0]] = x;
		r->n++;
	}
	memcpy(x->public_key, pk, sizeof pk);
	x->has_key = true;
	return x;
}

int
hf_reader_hello(struct hf_readers *r, struct hf_reader *reader,
    struct hf_err *e)
{
	char text[HF_ID_TEXT];
	const char *params[] = { text };
	struct hf_reader_printer *p;
	PGresult *res;
	int i, rc = -1;

	hf_id_text(&reader->id, text);
	if (hf_store_run(r->store, &say_hello, params, &res, e) == -1)
		return -1;
	reader->n_printers = 0;
	for (i = 0; i < PQntuples(res) && i < HF_READER_PRINTERS; i++) {
		p = &reader->printers[reader->n_printers];
		if (hf_store_id(res, i, 0, &p->id, e) == -1)
			goto out;
		(void)hf_str_copy(p->name, sizeof p->name,
		    hf_db_text(res, i, 1));
		reader->n_printers++;
	}
	rc = 0;
out:
	PQclear(res);
	return rc;
}

bool
hf_reader_is_bound(const struct hf_reader *reader, const struct hf_id *printer)
{
	size_t i;

	for (i = 0; i < reader->n_printers; i++)
		if (hf_id_equal(&reader->printers[i].id, printer))
			return true;
	return false;
}

void
hf_readers_forget(struct hf_readers *r, const struct hf_id *id)
{
	struct hf_reader *x;
	size_t i;

	if (id != NULL) {
		x = find(r, id);
		if (x != NULL)
			x->has_key = false;
		return;
	}
	for (i = 0; i < BUCKETS; i++)
		for (x = r->bucket[i]; x != NULL; x = x->next)
			x->has_key = false;
}
