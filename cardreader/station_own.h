#ifndef HF_STATION_OWN_H
#define HF_STATION_OWN_H

#include <event2/event.h>

#include "cardreader/chore.h"
#include "cardreader/https.h"
#include "cardreader/identity.h"
#include "cardreader/station.h"
#include "cardreader/wire.h"

/* What station.c, station_server.c and station_touch.c share. */

#define HF_TOUCHES_MAX 32	/* on the way at once */
#define HF_SAY_MS 1500		/* a person hears something within 2 s */
#define HF_TAP_TIMEOUT_MS 20000

struct hf_station;

struct hf_touch {
	struct hf_station *station;
	bool used;
	bool posted;		/* a request is on the way */
	bool told;		/* "waiting" was said */
	bool renewed;		/* its nonce was unknown once already */
	uint16_t slot;
	char name[HF_SLOT_NAME];
	char printer[HF_NAME_LEN];
	uint64_t seen_ms;
	uint64_t deadline_ms;	/* not sent by then: dropped, and said */
	uint64_t retry_ms;
	struct hf_credential credential;
};

/* What the whole station tells: one line when it changes. */
struct hf_health {
	enum hf_word word;
	char text[HF_PANEL_TEXT];
};

struct hf_station {
	const struct hf_reader_conf *conf;
	struct event_base *base;
	struct event *in;	/* messages from the supervisor */
	struct event *tick;	/* the next thing that is due */
	struct hf_https *https;
	struct hf_identity *identity;
	int sock;
	int state_fd;

	bool up;		/* the server answered last */
	bool revoked;
	bool clock_tried;	/* the server's clock was taken once */
	int64_t clock_offset_ms;
	uint64_t heard_ms;	/* last answer */
	struct hf_health health;
	struct hf_chore probe;
	struct hf_chore nonces;
	struct hf_chore list;

	bool have_list;
	uint64_t list_serial;
	uint64_t wanted_serial;	/* what the server says there is */
	uint8_t tap_pk[HF_TAP_PK_LEN];
	bool have_printers;
	struct hf_printers printers;
	struct hf_stock stock;
	uint64_t nonce_life_ms;

	struct hf_touch *touches; /* HF_TOUCHES_MAX, sodium_malloc */
};

/* station.c */
void hf_station_step(struct hf_station *s);
void hf_station_say(struct hf_station *s, const char *name, uint16_t slot,
    enum hf_word word, const char *text);

/* station_health.c: what is known of the server, and said about it */
bool hf_station_is_ready(struct hf_station *s, uint64_t now);
void hf_station_set_health(struct hf_station *s, enum hf_word word,
    const char *text);
void hf_station_tell_ready(struct hf_station *s);
/* Any HTTP answer, and none: both move `up`. */
void hf_station_heard(struct hf_station *s, uint64_t now);
void hf_station_failed(struct hf_station *s, const struct hf_err *why);
void hf_station_bad_answer(struct hf_station *s, const struct hf_err *why);
void hf_station_revoked(struct hf_station *s, const char *text);
void hf_station_lost(void *arg);

/* station_server.c: what is kept up with the server */
void hf_station_chores(struct hf_station *s, uint64_t now);
uint64_t hf_station_chores_next(struct hf_station *s, uint64_t now);
/* STATE/keylist as it was when we last ran; missing is no failure. */
void hf_station_load_list(struct hf_station *s);

/* station_touch.c: one touch, from the card to the line on the panel */
void hf_touch_begin(struct hf_station *s, const struct hf_wire *w);
void hf_touch_step(struct hf_touch *t, uint64_t now);
uint64_t hf_touch_next(const struct hf_touch *t, uint64_t now);

#endif
