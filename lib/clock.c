#include "lib/clock.h"

#include <time.h>

int64_t
hf_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
hf_now_ms(void)
{
	return hf_now_us() / 1000;
}

uint64_t
hf_wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
hf_wall_s(void)
{
	return hf_wall_ms() / 1000;
}
