#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <uvio/uvio.h>

/* What a poll loop does about events; 1: close the device. */
static int serve(struct uvio_udev *udev)
{
	enum uvio_event event;
	int rc = uvio_event_wait(udev, 0, &event);

	if (rc == -ETIMEDOUT)
		return 0;
	if (rc)
		return rc;
	switch (event) {
	case UVIO_EVENT_ERROR:
		printf("an error: reset\n");
		return uvio_udev_reset(udev);
	case UVIO_EVENT_RELEASE: /* nothing in sysfs from here on */
		printf("the kernel asks for it\n");
		return 1;
	default:
		printf("gone\n");
		return 1;
	}
}

int main(int argc, char **argv)
{
	struct uvio_udev *udev = NULL;
	struct uvio_ctx *ctx = NULL;
	int rc = uvio_ctx_new(NULL, &ctx);

	if (!rc)
		rc = uvio_udev_open(ctx, argv[argc - 1], NULL, &udev);
	while (!rc) {
		/* Where there is none it is negative, which poll leaves out. */
		struct pollfd fds[] = {
			{.fd = uvio_event_fd(udev), .events = POLLIN},
			/* and those of the program itself */
		};

		poll(fds, 1, 1000);
		rc = serve(udev);
	}
	if (rc < 0)
		fprintf(stderr, "%s\n", uvio_last_error());
	uvio_udev_close(udev);
	uvio_ctx_free(ctx);
	return rc < 0;
}
