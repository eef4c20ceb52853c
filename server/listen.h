#ifndef HF_LISTEN_H
#define HF_LISTEN_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "server/loop.h"

/*
 * "127.0.0.1:8443", "[::]:8443": a numeric address and a port, 0 for any.
 * [::] takes IPv6 only. HF_ECONFIG. Pure.
 */
int hf_listen_parse(const char *text, struct sockaddr_storage *out,
    socklen_t *n, struct hf_err *e) HF_MUST_USE;
/* A listening socket, non-blocking and close-on-exec. HF_ECONFIG. */
int hf_listen_open(const char *text, int *out, struct hf_err *e) HF_MUST_USE;
/* The address it has got, as in hf_listen_parse. */
void hf_listen_text(int fd, char out[static 64]);

/* Accept from all sockets of the server in this loop, until detached. */
int hf_listen_attach(struct hf_loop *l, struct hf_err *e) HF_MUST_USE;
void hf_listen_detach(struct hf_loop *l);

#endif
