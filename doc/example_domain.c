#include <stdio.h>
#include <uvio/uvio.h>

enum { CARDS = 2 };

/* Opens each card into the domain; the first one's memory is for all. */
static int share(struct uvio_ctx *ctx, struct uvio_domain *domain,
	char **addresses, struct uvio_udev **cards)
{
	struct uvio_open_options options = {
		.domain = domain,
		.flags = UVIO_OPEN_UNSAFE_DMA,
	};
	struct uvio_dma dma;
	uint64_t iova;
	int rc = 0;

	for (int i = 0; i < CARDS && !rc; i++)
		rc = uvio_udev_open(ctx, addresses[i], &options, &cards[i]);
	if (!rc)
		rc = uvio_dma_alloc(cards[0], 4096, 0, &dma);
	if (!rc)
		rc = uvio_dma_iova(cards[1], dma.addr, &iova, NULL);
	if (!rc)
		puts(iova == dma.iova ? "one iova for both" : "not shared");
	return rc;
}

int main(int argc, char **argv)
{
	struct uvio_udev *cards[CARDS] = {NULL};
	struct uvio_domain *domain = NULL;
	struct uvio_ctx *ctx = NULL;
	int rc;

	if (argc <= CARDS) {
		fprintf(stderr, "usage: %s ADDRESS ADDRESS\n", argv[0]);
		return 2;
	}
	rc = uvio_ctx_new(NULL, &ctx);
	if (!rc)
		rc = uvio_domain_new(ctx, &domain);
	if (!rc)
		rc = share(ctx, domain, argv + 1, cards);
	if (rc)
		fprintf(stderr, "%s\n", uvio_last_error());
	for (int i = 0; i < CARDS; i++)
		uvio_udev_close(cards[i]);
	uvio_domain_free(domain);
	uvio_ctx_free(ctx);
	return rc != 0;
}
