/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The command with a model of a CAN card, Advantech's PCM-3680, in the place of every card. Another
 * node on the bus repeats each frame that the card sends. These ids are orders to the model:
 *
 *	7fd	the card is gone from the next access on
 *	7fe	a bit error disturbs a frame of another node
 *	7ff	from now on nobody acknowledges a frame: each attempt is an error, until bus-off
 */
#include <config.h>

#include <signal.h>

#include "../tools/tools.h"
#include "models/sja1000.h"

enum { ATTEMPTS_TO_BUS_OFF = 40, TIMES_TO_RECOVER = 128, ECC_BIT_ERROR = 0x2a };

static struct sja1000_model_card model;
static void (*write_card)(
	void *card, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value);

static void obey(struct sja1000_model *chip, const struct can_frame *frame)
{
	if (frame->can_id == 0x7fd)
		fake_faults.all_ones = true;
	else if (frame->can_id == 0x7fe)
		sja1000_model_bad_frame(chip, ECC_BIT_ERROR);
	else if (frame->can_id == 0x7ff)
		chip->bus = SJA1000_BUS_ERROR;
	else
		sja1000_model_hear(chip, frame);
}

static void serve(struct sja1000_model *chip)
{
	for (unsigned int i = 0; i < chip->sent_count; i++)
		obey(chip, &chip->sent[i]);
	chip->sent_count = 0;
	for (unsigned int i = 0; chip->bus == SJA1000_BUS_ERROR && i < ATTEMPTS_TO_BUS_OFF; i++)
		sja1000_model_attempt(chip);
	if (!chip->bus_off)
		return;
	chip->bus = SJA1000_BUS_FREE;
	sja1000_model_idle(chip, TIMES_TO_RECOVER);
}

static void write_and_serve(
	void *card, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value)
{
	write_card(card, bar, offset, width, value);
	for (unsigned int i = 0; i < model.count; i++)
		serve(&model.chips[i]);
}

int main(int argc, char **argv)
{
	/* Below nohup(1) it is ignored, and the command leaves it so. */
	signal(SIGHUP, SIG_DFL);
	sja1000_model_card(&model, 0x13fe, 0xc002, 0x13fe, 0xc002);
	write_card = model.fake.write;
	model.fake.write = write_and_serve;
	fake_model = &model.fake;
	return tool_main(argc, argv, NULL);
}
