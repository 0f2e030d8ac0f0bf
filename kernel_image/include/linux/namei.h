/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_NAMEI_H
#define _LINUX_NAMEI_H
#include <linux/path.h>
#include <linux/fcntl.h>

#define LOOKUP_FOLLOW		0x0001
#define LOOKUP_DIRECTORY	0x0002
#define LOOKUP_EMPTY		0x4000
#define LOOKUP_PARENT		0x0010
#define LOOKUP_REVAL		0x0020
#define LOOKUP_RCU		0x0040
#define LOOKUP_OPEN		0x0100
#define LOOKUP_CREATE		0x0200
#define LOOKUP_EXCL		0x0400
#define LOOKUP_RENAME_TARGET	0x0800
enum { LAST_NORM, LAST_ROOT, LAST_DOT, LAST_DOTDOT };

#define MAXSYMLINKS	40
#define PATH_MAX	4096
#define NAME_MAX	255

struct filename;
struct qstr;
int user_path_at_empty(int dfd, const char __user *name, unsigned int flags, struct path *path, int *empty);
int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *path);
int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path, struct path *root);
int kern_path(const char *name, unsigned int flags, struct path *path);
struct dentry *kern_path_create(int dfd, const char *name, struct path *path, unsigned int flags);
struct dentry *filename_create(int dfd, struct filename *name, struct path *path, unsigned int flags);
void done_path_create(struct path *path, struct dentry *dentry);
struct dentry *lookup_one_qstr_excl(const struct qstr *name, struct dentry *base, unsigned int flags);
int follow_up(struct path *path);
#endif
