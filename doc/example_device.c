#include <stdio.h>
#include <uvio/uvio.h>

/* Lists the devices, here or in a copy of another machine's /sys. */
int main(int argc, char **argv)
{
	struct uvio_ctx_options options = {
		.sysfs_root = argc > 1 ? argv[1] : NULL,
	};
	struct uvio_device **list = NULL;
	struct uvio_ctx *ctx = NULL;
	int count = uvio_ctx_new(&options, &ctx);

	if (!count)
		count = uvio_device_list(ctx, &list);
	if (count < 0)
		fprintf(stderr, "%s\n", uvio_last_error());
	for (int i = 0; i < count; i++) {
		const struct uvio_device_info *info = uvio_device_info(list[i]);

		printf("%s %s\n", info->address,
			info->driver ? info->driver : "none");
	}
	if (count >= 0)
		uvio_device_list_free(list, count);
	uvio_ctx_free(ctx);
	return count < 0;
}
