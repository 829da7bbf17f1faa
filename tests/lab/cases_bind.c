/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Changes of the driver that are ended half-way, or that the kernel keeps: the driver is one of the
 * two afterwards, and driver_override what it was. Needs tools/uvio in the guest.
 */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/driver.h>
#include <uvio/error.h>

#include "conformance.h"

#define EDU "0000:00:04.0"
#define FOLDER "/sys/bus/pci/devices/" EDU
#define COMMAND "/lab/uvio"
#define RUNS 100
#define COMPARES 4
#define WITHIN_US 30000
#define SEED 20261u

static unsigned int seed = SEED;

static const char *driver_now(void)
{
	static char target[256];
	ssize_t n = readlink(FOLDER "/driver", target, sizeof(target) - 1);
	const char *last;

	target[n > 0 ? n : 0] = '\0';
	last = strrchr(target, '/');
	return last ? last + 1 : "";
}

static const char *override_now(void)
{
	static char text[64];
	int fd = open(FOLDER "/driver_override", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void await_all(void)
{
	while (waitpid(-1, NULL, 0) >= 0 || errno == EINTR)
		;
}

/* The command in a group of its own, as a shell starts it. */
static pid_t start_command(const char *const argv[])
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	setpgid(0, 0);
	close(open("/dev/null", O_WRONLY)); /* the guest has it */
	freopen("/dev/null", "w", stdout);
	freopen("/dev/null", "w", stderr);
	execv(COMMAND, (char *const *)argv);
	_exit(125);
}

/* This program has another name. */
static const char *const names_of_ours[] = {"uvio\n", "uvio-apart\n", "uvio-restore\n", NULL};
static const char *const name_of_restorer[] = {"uvio-restore\n", NULL};

static bool is_among(const char *const names[], const char *comm)
{
	while (*names && strcmp(*names, comm) != 0)
		names++;
	return *names;
}

static void kill_named(const char *const names[])
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[300], comm[32];

	while (dir && (entry = readdir(dir))) {
		ssize_t n;
		int fd;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = read(fd, comm, sizeof(comm) - 1);
		close(fd);
		comm[n > 0 ? n : 0] = '\0';
		if (is_among(names, comm))
			kill(atoi(entry->d_name), SIGKILL);
	}
	if (dir)
		closedir(dir);
}

/* As "kill all of it" does. */
static void kill_everything(void)
{
	kill_named(names_of_ours);
}

static int state_is_sound(int signal_number, unsigned int round)
{
	const char *driver = driver_now(), *override = override_now();

	if (strcmp(override, "(null)") != 0 ||
		(strcmp(driver, "vfio-pci") != 0 && strcmp(driver, "uio_pci_generic") != 0))
		return fail_at(__FILE__, __LINE__,
			"signal %d, round %u: driver '%s', driver_override '%s'", signal_number,
			round, driver, override);
	return PASS;
}

static int end_binds(struct pair *pair, int number, bool everything)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		const char *to = strcmp(driver_now(), "vfio-pci") ? "vfio" : "uio";
		const char *const argv[] = {"uvio", "bind", EDU, to, NULL};
		pid_t pid = start_command(argv);

		pause_us((unsigned int)rand_r(&seed) % WITHIN_US);
		kill(-pid, number);
		if (everything)
			kill_everything();
		await_all();
		if (everything)
			CHECK_OK(uvio_bind(pair->ctx, EDU, i & 1 ? "uio" : "vfio"));
		await_all();
		if (state_is_sound(number, i) != PASS)
			return FAIL;
	}
	CHECK_OK(uvio_bind(pair->ctx, EDU, "vfio"));
	return PASS;
}

static int ended_by_interrupt(struct pair *pair)
{
	return end_binds(pair, SIGINT, false);
}

static int ended_by_terminate(struct pair *pair)
{
	return end_binds(pair, SIGTERM, false);
}

static int ended_by_hang_up(struct pair *pair)
{
	return end_binds(pair, SIGHUP, false);
}

static int ended_by_kill(struct pair *pair)
{
	return end_binds(pair, SIGKILL, false);
}

static int all_killed(struct pair *pair)
{
	return end_binds(pair, SIGKILL, true);
}

static int end_compares(struct pair *pair, int number, bool everything)
{
	static const char *const argv[] = {"uvio", "compare", "-n", "5", EDU, NULL};
	static const char *const drivers[] = {"uio_pci_generic", "vfio-pci"};

	for (unsigned int i = 0; i < COMPARES; i++) {
		const char *driver = drivers[i & 1];
		pid_t pid;

		CHECK_OK(uvio_bind(pair->ctx, EDU, driver));
		pid = start_command(argv);
		while (!strcmp(driver_now(), driver) && kill(pid, 0) == 0 &&
			waitpid(pid, NULL, WNOHANG) == 0)
			pause_us(1000);
		pause_us((unsigned int)rand_r(&seed) % 200000);
		kill(-pid, number);
		if (everything)
			kill_everything();
		await_all();
		if (everything)
			CHECK_OK(uvio_bind(pair->ctx, EDU, driver));
		await_all();
		if (strcmp(driver_now(), driver) != 0 || strcmp(override_now(), "(null)") != 0)
			return fail_at(__FILE__, __LINE__, "round %u: %s, not %s; override %s", i,
				driver_now(), driver, override_now());
	}
	CHECK_OK(uvio_bind(pair->ctx, EDU, "vfio"));
	return PASS;
}

static int compare_ended_by_interrupt(struct pair *pair)
{
	return end_compares(pair, SIGINT, false);
}

static int compare_ended_by_quit(struct pair *pair)
{
	return end_compares(pair, SIGQUIT, false);
}

static int compare_ended_by_kill(struct pair *pair)
{
	return end_compares(pair, SIGKILL, false);
}

static int run_to_end(const char *const argv[])
{
	pid_t pid = start_command(argv);
	int status = 0;

	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	await_all();
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
	return PASS;
}

static bool output_has(const char *command, const char *part)
{
	FILE *stream = popen(command, "r");
	char text[8192];
	size_t n = stream ? fread(text, 1, sizeof(text) - 1, stream) : 0;

	text[n] = '\0';
	if (stream)
		pclose(stream);
	return strstr(text, part);
}

/* The second process first, so that it has no time to give the device back. */
static int end_in_the_middle(struct pair *pair, const char *driver)
{
	static const char *const argv[] = {"uvio", "compare", EDU, NULL};
	pid_t pid;

	CHECK_OK(uvio_bind(pair->ctx, EDU, driver));
	pid = start_command(argv);
	while (!strcmp(driver_now(), driver) && waitpid(pid, NULL, WNOHANG) == 0)
		pause_us(1000);
	kill_named(name_of_restorer);
	kill_everything();
	await_all();
	return PASS;
}

/* A busy machine may let it give the device back all the same. */
static int leave_compared(struct pair *pair, const char *driver)
{
	int result;

	do
		result = end_in_the_middle(pair, driver);
	while (!result && !strcmp(driver_now(), driver));
	CHECK(result == PASS);
	CHECK(output_has(COMMAND " info --json " EDU, "\"comparison\": \"interrupted\""));
	CHECK(output_has(COMMAND " check " EDU, "comparison: uvio compare was interrupted"));
	return PASS;
}

static int compare_all_killed(struct pair *pair)
{
	static const char *const compare[] = {"uvio", "compare", "-n", "5", "-b", "uio", EDU, NULL};
	static const char *const bind[] = {"uvio", "bind", EDU, "vfio", NULL};
	static const char *const drivers[] = {"uio_pci_generic", "vfio-pci"};

	for (unsigned int i = 0; i < COMPARES; i++) {
		CHECK(leave_compared(pair, drivers[i & 1]) == PASS);
		CHECK(run_to_end(compare) == PASS);
		CHECK(!strcmp(driver_now(), drivers[i & 1]));
		CHECK(!strcmp(override_now(), "(null)"));
		CHECK(access("/run/uvio/compare-" EDU, F_OK) < 0);
	}
	CHECK(leave_compared(pair, "uio_pci_generic") == PASS);
	CHECK(run_to_end(bind) == PASS);
	CHECK(!strcmp(driver_now(), "vfio-pci") && !strcmp(override_now(), "(null)"));
	CHECK(access("/run/uvio/compare-" EDU, F_OK) < 0);
	return PASS;
}

static const struct test_case ended[] = {
	{"bind: ended by SIGINT", 0, ended_by_interrupt, true},
	{"bind: ended by SIGTERM", 0, ended_by_terminate, true},
	{"bind: ended by SIGHUP", 0, ended_by_hang_up, true},
	{"bind: ended by SIGKILL", 0, ended_by_kill, true},
	{"bind: everything killed, and the next command", 0, all_killed, true},
	{"compare: ended by SIGINT", 0, compare_ended_by_interrupt, true},
	{"compare: ended by SIGQUIT", 0, compare_ended_by_quit, true},
	{"compare: ended by SIGKILL", 0, compare_ended_by_kill, true},
	{"compare: everything killed, and the next command", 0, compare_all_killed, true},
	{0},
};

/* Somebody's own "echo >unbind", which the kernel keeps until @foreign ends. */
static pid_t unbind_by_hand(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	sysfs_write(FOLDER "/driver/unbind", EDU);
	_exit(0);
}

/* Not a program of the library, which would let go: nothing ends the wait but its end. */
static int name_of_holder(struct foreign *foreign, char *text, size_t size)
{
	snprintf(text, size, "process %d (foreign_vfio)", (int)foreign->pid);
	return PASS;
}

static int names_holder(struct uvio_ctx *ctx, const char *holder)
{
	CHECK_ERR(uvio_bind(ctx, EDU, "uio"), -EBUSY, holder);
	return PASS;
}

/* The kernel takes the link to the driver away before it waits. */
static int holder_is_named(struct pair *pair)
{
	struct foreign foreign;
	char holder[64];
	int before, after, unbind;
	pid_t pid;

	CHECK(foreign_hold(&foreign, NULL, pair->address, pair->backend, FOREIGN_DEVICE) == PASS);
	name_of_holder(&foreign, holder, sizeof(holder));
	before = names_holder(pair->ctx, holder);
	CHECK_ERR(uvio_unbind(pair->ctx, EDU), -EBUSY, holder);
	pid = unbind_by_hand();
	while (driver_now()[0])
		pause_us(1000);
	after = names_holder(pair->ctx, holder);
	unbind = uvio_unbind(pair->ctx, EDU);
	if (!error_is(unbind, -EBUSY, holder))
		after = fail_at(__FILE__, __LINE__, "unbind: %d: %s", unbind, uvio_last_error());
	CHECK(foreign_kill(&foreign) == PASS);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK_OK(uvio_bind(pair->ctx, EDU, "vfio"));
	return before == PASS && after == PASS ? PASS : FAIL;
}

static bool left_has(const char *file, const char *part)
{
	char command[160];

	snprintf(command, sizeof(command),
		"grep -ls '%s' /proc/[0-9]*/%s | while read f; do cat ${f%%/*}/comm; done", part,
		file);
	return output_has(command, "uvio-apart");
}

/* Until the kernel lets it go, which here is the end of another program. */
static int is_left_without_registers(struct pair *pair)
{
	struct uvio_override override;

	if (!uvio_override_read(pair->ctx, EDU, &override)) {
		snprintf(pair->reason, sizeof(pair->reason), "this kernel reads without the lock");
		return SKIP;
	}
	CHECK(left_has("comm", "uvio-apart"));
	CHECK(!left_has("maps", "resource0"));
	return PASS;
}

static int left_while_held(struct pair *pair)
{
	struct foreign foreign;
	pid_t pid;
	int rc;

	CHECK(foreign_hold(&foreign, NULL, pair->address, pair->backend, FOREIGN_DEVICE) == PASS);
	pid = unbind_by_hand();
	while (driver_now()[0])
		pause_us(1000);
	rc = is_left_without_registers(pair);
	CHECK(foreign_kill(&foreign) == PASS);
	CHECK(waitpid(pid, NULL, 0) == pid);
	return rc;
}

/* Nobody is refused the card on account of what this program alone had mapped. */
static int what_is_left_has_no_registers(struct pair *pair)
{
	int rc, fd = open(FOLDER "/resource0", O_RDWR | O_CLOEXEC);
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	CHECK(page != MAP_FAILED);
	rc = left_while_held(pair);
	munmap(page, 4096);
	CHECK_OK(uvio_bind(pair->ctx, EDU, "vfio"));
	return rc;
}

static const struct test_case held[] = {
	{"bind: the holder is named", 0, holder_is_named, true},
	{"bind: a process left behind has no registers", 0, what_is_left_has_no_registers, true},
	{0},
};

static void begin(struct pair *pair, struct uvio_ctx *ctx)
{
	*pair = (struct pair){.ctx = ctx, .address = EDU, .driver = driver_of_edu()};
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void run_bind(struct uvio_ctx *ctx)
{
	struct pair pair;

	begin(&pair, ctx);
	pair.backend = "vfio";
	printf("# seed %u\n", SEED);
	if (pair_bind(&pair, "edu") == PASS)
		run_cases(&pair, "edu", ended);
	uvio_unbind(ctx, EDU);
}

void run_held(struct uvio_ctx *ctx)
{
	struct pair pair;

	begin(&pair, ctx);
	for (const char *const *way = wanted_transports(); *way; way++) {
		char label[64];

		pair.backend = *way;
		snprintf(label, sizeof(label), "edu %s", *way);
		if (pair_bind(&pair, label) == PASS)
			run_cases(&pair, label, held);
	}
	uvio_unbind(ctx, EDU);
}
