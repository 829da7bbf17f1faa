#include <stdio.h>
#include <stdlib.h>
#include <uvio/uvio.h>

/* Runs a driver, and stops its card afterwards: ADDRESS COMMAND. */
int main(int argc, char **argv)
{
	struct uvio_guard *guard = NULL;
	struct uvio_ctx *ctx = NULL;
	uint32_t found = 0;
	int rc = uvio_ctx_new(NULL, &ctx);

	if (!rc)
		rc = uvio_guard_new(ctx, argv[1], 0, &guard);
	if (!rc && argc > 2 && system(argv[2]))
		printf("the driver failed\n");
	if (!rc)
		rc = uvio_guard_stop(guard, &found);
	if (rc)
		fprintf(stderr, "%s\n", uvio_last_error());
	else
		printf("bus mastering was %s\n",
			found & UVIO_GUARD_MASTER ? "on" : "off");
	uvio_guard_free(guard);
	uvio_ctx_free(ctx);
	return rc != 0;
}
