/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_BASE_PCI_CONFIG_H
#define UVIO_BASE_PCI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

/* The PCI configuration space, by the PCI Local Bus Specification 3.0, 6.1 and 6.2. */
#define PCI_CONFIG_VENDOR 0x00

#define PCI_CONFIG_DEVICE 0x02
#define PCI_CONFIG_REVISION 0x08 /* and the class code */
#define PCI_CONFIG_SUBVENDOR 0x2c
#define PCI_CONFIG_SUBDEVICE 0x2e
#define PCI_CONFIG_COMMAND 0x04 /* 16 bits; bit 2: bus master */
#define PCI_CONFIG_STATUS 0x06
#define PCI_CONFIG_INTERRUPT_PIN 0x3d
#define PCI_COMMAND_IO 0x01
#define PCI_COMMAND_MEMORY 0x02
#define PCI_COMMAND_BUS_MASTER 0x04
#define PCI_COMMAND_INTX_OFF 0x400
#define PCI_STATUS_CAP_LIST 0x10
#define PCI_CAPABILITY_MSI 0x05
#define PCI_CAPABILITY_MSIX 0x11

/**
 * The offset of capability @id in the configuration space that begins at @start of @fd, and its
 * first 32 bits in @head, of which the upper 16 are the message control of MSI and MSI-X. 0: there
 * is none; or a negative errno, without a text.
 */
int uvio_pci_capability(int fd, uint64_t start, uint8_t id, uint32_t *head);

/**
 * Whether this status register is that of a card that does not answer: otherwise some bits are 0.
 * The ids do not show it: those of a virtual function read all ones in sysfs, and vfio shows the
 * ids and capabilities that the kernel has stored.
 */
static inline bool uvio_status_is_gone(uint64_t status)
{
	return (status | PCI_STATUS_CAP_LIST) == 0xffff;
}

#endif /* UVIO_BASE_PCI_CONFIG_H */
