/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "sim_vfio.h"

#define TABLE_SIZE (8 * 16)

void sim_vfio_add_msix(uint32_t table)
{
	const uint32_t words[] = {0x00070011, table, table + 0x1000};
	const unsigned char list = 0x40, status = 0x10;

	vfio.msix_table = table;
	sim_vfio_fill(7, 0x34, &list, 1);
	sim_vfio_fill(7, 0x06, &status, 1);
	sim_vfio_fill(7, 0x40, words, sizeof(words));
}

bool sim_vfio_intx_is_off(void)
{
	return vfio.irq_index == VFIO_PCI_INTX_IRQ_INDEX && sim_vfio_command() & 0x400;
}

/* By calls only the table itself is out of reach; old kernels do not map the pages that hold it. */
bool sim_vfio_hides_table(unsigned int region, uint64_t at, uint64_t size)
{
	uint64_t table = vfio.msix_table & ~UINT32_C(7);

	return vfio.msix_table && region == (vfio.msix_table & 7) && at < table + TABLE_SIZE &&
	       at + size > table;
}

int sim_vfio_judge_token(const char *name)
{
	static const char argument[] = " vf_token=";
	bool given = !strncmp(name, argument, strlen(argument));

	if (*name && !given)
		return -EINVAL;
	if (!vfio.vf_token)
		return given && !vfio.is_physical ? -EINVAL : 0;
	return given && !strcmp(name + strlen(argument), vfio.vf_token) ? 0 : -EACCES;
}

static int get_affected(struct vfio_pci_hot_reset_info *info)
{
	uint32_t capacity = info->argsz;

	if (capacity < sizeof(*info))
		return -EINVAL;
	if (!vfio.affected_count)
		return -ENODEV;
	vfio.asked_affected++;
	info->flags = 0;
	info->count = vfio.affected_count;
	if (capacity < sizeof(*info) + vfio.affected_count * sizeof(info->devices[0]))
		return -ENOSPC;
	memcpy(info->devices, vfio.affected, vfio.affected_count * sizeof(info->devices[0]));
	return 0;
}

/* With the groups that the one who resets holds; without, where it has none. */
static int hot_reset(const struct vfio_pci_hot_reset *reset)
{
	unsigned int groups = vfio.group >= 0;

	if (reset->argsz < sizeof(*reset) + reset->count * sizeof(int) || reset->flags ||
		reset->count != groups || (groups && reset->group_fds[0] != vfio.group))
		return -EINVAL;
	if (vfio.hot_reset_error)
		return vfio.hot_reset_error;
	vfio.hot_resets++;
	return sim_vfio_set_command(sim_vfio_command() & (uint16_t)~2) ? 0 : -EIO;
}

static int set_low_power(uint32_t number)
{
	bool on = number == 3;

	if (on && vfio.low_power)
		return -EINVAL;
	vfio.low_power = on;
	return 0;
}

static int feature(const struct vfio_device_feature *ask)
{
	uint32_t number = ask->flags & VFIO_DEVICE_FEATURE_MASK;
	bool is_token = number == VFIO_DEVICE_FEATURE_PCI_VF_TOKEN;

	if (ask->argsz < sizeof(*ask) || ask->flags & VFIO_DEVICE_FEATURE_GET)
		return -EINVAL;
	if (is_token ? !vfio.is_physical : vfio.no_low_power || (number != 3 && number != 5))
		return -ENOTTY;
	if (ask->flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	if (!(ask->flags & VFIO_DEVICE_FEATURE_SET))
		return -EINVAL;
	if (!is_token)
		return set_low_power(number);
	if (ask->argsz < sizeof(*ask) + sizeof(vfio.token))
		return -EINVAL;
	memcpy(vfio.token, ask->data, sizeof(vfio.token));
	return 0;
}

int sim_vfio_pci_ioctl(unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		return get_affected(arg);
	case VFIO_DEVICE_PCI_HOT_RESET:
		return hot_reset(arg);
	case VFIO_DEVICE_FEATURE:
		return feature(arg);
	}
	return -ENOTTY;
}

/* 12 is VFIO_DEVICE_GET_PCI_HOT_RESET_INFO too, and 13 VFIO_DEVICE_PCI_HOT_RESET. */
const char *sim_vfio_request_name(unsigned long request)
{
	static const char *const names[] = {"GET_API_VERSION", "CHECK_EXTENSION", "SET_IOMMU",
		"GROUP_GET_STATUS", "GROUP_SET_CONTAINER", "GROUP_UNSET_CONTAINER",
		"GROUP_GET_DEVICE_FD", "DEVICE_GET_INFO", "DEVICE_GET_REGION_INFO",
		"DEVICE_GET_IRQ_INFO", "DEVICE_SET_IRQS", "DEVICE_RESET", "IOMMU_GET_INFO",
		"IOMMU_MAP_DMA", "IOMMU_UNMAP_DMA", "15", "16", "DEVICE_FEATURE"};
	unsigned long number = request - VFIO_GET_API_VERSION;

	return number < sizeof(names) / sizeof(names[0]) ? names[number] : "?";
}
