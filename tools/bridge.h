/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * What the commands share which connect channels of a card to something of this machine: the card,
 * one loop on epoll, signals, statistics, and sd_notify(3).
 *
 *	bridge_start()	options and operands are read; sets number from ADDRESS/NUMBER
 *	bridge_open()	the card; then the command opens its side and starts its channels
 *	bridge_run()	until a signal, or a failure; stops the channels, tells the statistics
 *	bridge_close()	in any case
 *
 * SIGINT, SIGTERM and SIGHUP end the loop with success, unless SIGHUP is ignored; SIGUSR1 tells the
 * statistics. They are blocked as of bridge_open(), so that none is lost, until the channels are
 * off. As of bridge_open() no message waits for whoever is to read it: say_never_wait().
 */
#ifndef UVIO_TOOLS_BRIDGE_H
#define UVIO_TOOLS_BRIDGE_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <json-c/json.h>
#include "tools.h"

struct bridge;

/* Each answers TOOL_GO_ON, or the status with which the command is to end, told. */
struct bridge_ops {
	/**
	 * Gives to the channels what came for the card, as much as they take; called before the
	 * card is served. What it reads must not wait.
	 */
	int (*feed)(struct bridge *b);
	/** Takes what came from the card, called after it was served, and once after stop. */
	int (*drain)(struct bridge *b);
	/** Takes the channels off. */
	void (*stop)(struct bridge *b);
	/** Statistics, as lines: tool_say(). */
	void (*tell)(struct bridge *b);
	/** Statistics, in a document that has the device. */
	void (*json)(struct bridge *b, struct json_object *object);
};

struct bridge {
	struct tool *tool;
	const char *backend; /* NULL: the first usable */
	const struct bridge_ops *ops;
	void *data; /* the command's */

	unsigned int number; /* behind the slash of ADDRESS; 0 */
	bool numbered;	     /* there is one */
	struct uvio_udev *udev;
	struct uvio_card *card;
	int timeout; /* of the next wait: bridge_wake_within() */

	int epoll_fd, signal_fd;
	sigset_t signals_before;
	char address[PATH_MAX], ids[64];
};

/** tool_start() for a command with "ADDRESS[/NUMBER]", or -d V:D[/NUMBER]. */
int bridge_start(struct bridge *b, struct tool *tool, int argc, char **argv);

/** @what: "a CAN channel", for which a card driver is looked for. */
int bridge_open(struct bridge *b, const char *what);

/**
 * Has the loop wait for @events of the descriptor, EPOLLIN or EPOLLOUT; 0: no longer for any. A
 * descriptor of a file cannot be waited for: it is always ready, -EPERM. Or 0; -errno.
 */
int bridge_watch(struct bridge *b, int fd, uint32_t events);

/**
 * For feed and drain: the next wait is for so many milliseconds at most, 0 where there is more to
 * do at once. Negative: for any time, as each wait is at first.
 */
void bridge_wake_within(struct bridge *b, int timeout);

/** Tells the manager of services that it is ready, and serves. An exit status. */
int bridge_run(struct bridge *b);

void bridge_close(struct bridge *b);

/**
 * To the socket that NOTIFY_SOCKET names, where it is set: as "READY=1". A second at most, if its
 * owner does not read.
 */
void bridge_notify(const char *state);

#endif /* UVIO_TOOLS_BRIDGE_H */
