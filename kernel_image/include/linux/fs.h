/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_FS_H
#define _LINUX_FS_H
#include <linux/types.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <linux/path.h>
#include <linux/stat.h>
#include <linux/fcntl.h>
#include <linux/dcache.h>
#include <linux/uio.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/mm_types.h>
#include <linux/uidgid.h>

struct inode; struct file; struct super_block; struct module; struct cred; struct seq_file; struct kstatfs;
struct file_system_type; struct pipe_inode_info; struct poll_table_struct; struct fs_context; struct mount;
struct file_lock_context; struct page; struct folio; struct iattr;

#define MAY_EXEC	0x01
#define MAY_WRITE	0x02
#define MAY_READ	0x04
#define MAY_APPEND	0x08
#define MAY_ACCESS	0x10
#define MAY_OPEN	0x20
#define MAY_CHDIR	0x40
#define MAY_NOT_BLOCK	0x80

#define FMODE_READ	0x1
#define FMODE_WRITE	0x2
#define FMODE_LSEEK	0x4
#define FMODE_PREAD	0x8
#define FMODE_PWRITE	0x10
#define FMODE_EXEC	0x20
#define FMODE_WRITER	0x8000
#define FMODE_CAN_READ	0x20000
#define FMODE_CAN_WRITE	0x40000
#define FMODE_PATH	0x4000
#define FMODE_ATOMIC_POS 0x8000000
#define FMODE_STREAM	0x200000
#define FMODE_OPENED	0x80000
#define FMODE_CREATED	0x100000
#define FMODE_NONOTIFY	0x4000000
#define OPEN_FMODE(flag) ((fmode_t)(((flag) + 1) & O_ACCMODE))
#define ACC_MODE(x)	("\004\002\006\006"[(x) & O_ACCMODE])

#define ATTR_MODE	(1 << 0)
#define ATTR_UID	(1 << 1)
#define ATTR_GID	(1 << 2)
#define ATTR_SIZE	(1 << 3)
#define ATTR_ATIME	(1 << 4)
#define ATTR_MTIME	(1 << 5)
#define ATTR_CTIME	(1 << 6)
#define ATTR_ATIME_SET	(1 << 7)
#define ATTR_MTIME_SET	(1 << 8)
#define ATTR_FILE	(1 << 13)
#define ATTR_OPEN	(1 << 15)

#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2

#define READ		0
#define WRITE		1
#define ITER_DEST	0
#define ITER_SOURCE	1
#define MAX_RW_COUNT	(0x7ffff000UL)
#define MAX_LFS_FILESIZE ((loff_t)0x7ffffffffffffLL)

#define SB_RDONLY	(1 << 0)
#define SB_NOATIME	(1 << 10)
#define SB_KERNMOUNT	(1 << 22)
#define SB_BORN		(1 << 29)
#define SB_ACTIVE	(1 << 30)
#define S_NOATIME	(1 << 1)
#define S_DEAD		(1 << 4)
#define S_PRIVATE	(1 << 9)
#define S_APPEND	(1 << 2)
#define S_IMMUTABLE	(1 << 3)
#define FS_REQUIRES_DEV	1
#define FS_USERNS_MOUNT	8

#define I_DIRTY_SYNC	(1 << 0)
#define I_DIRTY_DATASYNC (1 << 1)
#define I_DIRTY_PAGES	(1 << 2)
#define I_NEW		(1 << 3)
#define I_WILL_FREE	(1 << 4)
#define I_FREEING	(1 << 5)
#define I_CLEAR		(1 << 6)
#define I_DIRTY_TIME	(1 << 11)
#define I_DIRTY_INODE	(I_DIRTY_SYNC | I_DIRTY_DATASYNC)
#define I_DIRTY		(I_DIRTY_INODE | I_DIRTY_PAGES)

#define RAMFS_MAGIC	0x858458f6
#define TMPFS_MAGIC	0x01021994
#define PROC_SUPER_MAGIC 0x9fa0
#define TRACEFS_MAGIC	0x74726163
#define PIPEFS_MAGIC	0x50495045
#define EXT4_SUPER_MAGIC 0xef53

#define MINORBITS	20
#define MKDEV(ma, mi)	(((ma) << MINORBITS) | (mi))

struct filename {
	const char *name;		/* points to iname */
	const char __user *uptr;
	int refcnt;
	char iname[];
};
#define EMBEDDED_NAME_MAX	(4096 - (int)offsetof(struct filename, iname))

struct kiocb {
	struct file *ki_filp;
	loff_t ki_pos;
	int ki_flags;
	u16 ki_ioprio;
};
#define IOCB_APPEND	(1 << 1)
#define IOCB_DSYNC	(1 << 2)
#define IOCB_NOWAIT	(1 << 7)
#define IOCB_WRITE	(1 << 6)

struct address_space_operations {
	int (*writepage)(struct page *page);
	int (*read_folio)(struct file *, struct folio *);
	bool (*dirty_folio)(struct address_space *, struct folio *);
	int (*write_begin)(struct file *, struct address_space *, loff_t pos, unsigned int len, struct page **,
			   void **fsdata);
	int (*write_end)(struct file *, struct address_space *, loff_t pos, unsigned int len, unsigned int copied,
			 struct page *, void *fsdata);
	int (*writepages)(struct address_space *);
};

struct address_space {
	struct inode *host;
	struct xarray i_pages;		/* its own lock */
	unsigned long nrpages;
	const struct address_space_operations *a_ops;
	gfp_t gfp_mask;
	unsigned long flags;
};

struct inode {
	umode_t i_mode;
	unsigned short i_opflags;
	unsigned int i_flags;
	kuid_t i_uid;
	kgid_t i_gid;
	const struct inode_operations *i_op;
	struct super_block *i_sb;
	struct address_space *i_mapping;
	void *i_security;
	unsigned long i_ino;
	unsigned int i_nlink;
	dev_t i_rdev;
	loff_t i_size;
	struct timespec64 i_atime, i_mtime, i_ctime;
	spinlock_t i_lock;		/* i_state, i_dentry, the fsnotify marks */
	u64 i_blocks;
	unsigned long i_state;
	struct rw_semaphore i_rwsem;	/* a directory's entries, a file's data against truncation */
	unsigned long dirtied_when;
	struct hlist_node i_hash;	/* inode_hash_lock */
	struct list_head i_io_list;	/* sb->s_inode_wblist_lock */
	struct list_head i_lru, i_sb_list;
	struct hlist_head i_dentry;
	u64 i_version;
	atomic_t i_count, i_writecount, i_readcount;
	const struct file_operations *i_fop;
	struct file_lock_context *i_flctx;
	struct address_space i_data;
	union { struct pipe_inode_info *i_pipe; char *i_link; };
	u32 i_generation, i_fsnotify_mask;
	struct hlist_head i_fsnotify_marks;
	struct callback_head i_rcu;
	void *i_private;
};

struct file_ra_state { unsigned long start; unsigned int size, ra_pages; loff_t prev_pos; };

struct file {
	struct callback_head f_task_work;
	struct list_head f_delayed;
	struct path f_path;
	struct inode *f_inode;
	const struct file_operations *f_op;
	spinlock_t f_lock;
	atomic_long_t f_count;
	unsigned int f_flags;
	fmode_t f_mode;
	struct mutex f_pos_lock;
	loff_t f_pos;			/* f_pos_lock for files with FMODE_ATOMIC_POS */
	struct pid *f_owner;
	const struct cred *f_cred;
	struct file_ra_state f_ra;
	void *f_security;
	void *private_data;
	struct address_space *f_mapping;
};

struct dir_context;
typedef bool (*filldir_t)(struct dir_context *, const char *, int, loff_t, u64, unsigned int);
struct dir_context { filldir_t actor; loff_t pos; };
#define DT_UNKNOWN	0
#define DT_FIFO		1
#define DT_CHR		2
#define DT_DIR		4
#define DT_REG		8
#define DT_LNK		10

struct file_operations {
	struct module *owner;
	loff_t (*llseek)(struct file *, loff_t, int);
	ssize_t (*read)(struct file *, char __user *, size_t, loff_t *);
	ssize_t (*write)(struct file *, const char __user *, size_t, loff_t *);
	ssize_t (*read_iter)(struct kiocb *, struct iov_iter *);
	ssize_t (*write_iter)(struct kiocb *, struct iov_iter *);
	int (*iterate_shared)(struct file *, struct dir_context *);
	unsigned int (*poll)(struct file *, struct poll_table_struct *);
	long (*unlocked_ioctl)(struct file *, unsigned int, unsigned long);
	int (*open)(struct inode *, struct file *);
	int (*flush)(struct file *, void *id);
	int (*release)(struct inode *, struct file *);
	int (*fsync)(struct file *, loff_t, loff_t, int datasync);
};

struct inode_operations {
	struct dentry *(*lookup)(struct inode *, struct dentry *, unsigned int);
	const char *(*get_link)(struct dentry *, struct inode *);
	int (*permission)(struct inode *, int);
	int (*create)(struct inode *, struct dentry *, umode_t, bool);
	int (*link)(struct dentry *, struct inode *, struct dentry *);
	int (*unlink)(struct inode *, struct dentry *);
	int (*symlink)(struct inode *, struct dentry *, const char *);
	int (*mkdir)(struct inode *, struct dentry *, umode_t);
	int (*rmdir)(struct inode *, struct dentry *);
	int (*mknod)(struct inode *, struct dentry *, umode_t, dev_t);
	int (*rename)(struct inode *, struct dentry *, struct inode *, struct dentry *, unsigned int);
	int (*setattr)(struct dentry *, struct iattr *);
	int (*getattr)(const struct path *, struct kstat *, u32, unsigned int);
	int (*update_time)(struct inode *, struct timespec64 *, int);
};

struct super_operations {
	struct inode *(*alloc_inode)(struct super_block *sb);
	void (*destroy_inode)(struct inode *);
	void (*free_inode)(struct inode *);
	void (*dirty_inode)(struct inode *, int flags);
	int (*write_inode)(struct inode *, int wait);
	int (*drop_inode)(struct inode *);
	void (*evict_inode)(struct inode *);
	void (*put_super)(struct super_block *);
	int (*sync_fs)(struct super_block *sb, int wait);
	int (*statfs)(struct dentry *, struct kstatfs *);
};

struct super_block {
	struct list_head s_list;	/* sb_lock */
	dev_t s_dev;
	unsigned long s_blocksize;
	unsigned char s_blocksize_bits;
	loff_t s_maxbytes;
	struct file_system_type *s_type;
	const struct super_operations *s_op;
	unsigned long s_flags, s_magic;
	struct dentry *s_root;
	struct rw_semaphore s_umount;
	int s_count;			/* sb_lock */
	atomic_t s_active;
	struct hlist_node s_instances;	/* sb_lock */
	int s_writers[3];		/* per kind of write: sb_start_write, page faults, internal */
	void *s_fs_info;
	u32 s_time_gran;
	char s_id[32];
	const struct dentry_operations *s_d_op;
	atomic_long_t s_fsnotify_connectors;
	spinlock_t s_inode_list_lock;
	struct list_head s_inodes;	/* s_inode_list_lock */
	spinlock_t s_inode_wblist_lock;
	struct list_head s_inodes_wb;	/* s_inode_wblist_lock: dirty inodes */
	struct list_head s_mounts;
};

struct file_system_type {
	const char *name;
	int fs_flags;
	int (*init_fs_context)(struct fs_context *);
	void (*kill_sb)(struct super_block *);
	struct module *owner;
	struct file_system_type *next;
	struct hlist_head fs_supers;
};

struct iattr {
	unsigned int ia_valid;
	umode_t ia_mode;
	kuid_t ia_uid;
	kgid_t ia_gid;
	loff_t ia_size;
	struct timespec64 ia_atime, ia_mtime, ia_ctime;
	struct file *ia_file;
};

#define file_inode(f)		((f)->f_inode)
#define file_dentry(f)		((f)->f_path.dentry)
#define i_size_read(i)		((i)->i_size)
#define i_size_write(i, v)	((i)->i_size = (v))
#define i_blocksize(i)		((i)->i_sb->s_blocksize)
#define IS_RDONLY(i)		((i)->i_sb->s_flags & SB_RDONLY)
#define IS_APPEND(i)		((i)->i_flags & S_APPEND)
#define IS_IMMUTABLE(i)		((i)->i_flags & S_IMMUTABLE)
#define IS_NOATIME(i)		(((i)->i_flags & S_NOATIME) || ((i)->i_sb->s_flags & (SB_RDONLY | SB_NOATIME)))
#define IS_DEADDIR(i)		((i)->i_flags & S_DEAD)
#define IS_PRIVATE(i)		((i)->i_flags & S_PRIVATE)
#define __getname()		kmem_cache_alloc(names_cachep, GFP_KERNEL)
#define __putname(n)		kmem_cache_free(names_cachep, (void *)(n))
#define get_file_rcu(x)		atomic_long_inc_not_zero(&(x)->f_count)
#define fops_get(f)		(((f) && try_module_get((f)->owner)) ? (f) : NULL)
#define fops_put(f)		do { if (f) module_put((f)->owner); } while (0)
extern struct kmem_cache *names_cachep;

static __always_inline notrace struct file *get_file(struct file *f) { atomic_long_inc(&f->f_count); return f; }
static __always_inline notrace void inode_lock(struct inode *i) { down_write(&i->i_rwsem); }
static __always_inline notrace void inode_unlock(struct inode *i) { up_write(&i->i_rwsem); }
static __always_inline notrace void inode_lock_shared(struct inode *i) { down_read(&i->i_rwsem); }
static __always_inline notrace void inode_unlock_shared(struct inode *i) { up_read(&i->i_rwsem); }
static __always_inline notrace bool dir_emit(struct dir_context *ctx, const char *name, int len, u64 ino, unsigned type)
{
	return ctx->actor(ctx, name, len, ctx->pos, ino, type);
}

/* super.c, filesystems.c, fs_context.c */
int register_filesystem(struct file_system_type *fs);
int unregister_filesystem(struct file_system_type *fs);
struct file_system_type *get_fs_type(const char *name);
struct file_system_type *get_filesystem(struct file_system_type *fs);
void put_filesystem(struct file_system_type *fs);
struct super_block *sget_fc(struct fs_context *fc, int (*test)(struct super_block *, struct fs_context *),
			    int (*set)(struct super_block *, struct fs_context *));
int get_tree_nodev(struct fs_context *fc, int (*fill_super)(struct super_block *, struct fs_context *));
int get_tree_single(struct fs_context *fc, int (*fill_super)(struct super_block *, struct fs_context *));
int vfs_get_tree(struct fs_context *fc);
void kill_anon_super(struct super_block *sb);
void kill_litter_super(struct super_block *sb);
void generic_shutdown_super(struct super_block *sb);
void deactivate_super(struct super_block *sb);
void deactivate_locked_super(struct super_block *sb);
void iterate_supers(void (*f)(struct super_block *, void *), void *arg);
void sb_start_write(struct super_block *sb);
void sb_end_write(struct super_block *sb);
int get_anon_bdev(dev_t *p);
int vfs_statfs(const struct path *path, struct kstatfs *buf);

/* inode.c */
struct inode *new_inode(struct super_block *sb);
struct inode *new_inode_pseudo(struct super_block *sb);
struct inode *alloc_anon_inode(struct super_block *sb);
struct inode *iget_locked(struct super_block *sb, unsigned long ino);
struct inode *ilookup(struct super_block *sb, unsigned long ino);
void unlock_new_inode(struct inode *inode);
void iget_failed(struct inode *inode);
void iput(struct inode *inode);
void ihold(struct inode *inode);
struct inode *igrab(struct inode *inode);
void clear_inode(struct inode *inode);
void clear_nlink(struct inode *inode);
void set_nlink(struct inode *inode, unsigned int nlink);
void inc_nlink(struct inode *inode);
void drop_nlink(struct inode *inode);
void inode_init_once(struct inode *inode);
int inode_init_always(struct super_block *sb, struct inode *inode);
void free_inode_nonrcu(struct inode *inode);
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode);
void __insert_inode_hash(struct inode *inode, unsigned long hashval);
void insert_inode_hash(struct inode *inode);
void __remove_inode_hash(struct inode *inode);
void evict_inodes(struct super_block *sb);
unsigned int get_next_ino(void);
int generic_delete_inode(struct inode *inode);
void touch_atime(const struct path *path);
bool atime_needs_update(const struct path *path, struct inode *inode);
int file_update_time(struct file *file);
int file_remove_privs(struct file *file);
int file_modified(struct file *file);
struct timespec64 current_time(struct inode *inode);
int generic_update_time(struct inode *inode, struct timespec64 *time, int flags);
bool inode_owner_or_capable(const struct inode *inode);
void lock_two_nondirectories(struct inode *a, struct inode *b);
void unlock_two_nondirectories(struct inode *a, struct inode *b);
static __always_inline notrace void file_accessed(struct file *file)
{
	if (!(file->f_flags & O_NOATIME))
		touch_atime(&file->f_path);
}
#define S_ATIME		1
#define S_MTIME		2
#define S_CTIME		4
#define S_VERSION	8

/* fs-writeback.c, sync.c */
void __mark_inode_dirty(struct inode *inode, int flags);
static __always_inline notrace void mark_inode_dirty(struct inode *i) { __mark_inode_dirty(i, I_DIRTY); }
void sync_inodes_sb(struct super_block *sb);
int write_inode_now(struct inode *inode, int sync);
int sync_filesystem(struct super_block *sb);
int vfs_fsync(struct file *file, int datasync);
int vfs_fsync_range(struct file *file, loff_t start, loff_t end, int datasync);
void ksys_sync(void);

/* namei.c */
struct filename *getname(const char __user *filename);
struct filename *getname_flags(const char __user *filename, int flags, int *empty);
struct filename *getname_kernel(const char *filename);
void putname(struct filename *name);
int inode_permission(struct inode *inode, int mask);
int generic_permission(struct inode *inode, int mask);
int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool want_excl);
int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode);
int vfs_rmdir(struct inode *dir, struct dentry *dentry);
int vfs_unlink(struct inode *dir, struct dentry *dentry);
int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target);
int vfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry);
struct renamedata;
int vfs_rename(struct inode *old_dir, struct dentry *old, struct inode *dir, struct dentry *dentry, unsigned int flags);
struct dentry *lock_rename(struct dentry *p1, struct dentry *p2);
void unlock_rename(struct dentry *p1, struct dentry *p2);

/* open.c, attr.c */
int filp_close(struct file *filp, void *id);
int vfs_open(const struct path *path, struct file *file);
int generic_file_open(struct inode *inode, struct file *filp);
int stream_open(struct inode *inode, struct file *filp);
long do_sys_openat2(int dfd, const char __user *filename, struct open_how *how);
int do_truncate(struct dentry *dentry, loff_t length, unsigned int time_attrs, struct file *filp);
long vfs_truncate(const struct path *path, loff_t length);
int notify_change(struct dentry *dentry, struct iattr *attr);
int setattr_prepare(struct dentry *dentry, struct iattr *attr);
void setattr_copy(struct inode *inode, const struct iattr *attr);
int inode_newsize_ok(const struct inode *inode, loff_t offset);

/* read_write.c */
ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos);
ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos);
ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos);
ssize_t __kernel_read(struct file *file, void *buf, size_t count, loff_t *pos);
ssize_t ksys_read(unsigned int fd, char __user *buf, size_t count);
ssize_t ksys_write(unsigned int fd, const char __user *buf, size_t count);
loff_t vfs_llseek(struct file *file, loff_t offset, int whence);
loff_t generic_file_llseek(struct file *file, loff_t offset, int whence);
loff_t generic_file_llseek_size(struct file *file, loff_t offset, int whence, loff_t maxsize, loff_t eof);
loff_t noop_llseek(struct file *file, loff_t offset, int whence);
loff_t vfs_setpos(struct file *file, loff_t offset, loff_t maxsize);
int rw_verify_area(int rw, struct file *file, const loff_t *ppos, size_t count);
ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from);
int iterate_dir(struct file *file, struct dir_context *ctx);

/* stat.c */
void generic_fillattr(struct inode *inode, struct kstat *stat);
int vfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags);
int vfs_getattr_nosec(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags);
int vfs_fstat(int fd, struct kstat *stat);
int vfs_fstatat(int dfd, const char __user *filename, struct kstat *stat, int flags);

/* libfs.c */
int simple_setattr(struct dentry *dentry, struct iattr *iattr);
int simple_statfs(struct dentry *dentry, struct kstatfs *buf);
struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
int simple_unlink(struct inode *dir, struct dentry *dentry);
int simple_empty(struct dentry *dentry);
int simple_link(struct dentry *old, struct inode *dir, struct dentry *dentry);
int simple_rename(struct inode *od, struct dentry *o, struct inode *nd, struct dentry *n, unsigned int flags);
int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync);
bool noop_dirty_folio(struct address_space *mapping, struct folio *folio);
int dcache_dir_open(struct inode *inode, struct file *file);
int dcache_dir_close(struct inode *inode, struct file *file);
loff_t dcache_dir_lseek(struct file *file, loff_t offset, int whence);
int dcache_readdir(struct file *file, struct dir_context *ctx);
ssize_t generic_read_dir(struct file *filp, char __user *buf, size_t siz, loff_t *ppos);
int always_delete_dentry(const struct dentry *dentry);
const char *simple_get_link(struct dentry *dentry, struct inode *inode);
struct fs_context *init_pseudo(struct fs_context *fc, unsigned long magic);
extern const struct file_operations simple_dir_operations;
extern const struct inode_operations simple_dir_inode_operations, simple_symlink_inode_operations;
extern const struct dentry_operations simple_dentry_operations;

/* anon_inodes.c */
struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags);
int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags);

/* mm/filemap.c */
ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *iter);
ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from);
ssize_t __generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from);
ssize_t generic_perform_write(struct kiocb *iocb, struct iov_iter *from);
ssize_t filemap_read(struct kiocb *iocb, struct iov_iter *iter, ssize_t already_read);

/* exec.c, locks.c, select.c, fcntl.c, backing-dev */
void locks_remove_posix(struct file *filp, void *owner);
void locks_remove_file(struct file *filp);
void locks_free_lock_context(struct inode *inode);
struct backing_dev_info *inode_to_bdi(struct inode *inode);
void file_ra_state_init(struct file_ra_state *ra, struct address_space *mapping);
int deny_write_access(struct file *file);
void allow_write_access(struct file *file);
int get_write_access(struct inode *inode);
void put_write_access(struct inode *inode);
int __get_task_ioprio(struct task_struct *p);
void chrdev_init(void);
int register_chrdev(unsigned int major, const char *name, const struct file_operations *fops);
void init_special_inode(struct inode *inode, umode_t mode, dev_t rdev);
extern const struct file_operations def_chr_fops, pipefifo_fops;
#endif
