#ifndef HF_PRINTER_IN_H
#define HF_PRINTER_IN_H

#include "release/queue/printer.h"

/*
 * Between the two files that printers are written in:
 *
 *   printer.c   rows, questions, all of them
 *   process.c   the deliver process of a printer, and the parent who starts it
 */
struct hf_probe {
	TAILQ_ENTRY(hf_probe) link;
	uint32_t seq;
	bool sent;
	int64_t asked_ms;
	hf_probe_fn *fn;	/* NULL: nobody waits any more */
	void *arg;
};

struct hf_printers {
	struct hf_loop *loop;
	struct hf_chan *parent;
	struct hf_store *store;
	const struct hf_printer_ops *ops;
	void *arg;
	void (*lost)(void *arg, const struct hf_err *why);
	void *lost_arg;
	TAILQ_HEAD(, hf_printer) list;
	struct hf_buf out;
	uint32_t seq;
	bool stopping;
};

extern const struct hf_chan_ops hf_printers_parent_ops; /* arg: printers */

/* PRINTER: what its row says now. */
int hf_printer_tell_row(struct hf_printer *p, struct hf_err *e) HF_MUST_USE;
/* STATE: the answer to one question. -1: nobody asked. */
int hf_printer_state(struct hf_printer *p, const struct hf_msg *m,
    struct hf_err *e) HF_MUST_USE;
int hf_printer_send_probe(struct hf_printer *p, struct hf_probe *q,
    struct hf_err *e) HF_MUST_USE;
/* No question will be answered. */
void hf_printer_answer_all(struct hf_printer *p, const struct hf_err *err);
/*
 * Its process has ended, could not be started, or is let go.  Whoever waited
 * is told; attempts decide what becomes of them.
 */
void hf_printer_gone(struct hf_printer *p, const struct hf_err *why);
/* event: the next try to start it. */
void hf_printer_on_again(evutil_socket_t fd, short what, void *arg);

#endif
