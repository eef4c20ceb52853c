#include "server/json.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void
wipe_and_free(void *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void
hf_json_init(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
	json_object_seed(0);
}

json_t *
hf_json_parse(struct hf_view body, struct hf_err *e)
{
	json_error_t je;
	json_t *o = json_loadb((const char *)body.p, body.n,
	    JSON_REJECT_DUPLICATES, &je);

	if (o == NULL) {
		/* je.text would quote what it stumbled over. */
		hf_fail(e, HF_EINPUT, "the body is no JSON object: line %d, "
		    "column %d", je.line, je.column);
		return NULL;
	}
	if (!json_is_object(o)) {
		json_decref(o);
		hf_fail(e, HF_EINPUT, "the body is no JSON object");
		return NULL;
	}
	return o;
}

int
hf_json_unpack(json_t *o, struct hf_err *e, const char *fmt, ...)
{
	json_error_t je;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = json_vunpack_ex(o, &je, JSON_STRICT, fmt, ap);
	va_end(ap);
	if (rc == -1)
		return hf_fail(e, HF_EINPUT, "the body does not fit: %s",
		    je.text);
	return 0;
}
