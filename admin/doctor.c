#include "admin/cmd.h"
int
hf_cmd_doctor(struct hf_run *r, struct hf_err *e)
{
	(void)r;
	return hf_fail(e, HF_EAGAIN, "being written");
}
