/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <linux/vfio.h>

#include <uvio/device.h>

#include "checks.h"
#include "base/finding.h"
#include "device/device.h"
#include "harness.h"
#include "user.h"

struct tree *tree;
struct uvio_check *check;

/* In a tree nodes are files. */
int __wrap_uvio_sys_is_node(int folder, const char *path, unsigned int major, unsigned int minor);

int __wrap_uvio_sys_is_node(int folder, const char *path, unsigned int major, unsigned int minor)
{
	(void)folder;
	(void)path;
	(void)major;
	(void)minor;
	return 0;
}

/* A container, and a group which says that it is not viable. */
int __wrap_uvio_sys_ioctl(int fd, unsigned long request, void *arg);

int __wrap_uvio_sys_ioctl(int fd, unsigned long request, void *arg)
{
	struct vfio_group_status *status = arg;

	(void)fd;
	if (request == VFIO_GET_API_VERSION)
		return VFIO_API_VERSION;
	if (request == VFIO_CHECK_EXTENSION)
		return 1;
	if (request != VFIO_GROUP_GET_STATUS)
		return -ENOTTY;
	status->flags = 0;
	return 0;
}

void setup(void)
{
	user = 0;
	user_refused = NULL;
	user_unusual = 0;
}

void teardown(void)
{
	uvio_check_free(check);
	check = NULL;
	tree_free(tree);
	tree = NULL;
	user = 0;
	user_unusual = 0;
}

void run(const char *address, const char *backend, enum uvio_verdict verdict)
{
	struct uvio_device *device;

	uvio_check_free(check);
	check = NULL;
	ASSERT_OK(uvio_device_find(tree->ctx, address, &device));
	ASSERT_OK(uvio_check_device(tree->ctx, device, backend, &check));
	uvio_device_free(device);
	ASSERT_EQ(uvio_check_verdict(check), verdict);
}

void begin(const char *name, const char *address, const char *backend, enum uvio_verdict verdict)
{
	tree = tree_new(name);
	run(address, backend, verdict);
}

const struct uvio_finding *finding_with(const char *part)
{
	unsigned int count;
	const struct uvio_finding *const *findings = uvio_check_findings(check, &count);

	for (unsigned int i = 0; i < count; i++)
		if (strstr(findings[i]->what, part))
			return findings[i];
	return NULL;
}

void finds(enum uvio_severity severity, const char *what, const char *fix)
{
	const struct uvio_finding *found = finding_with(what);

	if (!found) {
		unsigned int count;
		const struct uvio_finding *const *findings = uvio_check_findings(check, &count);

		ASSERT_HAS(count ? findings[0]->what : "(no finding)", what);
		return;
	}
	ASSERT_EQ(found->severity, severity);
	if (fix)
		ASSERT_HAS(found->fix, fix);
	else
		ASSERT(!found->fix);
}
