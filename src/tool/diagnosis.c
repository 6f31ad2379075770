/* SPDX-License-Identifier: MIT */
/* diagnosis.c - what `pgbarrier doctor` found, for people and for programs. */
#include "tool/diagnosis.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns: of the label of a row, and of the line. */
#define LABEL 13
#define WIDTH 80

const struct pgb_capability_name pgb_capability_names[] = {
	{PGB_CAP_NO_SIGNALS, "no signals"},
	{PGB_CAP_KERNEL_WRITES, "notices kernel writes"},
	{PGB_CAP_ONE_VMA, "one VMA a range"},
	{PGB_CAP_CONCURRENT, "exact while mutators run"},
	{PGB_CAP_PAGE_PRECISE, "precise to a page"},
	{PGB_CAP_REMAP_SAFE, "memory may be remapped"},
	{PGB_CAP_LOCAL, "of watched memory alone"},
	{PGB_CAP_ANY_MEMORY, "watches any memory"},
	{PGB_CAP_DEVICE_WRITES, "notices device writes"},
	{PGB_CAP_NEEDS_PRIVILEGE, "needs privilege"},
	{0, NULL},
};

/* What libgc does in incremental mode when nobody helps it. */
static const char *stock_baseline(const struct pgb_host *host)
{
	return host->soft_dirty ? "soft-dirty" : "mprotect";
}

static size_t begin_row(const char *label)
{
	printf("%-*s", LABEL, label);
	return LABEL;
}

/*
 * Behind a space if it fits there, with a comma to come, else on the next line.  Returns
 * the column behind it.
 */
static size_t print_together(size_t column, const char *text, size_t length)
{
	if (column > LABEL && column + length + 2 > WIDTH) {
		printf("\n");
		column = begin_row("");
	} else if (column > LABEL) {
		printf(" ");
		column++;
	}
	printf("%.*s", (int)length, text);
	return column + length;
}

static void print_row(const char *label, const char *text)
{
	size_t column = begin_row(label);

	while (*text) {
		size_t length = strcspn(text, " ");

		column = print_together(column, text, length);
		text += length;
		text += strspn(text, " ");
	}
	printf("\n");
}

static const char *errno_words(int status)
{
	return status ? strerror(-status) : "can be opened";
}

static void print_sysctl(const char *name, long value)
{
	if (value < 0)
		printf("%s is not there", name);
	else
		printf("%s=%ld", name, value);
}

static const char *const module_modes[] = {
	[PGBARRIER_MODE_DIRTY] = "dirty",
	[PGBARRIER_MODE_WP] = "wp",
	[PGBARRIER_MODE_SYNC] = "sync",
};

#define MODULE_MODES (sizeof(module_modes) / sizeof(module_modes[0]))

static void print_module(const struct pgb_module *module)
{
	const struct pgbarrier_info *info = &module->info;
	char text[512] = "";
	size_t used;

	if (module->status) {
		print_row("module", module->reason);
		return;
	}
	snprintf(text, sizeof(text), "%.32s, ABI %u, modes", info->version, info->abi);
	for (size_t i = 0; i < MODULE_MODES; i++) {
		used = strlen(text);
		if (info->modes & 1u << i)
			snprintf(text + used, sizeof(text) - used, " %s", module_modes[i]);
	}
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used,
		 "; %llu of %llu MiB in use by this user, regions of up to %llu MiB%s",
		 (unsigned long long)info->used >> 20,
		 (unsigned long long)info->max_user >> 20,
		 (unsigned long long)info->max_region >> 20,
		 info->flags & PGBARRIER_INFO_ZAP
			 ? "; this kernel makes each page fault once a harvest"
			 : "");
	print_row("module", text);
}

static void print_host(const struct pgb_host *host)
{
	printf("kernel       %s %s %s, pages of %ld bytes\n", host->kernel.sysname,
	       host->kernel.release, host->kernel.machine, host->page_size);
	printf("privilege    uid %u; ", (unsigned)host->uid);
	print_sysctl("vm.unprivileged_userfaultfd", host->unprivileged_userfaultfd);
	printf("; /dev/userfaultfd: %s\n", errno_words(host->device));
	printf("memory       ");
	print_sysctl("vm.max_map_count", host->max_map_count);
	printf("\nsoft-dirty   %s; on its own, incremental libgc uses %s here\n",
	       host->soft_dirty ? "yes" : "no", stock_baseline(host));
	print_module(&host->module);
	if (host->libgc.major)
		printf("libgc        %u.%u.%u, %s; design %s\n", host->libgc.major,
		       host->libgc.minor, host->libgc.micro, host->libgc.path,
		       host->libgc.design);
	else
		printf("libgc        none that programs would get (%s)\n",
		       host->libgc.path);
}

static void print_preload(const struct pgb_preload *preload)
{
	if (preload->path)
		printf("preload      %s\n", preload->path);
	else
		printf("preload      missing: neither %s nor %s\n", preload->built,
		       preload->installed);
}

static void print_capabilities(uint32_t capabilities)
{
	size_t column = begin_row("");

	for (const struct pgb_capability_name *n = pgb_capability_names; n->name; n++) {
		if (!(capabilities & n->capability))
			continue;
		if (column > LABEL) {
			printf(",");
			column++;
		}
		column = print_together(column, n->name, strlen(n->name));
	}
	printf("%s\n", column > LABEL ? "" : "no capabilities");
}

static void print_backends(const struct pgb_diagnosis *diagnosis)
{
	printf("\n");
	for (size_t i = 0; i < diagnosis->backend_count; i++) {
		const struct pgb_backend_info *info = &diagnosis->backends[i].info;
		char verdict[sizeof(info->reason) + sizeof("no: ")];

		if (info->status)
			snprintf(verdict, sizeof(verdict), "no: %s", info->reason);
		else
			snprintf(verdict, sizeof(verdict), "yes%s",
				 info->automatic ? "" : ", but only when asked for");
		print_row(info->name, verdict);
		print_row("", info->summary);
		print_capabilities(info->capabilities);
	}
}

static void print_timings(const struct pgb_diagnosis *diagnosis)
{
	char sample[32];

	snprintf(sample, sizeof(sample), "%u MiB, median of %d", PGB_MEASURE_BYTES >> 20,
		 PGB_MEASURE_ROUNDS);
	printf("\n%-19s %11s %14s %14s %14s\n", sample, "arm", "first write",
	       "dirty harvest", "clean harvest");
	for (size_t i = 0; i < diagnosis->backend_count; i++) {
		const struct pgb_diagnosed_backend *backend = &diagnosis->backends[i];

		if (backend->info.status)
			continue;
		printf("%-19s %8.3f ms %6.0f ns/page %6.1f ns/page %6.2f ns/page\n",
		       backend->info.name, backend->timing.arm / 1e6,
		       backend->timing.first_write, backend->timing.dirty_harvest,
		       backend->timing.clean_harvest);
	}
}

/* The preload takes no backend with signals of its own accord: that is what libgc has. */
static const char *fate_of_programs(const struct pgb_diagnosed_backend *chosen)
{
	if (chosen && chosen->info.capabilities & PGB_CAP_NO_SIGNALS)
		return "`pgbarrier run` gives them this barrier";
	return "`pgbarrier run` leaves them as they are, with libgc's own means; a backend "
	       "with signals has to be asked for with --backend";
}

static void print_choice(const struct pgb_diagnosis *diagnosis)
{
	char text[sizeof(diagnosis->because) + 32];

	snprintf(text, sizeof(text), "%s: %s",
		 diagnosis->chosen ? diagnosis->chosen->info.name : "none",
		 diagnosis->because);
	printf("\n");
	print_row("chosen", text);
	print_row("programs", fate_of_programs(diagnosis->chosen));
}

int pgb_diagnosis_print(const struct pgb_diagnosis *diagnosis)
{
	printf("pgbarrier    %s\n", pgb_version());
	print_host(&diagnosis->host);
	print_preload(&diagnosis->preload);
	print_backends(diagnosis);
	print_choice(diagnosis);
	if (diagnosis->measured)
		print_timings(diagnosis);
	return fflush(stdout) ? -errno : 0;
}

/* A negative errno stands for "not there". */
static json_t *number_or_null(long value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static json_t *text_or_null(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;

	return string ? string : json_null();
}

static json_t *libgc_object(const struct pgb_libgc *libgc)
{
	char version[16];

	if (!libgc->major)
		return json_null();
	snprintf(version, sizeof(version), "%u.%u.%u", libgc->major, libgc->minor,
		 libgc->micro);
	return json_pack("{s:s, s:o, s:s}", "version", version, "path",
			 text_or_null(libgc->path), "design", libgc->design);
}

static json_t *module_object(const struct pgb_module *module)
{
	const struct pgbarrier_info *info = &module->info;
	json_t *modes = json_array();

	for (size_t i = 0; i < MODULE_MODES; i++)
		if (info->modes & 1u << i)
			json_array_append_new(modes, json_string(module_modes[i]));
	return json_pack("{s:b, s:o, s:o, s:I, s:o, s:b, s:I, s:I, s:I}", "usable",
			 !module->status, "reason",
			 text_or_null(module->status ? module->reason : NULL), "version",
			 text_or_null(info->version[0] ? info->version : NULL), "abi",
			 (json_int_t)info->abi, "modes", modes, "zap",
			 info->flags & PGBARRIER_INFO_ZAP ? 1 : 0, "max_region",
			 (json_int_t)info->max_region, "max_user",
			 (json_int_t)info->max_user, "used", (json_int_t)info->used);
}

static json_t *capability_array(uint32_t capabilities)
{
	json_t *array = json_array();

	for (const struct pgb_capability_name *n = pgb_capability_names; n->name; n++)
		if (capabilities & n->capability)
			json_array_append_new(array, json_string(n->name));
	return array;
}

static json_t *timing_object(const struct pgb_timing *timing)
{
	return json_pack("{s:f, s:f, s:f, s:f}", "arm_ns", timing->arm,
			 "first_write_ns_per_page", timing->first_write,
			 "dirty_harvest_ns_per_page", timing->dirty_harvest,
			 "clean_harvest_ns_per_page", timing->clean_harvest);
}

static json_t *backend_object(const struct pgb_diagnosed_backend *backend, bool measured)
{
	const struct pgb_backend_info *info = &backend->info;
	json_t *object = json_pack("{s:s, s:s, s:o, s:b, s:b, s:o}", "name", info->name,
				   "summary", info->summary, "capabilities",
				   capability_array(info->capabilities), "automatic",
				   info->automatic, "runs", !info->status, "reason",
				   info->status ? text_or_null(info->reason) : json_null());

	if (measured && !info->status)
		json_object_set_new(object, "timing", timing_object(&backend->timing));
	return object;
}

static json_t *backend_array(const struct pgb_diagnosis *diagnosis)
{
	json_t *array = json_array();

	for (size_t i = 0; i < diagnosis->backend_count; i++)
		json_array_append_new(array, backend_object(&diagnosis->backends[i],
							    diagnosis->measured));
	return array;
}

static json_t *host_object(const struct pgb_host *host)
{
	return json_pack(
		"{s:s, s:s, s:s, s:I, s:I, s:o, s:b, s:o, s:o, s:b, s:s, s:o, s:o}",
		"kernel", host->kernel.sysname, "release", host->kernel.release, "machine",
		host->kernel.machine, "page_size", (json_int_t)host->page_size, "uid",
		(json_int_t)host->uid, "unprivileged_userfaultfd",
		number_or_null(host->unprivileged_userfaultfd), "dev_userfaultfd",
		!host->device, "dev_userfaultfd_reason",
		host->device ? json_string(strerror(-host->device)) : json_null(),
		"max_map_count", number_or_null(host->max_map_count), "soft_dirty",
		host->soft_dirty, "stock_baseline", stock_baseline(host), "libgc",
		libgc_object(&host->libgc), "module", module_object(&host->module));
}

int pgb_diagnosis_print_json(const struct pgb_diagnosis *diagnosis)
{
	const char *chosen = diagnosis->chosen ? diagnosis->chosen->info.name : NULL;
	json_t *root = json_pack("{s:s, s:o, s:o, s:o, s:o, s:s}", "version", pgb_version(),
				 "host", host_object(&diagnosis->host), "preload",
				 text_or_null(diagnosis->preload.path), "backends",
				 backend_array(diagnosis), "chosen", text_or_null(chosen),
				 "because", diagnosis->because);
	int err = json_dumpf(root, stdout, JSON_INDENT(2)) ? -EIO : 0;

	json_decref(root);
	if (!err && (putchar('\n') == EOF || fflush(stdout)))
		err = -errno;
	return err;
}
