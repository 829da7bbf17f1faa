/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

/* Opening and closing on VFIO: in which order, and what the kernel may answer on the way. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uvio/device.h>
#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/context.h"
#include "device/device.h"
#include "harness.h"
#include "inject_ops.h"
#include "sim_iommufd.h"
#include "vfio.h"
#include "user.h"

#define BUS_MASTER 0x4
#define MANY 100

static void begin(const struct sim *kernel)
{
	sim_vfio_card(kernel, "vfio/group");
}

static void setup(void)
{
	begin(&sim_vfio);
}

static void setup_cdev(void)
{
	begin(&sim_iommufd);
	card.options.backend = "vfio/cdev";
	sim_iommufd_reset(card.tree);
}

static void teardown(void)
{
	char left[256];

	card_discard();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
}

/* Opening, counted: the ioctls by name, in their order. */
static const char *requests_of_open(void)
{
	static char text[2048];
	size_t used = 0;

	inject_begin_counting();
	card_open_asserted();
	inject_end();
	text[0] = '\0';
	for (unsigned int i = 0; i < inject_count() && used < sizeof(text); i++)
		if (inject_call(i)->kind == INJECT_IOCTL)
			used += (size_t)snprintf(
				text + used, sizeof(text) - used, "%s ", inject_call(i)->what);
	return text;
}

/* The number of the first ioctl of that name while the card is opened. */
static unsigned int find_request(const char *name)
{
	requests_of_open();
	card_close();
	for (unsigned int i = 0; i < inject_count(); i++)
		if (inject_call(i)->kind == INJECT_IOCTL && !strcmp(inject_call(i)->what, name))
			return i;
	ASSERT(!"there is no such request");
	return 0;
}

static void the_kernel_is_asked_in_its_order(void)
{
	ASSERT_HAS(requests_of_open(),
		"GROUP_GET_STATUS GET_API_VERSION CHECK_EXTENSION GROUP_SET_CONTAINER SET_IOMMU "
		"GROUP_GET_DEVICE_FD DEVICE_GET_INFO ");
}

static void a_node_is_bound_before_it_is_asked(void)
{
	ASSERT_HAS(requests_of_open(),
		"IOAS_ALLOC DEVICE_BIND_IOMMUFD DEVICE_ATTACH_IOMMUFD_PT DEVICE_GET_INFO ");
}

static void a_card_that_is_being_reset_is_asked_for_again(void)
{
	bool by_node = !strcmp(card.options.backend, "vfio/cdev");
	unsigned int call = find_request(by_node ? "DEVICE_BIND_IOMMUFD" : "GROUP_GET_DEVICE_FD");

	inject_begin(call, -EAGAIN);
	ASSERT_OK(card_open());
	inject_end();
	ASSERT(inject_given());
	card_close();
	inject_begin_lasting(call, -EAGAIN);
	ASSERT_ERR(card_open(), -EAGAIN, "the kernel is still resetting it; try again");
	inject_end();
}

static void a_group_with_more_flags_is_viable(void)
{
	vfio.group_flags = VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET | 1u << 31;
	ASSERT_OK(card_open());
	card_close();
	vfio.group_flags &= ~(uint32_t)VFIO_GROUP_FLAGS_VIABLE;
	ASSERT_ERR(card_open(), -EBUSY, "viable");
}

/* Standard input is closed at that request, so that what is opened next is descriptor 0. */
static unsigned long freeing;

static void free_0(unsigned long request, void *answer)
{
	(void)answer;
	if (request == freeing)
		close(0);
}

static void works_with_0_from(unsigned long request)
{
	int kept = dup(0);

	freeing = request;
	vfio.lie = free_0;
	if (!request)
		close(0);
	ASSERT_STR(card_usable() ? uvio_last_error() : "", "");
	vfio.lie = NULL;
	ASSERT_OK(card_open());
	card_close();
	if (kept >= 0) {
		dup2(kept, 0);
		close(kept);
	}
}

static void descriptor_0_is_as_good_as_any(void)
{
	works_with_0_from(0);
	works_with_0_from(VFIO_GROUP_GET_STATUS);
	works_with_0_from(VFIO_SET_IOMMU);
	works_with_0_from(VFIO_DEVICE_GET_INFO);
}

static void group_0_is_a_group(void)
{
	struct uvio_device *device;
	int number;

	tree_change(card.tree, "file sys/kernel/iommu_groups/0/type DMA\\n");
	tree_change(card.tree, "link " EDU_FOLDER "/iommu_group ../../../kernel/iommu_groups/0");
	ASSERT_OK(uvio_device_find(card.tree->ctx, EDU, &device));
	number = uvio_device_info(device)->iommu_group;
	uvio_device_free(device);
	ASSERT_EQ(number, 0);
	ASSERT_ERR(card_open(), -ENOENT, "/dev/vfio/0 does not exist");
}

/* What was there when a descriptor was closed. */
static struct {
	char text[512];
	struct sim kernel;
} closing;

static void note_close(int fd)
{
	const char *what = fd == vfio.device	  ? "device"
			   : fd == vfio.group	  ? "group"
			   : fd == vfio.container ? "container"
						  : NULL;
	size_t used = strlen(closing.text);
	char left[256];

	inject_left(left, sizeof(left));
	if (what)
		snprintf(closing.text + used, sizeof(closing.text) - used, "%s%s%s%s%s ", what,
			vfio.entry_count ? "+memory" : "", vfio.irq_count ? "+irq" : "",
			strstr(left, "mapping") ? "+mapping" : "",
			fd == vfio.device && sim_vfio_command() & BUS_MASTER ? "+master" : "");
	sim_vfio.close(fd);
}

static void open_and_note_the_close(void)
{
	struct uvio_region bar;

	closing.text[0] = '\0';
	closing.kernel = sim_vfio;
	closing.kernel.close = note_close;
	sim = &closing.kernel;
	card_open_asserted();
	ASSERT_OK(uvio_region_map(udev, 0, &bar));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 2));
	ASSERT_OK(uvio_bus_master(udev, true));
}

static void everything_is_closed_before_what_it_needs(void)
{
	open_and_note_the_close();
	card_close();
	ASSERT_STR(closing.text, "device group container ");
}

/* Memory is given back last: the card reaches it until the container is closed. */
static void memory_outlives_the_container(void)
{
	struct uvio_dma dma;

	open_and_note_the_close();
	ASSERT_OK(uvio_dma_alloc(udev, 4096, 0, &dma));
	card_close();
	ASSERT_STR(closing.text, "device+memory+mapping group+memory+mapping container+mapping ");
}

/* No file of sysfs: the kernel refuses or revokes those while VFIO has the card. */
static void registers_never_come_from_sysfs(void)
{
	struct uvio_region bar;

	inject_begin_counting();
	card_open_asserted();
	ASSERT_OK(uvio_region_map(udev, 0, &bar));
	inject_end();
	ASSERT(bar.base);
	for (unsigned int i = 0; i < inject_count(); i++)
		ASSERT(!strstr(inject_call(i)->what, "/resource0"));
}

/* The kernel itself keeps other programs from the card. Process 4711 is in the tree only. */
static void who_has_registers_in_sysfs_is_not_looked_for(void)
{
	tree_change(card.tree, "file " EDU_FOLDER "/resource0");
	tree_change(card.tree, "file proc/4711/comm oldtool\\n");
	tree_change(card.tree, "link proc/4711/fd/3 %s/" EDU_FOLDER "/resource0", card.tree->root);
	tree_change(card.tree, "file proc/4711/fdinfo/3 flags:\t0100002\\n");
	inject_begin_counting();
	card_open_asserted();
	inject_end();
	for (unsigned int i = 0; i < inject_count(); i++)
		ASSERT(!strstr(inject_call(i)->what, "/proc/4711"));
}

/* The kernel loads VFIO when it likes: nothing is remembered of a time when it was not there. */
static void what_is_loaded_later_is_found(void)
{
	tree_change(card.tree, "remove dev/vfio/vfio");
	ASSERT_ERR(card_open(), -ENOENT, "/dev/vfio/vfio does not exist; modprobe vfio");
	tree_change(card.tree, "file dev/vfio/vfio");
	ASSERT_OK(card_open());
}

/* Without an IOMMU: nodes of another name, and nothing is asked of an IOMMU. */
static struct {
	unsigned long checked, set;
	unsigned int maps;
} asked;

static int open_noiommu(const char *path, int flags)
{
	char plain[256];
	const char *end = strstr(path, "noiommu-1");

	if (!end)
		return sim_vfio.open(path, flags);
	snprintf(plain, sizeof(plain), "%.*s1", (int)(end - path), path);
	return sim_vfio.open(plain, flags);
}

static int ioctl_noiommu(int fd, unsigned long request, void *arg)
{
	if (request == VFIO_CHECK_EXTENSION)
		asked.checked = (unsigned long)arg;
	if (request == VFIO_SET_IOMMU)
		asked.set = (unsigned long)arg;
	asked.maps += request == VFIO_IOMMU_MAP_DMA;
	return sim_vfio.ioctl(fd, request, arg);
}

static void begin_noiommu(void)
{
	closing.kernel = sim_vfio;
	closing.kernel.open = open_noiommu;
	closing.kernel.ioctl = ioctl_noiommu;
	sim = &closing.kernel;
	memset(&asked, 0, sizeof(asked));
	card.options.backend = "vfio/noiommu";
	tree_change(card.tree, "file sys/kernel/iommu_groups/1/name vfio-noiommu\\n");
	tree_change(card.tree, "file sys/kernel/iommu_groups/1/type unknown\\n");
	tree_change(card.tree, "file sys/module/vfio/parameters/enable_unsafe_noiommu_mode Y\\n");
	tree_change(card.tree, "file dev/vfio/noiommu-1");
}

static void without_an_iommu_there_is_none_to_ask(void)
{
	struct uvio_dma dma;

	begin_noiommu();
	card_open_asserted();
	ASSERT_EQ(asked.checked, VFIO_NOIOMMU_IOMMU);
	ASSERT_EQ(asked.set, VFIO_NOIOMMU_IOMMU);
	ASSERT(!(uvio_caps(udev) & (UVIO_CAP_DMA_ISOLATED | UVIO_CAP_DMA_PINNED)));
	ASSERT_ERR(uvio_dma_alloc(udev, 4096, 0, &dma), -EPERM, "is not protected");
	ASSERT_EQ(asked.maps, 0);
}

static void without_an_iommu_the_node_takes_a_capability(void)
{
	unsigned int i = 0;

	begin_noiommu();
	inject_begin_counting();
	card_open_asserted();
	inject_end();
	card_close();
	while (!strstr(inject_call(i)->what, "/dev/vfio/noiommu-1") ||
		inject_call(i)->kind != INJECT_OPEN)
		i++;
	user_unusual = USER_UNUSUAL(CAP_SYS_RAWIO);
	inject_begin(i, -EPERM);
	ASSERT_ERR(card_open(), -EPERM,
		"without an IOMMU the kernel requires CAP_SYS_RAWIO, which this process lacks");
	inject_end();
	user_unusual = 0;
}

static int is_another(int folder, const char *path, unsigned int major, unsigned int minor)
{
	(void)folder;
	(void)path;
	return major == 240 && minor == 7 ? -ESTALE : 0;
}

static void a_node_of_another_group_is_not_opened(void)
{
	static struct sim other;

	other = sim_vfio;
	other.is_node = is_another;
	sim = &other;
	tree_change(card.tree, "file sys/class/vfio/1/dev 240:7\\n");
	ASSERT_ERR(card_open(), -ESTALE, "/dev/vfio/1 is not its node, which has the number 240:7");
	ASSERT_EQ(vfio.group, -1);
	tree_change(card.tree, "file sys/class/vfio/1/dev 240:8\\n");
	card_open_asserted();
	card_close();
	sim = &sim_vfio;
}

/* As many groups as cards: none of them has a place in a table of fixed size. */
static int open_of_many(const char *path, int flags)
{
	return strstr(path, "/dev/vfio/") ? memfd_create(path, MFD_CLOEXEC)
					  : sim_vfio.open(path, flags);
}

static int ioctl_of_many(int fd, unsigned long request, void *arg)
{
	(void)fd;
	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return 1;
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)arg)->flags = VFIO_GROUP_FLAGS_VIABLE;
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return memfd_create("card", MFD_CLOEXEC);
	}
	return 0;
}

/* The name of a request tells the injection which answers are descriptors. */
static const char *name_of_many(unsigned long request)
{
	return request == VFIO_GROUP_GET_DEVICE_FD ? "GROUP_GET_DEVICE_FD" : "?";
}

static const struct sim of_many = {
	.open = open_of_many,
	.ioctl = ioctl_of_many,
	.request_name = name_of_many,
};

static void a_hundred_groups_fit(void)
{
	struct vfio_domain of_vfio = {.transport = &vfio_transport_group, .container_fd = -1};
	struct uvio_domain domain = {.ctx = card.tree->ctx, .priv = &of_vfio};
	static struct vfio_device devices[MANY];
	static struct uvio_udev udevs[MANY];

	sim = &of_many;
	for (int i = 0; i < MANY; i++) {
		udevs[i] = (struct uvio_udev){.ctx = card.tree->ctx, .domain = &domain};
		snprintf(udevs[i].address.text, UVIO_ADDRESS_SIZE, "0000:%02x:00.0", i);
		tree_change(card.tree,
			"link sys/bus/pci/devices/%s/iommu_group ../../../../kernel/%d",
			udevs[i].address.text, i);
		devices[i] = (struct vfio_device){.fd = -1, .group_fd = -1};
		ASSERT_OK(vfio_transport_group.open(&udevs[i], &devices[i]));
	}
	ASSERT_EQ(of_vfio.group_count, MANY);
	for (int i = 0; i < MANY; i++)
		vfio_transport_group.close(&udevs[i], &devices[(i * 37) % MANY]);
	ASSERT_EQ(of_vfio.group_count, 0);
	ASSERT_EQ(of_vfio.container_fd, -1);
	vfio_domain_cleanup(&domain);
	sim = &sim_vfio;
}

/* A device without a notice of release would keep whoever unbinds it waiting for ever. */
static void a_notice_that_finds_no_descriptor_fails_the_open(void)
{
	unsigned int at[4], notices = 0;

	requests_of_open();
	for (unsigned int i = 0; i < inject_count() && notices < ARRAY_SIZE(at); i++)
		if (inject_call(i)->kind == INJECT_EVENTFD)
			at[notices++] = i;
	ASSERT(notices > 0);
	card_close();
	while (notices) {
		inject_begin(at[--notices], -EMFILE);
		ASSERT_ERR(card_open(), -EMFILE, EDU ": no eventfd for ");
		inject_end();
		ASSERT_HAS(uvio_last_error(), "(RLIMIT_NOFILE)");
	}
}

static CU_TestInfo by_group[] = {
	{"the kernel is asked in its order (vfio 15)", the_kernel_is_asked_in_its_order},
	{"a group with more flags is viable (vfio 9 and 21)", a_group_with_more_flags_is_viable},
	{"a card that is being reset is asked for again (vfio 25)",
		a_card_that_is_being_reset_is_asked_for_again},
	TEST(a_notice_that_finds_no_descriptor_fails_the_open),
	{"descriptor 0 is as good as any (vfio 11)", descriptor_0_is_as_good_as_any},
	{"group 0 is a group (vfio 11)", group_0_is_a_group},
	{"everything is closed before what it needs (vfio 20)",
		everything_is_closed_before_what_it_needs},
	TEST(memory_outlives_the_container),
	{"registers never come from sysfs (vfio 59)", registers_never_come_from_sysfs},
	TEST(who_has_registers_in_sysfs_is_not_looked_for),
	{"what is loaded later is found (vfio 27)", what_is_loaded_later_is_found},
	{"without an IOMMU there is none to ask (vfio 23)", without_an_iommu_there_is_none_to_ask},
	{"without an IOMMU the node takes a capability (vfio 23)",
		without_an_iommu_the_node_takes_a_capability},
	{"a hundred groups fit (vfio 30)", a_hundred_groups_fit},
	TEST(a_node_of_another_group_is_not_opened),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo by_node[] = {
	{"a node is bound before it is asked (vfio 24)", a_node_is_bound_before_it_is_asked},
	{"a card that is being reset is bound again (vfio 25)",
		a_card_that_is_being_reset_is_asked_for_again},
	TEST(a_notice_that_finds_no_descriptor_fails_the_open),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"group", NULL, NULL, setup, teardown, by_group},
	{"node", NULL, NULL, setup_cdev, teardown, by_node},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
