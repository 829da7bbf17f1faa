/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "bridge.h"
#include "json.h"
#include "say.h"

enum {
	EVENTS_MAX = 16,
	SIGNALS_MAX = 16,
	NUMBER_DIGITS = 4,
	NUMBER_MAX = 9999,
	NOTIFY_SECONDS = 1
};
enum { UNIT_SIZE = 16 };

/* The path of a node has slashes, too: only a number behind the last one is one of a channel. */
static bool split(char *place, unsigned int *number)
{
	char *slash = strrchr(place, '/');
	size_t digits = slash ? strspn(slash + 1, "0123456789") : 0;

	if (!digits || digits > NUMBER_DIGITS || slash[1 + digits] || slash == place)
		return false;
	*number = (unsigned int)strtoul(slash + 1, NULL, 10);
	*slash = '\0';
	return true;
}

/* What the operand of the command has behind its slash, as "CHANNEL". */
static void unit_of(const struct tool *tool, char unit[UNIT_SIZE])
{
	const char *word = strchr(tool->command->args, '/') + 1;

	snprintf(unit, UNIT_SIZE, "%.*s", (int)strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), word);
}

/* A path, and a name, may have slashes of their own. */
static int split_place(struct bridge *b, char *place)
{
	char unit[UNIT_SIZE];

	b->numbered = split(place, &b->number);
	if (b->numbered || place[0] == '/' || !strncmp(place, "name:", 5) || !strchr(place, '/'))
		return TOOL_GO_ON;
	unit_of(b->tool, unit);
	return tool_usage(b->tool, "'%s': '%s' is not a %s, which is a number from 0 to %d", place,
		strchr(place, '/') + 1, unit, NUMBER_MAX);
}

static int split_ids(struct bridge *b)
{
	int rc;

	if (!b->tool->ids || strlen(b->tool->ids) >= sizeof(b->ids))
		return TOOL_GO_ON;
	snprintf(b->ids, sizeof(b->ids), "%s", b->tool->ids);
	rc = split_place(b, b->ids);
	if (b->numbered)
		b->tool->ids = b->ids;
	return rc;
}

int bridge_start(struct bridge *b, struct tool *tool, int argc, char **argv)
{
	int rc;

	b->tool = tool;
	b->epoll_fd = b->signal_fd = -1;
	rc = split_ids(b);
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 0, 0);
	if (rc != TOOL_GO_ON || tool->ids)
		return rc;
	snprintf(b->address, sizeof(b->address), "%s", tool->address);
	rc = split_place(b, b->address);
	if (b->numbered)
		tool->address = b->address;
	return rc;
}

static int failed(const char *what)
{
	return tool_error("%s: %s", what, strerror(errno));
}

static int catch_signals(struct bridge *b)
{
	struct sigaction hangup;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	if (sigaction(SIGHUP, NULL, &hangup) || hangup.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	/* A reader of our output who leaves must not keep us from putting the card in order. */
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, &b->signals_before))
		return failed("signals");
	b->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return b->signal_fd < 0 ? failed("signalfd") : TOOL_GO_ON;
}

int bridge_watch(struct bridge *b, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	if (!events)
		return epoll_ctl(b->epoll_fd, EPOLL_CTL_DEL, fd, NULL) && errno != ENOENT ? -errno
											  : 0;
	if (!epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return 0;
	if (errno == EEXIST && !epoll_ctl(b->epoll_fd, EPOLL_CTL_MOD, fd, &event))
		return 0;
	return -errno;
}

void bridge_wake_within(struct bridge *b, int timeout)
{
	if (timeout >= 0 && (b->timeout < 0 || timeout < b->timeout))
		b->timeout = timeout;
}

static int make_loop(struct bridge *b)
{
	b->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (b->epoll_fd < 0)
		return failed("epoll");
	return bridge_watch(b, b->signal_fd, EPOLLIN) ? failed("epoll") : TOOL_GO_ON;
}

static int attach(struct bridge *b, const char *address, const struct uvio_driver *driver)
{
	int rc = tool_open(b->tool, address, b->backend, &b->udev);

	if (rc != TOOL_GO_ON)
		return rc;
	return uvio_card_attach(driver, b->udev, &b->card) ? tool_failed() : TOOL_GO_ON;
}

int bridge_open(struct bridge *b, const char *what)
{
	const struct uvio_driver *driver;
	struct uvio_device *device;
	const char *address;
	int rc = tool_find(b->tool, b->tool->address, &device);

	if (rc != TOOL_GO_ON)
		return rc;
	address = uvio_device_info(device)->address;
	driver = tool_driver(b->tool, uvio_device_info(device));
	say_never_wait();
	rc = catch_signals(b);
	if (rc == TOOL_GO_ON)
		rc = make_loop(b);
	if (rc == TOOL_GO_ON && !driver)
		rc = tool_error("%s: no card driver knows this device, so that it has no %s; "
				"--module FILE adds one",
			address, what);
	if (rc == TOOL_GO_ON)
		rc = attach(b, address, driver);
	uvio_device_free(device);
	return rc;
}

void bridge_close(struct bridge *b)
{
	uvio_card_detach(b->card);
	uvio_udev_close(b->udev);
	if (b->epoll_fd >= 0)
		close(b->epoll_fd);
	if (b->signal_fd >= 0)
		close(b->signal_fd);
}

static int connect_manager(const char *path)
{
	const struct timeval timeout = {.tv_sec = NOTIFY_SECONDS};
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	size_t length = strlen(path);
	int fd;

	errno = EINVAL;
	if (length < 2 || length >= sizeof(name.sun_path) || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(name.sun_path, path, length);
	if (path[0] == '@')
		name.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) &&
		!connect(fd, (struct sockaddr *)&name,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)))
		return fd;
	close(fd);
	return -1;
}

/* A manager that reads nothing does not keep us from the end: the socket has a time-out. */
void bridge_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int fd = path && path[0] ? connect_manager(path) : -1;

	if (!path || !path[0])
		return;
	if (fd < 0 || send(fd, state, strlen(state), MSG_NOSIGNAL) < 0)
		tool_error("NOTIFY_SOCKET '%s': %s: %s", path, state, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* The channels are off: another signal ends what may wait for a reader of standard output. */
static void release_signals(struct bridge *b)
{
	struct signalfd_siginfo infos[SIGNALS_MAX];

	while (read(b->signal_fd, infos, sizeof(infos)) > 0)
		;
	sigprocmask(SIG_SETMASK, &b->signals_before, NULL);
}

/* On standard output one document only, at the end. */
static int report(struct bridge *b, bool end)
{
	struct tool *tool = b->tool;
	struct json_object *object;

	if (!tool->json || tool->json_file || !end)
		b->ops->tell(b);
	if (!tool->json || (!tool->json_file && !end))
		return TOOL_GO_ON;
	object = json_device(tool, uvio_udev_address(b->udev));
	json_text(object, "backend", uvio_udev_backend(b->udev));
	b->ops->json(b, object);
	json_integer(object, "messages_dropped", say_dropped());
	tool->json_at_once = !end;
	return json_print(tool, object);
}

/*
 * TOOL_OK: it is to end. Whoever sends SIGUSR1 faster than it is answered keeps neither the other
 * signals nor the card from being served: one answer each turn. Nor does an answer that failed.
 */
static int take_signals(struct bridge *b)
{
	struct signalfd_siginfo infos[SIGNALS_MAX];
	ssize_t n = read(b->signal_fd, infos, sizeof(infos));

	if (n <= 0)
		return TOOL_GO_ON;
	for (size_t i = 0; i < (size_t)n / sizeof(infos[0]); i++)
		if (infos[i].ssi_signo != SIGUSR1)
			return TOOL_OK;
	report(b, false);
	return TOOL_GO_ON;
}

static int turn(struct bridge *b)
{
	int rc = take_signals(b);

	if (rc == TOOL_GO_ON)
		rc = b->ops->feed(b);
	if (rc == TOOL_GO_ON && uvio_card_poll(b->card) < 0)
		rc = tool_failed();
	return rc == TOOL_GO_ON ? b->ops->drain(b) : rc;
}

static int loop(struct bridge *b)
{
	struct epoll_event events[EVENTS_MAX];
	int rc, timeout = 0;

	do {
		if (epoll_wait(b->epoll_fd, events, EVENTS_MAX, timeout) < 0 && errno != EINTR)
			return failed("epoll");
		b->timeout = -1;
		rc = turn(b);
		timeout = b->timeout;
	} while (rc == TOOL_GO_ON);
	return rc;
}

/* What a card has received is not lost, whatever the end is. */
static int end(struct bridge *b, int rc)
{
	int drained, reported;

	bridge_notify("STOPPING=1");
	b->ops->stop(b);
	drained = b->ops->drain(b);
	release_signals(b);
	reported = report(b, true);
	if (rc == TOOL_OK && drained != TOOL_GO_ON)
		rc = drained;
	return rc == TOOL_OK && reported != TOOL_GO_ON ? reported : rc;
}

int bridge_run(struct bridge *b)
{
	int rc, fd = uvio_card_fd(b->card);

	if (fd < 0)
		return tool_failed();
	rc = bridge_watch(b, fd, EPOLLIN);
	if (rc)
		return tool_error("%s: epoll: %s", uvio_udev_address(b->udev), strerror(-rc));
	bridge_notify("READY=1");
	return end(b, loop(b));
}
