#include "server/assets.h"

#include <string.h>

/*
 * Nothing may run, look or send but what comes from here; there is no inline
 * script or style.  The pages cannot be framed and tell nobody where they
 * were.
 */
static const char fields[] =
    "Cache-Control: no-cache\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

#define ASSET(n, path, file, type, etag)                                \
	__asm__(".section .rodata\n.balign 16\n"                        \
		"hf_asset_" #n ":\n.incbin \"" file "\"\n"              \
		"hf_asset_end_" #n ":\n.byte 0\n.previous\n");          \
	extern const uint8_t begin_##n[] __asm__("hf_asset_" #n);       \
	extern const uint8_t end_##n[] __asm__("hf_asset_end_" #n);
#include "server/assets.inc"
#undef ASSET

static const struct {
	const char *path, *type, *etag;
	const uint8_t *begin, *end;
} files[] = {
#define ASSET(n, path, file, type, etag) \
	{ path, type, etag, begin_##n, end_##n },
#include "server/assets.inc"
#undef ASSET
	{ NULL, NULL, NULL, NULL, NULL }
};

bool
hf_asset_find(const char *path, struct hf_asset *out)
{
	size_t i;

	for (i = 0; files[i].path != NULL; i++)
		if (strcmp(files[i].path, path) == 0)
			break;
	if (files[i].path == NULL)
		return false;
	out->path = files[i].path;
	out->type = files[i].type;
	out->etag = files[i].etag;
	out->bytes = hf_view_of(files[i].begin,
	    (size_t)(files[i].end - files[i].begin));
	return true;
}

bool
hf_asset_matches(struct hf_view field, const char *etag)
{
	size_t n = strlen(etag), i = 0;

	if (field.n == 1 && field.p[0] == '*')
		return true;
	while (i < field.n) {
		if (field.p[i] == ' ' || field.p[i] == '\t' ||
		    field.p[i] == ',') {
			i++;
			continue;
		}
		if (field.n - i >= 2 && memcmp(field.p + i, "W/", 2) == 0)
			i += 2;
		if (field.n - i >= n && memcmp(field.p + i, etag, n) == 0)
			return true;
		while (i < field.n && field.p[i] != ',')
			i++;
	}
	return false;
}

int
hf_asset_get(const struct hf_req *rq, struct hf_reply *re, struct hf_err *e)
{
	const struct hf_view *had = hf_http_field(&rq->head, "If-None-Match");
	struct hf_asset a;

	if (!hf_asset_find(rq->route->pattern, &a))
		return hf_fail(e, HF_ENOTFOUND, "there is no such thing here");
	re->fields = fields;
	re->etag = a.etag;
	if (had != NULL && hf_asset_matches(*had, a.etag)) {
		re->status = 304;
		return 0;
	}
	re->status = 200;
	re->type = a.type;
	return hf_put_bytes(&re->body, a.bytes.p, a.bytes.n, e);
}
