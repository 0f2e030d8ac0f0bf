/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_NMI_H
#define _LINUX_NMI_H
#include <asm/nmi.h>
#define touch_nmi_watchdog()		do { } while (0)
#define touch_softlockup_watchdog()	do { } while (0)
#define touch_all_softlockup_watchdogs() do { } while (0)
#endif
