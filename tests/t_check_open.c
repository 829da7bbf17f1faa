/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * A check finds beforehand what open will find: for each fault of a machine, a node or a card, the
 * verdict is other than usable if and only if open fails, and open says the most severe finding.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uvio/check.h>
#include <uvio/device.h>

#include "base/finding.h"
#include "device/device.h"
#include "harness.h"
#include "inject_ops.h"
#include "sim_iommufd.h"
#include "sim_uio.h"
#include "sim_vfio.h"
#include "user.h"
#include "vfio/iommufd.h"

#define PCI EDU_FOLDER
#define IDENTITY "3412e811"
#define COMMAND "03011000"
#define REST "1000ff0000000000"
#define RESOURCE "0xfea00000 0xfeafffff 0x40200\\n"

struct fault {
	const char *backend;
	const char *change[3]; /* lines for tree_change() */
	const char *refused;   /* a node that the device rules do not allow */
	unsigned long refuses; /* a request that the kernel then answers by EPERM */
	void (*set)(void);     /* what else */
	enum uvio_verdict verdict;
	int err;
	const char *text; /* of the most severe finding; NULL: any */
};

static struct {
	struct sim kernel;
	const struct sim *under;
	unsigned long refuses;
} faulty;

static int faulty_open(const char *path, int flags)
{
	if (user_refused && strstr(path, user_refused))
		return -EPERM;
	if (strstr(path, "/dev/") && access(path, F_OK))
		return -ENOENT;
	return faulty.under->open(path, flags);
}

static int faulty_ioctl(int fd, unsigned long request, void *arg)
{
	return request == faulty.refuses ? -EPERM : faulty.under->ioctl(fd, request, arg);
}

static void no_type1(void)
{
	vfio.extension = 0;
}

static int is_another(int folder, const char *path, unsigned int major, unsigned int minor)
{
	(void)folder;
	(void)path;
	(void)major;
	(void)minor;
	return -ESTALE;
}

static void node_of_another(void)
{
	faulty.kernel.is_node = is_another;
}

static void other_version(void)
{
	vfio.api_version = 7;
}

static void not_viable(void)
{
	vfio.group_flags = 0;
}

#define LOST "hex " PCI "/config " IDENTITY COMMAND REST "00000000"
#define MOVED "hex " PCI "/config " IDENTITY COMMAND REST "0000b0fe"
#define OFF "hex " PCI "/config " IDENTITY "00011000" REST "0000a0fe"
#define ALL_ONES "hex " PCI "/config ffffffffffffffffffffffffffffffffffffffffffffffff"
#define ONES "ffffffff"
#define NO_ROOM "file " PCI "/resource 0x0 0xfffff 0x20040200\\n"
#define FORGEABLE "file proc/interrupts   0:  21   IO-APIC   2-edge      timer\\n"
#define TYPE1_IS_LOADED "dir sys/module/vfio_iommu_type1/parameters"
#define IOMMUFD_IS_LOADED "dir sys/module/iommufd/parameters"

static const struct fault faults[] = {
	/* clang-format off */
	{.backend = "vfio/group"},
	{.backend = "vfio/cdev"},
	{.backend = "uio"},

	{.backend = "vfio/group", .change = {"remove " PCI "/driver", "remove dev/vfio/1"}, .verdict = UVIO_NOT_BOUND, .err = -ENOENT,
		.text = "not bound to vfio-pci"},
	{.backend = "uio", .change = {"remove " PCI "/uio"}, .verdict = UVIO_NOT_BOUND, .err = -ENOENT,
		.text = "not to a UIO driver"},

	{.backend = "vfio/group", .change = {"remove dev/vfio/vfio"}, .verdict = UVIO_BROKEN, .err = -ENOENT,
		.text = "/dev/vfio/vfio does not exist"},
	{.backend = "vfio/group", .change = {"remove dev/vfio/1"}, .verdict = UVIO_BROKEN, .err = -ENOENT,
		.text = "/dev/vfio/1 does not exist"},
	{.backend = "vfio/cdev", .change = {"remove dev/iommu"}, .verdict = UVIO_BROKEN, .err = -ENOENT,
		.text = "/dev/iommu does not exist"},
	{.backend = "vfio/cdev", .change = {"remove " PCI "/vfio-dev"}, .verdict = UVIO_BROKEN, .err = -ENOENT,
		.text = "this kernel makes no VFIO nodes for devices"},
	{.backend = "vfio/compat", .change = {"remove dev/iommu"}, .verdict = UVIO_BROKEN, .err = -ENOENT,
		.text = "/dev/iommu does not exist"},
	{.backend = "uio", .change = {"remove dev/uio0"}, .verdict = UVIO_BROKEN, .err = -ENOENT,
		.text = "/dev/uio0 does not exist"},

	{.backend = "vfio/group", .refused = "/dev/vfio/vfio", .verdict = UVIO_BROKEN, .err = -EPERM,
		.text = "the device rules of the control group"},
	{.backend = "vfio/group", .refused = "/dev/vfio/1", .verdict = UVIO_BROKEN, .err = -EPERM,
		.text = "the device rules of the control group"},
	{.backend = "vfio/cdev", .refused = "/devices/vfio0", .verdict = UVIO_BROKEN, .err = -EPERM,
		.text = "the device rules of the control group"},
	{.backend = "vfio/cdev", .refused = "/dev/iommu", .verdict = UVIO_BROKEN, .err = -EPERM,
		.text = "the device rules of the control group"},
	{.backend = "uio", .refused = "/dev/uio0", .verdict = UVIO_BROKEN, .err = -EPERM,
		.text = "the device rules of the control group"},

	{.backend = "uio", .set = node_of_another, .verdict = UVIO_BROKEN, .err = -ESTALE,
		.text = "/dev/uio0 is not its node, which has the number 246:0"},
	{.backend = "vfio/group", .change = {"file sys/class/vfio/1/dev 240:7\\n"}, .set = node_of_another,
		.verdict = UVIO_BROKEN, .err = -ESTALE, .text = "/dev/vfio/1 is not its node, which has the number 240:7"},
	{.backend = "vfio/cdev", .change = {"file " PCI "/vfio-dev/vfio0/dev 240:8\\n"}, .set = node_of_another,
		.verdict = UVIO_BROKEN, .err = -ESTALE, .text = "/dev/vfio/devices/vfio0 is not its node, which has the number 240:8"},
	{.backend = "vfio/group", .change = {"remove dev/vfio/1", "dir " PCI "/vfio-dev/vfio0"}, .verdict = UVIO_BROKEN, .err = -ENOENT,
		.text = "this kernel makes VFIO nodes for devices, but none for groups"},
	{.backend = "vfio/group", .change = {"remove dev/vfio/1", "dir " PCI "/vfio-dev/vfio0", "dir sys/class/vfio/1"},
		.verdict = UVIO_BROKEN, .err = -ENOENT, .text = "/dev/vfio/1 does not exist, although the device is bound to vfio-pci"},

	{.backend = "vfio/group", .set = no_type1, .verdict = UVIO_BROKEN, .err = -ENOTSUP,
		.text = "the module vfio_iommu_type1 is not loaded"},
	{.backend = "vfio/group", .set = other_version, .verdict = UVIO_BROKEN, .err = -EPROTO,
		.text = "its VFIO API version is not 0"},
	{.backend = "vfio/group", .change = {"link sys/kernel/iommu_groups/1/devices/0000:00:05.0/driver ../e1000e"},
		.set = not_viable, .verdict = UVIO_BROKEN, .err = -EBUSY,
		.text = "not viable: other members are bound to kernel drivers: 0000:00:05.0 (e1000e)"},

	{.backend = "vfio/group", .change = {FORGEABLE, TYPE1_IS_LOADED}, .refuses = VFIO_SET_IOMMU,
		.verdict = UVIO_BROKEN, .err = -EPERM, .text = "interrupts are not remapped"},
	{.backend = "vfio/group", .change = {FORGEABLE,
		"file sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts Y\\n"}},
	{.backend = "vfio/group", .change = {"file proc/interrupts   0:  21   IR-IO-APIC   2-edge  timer\\n"}},
	{.backend = "vfio/group", .change = {"file proc/interrupts   0:  21   GICv3   27 Level  timer\\n"}},
	{.backend = "vfio/cdev", .change = {FORGEABLE, IOMMUFD_IS_LOADED}, .refuses = IOMMUFD_VFIO_BIND,
		.verdict = UVIO_BROKEN, .err = -EPERM, .text = "interrupts are not remapped"},
	{.backend = "vfio/group", .change = {"dir sys/class/iommu/dmar0",
		"file sys/kernel/iommu_groups/1/reserved_regions "
		"0x000e8000 0x000e8fff direct\\n0xfee00000 0xfeefffff msi\\n"},
		.refuses = VFIO_SET_IOMMU, .verdict = UVIO_BROKEN, .err = -EPERM,
		.text = "RMRR: 0x000e8000 0x000e8fff direct"},
	{.backend = "vfio/group", .change = {"dir sys/class/iommu/dmar0",
		"file sys/kernel/iommu_groups/1/reserved_regions "
		"0x000e8000 0x000e8fff direct-relaxable\\n0xfee00000 0xfeefffff msi\\n"}},

	{.backend = "vfio/group", .change = {ALL_ONES, "file " PCI "/power_state D3cold\\n"}, .verdict = UVIO_BROKEN,
		.err = -ENODEV, .text = "reads all ones (power state D3cold)"},
	{.backend = "vfio/group", .change = {ALL_ONES, "file " PCI "/power/runtime_status suspended\\n"}},
	{.backend = "uio", .change = {"hex " PCI "/config " ONES COMMAND REST "00000000", "dir " PCI "/physfn"}},
	{.backend = "uio", .change = {ALL_ONES, "dir " PCI "/physfn"}, .verdict = UVIO_BROKEN, .err = -ENODEV,
		.text = "reads all ones"},
	{.backend = "uio", .change = {ALL_ONES}, .verdict = UVIO_BROKEN, .err = -ENODEV, .text = "reads all ones"},
	{.backend = "vfio/group", .change = {LOST}, .verdict = UVIO_BROKEN, .err = -ENXIO,
		.text = "the card lost its addresses: bar0 is at 0xfea00000 for the kernel, and at 0x0"},
	{.backend = "uio", .change = {LOST}, .verdict = UVIO_BROKEN, .err = -ENXIO, .text = "lost its addresses"},
#if defined(__x86_64__) || defined(__i386__)
	{.backend = "uio", .change = {MOVED}, .verdict = UVIO_BROKEN, .err = -ENXIO, .text = "at 0xfeb00000 in the card"},
#endif
	{.backend = "uio", .change = {LOST, "dir " PCI "/physfn"}},
	{.backend = "uio", .change = {LOST, "file " PCI "/resource 0xfea00000 0xfeafffff 0x40220\\n"}},
	{.backend = "uio", .change = {OFF}, .verdict = UVIO_BROKEN, .err = -ENXIO,
		.text = "does not decode any of its BARs: its command register has them"},
	{.backend = "vfio/group", .change = {OFF}},
	{.backend = "uio", .change = {OFF, "file " PCI "/resource 0x0 0x0 0x0\\n"}},
	{.backend = "vfio/group", .change = {NO_ROOM}, .verdict = UVIO_BROKEN, .err = -ENXIO,
		.text = "found no free addresses for bar0, of 1024 KiB"},
	{.backend = "uio", .change = {NO_ROOM}, .verdict = UVIO_BROKEN, .err = -ENXIO, .text = "found no free addresses for bar0"},
	/* clang-format on */
};

static void begin(const struct fault *fault)
{
	bool is_uio = !strcmp(fault->backend, "uio");

	card = (struct card){
		.tree = tree_new(is_uio ? "edu-uio" : "edu-vfio"),
		.options = {.backend = fault->backend},
	};
	inject_reset(card.tree->root);
	sim_vfio_reset();
	if (is_uio)
		sim_uio_reset(card.tree);
	else if (strcmp(fault->backend, "vfio/group") != 0)
		sim_iommufd_reset(card.tree);
	faulty.under = is_uio				       ? &sim_uio
		       : !strcmp(fault->backend, "vfio/group") ? &sim_vfio
							       : &sim_iommufd;
	faulty.refuses = fault->refuses;
	faulty.kernel = *faulty.under;
	faulty.kernel.open = faulty_open;
	faulty.kernel.ioctl = faulty.under->ioctl ? faulty_ioctl : NULL;
	sim = &faulty.kernel;
	user_refused = fault->refused;
	for (size_t i = 0; i < 3 && fault->change[i]; i++)
		tree_change(card.tree, "%s", fault->change[i]);
	if (fault->set)
		fault->set();
}

static void end(void)
{
	user_refused = NULL;
	card_discard();
}

static void judge(const struct fault *fault)
{
	char text[1024] = "(no finding)";
	const struct uvio_finding *const *first;
	struct uvio_device *device;
	struct uvio_check *check;
	enum uvio_verdict verdict;
	unsigned int count;

	ASSERT_OK(uvio_device_find(card.tree->ctx, EDU, &device));
	ASSERT_OK(uvio_check_device(card.tree->ctx, device, fault->backend, &check));
	first = uvio_check_findings(check, &count);
	verdict = uvio_check_verdict(check);
	if (count)
		snprintf(text, sizeof(text), "%s", first[0]->what);
	uvio_check_free(check);
	uvio_device_free(device);
	if (verdict != fault->verdict)
		ASSERT_STR(text, fault->text ? fault->text : "");
	ASSERT_EQ(verdict, fault->verdict);
	if (!fault->err) {
		ASSERT_OK(card_open());
		return;
	}
	ASSERT_HAS(text, fault->text);
	ASSERT_ERR(card_open(), fault->err, text);
}

static void check_finds_what_open_finds(void)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		printf("# %zu: %s, %s\n", i, faults[i].backend,
			faults[i].text ? faults[i].text : "no fault");
		begin(&faults[i]);
		judge(&faults[i]);
		end();
	}
}

static void teardown(void)
{
	if (card.tree)
		end();
}

static CU_TestInfo cases[] = {
	TEST(check_finds_what_open_finds),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"check and open", NULL, NULL, NULL, teardown, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
