#include <stdio.h>
#include <string.h>
#include <uvio/uvio.h>

/* Moves a text into QEMU's edu card and back. */
static int move(struct uvio_udev *udev, struct uvio_card *card)
{
	const struct uvio_driver *driver = uvio_card_driver(card);
	void *priv = uvio_card_priv(card);
	struct uvio_dma dma;
	int rc = uvio_dma_alloc(udev, 4096, 0, &dma);

	if (rc)
		return rc;
	strcpy(dma.addr, "through the card");
	rc = uvio_bus_master(udev, true);
	if (!rc)
		rc = driver->trial->dma_to_card(priv, dma.iova, 64);
	memset(dma.addr, 0, 64);
	if (!rc)
		rc = driver->trial->dma_from_card(priv, dma.iova, 64);
	if (!rc)
		puts(dma.addr);
	uvio_dma_free(udev, &dma);
	return rc;
}

int main(int argc, char **argv)
{
	struct uvio_open_options options = {.flags = UVIO_OPEN_UNSAFE_DMA};
	struct uvio_card *card = NULL;
	struct uvio_udev *udev = NULL;
	struct uvio_ctx *ctx = NULL;
	int rc = uvio_ctx_new(NULL, &ctx);

	if (!rc)
		rc = uvio_udev_open(ctx, argv[argc - 1], &options, &udev);
	if (!rc)
		rc = uvio_card_attach(
			uvio_driver_match(ctx, 0x1234, 0x11e8, 0, 0), udev, &card);
	if (!rc)
		rc = move(udev, card);
	if (rc)
		fprintf(stderr, "%s\n", uvio_last_error());
	uvio_card_detach(card);
	uvio_udev_close(udev);
	uvio_ctx_free(ctx);
	return rc != 0;
}
