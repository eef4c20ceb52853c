#ifndef HF_READER_CONF_H
#define HF_READER_CONF_H

#include <confuse.h>
#include <limits.h>

#include "cardreader/answer.h"
#include "cardreader/wire.h"
#include "lib/id.h"

/* reader.conf: doc/instance.md, holdfast-reader(8). */

#define HF_SLOT_CONFS_MAX 32
#define HF_PIN_LEN 64		/* "sha256//" and 44 base64 digits, NUL */
#define HF_DEFAULT_USER "hf-reader"

struct hf_reader_conf {
	char server[256];	/* https://HOST[:PORT], no slash at the end */
	char server_pin[HF_PIN_LEN]; /* CURLOPT_PINNEDPUBLICKEY */
	uint8_t site_pk[32];	/* Ed25519, checks the key list */
	struct hf_id reader;
	char state[PATH_MAX - 64]; /* folder of reader.key and keylist */
	char user[64];
	char default_printer[HF_NAME_LEN]; /* or "" */
	size_t n_slots;
	struct {
		char name[HF_SLOT_NAME]; /* PC/SC name; a final * is any end */
		char printer[HF_NAME_LEN];
	} slots[HF_SLOT_CONFS_MAX];
};

/* Read, with the checks of hf_conf_load. HF_ECONFIG names file and line. */
int hf_reader_conf_load(const char *path, struct hf_reader_conf *out,
    struct hf_err *e) HF_MUST_USE;
/* The same from text in memory (for tests); no owner is checked. */
int hf_reader_conf_parse(const char *text, struct hf_reader_conf *out,
    struct hf_err *e) HF_MUST_USE;
/* Append as a file that hf_reader_conf_load reads back. */
int hf_reader_conf_put(struct hf_buf *b, const struct hf_reader_conf *c,
    struct hf_err *e) HF_MUST_USE;
/*
 * The printer that taps at this reader go to: by the first slot section that
 * names it, else default_printer, else the only one that it is bound to.
 * Returns an index into printers, or -1 with HF_ECONFIG.  Pure.
 */
int hf_reader_conf_printer(const struct hf_reader_conf *c,
    const struct hf_printers *printers, const char *slot, struct hf_err *e)
    HF_MUST_USE;
/* "sha256//BASE64" of the SHA-256 of a public key (RFC 7469 style). */
void hf_pin_text(const uint8_t spki[static 32], char out[static HF_PIN_LEN]);

#endif
