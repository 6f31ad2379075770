/* SPDX-License-Identifier: MIT */
/*
 * child.c - run one program to its end, and look at it meanwhile.
 *
 * The child is a process group of its own, so that ending it ends what it started, and
 * nothing else.  All signals of interest are blocked and taken from sigtimedwait(), whose
 * timeout is the rhythm in which the memory maps of the child are counted.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "tool/json.h"

#define SAMPLE_NS      10000000
#define NS_PER_SECOND  1000000000u
#define GRACE_NS       NS_PER_SECOND
#define CANNOT_EXECUTE 127

static sigset_t watched, inherited;
static int ending; /* the signal that told us to end; 0: none yet */

struct streams {
	int input, output, error;
};

/* As under nohup(1).  A signal that is blocked waits even then. */
static bool is_ignored(int signal)
{
	struct sigaction action;

	return !sigaction(signal, NULL, &action) && action.sa_handler == SIG_IGN;
}

void child_prepare(void)
{
	static const int fatal[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

	sigemptyset(&watched);
	sigaddset(&watched, SIGCHLD);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++) {
		if (!is_ignored(fatal[i]))
			sigaddset(&watched, fatal[i]);
	}
	sigprocmask(SIG_BLOCK, &watched, &inherited);
}

void child_leave(void)
{
	if (ending)
		raise(ending);
	sigprocmask(SIG_UNBLOCK, &watched, NULL);
}

static size_t count_strings(const char *const *strings)
{
	size_t count = 0;

	while (strings && strings[count])
		count++;
	return count;
}

static bool has_name_of(const char *variable, const char *other)
{
	size_t length = strcspn(variable, "=") + 1;

	return !strncmp(variable, other, length);
}

/* What is ours, or set anew, is not inherited. */
static bool is_inherited(const char *variable, const char *const *additions)
{
	if (!strncmp(variable, "GC_", 3) || !strncmp(variable, "PGBARRIER_", 10))
		return false;
	for (; additions && *additions; additions++) {
		if (has_name_of(*additions, variable))
			return false;
	}
	return true;
}

static char **make_environment(const char *const *additions)
{
	size_t added = count_strings(additions), count = 0;
	char **environment = calloc(count_strings((const char *const *)environ) + added + 1,
				    sizeof(*environment));

	if (!environment)
		return NULL;
	for (char **variable = environ; *variable; variable++) {
		if (is_inherited(*variable, additions))
			environment[count++] = *variable;
	}
	for (size_t i = 0; i < added; i++)
		environment[count++] = (char *)additions[i];
	return environment;
}

static void close_streams(const struct streams *streams)
{
	if (streams->input >= 0)
		close(streams->input);
	if (streams->output >= 0)
		close(streams->output);
	if (streams->error >= 0)
		close(streams->error);
}

static int open_streams(struct streams *streams)
{
	streams->input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	streams->output = memfd_create("output", MFD_CLOEXEC);
	streams->error = memfd_create("error", MFD_CLOEXEC);
	if (streams->input >= 0 && streams->output >= 0 && streams->error >= 0)
		return 0;
	close_streams(streams);
	return -EMFILE;
}

static _Noreturn void become(const struct child_request *request,
			     const struct streams *streams, char **environment)
{
	setpgid(0, 0);
	/* `pgbarrier run` passes it on; a program that we started ourselves just ends. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(streams->input, STDIN_FILENO);
	dup2(streams->output, STDOUT_FILENO);
	dup2(streams->error, STDERR_FILENO);
	sigprocmask(SIG_SETMASK, &inherited, NULL);
	execvpe(request->argv[0], (char *const *)request->argv, environment);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", request->argv[0], strerror(errno));
	_exit(CANNOT_EXECUTE);
}

/* A line of /proc/PID/maps is a VMA.  0 once the process is gone. */
static unsigned count_vmas(pid_t pid)
{
	char path[32], buffer[65536];
	unsigned lines = 0;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while ((length = read(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t i = 0; i < length; i++)
			lines += buffer[i] == '\n';
	}
	close(fd);
	return lines;
}

static int supervise(const struct child_request *request, pid_t pid,
		     struct child_result *result)
{
	const struct timespec rhythm = {.tv_nsec = SAMPLE_NS};
	uint64_t begin = now_ns();

	for (;;) {
		int signal = sigtimedwait(&watched, NULL, &rhythm);
		unsigned vmas = request->count_vmas ? count_vmas(pid) : 0;

		if (vmas > result->peak_vmas)
			result->peak_vmas = vmas;
		if (waitpid(pid, &result->status, WNOHANG) == pid)
			return 0;
		if (signal > 0 && signal != SIGCHLD) {
			ending = signal;
			return -EINTR;
		}
		if (request->limit &&
		    now_ns() - begin > request->limit * (uint64_t)NS_PER_SECOND) {
			result->too_long = request->limit;
			return -ETIME;
		}
	}
}

/* It is not waited for yet, so its number stays that of its group. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	return !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid == pid;
}

static bool ends_in_grace(pid_t pid)
{
	const struct timespec rhythm = {.tv_nsec = SAMPLE_NS};
	uint64_t begin = now_ns();
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (!has_ended(pid)) {
		if (now_ns() - begin >= GRACE_NS)
			return false;
		sigtimedwait(&child, NULL, &rhythm);
	}
	return true;
}

/* Does nothing where the kernel does not list them (CONFIG_PROC_CHILDREN). */
static void kill_children(pid_t parent)
{
	char path[64], *line = NULL, *next;
	size_t room = 0;
	FILE *file;
	long pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	file = fopen(path, "re");
	if (!file)
		return;
	if (getline(&line, &room, file) > 0)
		for (next = line; (pid = strtol(next, &next, 10)) > 0;)
			kill((pid_t)pid, SIGKILL);
	free(line);
	fclose(file);
}

/*
 * `pgbarrier run` removes what its program counted in once that has ended, which may take
 * more than it will do by itself.
 */
static void end_group(pid_t pid, int *status)
{
	kill(-pid, SIGTERM);
	if (!ends_in_grace(pid)) {
		kill_children(pid);
		ends_in_grace(pid);
	}
	kill(-pid, SIGKILL);
	waitpid(pid, status, 0);
}

/* The whole of a memfd, with a NUL behind it. */
static char *contents(int fd, size_t *size)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char *text = end < 0 ? NULL : malloc((size_t)end + 1);

	*size = 0;
	if (!text)
		return NULL;
	while (*size < (size_t)end) {
		ssize_t length = pread(fd, text + *size, (size_t)end - *size, (off_t)*size);

		if (length <= 0)
			break;
		*size += (size_t)length;
	}
	text[*size] = '\0';
	return text;
}

static void copy_last_line(int fd, char *line, size_t line_size)
{
	size_t length;
	char *text = contents(fd, &length), *end;

	if (!text)
		return;
	while (length && text[length - 1] == '\n')
		length--;
	end = memrchr(text, '\n', length);
	if (end)
		length -= (size_t)(end + 1 - text);
	pgb_json_copy(line, line_size, end ? end + 1 : text, length);
	free(text);
}

int child_run(const struct child_request *request, struct child_result *result)
{
	char **environment = make_environment(request->variables);
	struct streams streams;
	pid_t pid;
	int err;

	*result = (struct child_result){0};
	if (!environment)
		return -ENOMEM;
	err = open_streams(&streams);
	if (err)
		goto out_environment;
	pid = fork();
	if (!pid)
		become(request, &streams, environment);
	if (pid < 0) {
		err = -errno;
		goto out_streams;
	}
	/* Both sides do it: whoever comes second finds it done. */
	setpgid(pid, pid);
	err = supervise(request, pid, result);
	if (err)
		end_group(pid, &result->status);
	if (err == -ETIME)
		err = 0;
	if (!err) {
		result->output = contents(streams.output, &result->output_size);
		copy_last_line(streams.error, result->last_words,
			       sizeof(result->last_words));
	}
out_streams:
	close_streams(&streams);
out_environment:
	free(environment);
	return err;
}
