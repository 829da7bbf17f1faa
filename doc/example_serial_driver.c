#include <errno.h>
#include <uvio/uvio.h>

/*
 * A module: QEMU's pci-serial, one line, without its FIFO. Registers as in
 * the data sheet of the PC16550D, table II.
 */
#define DATA 0 /* bytes to and from the line; with LCR_DLAB the divisor */
#define IER 1  /* enables interrupts; with LCR_DLAB the divisor's high byte */
#define IIR 2
#define IIR_NONE 1 /* no interrupt is pending */
#define LCR 3
#define LCR_DLAB 0x80
#define MCR 4
#define MCR_ON 0x0b /* DTR, RTS, and OUT2: the interrupt line */
#define MCR_LOOP 0x10
#define LSR 5
#define LSR_RECEIVED 0x01
#define LSR_OVERRUN 0x02
#define LSR_EMPTY 0x20 /* it takes a byte to be sent */

#define CLOCK 115200 /* the bit rate of a divisor of 1 */

struct line {
	struct uvio_region bar;
	struct uvio_serial *serial; /* NULL: stopped */
};

static int line_attach(struct uvio_udev *udev, void *card)
{
	struct line *line = card;
	int rc = uvio_region_map(udev, UVIO_REGION_BAR0, &line->bar);

	if (!rc)
		uvio_write8(&line->bar, IER, 0);
	return rc;
}

static unsigned int line_count(const void *card)
{
	(void)card;
	return 1;
}

static void line_info(
	const void *card, unsigned int number, struct uvio_serial_info *info)
{
	(void)card;
	(void)number;
	info->chip = "16450";
	info->baud_max = CLOCK;
	info->baud_min = 2;
	info->fifo = 1;
}

static int line_set(
	void *card, unsigned int number, const struct uvio_serial_config *config)
{
	const struct line *line = card;
	uint32_t divisor = CLOCK / config->baud;

	(void)number;
	if (config->parity || config->flow)
		return uvio_fail(-ENOTSUP, "%s: only bit rate, data and stop bits",
			uvio_udev_address(line->bar.udev));
	if (CLOCK % config->baud)
		return uvio_fail(-ERANGE, "%s: %u bit/s: the nearest is %u bit/s",
			uvio_udev_address(line->bar.udev), config->baud,
			CLOCK / divisor);
	uvio_write8(&line->bar, LCR, LCR_DLAB);
	uvio_write8(&line->bar, DATA, (uint8_t)divisor);
	uvio_write8(&line->bar, IER, (uint8_t)(divisor >> 8));
	uvio_write8(&line->bar, LCR,
		(uint8_t)((config->data_bits - 5) | (config->stop_bits - 1) << 2));
	uvio_write8(&line->bar, MCR,
		MCR_ON | (config->loopback ? MCR_LOOP : 0));
	uvio_write8(&line->bar, IER, 3); /* received, and empty */
	return 0;
}

static int line_start(void *card, unsigned int number,
	struct uvio_serial *serial, const struct uvio_serial_config *config)
{
	struct line *line = card;
	int rc = line_set(card, number, config);

	line->serial = rc ? NULL : serial;
	return rc;
}

static int line_stop(void *card, unsigned int number)
{
	struct line *line = card;

	(void)number;
	uvio_write8(&line->bar, IER, 0);
	uvio_write8(&line->bar, MCR, 0);
	line->serial = NULL;
	return 0;
}

static void line_detach(void *card)
{
	line_stop(card, 0);
}

static int line_service(void *card)
{
	struct line *line = card;
	unsigned int count;
	const uint8_t *next;
	uint8_t status;
	int causes;

	if (!line->serial)
		return 0;
	causes = uvio_read8(&line->bar, IIR) & IIR_NONE ? 0 : 1;
	status = uvio_read8(&line->bar, LSR);
	if (status & LSR_RECEIVED)
		uvio_serial_rx(line->serial, uvio_read8(&line->bar, DATA),
			status & LSR_OVERRUN ? UVIO_MARK_OVERRUN : 0);
	if (!(status & LSR_EMPTY))
		return causes;
	next = uvio_serial_tx_next(line->serial, &count);
	if (next) {
		uvio_write8(&line->bar, DATA, *next);
		uvio_serial_tx_take(line->serial, 1);
	}
	return causes;
}

static const struct uvio_serial_ops ops = {
	.size = sizeof(struct uvio_serial_ops),
	.lines = line_count,
	.info = line_info,
	.start = line_start,
	.set = line_set,
	.stop = line_stop,
};

static const struct uvio_driver_id ids[] = {
	{.vendor = 0x1b36, .device = 0x0002, .subvendor = UVIO_ANY_ID,
		.subdevice = UVIO_ANY_ID, .seen = UVIO_SEEN_EMULATION},
	{0},
};

static const struct uvio_driver driver = {
	.size = sizeof(struct uvio_driver),
	.name = "serial-example",
	.help = "one serial line without a FIFO",
	.ids = ids,
	.card_size = sizeof(struct line),
	.attach = line_attach,
	.detach = line_detach,
	.service = line_service,
	.serial = &ops,
};

UVIO_MODULE(&driver);
