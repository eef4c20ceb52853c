#include "server/routes.h"

#include "lib/tap.h"
#include "server/api_change.h"
#include "server/api_health.h"
#include "server/api_list.h"
#include "server/api_openapi.h"
#include "server/api_reader.h"
#include "server/api_session.h"
#include "server/assets.h"

#define ANSWER_MS 15000
#define HEALTH_MS 2000		/* who asks for health wants to know now */
#define JSON "application/json"

/* doc/api.md, "Roles" */
#define U 0
#define S (HF_ROLE_HELP_DESK | O | HF_ROLE_AUDITOR)
#define O (HF_ROLE_OPERATOR | A)
#define R (O | HF_ROLE_AUDITOR)
#define H (HF_ROLE_HELP_DESK | A)
#define P (H | HF_ROLE_AUDITOR)
#define E (A | HF_ROLE_AUDITOR)
#define A HF_ROLE_ADMINISTRATOR

/* One object or a list, read from the views of this session. */
#define ONE(path, whose, list)                                        \
	{ .method = "GET", .pattern = path, .who = HF_WHO_USER,       \
	    .roles = whose, .mode = HF_WORKER, .run = hf_api_one,     \
	    .what = &list }
#define LIST(path, whose, list)                                       \
	{ .method = "GET", .pattern = path, .who = HF_WHO_USER,       \
	    .roles = whose, .mode = HF_WORKER, .run = hf_api_list,    \
	    .what = &list }
/* A change, made by the release service. */
#define CHANGE(path, whose, change)                                   \
	{ .method = "POST", .pattern = path, .who = HF_WHO_USER,      \
	    .roles = whose, .mode = HF_ASK, .type = JSON,             \
	    .body_max = HF_JSON_BODY_MAX, .ask_type = HF_MSG_DO,      \
	    .timeout_ms = ANSWER_MS, .ask = hf_api_change_ask,        \
	    .answer = hf_api_change_answer, .what = &change }

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
	{ .method = "GET", .pattern = "/v1/openapi.json",
	    .who = HF_WHO_ANYONE, .mode = HF_INLINE,
	    .run = hf_api_openapi },

	{ .method = "POST", .pattern = "/v1/session",
	    .who = HF_WHO_LOGIN, .mode = HF_ASK,
	    .type = JSON, .body_max = HF_JSON_BODY_MAX,
	    .ask_type = HF_MSG_LOGIN, .timeout_ms = ANSWER_MS,
	    .ask = hf_api_login_ask, .answer = hf_api_login_answer },
	{ .method = "GET", .pattern = "/v1/session",
	    .who = HF_WHO_USER, .mode = HF_ASK,
	    .ask_type = HF_MSG_SESSION, .timeout_ms = ANSWER_MS,
	    .ask = hf_api_session_ask, .answer = hf_api_session_answer },
	{ .method = "DELETE", .pattern = "/v1/session",
	    .who = HF_WHO_USER, .mode = HF_ASK,
	    .ask_type = HF_MSG_DO, .timeout_ms = ANSWER_MS,
	    .ask = hf_api_change_ask, .answer = hf_api_logout_answer,
	    .what = &hf_change_logout },

	{ .method = "GET", .pattern = "/v1/live",
	    .who = HF_WHO_USER, .mode = HF_LIVE },
	ONE("/v1/me", U, hf_list_me),
	LIST("/v1/jobs", U, hf_list_jobs),
	LIST("/v1/history", U, hf_list_history),
	{ .method = "DELETE", .pattern = "/v1/jobs/{id}",
	    .who = HF_WHO_USER, .mode = HF_ASK,
	    .ask_type = HF_MSG_DO, .timeout_ms = ANSWER_MS,
	    .ask = hf_api_change_ask, .answer = hf_api_change_answer,
	    .what = &hf_change_own_job },
	CHANGE("/v1/jobs/{id}/again", U, hf_change_own_again),
	LIST("/v1/badges", U, hf_list_badges),
	CHANGE("/v1/badges/{id}/revoke", U, hf_change_own_badge),

	ONE("/v1/admin/status", S, hf_list_status),
	ONE("/v1/admin/stats", R, hf_list_stats),
	LIST("/v1/admin/jobs", S, hf_list_all_jobs),
	LIST("/v1/admin/printers", S, hf_list_printers),
	LIST("/v1/admin/readers", S, hf_list_readers),
	LIST("/v1/admin/people", P, hf_list_people),
	LIST("/v1/admin/badges", P, hf_list_all_badges),
	LIST("/v1/admin/sessions", A, hf_list_sessions),
	LIST("/v1/admin/events", E, hf_list_events),

	CHANGE("/v1/admin/jobs/{id}/cancel", O, hf_change_job),
	CHANGE("/v1/admin/purge/preview", O, hf_change_purge_preview),
	CHANGE("/v1/admin/purge", O, hf_change_purge),
	CHANGE("/v1/admin/printers/{id}/disable", O, hf_change_printer),
	CHANGE("/v1/admin/badges/{id}/revoke", H, hf_change_badge),
	CHANGE("/v1/admin/people/{name}/disable", A,
	    hf_change_person_disable),
	CHANGE("/v1/admin/people/{name}/role", A, hf_change_person_role),
	CHANGE("/v1/admin/readers/{id}/revoke", A, hf_change_reader),
	CHANGE("/v1/admin/sessions/{id}/end", A, hf_change_session),
#define ASSET(n, path, file, media, etag)                     \
	{ .method = "GET", .pattern = path,                   \
	    .who = HF_WHO_ANYONE, .mode = HF_INLINE,          \
	    .run = hf_asset_get },
#include "server/assets.inc"
#undef ASSET
};
const size_t hf_routes_n = sizeof hf_routes / sizeof hf_routes[0];
