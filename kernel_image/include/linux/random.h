/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_RANDOM_H
#define _LINUX_RANDOM_H
#include <linux/types.h>
/* One generator seeded from boot_params.seed: two machines with one seed draw the same numbers. */
void random_init(u64 seed);
void get_random_bytes(void *buf, size_t len);
u32 get_random_u32(void);
u64 get_random_u64(void);
static inline u8 get_random_u8(void) { return (u8)get_random_u32(); }
static inline u16 get_random_u16(void) { return (u16)get_random_u32(); }
static inline unsigned long get_random_long(void) { return (unsigned long)get_random_u64(); }
static inline unsigned int get_random_int(void) { return get_random_u32(); }
static inline u32 get_random_u32_below(u32 ceil) { return (u32)((u64)get_random_u32() * ceil >> 32); }
static inline u32 prandom_u32(void) { return get_random_u32(); }
struct rnd_state { u32 s1, s2, s3, s4; };
u32 prandom_u32_state(struct rnd_state *state);
void prandom_seed_state(struct rnd_state *state, u64 seed);
#endif
