/* SPDX-License-Identifier: MIT */
/* kernel.c - which Linux this is, for what cannot be tried. */
#include "os/kernel.h"

#include <stdlib.h>
#include <sys/utsname.h>

bool pgb_kernel_release_has(const char *release, unsigned major, unsigned minor)
{
	char *end;
	unsigned long found = strtoul(release, &end, 10);

	if (found != major)
		return found > major;
	return *end == '.' && strtoul(end + 1, NULL, 10) >= minor;
}

bool pgb_kernel_scans_swapped_pages(void)
{
	struct utsname name;

	return !uname(&name) && pgb_kernel_release_has(name.release, 6, 9);
}
