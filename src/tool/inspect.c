/* SPDX-License-Identifier: MIT */
/*
 * inspect.c - whether LD_PRELOAD works for a program, told from its file.
 *
 * It works for what ld.so loads, with rights that are not raised by the file, and only
 * for the kind of machine and the C library that the preload was built for, which are
 * those of this command.
 */
#include "tool/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tool/tool.h"

/* What decides, of one ELF file. */
struct image {
	int class;
	unsigned char data;
	GElf_Half machine;
	bool has_soname;       /* a library, as is ld.so itself, which can be run */
	char loader[NAME_MAX]; /* without its folder; empty: none */
};

static bool is_program(const char *path)
{
	struct stat file;

	return !stat(path, &file) && S_ISREG(file.st_mode) && !access(path, X_OK);
}

/* The file that execvp would run. */
static bool find_program(const char *name, char path[PATH_MAX])
{
	const char *folder = getenv("PATH");

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return is_program(path);
	}
	if (!folder)
		folder = "/bin:/usr/bin";
	for (;;) {
		size_t length = strcspn(folder, ":");

		snprintf(path, PATH_MAX, "%.*s%s%s", (int)length, folder, length ? "/" : "",
			 name);
		if (is_program(path))
			return true;
		if (!folder[length])
			return false;
		folder += length + 1;
	}
}

/* The first word behind "#!", if the file begins so. */
static bool find_interpreter(const char *path, char interpreter[PATH_MAX])
{
	char line[PATH_MAX] = "";
	FILE *stream = fopen(path, "re");
	bool found = stream && fgets(line, sizeof(line), stream) && !strncmp(line, "#!", 2);

	if (stream)
		fclose(stream);
	return found && sscanf(line + 2, " %4095s", interpreter) == 1;
}

static void read_loader(Elf *elf, const GElf_Phdr *header, struct image *image)
{
	const Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)header->p_offset,
						    header->p_filesz, ELF_T_BYTE);
	const char *name, *slash;
	size_t length;

	if (!data || !data->d_size)
		return;
	name = data->d_buf;
	length = strnlen(name, data->d_size);
	slash = memrchr(name, '/', length);
	if (slash) {
		length -= (size_t)(slash + 1 - name);
		name = slash + 1;
	}
	snprintf(image->loader, sizeof(image->loader), "%.*s", (int)length, name);
}

static void read_dynamic(Elf *elf, const GElf_Phdr *header, struct image *image)
{
	Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)header->p_offset,
					      header->p_filesz, ELF_T_DYN);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
		if (entry.d_tag == DT_SONAME)
			image->has_soname = true;
}

static int read_headers(Elf *elf, struct image *image)
{
	GElf_Ehdr header;
	size_t count;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header) ||
	    elf_getphdrnum(elf, &count))
		return -ENOEXEC;
	*image = (struct image){
		.class = gelf_getclass(elf),
		.data = header.e_ident[EI_DATA],
		.machine = header.e_machine,
	};
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, (int)i, &segment))
			return -ENOEXEC;
		if (segment.p_type == PT_INTERP)
			read_loader(elf, &segment, image);
		else if (segment.p_type == PT_DYNAMIC)
			read_dynamic(elf, &segment, image);
	}
	return 0;
}

static int read_image(const char *path, struct image *image)
{
	int err = -ENOEXEC;
	Elf *elf;
	int fd;

	elf_version(EV_CURRENT);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf) {
		err = read_headers(elf, image);
		elf_end(elf);
	}
	close(fd);
	return err;
}

/* ld.so ignores LD_PRELOAD where the file gives more rights than the user has. */
static const char *raised_rights(const char *path)
{
	struct stat file;

	if (stat(path, &file))
		return NULL;
	if ((file.st_mode & S_ISUID) && file.st_uid != getuid())
		return "is set-uid";
	if ((file.st_mode & S_ISGID) && (file.st_mode & S_IXGRP) && file.st_gid != getgid())
		return "is set-gid";
	if (getuid() && getxattr(path, "security.capability", NULL, 0) > 0)
		return "has file capabilities";
	return NULL;
}

void pgb_inspect(const char *program)
{
	char script[PATH_MAX], interpreter[PATH_MAX];
	const char *path = script, *raised;
	struct image image = {0}, own = {0};

	if (!find_program(program, script))
		return;
	if (find_interpreter(script, interpreter))
		path = interpreter;
	if (read_image(path, &image) || read_image("/proc/self/exe", &own))
		return;
	raised = raised_rights(path);
	if (image.class != own.class || image.data != own.data ||
	    image.machine != own.machine)
		pgb_say("%s is for another kind of machine than the preload: it runs "
			"without",
			path);
	else if (!image.loader[0] && !image.has_soname)
		pgb_say("%s is a static executable, which ignores LD_PRELOAD: it runs "
			"without the preload",
			path);
	else if (image.loader[0] && strcmp(image.loader, own.loader))
		pgb_say("%s is loaded by %s, but the preload is made for %s: expect it to "
			"fail",
			path, image.loader, own.loader);
	else if (raised)
		pgb_say("%s %s, so ld.so ignores LD_PRELOAD: it runs without the preload",
			path, raised);
}
