/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Why an interrupt did not come, as far as the card shows. */
#include <config.h>

#include <errno.h>
#include <stdio.h>

#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>

#include "backend/objects.h"
#include "base/clock.h"
#include "base/context.h"
#include "base/pci_config.h"
#include "check/card.h"
#include "udev/irq.h"

#define STATUS_INTX 0x8 /* since PCI 2.3: the card asserts its line */

static const char *bus_cause(uint64_t command)
{
	if (!(command & PCI_COMMAND_BUS_MASTER))
		return "bus mastering is off, and the card sends no MSI without it; switch it on "
		       "with uvio_bus_master()";
	return "bus mastering is on; perhaps the card was not told to raise an interrupt, or masks "
	       "its vector; look at its registers";
}

static const char *line_cause(uint64_t command, uint64_t status)
{
	if (command & PCI_COMMAND_INTX_OFF)
		return "INTx is switched off in the card's command register; perhaps the last "
		       "interrupt was not acknowledged with uvio_irq_ack(), or another program has "
		       "switched INTx off (then enable it again)";
	if (status & STATUS_INTX)
		return "the card asserts its line (Interrupt Status); perhaps the last interrupt "
		       "was not acknowledged with uvio_irq_ack()";
	return "the card does not assert its line (Interrupt Status, since PCI 2.3); perhaps the "
	       "card was not told to raise an interrupt; look at its registers";
}

/* With the card's own UIO driver, which goes on only if it was left alone. */
static const char *own_cause(uint64_t command)
{
	if (!(command & PCI_COMMAND_BUS_MASTER))
		return "its UIO driver has set up MSI, and bus mastering is off now, so that the "
		       "card sends no MSI; bind the driver again";
	return "its UIO driver has set up MSI, and bus mastering is on; perhaps the last interrupt "
	       "was not cleared in the card, or not acknowledged with uvio_irq_ack()";
}

static const char *message_cause(struct uvio_udev *udev, uint64_t command, char *text, size_t size)
{
	const char *state = command & PCI_COMMAND_BUS_MASTER ? uvio_card_sends_none(udev) : NULL;

	if (!state)
		return udev->own_msi ? own_cause(command) : bus_cause(command);
	snprintf(text, size, "%s; perhaps another program or a reset did so; %s", state,
		udev->own_msi ? "bind the driver again"
			      : "uvio_irq_disable() and uvio_irq_enable() switch it on again");
	return text;
}

static const char *cause(struct uvio_udev *udev, char *text, size_t size)
{
	uint64_t state;

	if (atomic_load(&udev->asleep))
		return "the card sleeps (uvio_low_power()), and raises no interrupt";
	uvio_card_changed(udev, text, size);
	if (text[0])
		return text;
	if (!udev->config.size || uvio_region_read(&udev->config, PCI_CONFIG_COMMAND, 4, &state))
		return "perhaps the last interrupt was not cleared in the card, or not "
		       "acknowledged with uvio_irq_ack()";
	if (udev->own_msi || udev->irq_kind != UVIO_IRQ_INTX)
		return message_cause(udev, state, text, size);
	if (uvio_card_masks_intx(udev))
		state |= PCI_COMMAND_INTX_OFF;
	return line_cause(state & 0xffff, state >> 16);
}

int uvio_irq_late(struct uvio_udev *udev, unsigned int vector, int64_t timeout)
{
	char time[UVIO_TIME_SIZE], text[UVIO_TEXT_SIZE / 2];

	return uvio_fail(-ETIMEDOUT, "%s: no interrupt on vector %u within %s; %s",
		udev->address.text, vector, uvio_time_text(time, timeout),
		cause(udev, text, sizeof(text)));
}
