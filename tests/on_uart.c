/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The command with a model of a serial card, QEMU's pci-serial-2x, in the place of every card. What
 * a line sends comes back to it. The byte EOT, 4, is an order to the model: the card is gone from
 * the next access on.
 */
#include <config.h>

#include <signal.h>

#include "../tools/tools.h"
#include "models/uart.h"

enum { LINES = 2, DISTANCE = 8, EOT = 4 };

static struct uart_model_card model;
static void (*write_card)(
	void *card, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value);

static void echo(struct uart_model *uart)
{
	for (unsigned int i = 0; i < uart->sent_count; i++) {
		if (uart->sent[i] == EOT)
			fake_faults.all_ones = true;
		uart_model_hear(uart, uart->sent[i], 0);
	}
	if (uart->sent_count)
		uart_model_idle(uart);
	uart->sent_count = 0;
}

static void write_and_echo(
	void *card, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value)
{
	write_card(card, bar, offset, width, value);
	for (unsigned int i = 0; i < LINES; i++)
		echo(&model.uarts[i]);
}

int main(int argc, char **argv)
{
	/* Below nohup(1) it is ignored, and the command leaves it so. */
	signal(SIGHUP, SIG_DFL);
	uart_model_card(&model, 0x1b36, 0x0003, 0x1af4, 0x1100);
	for (unsigned int i = 0; i < LINES; i++)
		uart_model_add(&model, 0, (uint64_t)DISTANCE * i, UART_16550A);
	write_card = model.fake.write;
	model.fake.write = write_and_echo;
	fake_model = &model.fake;
	return tool_main(argc, argv, NULL);
}
