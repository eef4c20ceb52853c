#ifndef HF_CLOCK_H
#define HF_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC: for deadlines and pauses, never for dates. */
int64_t hf_now_ms(void);
/* The same in microseconds, for measuring. */
int64_t hf_now_us(void);
/* Seconds since 1970 of CLOCK_REALTIME: for what people and files are told. */
uint64_t hf_wall_s(void);
/* Milliseconds since 1970. */
uint64_t hf_wall_ms(void);

#endif
