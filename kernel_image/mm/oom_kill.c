/* SPDX-License-Identifier: MIT */
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>

static noinline_for_trace struct task_struct *select_bad_process(void)
{
	struct task_struct *p, *chosen = NULL;
	unsigned long worst = 0;

	read_lock(&tasklist_lock);
	for_each_process(p) {
		unsigned long pages = p->mm ? p->mm->total_vm : 0;

		if (p->flags & PF_KTHREAD || is_global_init(p) || p->exit_state || pages < worst || !p->mm)
			continue;
		chosen = p;
		worst = pages;
	}
	if (chosen)
		get_task_struct(chosen);
	read_unlock(&tasklist_lock);
	return chosen;
}

static noinline_for_trace void oom_kill_process(struct oom_control *oc, struct task_struct *victim)
{
	printk("Out of memory: Killed process %d (%s)\n", victim->pid, victim->comm);
	do_send_sig_info(SIGKILL, SEND_SIG_PRIV, victim, PIDTYPE_TGID);
}

/* True: something was killed, waiting is worth while. */
bool out_of_memory(struct oom_control *oc)
{
	struct task_struct *victim = select_bad_process();

	if (!victim)
		return false;
	oom_kill_process(oc, victim);
	put_task_struct(victim);
	return true;
}
