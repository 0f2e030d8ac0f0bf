/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_CPUMASK_H
#define _LINUX_CPUMASK_H
#include <linux/bitmap.h>
#include <asm/percpu.h>
/* One word is enough for NR_CPUS. */
typedef struct cpumask { unsigned long bits[1]; } cpumask_t;
typedef struct cpumask cpumask_var_t[1];
extern struct cpumask __cpu_possible_mask, __cpu_online_mask;
#define cpu_possible_mask	((const struct cpumask *)&__cpu_possible_mask)
#define cpu_online_mask		((const struct cpumask *)&__cpu_online_mask)
#define cpu_active_mask		cpu_online_mask
#define cpumask_bits(m)		((m)->bits)
#define cpu_online(cpu)		(__cpu_online_mask.bits[0] >> (cpu) & 1)
#define cpu_possible(cpu)	(__cpu_possible_mask.bits[0] >> (cpu) & 1)
#define num_online_cpus()	(hweight_long(__cpu_online_mask.bits[0]))
static inline void set_cpu_online(unsigned int cpu, bool online)
{
	if (online)
		__cpu_online_mask.bits[0] |= 1UL << cpu;
	else
		__cpu_online_mask.bits[0] &= ~(1UL << cpu);
}
static inline void set_cpu_possible(unsigned int cpu, bool possible)
{
	if (possible)
		__cpu_possible_mask.bits[0] |= 1UL << cpu;
}
static inline void cpumask_set_cpu(unsigned int cpu, struct cpumask *m) { set_bit(cpu, m->bits); }
static inline void cpumask_clear_cpu(int cpu, struct cpumask *m) { clear_bit(cpu, m->bits); }
static inline void __cpumask_set_cpu(unsigned int cpu, struct cpumask *m) { m->bits[0] |= 1UL << cpu; }
static inline void __cpumask_clear_cpu(int cpu, struct cpumask *m) { m->bits[0] &= ~(1UL << cpu); }
static inline bool cpumask_test_cpu(int cpu, const struct cpumask *m) { return m->bits[0] >> cpu & 1; }
static inline bool cpumask_test_and_set_cpu(int cpu, struct cpumask *m) { return test_and_set_bit(cpu, m->bits); }
static inline bool cpumask_test_and_clear_cpu(int cpu, struct cpumask *m) { return test_and_clear_bit(cpu, m->bits); }
static inline void cpumask_clear(struct cpumask *m) { m->bits[0] = 0; }
static inline void cpumask_setall(struct cpumask *m) { m->bits[0] = (1UL << nr_cpu_ids) - 1; }
static inline bool cpumask_empty(const struct cpumask *m) { return !m->bits[0]; }
static inline bool cpumask_equal(const struct cpumask *a, const struct cpumask *b) { return a->bits[0] == b->bits[0]; }
static inline unsigned int cpumask_weight(const struct cpumask *m) { return hweight_long(m->bits[0]); }
static inline void cpumask_copy(struct cpumask *d, const struct cpumask *s) { *d = *s; }
static inline bool cpumask_and(struct cpumask *d, const struct cpumask *a, const struct cpumask *b)
{
	return (d->bits[0] = a->bits[0] & b->bits[0]) != 0;
}
static inline void cpumask_or(struct cpumask *d, const struct cpumask *a, const struct cpumask *b) { d->bits[0] = a->bits[0] | b->bits[0]; }
static inline bool cpumask_andnot(struct cpumask *d, const struct cpumask *a, const struct cpumask *b)
{
	return (d->bits[0] = a->bits[0] & ~b->bits[0]) != 0;
}
static inline bool cpumask_intersects(const struct cpumask *a, const struct cpumask *b) { return (a->bits[0] & b->bits[0]) != 0; }
static inline bool cpumask_subset(const struct cpumask *a, const struct cpumask *b) { return !(a->bits[0] & ~b->bits[0]); }
static inline unsigned int cpumask_first(const struct cpumask *m)
{
	return m->bits[0] ? (unsigned int)__builtin_ctzl(m->bits[0]) : (unsigned int)nr_cpu_ids;
}
static inline unsigned int cpumask_next(int n, const struct cpumask *m) { return find_next_bit(m->bits, nr_cpu_ids, n + 1); }
static inline unsigned int cpumask_any(const struct cpumask *m) { return cpumask_first(m); }
#define cpumask_any_and(a, b)	({ struct cpumask _m; cpumask_and(&_m, a, b); cpumask_first(&_m); })
#define for_each_cpu(cpu, mask) \
	for ((cpu) = -1; (cpu) = cpumask_next((cpu), (mask)), (int)(cpu) < nr_cpu_ids;)
#define for_each_cpu_and(cpu, a, b) for_each_cpu(cpu, a) if (cpumask_test_cpu(cpu, b))
/* As the boot goes on, not all that are possible are on line. */
#undef for_each_possible_cpu
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (int)(cpu) < nr_cpu_ids; (cpu)++)
#undef for_each_online_cpu
#define for_each_online_cpu(cpu) for_each_cpu(cpu, cpu_online_mask)
#define cpumask_of(cpu)		(&(const struct cpumask){ { 1UL << (cpu) } })
#define alloc_cpumask_var(m, f)	((void)(f), true)
#define zalloc_cpumask_var(m, f) (cpumask_clear(*(m)), true)
#define free_cpumask_var(m)	((void)(m))
#endif
