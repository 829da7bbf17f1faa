/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <string.h>

#include "uart.h"

/* And its register there. */
static struct uart_model *uart_at(
	struct uart_model_card *card, unsigned int bar, uint64_t offset, unsigned int *reg)
{
	for (unsigned int i = 0; i < card->lines; i++) {
		struct uart_model *uart = &card->uarts[i];

		if (card->bars[i] != bar || offset < card->offsets[i] ||
			offset >= card->offsets[i] + uart_model_registers(uart))
			continue;
		*reg = (unsigned int)(offset - card->offsets[i]);
		return uart;
	}
	return NULL;
}

static bool is_gate(const struct uart_model_card *card, unsigned int bar, uint64_t offset)
{
	return card->gate && bar == card->gate_bar && offset == card->gate;
}

static uint64_t card_read(void *priv, unsigned int bar, uint64_t offset, unsigned int width)
{
	struct uart_model_card *card = priv;
	unsigned int reg = 0;
	struct uart_model *uart = uart_at(card, bar, offset, &reg);

	if (is_gate(card, bar, offset))
		return card->gate_value;
	return uart && width == 1 ? uart_model_read(uart, reg) : 0;
}

static void card_write(
	void *priv, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value)
{
	struct uart_model_card *card = priv;
	unsigned int reg = 0;
	struct uart_model *uart = uart_at(card, bar, offset, &reg);

	if (is_gate(card, bar, offset))
		card->gate_value = (uint8_t)value;
	else if (uart && width == 1)
		uart_model_write(uart, reg, (uint8_t)value);
}

static bool card_line(void *priv)
{
	struct uart_model_card *card = priv;
	bool asks = false;

	for (unsigned int i = 0; i < card->lines; i++)
		asks |= uart_model_line(&card->uarts[i]);
	return asks && (!card->gate || card->gate_value);
}

void uart_model_card(struct uart_model_card *card, uint16_t vendor, uint16_t device,
	uint16_t subvendor, uint16_t subdevice)
{
	memset(card, 0, sizeof(*card));
	card->fake = (struct fake_model){.card = card,
		.vendor = vendor,
		.device = device,
		.subvendor = subvendor,
		.subdevice = subdevice,
		.read = card_read,
		.write = card_write,
		.line = card_line};
}

void uart_model_add(
	struct uart_model_card *card, unsigned int bar, uint64_t offset, enum uart_model_kind kind)
{
	unsigned int line = card->lines++;

	card->bars[line] = bar;
	card->offsets[line] = offset;
	card->fake.sizes[bar] = 0x4000;
	uart_model_power_on(&card->uarts[line], kind);
}
