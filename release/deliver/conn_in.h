#ifndef HF_CONN_IN_H
#define HF_CONN_IN_H

#include <netdb.h>

#include "release/deliver/answer.h"
#include "release/deliver/conn.h"
#include "release/deliver/wire.h"

/*
 * Inside a connection: conn.c has its life and its events, conn_open.c the way
 * to the printer, conn_talk.c request and answer.  Each phase is a function
 * that goes as far as it can and says what is left to do.
 */

enum hf_conn_phase { HF_CLOSED, HF_CONNECTING, HF_HANDSHAKE, HF_IDLE, HF_SENDING, HF_READING };
enum hf_next { HF_GO, HF_WAIT, HF_BROKEN };	/* what a step of a phase leaves to do */

struct hf_conn {
	struct event_base *base;
	SSL_CTX *ctx;
	const struct hf_peer *peer;
	enum hf_conn_phase phase;
	struct hf_wire wire;
	struct addrinfo *found, *addr;	/* all addresses, the one in use */
	struct event *readable, *writable, *timer, *kick;
	unsigned serial;	/* connections made so far */
	bool used;		/* carried an exchange before this one */
	bool heard;		/* a byte of the answer has come */
	bool failed;		/* the exchange could not even be put together */
	bool last;		/* close behind this exchange */
	bool expired;
	struct hf_exchange *x;
	struct hf_buf out;	/* HTTP head and IPP attributes */
	size_t out_at;
	struct hf_view chunk;	/* rest of the document's chunk */
	struct hf_answer answer;
	struct hf_err err;
};

enum hf_next hf_conn_do_closed(struct hf_conn *c);
enum hf_next hf_conn_do_connecting(struct hf_conn *c);
enum hf_next hf_conn_do_handshake(struct hf_conn *c);
enum hf_next hf_conn_do_idle(struct hf_conn *c);
enum hf_next hf_conn_do_sending(struct hf_conn *c);
enum hf_next hf_conn_do_reading(struct hf_conn *c);

/* The way is free: from here on bytes of the request leave. */
enum hf_next hf_conn_begin(struct hf_conn *c);
enum hf_next hf_conn_broke_off(struct hf_conn *c);
/* Give up the address in use, begin with the next. */
enum hf_next hf_conn_next_address(struct hf_conn *c);
void hf_conn_forget_addresses(struct hf_conn *c);
/* Events for a new socket. */
int hf_conn_watch(struct hf_conn *c) HF_MUST_USE;
void hf_conn_close(struct hf_conn *c);
void hf_conn_timer(struct hf_conn *c, int ms);	/* 0: none */
/*
 * Hand the result over.  Afterwards c may already carry the next exchange, or
 * be closed.
 */
void hf_conn_finish(struct hf_conn *c, int rc);

#endif
