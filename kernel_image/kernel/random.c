/* SPDX-License-Identifier: MIT */
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <asm/setup.h>

/* xoshiro256**: not secret, and not meant to be; the same seed gives the same run. */
static u64 state[4];		/* base_lock */
static DEFINE_SPINLOCK(base_lock);
static bool ready;

static u64 splitmix64(u64 *x)
{
	u64 z = *x += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

void random_init(u64 seed)
{
	for (int i = 0; i < 4; i++)
		state[i] = splitmix64(&seed);
	ready = true;
}

static noinline_for_trace u64 crng_make_state(void)
{
	unsigned long flags;
	u64 result, t;

	spin_lock_irqsave(&base_lock, flags);
	if (!ready)
		random_init(boot_params.seed);
	result = rol64(state[1] * 5, 7) * 9;
	t = state[1] << 17;
	state[2] ^= state[0];
	state[3] ^= state[1];
	state[1] ^= state[2];
	state[0] ^= state[3];
	state[2] ^= t;
	state[3] = rol64(state[3], 45);
	spin_unlock_irqrestore(&base_lock, flags);
	return result;
}

void get_random_bytes(void *buf, size_t len)
{
	for (char *p = buf; len;) {
		u64 word = crng_make_state();
		size_t n = min_t(size_t, len, sizeof(word));

		memcpy(p, &word, n);
		p += n;
		len -= n;
	}
}
EXPORT_SYMBOL(get_random_bytes);

u32 get_random_u32(void)
{
	return crng_make_state() >> 32;
}
EXPORT_SYMBOL(get_random_u32);

u64 get_random_u64(void)
{
	return crng_make_state();
}
EXPORT_SYMBOL(get_random_u64);

void prandom_seed_state(struct rnd_state *s, u64 seed)
{
	s->s1 = splitmix64(&seed) | 2;
	s->s2 = splitmix64(&seed) | 8;
	s->s3 = splitmix64(&seed) | 16;
	s->s4 = splitmix64(&seed) | 128;
}
EXPORT_SYMBOL(prandom_seed_state);

/* Taus113. */
u32 prandom_u32_state(struct rnd_state *s)
{
	s->s1 = (s->s1 & ~1u) << 18 ^ ((s->s1 << 6 ^ s->s1) >> 13);
	s->s2 = (s->s2 & ~7u) << 2 ^ ((s->s2 << 2 ^ s->s2) >> 27);
	s->s3 = (s->s3 & ~15u) << 7 ^ ((s->s3 << 13 ^ s->s3) >> 21);
	s->s4 = (s->s4 & ~127u) << 13 ^ ((s->s4 << 3 ^ s->s4) >> 12);
	return s->s1 ^ s->s2 ^ s->s3 ^ s->s4;
}
EXPORT_SYMBOL(prandom_u32_state);

SYSCALL_DEFINE3(getrandom, char __user *, ubuf, size_t, len, unsigned int, flags)
{
	u8 block[64];
	size_t done = 0;

	if (flags & ~7u)
		return -EINVAL;
	while (done < len) {
		size_t n = min_t(size_t, len - done, sizeof(block));

		get_random_bytes(block, n);
		if (copy_to_user(ubuf + done, block, n))
			return done ? (long)done : -EFAULT;
		done += n;
		cond_resched();
	}
	return done;
}
