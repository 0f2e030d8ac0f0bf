/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_SIGNAL_H
#define _LINUX_SIGNAL_H
#include <linux/signal_types.h>
#include <linux/sched.h>
#include <linux/list.h>

#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGILL		4
#define SIGTRAP		5
#define SIGABRT		6
#define SIGBUS		7
#define SIGFPE		8
#define SIGKILL		9
#define SIGUSR1		10
#define SIGSEGV		11
#define SIGUSR2		12
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGSTKFLT	16
#define SIGCHLD		17
#define SIGCONT		18
#define SIGSTOP		19
#define SIGTSTP		20
#define SIGTTIN		21
#define SIGTTOU		22
#define SIGURG		23
#define SIGXCPU		24
#define SIGXFSZ		25
#define SIGVTALRM	26
#define SIGPROF		27
#define SIGWINCH	28
#define SIGIO		29
#define SIGPWR		30
#define SIGSYS		31
#define SIGRTMIN	32
#define _NSIG		64
#define SIG_DFL		((__sighandler_t)0)
#define SIG_IGN		((__sighandler_t)1)
#define SIG_ERR		((__sighandler_t)-1)
#define SIG_BLOCK	0
#define SIG_UNBLOCK	1
#define SIG_SETMASK	2
#define SA_NOCLDSTOP	0x00000001u
#define SA_NOCLDWAIT	0x00000002u
#define SA_RESTART	0x10000000u
#define SI_USER		0
#define SI_KERNEL	0x80
#define SI_TKILL	(-6)
#define CLD_EXITED	1
#define CLD_KILLED	2
#define SEND_SIG_NOINFO	((struct kernel_siginfo *)0)
#define SEND_SIG_PRIV	((struct kernel_siginfo *)1)
#define is_si_special(info)	((info) <= SEND_SIG_PRIV)

#define sigmask(sig)		(1ull << ((sig) - 1))
static inline void sigemptyset(sigset_t *s) { *s = 0; }
static inline void sigfillset(sigset_t *s) { *s = ~0ull; }
static inline void sigaddset(sigset_t *s, int sig) { *s |= sigmask(sig); }
static inline void sigdelset(sigset_t *s, int sig) { *s &= ~sigmask(sig); }
static inline int sigismember(const sigset_t *s, int sig) { return (*s & sigmask(sig)) != 0; }
static inline void sigdelsetmask(sigset_t *s, u64 mask) { *s &= ~mask; }
static inline bool valid_signal(unsigned long sig) { return sig <= _NSIG; }
static inline void init_sigpending(struct sigpending *p)
{
	p->signal = 0;
	INIT_LIST_HEAD(&p->list);
}
static inline void clear_siginfo(kernel_siginfo_t *info) { __builtin_memset(info, 0, sizeof(*info)); }
#define SIG_KERNEL_IGNORE_MASK	(sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGWINCH) | sigmask(SIGURG))
#define SIG_KERNEL_STOP_MASK	(sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))
#define sig_kernel_ignore(sig)	((sig) < SIGRTMIN && (SIG_KERNEL_IGNORE_MASK & sigmask(sig)))
#define sig_kernel_stop(sig)	((sig) < SIGRTMIN && (SIG_KERNEL_STOP_MASK & sigmask(sig)))
#define sig_kernel_only(sig)	((sig) == SIGKILL || (sig) == SIGSTOP)

int next_signal(struct sigpending *pending, sigset_t *mask);
void flush_sigqueue(struct sigpending *queue);
bool get_signal(struct ksignal *ksig);
void signals_init(void);
void signal_setup_done(int failed, struct ksignal *ksig, int stepping);
int do_send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p, int type);
int group_send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p, int type);
#endif
