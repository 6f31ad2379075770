/* SPDX-License-Identifier: MIT */
/* program.c - the file of a program: where it is, and what is needed to run it. */
#include "tool/program.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_file(const char *path, int mode)
{
	struct stat file;

	return !stat(path, &file) && S_ISREG(file.st_mode) && !access(path, mode);
}

bool pgb_program_find(const char *name, int mode, char path[PATH_MAX])
{
	const char *folder = getenv("PATH");

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return is_file(path, mode);
	}
	if (!folder)
		folder = "/bin:/usr/bin";
	for (;;) {
		size_t length = strcspn(folder, ":");

		snprintf(path, PATH_MAX, "%.*s%s%s", (int)length, folder, length ? "/" : "",
			 name);
		if (is_file(path, mode))
			return true;
		if (!folder[length])
			return false;
		folder += length + 1;
	}
}

bool pgb_program_interpreter(const char *path, char interpreter[PATH_MAX])
{
	char line[PATH_MAX] = "##";
	FILE *stream = fopen(path, "re");
	bool found = stream && fgets(line, sizeof(line), stream) && !strncmp(line, "#!", 2);
	const char *name = line + 2;

	if (stream)
		fclose(stream);
	/* As the kernel cuts it: a carriage return belongs to the name. */
	name += strspn(name, " \t");
	snprintf(interpreter, PATH_MAX, "%.*s", (int)strcspn(name, " \t\n"), name);
	return found && interpreter[0];
}

static void read_loader(Elf *elf, const GElf_Phdr *header, struct pgb_image *image)
{
	const Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)header->p_offset,
						    header->p_filesz, ELF_T_BYTE);

	if (data && data->d_size)
		snprintf(image->loader, sizeof(image->loader), "%.*s",
			 (int)strnlen(data->d_buf, data->d_size),
			 (const char *)data->d_buf);
}

static void read_dynamic(Elf *elf, const GElf_Phdr *header, struct pgb_image *image)
{
	Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)header->p_offset,
					      header->p_filesz, ELF_T_DYN);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
		if (entry.d_tag == DT_SONAME)
			image->has_soname = true;
}

static int read_headers(Elf *elf, struct pgb_image *image)
{
	GElf_Ehdr header;
	size_t count;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header) ||
	    elf_getphdrnum(elf, &count))
		return -ENOEXEC;
	*image = (struct pgb_image){
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

int pgb_program_image(const char *path, struct pgb_image *image)
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
