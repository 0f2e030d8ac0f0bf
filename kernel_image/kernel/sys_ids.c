/* SPDX-License-Identifier: MIT */
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

SYSCALL_DEFINE0(getuid)
{
	return from_kuid_munged(current_user_ns(), current_uid());
}

SYSCALL_DEFINE0(geteuid)
{
	return from_kuid_munged(current_user_ns(), current_euid());
}

SYSCALL_DEFINE0(getgid)
{
	return from_kgid_munged(current_user_ns(), current_gid());
}

SYSCALL_DEFINE0(getegid)
{
	return from_kgid_munged(current_user_ns(), current_egid());
}

/* Without its root identity a task has no capabilities. */
static noinline_for_trace int set_user(struct cred *new, kuid_t uid)
{
	struct user_struct *user = alloc_uid(uid);

	if (!user)
		return -EAGAIN;
	free_uid(new->user);
	new->user = user;
	return 0;
}

static void fix_capabilities(struct cred *new)
{
	if (new->euid.val)
		new->cap_effective = CAP_EMPTY_SET;
	else
		new->cap_effective = new->cap_permitted;
	if (new->uid.val && new->euid.val && new->suid.val)
		new->cap_permitted = CAP_EMPTY_SET;
}

#define UNCHANGED	((uid_t)-1)

static noinline_for_trace long __sys_setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	const struct cred *old = current_cred();
	struct cred *new;
	long retval = -EPERM;

	new = prepare_creds();
	if (!new)
		return -ENOMEM;
#define ALLOWED(id)	((id) == UNCHANGED || (id) == old->uid.val || (id) == old->euid.val || (id) == old->suid.val)
	if (!(ALLOWED(ruid) && ALLOWED(euid) && ALLOWED(suid)) && !ns_capable(old->user_ns, CAP_SETUID))
		goto error;
	if (ruid != UNCHANGED) {
		new->uid.val = ruid;
		if (ruid != old->uid.val) {
			retval = set_user(new, new->uid);
			if (retval < 0)
				goto error;
		}
	}
	if (euid != UNCHANGED)
		new->euid.val = euid;
	if (suid != UNCHANGED)
		new->suid.val = suid;
	new->fsuid = new->euid;
	fix_capabilities(new);
	return commit_creds(new);
error:
	abort_creds(new);
	return retval;
}

static noinline_for_trace long __sys_setresgid(gid_t rgid, gid_t egid, gid_t sgid)
{
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	if (!ns_capable(&init_user_ns, CAP_SETGID) &&
	    !((rgid == UNCHANGED || rgid == new->gid.val || rgid == new->egid.val || rgid == new->sgid.val) &&
	      (egid == UNCHANGED || egid == new->gid.val || egid == new->egid.val || egid == new->sgid.val) &&
	      (sgid == UNCHANGED || sgid == new->gid.val || sgid == new->egid.val || sgid == new->sgid.val))) {
		abort_creds(new);
		return -EPERM;
	}
	if (rgid != UNCHANGED)
		new->gid.val = rgid;
	if (egid != UNCHANGED)
		new->egid.val = egid;
	if (sgid != UNCHANGED)
		new->sgid.val = sgid;
	new->fsgid = new->egid;
	return commit_creds(new);
}

SYSCALL_DEFINE3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid)
{
	return __sys_setresuid(ruid, euid, suid);
}

SYSCALL_DEFINE3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid)
{
	return __sys_setresgid(rgid, egid, sgid);
}

SYSCALL_DEFINE2(setreuid, uid_t, ruid, uid_t, euid)
{
	return __sys_setresuid(ruid, euid, ruid != UNCHANGED || euid != UNCHANGED ? euid : UNCHANGED);
}

SYSCALL_DEFINE2(setregid, gid_t, rgid, gid_t, egid)
{
	return __sys_setresgid(rgid, egid, egid);
}

SYSCALL_DEFINE1(setuid, uid_t, uid)
{
	return capable(CAP_SETUID) ? __sys_setresuid(uid, uid, uid) : __sys_setresuid(UNCHANGED, uid, UNCHANGED);
}

SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	return capable(CAP_SETGID) ? __sys_setresgid(gid, gid, gid) : __sys_setresgid(UNCHANGED, gid, UNCHANGED);
}

SYSCALL_DEFINE3(getresuid, uid_t __user *, ruid, uid_t __user *, euid, uid_t __user *, suid)
{
	const struct cred *cred = current_cred();

	return put_user(cred->uid.val, ruid) || put_user(cred->euid.val, euid) || put_user(cred->suid.val, suid) ? -EFAULT : 0;
}

SYSCALL_DEFINE3(getresgid, gid_t __user *, rgid, gid_t __user *, egid, gid_t __user *, sgid)
{
	const struct cred *cred = current_cred();

	return put_user(cred->gid.val, rgid) || put_user(cred->egid.val, egid) || put_user(cred->sgid.val, sgid) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(getgroups, int, gidsetsize, gid_t __user *, grouplist)
{
	return gidsetsize < 0 ? -EINVAL : 0;
}

SYSCALL_DEFINE2(setgroups, int, gidsetsize, gid_t __user *, grouplist)
{
	return capable(CAP_SETGID) ? 0 : -EPERM;
}
