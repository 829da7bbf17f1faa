/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>

#include <uvio/device.h>

#include "inuse.h"
#include "base/address.h"
#include "device/device.h"
#include "owner/inuse.h"

#define NODE EDU_FOLDER "/uio/uio0"

struct tree *tree;
struct test_log logged;

void begin(const char *name)
{
	const struct uvio_ctx_options options = {
		.log = test_log,
		.log_data = &logged,
		.log_level = UVIO_LOG_WARNING,
	};

	logged = (struct test_log){0};
	tree = tree_new_with(name, &options);
	tree_change(tree, "file proc/4711/comm oldtool\\n");
	tree_change(tree, "dir proc/4711/fd");
	tree_change(tree, "dir proc/4711/task/4711");
}

void teardown(void)
{
	tree_free(tree);
	tree = NULL;
}

void begin_with_number(void)
{
	begin("edu-uio");
	tree_change(tree, "file " NODE "/dev " NULL_NUMBER "\\n");
	tree_change(tree, "file " NODE "/uevent MAJOR=1\\nMINOR=3\\nDEVNAME=uio0\\n");
}

int strict_answer(const char *text)
{
	struct uvio_address address;

	ASSERT_OK(uvio_address_resolve(tree->ctx, text, &address));
	return uvio_in_use(tree->ctx, &address);
}

int answer(const char *text)
{
	struct uvio_device *device;
	int rc;

	ASSERT_OK(uvio_device_find(tree->ctx, text, &device));
	rc = uvio_device_in_use(tree->ctx, device);
	uvio_device_free(device);
	return rc;
}

void is_busy(const char *address, const char *text)
{
	ASSERT_ERR(strict_answer(address), -EBUSY, text);
	ASSERT_ERR(answer(address), -EBUSY, text);
}

void is_free(const char *address)
{
	ASSERT_OK(strict_answer(address));
	ASSERT_OK(answer(address));
	ASSERT_STR(logged.text, "");
}
