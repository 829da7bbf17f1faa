/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/bind.h>
#include <uvio/error.h>

#include "harness.h"
#include "inject_run.h"
#include "sim_bind.h"

#define UIO "uio_pci_generic"

/* It looks for whoever has the device, and changes its driver in a process of its own. */
#define BIND_STACK 16384

static struct tree *tree;
static const char *first; /* the driver in the beginning */
static const char *wanted;

/* The tree as it was: the driver that it had, no override. */
static void fresh(void)
{
	inject_reset(tree->root);
	if (tree_link(tree, EDU_FOLDER "/driver")[0])
		tree_change(tree, "remove " EDU_FOLDER "/driver");
	if (first)
		tree_change(tree, "link " EDU_FOLDER "/driver ../../../bus/pci/drivers/%s", first);
	tree_change(tree, "file " EDU_FOLDER "/driver_override (null)\\n");
}

static void close_nothing(void)
{
}

static bool never_gone(void)
{
	return false;
}

static const char *driver_now(void)
{
	return tree_link(tree, EDU_FOLDER "/driver");
}

static const char *override_now(void)
{
	return tree_read(tree, EDU_FOLDER "/driver_override");
}

static const char *usable(void)
{
	static char text[512];

	if (uvio_bind(tree->ctx, EDU, "vfio") || uvio_bind(tree->ctx, EDU, "none"))
		return strcpy(text, uvio_last_error());
	return driver_now()[0] ? "it has a driver" : NULL;
}

static const struct scene scene = {
	.object = EDU ": ",
	.fresh = fresh,
	.close = close_nothing,
	.gone = never_gone,
	.usable = usable,
};

static void setup(void)
{
	sim = &sim_bind;
	tree = tree_new("edu-unbound");
	tree_change(tree, "file dev/vfio/1");
	kernel = (struct kernel){.tree = tree, .folder = EDU_FOLDER, .address = EDU};
	first = UIO;
	wanted = "vfio-pci";
}

static void teardown(void)
{
	sim = NULL;
	kernel = (struct kernel){0};
	tree_free(tree);
	tree = NULL;
}

static int run_bind(void)
{
	return uvio_bind(tree->ctx, EDU, wanted);
}

static const char *is_bound(void)
{
	if (strcmp(driver_now(), strcmp(wanted, "none") ? wanted : ""))
		return "it has another driver";
	return NULL;
}

static int run_unbind(void)
{
	return uvio_unbind(tree->ctx, EDU);
}

static const char *is_unbound(void)
{
	if (driver_now()[0])
		return "it has a driver";
	return strcmp(override_now(), "(null)") ? "it has an override" : NULL;
}

/* Or the error message says that it has another one. */
static const char *has_former_driver(void)
{
	char before[80];

	snprintf(before, sizeof(before), "had %s before", first ? first : "no driver");
	if (!strcmp(driver_now(), first ? first : "") ||
		strstr(uvio_last_error(), "could not be bound again") ||
		strstr(uvio_last_error(), before) ||
		strstr(uvio_last_error(), "which first restores the former driver"))
		return NULL;
	return "the former driver is not there, and nothing is said of it";
}

static const struct operation op_bind = {
	.name = "bind",
	.run = run_bind,
	.works = is_bound,
	.failed = has_former_driver,
	.stack = BIND_STACK,
};

static const struct operation op_unbind = {
	.name = "unbind",
	.run = run_unbind,
	.works = is_unbound,
	.failed = has_former_driver,
	.stack = BIND_STACK,
};

static void bind_of_a_free_card_fails_cleanly_at_every_call(void)
{
	first = NULL;
	inject_everywhere(&scene, &op_bind);
}

static void bind_of_a_bound_card_fails_cleanly_at_every_call(void)
{
	inject_everywhere(&scene, &op_bind);
}

static void bind_to_nothing_fails_cleanly_at_every_call(void)
{
	wanted = "none";
	inject_everywhere(&scene, &op_bind);
}

static void unbind_fails_cleanly_at_every_call(void)
{
	inject_everywhere(&scene, &op_unbind);
}

static CU_TestInfo failing[] = {
	TEST(bind_of_a_free_card_fails_cleanly_at_every_call),
	TEST(bind_of_a_bound_card_fails_cleanly_at_every_call),
	TEST(bind_to_nothing_fails_cleanly_at_every_call),
	TEST(unbind_fails_cleanly_at_every_call),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"binding", NULL, NULL, setup, teardown, failing},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	int rc = test_main(suites);

	inject_print_total();
	return rc;
}
