#include <stdio.h>
#include <uvio/uvio.h>

/* QEMU's "edu" card, on whichever of UIO and VFIO it is bound to. */
static int drive(struct uvio_udev *udev)
{
	struct uvio_region bar;
	int rc = uvio_region_map(udev, UVIO_REGION_BAR0, &bar);

	if (!rc)
		rc = uvio_irq_enable(udev, UVIO_IRQ_INTX, 1);
	if (rc)
		return rc;
	uvio_write32(&bar, 0x60, 1);              /* raise an interrupt */
	rc = uvio_irq_wait(udev, 0, UVIO_MS(1000), NULL); /* a second at most */
	uvio_write32(&bar, 0x64, 1);              /* clear its cause ... */
	uvio_read32(&bar, 0x24);                  /* ... it has arrived */
	uvio_irq_ack(udev, 0);                    /* ready for the next */
	return rc;
}

int main(int argc, char **argv)
{
	struct uvio_ctx *ctx = NULL;
	struct uvio_udev *udev = NULL;
	int rc = uvio_ctx_new(NULL, &ctx);

	if (!rc && !(rc = uvio_udev_open(ctx, argv[argc - 1], NULL, &udev)))
		rc = drive(udev);
	puts(rc ? uvio_last_error() : uvio_udev_backend(udev));
	uvio_udev_close(udev);
	uvio_ctx_free(ctx);
	return rc != 0;
}
