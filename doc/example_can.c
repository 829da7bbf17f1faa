#include <stdio.h>
#include <uvio/uvio.h>

/* Prints what is there: an error frame has CAN_ERR_FLAG in can_id. */
static int print_frames(struct uvio_can *can)
{
	struct can_frame frames[16];
	int n = uvio_can_receive(can, frames, NULL, 16);

	for (int i = 0; i < n; i++)
		printf("%08x [%u]\n", frames[i].can_id, frames[i].len);
	return n;
}

/* Sends one frame, and prints 10 frames that come. */
static int drive(struct uvio_card *card, struct uvio_can *can)
{
	struct can_frame frame = {.can_id = 0x123, .len = 2, .data = {1, 2}};
	int rc = uvio_can_send(can, &frame, 1), left = 10;

	if (rc < 1) /* 0: the queue is full */
		return rc;
	rc = uvio_card_poll(card); /* gives the frame to the chip */
	while (rc >= 0 && left > 0) {
		rc = uvio_card_wait(card, UVIO_MS(1000));
		if (!rc)
			rc = uvio_card_poll(card);
		if (rc >= 0)
			rc = print_frames(can);
		if (rc > 0)
			left -= rc;
	}
	return rc < 0 ? rc : 0;
}

static int run(struct uvio_ctx *ctx, struct uvio_udev *udev)
{
	struct uvio_can_config config = {
		.size = sizeof(config),
		.timing.bitrate = 500000,
		.restart = UVIO_MS(100), /* after bus-off */
	};
	struct uvio_card *card;
	struct uvio_can *can;
	int rc = uvio_card_attach(
		uvio_driver_match(ctx, uvio_udev_vendor(udev), uvio_udev_device(udev),
			uvio_udev_subvendor(udev), uvio_udev_subdevice(udev)),
		udev, &card);

	if (!rc)
		rc = uvio_can_get(card, 0, &can);
	if (!rc)
		rc = uvio_can_start(can, &config);
	if (!rc)
		rc = drive(card, can);
	uvio_card_detach(card); /* takes the channel off the bus */
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
