#ifndef HF_MSG_H
#define HF_MSG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"

/* Messages between our processes: doc/messages.md. */

#define HF_MSG_MAX 65536
#define HF_MSG_HEADER 8
#define HF_MSG_REPLY 0x80	/* reply type = request type | this */

enum hf_msg_type {
	HF_MSG_ERROR = 0x01,
	HF_MSG_NONCE = 0x10,
	HF_MSG_TAP = 0x11,
	HF_MSG_ENROL = 0x12,
	HF_MSG_KEY_LIST_GET = 0x13,
	HF_MSG_HEALTH = 0x14,
	HF_MSG_LOGIN = 0x15,
	HF_MSG_SESSION = 0x16,
	HF_MSG_DO = 0x17,
	HF_MSG_STATUS = 0x20,
	HF_MSG_KEY_LIST = 0x21,
	HF_MSG_KEY_ROTATE = 0x22,
	HF_MSG_RESCAN = 0x23,
	HF_MSG_PRINTER_TEST = 0x24,
	HF_MSG_FSCK = 0x25,
	HF_MSG_OPEN = 0x30,
	HF_MSG_UNWRAP = 0x31,
	HF_MSG_CREDENTIAL = 0x32,
	HF_MSG_KEYS = 0x33,
	HF_MSG_ROTATE = 0x34,
	HF_MSG_CHECKPOINT = 0x35,
	HF_MSG_SPAWN = 0x40,
	HF_MSG_PRINTER = 0x50,
	HF_MSG_PROBE = 0x51,
	HF_MSG_DELIVER = 0x52,
	HF_MSG_ADVANCED = 0x53,
	HF_MSG_RECOVER = 0x54,
	HF_MSG_STOP = 0x55,
	HF_MSG_HELLO = 0x60,
	HF_MSG_STATE = 0x61,
	HF_MSG_ADVANCE = 0x62,
	HF_MSG_PROGRESS = 0x63,
	HF_MSG_FINISH = 0x64,
	HF_MSG_VERIFY = 0x70
};

enum hf_tap_result {
	HF_TAP_RELEASED = 1,
	HF_TAP_RELEASING,
	HF_TAP_NO_JOBS,
	HF_TAP_UNKNOWN_CARD,
	HF_TAP_ENROLLED,
	HF_TAP_REFUSED,
	HF_TAP_PRINTER,
	HF_TAP_NONCE_UNKNOWN,
	HF_TAP_UNAVAILABLE
};
const char *hf_tap_result_name(unsigned r);	/* "released" …, NULL */

/* Attempt states in ADVANCE and RECOVER. */
enum hf_attempt_state {
	HF_ATTEMPT_CLAIMED,
	HF_ATTEMPT_CREATED,
	HF_ATTEMPT_RELEASING,
	HF_ATTEMPT_SENT
};
enum hf_outcome {
	HF_OUT_DELIVERED = 1,
	HF_OUT_HELD,
	HF_OUT_UNCERTAIN,
	HF_OUT_DAMAGED,
	HF_OUT_UNREACHABLE
};

struct hf_msg {
	uint8_t type;
	uint32_t seq;
	struct hf_view body;	/* borrowed from the receive buffer */
	int fd;			/* owned by the caller, or -1 */
};

/*
 * Start a message in b (reset first): header with this type and seq; the
 * caller then appends the body with hf_put_….
 */
int hf_msg_begin(struct hf_buf *b, uint8_t type, uint32_t seq,
    struct hf_err *e) HF_MUST_USE;
/* An ERROR reply from *why, whole. */
int hf_msg_error(struct hf_buf *b, uint32_t seq, const struct hf_err *why,
    struct hf_err *e) HF_MUST_USE;
/* Turn an ERROR message into *e; always returns -1. */
int hf_msg_to_err(const struct hf_msg *m, struct hf_err *e);

/*
 * Send one message (fd -1: none). Does not close fd. HF_EAGAIN where the
 * socket is full (non-blocking), HF_EPEER where it is closed.
 */
int hf_msg_send(int sock, const struct hf_buf *b, int fd, struct hf_err *e)
    HF_MUST_USE;
/*
 * Receive one message into buf, which has room for HF_MSG_MAX.  Returns 1, or
 * 0 at end of file, or -1: HF_EAGAIN (nothing there, non-blocking), HF_EINPUT
 * (malformed: the caller closes the connection).  fd_ok: whether a descriptor
 * may come with it; one that may not is closed and the message malformed.
 */
int hf_msg_recv(int sock, uint8_t buf[static HF_MSG_MAX], bool fd_ok,
    struct hf_msg *out, struct hf_err *e) HF_MUST_USE;
/*
 * Decode one packet without reading a socket: for role key, which may only
 * read(2) and write(2). body borrows from the packet; fd is -1. HF_EINPUT.
 */
int hf_msg_decode(struct hf_view packet, struct hf_msg *out, struct hf_err *e)
    HF_MUST_USE;
/*
 * Send and wait for the reply with the same seq (other messages arriving
 * meanwhile are a failure): for clients without a loop.  HF_EAGAIN at the
 * deadline.  ERROR replies become *e.
 */
int hf_msg_ask(int sock, const struct hf_buf *b, int timeout_ms,
    uint8_t buf[static HF_MSG_MAX], struct hf_msg *out, struct hf_err *e)
    HF_MUST_USE;

/* Unix SEQPACKET sockets, close-on-exec. hf_msg_listen unlinks an old one. */
int hf_msg_connect(const char *path, int *out, struct hf_err *e) HF_MUST_USE;
int hf_msg_listen(const char *path, mode_t mode, int *out, struct hf_err *e)
    HF_MUST_USE;
/* The peer's uid (SO_PEERCRED). */
int hf_msg_peer(int sock, uid_t *uid, struct hf_err *e) HF_MUST_USE;

#endif
