/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_BINFMTS_H
#define _LINUX_BINFMTS_H
#include <linux/types.h>
#include <linux/list.h>

#define BINPRM_BUF_SIZE	256
#define MAX_ARG_STRINGS	64

struct file; struct mm_struct; struct cred; struct filename; struct module;

struct linux_binprm {
	struct mm_struct *mm;
	unsigned long p;		/* how much of the argument area is used */
	unsigned int point_of_no_return:1, have_execfd:1, secureexec:1;
	struct file *executable, *file;
	struct cred *cred;
	int argc, envc;
	const char *filename, *interp;
	char buf[BINPRM_BUF_SIZE];
	char *page;			/* argument strings, one page */
};

struct linux_binfmt {
	struct list_head lh;		/* binfmt_lock */
	struct module *module;
	int (*load_binary)(struct linux_binprm *);
};

void __register_binfmt(struct linux_binfmt *fmt, int insert);
#define register_binfmt(fmt)	__register_binfmt(fmt, 0)
int begin_new_exec(struct linux_binprm *bprm);
void setup_new_exec(struct linux_binprm *bprm);
void finalize_exec(struct linux_binprm *bprm);
int kernel_execve(const char *filename, const char *const *argv, const char *const *envp);
#endif
