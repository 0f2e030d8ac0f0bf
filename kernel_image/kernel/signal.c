/* SPDX-License-Identifier: MIT */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/security.h>
#include <linux/wait.h>
#include <trace/events/signal.h>

static struct kmem_cache *sigqueue_cachep;

struct sighand_struct init_sighand = {
	.count = REFCOUNT_INIT(1),
	.action = { { { .sa_handler = SIG_DFL } } },
	.signalfd_wqh = __WAIT_QUEUE_HEAD_INITIALIZER(init_sighand.signalfd_wqh),
};
struct signal_struct init_signals = {
	.sigcnt = REFCOUNT_INIT(1),
	.live = ATOMIC_INIT(1),
	.nr_threads = 1,
	.thread_head = LIST_HEAD_INIT(init_signals.thread_head),
	.wait_chldexit = __WAIT_QUEUE_HEAD_INITIALIZER(init_signals.wait_chldexit),
	.shared_pending = { .list = LIST_HEAD_INIT(init_signals.shared_pending.list) },
};

static __sighandler_t sig_handler(struct task_struct *t, int sig)
{
	return t->sighand->action[sig - 1].sa.sa_handler;
}

static bool sig_task_ignored(struct task_struct *t, int sig, bool force)
{
	__sighandler_t handler = sig_handler(t, sig);

	if (unlikely(is_global_init(t) && sig_kernel_only(sig)))
		return true;
	if (unlikely(t->signal->flags & SIGNAL_UNKILLABLE) && handler == SIG_DFL && !(force && sig_kernel_only(sig)))
		return true;
	if (unlikely(t->flags & PF_KTHREAD && handler == (__sighandler_t)2 && !force))
		return true;
	return handler == SIG_IGN || (handler == SIG_DFL && sig_kernel_ignore(sig));
}

static bool sig_ignored(struct task_struct *t, int sig, bool force)
{
	/* A blocked signal may find another handler when it is let in. */
	return !sigismember(&t->blocked, sig) && sig_task_ignored(t, sig, force);
}

static bool recalc_sigpending_tsk(struct task_struct *t)
{
	if (((t->pending.signal | t->signal->shared_pending.signal) & ~t->blocked) != 0) {
		set_tsk_thread_flag(t, TIF_SIGPENDING);
		return true;
	}
	return false;
}

void recalc_sigpending_and_wake(struct task_struct *t)
{
	if (recalc_sigpending_tsk(t))
		signal_wake_up(t, false);
}

void recalc_sigpending(void)
{
	if (!recalc_sigpending_tsk(current))
		clear_tsk_thread_flag(current, TIF_SIGPENDING);
}
EXPORT_SYMBOL(recalc_sigpending);

void calculate_sigpending(void)
{
	spin_lock_irq(&current->sighand->siglock);
	set_tsk_thread_flag(current, TIF_SIGPENDING);
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
}

void signal_wake_up_state(struct task_struct *t, unsigned int state)
{
	set_tsk_thread_flag(t, TIF_SIGPENDING);
	/* If it runs, make it notice at once. */
	if (!wake_up_state(t, state | TASK_INTERRUPTIBLE))
		kick_process(t);
}

/* Not a signal: only what sleeps interruptibly returns -EINTR, as the host does for a caller that gave up. */
void set_notify_signal(struct task_struct *t)
{
	signal_wake_up_state(t, 0);
}

static noinline_for_trace struct sigqueue *__sigqueue_alloc(int sig, struct task_struct *t, gfp_t gfp)
{
	struct sigqueue *q = kmem_cache_alloc(sigqueue_cachep, gfp);

	if (q) {
		INIT_LIST_HEAD(&q->list);
		q->flags = 0;
	}
	return q;
}

static noinline_for_trace void __sigqueue_free(struct sigqueue *q)
{
	kmem_cache_free(sigqueue_cachep, q);
}

void flush_sigqueue(struct sigpending *queue)
{
	queue->signal = 0;
	while (!list_empty(&queue->list)) {
		struct sigqueue *q = list_first_entry(&queue->list, struct sigqueue, list);

		list_del_init(&q->list);
		__sigqueue_free(q);
	}
}

void flush_signals(struct task_struct *t)
{
	unsigned long flags;

	spin_lock_irqsave(&t->sighand->siglock, flags);
	clear_tsk_thread_flag(t, TIF_SIGPENDING);
	flush_sigqueue(&t->pending);
	flush_sigqueue(&t->signal->shared_pending);
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
}
EXPORT_SYMBOL(flush_signals);

void ignore_signals(struct task_struct *t)
{
	for (int i = 0; i < _NSIG; i++)
		t->sighand->action[i].sa.sa_handler = SIG_IGN;
	flush_signals(t);
}
EXPORT_SYMBOL(ignore_signals);

void flush_signal_handlers(struct task_struct *t, int force_default)
{
	for (int i = 0; i < _NSIG; i++) {
		struct k_sigaction *ka = &t->sighand->action[i];

		if (force_default || ka->sa.sa_handler != SIG_IGN)
			ka->sa.sa_handler = SIG_DFL;
		ka->sa.sa_flags = 0;
		ka->sa.sa_mask = 0;
	}
}

struct sighand_struct *__lock_task_sighand(struct task_struct *tsk, unsigned long *flags)
{
	struct sighand_struct *sighand;

	rcu_read_lock();
	for (;;) {
		sighand = rcu_dereference(tsk->sighand);
		if (!sighand)
			break;
		spin_lock_irqsave(&sighand->siglock, *flags);
		if (sighand == tsk->sighand)
			break;
		spin_unlock_irqrestore(&sighand->siglock, *flags);
	}
	rcu_read_unlock();
	return sighand;
}

/* False: nobody would notice.  SIGCONT and stop signals cancel each other. */
static noinline_for_trace bool prepare_signal(int sig, struct task_struct *p, bool force)
{
	struct signal_struct *signal = p->signal;
	struct task_struct *t = p;

	if (signal->flags & SIGNAL_GROUP_EXIT)
		return sig == SIGKILL;
	if (sig == SIGCONT) {
		signal->shared_pending.signal &= ~SIG_KERNEL_STOP_MASK;
		signal->flags &= ~SIGNAL_STOP_STOPPED;
		do {
			t->pending.signal &= ~SIG_KERNEL_STOP_MASK;
			wake_up_state(t, 0x0004);
		} while_each_thread(p, t);
	} else if (sig_kernel_stop(sig)) {
		signal->shared_pending.signal &= ~sigmask(SIGCONT);
	}
	return !sig_ignored(p, sig, force);
}

static bool wants_signal(int sig, struct task_struct *p)
{
	if (sigismember(&p->blocked, sig) || p->flags & PF_EXITING)
		return false;
	return sig == SIGKILL || task_is_running(p) || !signal_pending(p);
}

/* A thread to take it; a fatal one kills the whole group. */
static noinline_for_trace void complete_signal(int sig, struct task_struct *p, enum pid_type type)
{
	struct signal_struct *signal = p->signal;
	struct task_struct *t = p;

	if (!wants_signal(sig, p)) {
		if (type == PIDTYPE_PID || thread_group_empty(p))
			return;
		while_each_thread(p, t)
			if (wants_signal(sig, t))
				break;
		if (t == p)
			return;
	}
	if (sig_handler(p, sig) == SIG_DFL && !sig_kernel_ignore(sig) && !sig_kernel_stop(sig) &&
	    !(signal->flags & SIGNAL_GROUP_EXIT) && (sig == SIGKILL || !(signal->flags & SIGNAL_UNKILLABLE)) &&
	    !sigismember(&t->blocked, sig)) {
		signal->flags = SIGNAL_GROUP_EXIT;
		signal->group_exit_code = sig;
		t = p;
		do {
			sigaddset(&t->pending.signal, SIGKILL);
			signal_wake_up(t, true);
		} while_each_thread(p, t);
		return;
	}
	signal_wake_up(t, sig == SIGKILL);
}

static noinline_for_trace int __send_signal_locked(int sig, struct kernel_siginfo *info, struct task_struct *t, enum pid_type type, bool force)
{
	struct sigpending *pending = type != PIDTYPE_PID ? &t->signal->shared_pending : &t->pending;
	struct sigqueue *q;
	int result = 1;			/* TRACE_SIGNAL_IGNORED */

	if (!prepare_signal(sig, t, force))
		goto ret;
	result = 2;			/* TRACE_SIGNAL_ALREADY_PENDING */
	if (sig < SIGRTMIN && sigismember(&pending->signal, sig))
		goto ret;
	result = 0;
	if (sig != SIGKILL && !(t->flags & PF_KTHREAD)) {
		q = __sigqueue_alloc(sig, t, GFP_ATOMIC);
		if (q) {
			list_add_tail(&q->list, &pending->list);
			if (is_si_special(info)) {
				clear_siginfo(&q->info);
				q->info.si_signo = sig;
				q->info.si_code = info == SEND_SIG_PRIV ? SI_KERNEL : SI_USER;
				q->info.si_pid = info == SEND_SIG_PRIV ? 0 : current->tgid;
				q->info.si_uid = info == SEND_SIG_PRIV ? 0 : current_uid().val;
			} else {
				q->info = *info;
			}
		}
	}
	sigaddset(&pending->signal, sig);
	complete_signal(sig, t, type);
ret:
	trace_signal_generate(sig, info, t, type != PIDTYPE_PID, result);
	return 0;
}

noinline_for_trace int send_signal_locked(int sig, struct kernel_siginfo *info, struct task_struct *t, enum pid_type type)
{
	bool force = info == SEND_SIG_PRIV || (!is_si_special(info) && info->si_code == SI_KERNEL);

	return __send_signal_locked(sig, info, t, type, force);
}

int do_send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p, int type)
{
	unsigned long flags;
	int ret = -ESRCH;

	if (lock_task_sighand(p, &flags)) {
		ret = send_signal_locked(sig, info, p, type);
		unlock_task_sighand(p, &flags);
	}
	return ret;
}

int send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p)
{
	return valid_signal(sig) ? do_send_sig_info(sig, info, p, PIDTYPE_PID) : -EINVAL;
}
EXPORT_SYMBOL(send_sig_info);

int send_sig(int sig, struct task_struct *p, int priv)
{
	return send_sig_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, p);
}
EXPORT_SYMBOL(send_sig);

/* To current, whatever it blocks or ignores. */
int force_sig(int sig)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&current->sighand->siglock, flags);
	if (sig_handler(current, sig) == SIG_IGN || sigismember(&current->blocked, sig)) {
		current->sighand->action[sig - 1].sa.sa_handler = SIG_DFL;
		sigdelset(&current->blocked, sig);
	}
	ret = send_signal_locked(sig, SEND_SIG_PRIV, current, PIDTYPE_PID);
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
	return ret;
}
EXPORT_SYMBOL(force_sig);

/* True: the parent does not want a zombie.  Under tasklist_lock. */
bool do_notify_parent(struct task_struct *tsk, int sig)
{
	struct task_struct *parent = tsk->parent;
	struct kernel_siginfo info;
	struct sighand_struct *psig;
	unsigned long flags;
	bool autoreap = false;

	clear_siginfo(&info);
	info.si_signo = sig;
	info.si_pid = task_pid_nr(tsk);
	info.si_uid = __task_cred(tsk)->uid.val;
	info.si_status = tsk->exit_code & 0x7f;
	info.si_code = info.si_status ? CLD_KILLED : CLD_EXITED;
	if (!info.si_status)
		info.si_status = tsk->exit_code >> 8;
	psig = parent->sighand;
	spin_lock_irqsave(&psig->siglock, flags);
	/* init and the kernel's threads never wait: nothing would collect their children. */
	if (sig == SIGCHLD && (is_global_init(parent) || parent->flags & PF_KTHREAD ||
			       sig_handler(parent, SIGCHLD) == SIG_IGN ||
			       psig->action[SIGCHLD - 1].sa.sa_flags & SA_NOCLDWAIT))
		autoreap = true;
	if (valid_signal(sig) && sig && !autoreap)
		__send_signal_locked(sig, &info, parent, PIDTYPE_TGID, false);
	__wake_up_sync_key(&parent->signal->wait_chldexit, TASK_INTERRUPTIBLE, tsk);
	spin_unlock_irqrestore(&psig->siglock, flags);
	return autoreap || !sig;
}

/* From here on it takes no signal. */
void exit_signals(struct task_struct *tsk)
{
	spin_lock_irq(&tsk->sighand->siglock);
	tsk->flags |= PF_EXITING;
	spin_unlock_irq(&tsk->sighand->siglock);
}

struct sigqueue *sigqueue_collect(struct sigpending *list, int sig, kernel_siginfo_t *info)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, &list->list, list) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
	}
	if (!more)
		sigdelset(&list->signal, sig);
	if (!first)
		return NULL;
	list_del_init(&first->list);
	*info = first->info;
	__sigqueue_free(first);
	return first;
}

__init void signals_init(void)
{
	sigqueue_cachep = KMEM_CACHE(sigqueue, SLAB_PANIC | SLAB_ACCOUNT);
}
