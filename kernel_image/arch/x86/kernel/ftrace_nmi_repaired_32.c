// SPDX-License-Identifier: MIT
/*
 * The six steps as 2.6.30 has them.  Before, an NMI could see the flag and write the site while another CPU's NMI,
 * older than the flag, was executing it.  Now the flag is a bit of nmi_running, set only when that is 0.
 */
#include <linux/types.h>
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <asm/barrier.h>
#include <asm/hypercall.h>

#define MOD_CODE_WRITE_FLAG	(1 << 31)

extern void *mod_code_ip;
extern const void *mod_code_newcode;
extern int mod_code_status;
extern atomic_t nmi_running, nmi_update_count;
extern unsigned int nmi_wait_count;
void ftrace_mod_code(void);
void wait_for_nmi(void);
void ftrace_nmi_enter_repaired(void);
int do_ftrace_mod_code_repaired(unsigned long ip, const void *new_code);

void ftrace_nmi_enter_repaired(void)
{
	if (atomic_inc_return(&nmi_running) & MOD_CODE_WRITE_FLAG) {
		ftrace_mod_code();
		atomic_inc(&nmi_update_count);
	}
}

static noinline void wait_for_nmi_and_set_mod_flag(void)
{
	if (!atomic_cmpxchg(&nmi_running, 0, MOD_CODE_WRITE_FLAG))
		return;
	do
		hypercall(HC_YIELD, 0, 0, 0, 0);
	while (atomic_cmpxchg(&nmi_running, 0, MOD_CODE_WRITE_FLAG));
	nmi_wait_count++;
}

static noinline void clear_mod_flag(void)
{
	int old = atomic_read(&nmi_running);

	for (;;) {
		int seen = atomic_cmpxchg(&nmi_running, old, old & ~MOD_CODE_WRITE_FLAG);

		if (seen == old)
			break;
		old = seen;
	}
}

int do_ftrace_mod_code_repaired(unsigned long ip, const void *new_code)
{
	mod_code_ip = (void *)ip;
	mod_code_newcode = new_code;
	smp_mb();
	wait_for_nmi_and_set_mod_flag();
	smp_mb();
	ftrace_mod_code();
	smp_mb();
	clear_mod_flag();
	wait_for_nmi();
	return mod_code_status;
}
