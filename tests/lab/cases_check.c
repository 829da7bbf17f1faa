/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What open finds, check has found before: the same verdict and the same text, for each fault. */
#include <config.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/check.h>
#include <uvio/device.h>
#include <uvio/driver.h>
#include <uvio/error.h>
#include <uvio/udev.h>

#include "conformance.h"

#define EDU "0000:00:04.0"
#define CONFIG "/sys/bus/pci/devices/" EDU "/config"
#define COMMAND 4
#define BAR0 0x10
#define RULES "/tmp/device-rules"

static int open_it(struct pair *pair)
{
	struct uvio_open_options options = {.backend = pair->backend};
	struct uvio_udev *udev;
	int rc = uvio_udev_open(pair->ctx, pair->address, &options, &udev);

	if (!rc)
		uvio_udev_close(udev);
	return rc;
}

/* @part: of the most severe finding; NULL: it can be opened. */
static int agree(struct pair *pair, const char *part)
{
	const struct uvio_finding *const *first;
	struct uvio_device *device;
	struct uvio_check *check;
	char text[1024] = "";
	unsigned int count;
	bool usable;

	CHECK_OK(uvio_device_find(pair->ctx, pair->address, &device));
	CHECK_OK(uvio_check_device(pair->ctx, device, pair->backend, &check));
	first = uvio_check_findings(check, &count);
	usable = uvio_check_verdict(check) == UVIO_USABLE;
	if (count)
		snprintf(text, sizeof(text), "%s", first[0]->what);
	uvio_check_free(check);
	uvio_device_free(device);
	if (!part) {
		CHECK_OK(open_it(pair));
		CHECK(usable);
		return PASS;
	}
	printf("# %s\n", text);
	CHECK(open_it(pair) < 0);
	CHECK(!usable && strstr(text, part) && strstr(uvio_last_error(), text));
	return PASS;
}

static int config_io(off_t at, void *value, size_t size, bool write)
{
	int fd = open(CONFIG, O_RDWR | O_CLOEXEC);
	ssize_t n = write ? pwrite(fd, value, size, at) : pread(fd, value, size, at);

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)size ? 0 : -EIO;
}

static bool on_uio(const struct pair *pair)
{
	return !strcmp(pair->backend, "uio");
}

static int nothing_is_wrong(struct pair *pair)
{
	return agree(pair, NULL);
}

/* On vfio the kernel switches it on again. */
static int a_card_that_decodes_nothing(struct pair *pair)
{
	uint16_t before, off;
	int rc;

	CHECK_OK(config_io(COMMAND, &before, 2, false));
	off = before & (uint16_t)~3;
	CHECK_OK(config_io(COMMAND, &off, 2, true));
	rc = agree(pair, on_uio(pair) ? "does not decode any of its BARs" : NULL);
	CHECK_OK(config_io(COMMAND, &before, 2, true));
	return rc ? rc : agree(pair, NULL);
}

/* On vfio it sleeps while nobody has it open, and gets them back when it is woken. */
static int a_card_that_lost_its_addresses(struct pair *pair)
{
	uint32_t before, none = 0;
	int rc;

	CHECK_OK(config_io(BAR0, &before, 4, false));
	CHECK_OK(config_io(BAR0, &none, 4, true));
	rc = agree(pair, on_uio(pair) ? "the card lost its addresses" : NULL);
	CHECK_OK(config_io(BAR0, &before, 4, true));
	return rc ? rc : agree(pair, NULL);
}

static int write_rule(const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), RULES "/lab/%s", file);
	return sysfs_write(path, text);
}

static int refused_by_rules(struct pair *pair)
{
	char node[128], rule[64];
	struct stat st;

	CHECK_OK(foreign_node(pair->address, pair->backend, node, sizeof(node)));
	CHECK_OK(stat(node, &st));
	snprintf(rule, sizeof(rule), "c %u:%u rwm", major(st.st_rdev), minor(st.st_rdev));
	CHECK_OK(write_rule("devices.deny", rule));
	return agree(pair, "the device rules of the control group do not allow it");
}

static int enter_rules(void)
{
	mkdir(RULES, 0700);
	if (mount("cgroup", RULES, "cgroup", 0, "devices") && errno != EBUSY)
		return -errno;
	mkdir(RULES "/lab", 0700);
	return write_rule("tasks", "0");
}

static int a_container_whose_rules_refuse_the_node(struct pair *pair)
{
	int rc = in_child_as(pair, enter_rules, refused_by_rules);

	rmdir(RULES "/lab");
	umount2(RULES, MNT_DETACH);
	return rc;
}

static int another_driver_has_it(struct pair *pair)
{
	CHECK_OK(uvio_bind(pair->ctx, pair->address, on_uio(pair) ? "vfio" : "uio"));
	CHECK_OK(agree(pair, "bound to the kernel driver"));
	CHECK_OK(uvio_bind(pair->ctx, pair->address, on_uio(pair) ? "uio" : "vfio"));
	return PASS;
}

/*
 * What binding makes is foreseen for who is not root. Without that, too, /dev/iommu is root's, and
 * noiommu needs CAP_SYS_RAWIO.
 */
static int user_is_warned(struct pair *pair)
{
	const struct uvio_finding *const *findings;
	struct uvio_device *device;
	struct uvio_check *check;
	unsigned int count;
	bool found = false, closed = !strcmp(pair->backend, "vfio/cdev") ||
				     !strcmp(pair->backend, "vfio/compat") ||
				     !strcmp(pair->backend, "vfio/noiommu");

	CHECK_OK(uvio_device_find(pair->ctx, pair->address, &device));
	CHECK_OK(uvio_check_device(pair->ctx, device, pair->backend, &check));
	findings = uvio_check_findings(check, &count);
	for (unsigned int i = 0; i < count; i++)
		found |= strstr(findings[i]->what, "may not open the node that binding makes") !=
			 NULL;
	CHECK(uvio_check_verdict(check) == (closed ? UVIO_BROKEN : UVIO_NOT_BOUND) && found);
	uvio_check_free(check);
	uvio_device_free(device);
	return PASS;
}

/* As a container has it. */
static int seal_sysfs(void)
{
	return unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
			       mount(NULL, "/sys", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL)
		       ? fail_at(__FILE__, __LINE__, "read-only sysfs: %s", strerror(errno))
		       : PASS;
}

static int cannot_be_bound_here(struct pair *pair)
{
	CHECK_ERR(uvio_bind(pair->ctx, pair->address, pair->backend), -EROFS,
		"/sys is mounted read-only");
	return agree(pair, "; /sys is mounted read-only, so it cannot be bound here");
}

static int nothing_has_it(struct pair *pair)
{
	int rc;

	CHECK_OK(uvio_bind(pair->ctx, pair->address, "none"));
	rc = agree(pair, "not bound to");
	if (!rc)
		rc = in_child_as(pair, become_user, user_is_warned);
	if (!rc)
		rc = in_child_as(pair, seal_sysfs, cannot_be_bound_here);
	CHECK_OK(uvio_bind(pair->ctx, pair->address, pair->backend));
	return rc;
}

/* The last: nothing loads it again. */
static int a_module_that_went(struct pair *pair)
{
	if (strcmp(pair->backend, "vfio/group") != 0 ||
		system("rmmod vfio_iommu_type1 2>/dev/null")) {
		snprintf(pair->reason, sizeof(pair->reason), "it cannot go here");
		return SKIP;
	}
	return agree(pair, "the module vfio_iommu_type1 is not loaded");
}

static const struct test_case cases[] = {
	{"nothing is wrong", 0, nothing_is_wrong, true},
	{"a card that decodes nothing", 0, a_card_that_decodes_nothing, true},
	{"a card that lost its addresses", 0, a_card_that_lost_its_addresses, true},
	{"a container whose rules refuse the node", 0, a_container_whose_rules_refuse_the_node,
		true},
	{"another driver has it", 0, another_driver_has_it, true},
	{"nothing has it, and a user asks", 0, nothing_has_it, true},
	{"a module that went", 0, a_module_that_went, true},
	{0},
};

/* Of a machine with all that is needed. */
void run_check(struct uvio_ctx *ctx)
{
	for (const char *const *transport = wanted_transports(); *transport; transport++) {
		struct pair pair = {.ctx = ctx, .address = EDU, .backend = *transport};
		char label[64];

		pair.driver = driver_of_edu();
		snprintf(label, sizeof(label), "check, %s", *transport);
		if (pair_bind(&pair, label) == PASS)
			run_cases(&pair, label, cases);
	}
}

static int is_forgeable(struct pair *pair)
{
	struct uvio_check *check;
	enum uvio_verdict verdict;

	CHECK_OK(agree(pair, "interrupts are not remapped on this machine"));
	CHECK_OK(uvio_check_machine(pair->ctx, "vfio", &check));
	verdict = uvio_check_verdict(check);
	uvio_check_free(check);
	CHECK(verdict == UVIO_BROKEN);
	CHECK_OK(sysfs_write(
		"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y"));
	return agree(pair, NULL);
}

/* A machine whose interrupts are not remapped. */
void run_forgeable(struct uvio_ctx *ctx)
{
	struct pair pair = {.ctx = ctx, .address = EDU, .backend = "uio"};
	int rc = uvio_bind(ctx, EDU, "uio") ? FAIL : agree(&pair, NULL);

	report(rc, NULL, "check, interrupts not remapped: uio does without");
	pair.backend = "vfio/group";
	rc = uvio_bind(ctx, EDU, "vfio") ? FAIL : is_forgeable(&pair);
	report(rc, NULL, "check, interrupts not remapped: vfio refuses");
}
