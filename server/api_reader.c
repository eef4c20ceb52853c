#include "server/api_reader.h"

#include <sodium.h>
#include <string.h>

#include "lib/id.h"
#include "lib/keylist.h"
#include "lib/log.h"
#include "lib/tap.h"
#include "server/json.h"

#define HARDWARE_MAX 255	/* bytes of a reader's own description; */
#define VERSION_MAX 63		/* both no more than role queue takes */
#define NAME_SIZE 256		/* of a reader or printer, with NUL */
#define NONCES_MAX 4
#define MESSAGE_SIZE 512		/* one line for the panel, with NUL */

/* A text field of a request: short, and nothing but text. */
static int
put_text(struct hf_buf *b, const char *name, const char *s, size_t max,
    struct hf_err *e)
{
	struct hf_view v = hf_view_str(s);

	if (v.n > max)
		return hf_fail(e, HF_EINPUT, "%s is longer than %zu bytes",
		    name, max);
	if (!hf_is_text(v))
		return hf_fail(e, HF_EINPUT, "%s has control characters",
		    name);
	return hf_put_str(b, s, e);
}

static int
put_hex(struct hf_buf *b, const char *name, const char *hex, size_t n,
    struct hf_err *e)
{
	uint8_t bytes[HF_SIG_LEN];

	HF_ASSERT(n <= sizeof bytes);
	if (hf_unhex(bytes, n, hex, e) == -1)
		return hf_wrap(e, "%s", name);
	return hf_put_bytes(b, bytes, n, e);
}

/* id as its text; name as it is, which must be UTF-8. */
static json_t *
named(const struct hf_id *id, const char *name)
{
	char text[HF_ID_TEXT];

	hf_id_text(id, text);
	return json_pack("{s:s, s:s}", "id", text, "name", name);
}

/* n u8, n × (printer id, name str). */
static int
get_printers(struct hf_view *v, json_t **out, struct hf_err *e)
{
	json_t *list = json_array(), *one;
	char name[NAME_SIZE];
	struct hf_id id;
	uint8_t n;

	if (hf_get_u8(v, &n, e) == -1)
		goto fail;
	for (; n > 0; n--) {
		if (hf_get_bytes(v, id.b, sizeof id.b, e) == -1 ||
		    hf_get_str(v, name, sizeof name, e) == -1)
			goto fail;
		one = named(&id, name);
		if (json_array_append_new(list, one) == -1) {
			hf_fail(e, HF_EINPUT, "the name of a printer");
			goto fail;
		}
	}
	*out = list;
	return 0;
fail:
	json_decref(list);
	return -1;
}

int
hf_api_enrol_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e)
{
	const char *token, *key, *hardware, *version;
	struct hf_token t;
	json_t *o;
	int rc = -1;

	memset(&t, 0, sizeof t);
	o = hf_json_parse(hf_buf_view(&rq->body), e);
	if (o == NULL)
		return -1;
	if (hf_json_unpack(o, e, "{s:s, s:s, s:s, s:s}", "token", &token,
	    "public_key", &key, "hardware", &hardware, "version",
	    &version) == -1)
		goto out;
	if (hf_token_parse(token, &t, e) == -1)
		goto out;
	if (hf_put_bytes(body, t.secret, sizeof t.secret, e) == -1 ||
	    put_hex(body, "public_key", key, HF_READER_PK_LEN, e) == -1 ||
	    put_text(body, "hardware", hardware, HARDWARE_MAX, e) == -1 ||
	    put_text(body, "version", version, VERSION_MAX, e) == -1)
		goto out;
	rc = 0;
out:
	sodium_memzero(&t, sizeof t);
	json_decref(o);
	return rc;
}

int
hf_api_enrol_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e)
{
	char name[NAME_SIZE], text[HF_ID_TEXT];
	json_t *printers, *o;
	struct hf_id id;

	if (hf_get_bytes(&body, id.b, sizeof id.b, e) == -1 ||
	    hf_get_str(&body, name, sizeof name, e) == -1 ||
	    get_printers(&body, &printers, e) == -1)
		return -1;
	if (hf_get_end(&body, e) == -1) {
		json_decref(printers);
		return -1;
	}
	hf_id_text(&id, text);
	o = json_pack("{s:s, s:s, s:o}", "reader", text, "name", name,
	    "printers", printers);
	if (o == NULL)
		return hf_fail(e, HF_EINPUT, "a name that is no UTF-8");
	hf_log(HF_INFO, "reader %s enrolled name=%s peer=%s", text, name,
	    rq->peer);
	re->vouched = true;
	return hf_reply_json(re, 200, o, e);
}

int
hf_api_nonce_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e)
{
	const char *reader, *signature;
	json_int_t when, count;
	struct hf_id id;
	json_t *o;
	int rc = -1;

	o = hf_json_parse(hf_buf_view(&rq->body), e);
	if (o == NULL)
		return -1;
	if (hf_json_unpack(o, e, "{s:s, s:I, s:s, s:I}", "reader", &reader,
	    "time", &when, "signature", &signature, "count", &count) == -1)
		goto out;
	if (hf_id_parse(&id, reader, e) == -1) {
		hf_wrap(e, "reader");
		goto out;
	}
	if (when < 0 || count < 1 || count > NONCES_MAX) {
		hf_fail(e, HF_EINPUT, "time or count is out of range");
		goto out;
	}
	if (hf_put_bytes(body, id.b, sizeof id.b, e) == -1 ||
	    hf_put_u64(body, (uint64_t)when, e) == -1 ||
	    hf_put_u8(body, (uint8_t)count, e) == -1 ||
	    put_hex(body, "signature", signature, HF_SIG_LEN, e) == -1)
		goto out;
	rc = 0;
out:
	json_decref(o);
	return rc;
}

static int
get_nonces(struct hf_view *v, json_t **out, struct hf_err *e)
{
	char hex[2 * HF_NONCE_LEN + 1];
	uint8_t nonce[HF_NONCE_LEN], n;
	json_t *list = json_array();

	if (hf_get_u8(v, &n, e) == -1)
		goto fail;
	for (; n > 0; n--) {
		if (hf_get_bytes(v, nonce, sizeof nonce, e) == -1)
			goto fail;
		hf_hex(hex, nonce, sizeof nonce);
		if (json_array_append_new(list, json_string(hex)) == -1) {
			hf_fail(e, HF_ENOMEM, "out of memory");
			goto fail;
		}
	}
	*out = list;
	return 0;
fail:
	json_decref(list);
	return -1;
}

int
hf_api_nonce_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e)
{
	json_t *nonces = NULL, *printers = NULL;
	uint64_t when, serial;
	uint32_t valid_s;

	(void)rq;
	if (get_nonces(&body, &nonces, e) == -1 ||
	    hf_get_u32(&body, &valid_s, e) == -1 ||
	    hf_get_u64(&body, &when, e) == -1 ||
	    hf_get_u64(&body, &serial, e) == -1 ||
	    get_printers(&body, &printers, e) == -1 ||
	    hf_get_end(&body, e) == -1)
		goto fail;
	if (when > INT64_MAX || serial > INT64_MAX) {
		hf_fail(e, HF_EINPUT, "a number that JSON cannot carry");
		goto fail;
	}
	re->vouched = true;
	return hf_reply_json(re, 200, json_pack(
	    "{s:o, s:I, s:o, s:I, s:I}", "nonces", nonces, "valid_s",
	    (json_int_t)valid_s, "printers", printers, "key_list_serial",
	    (json_int_t)serial, "time", (json_int_t)when), e);
fail:
	json_decref(nonces);
	json_decref(printers);
	return -1;
}

int
hf_api_tap_ask(const struct hf_req *rq, struct hf_buf *body, struct hf_err *e)
{
	struct hf_tap tap;

	/* Only its form: whose it is and what it says is not for us. */
	if (hf_tap_get(hf_buf_view(&rq->body), &tap, e) == -1)
		return hf_wrap(e, "tap");
	return hf_put_bytes(body, rq->body.p, rq->body.n, e);
}

/* result u8, jobs u16, printer, person, message str, has_nonce u8, nonce */
int
hf_api_tap_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e)
{
	char printer[NAME_SIZE], person[NAME_SIZE], message[MESSAGE_SIZE];
	char hex[2 * HF_NONCE_LEN + 1];
	uint8_t result, has_nonce, nonce[HF_NONCE_LEN];
	const char *word;
	uint16_t jobs;
	json_t *o;

	(void)rq;
	if (hf_get_u8(&body, &result, e) == -1 ||
	    hf_get_u16(&body, &jobs, e) == -1 ||
	    hf_get_str(&body, printer, sizeof printer, e) == -1 ||
	    hf_get_str(&body, person, sizeof person, e) == -1 ||
	    hf_get_str(&body, message, sizeof message, e) == -1 ||
	    hf_get_u8(&body, &has_nonce, e) == -1 ||
	    hf_get_bytes(&body, nonce, sizeof nonce, e) == -1 ||
	    hf_get_end(&body, e) == -1)
		return -1;
	word = hf_tap_result_name(result);
	if (word == NULL)
		return hf_fail(e, HF_EINPUT, "tap result %u", result);
	o = json_pack("{s:s, s:s, s:s, s:i}", "result", word, "message",
	    message, "printer", printer, "jobs", (int)jobs);
	if (o == NULL)
		return hf_fail(e, HF_EINPUT, "a name that is no UTF-8");
	hf_hex(hex, nonce, sizeof nonce);
	if ((person[0] != '\0' &&
	    json_object_set_new(o, "person", json_string(person)) == -1) ||
	    (has_nonce != 0 &&
	    json_object_set_new(o, "nonce", json_string(hex)) == -1)) {
		json_decref(o);
		return hf_fail(e, HF_EINPUT, "a name that is no UTF-8");
	}
	/* It hands a next nonce to a reader whose tap it has checked. */
	re->vouched = has_nonce != 0;
	return hf_reply_json(re, 200, o, e);
}

int
hf_api_key_list_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e)
{
	(void)rq;
	(void)body;
	(void)e;
	return 0;
}

int
hf_api_key_list_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e)
{
	(void)rq;
	if (body.n == 0 || body.n > HF_KEYLIST_MAX)
		return hf_fail(e, HF_EINPUT, "a key list of %zu bytes",
		    body.n);
	re->status = 200;
	re->type = "application/vnd.holdfast.keys";
	return hf_put_bytes(&re->body, body.p, body.n, e);
}
