#include <errno.h>
#include <uvio/uvio.h>

/* A module: QEMU's pci-testdev; registers as in its docs/specs/pci-testdev. */
#define TEST_SELECT 0 /* 8 bits: begins a test */
#define TEST_WIDTH 1  /* 8 bits: of an access of this test */
#define TEST_OFFSET 4 /* where it wants to be written */
#define TEST_DATA 8   /* 8 bits: what is to be written there */
#define TEST_COUNT 12 /* how often that was done */

struct testdev {
	struct uvio_udev *udev;
	struct uvio_region bar;
	uint32_t offset;
	uint8_t data;
};

static int testdev_attach(struct uvio_udev *udev, void *card)
{
	struct testdev *testdev = card;
	int rc = uvio_region_map(udev, UVIO_REGION_BAR0, &testdev->bar);

	if (rc)
		return rc;
	testdev->udev = udev;
	uvio_write8(&testdev->bar, TEST_SELECT, 0);
	if (uvio_read8(&testdev->bar, TEST_WIDTH) != 1)
		return uvio_fail(-ENODEV, "%s: not a pci-testdev",
			uvio_udev_address(udev));
	testdev->offset = uvio_read32(&testdev->bar, TEST_OFFSET);
	testdev->data = uvio_read8(&testdev->bar, TEST_DATA);
	return 0;
}

static void testdev_reg_read(void *card, unsigned int times)
{
	const struct testdev *testdev = card;

	while (times--)
		uvio_read32(&testdev->bar, TEST_COUNT);
}

static void testdev_reg_write(void *card, unsigned int times)
{
	const struct testdev *testdev = card;

	while (times--)
		uvio_write8(&testdev->bar, testdev->offset, testdev->data);
}

static int test_count(void *card)
{
	struct testdev *testdev = card;
	uint32_t before = uvio_read32(&testdev->bar, TEST_COUNT), after;

	testdev_reg_write(testdev, 5);
	after = uvio_read32(&testdev->bar, TEST_COUNT);
	if (after - before == 5)
		return 0;
	return uvio_fail(-EIO, "%s: 5 writes, of which the card counted %u",
		uvio_udev_address(testdev->udev), after - before);
}

static const struct uvio_driver_id ids[] = {
	{.vendor = 0x1b36, .device = 0x0005, .subvendor = UVIO_ANY_ID, .subdevice = UVIO_ANY_ID},
	{0},
};

static const struct uvio_selftest selftests[] = {
	{"count", 0, test_count},
	{0},
};

static const struct uvio_trial trial = {
	.size = sizeof(struct uvio_trial),
	.selftests = selftests,
	.reg_read = testdev_reg_read,
	.reg_write = testdev_reg_write,
};

static const struct uvio_driver driver = {
	.size = sizeof(struct uvio_driver),
	.name = "testdev-example",
	.help = "QEMU's test card without interrupt and DMA",
	.ids = ids,
	.card_size = sizeof(struct testdev),
	.attach = testdev_attach,
	.trial = &trial,
};

UVIO_MODULE(&driver);
