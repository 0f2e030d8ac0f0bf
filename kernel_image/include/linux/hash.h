/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_HASH_H
#define _LINUX_HASH_H
#include <linux/types.h>
#define GOLDEN_RATIO_32	0x61C88647
#define GOLDEN_RATIO_64	0x61C8864680B583EBull
#ifdef __x86_64__
#define GOLDEN_RATIO_PRIME GOLDEN_RATIO_64
#else
#define GOLDEN_RATIO_PRIME GOLDEN_RATIO_32
#endif
static inline u32 __hash_32(u32 val) { return val * GOLDEN_RATIO_32; }
static inline u32 hash_32(u32 val, unsigned int bits) { return __hash_32(val) >> (32 - bits); }
static inline u32 hash_64(u64 val, unsigned int bits)
{
#ifdef __x86_64__
	return val * GOLDEN_RATIO_64 >> (64 - bits);
#else
	return hash_32((u32)val ^ __hash_32(val >> 32), bits);
#endif
}
#ifdef __x86_64__
#define hash_long(val, bits)	hash_64(val, bits)
#else
#define hash_long(val, bits)	hash_32(val, bits)
#endif
static inline u32 hash_ptr(const void *ptr, unsigned int bits) { return hash_long((unsigned long)ptr, bits); }
u64 siphash(const void *data, size_t len, const u64 key[2]);
u32 jhash(const void *key, u32 length, u32 initval);
#endif
