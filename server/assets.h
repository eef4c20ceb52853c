#ifndef HF_ASSETS_H
#define HF_ASSETS_H

#include "server/route.h"

/*
 * The portal's files, compiled in (mkassets lists them): there is no
 * document root, and each file is a row of the table of routes.
 */
struct hf_asset {
	const char *path;
	const char *type;	/* media type */
	const char *etag;	/* with its quotes, from the content */
	struct hf_view bytes;
};

/* False: there is no such file. */
bool hf_asset_find(const char *path, struct hf_asset *out);
/* Handler of each file's row. */
int hf_asset_get(const struct hf_req *rq, struct hf_reply *re,
    struct hf_err *e);
/*
 * If-None-Match (RFC 9110 section 13.1.2) names this entity tag: compared
 * weakly, a list or `*`.
 */
bool hf_asset_matches(struct hf_view field, const char *etag);

#endif
