/* SPDX-License-Identifier: MIT */
/* vmas.c - the mappings that a process has. */
#include "os/vmas.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/inject.h"

static ssize_t read_some(int fd, char *text, size_t size)
{
	return PGB_OS_AGAIN(
		PGB_OS_CALL_SHORT(PGB_OS_MAPS_READ, size, 1, read(fd, text, size)));
}

static int open_maps(void)
{
	int fd = PGB_OS_CALL(PGB_OS_MAPS_OPEN,
			     open("/proc/self/maps", O_RDONLY | O_CLOEXEC));

	return fd < 0 ? -errno : fd;
}

uint64_t pgb_vmas_count(void)
{
	int fd = open_maps();
	uint64_t lines = 0;
	char text[4096];
	ssize_t length;

	if (fd < 0)
		return 0;
	while ((length = read_some(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < length; i++)
			lines += text[i] == '\n';
	close(fd);
	return length < 0 ? 0 : lines;
}

/* Reads "start-end rwxs ..." and the rest of the line, character by character. */
struct parser {
	enum { IN_START, IN_END, IN_FLAGS, IN_REST } at;
	uintptr_t start, end;
	bool shared;
};

static uintptr_t with_digit(uintptr_t number, char digit)
{
	return number << 4 | (uintptr_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* Returns whether that was the end of a line. */
static bool parse(struct parser *parser, char c)
{
	if (c == '\n')
		return true;
	switch (parser->at) {
	case IN_START:
		if (c == '-')
			parser->at = IN_END;
		else
			parser->start = with_digit(parser->start, c);
		break;
	case IN_END:
		if (c == ' ')
			parser->at = IN_FLAGS;
		else
			parser->end = with_digit(parser->end, c);
		break;
	case IN_FLAGS:
		if (c == ' ')
			parser->at = IN_REST;
		parser->shared |= c == 's';
		break;
	case IN_REST:
		break;
	}
	return false;
}

int pgb_vmas_visit(uintptr_t start, uintptr_t end, pgb_vma_visitor *visit, void *arg)
{
	int fd = open_maps();
	struct parser vma = {0};
	bool go_on = true;
	char text[4096];
	ssize_t length = 0;

	if (fd < 0)
		return fd;
	while (go_on && (length = read_some(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; go_on && i < length; i++) {
			if (!parse(&vma, text[i]))
				continue;
			if (vma.start < end && start < vma.end)
				go_on = visit(arg, vma.start > start ? vma.start : start,
					      vma.end < end ? vma.end : end, vma.shared);
			vma = (struct parser){0};
		}
	}
	if (length < 0)
		length = -errno;
	close(fd);
	return length < 0 ? (int)length : 0;
}
