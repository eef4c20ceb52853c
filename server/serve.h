#ifndef HF_SERVE_H
#define HF_SERVE_H

struct hf_conn;

/*
 * HTTP over a connection: requests in, one after the other, each routed,
 * its body collected, its handler run, its answer sent.  These are what
 * conn.c calls; any of them may kill the connection.
 */

/* TLS stands. */
void hf_serve_open(struct hf_conn *c);
/* There are new bytes in c->in, or an old answer has gone out. */
void hf_serve_input(struct hf_conn *c);
/* All of c->out is sent. */
void hf_serve_drained(struct hf_conn *c);
/* The deadline of c->phase has passed. */
void hf_serve_deadline(struct hf_conn *c);
/* The connection ends now; who works for it must not touch it again. */
void hf_serve_gone(struct hf_conn *c);

#endif
