/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <uvio/context.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "fixture.h"

struct tree *tree;
struct uvio_udev *udev;
struct test_log logged;

void fixture_tree(void)
{
	const struct uvio_ctx_options options = {
		.log = test_log,
		.log_data = &logged,
		.log_level = UVIO_LOG_DEBUG,
	};

	fake_faults = (struct fake_faults){0};
	logged = (struct test_log){0};
	tree = tree_new_with("edu-unbound", &options);
}

int fixture_reopen(struct uvio_open_options options)
{
	uvio_udev_close(udev);
	udev = NULL;
	options.backend = "fake";
	return uvio_udev_open(tree->ctx, EDU, &options, &udev);
}

void fixture_open(void)
{
	fixture_tree();
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
}

void fixture_open_model(const struct fake_model *model)
{
	fake_model = model;
	fixture_open();
}

void fixture_enable(enum uvio_irq_kind kind, unsigned int count)
{
	ASSERT_OK(uvio_irq_enable(udev, kind, count));
	if (kind != UVIO_IRQ_INTX)
		ASSERT_OK(uvio_bus_master(udev, true));
}

void fixture_close(void)
{
	uvio_udev_close(udev);
	udev = NULL;
	tree_free(tree);
	tree = NULL;
	fake_model = NULL;
	ASSERT_EQ(fake_windows, 0);
}
