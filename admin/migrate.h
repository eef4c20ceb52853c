#ifndef HF_MIGRATE_H
#define HF_MIGRATE_H

#include <stdint.h>

#include "lib/err.h"

/*
 * Bring the schema up to date: every NNN_name.sql of the folder `schema` that
 * the database does not have yet, in order, each in a transaction of its own
 * with its row in hf.migration.  Refused where one that was applied has
 * changed since, is missing here, or the numbers have a gap (HF_ECONFIG).
 * *applied: how many were new; *newest: the last number.
 */
int hf_migrate(const char *conninfo, const char *schema, int *applied,
    int *newest, struct hf_err *e) HF_MUST_USE;

#define HF_MIGRATIONS_MAX 999
struct hf_migration {
	int number;
	char name[128];		/* of the file */
	uint8_t sha256[32];
};
/*
 * The migrations of a folder in order, at most HF_MIGRATIONS_MAX; the caller
 * frees *out.
 */
int hf_migrations_read(const char *schema, struct hf_migration **out,
    int *n, struct hf_err *e) HF_MUST_USE;

#endif
