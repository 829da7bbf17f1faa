/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Whether a card is still set up to send message signalled interrupts, as its registers show. */
#include <config.h>

#include <fcntl.h>

#include <uvio/irq.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/pci_config.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "check/card.h"

#define MSI_ENABLE 0x0001
#define MSIX_ENABLE 0x8000
#define MSIX_MASK_ALL 0x4000

/* The message control of that capability; -1: there is none, or this user may not read it. */
static int control_of(int fd, uint8_t id)
{
	uint32_t head;

	return uvio_pci_capability(fd, 0, id, &head) > 0 ? (int)(head >> 16) : -1;
}

static const char *msi_state(int control)
{
	return control >= 0 && !(control & MSI_ENABLE)
		       ? "MSI is switched off in the card's configuration space (MSI enable)"
		       : NULL;
}

static const char *msix_state(int control)
{
	if (control >= 0 && !(control & MSIX_ENABLE))
		return "MSI-X is switched off in the card's configuration space (MSI-X enable)";
	if (control >= 0 && control & MSIX_MASK_ALL)
		return "all MSI-X vectors are masked in the card's configuration space (function "
		       "mask)";
	return NULL;
}

/* A UIO driver of the card's own has set up one of the two. */
static const char *any_state(int fd)
{
	int msi = control_of(fd, PCI_CAPABILITY_MSI), msix = control_of(fd, PCI_CAPABILITY_MSIX);

	if ((msi >= 0 && msi & MSI_ENABLE) || (msix >= 0 && msix & MSIX_ENABLE))
		return NULL;
	return msi >= 0 ? msi_state(msi) : msix_state(msix);
}

const char *uvio_card_sends_none(struct uvio_udev *udev)
{
	char path[UVIO_PATH_SIZE];
	const char *state;
	int fd;

	if (uvio_sysfs_path(udev->ctx, path, "bus/pci/devices/%s/config", udev->address.text))
		return NULL;
	fd = uvio_sys_open(path, O_RDONLY);
	if (fd < 0)
		return NULL;
	state = udev->own_msi			  ? any_state(fd)
		: udev->irq_kind == UVIO_IRQ_MSIX ? msix_state(control_of(fd, PCI_CAPABILITY_MSIX))
						  : msi_state(control_of(fd, PCI_CAPABILITY_MSI));
	uvio_sys_close(fd);
	return state;
}
