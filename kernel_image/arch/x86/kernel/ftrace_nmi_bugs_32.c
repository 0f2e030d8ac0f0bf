// SPDX-License-Identifier: MIT
/* What ftrace_nmi_32.c would be with one of its steps wrong; nothing leads here unless the host wants it so. */
#include <linux/types.h>
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <asm/hypercall.h>
#include <asm/barrier.h>

extern void *mod_code_ip;
extern const void *mod_code_newcode;
extern int mod_code_write, mod_code_status;
extern atomic_t nmi_running;
void ftrace_mod_code(void);
void wait_for_nmi(void);
int do_ftrace_mod_code_no_wait_before(unsigned long ip, const void *new_code);
int do_ftrace_mod_code_no_wait_after(unsigned long ip, const void *new_code);
int do_ftrace_mod_code_flag_first(unsigned long ip, const void *new_code);
void ftrace_nmi_enter_no_write(void);
void wait_for_nmi_uncounted(void);
void wait_for_nmi_once(void);

/* Without step 3. */
int do_ftrace_mod_code_no_wait_before(unsigned long ip, const void *new_code)
{
	mod_code_ip = (void *)ip;
	mod_code_newcode = new_code;
	smp_wmb();
	WRITE_ONCE(mod_code_write, 1);
	smp_mb();
	ftrace_mod_code();
	smp_wmb();
	WRITE_ONCE(mod_code_write, 0);
	smp_mb();
	wait_for_nmi();
	return mod_code_status;
}

/* Without step 6. */
int do_ftrace_mod_code_no_wait_after(unsigned long ip, const void *new_code)
{
	mod_code_ip = (void *)ip;
	mod_code_newcode = new_code;
	smp_wmb();
	WRITE_ONCE(mod_code_write, 1);
	smp_mb();
	wait_for_nmi();
	smp_mb();
	ftrace_mod_code();
	smp_wmb();
	WRITE_ONCE(mod_code_write, 0);
	smp_mb();
	return mod_code_status;
}

/* Step 2 before step 1. */
int do_ftrace_mod_code_flag_first(unsigned long ip, const void *new_code)
{
	WRITE_ONCE(mod_code_write, 1);
	smp_wmb();
	mod_code_ip = (void *)ip;
	mod_code_newcode = new_code;
	smp_mb();
	wait_for_nmi();
	smp_mb();
	ftrace_mod_code();
	smp_wmb();
	WRITE_ONCE(mod_code_write, 0);
	smp_mb();
	wait_for_nmi();
	return mod_code_status;
}

/* The flag is there, but the NMI does not write. */
void ftrace_nmi_enter_no_write(void)
{
	atomic_inc(&nmi_running);
	smp_mb();
}

/* The shape that wait_for_nmi had before it was cleaned up and counted: not wrong (S7). */
void wait_for_nmi_uncounted(void)
{
	while (atomic_read(&nmi_running))
		hypercall(HC_YIELD, 0, 0, 0, 0);
}

/* A clean-up that went too far. */
void wait_for_nmi_once(void)
{
	if (atomic_read(&nmi_running))
		hypercall(HC_YIELD, 0, 0, 0, 0);
}
