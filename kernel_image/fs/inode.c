// SPDX-License-Identifier: MIT
/* Inodes: the cache, counts, and times. */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/security.h>
#include <linux/fsnotify.h>
#include <linux/pagemap.h>
#include <linux/cred.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/rculist.h>
#include <linux/timekeeping.h>
#include <linux/sched.h>
#include "internal.h"

#define I_HASH_BITS	8
static struct hlist_head inode_hashtable[1 << I_HASH_BITS];	/* inode_hash_lock */
static DEFINE_SPINLOCK(inode_hash_lock);
static struct kmem_cache *inode_cachep;
static long nr_inodes;
static DECLARE_WAIT_QUEUE_HEAD(inode_wq);			/* for I_NEW to go */
static const struct address_space_operations empty_aops;

static struct hlist_head *hash(struct super_block *sb, unsigned long ino)
{
	unsigned long t = ino + (unsigned long)sb / 64;

	return &inode_hashtable[(t ^ (t >> I_HASH_BITS)) & ((1 << I_HASH_BITS) - 1)];
}

void inode_init_once(struct inode *inode)
{
	memset(inode, 0, sizeof(*inode));
	INIT_LIST_HEAD(&inode->i_io_list);
	INIT_LIST_HEAD(&inode->i_lru);
	INIT_LIST_HEAD(&inode->i_sb_list);
	xa_init(&inode->i_data.i_pages);
}
EXPORT_SYMBOL(inode_init_once);

int inode_init_always(struct super_block *sb, struct inode *inode)
{
	static const struct inode_operations empty_iops;
	static const struct file_operations no_open_fops;
	struct address_space *mapping = &inode->i_data;

	inode_init_once(inode);
	inode->i_sb = sb;
	atomic_set(&inode->i_count, 1);
	inode->i_op = &empty_iops;
	inode->i_fop = &no_open_fops;
	inode->i_nlink = 1;
	if (security_inode_alloc(inode))
		return -ENOMEM;
	spin_lock_init(&inode->i_lock);
	init_rwsem(&inode->i_rwsem);
	mapping->a_ops = &empty_aops;
	mapping->host = inode;
	mapping->gfp_mask = GFP_KERNEL;
	inode->i_mapping = mapping;
	nr_inodes++;
	return 0;
}
EXPORT_SYMBOL(inode_init_always);

void free_inode_nonrcu(struct inode *inode)
{
	kmem_cache_free(inode_cachep, inode);
}
EXPORT_SYMBOL(free_inode_nonrcu);

static void i_callback(struct callback_head *head)
{
	struct inode *inode = container_of(head, struct inode, i_rcu);

	if (inode->i_sb->s_op->free_inode)
		inode->i_sb->s_op->free_inode(inode);
	else
		free_inode_nonrcu(inode);
}

static struct inode *alloc_inode(struct super_block *sb)
{
	struct inode *inode;

	inode = sb->s_op->alloc_inode ? sb->s_op->alloc_inode(sb) : kmem_cache_alloc(inode_cachep, GFP_KERNEL);
	if (!inode)
		return NULL;
	if (inode_init_always(sb, inode)) {
		if (sb->s_op->free_inode)
			sb->s_op->free_inode(inode);
		else
			free_inode_nonrcu(inode);
		return NULL;
	}
	return inode;
}

static void __destroy_inode(struct inode *inode)
{
	security_inode_free(inode);
	locks_free_lock_context(inode);
	nr_inodes--;
}

static void destroy_inode(struct inode *inode)
{
	__destroy_inode(inode);
	call_rcu(&inode->i_rcu, i_callback);
}

void drop_nlink(struct inode *inode) { inode->i_nlink--; }
EXPORT_SYMBOL(drop_nlink);
void clear_nlink(struct inode *inode) { inode->i_nlink = 0; }
EXPORT_SYMBOL(clear_nlink);
void set_nlink(struct inode *inode, unsigned int nlink) { inode->i_nlink = nlink; }
EXPORT_SYMBOL(set_nlink);
void inc_nlink(struct inode *inode) { inode->i_nlink++; }
EXPORT_SYMBOL(inc_nlink);

void ihold(struct inode *inode) { atomic_inc(&inode->i_count); }
EXPORT_SYMBOL(ihold);

static void inode_sb_list_add(struct inode *inode)
{
	spin_lock(&inode->i_sb->s_inode_list_lock);
	list_add(&inode->i_sb_list, &inode->i_sb->s_inodes);
	spin_unlock(&inode->i_sb->s_inode_list_lock);
}

static void inode_sb_list_del(struct inode *inode)
{
	if (!list_empty(&inode->i_sb_list)) {
		spin_lock(&inode->i_sb->s_inode_list_lock);
		list_del_init(&inode->i_sb_list);
		spin_unlock(&inode->i_sb->s_inode_list_lock);
	}
}

unsigned int get_next_ino(void)
{
	static unsigned int last_ino;

	return ++last_ino ? last_ino : ++last_ino;
}
EXPORT_SYMBOL(get_next_ino);

struct inode *new_inode_pseudo(struct super_block *sb)
{
	return alloc_inode(sb);
}

struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode = new_inode_pseudo(sb);

	if (inode)
		inode_sb_list_add(inode);
	return inode;
}
EXPORT_SYMBOL(new_inode);

void __insert_inode_hash(struct inode *inode, unsigned long hashval)
{
	spin_lock(&inode_hash_lock);
	hlist_add_head_rcu(&inode->i_hash, hash(inode->i_sb, hashval));
	spin_unlock(&inode_hash_lock);
}

void insert_inode_hash(struct inode *inode)
{
	__insert_inode_hash(inode, inode->i_ino);
}
EXPORT_SYMBOL(insert_inode_hash);

void __remove_inode_hash(struct inode *inode)
{
	spin_lock(&inode_hash_lock);
	hlist_del_init_rcu(&inode->i_hash);
	spin_unlock(&inode_hash_lock);
}

static struct inode *find_inode_fast(struct super_block *sb, struct hlist_head *head, unsigned long ino)
{
	struct inode *inode;

	hlist_for_each_entry(inode, head, i_hash) {
		if (inode->i_ino != ino || inode->i_sb != sb)
			continue;
		spin_lock(&inode->i_lock);
		if (inode->i_state & (I_FREEING | I_WILL_FREE)) {
			spin_unlock(&inode->i_lock);
			continue;	/* on its way out: it is already unreachable for a new user */
		}
		atomic_inc(&inode->i_count);
		spin_unlock(&inode->i_lock);
		return inode;
	}
	return NULL;
}

struct inode *ilookup(struct super_block *sb, unsigned long ino)
{
	struct inode *inode;

	spin_lock(&inode_hash_lock);
	inode = find_inode_fast(sb, hash(sb, ino), ino);
	spin_unlock(&inode_hash_lock);
	return inode;
}
EXPORT_SYMBOL(ilookup);

/* An inode found, or a new one (I_NEW) that the caller fills and then unlocks. */
struct inode *iget_locked(struct super_block *sb, unsigned long ino)
{
	struct inode *inode = ilookup(sb, ino), *new;

	if (!inode) {
		new = alloc_inode(sb);
		if (!new)
			return NULL;
		spin_lock(&inode_hash_lock);
		inode = find_inode_fast(sb, hash(sb, ino), ino);
		if (!inode) {
			new->i_ino = ino;
			new->i_state = I_NEW;
			hlist_add_head_rcu(&new->i_hash, hash(sb, ino));
			spin_unlock(&inode_hash_lock);
			inode_sb_list_add(new);
			return new;
		}
		spin_unlock(&inode_hash_lock);
		destroy_inode(new);
	}
	wait_event(inode_wq, !(READ_ONCE(inode->i_state) & I_NEW));
	return inode;
}
EXPORT_SYMBOL(iget_locked);

void unlock_new_inode(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	inode->i_state &= ~I_NEW;
	spin_unlock(&inode->i_lock);
	wake_up_all(&inode_wq);
}
EXPORT_SYMBOL(unlock_new_inode);

void iget_failed(struct inode *inode)
{
	clear_nlink(inode);
	unlock_new_inode(inode);
	iput(inode);
}
EXPORT_SYMBOL(iget_failed);

void clear_inode(struct inode *inode)
{
	xa_lock_irq(&inode->i_data.i_pages);
	xa_unlock_irq(&inode->i_data.i_pages);
	inode->i_state = I_FREEING | I_CLEAR;
}
EXPORT_SYMBOL(clear_inode);

static void evict(struct inode *inode)
{
	const struct super_operations *op = inode->i_sb->s_op;

	spin_lock(&inode->i_sb->s_inode_wblist_lock);
	list_del_init(&inode->i_io_list);
	spin_unlock(&inode->i_sb->s_inode_wblist_lock);
	inode_sb_list_del(inode);
	if (op->evict_inode) {
		op->evict_inode(inode);
	} else {
		truncate_inode_pages_final(&inode->i_data);
		clear_inode(inode);
	}
	if (inode->i_hash.pprev)
		__remove_inode_hash(inode);
	destroy_inode(inode);
}

int generic_delete_inode(struct inode *inode)
{
	return 1;
}
EXPORT_SYMBOL(generic_delete_inode);

/* i_lock is held, and released here.  Inodes are not cached without users: names are (fs/dcache.c). */
static void iput_final(struct inode *inode)
{
	const struct super_operations *op = inode->i_sb->s_op;
	bool drop = op->drop_inode ? op->drop_inode(inode) : !inode->i_nlink;

	inode->i_state |= I_WILL_FREE;
	spin_unlock(&inode->i_lock);
	if (!drop)
		write_inode_now(inode, 1);
	spin_lock(&inode->i_lock);
	inode->i_state = (inode->i_state & ~I_WILL_FREE) | I_FREEING;
	spin_unlock(&inode->i_lock);
	evict(inode);
}

void iput(struct inode *inode)
{
	if (!inode)
		return;
	if (atomic_dec_and_lock(&inode->i_count, &inode->i_lock))
		iput_final(inode);
}
EXPORT_SYMBOL(iput);

void evict_inodes(struct super_block *sb)
{
	struct inode *inode, *next;
	LIST_HEAD(dispose);

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry_safe(inode, next, &sb->s_inodes, i_sb_list) {
		if (atomic_read(&inode->i_count) || (inode->i_state & (I_NEW | I_FREEING | I_WILL_FREE)))
			continue;
		inode->i_state |= I_FREEING;
		list_add(&inode->i_lru, &dispose);
	}
	spin_unlock(&sb->s_inode_list_lock);
	list_for_each_entry_safe(inode, next, &dispose, i_lru) {
		list_del_init(&inode->i_lru);
		evict(inode);
	}
}

void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode)
{
	inode->i_uid = current_fsuid();
	inode->i_gid = dir && (dir->i_mode & S_ISGID) ? dir->i_gid : current_fsgid();
	if (dir && (dir->i_mode & S_ISGID) && S_ISDIR(mode))
		mode |= S_ISGID;
	inode->i_mode = mode;
}
EXPORT_SYMBOL(inode_init_owner);

bool inode_owner_or_capable(const struct inode *inode)
{
	return uid_eq(current_fsuid(), inode->i_uid) || capable(CAP_FOWNER);
}
EXPORT_SYMBOL(inode_owner_or_capable);

void lock_two_nondirectories(struct inode *inode1, struct inode *inode2)
{
	if (inode1 > inode2)
		swap(inode1, inode2);
	if (inode1 && !S_ISDIR(inode1->i_mode))
		inode_lock(inode1);
	if (inode2 && !S_ISDIR(inode2->i_mode) && inode2 != inode1)
		inode_lock(inode2);
}

void unlock_two_nondirectories(struct inode *inode1, struct inode *inode2)
{
	if (inode1 && !S_ISDIR(inode1->i_mode))
		inode_unlock(inode1);
	if (inode2 && !S_ISDIR(inode2->i_mode) && inode2 != inode1)
		inode_unlock(inode2);
}

/* --- times --- */

noinline struct timespec64 current_time(struct inode *inode)
{
	struct timespec64 now;

	ktime_get_coarse_real_ts64(&now);
	if (unlikely(!inode->i_sb))
		return now;
	if (inode->i_sb->s_time_gran >= 1000000000)
		now.tv_nsec = 0;
	return now;
}
EXPORT_SYMBOL(current_time);

int generic_update_time(struct inode *inode, struct timespec64 *time, int flags)
{
	if (flags & S_ATIME)
		inode->i_atime = *time;
	if (flags & S_VERSION)
		inode->i_version++;
	if (flags & S_CTIME)
		inode->i_ctime = *time;
	if (flags & S_MTIME)
		inode->i_mtime = *time;
	__mark_inode_dirty(inode, I_DIRTY_TIME);
	return 0;
}
EXPORT_SYMBOL(generic_update_time);

static __always_inline notrace int timespec_cmp(const struct timespec64 *a, const struct timespec64 *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return a->tv_nsec - b->tv_nsec;
}

/* relatime: only if it is not after the last change, or a day old. */
bool atime_needs_update(const struct path *path, struct inode *inode)
{
	struct timespec64 now;

	if ((inode->i_flags & S_NOATIME) || IS_NOATIME(inode) || (path->mnt->mnt_flags & MNT_NOATIME))
		return false;
	now = current_time(inode);
	if (path->mnt->mnt_flags & MNT_RELATIME) {
		if (timespec_cmp(&inode->i_mtime, &inode->i_atime) < 0 &&
		    timespec_cmp(&inode->i_ctime, &inode->i_atime) < 0 &&
		    now.tv_sec - inode->i_atime.tv_sec < 24 * 60 * 60)
			return false;
	}
	return timespec_cmp(&inode->i_atime, &now) != 0;
}

void touch_atime(const struct path *path)
{
	struct inode *inode = d_inode(path->dentry);
	struct timespec64 now;

	if (!atime_needs_update(path, inode))
		return;
	if (__mnt_want_write(path->mnt))
		return;
	now = current_time(inode);
	if (inode->i_op->update_time)
		inode->i_op->update_time(inode, &now, S_ATIME);
	else
		generic_update_time(inode, &now, S_ATIME);
	__mnt_drop_write(path->mnt);
}
EXPORT_SYMBOL(touch_atime);

int file_remove_privs(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct iattr attr = { .ia_valid = ATTR_MODE, .ia_mode = inode->i_mode & ~(S_ISUID | S_ISGID) };

	if (!(inode->i_mode & S_ISUID) && (inode->i_mode & (S_ISGID | 0010)) != (S_ISGID | 0010))
		return 0;
	if (capable(CAP_FSETID))
		return 0;
	return notify_change(file->f_path.dentry, &attr);
}
EXPORT_SYMBOL(file_remove_privs);

int file_update_time(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct timespec64 now = current_time(inode);
	int sync_it = 0;

	if (timespec_cmp(&inode->i_mtime, &now))
		sync_it = S_MTIME;
	if (timespec_cmp(&inode->i_ctime, &now))
		sync_it |= S_CTIME;
	if (!sync_it || __mnt_want_write(file->f_path.mnt))
		return 0;
	if (inode->i_op->update_time)
		inode->i_op->update_time(inode, &now, sync_it);
	else
		generic_update_time(inode, &now, sync_it);
	__mnt_drop_write(file->f_path.mnt);
	return 0;
}
EXPORT_SYMBOL(file_update_time);

int file_modified(struct file *file)
{
	int ret = file_remove_privs(file);

	return ret ? ret : file_update_time(file);
}
EXPORT_SYMBOL(file_modified);

void __init inode_init(void)
{
	inode_cachep = kmem_cache_create("inode_cache", sizeof(struct inode), 0, 0, NULL);
}
