/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_KTHREAD_H
#define _LINUX_KTHREAD_H
#include <linux/sched.h>
#include <linux/err.h>
#include <linux/cpumask.h>
#include <linux/completion.h>
struct task_struct *kthread_create_on_node(int (*fn)(void *), void *data, int node, const char *namefmt, ...) __printf(4, 5);
struct task_struct *kthread_create_on_cpu(int (*fn)(void *), void *data, unsigned int cpu, const char *namefmt);
#define kthread_create(fn, data, f...)	kthread_create_on_node(fn, data, -1, f)
#define kthread_run(fn, data, f...) ({ struct task_struct *__k = kthread_create(fn, data, f); if (!IS_ERR(__k)) wake_up_process(__k); __k; })
#define kthread_run_on_cpu(fn, data, cpu, f) ({ struct task_struct *__k = kthread_create_on_cpu(fn, data, cpu, f); if (!IS_ERR(__k)) wake_up_process(__k); __k; })
void kthread_bind(struct task_struct *k, unsigned int cpu);
void kthread_bind_mask(struct task_struct *k, const struct cpumask *mask);
int kthread_stop(struct task_struct *k);
bool kthread_should_stop(void);
bool kthread_should_park(void);
int kthread_park(struct task_struct *k);
void kthread_unpark(struct task_struct *k);
void kthread_parkme(void);
void kthread_exit(long result) __noreturn;
void kthread_complete_and_exit(struct completion *comp, long code) __noreturn;
void *kthread_data(struct task_struct *k);
void *kthread_probe_data(struct task_struct *k);
int kthreadd(void *unused);
extern struct task_struct *kthreadd_task;
void free_kthread_struct(struct task_struct *k);
bool set_kthread_struct(struct task_struct *p);
#endif
