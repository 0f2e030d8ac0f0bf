/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_UTSNAME_H
#define _LINUX_UTSNAME_H
#define __NEW_UTS_LEN	64
struct new_utsname {
	char sysname[__NEW_UTS_LEN + 1], nodename[__NEW_UTS_LEN + 1], release[__NEW_UTS_LEN + 1];
	char version[__NEW_UTS_LEN + 1], machine[__NEW_UTS_LEN + 1], domainname[__NEW_UTS_LEN + 1];
};
struct uts_namespace { struct new_utsname name; };
extern struct uts_namespace init_uts_ns;
#define utsname()	(&init_uts_ns.name)
#define init_utsname()	(&init_uts_ns.name)
#endif
