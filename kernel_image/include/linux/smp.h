/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SMP_H
#define _LINUX_SMP_H
#include <linux/types.h>
#include <linux/cpumask.h>
#include <linux/llist.h>
#include <linux/preempt.h>
typedef void (*smp_call_func_t)(void *info);
typedef bool (*smp_cond_func_t)(int cpu, void *info);
struct __call_single_node { struct llist_node llist; unsigned int u_flags; };
#define CSD_FLAG_LOCK		1
#define CSD_TYPE_SYNC		0x10
#define CSD_TYPE_ASYNC		0
#define CSD_TYPE_IRQ_WORK	0x20
#define CSD_TYPE_TTWU		0x30
#define CSD_FLAG_TYPE_MASK	0xf0
struct __call_single_data { struct __call_single_node node; smp_call_func_t func; void *info; };
typedef struct __call_single_data call_single_data_t;
int smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait);
int smp_call_function_single_async(int cpu, struct __call_single_data *csd);
void smp_call_function(smp_call_func_t func, void *info, int wait);
void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait);
int smp_call_function_any(const struct cpumask *mask, smp_call_func_t func, void *info, int wait);
void on_each_cpu_cond_mask(smp_cond_func_t cond, smp_call_func_t func, void *info, bool wait, const struct cpumask *mask);
static inline void on_each_cpu(smp_call_func_t f, void *info, int wait) { on_each_cpu_cond_mask(NULL, f, info, wait, cpu_online_mask); }
static inline void on_each_cpu_mask(const struct cpumask *m, smp_call_func_t f, void *info, bool wait) { on_each_cpu_cond_mask(NULL, f, info, wait, m); }
void generic_smp_call_function_single_interrupt(void);
#define generic_smp_call_function_interrupt generic_smp_call_function_single_interrupt
void __smp_call_single_queue(int cpu, struct llist_node *node);
void flush_smp_call_function_queue(void);
void smp_send_reschedule(int cpu);
void arch_send_call_function_single_ipi(int cpu);
void arch_send_call_function_ipi_mask(const struct cpumask *mask);
void send_call_function_single_ipi(int cpu);
void smp_init(void);
void smp_prepare_boot_cpu(void);
void smp_prepare_cpus(unsigned int max_cpus);
void setup_nr_cpu_ids(void);
void kick_all_cpus_sync(void);
void wake_up_all_idle_cpus(void);
extern unsigned int setup_max_cpus;
#define get_boot_cpu_id()	0
#endif
