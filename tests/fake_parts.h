/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What the files of the fake backend share. */
#ifndef UVIO_TESTS_FAKE_PARTS_H
#define UVIO_TESTS_FAKE_PARTS_H

#include "fake.h"

/* fake_card.c: the card */

/** As after power on; configuration space, registers, nothing running. */
void fake_card_init(struct fake *fake);
uint64_t fake_card_read(struct fake *fake, uint32_t region, uint64_t offset, unsigned int width);
void fake_card_write(struct fake *fake, uint32_t region, uint64_t offset, unsigned int width,
	uint64_t value);
/** Delivers an interrupt where there is a cause for one and nothing holds it back. */
void fake_card_signal(struct fake *fake, unsigned int vector);

/* fake_dma.c: the IOMMU */

int fake_dma_memory(struct uvio_udev *udev, struct uvio_mapping *mapping);
void fake_dma_memory_free(struct uvio_domain *domain, struct uvio_mapping *mapping);
int fake_dma_map(struct uvio_udev *udev, struct uvio_mapping *mapping);
int fake_dma_unmap(struct uvio_domain *domain, struct uvio_mapping *mapping);
void fake_domain_cleanup(struct uvio_domain *domain);
/** Where the card's access to one byte ends up; NULL: it is stopped. */
unsigned char *fake_translate(const struct fake *card, uint64_t iova, uint32_t flag);

#endif /* UVIO_TESTS_FAKE_PARTS_H */
