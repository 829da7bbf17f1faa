#include <stdio.h>
#include <uvio/uvio.h>

static void show(const char *backend, const struct uvio_check *check)
{
	static const char *const verdicts[] = {
		[UVIO_USABLE] = "usable",
		[UVIO_NOT_BOUND] = "not bound yet",
		[UVIO_IN_USE] = "in use",
		[UVIO_NOT_APPLICABLE] = "not applicable",
		[UVIO_BROKEN] = "broken",
	};
	const struct uvio_finding *const *findings;
	unsigned int count;

	findings = uvio_check_findings(check, &count);
	printf("%s: %s\n", backend, verdicts[uvio_check_verdict(check)]);
	for (unsigned int i = 0; i < count; i++)
		printf("  %s%s%s\n", findings[i]->what,
			findings[i]->fix ? "; " : "",
			findings[i]->fix ? findings[i]->fix : "");
}

static int check_all(
	struct uvio_ctx *ctx, const struct uvio_device *device)
{
	const char *backend;

	for (unsigned int i = 0; (backend = uvio_backend_name(i)); i++) {
		struct uvio_check *check;
		int rc = uvio_check_device(ctx, device, backend, &check);

		if (rc)
			return rc;
		show(backend, check);
		uvio_check_free(check);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct uvio_device *device = NULL;
	struct uvio_ctx *ctx = NULL;
	int rc = uvio_ctx_new(NULL, &ctx);

	if (!rc)
		rc = uvio_device_find(ctx, argv[argc - 1], &device);
	if (!rc)
		rc = check_all(ctx, device);
	if (rc)
		fprintf(stderr, "%s\n", uvio_last_error());
	uvio_device_free(device);
	uvio_ctx_free(ctx);
	return rc != 0;
}
