// SPDX-License-Identifier: MIT
/* Names in directories. */
#include "ext4.h"

static noinline bool ext4_match(const struct qstr *name, struct ext4_dir_entry_2 *de)
{
	return de->inode && de->name_len == name->len && !memcmp(de->name, name->name, name->len);
}

static __always_inline notrace struct ext4_dir_entry_2 *ext4_next_entry(struct ext4_dir_entry_2 *p)
{
	return (void *)((char *)p + p->rec_len);
}

/* 1: found; 0: not in this block. */
static noinline int ext4_search_dir(struct buffer_head *bh, struct inode *dir, const struct qstr *name,
				    struct ext4_dir_entry_2 **res)
{
	struct ext4_dir_entry_2 *de = (void *)bh->b_data;

	while ((char *)de < bh->b_data + EXT4_DIR_SPACE) {
		if (__ext4_check_dir_entry(dir, de, bh))
			return -EUCLEAN;
		if (ext4_match(name, de)) {
			*res = de;
			return 1;
		}
		de = ext4_next_entry(de);
	}
	return 0;
}

static noinline struct buffer_head *__ext4_find_entry(struct inode *dir, const struct qstr *name,
						      struct ext4_dir_entry_2 **res)
{
	u32 block, nblocks = dir->i_size >> PAGE_SHIFT;

	for (block = 0; block < nblocks; block++) {
		struct buffer_head *bh = __ext4_read_dirblock(dir, block);
		int ret;

		if (IS_ERR(bh))
			return bh;
		ret = ext4_search_dir(bh, dir, name, res);
		if (ret)
			return ret < 0 ? ERR_PTR(ret) : bh;
	}
	return NULL;
}

static noinline struct buffer_head *ext4_find_entry(struct inode *dir, const struct qstr *name,
						    struct ext4_dir_entry_2 **res)
{
	return __ext4_find_entry(dir, name, res);
}

static noinline struct dentry *ext4_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct ext4_dir_entry_2 *de;
	struct inode *inode = NULL;
	struct buffer_head *bh;

	if (dentry->d_name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	bh = ext4_find_entry(dir, &dentry->d_name, &de);
	if (IS_ERR(bh))
		return ERR_CAST(bh);
	if (bh) {
		inode = __ext4_iget(dir->i_sb, de->inode);
		if (IS_ERR(inode))
			return ERR_CAST(inode);
	}
	return d_splice_alias(inode, dentry);
}

/* --- adding --- */

static noinline struct ext4_dir_entry_2 *ext4_find_dest_de(struct inode *dir, struct buffer_head *bh, unsigned int reclen)
{
	struct ext4_dir_entry_2 *de = (void *)bh->b_data;

	while ((char *)de < bh->b_data + EXT4_DIR_SPACE) {
		if (__ext4_check_dir_entry(dir, de, bh))
			return ERR_PTR(-EUCLEAN);
		if ((de->inode ? de->rec_len - EXT4_DIR_REC_LEN(de->name_len) : de->rec_len) >= reclen)
			return de;
		de = ext4_next_entry(de);
	}
	return NULL;
}

static noinline void ext4_insert_dentry(struct inode *inode, struct ext4_dir_entry_2 *de, const struct qstr *name)
{
	if (de->inode) {
		unsigned int used = EXT4_DIR_REC_LEN(de->name_len);
		struct ext4_dir_entry_2 *rest = (void *)((char *)de + used);

		rest->rec_len = de->rec_len - used;
		de->rec_len = used;
		de = rest;
	}
	de->inode = inode->i_ino;
	de->file_type = inode->i_mode >> 12;
	de->name_len = name->len;
	memcpy(de->name, name->name, name->len);
}

static noinline int add_dirent_to_buf(handle_t *handle, const struct qstr *name, struct inode *dir, struct inode *inode,
				      struct buffer_head *bh)
{
	struct ext4_dir_entry_2 *de = ext4_find_dest_de(dir, bh, EXT4_DIR_REC_LEN(name->len));

	if (IS_ERR_OR_NULL(de))
		return de ? PTR_ERR(de) : -ENOSPC;
	__ext4_journal_get_write_access(handle, bh);
	ext4_insert_dentry(inode, de, name);
	dir->i_mtime = dir->i_ctime = current_time(dir);
	dir->i_version++;
	__ext4_mark_inode_dirty(handle, dir);
	return ext4_handle_dirty_dirblock(handle, dir, bh);
}

static noinline void ext4_initialize_dirent_tail(struct buffer_head *bh)
{
	struct ext4_dir_entry_2 *de = (void *)bh->b_data;

	memset(bh->b_data, 0, PAGE_SIZE);
	de->rec_len = EXT4_DIR_SPACE;
}

/* A new, empty block at the end of the directory. */
static noinline struct buffer_head *ext4_append(handle_t *handle, struct inode *inode)
{
	u32 block = inode->i_size >> PAGE_SHIFT;
	struct buffer_head *bh = ext4_bread(handle, inode, block, EXT4_GET_BLOCKS_CREATE);

	if (IS_ERR_OR_NULL(bh))
		return bh ? bh : ERR_PTR(-ENOSPC);
	inode->i_size += PAGE_SIZE;
	ext4_initialize_dirent_tail(bh);
	return bh;
}

static noinline int ext4_add_entry(handle_t *handle, struct dentry *dentry, struct inode *inode)
{
	struct inode *dir = d_inode(dentry->d_parent);
	u32 block, blocks = dir->i_size >> PAGE_SHIFT;
	struct buffer_head *bh;
	int retval;

	for (block = 0; block < blocks; block++) {
		bh = __ext4_read_dirblock(dir, block);
		if (IS_ERR(bh))
			return PTR_ERR(bh);
		retval = add_dirent_to_buf(handle, &dentry->d_name, dir, inode, bh);
		if (retval != -ENOSPC)
			return retval;
	}
	bh = ext4_append(handle, dir);
	if (IS_ERR(bh))
		return PTR_ERR(bh);
	return add_dirent_to_buf(handle, &dentry->d_name, dir, inode, bh);
}

static noinline int ext4_add_nondir(handle_t *handle, struct dentry *dentry, struct inode *inode)
{
	int err = ext4_add_entry(handle, dentry, inode);

	if (!err) {
		d_instantiate(dentry, inode);
		return 0;
	}
	drop_nlink(inode);
	iput(inode);
	return err;
}

static noinline int ext4_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	handle_t *handle = __ext4_journal_start_sb(dir->i_sb, 8);
	struct inode *inode;
	int err;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	inode = __ext4_new_inode(handle, dir, mode);
	err = PTR_ERR_OR_ZERO(inode);
	if (!err)
		err = ext4_add_nondir(handle, dentry, inode);
	__ext4_journal_stop(handle);
	return err;
}

static noinline int ext4_symlink(struct inode *dir, struct dentry *dentry, const char *symname)
{
	handle_t *handle;
	struct inode *inode;
	int err;

	if (strlen(symname) >= sizeof_field(struct ext4_inode, i_symlink))
		return -ENAMETOOLONG;
	handle = __ext4_journal_start_sb(dir->i_sb, 8);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	inode = __ext4_new_inode(handle, dir, S_IFLNK | 0777);
	err = PTR_ERR_OR_ZERO(inode);
	if (!err) {
		inode->i_link = kstrdup(symname, GFP_KERNEL);
		inode->i_size = strlen(symname);
		__ext4_mark_inode_dirty(handle, inode);
		err = ext4_add_nondir(handle, dentry, inode);
	}
	__ext4_journal_stop(handle);
	return err;
}

static noinline int ext4_link(struct dentry *old_dentry, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old_dentry);
	handle_t *handle = __ext4_journal_start_sb(dir->i_sb, 4);
	int err;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	inode->i_ctime = current_time(inode);
	inc_nlink(inode);
	ihold(inode);
	__ext4_mark_inode_dirty(handle, inode);
	err = ext4_add_nondir(handle, dentry, inode);
	__ext4_journal_stop(handle);
	return err;
}

static noinline void ext4_init_dot_dotdot(struct inode *inode, struct buffer_head *bh, unsigned long parent_ino)
{
	struct ext4_dir_entry_2 *de = (void *)bh->b_data;

	*de = (struct ext4_dir_entry_2){ inode->i_ino, EXT4_DIR_REC_LEN(1), 1, DT_DIR };
	memcpy(de->name, ".", 1);
	de = ext4_next_entry(de);
	*de = (struct ext4_dir_entry_2){ parent_ino, EXT4_DIR_SPACE - EXT4_DIR_REC_LEN(1), 2, DT_DIR };
	memcpy(de->name, "..", 2);
	set_nlink(inode, 2);
}

int ext4_init_new_dir(handle_t *handle, struct inode *dir, struct inode *inode)
{
	struct buffer_head *bh = ext4_append(handle, inode);

	if (IS_ERR(bh))
		return PTR_ERR(bh);
	ext4_init_dot_dotdot(inode, bh, dir->i_ino);
	return ext4_handle_dirty_dirblock(handle, inode, bh);
}

static noinline void ext4_inc_count(struct inode *inode)
{
	inc_nlink(inode);
}

static noinline int ext4_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	handle_t *handle = __ext4_journal_start_sb(dir->i_sb, 12);
	struct inode *inode;
	int err;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	inode = __ext4_new_inode(handle, dir, S_IFDIR | mode);
	err = PTR_ERR_OR_ZERO(inode);
	if (err)
		goto out;
	err = ext4_init_new_dir(handle, dir, inode) ?: __ext4_mark_inode_dirty(handle, inode) ?:
	      ext4_add_entry(handle, dentry, inode);
	if (err) {
		clear_nlink(inode);
		iput(inode);
		goto out;
	}
	ext4_inc_count(dir);
	err = __ext4_mark_inode_dirty(handle, dir);
	d_instantiate(dentry, inode);
out:
	__ext4_journal_stop(handle);
	return err;
}

/* --- removing --- */

static noinline int ext4_generic_delete_entry(struct inode *dir, struct ext4_dir_entry_2 *de_del, struct buffer_head *bh)
{
	struct ext4_dir_entry_2 *de = (void *)bh->b_data, *pde = NULL;

	for (; (char *)de < bh->b_data + EXT4_DIR_SPACE; pde = de, de = ext4_next_entry(de)) {
		if (__ext4_check_dir_entry(dir, de, bh))
			return -EUCLEAN;
		if (de != de_del)
			continue;
		if (pde)
			pde->rec_len += de->rec_len;
		de->inode = 0;
		return 0;
	}
	return -ENOENT;
}

static noinline int ext4_delete_entry(handle_t *handle, struct inode *dir, struct ext4_dir_entry_2 *de, struct buffer_head *bh)
{
	int err;

	__ext4_journal_get_write_access(handle, bh);
	err = ext4_generic_delete_entry(dir, de, bh);
	return err ? err : ext4_handle_dirty_dirblock(handle, dir, bh);
}

static noinline int __ext4_unlink(handle_t *handle, struct inode *dir, const struct qstr *name, struct inode *inode)
{
	struct ext4_dir_entry_2 *de;
	struct buffer_head *bh = ext4_find_entry(dir, name, &de);
	int err;

	if (IS_ERR_OR_NULL(bh))
		return bh ? PTR_ERR(bh) : -ENOENT;
	err = ext4_delete_entry(handle, dir, de, bh);
	if (err)
		return err;
	dir->i_ctime = dir->i_mtime = inode->i_ctime = current_time(dir);
	return __ext4_mark_inode_dirty(handle, dir);
}

static noinline int ext4_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	handle_t *handle = __ext4_journal_start_sb(dir->i_sb, 4);
	int err;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	err = __ext4_unlink(handle, dir, &dentry->d_name, inode);
	if (!err) {
		drop_nlink(inode);
		err = __ext4_mark_inode_dirty(handle, inode);
	}
	__ext4_journal_stop(handle);
	return err;
}

static noinline bool ext4_empty_dir(struct inode *inode)
{
	u32 block, blocks = inode->i_size >> PAGE_SHIFT;

	for (block = 0; block < blocks; block++) {
		struct buffer_head *bh = __ext4_read_dirblock(inode, block);
		struct ext4_dir_entry_2 *de;

		if (IS_ERR(bh))
			return true;
		for (de = (void *)bh->b_data; (char *)de < bh->b_data + EXT4_DIR_SPACE; de = ext4_next_entry(de)) {
			if (__ext4_check_dir_entry(inode, de, bh))
				return true;
			if (de->inode && !(de->name_len <= 2 && de->name[0] == '.' && (de->name_len == 1 || de->name[1] == '.')))
				return false;
		}
	}
	return true;
}

static noinline int ext4_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	handle_t *handle;
	int err;

	if (!ext4_empty_dir(inode))
		return -ENOTEMPTY;
	handle = __ext4_journal_start_sb(dir->i_sb, 4);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	err = __ext4_unlink(handle, dir, &dentry->d_name, inode);
	if (!err) {
		clear_nlink(inode);
		inode->i_size = 0;
		drop_nlink(dir);
		err = __ext4_mark_inode_dirty(handle, dir);
	}
	__ext4_journal_stop(handle);
	return err;
}

/* The new name takes over the old one's inode; what it named before loses a link. */
static noinline int ext4_rename(struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
				struct dentry *new_dentry)
{
	struct inode *inode = d_inode(old_dentry), *target = d_inode(new_dentry);
	handle_t *handle = __ext4_journal_start_sb(old_dir->i_sb, 16);
	struct ext4_dir_entry_2 *de;
	struct buffer_head *bh;
	int err = 0;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	if (target) {
		if (S_ISDIR(target->i_mode) && !ext4_empty_dir(target)) {
			err = -ENOTEMPTY;
			goto out;
		}
		bh = ext4_find_entry(new_dir, &new_dentry->d_name, &de);
		err = IS_ERR_OR_NULL(bh) ? -ENOENT : 0;
		if (err)
			goto out;
		de->inode = inode->i_ino;
		de->file_type = inode->i_mode >> 12;
		ext4_handle_dirty_dirblock(handle, new_dir, bh);
		if (S_ISDIR(target->i_mode))
			clear_nlink(target);
		else
			drop_nlink(target);
		__ext4_mark_inode_dirty(handle, target);
	} else {
		err = ext4_add_entry(handle, new_dentry, inode);
		if (err)
			goto out;
	}
	err = __ext4_unlink(handle, old_dir, &old_dentry->d_name, inode);
	if (!err && S_ISDIR(inode->i_mode) && old_dir != new_dir) {
		drop_nlink(old_dir);
		if (!target)
			inc_nlink(new_dir);
		__ext4_mark_inode_dirty(handle, old_dir);
		__ext4_mark_inode_dirty(handle, new_dir);
	}
out:
	__ext4_journal_stop(handle);
	return err;
}

static noinline int ext4_rename2(struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
				 struct dentry *new_dentry, unsigned int flags)
{
	return flags ? -EINVAL : ext4_rename(old_dir, old_dentry, new_dir, new_dentry);
}

static noinline const char *ext4_get_link(struct dentry *dentry, struct inode *inode)
{
	return inode->i_link;
}

const struct inode_operations ext4_dir_inode_operations = {
	.create = ext4_create,
	.lookup = ext4_lookup,
	.link = ext4_link,
	.unlink = ext4_unlink,
	.symlink = ext4_symlink,
	.mkdir = ext4_mkdir,
	.rmdir = ext4_rmdir,
	.rename = ext4_rename2,
	.setattr = ext4_setattr,
	.getattr = ext4_getattr,
};

const struct inode_operations ext4_symlink_inode_operations = {
	.get_link = ext4_get_link,
	.setattr = ext4_setattr,
	.getattr = ext4_getattr,
};
