/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_UIDGID_H
#define _LINUX_UIDGID_H
#include <linux/types.h>
typedef struct { uid_t val; } kuid_t;
typedef struct { gid_t val; } kgid_t;
struct user_namespace;
extern struct user_namespace init_user_ns;
#define KUIDT_INIT(v)		(kuid_t){ v }
#define KGIDT_INIT(v)		(kgid_t){ v }
#define GLOBAL_ROOT_UID		KUIDT_INIT(0)
#define GLOBAL_ROOT_GID		KGIDT_INIT(0)
#define INVALID_UID		KUIDT_INIT((uid_t)-1)
#define INVALID_GID		KGIDT_INIT((gid_t)-1)
static inline bool uid_eq(kuid_t a, kuid_t b) { return a.val == b.val; }
static inline bool gid_eq(kgid_t a, kgid_t b) { return a.val == b.val; }
static inline bool uid_valid(kuid_t u) { return u.val != (uid_t)-1; }
static inline bool gid_valid(kgid_t g) { return g.val != (gid_t)-1; }
#define __kuid_val(u)		((u).val)
#define __kgid_val(g)		((g).val)
#define make_kuid(ns, u)	KUIDT_INIT(u)
#define make_kgid(ns, g)	KGIDT_INIT(g)
#define from_kuid(ns, u)	((u).val)
#define from_kgid(ns, g)	((g).val)
#define from_kuid_munged(ns, u)	((u).val)
#define from_kgid_munged(ns, g)	((g).val)
#endif
