#include <stdio.h>
#include <uvio/uvio.h>

/* Opens a device by VFIO where that works, else by UIO with DMA. */
int main(int argc, char **argv)
{
	struct uvio_open_options options = {.flags = UVIO_OPEN_UNSAFE_DMA};
	struct uvio_udev *udev = NULL;
	struct uvio_ctx *ctx = NULL;
	int rc = uvio_ctx_new(NULL, &ctx);

	if (!rc)
		rc = uvio_udev_open(ctx, argv[argc - 1], &options, &udev);
	if (rc) {
		fprintf(stderr, "%s\n", uvio_last_error());
		uvio_ctx_free(ctx);
		return 1;
	}
	printf("%s %04x:%04x", uvio_udev_backend(udev),
		(unsigned int)uvio_udev_vendor(udev),
		(unsigned int)uvio_udev_device(udev));
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (uvio_caps(udev) & bit)
			printf(" %s", uvio_cap_name(bit));
	printf("\n");
	uvio_udev_close(udev);
	uvio_ctx_free(ctx);
	return 0;
}
