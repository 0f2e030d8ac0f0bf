/* SPDX-License-Identifier: MIT */
#include <linux/export.h>
#include <linux/rbtree.h>

enum { RED = 0, BLACK = 1 };

static inline bool is_red(const struct rb_node *n)
{
	return n && !(n->__rb_parent_color & BLACK);
}

static inline void set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->__rb_parent_color = (unsigned long)parent | (n->__rb_parent_color & BLACK);
}

static inline void set_color(struct rb_node *n, unsigned long color)
{
	n->__rb_parent_color = (n->__rb_parent_color & ~1UL) | color;
}

static inline unsigned long color(const struct rb_node *n)
{
	return n->__rb_parent_color & BLACK;
}

/* Puts new where old hangs; old's own links stay. */
static void change_child(struct rb_root *root, struct rb_node *parent, struct rb_node *old, struct rb_node *new)
{
	if (!parent)
		WRITE_ONCE(root->rb_node, new);
	else if (parent->rb_left == old)
		WRITE_ONCE(parent->rb_left, new);
	else
		WRITE_ONCE(parent->rb_right, new);
}

/* The child on the given side takes n's place. */
static void rotate(struct rb_root *root, struct rb_node *n, bool left)
{
	struct rb_node *up = left ? n->rb_right : n->rb_left;
	struct rb_node *mid = left ? up->rb_left : up->rb_right;
	struct rb_node *parent = rb_parent(n);

	if (left) {
		n->rb_right = mid;
		up->rb_left = n;
	} else {
		n->rb_left = mid;
		up->rb_right = n;
	}
	if (mid)
		set_parent(mid, n);
	set_parent(up, parent);
	change_child(root, parent, n, up);
	set_parent(n, up);
}

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *parent, *grand, *uncle;

	while (is_red(parent = rb_parent(node))) {
		bool left;

		grand = rb_parent(parent);
		left = parent == grand->rb_left;
		uncle = left ? grand->rb_right : grand->rb_left;
		if (is_red(uncle)) {
			set_color(uncle, BLACK);
			set_color(parent, BLACK);
			set_color(grand, RED);
			node = grand;
			continue;
		}
		if (node == (left ? parent->rb_right : parent->rb_left)) {
			rotate(root, parent, left);
			parent = node;
		}
		set_color(parent, BLACK);
		set_color(grand, RED);
		rotate(root, grand, !left);
		break;
	}
	set_color(root->rb_node, BLACK);
}
EXPORT_SYMBOL(rb_insert_color);

/* node (perhaps NULL) below parent lacks one black on its paths. */
static void erase_color(struct rb_root *root, struct rb_node *parent, struct rb_node *node)
{
	while (node != root->rb_node && !is_red(node)) {
		bool left = node == parent->rb_left;
		struct rb_node *sibling = left ? parent->rb_right : parent->rb_left;
		struct rb_node *near, *far;

		if (is_red(sibling)) {
			set_color(sibling, BLACK);
			set_color(parent, RED);
			rotate(root, parent, left);
			sibling = left ? parent->rb_right : parent->rb_left;
		}
		near = left ? sibling->rb_left : sibling->rb_right;
		far = left ? sibling->rb_right : sibling->rb_left;
		if (!is_red(near) && !is_red(far)) {
			set_color(sibling, RED);
			node = parent;
			parent = rb_parent(node);
			continue;
		}
		if (!is_red(far)) {
			set_color(near, BLACK);
			set_color(sibling, RED);
			rotate(root, sibling, !left);
			far = sibling;
			sibling = near;
		}
		set_color(sibling, color(parent));
		set_color(parent, BLACK);
		set_color(far, BLACK);
		rotate(root, parent, left);
		return;
	}
	if (node)
		set_color(node, BLACK);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *child, *parent;
	unsigned long removed;

	if (node->rb_left && node->rb_right) {
		struct rb_node *next = node->rb_right;

		while (next->rb_left)
			next = next->rb_left;
		child = next->rb_right;
		parent = rb_parent(next);
		removed = color(next);
		if (parent == node) {
			parent = next;
		} else {
			parent->rb_left = child;
			if (child)
				set_parent(child, parent);
			next->rb_right = node->rb_right;
			set_parent(next->rb_right, next);
		}
		next->rb_left = node->rb_left;
		set_parent(next->rb_left, next);
		change_child(root, rb_parent(node), node, next);
		next->__rb_parent_color = node->__rb_parent_color;
	} else {
		child = node->rb_left ? node->rb_left : node->rb_right;
		parent = rb_parent(node);
		removed = color(node);
		change_child(root, parent, node, child);
		if (child)
			set_parent(child, parent);
	}
	if (removed == BLACK)
		erase_color(root, parent, child);
}
EXPORT_SYMBOL(rb_erase);

static struct rb_node *leftmost(struct rb_node *n)
{
	while (n && n->rb_left)
		n = n->rb_left;
	return n;
}

static struct rb_node *rightmost(struct rb_node *n)
{
	while (n && n->rb_right)
		n = n->rb_right;
	return n;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return leftmost(root->rb_node);
}
EXPORT_SYMBOL(rb_first);

struct rb_node *rb_last(const struct rb_root *root)
{
	return rightmost(root->rb_node);
}
EXPORT_SYMBOL(rb_last);

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *parent;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (node->rb_right)
		return leftmost(node->rb_right);
	while ((parent = rb_parent(node)) && node == parent->rb_right)
		node = parent;
	return parent;
}
EXPORT_SYMBOL(rb_next);

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *parent;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (node->rb_left)
		return rightmost(node->rb_left);
	while ((parent = rb_parent(node)) && node == parent->rb_left)
		node = parent;
	return parent;
}
EXPORT_SYMBOL(rb_prev);

void rb_replace_node(struct rb_node *victim, struct rb_node *new, struct rb_root *root)
{
	*new = *victim;
	if (victim->rb_left)
		set_parent(victim->rb_left, new);
	if (victim->rb_right)
		set_parent(victim->rb_right, new);
	change_child(root, rb_parent(victim), victim, new);
}
EXPORT_SYMBOL(rb_replace_node);

static struct rb_node *deepest(struct rb_node *n)
{
	while (n && (n->rb_left || n->rb_right))
		n = n->rb_left ? n->rb_left : n->rb_right;
	return n;
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return deepest(root->rb_node);
}
EXPORT_SYMBOL(rb_first_postorder);

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = node ? rb_parent(node) : NULL;

	if (parent && node == parent->rb_left && parent->rb_right)
		return deepest(parent->rb_right);
	return parent;
}
EXPORT_SYMBOL(rb_next_postorder);
