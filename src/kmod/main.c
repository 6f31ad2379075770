// SPDX-License-Identifier: GPL-2.0
/* The device, and who does what it is asked for. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "faults.h"
#include "log.h"
#include "planted.h"
#include "region.h"

#define VERSION "0.1.0"

#ifdef PGBARRIER_TEST_FAULTS
unsigned int pgb_test_fault;
module_param_named(test_fault, pgb_test_fault, uint, 0644);
MODULE_PARM_DESC(test_fault, "parts of the protocol to leave out, see planted.h");

unsigned int pgb_test_delay_us;
module_param_named(test_delay_us, pgb_test_delay_us, uint, 0644);
MODULE_PARM_DESC(test_delay_us, "how much to widen the windows of races");
#endif

union argument {
	struct pgbarrier_info info;
	struct pgbarrier_create create;
	struct pgbarrier_harvest harvest;
	struct pgbarrier_range range;
	struct pgbarrier_copy copy;
	struct pgbarrier_clone clone;
	struct pgbarrier_log log;
	struct pgbarrier_log_reset log_reset;
	s32 fd;
};

static int get_info(const struct pgb_region *region, struct pgbarrier_info *info)
{
	*info = (struct pgbarrier_info){
		.abi = PGBARRIER_ABI,
		.page_shift = PAGE_SHIFT,
		.modes = BIT(PGBARRIER_MODE_DIRTY) | BIT(PGBARRIER_MODE_WP) |
			 BIT(PGBARRIER_MODE_SYNC),
		.flags = pgb_harvest_zaps() ? PGBARRIER_INFO_ZAP : 0,
		.max_region = pgb_max_region(),
		.max_user = pgb_max_user(),
		.used = pgb_user_used(),
		.region = pgb_region_is_ready(region) ? region->id : 0,
		.version = VERSION,
	};
	return 0;
}

static long act_on_region(struct pgb_region *region, unsigned int command,
			  union argument *argument)
{
	switch (command) {
	case PGBARRIER_IOC_HARVEST:
		return pgb_harvest(region, &argument->harvest);
	case PGBARRIER_IOC_DISCARD:
		return pgb_pages_discard(region, &argument->range);
	case PGBARRIER_IOC_COPY:
		return pgb_pages_copy(region, &argument->copy);
	case PGBARRIER_IOC_FAULTFD:
		return pgb_faults_open(region);
	case PGBARRIER_IOC_EVENTFD:
		return pgb_faults_set_eventfd(region, argument->fd);
	case PGBARRIER_IOC_RELEASE:
		return pgb_clone_release(region);
	case PGBARRIER_IOC_LOG:
		return pgb_log_open(region, &argument->log);
	case PGBARRIER_IOC_LOG_RESET:
		return pgb_log_reset(region, &argument->log_reset);
	}
	return -ENOTTY;
}

static long act(struct pgb_region *region, unsigned int command, union argument *argument)
{
	switch (command) {
	case PGBARRIER_IOC_INFO:
		return get_info(region, &argument->info);
	case PGBARRIER_IOC_CREATE:
		return pgb_region_create(region, &argument->create);
	case PGBARRIER_IOC_CLONE:
		return pgb_clone(region, &argument->clone);
	}
	return pgb_region_is_ready(region) ? act_on_region(region, command, argument) : -ENXIO;
}

/* Answers are given on failure as well: some say how far it got. */
static long device_ioctl(struct file *file, unsigned int command, unsigned long address)
{
	struct pgb_region *region = file->private_data;
	void __user *user = (void __user *)address;
	size_t size = _IOC_SIZE(command);
	union argument argument = {};
	long result;

	if (_IOC_TYPE(command) != PGBARRIER_IOC_MAGIC || size > sizeof(argument))
		return -ENOTTY;
	if (_IOC_DIR(command) & _IOC_WRITE && copy_from_user(&argument, user, size))
		return -EFAULT;
	result = act(region, command, &argument);
	if (result == -ENOTTY || !(_IOC_DIR(command) & _IOC_READ) ||
	    !copy_to_user(user, &argument, size))
		return result;
	if (command == PGBARRIER_IOC_HARVEST && !result)
		pgb_harvest_undo(region, &argument.harvest);
	return -EFAULT;
}

static int device_open(struct inode *inode, struct file *file)
{
	struct pgb_region *region = pgb_region_new(file);

	if (IS_ERR(region))
		return PTR_ERR(region);
	file->private_data = region;
	/* What maps the file is in the region's own address space. */
	file->f_mapping = region->inode->i_mapping;
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	pgb_region_free(file->private_data);
	return 0;
}

const struct file_operations pgb_device_operations = {
	.owner		= THIS_MODULE,
	.open		= device_open,
	.release	= device_release,
	.mmap		= pgb_mmap,
	.unlocked_ioctl	= device_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

/* The mode is for machines without our udev rule. */
static struct miscdevice device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "pgbarrier",
	.fops	= &pgb_device_operations,
	.mode	= 0600,
};

module_misc_device(device);
MODULE_DESCRIPTION("Page write barrier for garbage collectors");
MODULE_AUTHOR("The pgbarrier authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(VERSION);
