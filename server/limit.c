#include "server/limit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A chained hash of addresses that have a connection; cells from one array. */
struct cell {
	uint8_t key[16];
	uint32_t count;
	uint32_t next;		/* index + 1, 0 ends the chain */
};

struct hf_limit {
	pthread_mutex_t lock;
	size_t total, per_address, now;
	uint8_t seed[crypto_shorthash_KEYBYTES]; /* collisions can't be aimed */
	struct cell *cells;	/* `total` of them */
	uint32_t free;		/* chain of unused cells */
	uint32_t *heads;
	size_t n_heads;		/* a power of two */
};

static void
key_of(const struct sockaddr *a, uint8_t key[static 16])
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	memset(key, 0, 16);
	if (a->sa_family == AF_INET) {
		memcpy(&four, a, sizeof four);
		key[10] = key[11] = 0xff;
		memcpy(key + 12, &four.sin_addr, 4);
	} else if (a->sa_family == AF_INET6) {
		memcpy(&six, a, sizeof six);
		memcpy(key, &six.sin6_addr,
		    IN6_IS_ADDR_V4MAPPED(&six.sin6_addr) ? 16 : 8);
	}
}

struct hf_limit *
hf_limit_new(size_t total, size_t per_address, struct hf_err *e)
{
	struct hf_limit *l;
	size_t i;

	HF_ASSERT(total > 0 && total < UINT32_MAX / 2);
	l = calloc(1, sizeof *l);
	if (l == NULL)
		goto fail;
	l->total = total;
	l->per_address = per_address;
	for (l->n_heads = 1; l->n_heads < total; l->n_heads *= 2)
		;
	l->cells = calloc(total, sizeof *l->cells);
	l->heads = calloc(l->n_heads, sizeof *l->heads);
	if (l->cells == NULL || l->heads == NULL)
		goto fail;
	for (i = 0; i < total; i++)
		l->cells[i].next = i + 1 < total ? (uint32_t)i + 2 : 0;
	l->free = 1;
	crypto_shorthash_keygen(l->seed);
	pthread_mutex_init(&l->lock, NULL);
	return l;
fail:
	hf_fail(e, HF_ENOMEM, "out of memory");
	if (l != NULL) {
		free(l->cells);
		free(l->heads);
		free(l);
	}
	return NULL;
}

void
hf_limit_free(struct hf_limit *l)
{
	if (l == NULL)
		return;
	pthread_mutex_destroy(&l->lock);
	free(l->cells);
	free(l->heads);
	free(l);
}

/* Where the index of this key's cell is kept, or of the chain's end. */
static uint32_t *
find(struct hf_limit *l, const uint8_t key[static 16])
{
	uint8_t h[crypto_shorthash_BYTES];
	uint64_t hash;
	uint32_t *at;

	crypto_shorthash(h, key, 16, l->seed);
	memcpy(&hash, h, sizeof hash);
	at = &l->heads[hash & (l->n_heads - 1)];
	while (*at != 0 && memcmp(l->cells[*at - 1].key, key, 16) != 0)
		at = &l->cells[*at - 1].next;
	return at;
}

static enum hf_limit_answer
enter(struct hf_limit *l, const uint8_t key[static 16])
{
	uint32_t *at, i;
	struct cell *c;

	if (l->now >= l->total)
		return HF_LIMIT_TOTAL;
	at = find(l, key);
	if (*at == 0) {
		i = l->free;	/* there is one: now < total */
		c = &l->cells[i - 1];
		l->free = c->next;
		memcpy(c->key, key, 16);
		c->count = 0;
		c->next = 0;
		*at = i;
	}
	c = &l->cells[*at - 1];
	if (c->count >= l->per_address)
		return HF_LIMIT_ADDRESS;
	c->count++;
	l->now++;
	return HF_LIMIT_OK;
}

enum hf_limit_answer
hf_limit_enter(struct hf_limit *l, const struct sockaddr *a)
{
	enum hf_limit_answer answer;
	uint8_t key[16];

	key_of(a, key);
	pthread_mutex_lock(&l->lock);
	answer = enter(l, key);
	pthread_mutex_unlock(&l->lock);
	return answer;
}

void
hf_limit_leave(struct hf_limit *l, const struct sockaddr *a)
{
	uint8_t key[16];
	uint32_t *at, i;
	struct cell *c;

	key_of(a, key);
	pthread_mutex_lock(&l->lock);
	at = find(l, key);
	HF_ASSERT(*at != 0 && l->now > 0);
	i = *at;
	c = &l->cells[i - 1];
	l->now--;
	if (--c->count == 0) {
		*at = c->next;
		c->next = l->free;
		l->free = i;
	}
	pthread_mutex_unlock(&l->lock);
}

size_t
hf_limit_count(struct hf_limit *l)
{
	size_t n;

	pthread_mutex_lock(&l->lock);
	n = l->now;
	pthread_mutex_unlock(&l->lock);
	return n;
}
