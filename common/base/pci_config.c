/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <endian.h>

#include "base/pci_config.h"
#include "base/sys.h"

/* PCI Local Bus Specification 3.0, 6.7. */
#define CONFIG_CAPABILITIES 0x34
#define FIRST_CAPABILITY 0x40
/* As many as fit behind the header: a longer list is circular. */
#define MAX_CAPABILITIES 48

static int read_config(int fd, uint64_t offset, uint32_t *value)
{
	uint32_t raw = 0;
	int rc = uvio_sys_pread(fd, &raw, sizeof(raw), offset);

	*value = le32toh(raw);
	return rc;
}

int uvio_pci_capability(int fd, uint64_t start, uint8_t id, uint32_t *head)
{
	uint32_t at, status;
	int rc = read_config(fd, start + (PCI_CONFIG_STATUS & ~3u), &status);

	if (!rc)
		rc = read_config(fd, start + CONFIG_CAPABILITIES, &at);
	if (rc || !(status >> 16 & PCI_STATUS_CAP_LIST))
		return rc;
	for (int i = 0; i < MAX_CAPABILITIES && (at & 0xfc) >= FIRST_CAPABILITY; i++) {
		uint32_t here = at & 0xfc;

		rc = read_config(fd, start + here, head);
		if (rc || (*head & 0xff) == id)
			return rc ? rc : (int)here;
		at = *head >> 8;
	}
	return 0;
}
