#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <uvio/uvio.h>

/* One turn of a program's own poll loop: -ENODEV means close, at once. */
static int serve(struct uvio_udev *udev, struct uvio_card *card)
{
	const struct uvio_driver *driver = uvio_card_driver(card);
	struct pollfd fds[2] = {
		{.fd = uvio_irq_fd(udev, 0), .events = POLLIN},
		{.fd = uvio_release_fd(udev), .events = POLLIN},
	};
	uint64_t events;
	int rc;

	if (poll(fds, 2, 1000) < 1)
		return uvio_fail(-ETIMEDOUT, "no interrupt within a second");
	if (fds[1].revents)
		return uvio_fail(-ENODEV, "the kernel wants the card back");
	rc = uvio_irq_consume(udev, 0, &events);
	if (rc || !events)
		return rc;
	rc = driver->trial->irq_clear(uvio_card_priv(card), 0);
	if (rc && rc != -EAGAIN) /* -EAGAIN: it was another card's */
		return rc;
	return uvio_irq_ack(udev, 0);
}

/* MSI is a write to memory, so that the card must be bus master. */
static int enable(struct uvio_udev *udev)
{
	int rc;

	if (!(uvio_caps(udev) & UVIO_CAP_MSI))
		return uvio_irq_enable(udev, UVIO_IRQ_INTX, 1);
	rc = uvio_bus_master(udev, true);
	return rc ? rc : uvio_irq_enable(udev, UVIO_IRQ_MSI, 1);
}

static int drive(struct uvio_udev *udev, struct uvio_card *card)
{
	struct uvio_irq_stats stats;
	int rc = enable(udev);

	for (int i = 0; i < 3 && !rc; i++) {
		rc = uvio_card_driver(card)->trial->irq_raise(uvio_card_priv(card), 0);
		if (!rc)
			rc = serve(udev, card);
	}
	if (!rc)
		rc = uvio_irq_stats(udev, 0, &stats);
	if (!rc)
		printf("3 interrupts, %llu system calls\n",
			(unsigned long long)stats.syscalls);
	return rc;
}

int main(int argc, char **argv)
{
	struct uvio_card *card = NULL;
	struct uvio_udev *udev = NULL;
	struct uvio_ctx *ctx = NULL;
	int rc = uvio_ctx_new(NULL, &ctx);

	if (!rc)
		rc = uvio_udev_open(ctx, argv[argc - 1], NULL, &udev);
	if (!rc) /* the driver of QEMU's edu card */
		rc = uvio_card_attach(
			uvio_driver_match(ctx, 0x1234, 0x11e8, 0, 0), udev, &card);
	if (!rc)
		rc = drive(udev, card);
	if (rc)
		fprintf(stderr, "%s\n", uvio_last_error());
	uvio_card_detach(card);
	uvio_udev_close(udev);
	uvio_ctx_free(ctx);
	return rc != 0;
}
