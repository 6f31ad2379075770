// SPDX-License-Identifier: GPL-2.0
/* How much each user has of a memory that cannot be reclaimed. */
#include <linux/cred.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "region.h"

static unsigned long max_region_mb;
module_param(max_region_mb, ulong, 0644);
MODULE_PARM_DESC(max_region_mb, "largest region in MiB (0: half of the memory)");

static unsigned long max_user_mb;
module_param(max_user_mb, ulong, 0644);
MODULE_PARM_DESC(max_user_mb, "what all regions of a user may have in MiB (0: half of the memory)");

struct pgb_user {
	struct list_head list;
	kuid_t uid;
	u64 bytes;
};

static LIST_HEAD(users);
static DEFINE_MUTEX(users_lock);

static u64 limit(unsigned long megabytes)
{
	return megabytes ? (u64)megabytes << 20 : (u64)totalram_pages() / 2 << PAGE_SHIFT;
}

u64 pgb_max_region(void)
{
	/* The bitmap is mapped right behind, see PGBARRIER_OFFSET_HARVEST. */
	return min_t(u64, limit(READ_ONCE(max_region_mb)), PGBARRIER_OFFSET_HARVEST);
}

u64 pgb_max_user(void)
{
	return limit(READ_ONCE(max_user_mb));
}

static struct pgb_user *find(kuid_t uid)
{
	struct pgb_user *user;

	lockdep_assert_held(&users_lock);
	list_for_each_entry(user, &users, list)
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

static struct pgb_user *find_or_add(kuid_t uid)
{
	struct pgb_user *user = find(uid);

	if (user)
		return user;
	user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	if (!user)
		return ERR_PTR(-ENOMEM);
	user->uid = uid;
	list_add(&user->list, &users);
	return user;
}

static void drop_if_unused(struct pgb_user *user)
{
	if (user->bytes)
		return;
	list_del(&user->list);
	kfree(user);
}

/* What the regions of the caller's user have. */
u64 pgb_user_used(void)
{
	struct pgb_user *user;
	u64 bytes;

	mutex_lock(&users_lock);
	user = find(current_uid());
	bytes = user ? user->bytes : 0;
	mutex_unlock(&users_lock);
	return bytes;
}

/**
 * pgb_user_charge - let the caller's user have more
 * @bytes: how much, at least one
 *
 * Return: whom to uncharge in the end, who may have become somebody else by then;
 * -EDQUOT, -ENOMEM.
 */
struct pgb_user *pgb_user_charge(u64 bytes)
{
	u64 most = pgb_max_user();
	struct pgb_user *user;

	mutex_lock(&users_lock);
	user = find_or_add(current_uid());
	if (IS_ERR(user))
		goto out;
	if (bytes > most || user->bytes > most - bytes) {
		drop_if_unused(user);
		user = ERR_PTR(-EDQUOT);
		goto out;
	}
	user->bytes += bytes;
out:
	mutex_unlock(&users_lock);
	return user;
}

void pgb_user_uncharge(struct pgb_user *user, u64 bytes)
{
	mutex_lock(&users_lock);
	user->bytes -= bytes;
	drop_if_unused(user);
	mutex_unlock(&users_lock);
}
