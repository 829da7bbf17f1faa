#include <stdio.h>
#include <uvio/uvio.h>

static void show(
	void *data, enum uvio_log_level level, const char *message)
{
	fprintf(data, "<%d> %s\n", (int)level, message);
}

/* Opens a device, and tells what is done: ADDRESS [SYSFS]. */
int main(int argc, char **argv)
{
	struct uvio_ctx_options options = {
		.sysfs_root = argc > 2 ? argv[2] : NULL,
		.log = show,
		.log_data = stderr,
		.log_level = UVIO_LOG_DEBUG,
	};
	struct uvio_udev *udev = NULL;
	struct uvio_ctx *ctx = NULL;
	int rc = uvio_ctx_new(&options, &ctx);

	if (!rc)
		rc = uvio_udev_open(ctx, argc > 1 ? argv[1] : "", NULL, &udev);
	if (rc)
		fprintf(stderr, "%s\n", uvio_last_error());
	uvio_udev_close(udev);
	uvio_ctx_free(ctx);
	return rc != 0;
}
