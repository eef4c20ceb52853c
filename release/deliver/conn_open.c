#include "release/deliver/conn_in.h"

#include "release/deliver/pin.h"

#define CONNECT_MS 3000		/* an address */
#define HANDSHAKE_MS 5000

static enum hf_next
unreachable(struct hf_conn *c)
{
	hf_conn_forget_addresses(c);
	hf_fail(&c->err, HF_EAGAIN, "printer %s does not answer",
	    c->peer->name);
	return HF_BROKEN;
}

/* Begin with c->addr, or with the next one that can be begun with. */
static enum hf_next
dial(struct hf_conn *c)
{
	for (; c->addr != NULL; c->addr = c->addr->ai_next) {
		if (hf_wire_dial(&c->wire, c->addr) == 0 && hf_conn_watch(c) == 0) {
			c->phase = HF_CONNECTING;
			hf_conn_timer(c, CONNECT_MS);
			return HF_WAIT;
		}
		hf_conn_close(c);
	}
	return unreachable(c);
}

enum hf_next
hf_conn_do_closed(struct hf_conn *c)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};

	if (c->x->keep) {
		hf_fail(&c->err, HF_EPEER,
		    "printer %s broke the connection off", c->peer->name);
		return HF_BROKEN;
	}
	if (c->peer->uri->tls && c->peer->pin[0] == '\0') {
		hf_fail(&c->err, HF_ECONFIG,
		    "printer %s has no registered key", c->peer->name);
		return HF_BROKEN;
	}
	if (c->found == NULL && getaddrinfo(c->peer->uri->host,
	    c->peer->uri->port, &hints, &c->found) != 0) {
		c->found = NULL;
		hf_fail(&c->err, HF_EAGAIN,
		    "printer %s has an unknown host name", c->peer->name);
		return HF_BROKEN;
	}
	c->addr = c->found;
	return dial(c);
}

enum hf_next
hf_conn_next_address(struct hf_conn *c)
{
	if (c->addr != NULL)	/* forgotten meanwhile otherwise */
		c->addr = c->addr->ai_next;
	hf_conn_close(c);
	return dial(c);
}

/* The way is free: from here on bytes of the request leave. */
enum hf_next
hf_conn_begin(struct hf_conn *c)
{
	c->serial += !c->used;
	hf_answer_reset(&c->answer);
	c->phase = HF_SENDING;
	hf_conn_timer(c, c->x->deadline_ms);
	return HF_GO;
}

enum hf_next
hf_conn_do_connecting(struct hf_conn *c)
{
	if (!hf_wire_is_connected(&c->wire))
		return hf_conn_next_address(c);
	if (!c->peer->uri->tls)
		return hf_conn_begin(c);
	if (hf_wire_start_tls(&c->wire, c->ctx, c->peer->uri->host) == -1) {
		hf_fail(&c->err, HF_ENOMEM, "out of memory");
		return HF_BROKEN;
	}
	c->phase = HF_HANDSHAKE;
	hf_conn_timer(c, HANDSHAKE_MS);
	return HF_GO;
}

static int
check_pin(struct hf_conn *c)
{
	X509 *cert = SSL_get1_peer_certificate(c->wire.ssl);
	char pin[HF_PIN_TEXT];
	int rc = -1;

	if (cert == NULL || hf_pin_of(cert, pin, &c->err) == -1) {
		hf_fail(&c->err, HF_ECONFIG, "printer %s shows no key",
		    c->peer->name);
		goto out;
	}
	if (!hf_pin_is_in(pin, c->peer->pin)) {
		hf_fail(&c->err, HF_ECONFIG, "printer %s shows another key "
		    "than the one registered", c->peer->name);
		goto out;
	}
	c->expired = X509_cmp_current_time(X509_get0_notAfter(cert)) < 0;
	rc = 0;
out:
	X509_free(cert);
	return rc;
}

enum hf_next
hf_conn_do_handshake(struct hf_conn *c)
{
	switch (hf_wire_handshake(&c->wire)) {
	case 1:
		return check_pin(c) == -1 ? HF_BROKEN : hf_conn_begin(c);
	case 0:
		return HF_WAIT;
	default:
		hf_fail(&c->err, HF_EPEER,
		    "printer %s speaks no TLS that we accept", c->peer->name);
		return HF_BROKEN;
	}
}

