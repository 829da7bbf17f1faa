/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Hundreds of vectors, growth, and what the kernel tells besides interrupts, on a card of PCI
 * Express with MSI-X: QEMU's nvme, of which nothing is used but its table. The card raises nothing:
 * VFIO signals vectors, and errors, on demand (VFIO_IRQ_SET_ACTION_TRIGGER without data).
 */
#include <config.h>

#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/device.h>
#include <uvio/error.h>
#include <uvio/event.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define VENDOR 0x1b36
#define DEVICE 0x0010
#define MANY 512
#define FEW 16
#define CPUS_FOR_MANY 4 /* a processor has some 200 vectors */
#define ERROR_INDEX 3	/* VFIO_PCI_ERR_IRQ_INDEX, which old headers have not */

static struct uvio_ctx *context;
static const char *card;
static struct uvio_udev *udev;

/* The kernel's device has no other name in this process. */
static int device_fd(void)
{
	char link[64], target[64];
	ssize_t n;

	for (int fd = 3; fd < 2 * MANY; fd++) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (strstr(target, "vfio-device") || strstr(target, "/vfio/devices/"))
			return fd;
	}
	return -1;
}

static int trigger(uint32_t index, unsigned int start, unsigned int count)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE,
		.index = index,
		.start = start,
		.count = count,
	};

	return ioctl(device_fd(), VFIO_DEVICE_SET_IRQS, &set) < 0 ? -errno : 0;
}

/* Just this vector gets just this event. */
static int delivers(unsigned int vector)
{
	uint64_t events = 0;

	CHECK_OK(uvio_irq_consume(udev, vector, NULL));
	CHECK(!trigger(VFIO_PCI_MSIX_IRQ_INDEX, vector, 1));
	CHECK_OK(uvio_irq_wait(udev, vector, UVIO_MS(LONG_MS), &events));
	CHECK(events == 1);
	CHECK_OK(uvio_irq_consume(udev, vector, &events));
	CHECK(!events);
	return PASS;
}

/* How many of the vectors have an event pending, which is taken. */
static int pending(unsigned int count)
{
	int found = 0;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t events = 0;

		CHECK_OK(uvio_irq_consume(udev, i, &events));
		found += events > 0;
	}
	return found;
}

static int all_have_descriptors(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		int fd = uvio_irq_fd(udev, i);

		CHECK(fd >= 0 && fcntl(fd, F_GETFD) & FD_CLOEXEC &&
			fcntl(fd, F_GETFL) & O_NONBLOCK);
		for (unsigned int j = 0; j < i; j++)
			CHECK(uvio_irq_fd(udev, j) != fd);
	}
	CHECK_ERR(uvio_irq_fd(udev, count), -EINVAL, "is not enabled");
	return PASS;
}

static int hundreds_at_once(void)
{
	CHECK_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, MANY));
	if (all_have_descriptors(MANY) || delivers(0) || delivers(MANY / 2) || delivers(MANY - 1))
		return FAIL;
	CHECK(!pending(MANY));
	CHECK(!trigger(VFIO_PCI_MSIX_IRQ_INDEX, 0, MANY));
	CHECK(pending(MANY) == MANY);
	return PASS;
}

/* The kernel has fewer than the card, on a machine with one processor. */
static int as_many_as_there_are(void)
{
	int count = uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 2, UINT32_MAX);

	CHECK_OK(count);
	printf("# %d of %d vectors\n", count, uvio_irq_count(udev, UVIO_IRQ_MSIX));
	CHECK(count >= 2 && count <= uvio_irq_count(udev, UVIO_IRQ_MSIX));
	if (all_have_descriptors((unsigned int)count) || delivers((unsigned int)count - 1))
		return FAIL;
	CHECK_OK(uvio_irq_disable(udev));
	CHECK_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, (unsigned int)count));
	return delivers((unsigned int)count - 1);
}

static int more_than_the_kernel_has(void)
{
	CHECK_ERR(uvio_irq_enable(udev, UVIO_IRQ_MSIX, MANY), -ENOSPC, "uvio_irq_enable_range()");
	CHECK_ERR(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, MANY - 1, MANY), -ENOSPC,
		"the kernel cannot allocate 511 msix vectors now");
	CHECK_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, FEW));
	CHECK_ERR(uvio_irq_grow(udev, MANY), -ENOSPC, "the former vectors are");
	CHECK_ERR(uvio_irq_fd(udev, FEW), -EINVAL, "vector 16 is not enabled (16 are)");
	return delivers(FEW - 1);
}

static int grow_to(unsigned int from, unsigned int to)
{
	bool seamless = uvio_caps(udev) & UVIO_CAP_IRQ_GROW;
	int fds[FEW];

	CHECK_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, from));
	for (unsigned int i = 0; i < FEW; i++) {
		fds[i] = uvio_irq_fd(udev, i);
		if (delivers(i))
			return FAIL;
	}
	CHECK_OK(uvio_irq_grow(udev, to));
	for (unsigned int i = 0; i < FEW; i++)
		CHECK(uvio_irq_fd(udev, i) == fds[i]);
	printf("# grown %s\n", seamless ? "without a gap" : "by enabling anew");
	CHECK(pending(to) == (seamless ? 0 : (int)from));
	if (all_have_descriptors(to) || delivers(0) || delivers(from - 1) || delivers(from))
		return FAIL;
	return delivers(to - 1);
}

static int growing_to_hundreds(void)
{
	return grow_to(FEW, MANY);
}

static int growing_a_bit(void)
{
	return grow_to(FEW, 8 * FEW);
}

static atomic_int waiter_tid, waits_done;

/* Until the waiter has been woken so often, and sleeps again. */
static void await_waiter(int waits)
{
	while (!atomic_load(&waiter_tid) || atomic_load(&waits_done) < waits)
		sched_yield();
	await_poll(atomic_load(&waiter_tid));
}

static void *wait_for_two(void *data)
{
	uint64_t events = 0, more = 0;

	(void)data;
	atomic_store(&waiter_tid, (int)syscall(SYS_gettid));
	if (uvio_irq_wait(udev, 3, UVIO_MS(LONG_MS), &events))
		return NULL;
	atomic_store(&waits_done, 1);
	/* The spurious one of growth may have been the first. */
	return uvio_irq_wait(udev, 3, UVIO_MS(LONG_MS), &more) ? NULL
							       : (void *)(uintptr_t)(events + more);
}

static int growing_under_a_waiter(void)
{
	bool seamless = uvio_caps(udev) & UVIO_CAP_IRQ_GROW;
	pthread_t waiter;
	void *events;

	atomic_store(&waiter_tid, 0);
	atomic_store(&waits_done, 0);
	CHECK_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, FEW));
	CHECK(!pthread_create(&waiter, NULL, wait_for_two, NULL));
	await_waiter(0);
	if (seamless) {
		CHECK(!trigger(VFIO_PCI_MSIX_IRQ_INDEX, 3, 1));
		await_waiter(1);
	}
	CHECK_OK(uvio_irq_grow(udev, 2 * FEW));
	await_waiter(1);
	CHECK(!trigger(VFIO_PCI_MSIX_IRQ_INDEX, 3, 1));
	pthread_join(waiter, &events);
	CHECK((uintptr_t)events == 2);
	return PASS;
}

static int without_descriptors(struct pair *pair)
{
	const struct rlimit limit = {100, 100};

	(void)pair;
	CHECK(!setrlimit(RLIMIT_NOFILE, &limit));
	CHECK_ERR(uvio_irq_enable(udev, UVIO_IRQ_MSIX, MANY), -EMFILE,
		"this process can have 100 descriptors open (RLIMIT_NOFILE); raise it: ulimit -n ");
	CHECK_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, FEW));
	CHECK_ERR(uvio_irq_grow(udev, MANY), -EMFILE, "RLIMIT_NOFILE");
	return delivers(FEW - 1);
}

/* In a child, where the limit is for it alone. */
static int descriptors_run_out(void)
{
	struct pair pair = {0};

	return in_child(&pair, without_descriptors);
}

/* As for an error that PCI Express reports. */
static int an_error_is_told(void)
{
	struct pollfd fd = {.events = POLLIN};
	enum uvio_event event = 0;

	CHECK(uvio_caps(udev) & UVIO_CAP_ERROR_NOTICE);
	CHECK_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, FEW));
	CHECK_OK(fd.fd = uvio_event_fd(udev));
	CHECK_ERR(uvio_event_wait(udev, 0, &event), -ETIMEDOUT, "no event within 0 ms");
	CHECK(!poll(&fd, 1, 0));
	CHECK(!trigger(ERROR_INDEX, 0, 1));
	CHECK(poll(&fd, 1, LONG_MS) == 1);
	CHECK_ERR(
		uvio_irq_wait(udev, 0, UVIO_MS(20), NULL), -ETIMEDOUT, "no interrupt on vector 0");
	CHECK_OK(uvio_event_wait(udev, UVIO_MS(LONG_MS), &event));
	CHECK(event == UVIO_EVENT_ERROR);
	CHECK(!poll(&fd, 1, 0));
	CHECK_ERR(uvio_event_wait(udev, 0, &event), -ETIMEDOUT, "no event within 0 ms");
	CHECK(uvio_udev_alive(udev));
	return delivers(0);
}

static const struct {
	const char *name;
	int (*run)(void);
	bool many; /* needs more vectors than one processor has */
	bool few;  /* and this one no more than that */
} cases[] = {
	{"hundreds at once (vfio 72)", hundreds_at_once, true, false},
	{"as many as there are (vfio 10)", as_many_as_there_are, false, false},
	{"more than the kernel has", more_than_the_kernel_has, false, true},
	{"growing (vfio 70)", growing_a_bit, false, false},
	{"growing to hundreds (vfio 70)", growing_to_hundreds, true, false},
	{"growing while one is waited for", growing_under_a_waiter, false, false},
	{"descriptors run out", descriptors_run_out, false, false},
	{"an error is told (vfio 14 and 74)", an_error_is_told, false, false},
	{0},
};

static int run_one(int (*run)(void))
{
	int result;

	CHECK_OK(uvio_udev_open(
		context, card, &(struct uvio_open_options){.backend = "vfio"}, &udev));
	result = run();
	uvio_udev_close(udev);
	return result;
}

static void run_on(const char *address)
{
	bool many = sysconf(_SC_NPROCESSORS_ONLN) >= CPUS_FOR_MANY;

	card = address;
	if (uvio_bind(context, card, "vfio"))
		fail_at(__FILE__, __LINE__, "%s", uvio_last_error());
	for (size_t i = 0; cases[i].name; i++) {
		bool skip = many ? cases[i].few : cases[i].many;

		report(skip ? SKIP : run_one(cases[i].run),
			many ? "many processors" : "few processors", "vectors: %s", cases[i].name);
	}
	uvio_unbind(context, card);
}

void run_vectors(struct uvio_ctx *ctx)
{
	struct uvio_device **devices;
	int count = uvio_device_list(ctx, &devices);

	context = ctx;
	for (int i = 0; i < count; i++) {
		const struct uvio_device_info *info = uvio_device_info(devices[i]);

		if (info->vendor == VENDOR && info->device == DEVICE)
			run_on(info->address);
	}
	uvio_device_list_free(devices, count);
}
