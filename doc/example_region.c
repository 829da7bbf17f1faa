#include <stdio.h>
#include <uvio/uvio.h>

/* Shows the regions of a card, and the first register of BAR 0. */
static int show(struct uvio_udev *udev)
{
	struct uvio_region region;
	int rc;

	for (unsigned int i = 0; i < UVIO_REGION_COUNT; i++)
		if (!uvio_region_info(udev, i, &region))
			printf("region %u: %llu bytes%s\n", i,
				(unsigned long long)region.size,
				region.flags & UVIO_REGION_PORTS ? " of ports" : "");
	rc = uvio_region_map(udev, UVIO_REGION_BAR0, &region);
	if (!rc)
		printf("0x%08x\n", (unsigned int)uvio_read32(&region, 0));
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
		rc = show(udev);
	if (rc)
		fprintf(stderr, "%s\n", uvio_last_error());
	uvio_udev_close(udev);
	uvio_ctx_free(ctx);
	return rc != 0;
}
