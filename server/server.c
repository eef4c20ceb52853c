#include "server/server.h"

#include "server/worker.h"

#define WORKER_QUEUE 256	/* requests waiting for a worker */

/* doc/http.md, "Deadlines and limits". */
const struct hf_times hf_times_default = {
	.handshake_ms = 10000,
	.head_ms = 15000,
	.idle_ms = 60000,
	.idle_vouched_ms = 660000,
	.body_window_ms = 10000,
	.body_window_bytes = 10240,
	.reply_ms = 30000,
	.linger_ms = 2000,
	.linger_bytes = 262144,
};

static bool
needs_workers(const struct hf_server *s)
{
	size_t i;

	for (i = 0; i < s->n_routes; i++)
		if (s->routes[i].mode == HF_WORKER ||
		    s->routes[i].mode == HF_LIVE)
			return true;
	return false;
}

int
hf_server_start(struct hf_server *s, int workers, struct hf_err *e)
{
	int i, made = 0;

	s->worker = NULL;
	if (needs_workers(s)) {
		s->worker = hf_worker_new(workers, WORKER_QUEUE, e);
		if (s->worker == NULL)
			return -1;
	}
	for (; made < HF_LOOPS; made++)
		if (hf_loop_init(&s->loops[made], s, made, e) == -1)
			goto fail;
	for (i = 0; i < HF_LOOPS; i++)
		if (hf_loop_start(&s->loops[i], e) == -1)
			goto fail;
	return 0;
fail:
	for (i = 0; i < made; i++) {
		if (s->loops[i].running)
			hf_loop_stop(&s->loops[i], 0);
		hf_loop_join(&s->loops[i]);
		hf_loop_clear(&s->loops[i]);
	}
	hf_worker_free(s->worker);
	s->worker = NULL;
	return -1;
}

void
hf_server_stop(struct hf_server *s, int patience_ms)
{
	int i;

	for (i = 0; i < HF_LOOPS; i++)
		hf_loop_stop(&s->loops[i], patience_ms);
	for (i = 0; i < HF_LOOPS; i++)
		hf_loop_join(&s->loops[i]);
	/* A worker may still have something to say to a loop. */
	hf_worker_free(s->worker);
	s->worker = NULL;
	for (i = 0; i < HF_LOOPS; i++)
		hf_loop_clear(&s->loops[i]);
}
