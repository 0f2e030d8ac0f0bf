// SPDX-License-Identifier: MIT
/* Page faults.  Nothing is paged in: an access either has a fixup or is a bug. */
#include <linux/sched.h>
#include <linux/kdebug.h>
#include <linux/printk.h>
#include <linux/entry-common.h>
#include <asm/processor.h>
#include <asm/traps.h>
#include <asm/extable.h>

static noinline void page_fault_oops(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	if (address < 4096)
		pr_alert("BUG: kernel NULL pointer dereference, address: %016lx\n", address);
	else
		pr_alert("BUG: unable to handle page fault for address: %016lx\n", address);
	pr_alert("#PF: supervisor %s in kernel mode\n", error_code & X86_PF_INSTR ? "instruction fetch" :
		 error_code & X86_PF_WRITE ? "write access" : "read access");
	pr_alert("#PF: error_code(0x%04lx) - %s\n", error_code & 0xffff,
		 error_code & X86_PF_PROT ? "permissions violation" : "not-present page");
	die("Oops", regs, error_code);
}

static noinline void kernelmode_fixup_or_oops(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	if (fixup_exception(regs, 14, error_code, address))
		return;
	page_fault_oops(regs, error_code, address);
}

static noinline void bad_area_nosemaphore(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	kernelmode_fixup_or_oops(regs, error_code, address);
}

static noinline void do_kern_addr_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	bad_area_nosemaphore(regs, error_code, address);
}

static noinline void do_user_addr_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	bad_area_nosemaphore(regs, error_code, address);
}

noinstr void exc_page_fault(struct pt_regs *regs, unsigned long error_code)
{
	unsigned long address = read_cr2();
	irqentry_state_t state = irqentry_enter(regs);

	if (address >= PAGE_OFFSET)
		do_kern_addr_fault(regs, error_code, address);
	else
		do_user_addr_fault(regs, error_code, address);
	irqentry_exit(regs, state);
}
