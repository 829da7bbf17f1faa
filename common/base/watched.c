/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Files of sysfs at which the kernel may wait: driver_override and reset take the device's lock. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uvio/context.h>

#include "base/apart.h"
#include "base/context.h"
#include "base/sys.h"
#include "base/sysfs.h"

#define READ_TIMEOUT_MS 5000
/* A reset may take a minute until the card answers again. */
#define WRITE_TIMEOUT_MS 90000

struct answer {
	int rc; /* the number of bytes, or a negative errno */
	char text[256];
};

struct question {
	char path[UVIO_PATH_SIZE];
	bool read;
	bool write;
	const char *text; /* to write; NULL: what was read */
	struct answer answer;
};

static int read_text(const char *path, char *text, size_t size)
{
	int rc, fd = uvio_sys_open(path, O_RDONLY);

	if (fd < 0)
		return fd;
	rc = (int)uvio_sys_read(fd, text, size - 1);
	uvio_sys_close(fd);
	return rc;
}

static int write_text(const char *path, const char *text)
{
	int rc, fd = uvio_sys_open(path, O_WRONLY);

	if (fd < 0)
		return fd;
	rc = (int)uvio_sys_write(fd, text, strlen(text));
	uvio_sys_close(fd);
	return rc;
}

/* Its process tells its number first, since nothing else knows that. */
static void ask(void *data, int fd)
{
	struct question *question = data;
	struct answer *answer = &question->answer;
	pid_t self = getpid();

	uvio_sys_send(fd, &self, sizeof(self), NULL, 0);
	if (question->read)
		answer->rc = read_text(question->path, answer->text, sizeof(answer->text));
	if (question->write && answer->rc >= 0)
		answer->rc =
			write_text(question->path, question->text ? question->text : answer->text);
	uvio_sys_send(fd, answer, sizeof(*answer), NULL, 0);
}

/* On a busy machine it may be the processor for which it waits, and not the kernel. */
static bool waits_for_processor(struct uvio_ctx *ctx, pid_t pid)
{
	char file[32], text[128];
	const char *state;

	snprintf(file, sizeof(file), "%d/stat", (int)pid);
	if (uvio_proc_read(ctx, text, sizeof(text), file) < 0)
		return false;
	state = strrchr(text, ')');
	return state && !strncmp(state, ") R", 3);
}

/* The time counts once it has begun, and where it then sleeps. */
static int await_answer(struct uvio_ctx *ctx, int fd, struct answer *answer, int timeout_ms)
{
	pid_t pid;
	int rc = uvio_sys_receive(fd, &pid, sizeof(pid), WRITE_TIMEOUT_MS);

	for (int waited = 0; !rc; waited += timeout_ms) {
		rc = uvio_sys_receive(fd, answer, sizeof(*answer), timeout_ms);
		if (rc != -ETIMEDOUT)
			return rc;
		if (waited < WRITE_TIMEOUT_MS && waits_for_processor(ctx, pid))
			rc = 0;
	}
	return rc;
}

static int ask_apart(struct uvio_ctx *ctx, const char *address, const char *file,
	struct question *question, int timeout_ms, int lock)
{
	const int keep[UVIO_APART_KEEP] = {-1, lock};
	int fd, rc = uvio_sysfs_path(ctx, question->path, "bus/pci/devices/%s/%s", address, file);

	if (rc)
		return rc;
	if (question->write)
		uvio_log(ctx, UVIO_LOG_INFO, "%s: writing %s%s%s to bus/pci/devices/%s/%s", address,
			question->text ? "'" : "",
			question->text ? question->text : "its present value",
			question->text ? "'" : "", address, file);
	fd = uvio_apart_start(ask, question, keep);
	if (fd < 0)
		return fd;
	rc = await_answer(ctx, fd, &question->answer, timeout_ms);
	uvio_sys_close(fd);
	if (rc == -EPIPE)
		rc = -EIO; /* it was killed */
	return rc ? rc : question->answer.rc;
}

int uvio_sysfs_write_watched(
	struct uvio_ctx *ctx, const char *address, const char *file, const char *text, int lock)
{
	struct question question = {.write = true, .text = text};
	int n = ask_apart(ctx, address, file, &question, WRITE_TIMEOUT_MS, lock);

	return n < 0 ? n : (size_t)n == strlen(text) ? 0 : -EIO;
}

int uvio_sysfs_read_watched(
	struct uvio_ctx *ctx, const char *address, const char *file, char *buf, size_t size)
{
	struct question question = {.read = true};
	int n = ask_apart(ctx, address, file, &question, READ_TIMEOUT_MS, -1);

	if (n < 0)
		return n;
	question.answer.text[n] = '\0';
	question.answer.text[strcspn(question.answer.text, "\n")] = '\0';
	snprintf(buf, size, "%s", question.answer.text);
	return (int)strlen(buf);
}

int uvio_sysfs_rewrite_watched(struct uvio_ctx *ctx, const char *address, const char *file)
{
	struct question question = {.read = true, .write = true};
	int n = ask_apart(ctx, address, file, &question, READ_TIMEOUT_MS, -1);

	return n < 0 ? n : 0;
}
