#include "release/queue/clock.h"

#include <time.h>

int64_t
hf_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

uint64_t
hf_wall_s(void)
{
	return (uint64_t)time(NULL);
}
