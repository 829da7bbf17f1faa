#include <errno.h>
#include <stdio.h>
#include <uvio/uvio.h>

/* Sends back what comes, until a second passes without a byte. */
static int echo(struct uvio_card *card, struct uvio_serial *line)
{
	uint8_t bytes[256];
	int rc, n;

	do {
		n = (int)uvio_serial_space(line);
		if (n > (int)sizeof(bytes))
			n = sizeof(bytes);
		n = uvio_serial_receive(line, bytes, NULL, (unsigned int)n);
		if (n > 0)
			n = uvio_serial_send(line, bytes, (unsigned int)n);
		rc = n ? 0 : uvio_card_wait(card, UVIO_MS(1000));
		if (!rc)
			rc = n < 0 ? n : uvio_card_poll(card);
	} while (rc >= 0);
	return rc == -ETIMEDOUT ? 0 : rc;
}

static int run(struct uvio_ctx *ctx, struct uvio_udev *udev)
{
	struct uvio_serial_config config = {
		.size = sizeof(config),
		.baud = 115200,
		.data_bits = 8,
		.stop_bits = 1,
	};
	struct uvio_card *card;
	struct uvio_serial *line;
	int rc = uvio_card_attach(
		uvio_driver_match(ctx, uvio_udev_vendor(udev), uvio_udev_device(udev),
			uvio_udev_subvendor(udev), uvio_udev_subdevice(udev)),
		udev, &card);

	if (!rc)
		rc = uvio_serial_get(card, 0, &line);
	if (!rc)
		rc = uvio_serial_start(line, &config);
	if (!rc)
		rc = echo(card, line);
	uvio_card_detach(card); /* stops the line */
	return rc;
}

int main(int argc, char **argv)
{
	struct uvio_udev *udev = NULL;
	struct uvio_ctx *ctx = NULL;
	int rc = uvio_ctx_new(NULL, &ctx);

	if (!rc)
		rc = uvio_udev_open(ctx, argv[argc - 1], NULL, &udev);
	if (!rc)
		rc = run(ctx, udev);
	if (rc)
		fprintf(stderr, "%s\n", uvio_last_error());
	uvio_udev_close(udev);
	uvio_ctx_free(ctx);
	return rc != 0;
}
