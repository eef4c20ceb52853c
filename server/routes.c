#include "server/routes.h"

#include "lib/tap.h"
#include "server/api_health.h"
#include "server/api_reader.h"
#include "server/assets.h"

#define ANSWER_MS 15000
#define HEALTH_MS 2000		/* who asks for health wants to know now */
#define JSON "application/json"

const struct hf_route hf_routes[] = {
	{ .method = "POST", .pattern = "/v1/readers/enrol",
	    .who = HF_WHO_READER, .mode = HF_ASK,
	    .type = JSON, .body_max = HF_JSON_BODY_MAX,
	    .ask_type = HF_MSG_ENROL, .timeout_ms = ANSWER_MS,
	    .ask = hf_api_enrol_ask, .answer = hf_api_enrol_answer },
	{ .method = "POST", .pattern = "/v1/readers/nonce",
	    .who = HF_WHO_READER, .mode = HF_ASK,
	    .type = JSON, .body_max = HF_JSON_BODY_MAX,
	    .ask_type = HF_MSG_NONCE, .timeout_ms = ANSWER_MS,
	    .ask = hf_api_nonce_ask, .answer = hf_api_nonce_answer },
	{ .method = "POST", .pattern = "/v1/taps",
	    .who = HF_WHO_READER, .mode = HF_ASK,
	    .type = "application/vnd.holdfast.tap", .body_max = HF_TAP_MAX,
	    .ask_type = HF_MSG_TAP, .timeout_ms = ANSWER_MS,
	    .ask = hf_api_tap_ask, .answer = hf_api_tap_answer },
	{ .method = "GET", .pattern = "/v1/key-list",
	    .who = HF_WHO_ANYONE, .mode = HF_ASK,
	    .ask_type = HF_MSG_KEY_LIST_GET, .timeout_ms = ANSWER_MS,
	    .ask = hf_api_key_list_ask, .answer = hf_api_key_list_answer },
	{ .method = "GET", .pattern = "/v1/health",
	    .who = HF_WHO_ANYONE, .mode = HF_ASK,
	    .ask_type = HF_MSG_HEALTH, .timeout_ms = HEALTH_MS,
	    .ask = hf_api_health_ask, .answer = hf_api_health_answer,
	    .no_answer = hf_api_health_no_answer },
	{ .method = "GET", .pattern = "/v1/version",
	    .who = HF_WHO_ANYONE, .mode = HF_INLINE,
	    .run = hf_api_version },
#define ASSET(n, path, file, media, etag)                     \
	{ .method = "GET", .pattern = path,                   \
	    .who = HF_WHO_ANYONE, .mode = HF_INLINE,          \
	    .run = hf_asset_get },
#include "server/assets.inc"
#undef ASSET
};
const size_t hf_routes_n = sizeof hf_routes / sizeof hf_routes[0];
