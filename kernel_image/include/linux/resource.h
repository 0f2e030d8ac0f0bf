/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_RESOURCE_H
#define _LINUX_RESOURCE_H
#include <linux/types.h>
struct rlimit { unsigned long rlim_cur, rlim_max; };
#define RLIM_INFINITY	(~0UL)
#define RLIMIT_CPU	0
#define RLIMIT_FSIZE	1
#define RLIMIT_DATA	2
#define RLIMIT_STACK	3
#define RLIMIT_CORE	4
#define RLIMIT_RSS	5
#define RLIMIT_NPROC	6
#define RLIMIT_NOFILE	7
#define RLIMIT_MEMLOCK	8
#define RLIMIT_AS	9
#define RLIM_NLIMITS	16
struct timeval_ { long tv_sec, tv_usec; };
struct rusage {
	struct timeval_ ru_utime, ru_stime;
	long ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt, ru_nswap, ru_inblock, ru_oublock;
	long ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw;
};
struct task_struct;
void getrusage(struct task_struct *p, int who, struct rusage *r);
#define RUSAGE_SELF	0
#define RUSAGE_CHILDREN	(-1)
#endif
