// SPDX-License-Identifier: MIT
/*
 * Changing call sites while NMIs may arrive, as the tip tree of November 2008 did it.  stop_machine holds the other
 * CPUs with their interrupts off, which no NMI heeds: its handlers run code whose sites are being changed, on the
 * CPU that changes them and on the others.  An NMI that comes while a site is half written therefore writes it first.
 * Nothing here has a call site of its own.
 */
#include <linux/ftrace.h>
#include <linux/types.h>
#include <linux/errno.h>
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/uaccess.h>
#include <asm/barrier.h>
#include <asm/hypercall.h>
#include <asm/ftrace_nmi.h>

#define MCOUNT_INSN_SIZE	5
#define __noipa		__attribute__((noipa))	/* calls may be led elsewhere */

/* What the host asks for. */
struct ftrace_mod {
	unsigned long ip;
	u8 old_code[MCOUNT_INSN_SIZE];
	u8 new_code[MCOUNT_INSN_SIZE];
};

/* Written by the CPU that patches; the status by whoever writes the site, and all of them write the same. */
void *mod_code_ip;
const void *mod_code_newcode;
int mod_code_write;
int mod_code_status;
atomic_t nmi_running;		/* NMIs in progress, on all CPUs */
unsigned int nmi_wait_count;	/* how often patching had to wait for one */
atomic_t nmi_update_count;	/* how often one wrote a site */
unsigned int ftrace_mods_done;
int ftrace_machine_stopped;	/* the host's */

/* Steps 4, and what an NMI does instead. */
__noipa void ftrace_mod_code(void)
{
	const u8 *code = mod_code_newcode;
	u8 *ip = mod_code_ip;

	/* five bytes are two stores: what an NMI between them sees is half of a site */
	if (__put_user_size(ip, code, 4) || __put_user_size(ip + 4, code + 4, 1))
		mod_code_status = -EFAULT;
	else
		mod_code_status = 0;
}

/* First and last thing in an NMI. */
void ftrace_nmi_enter(void)
{
	atomic_inc(&nmi_running);
	/* whoever patches must see this NMI before it looks at the flag */
	smp_mb();
	if (READ_ONCE(mod_code_write)) {
		ftrace_mod_code();
		atomic_inc(&nmi_update_count);
	}
}

void ftrace_nmi_exit(void)
{
	/* all that this NMI executed is behind it */
	smp_mb();
	atomic_dec(&nmi_running);
}

__noipa void wait_for_nmi(void)
{
	if (!atomic_read(&nmi_running))
		return;
	do
		hypercall(HC_YIELD, 0, 0, 0, 0);
	while (atomic_read(&nmi_running));
	nmi_wait_count++;
}

__noipa int do_ftrace_mod_code(unsigned long ip, const void *new_code)
{
	/* 1: what to write where */
	mod_code_ip = (void *)ip;
	mod_code_newcode = new_code;
	smp_wmb();
	/* 2: from now on NMIs write it before they do anything else */
	WRITE_ONCE(mod_code_write, 1);
	smp_mb();
	/* 3: NMIs that began earlier did not, and may be executing the old site */
	wait_for_nmi();
	smp_mb();
	/* 4: whoever executes the site now has written the same bytes himself */
	ftrace_mod_code();
	smp_wmb();
	/* 5 */
	WRITE_ONCE(mod_code_write, 0);
	smp_mb();
	/* 6: an NMI that saw the flag may still read the two, which are about to change for the next site */
	wait_for_nmi();
	return mod_code_status;
}

__noipa int ftrace_modify_code(unsigned long ip, const u8 *old_code, const u8 *new_code)
{
	u32 first;
	u8 last;

	if (__get_user_size(&first, (void *)ip, 4) || __get_user_size(&last, (void *)(ip + 4), 1))
		return -EFAULT;
	if (first != *(const u32 *)old_code || last != old_code[4])
		return -EINVAL;
	if (do_ftrace_mod_code(ip, new_code))
		return -EPERM;
	return 0;
}

/* Called by the host; what it has changed when one fails is in ftrace_mods_done. */
int ftrace_modify_all(const struct ftrace_mod *mods, unsigned int count)
{
	for (ftrace_mods_done = 0; ftrace_mods_done < count; ftrace_mods_done++) {
		const struct ftrace_mod *mod = &mods[ftrace_mods_done];
		int err = ftrace_modify_code(mod->ip, mod->old_code, mod->new_code);

		if (err)
			return err;
	}
	return 0;
}

/* Where the other CPUs are meanwhile, interrupts off: the host has sent them here from wherever they were. */
void ftrace_wait_stopped(void)
{
	while (READ_ONCE(ftrace_machine_stopped))
		hypercall(HC_YIELD, 0, 0, 0, 0);
}

ABI_DEFS(ftrace_nmi)
{
	ABI_SIZE(ftrace_mod);
	ABI_OFFSET(ftrace_mod, ip);
	ABI_OFFSET(ftrace_mod, old_code);
	ABI_OFFSET(ftrace_mod, new_code);
}
