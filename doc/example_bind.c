#include <stdio.h>
#include <uvio/uvio.h>

/* Binds a card: ADDRESS DRIVER. */
int main(int argc, char **argv)
{
	struct uvio_device *device = NULL;
	struct uvio_ctx *ctx = NULL;
	int rc;

	if (argc != 3)
		return 2;
	rc = uvio_ctx_new(NULL, &ctx);
	if (!rc)
		rc = uvio_bind(ctx, argv[1], argv[2]);
	if (!rc)
		rc = uvio_device_find(ctx, argv[1], &device);
	if (!rc) {
		const char *driver = uvio_device_info(device)->driver;

		puts(driver ? driver : "none");
	} else {
		fprintf(stderr, "%s\n", uvio_last_error());
	}
	uvio_device_free(device);
	uvio_ctx_free(ctx);
	return rc != 0;
}
