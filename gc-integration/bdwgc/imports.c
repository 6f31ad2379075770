/* SPDX-License-Identifier: MIT */
/* imports.c - redirect what one shared object calls, and nobody else's calls. */
#include "imports.h"

#include <atomic_ops.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "os/memory.h"

#if defined(__x86_64__)
#define IMPORT_CALL R_X86_64_JUMP_SLOT
#define IMPORT_DATA R_X86_64_GLOB_DAT
#elif defined(__aarch64__)
#define IMPORT_CALL R_AARCH64_JUMP_SLOT
#define IMPORT_DATA R_AARCH64_GLOB_DAT
#else
#define IMPORT_CALL (-1)
#define IMPORT_DATA (-1)
#endif

/* What of an object's dynamic section is needed to find its imports. */
struct tables {
	uintptr_t base;
	const ElfW(Sym) * symbols;
	const char *names;
	const ElfW(Rela) * calls;
	size_t calls_size;
	const ElfW(Rela) * data;
	size_t data_size;
	bool other_kind;
};

/* glibc has relocated most pointers of a dynamic section already, but not on every port. */
static const void *pointer(const struct tables *tables, ElfW(Addr) address)
{
	return (const void *)(address < tables->base ? address + tables->base : address);
}

static void read_dynamic(struct tables *tables, const ElfW(Dyn) * entry)
{
	for (; entry->d_tag != DT_NULL; entry++) {
		switch (entry->d_tag) {
		case DT_SYMTAB:
			tables->symbols = pointer(tables, entry->d_un.d_ptr);
			break;
		case DT_STRTAB:
			tables->names = pointer(tables, entry->d_un.d_ptr);
			break;
		case DT_JMPREL:
			tables->calls = pointer(tables, entry->d_un.d_ptr);
			break;
		case DT_PLTRELSZ:
			tables->calls_size = entry->d_un.d_val;
			break;
		case DT_PLTREL:
			tables->other_kind |= entry->d_un.d_val != DT_RELA;
			break;
		case DT_RELA:
			tables->data = pointer(tables, entry->d_un.d_ptr);
			break;
		case DT_RELASZ:
			tables->data_size = entry->d_un.d_val;
			break;
		case DT_REL:
			tables->other_kind = true;
			break;
		default:
			break;
		}
	}
}

/* Whole pages that the linker made read-only after relocation (RELRO). */
static bool is_read_only(const struct collector *object, uintptr_t slot)
{
	uintptr_t page = slot & ~(pgb_page_size() - 1);

	for (size_t i = 0; i < object->header_count; i++) {
		const ElfW(Phdr) *header = &object->headers[i];

		uintptr_t start = object->base + header->p_vaddr;

		if (header->p_type == PT_GNU_RELRO && slot >= start &&
		    page + pgb_page_size() <= start + header->p_memsz)
			return true;
	}
	return false;
}

static int write_slot(const struct collector *object, uintptr_t slot, void *value)
{
	size_t size = pgb_page_size();
	void *page = (void *)(slot & ~(size - 1));
	bool read_only = is_read_only(object, slot);

	if (read_only && mprotect(page, size, PROT_READ | PROT_WRITE))
		return -errno;
	AO_store_release((AO_t *)slot, (AO_t)value);
	if (read_only && mprotect(page, size, PROT_READ))
		return -errno;
	return 0;
}

typedef int visit_slot(const struct collector *object, uintptr_t slot,
		       struct import *import);

static int count_slot(const struct collector *object, uintptr_t slot, struct import *import)
{
	(void)object;
	(void)slot;
	import->slots++;
	return 0;
}

static int redirect_slot(const struct collector *object, uintptr_t slot,
			 struct import *import)
{
	return write_slot(object, slot, import->replacement);
}

static bool is_of(const struct tables *tables, const ElfW(Rela) * relocation,
		  const struct import *import)
{
	const ElfW(Sym) *symbol = &tables->symbols[ELF64_R_SYM(relocation->r_info)];
	int type = (int)ELF64_R_TYPE(relocation->r_info);

	return (type == IMPORT_CALL || type == IMPORT_DATA) &&
	       !strcmp(tables->names + symbol->st_name, import->name);
}

static int visit_table(const struct collector *object, const struct tables *tables,
		       const ElfW(Rela) * relocations, size_t size, struct import *import,
		       visit_slot *visit)
{
	int err = 0;

	for (size_t i = 0; !err && i < size / sizeof(*relocations); i++)
		if (is_of(tables, &relocations[i], import))
			err = visit(object, tables->base + relocations[i].r_offset, import);
	return err;
}

static int visit_slots(const struct collector *object, struct import *imports, size_t count,
		       visit_slot *visit)
{
	struct tables tables = {.base = object->base};
	int err = 0;

	read_dynamic(&tables, object->dynamic);
	if (IMPORT_CALL == -1 || tables.other_kind || !tables.symbols || !tables.names)
		return -ENOTSUP;
	for (size_t i = 0; !err && i < count; i++) {
		err = visit_table(object, &tables, tables.calls, tables.calls_size,
				  &imports[i], visit);
		if (!err)
			err = visit_table(object, &tables, tables.data, tables.data_size,
					  &imports[i], visit);
	}
	return err;
}

int imports_count(const struct collector *object, struct import *imports, size_t count)
{
	return visit_slots(object, imports, count, count_slot);
}

int imports_redirect(const struct collector *object, struct import *imports, size_t count)
{
	return visit_slots(object, imports, count, redirect_slot);
}
