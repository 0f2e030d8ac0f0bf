// SPDX-License-Identifier: MIT
/* Capabilities, as the first of the security modules; and the integrity module, which measures nothing here. */
#include <linux/fs.h>
#include <linux/lsm_hooks.h>
#include <linux/cred.h>
#include <linux/binfmts.h>
#include <linux/capability.h>

static noinline int cap_capable(const struct cred *cred, int cap)
{
	return cap_raised(cred->cap_effective, cap) ? 0 : -EPERM;
}

/* Root's program runs with everything that the bounding set leaves. */
static noinline int cap_bprm_creds_from_file(struct linux_binprm *bprm, struct file *file)
{
	struct cred *new = bprm->cred;

	if (uid_eq(new->euid, GLOBAL_ROOT_UID)) {
		new->cap_permitted.val = new->cap_bset.val | new->cap_inheritable.val;
		new->cap_effective = new->cap_permitted;
	} else {
		new->cap_permitted = new->cap_effective = new->cap_ambient;
	}
	return 0;
}

const struct lsm_info capability_lsm = {
	.name = "capability",
	.capable = cap_capable,
	.bprm_creds_from_file = cap_bprm_creds_from_file,
};

noinline void ima_file_free(struct file *file)
{
	if (!S_ISREG(file_inode(file)->i_mode))
		return;
	barrier();
}

noinline int ima_file_check(struct file *file, int mask)
{
	return file->f_mode & FMODE_OPENED ? 0 : -EACCES;
}

noinline int ima_bprm_check(struct linux_binprm *bprm)
{
	return ima_file_check(bprm->file, MAY_EXEC);
}
