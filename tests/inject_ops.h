/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** The operations on a card at EDU, on whatever backend carries it. */
#ifndef UVIO_TESTS_INJECT_OPS_H
#define UVIO_TESTS_INJECT_OPS_H

#include <uvio/uvio.h>

#include "inject_run.h"
#include "tree.h"

struct card {
	struct tree *tree;
	struct uvio_open_options options;
	void (*raise)(unsigned int vector);
	void (*tell)(void); /* an error of the card, or that it is gone */
	uint16_t (*command)(void);
};

extern struct card card;
extern struct uvio_udev *udev;

int card_open(void);
void card_open_asserted(void);
void card_close(void);

/** The same, and the simulated kernel and its tree, at the end of a test. */
void card_discard(void);
bool card_gone(void);
/** Of card_close(): what the operations of inject_ops_guard.c made. */
void card_guard_free(void);
/** Opens, uses and closes it: what failed, or NULL. */
const char *card_usable(void);

/** Memory of the test, mapped for good: four pages. */
#define CARD_MEMORY_SIZE (4 * 4096)
void *card_memory(void);

extern const struct operation op_find, op_list, op_open, op_open_any, op_region_info, op_region_map,
	op_region_map_config, op_config_read, op_config_write, op_irq_enable, op_irq_enable_msi,
	op_irq_wait, op_irq_wait_asleep, op_irq_wait_in_vain, op_irq_consume, op_irq_ack,
	op_irq_cancel, op_irq_disable, op_dma_map, op_dma_unmap, op_dma_alloc, op_dma_free,
	op_dma_scattered, op_dma_verify, op_dma_from_region, op_dma_import, op_bus_master_on,
	op_bus_master_off, op_reset, op_alive, op_close;

/* inject_ops_guard.c */
extern const struct operation op_guard_new, op_guard_stop;

/* inject_ops_irq.c */
extern const struct operation op_irq_enable_range, op_irq_grow, op_event_wait,
	op_event_wait_in_vain, op_event_fd;

/* inject_ops_pci.c */
extern const struct operation op_hot_reset, op_hot_reset_affects, op_low_power_on, op_low_power_off,
	op_vf_token_set, op_region_find, op_region_map_rom;

#endif /* UVIO_TESTS_INJECT_OPS_H */
