/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pci/pci.h>

#include "names.h"

static void __attribute__((noreturn, format(printf, 1, 2))) give_up(char *format, ...)
{
	(void)format;
	_exit(1);
}

static void __attribute__((format(printf, 1, 2))) be_silent(char *format, ...)
{
	(void)format;
}

/* Not from udev's hwdb: where that is missing, libpci 3.9 loses memory whenever it looks. */
static void look_up(
	struct pci_access *access, const struct uvio_device_info *info, struct name *name)
{
	pci_lookup_name(access, name->vendor_name, sizeof(name->vendor_name),
		PCI_LOOKUP_VENDOR | PCI_LOOKUP_NO_HWDB, info->vendor);
	pci_lookup_name(access, name->device_name, sizeof(name->device_name),
		PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_HWDB, info->vendor, info->device);
	snprintf(
		name->device, sizeof(name->device), "%s, %s", name->device_name, name->vendor_name);
	pci_lookup_name(access, name->class, sizeof(name->class),
		PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_HWDB, info->class_code >> 8);
}

/* Without pci_init(), which looks for a way to the devices themselves. */
static void __attribute__((noreturn))
tell(int fd, struct uvio_device *const *devices, struct name *names, int count)
{
	struct pci_access *access = pci_alloc();
	const char *at = (const char *)names;
	size_t left = (size_t)count * sizeof(*names);
	ssize_t n = 1;

	access->error = give_up;
	access->warning = access->debug = be_silent;
	for (int i = 0; i < count; i++)
		if (uvio_device_info(devices[i])->pci)
			look_up(access, uvio_device_info(devices[i]), &names[i]);
	for (; left && n > 0; at += n, left -= (size_t)n)
		n = write(fd, at, left);
	_exit(left != 0);
}

static bool hear(int fd, struct name *names, int count)
{
	char *at = (char *)names;
	size_t left = (size_t)count * sizeof(*names);
	ssize_t n = 1;

	while (left && n) {
		n = read(fd, at, left);
		if (n < 0 && errno != EINTR)
			return false;
		at += n < 0 ? 0 : n;
		left -= n < 0 ? 0 : (size_t)n;
	}
	return !left;
}

static bool ask(struct uvio_device *const *devices, struct name *names, int count)
{
	bool heard = false;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return false;
	fflush(NULL);
	pid = fork();
	if (!pid)
		tell(fds[1], devices, names, count);
	close(fds[1]);
	if (pid > 0) {
		heard = hear(fds[0], names, count);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(fds[0]);
	return heard;
}

static void own_name(const struct uvio_device_info *info, struct name *name)
{
	*name = (struct name){0};
	if (!info->pci && info->uio_name)
		snprintf(name->device, sizeof(name->device), "%s", info->uio_name);
}

void names_look(struct uvio_device *const *devices, struct name *names, int count)
{
	bool asked = false;

	for (int i = 0; i < count; i++) {
		own_name(uvio_device_info(devices[i]), &names[i]);
		asked |= uvio_device_info(devices[i])->pci;
	}
	if (!asked || ask(devices, names, count))
		return;
	for (int i = 0; i < count; i++)
		own_name(uvio_device_info(devices[i]), &names[i]);
}
