#ifndef HF_PRINTER_H
#define HF_PRINTER_H

#include "release/deliver/op.h"
#include "release/deliver/proto.h"
#include "release/deliver/state.h"

/* The one printer of this process: its row, and what it said about itself. */
struct hf_printer;

struct hf_printer *hf_printer_new(struct event_base *base, SSL_CTX *tls,
    struct hf_err *e) HF_MUST_USE;
void hf_printer_free(struct hf_printer *p);
/*
 * A new or changed row.  Where it names another address or key, connections
 * that carry nothing are closed and what was known is forgotten.  An address
 * that cannot be used is not an error here but the answer to every request.
 */
void hf_printer_set(struct hf_printer *p, const struct hf_printer_row *row);
bool hf_printer_is_set(const struct hf_printer *p);
const struct hf_printer_row *hf_printer_row(const struct hf_printer *p);
struct hf_ops *hf_printer_ops(struct hf_printer *p);

/* Look at the printer; what it says is kept below before fn is called. */
struct hf_op *hf_printer_look(struct hf_printer *p, hf_op_fn *fn, void *arg,
    struct hf_err *e) HF_MUST_USE;
/* Milliseconds since it last told its state, or UINT64_MAX. */
uint64_t hf_printer_age_ms(const struct hf_printer *p);
const struct hf_state *hf_printer_state(const struct hf_printer *p);
struct hf_view hf_printer_attrs(const struct hf_printer *p);
bool hf_printer_is_ready(const struct hf_printer *p, char *text, size_t size);
/* hf_state_words of what it said in the last seconds. */
bool hf_printer_words(const struct hf_printer *p, char *text, size_t size);
bool hf_printer_is_expired(const struct hf_printer *p);
/* Shared by all attempts: does its page counter count? */
enum hf_counter *hf_printer_counter(struct hf_printer *p);

#endif
