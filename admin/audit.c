/* holdfast audit verify, key and erase; the others are in files beside it. */
#include "admin/audit.h"

#include <inttypes.h>
#include <string.h>

int
hf_cmd_audit_key(struct hf_run *r, struct hf_err *e)
{
	struct hf_audit_head h;

	if (hf_audit_head(r, &h, e) == -1)
		return -1;
	hf_done(r, json_pack("{s:s}", "key", h.vkey), "%s", h.vkey);
	return HF_EXIT_DONE;
}

static json_t *
verdict_json(const struct hf_verdict *v)
{
	json_t *o = json_pack("{s:b,s:s,s:I,s:I,s:I,s:I}", "sound", v->sound,
	    "log", v->key.name, "records", (json_int_t)v->records, "erased",
	    (json_int_t)v->erased, "checkpoints", (json_int_t)v->checkpoints,
	    "witnessed", (json_int_t)v->witnessed);

	if (!v->sound)
		(void)json_object_set_new(o, "finding",
		    json_string(v->finding));
	return o;
}

int
hf_cmd_audit_verify(struct hf_run *r, struct hf_err *e)
{
	const char *path = r->args.words[0];
	const char *key_text = hf_args_get(&r->args, "--key", NULL);
	const char *witness = hf_args_get(&r->args, "--witness", NULL);
	struct hf_verdict v;
	struct hf_vkey key;
	FILE *f;
	int rc;

	if (key_text != NULL && hf_vkey_parse(&key, key_text, e) == -1)
		return -1;
	f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (f == NULL)
		return hf_fail_sys(e, "open %s", path);
	rc = hf_audit_verify(f, key_text != NULL ? &key : NULL, witness, &v,
	    e);
	if (f != stdin)
		fclose(f);
	if (rc == -1)
		return -1;
	if (v.sound)
		hf_done(r, verdict_json(&v), "%" PRIu64 " records under %"
		    PRIu64 " checkpoints of %s are whole, %zu compared with "
		    "the witness, %" PRIu64 " erased%s%s", v.records,
		    v.checkpoints, v.key.name, v.witnessed, v.erased,
		    witness == NULL ? "; whether the end was cut, only "
		    "--witness tells" : "", key_text == NULL ? "; whether it "
		    "is the right log, only --key tells" : "");
	else
		hf_done(r, verdict_json(&v), "%s", v.finding);
	return v.sound ? HF_EXIT_DONE : HF_EXIT_FINDINGS;
}
