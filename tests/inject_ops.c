/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <sys/mman.h>

#include <uvio/device.h>
#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "device/device.h"
#include "asleep.h"
#include "harness.h"
#include "inject_ops.h"

#define EDU_ID 0x010000ed
#define BUS_MASTER 0x4
#define WAIT_MS LONG_MS

struct card card;
struct uvio_udev *udev;

static struct uvio_dma buffer;
static struct uvio_region region;

void *card_memory(void)
{
	static void *memory;

	if (!memory)
		memory = mmap(NULL, CARD_MEMORY_SIZE, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return memory;
}

int card_open(void)
{
	return uvio_udev_open(card.tree->ctx, EDU, &card.options, &udev);
}

void card_open_asserted(void)
{
	ASSERT_OK(card_open());
}

void card_close(void)
{
	uvio_udev_close(udev);
	udev = NULL;
	card_guard_free();
}

void card_discard(void)
{
	card_close();
	sim = NULL;
	tree_free(card.tree);
	card.tree = NULL;
}

bool card_gone(void)
{
	return udev && !uvio_udev_alive(udev);
}

static const char *because(bool failed, const char *what)
{
	return failed ? what : NULL;
}

static const char *interrupt_comes(void)
{
	uint64_t events = 0;

	card.raise(0);
	if (uvio_irq_wait(udev, 0, UVIO_MS(WAIT_MS), &events))
		return uvio_last_error();
	return because(events != 1, "not one event, but another number");
}

static const char *interrupts_work(void)
{
	const char *wrong = interrupt_comes();

	if (!wrong && uvio_irq_ack(udev, 0))
		return uvio_last_error();
	return wrong ? wrong : interrupt_comes();
}

static const char *registers_work(void)
{
	return because(uvio_read32(&region, 0) != EDU_ID, "a register reads something else");
}

static const char *memory_works(void)
{
	uint64_t iova, contiguous;

	((volatile char *)buffer.addr)[buffer.size - 1] = 1;
	if (uvio_dma_iova(udev, buffer.addr, &iova, &contiguous))
		return uvio_last_error();
	return because(iova != buffer.iova || contiguous < buffer.size, "the iova is another");
}

static const char *all_works(void)
{
	const char *wrong;

	if (uvio_region_map(udev, 0, &region) || uvio_bus_master(udev, true) ||
		uvio_irq_enable(udev, UVIO_IRQ_INTX, 1) ||
		uvio_dma_alloc(udev, 5000 % 4096, 0, &buffer))
		return uvio_last_error();
	wrong = registers_work();
	if (!wrong)
		wrong = interrupts_work();
	if (!wrong)
		wrong = memory_works();
	if (!wrong && (uvio_dma_free(udev, &buffer) || uvio_irq_disable(udev)))
		wrong = uvio_last_error();
	return wrong;
}

const char *card_usable(void)
{
	const char *wrong;

	if (card_open())
		return uvio_last_error();
	wrong = all_works();
	card_close();
	return wrong;
}

static int run_find(void)
{
	struct uvio_device *device;
	int rc = uvio_device_find(card.tree->ctx, EDU, &device);

	if (!rc)
		uvio_device_free(device);
	return rc;
}

const struct operation op_find = {.name = "find", .run = run_find};

static int run_list(void)
{
	struct uvio_device **list;
	int count = uvio_device_list(card.tree->ctx, &list);

	if (count >= 0)
		uvio_device_list_free(list, count);
	return count;
}

const struct operation op_list = {.name = "list", .run = run_list};

static const char *is_quiet(void)
{
	if (uvio_udev_vendor(udev) != 0x1234 || uvio_udev_device(udev) != 0x11e8)
		return "its ids are others";
	return because(card.command() & BUS_MASTER, "bus mastering is on");
}

/* A predecessor left bus mastering on. */
const struct operation op_open = {.name = "open", .run = card_open, .works = is_quiet};

static int run_open_any(void)
{
	struct uvio_open_options options = card.options;

	options.backend = NULL;
	return uvio_udev_open(card.tree->ctx, EDU, &options, &udev);
}

const struct operation op_open_any = {
	.name = "open, any backend", .run = run_open_any, .works = is_quiet};

static int run_region_info(void)
{
	return uvio_region_info(udev, 0, &region);
}

static const char *region_is_known(void)
{
	return because(region.size != 1 << 20 || region.base, "the region is another");
}

const struct operation op_region_info = {
	.name = "region info",
	.begin = card_open_asserted,
	.run = run_region_info,
	.works = region_is_known,
};

static int run_region_map(void)
{
	return uvio_region_map(udev, 0, &region);
}

const struct operation op_region_map = {
	.name = "region map",
	.begin = card_open_asserted,
	.run = run_region_map,
	.works = registers_work,
};

static int run_region_map_config(void)
{
	return uvio_region_map(udev, UVIO_REGION_CONFIG, &region);
}

static const char *config_works(void)
{
	return because(uvio_read32(&region, 0) != 0x11e81234, "the configuration is another");
}

const struct operation op_region_map_config = {
	.name = "region map of the configuration space",
	.begin = card_open_asserted,
	.run = run_region_map_config,
	.works = config_works,
};

static void begin_config(void)
{
	card_open_asserted();
	ASSERT_OK(run_region_map_config());
}

static uint64_t value;

static int run_config_read(void)
{
	value = 0;
	return uvio_region_read(&region, 0, 4, &value);
}

static const char *value_is_right(void)
{
	return because(value != 0x11e81234, "the value is another");
}

const struct operation op_config_read = {
	.name = "read by a call",
	.begin = begin_config,
	.run = run_config_read,
	.works = value_is_right,
};

static int run_config_write(void)
{
	return uvio_region_write(&region, 4, 2, 0x0107);
}

static const char *command_is_written(void)
{
	return because((card.command() & 0x3ff) != 0x107, "what was written is not there");
}

const struct operation op_config_write = {
	.name = "write by a call",
	.begin = begin_config,
	.run = run_config_write,
	.works = command_is_written,
};

static int run_irq_enable(void)
{
	return uvio_irq_enable(udev, UVIO_IRQ_INTX, 1);
}

const struct operation op_irq_enable = {
	.name = "irq enable",
	.begin = card_open_asserted,
	.run = run_irq_enable,
	.works = interrupts_work,
};

static int run_irq_enable_msi(void)
{
	return uvio_irq_enable(udev, UVIO_IRQ_MSI, 3);
}

static const char *all_vectors_work(void)
{
	for (unsigned int vector = 0; vector < 3; vector++) {
		card.raise(vector);
		if (uvio_irq_wait(udev, vector, UVIO_MS(WAIT_MS), NULL))
			return uvio_last_error();
	}
	return NULL;
}

const struct operation op_irq_enable_msi = {
	.name = "irq enable, three of MSI",
	.begin = card_open_asserted,
	.run = run_irq_enable_msi,
	.works = all_vectors_work,
};

static void begin_irq(void)
{
	card_open_asserted();
	ASSERT_OK(run_irq_enable());
}

static void begin_event(void)
{
	begin_irq();
	card.raise(0);
}

static uint64_t came;

static int run_irq_wait(void)
{
	came = 0;
	return uvio_irq_wait(udev, 0, UVIO_MS(WAIT_MS), &came);
}

static const char *one_came(void)
{
	return because(came != 1, "not one event, but another number");
}

const struct operation op_irq_wait = {
	.name = "irq wait",
	.begin = begin_event,
	.run = run_irq_wait,
	.works = one_came,
};

/* A wait in vain makes those after it poll first. */
static void begin_sleep(void)
{
	begin_irq();
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), NULL), -ETIMEDOUT, EDU);
	card.raise(0);
}

const struct operation op_irq_wait_asleep = {
	.name = "irq wait, asleep",
	.waits = true,
	.begin = begin_sleep,
	.run = run_irq_wait,
	.works = one_came,
};

static int run_irq_wait_in_vain(void)
{
	return uvio_irq_wait(udev, 0, UVIO_MS(50), NULL);
}

const struct operation op_irq_wait_in_vain = {
	.name = "irq wait, in vain",
	.waits = true,
	.begin = begin_irq,
	.run = run_irq_wait_in_vain,
	.expects = -ETIMEDOUT,
	.once = true,
};

static int run_irq_consume(void)
{
	came = 0;
	return uvio_irq_consume(udev, 0, &came);
}

const struct operation op_irq_consume = {
	.name = "irq consume",
	.begin = begin_event,
	.run = run_irq_consume,
	.works = one_came,
};

static void begin_ack(void)
{
	begin_event();
	ASSERT_OK(run_irq_wait());
}

static int run_irq_ack(void)
{
	return uvio_irq_ack(udev, 0);
}

const struct operation op_irq_ack = {
	.name = "irq ack",
	.begin = begin_ack,
	.run = run_irq_ack,
	.works = interrupt_comes,
};

static int run_irq_disable(void)
{
	return uvio_irq_disable(udev);
}

static const char *irq_is_off(void)
{
	uint64_t events;

	return because(uvio_irq_consume(udev, 0, &events) != -EINVAL, "it is enabled");
}

const struct operation op_irq_disable = {
	.name = "irq disable",
	.begin = begin_irq,
	.run = run_irq_disable,
	.works = irq_is_off,
};

static int run_dma_map(void)
{
	struct uvio_dma_segment segments[4];

	return uvio_dma_map(udev, card_memory(), CARD_MEMORY_SIZE, 0, segments, 4);
}

static const char *memory_is_mapped(void)
{
	uint64_t iova;

	if (uvio_dma_iova(udev, (char *)card_memory() + CARD_MEMORY_SIZE - 1, &iova, NULL))
		return uvio_last_error();
	return because(!iova, "its iova is 0");
}

const struct operation op_dma_map = {
	.name = "dma map",
	.begin = card_open_asserted,
	.run = run_dma_map,
	.works = memory_is_mapped,
};

static void begin_mapped(void)
{
	card_open_asserted();
	ASSERT(run_dma_map() > 0);
}

static int run_dma_unmap(void)
{
	return uvio_dma_unmap(udev, card_memory(), CARD_MEMORY_SIZE);
}

static const char *memory_is_free(void)
{
	uint64_t iova;

	if (uvio_dma_iova(udev, card_memory(), &iova, NULL) != -EFAULT)
		return "it is still mapped";
	return because(run_dma_map() < 0, uvio_last_error());
}

const struct operation op_dma_unmap = {
	.name = "dma unmap",
	.begin = begin_mapped,
	.run = run_dma_unmap,
	.works = memory_is_free,
};

static int run_dma_alloc(void)
{
	return uvio_dma_alloc(udev, 3000, 0, &buffer);
}

const struct operation op_dma_alloc = {
	.name = "dma alloc",
	.begin = card_open_asserted,
	.run = run_dma_alloc,
	.works = memory_works,
};

static void begin_buffer(void)
{
	card_open_asserted();
	ASSERT_OK(run_dma_alloc());
}

static int run_dma_free(void)
{
	return uvio_dma_free(udev, &buffer);
}

static const char *buffer_is_gone(void)
{
	return because(buffer.addr || buffer.iova || buffer.size, "the buffer is still there");
}

const struct operation op_dma_free = {
	.name = "dma free",
	.begin = begin_buffer,
	.run = run_dma_free,
	.works = buffer_is_gone,
};

static int run_bus_master_on(void)
{
	return uvio_bus_master(udev, true);
}

static const char *bus_master_is_on(void)
{
	return because(!(card.command() & BUS_MASTER), "bus mastering is off");
}

const struct operation op_bus_master_on = {
	.name = "bus master on",
	.begin = card_open_asserted,
	.run = run_bus_master_on,
	.works = bus_master_is_on,
};

static void begin_bus_master(void)
{
	card_open_asserted();
	ASSERT_OK(run_bus_master_on());
}

static int run_bus_master_off(void)
{
	return uvio_bus_master(udev, false);
}

static const char *bus_master_is_off(void)
{
	return because(card.command() & BUS_MASTER, "bus mastering is on");
}

const struct operation op_bus_master_off = {
	.name = "bus master off",
	.begin = begin_bus_master,
	.run = run_bus_master_off,
	.works = bus_master_is_off,
};

static void begin_all(void)
{
	begin_bus_master();
	ASSERT_OK(run_irq_enable());
	ASSERT_OK(run_region_map());
	ASSERT(run_dma_map() > 0);
	ASSERT_OK(run_dma_alloc());
}

static int run_reset(void)
{
	return uvio_udev_reset(udev);
}

static const char *was_reset(void)
{
	const char *wrong = bus_master_is_off();

	if (!wrong)
		wrong = irq_is_off();
	if (!wrong)
		wrong = registers_work();
	return wrong ? wrong : memory_works();
}

const struct operation op_reset = {
	.name = "reset", .begin = begin_all, .run = run_reset, .works = was_reset};

static int run_alive(void)
{
	return uvio_udev_alive(udev) ? 0 : -ENODEV;
}

const struct operation op_alive = {.name = "alive", .begin = card_open_asserted, .run = run_alive};

static int run_close(void)
{
	card_close();
	return 0;
}

/* Memory which the kernel did not take from the card must not be given to others. */
const struct operation op_close = {
	.name = "close",
	.begin = begin_all,
	.run = run_close,
	.keeps = "UNMAP",
};
