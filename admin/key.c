#include <stdio.h>

#include "admin/ask.h"
#include "admin/cmd.h"

#define LIST_MS 10000
#define ROTATE_MS 30000

static int
ask_and_show(struct hf_run *r, enum hf_msg_type type, int timeout_ms,
    struct hf_err *e)
{
	json_t *j;

	if (hf_ask_json(r->conf.release_socket, type, hf_view_of(NULL, 0),
		timeout_ms, &j, e) == -1)
		return -1;
	if (r->json) {
		(void)json_dumpf(j, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		hf_json_show(stdout, j);
	}
	json_decref(j);
	return 0;
}

int
hf_cmd_key_list(struct hf_run *r, struct hf_err *e)
{
	return ask_and_show(r, HF_MSG_KEY_LIST, LIST_MS, e);
}

int
hf_cmd_key_rotate(struct hf_run *r, struct hf_err *e)
{
	return ask_and_show(r, HF_MSG_KEY_ROTATE, ROTATE_MS, e);
}
