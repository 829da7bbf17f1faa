/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * What a driver and its guard say to each other: the driver asks, and each question is answered.
 * The guard has its end of the socket as standard input. There is one guard for a domain: memory in
 * it may be that of any card, and so is kept until all of them are stopped.
 *
 * The driver has ended, without having said so, when its process has or when its end of the socket
 * is closed: a child of it may have a copy of that, and a call of exec closes it.
 */
#ifndef UVIO_UIO_GUARD_H
#define UVIO_UIO_GUARD_H

#include <stdint.h>

/* Its last digits are the version. */
#define GUARD_MAGIC UINT32_C(0x75766702)

enum guard_question {
	GUARD_CARD = 1, /* with the descriptors of enum guard_fd; the first question */
	GUARD_RELEASE,	/* the card of the key is in order */
	GUARD_KEEP,	/* with one descriptor: the memory of the key */
	GUARD_MOVE,	/* memory of the key is forgotten with that of @into */
	GUARD_FORGET,
	GUARD_LOOK, /* is it there */
	GUARD_END,  /* all cards are in order; the last question */
};

enum guard_fd {
	GUARD_FOLDER, /* of the device in sysfs */
	GUARD_LOCK,   /* with the lock of the driver */
	GUARD_CONFIG,
	GUARD_PROCESS, /* a pidfd */
	GUARD_RESET,
	GUARD_FDS,
};

struct guard_message {
	uint32_t magic;
	uint32_t question;
	uint32_t fds;	 /* a bit for each descriptor that is sent with it, in order */
	uint32_t number; /* comes back with the answer */
	uint64_t key;	 /* an address in the driver */
	uint64_t size;
	uint64_t into;
	char address[16]; /* for the log of the machine */
};

struct guard_answer {
	uint32_t number;
	int32_t rc; /* 0 or a negative errno */
	int32_t pid;
};

#endif /* UVIO_UIO_GUARD_H */
