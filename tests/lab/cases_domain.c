/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Devices which share an address space: each transport with two cards, and two of one group. */
#include <config.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/dma.h>
#include <uvio/domain.h>
#include <uvio/driver.h>
#include <uvio/error.h>
#include <uvio/udev.h>

#include "conformance.h"

#define SIZE 1024

static const char *const apart[2] = {"0000:00:04.0", "0000:01:00.0"};
static const char *const together[2] = {"0000:03:01.0", "0000:03:02.0"};

struct couple {
	struct uvio_ctx *ctx;
	struct uvio_domain *domain, *second;
	struct pair pairs[2];
};

static int open_one(struct couple *couple, int i)
{
	struct pair *pair = &couple->pairs[i];
	const struct uvio_open_options options = {
		.backend = pair->backend,
		.flags = UVIO_OPEN_UNSAFE_DMA,
		.domain = couple->domain,
	};
	int rc = uvio_udev_open(couple->ctx, pair->address, &options, &pair->udev);

	if (!rc)
		rc = uvio_card_attach(pair->driver, pair->udev, &pair->card);
	if (rc)
		return rc;
	pair->priv = uvio_card_priv(pair->card);
	return uvio_bus_master(pair->udev, true);
}

static int begin(struct couple *couple, const char *const addresses[2], const char *transport)
{
	CHECK_OK(uvio_domain_new(couple->ctx, &couple->domain));
	for (int i = 0; i < 2; i++) {
		couple->pairs[i] = (struct pair){
			.ctx = couple->ctx,
			.address = addresses[i],
			.backend = transport,
			.driver = driver_of_edu(),
		};
		CHECK_OK(uvio_bind(couple->ctx, addresses[i], transport));
	}
	return PASS;
}

static void end(struct couple *couple)
{
	for (int i = 0; i < 2; i++)
		pair_close(&couple->pairs[i]);
	uvio_domain_free(couple->domain);
	uvio_domain_free(couple->second);
}

/* What one card takes from memory, or puts there, lies where the other one looks. */
static int carry(struct couple *couple, const struct uvio_dma *dma, int from, int to)
{
	const struct uvio_driver *driver = couple->pairs[0].driver;
	unsigned char *bytes = dma->addr;

	for (int i = 0; i < SIZE; i++)
		bytes[i] = (unsigned char)(i * 7 + from);
	CHECK_OK(driver->trial->dma_to_card(couple->pairs[from].priv, dma->iova, SIZE));
	memset(bytes, 0, SIZE);
	CHECK_OK(driver->trial->dma_from_card(couple->pairs[from].priv, dma->iova, SIZE));
	CHECK_OK(driver->trial->dma_to_card(couple->pairs[to].priv, dma->iova, SIZE));
	memset(bytes, 0, SIZE);
	CHECK_OK(driver->trial->dma_from_card(couple->pairs[to].priv, dma->iova, SIZE));
	for (int i = 0; i < SIZE; i++)
		CHECK(bytes[i] == (unsigned char)(i * 7 + from));
	return PASS;
}

static int one_mapping_serves_both(struct couple *couple)
{
	struct uvio_dma dma;

	CHECK_OK(open_one(couple, 0));
	CHECK_OK(uvio_dma_alloc(couple->pairs[0].udev, SIZE, 0, &dma));
	CHECK_OK(open_one(couple, 1));
	CHECK(carry(couple, &dma, 0, 1) == PASS);
	CHECK_OK(uvio_dma_free(couple->pairs[1].udev, &dma));
	CHECK_OK(uvio_dma_alloc(couple->pairs[1].udev, SIZE, 0, &dma));
	CHECK(carry(couple, &dma, 1, 0) == PASS);
	return PASS;
}

/* The kernel has forgotten it by then, on some transports. */
static int buffers_outlive_the_last_device(struct couple *couple)
{
	struct uvio_dma dma;

	CHECK_OK(open_one(couple, 0));
	CHECK_OK(uvio_dma_alloc(couple->pairs[0].udev, SIZE, 0, &dma));
	pair_close(&couple->pairs[0]);
	CHECK_OK(open_one(couple, 1));
	CHECK_OK(open_one(couple, 0));
	CHECK(carry(couple, &dma, 1, 0) == PASS);
	return PASS;
}

static int map_some(struct couple *couple, int by, unsigned char *memory, uint64_t *iova)
{
	struct uvio_dma_segment segment;

	CHECK_OK(uvio_dma_map(couple->pairs[by].udev, memory, 4096, 0, &segment, 1));
	*iova = segment.iova;
	return PASS;
}

/* Taken back by the program and used by others, it is not the next card's. */
static int the_callers_memory_is_his_again(struct couple *couple)
{
	const struct uvio_driver *driver = couple->pairs[0].driver;
	unsigned char *memory =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t iova, now;
	struct uvio_dma dma;

	CHECK_OK(open_one(couple, 0));
	CHECK_OK(uvio_dma_alloc(couple->pairs[0].udev, SIZE, 0, &dma));
	CHECK(memory != MAP_FAILED && map_some(couple, 0, memory, &iova) == PASS);
	pair_close(&couple->pairs[0]);
	CHECK(mmap(memory, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1,
		      0) == memory);
	memset(memory, 0xa5, 4096);
	CHECK_OK(open_one(couple, 1));
	CHECK_ERR(uvio_dma_iova(couple->pairs[1].udev, memory, &now, NULL), -EFAULT, "not mapped");
	if (uvio_caps(couple->pairs[1].udev) & UVIO_CAP_DMA_ISOLATED)
		CHECK_OK(driver->trial->dma_from_card(couple->pairs[1].priv, iova, SIZE));
	for (int i = 0; i < 4096; i++)
		CHECK(memory[i] == 0xa5);
	CHECK(carry(couple, &dma, 1, 1) == PASS);
	CHECK(map_some(couple, 1, memory, &now) == PASS);
	CHECK_OK(uvio_domain_dma_unmap(couple->domain, memory, 4096));
	munmap(memory, 4096);
	return PASS;
}

static int memory_is_freed_without_a_device(struct couple *couple)
{
	struct uvio_dma dma, again;

	CHECK_OK(open_one(couple, 0));
	CHECK_OK(uvio_dma_alloc(couple->pairs[0].udev, SIZE, 0, &dma));
	CHECK_OK(uvio_dma_alloc(couple->pairs[0].udev, SIZE, 0, &again));
	pair_close(&couple->pairs[0]);
	CHECK_OK(uvio_domain_dma_free(couple->domain, &dma));
	CHECK_ERR(uvio_domain_dma_free(couple->domain, &dma), -EINVAL, "were not allocated");
	CHECK_OK(open_one(couple, 1));
	CHECK(carry(couple, &again, 1, 1) == PASS);
	CHECK_OK(uvio_dma_alloc(couple->pairs[1].udev, SIZE, 0, &dma));
	CHECK(carry(couple, &dma, 1, 1) == PASS);
	return PASS;
}

/* A card that reaches less counts while it is there. */
static int the_mask_widens_again(struct couple *couple)
{
	struct uvio_dma dma;
	int rc;

	CHECK_OK(open_one(couple, 0));
	CHECK_OK(open_one(couple, 1));
	CHECK_OK(uvio_dma_set_mask(couple->pairs[0].udev, UINT64_MAX));
	CHECK_OK(uvio_dma_set_mask(couple->pairs[1].udev, 0xfff));
	rc = uvio_dma_alloc(couple->pairs[0].udev, SIZE, 0, &dma);
	CHECK((rc == -ENOSPC || rc == -ERANGE) && strstr(uvio_last_error(), "DMA mask 0xfff"));
	pair_close(&couple->pairs[1]);
	CHECK_OK(uvio_dma_alloc(couple->pairs[0].udev, SIZE, 0, &dma));
	CHECK(carry(couple, &dma, 0, 0) == PASS);
	return PASS;
}

static int one_may_leave(struct couple *couple)
{
	struct uvio_dma dma;

	CHECK_OK(open_one(couple, 0));
	CHECK_OK(open_one(couple, 1));
	CHECK_OK(uvio_dma_alloc(couple->pairs[0].udev, SIZE, 0, &dma));
	pair_close(&couple->pairs[0]);
	CHECK(carry(couple, &dma, 1, 1) == PASS);
	return PASS;
}

static int open_apart(struct couple *couple)
{
	struct uvio_domain *first = couple->domain;
	int rc;

	CHECK_OK(open_one(couple, 0));
	CHECK_OK(uvio_domain_new(couple->ctx, &couple->second));
	couple->domain = couple->second;
	rc = open_one(couple, 1);
	couple->domain = first;
	CHECK_OK(rc);
	return PASS;
}

static bool child_gets(void *memory)
{
	unsigned char there;
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(mincore(memory, 4096, &there) ? 1 : 0);
	return waitpid(pid, &status, 0) == pid && !status;
}

/* A page that parent and child share is another one for who writes to it. */
static int carry_beside_a_child(struct couple *couple, const struct uvio_dma *dma)
{
	int gate[2], result, status;
	char end;
	pid_t pid;

	CHECK_OK(pipe(gate));
	pid = fork();
	if (!pid) {
		close(gate[1]);
		_exit(read(gate[0], &end, 1) != 0);
	}
	close(gate[0]);
	result = carry(couple, dma, 1, 1);
	close(gate[1]);
	CHECK(waitpid(pid, &status, 0) == pid && !status);
	return result;
}

/* The kernel itself leaves pages that it pinned to the parent. */
static int children_get_what_no_domain_has(struct couple *couple, bool close_first)
{
	unsigned char *memory =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uvio_dma dma = {.addr = memory};
	bool pinned;

	CHECK(memory != MAP_FAILED && open_apart(couple) == PASS);
	pinned = uvio_caps(couple->pairs[0].udev) & UVIO_CAP_DMA_ISOLATED;
	CHECK(map_some(couple, 0, memory, &dma.iova) == PASS);
	CHECK(map_some(couple, 1, memory, &dma.iova) == PASS);
	CHECK(child_gets(memory) == pinned);
	if (close_first)
		pair_close(&couple->pairs[0]);
	else
		CHECK_OK(uvio_dma_unmap(couple->pairs[0].udev, memory, 4096));
	CHECK(carry_beside_a_child(couple, &dma) == PASS);
	CHECK(child_gets(memory) == pinned);
	CHECK_OK(uvio_dma_unmap(couple->pairs[1].udev, memory, 4096));
	CHECK(child_gets(memory));
	munmap(memory, 4096);
	return PASS;
}

static int one_of_two_domains_unmaps(struct couple *couple)
{
	return children_get_what_no_domain_has(couple, false);
}

static int one_of_two_domains_closes(struct couple *couple)
{
	return children_get_what_no_domain_has(couple, true);
}

/* A group cannot be in two address spaces. */
static int two_domains_are_refused(struct couple *couple)
{
	const struct uvio_open_options options = {.backend = couple->pairs[0].backend};
	struct uvio_udev *other = NULL;

	CHECK_OK(open_one(couple, 0));
	CHECK_ERR(uvio_udev_open(couple->ctx, together[1], &options, &other), -EBUSY,
		"the same domain");
	return PASS;
}

struct couple_case {
	const char *name;
	int (*run)(struct couple *couple);
};

static void run_couple(struct uvio_ctx *ctx, const char *what, const char *const addresses[2],
	const char *transport, const struct couple_case *test)
{
	struct couple couple = {.ctx = ctx};
	int result = begin(&couple, addresses, transport);

	if (!result)
		result = test->run(&couple);
	end(&couple);
	report(result, NULL, "domain %s %s: %s", transport, what, test->name);
}

void run_domain(struct uvio_ctx *ctx, const char *transport)
{
	static const struct couple_case cases[] = {
		{"one mapping serves both (vfio 18)", one_mapping_serves_both},
		{"buffers outlive the last device (vfio 16)", buffers_outlive_the_last_device},
		{"one may leave", one_may_leave},
		{"the caller's memory is his again", the_callers_memory_is_his_again},
		{"memory is freed without a device", memory_is_freed_without_a_device},
		{"the mask widens again", the_mask_widens_again},
	};
	static const struct couple_case separate[] = {
		{"children get no memory that one of two unmaps", one_of_two_domains_unmaps},
		{"children get no memory that one of two closes", one_of_two_domains_closes},
	};
	static const struct couple_case two = {
		"in two domains is refused (vfio 17)", two_domains_are_refused};
	bool is_vfio = !strncmp(transport, "vfio", 4);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run_couple(ctx, "two groups", apart, transport, &cases[i]);
		run_couple(ctx, "one group", together, transport, &cases[i]);
	}
	for (size_t i = 0; i < sizeof(separate) / sizeof(separate[0]); i++)
		run_couple(ctx, "two groups", apart, transport, &separate[i]);
	if (is_vfio && strcmp(transport, "vfio/noiommu") != 0)
		run_couple(ctx, "one group", together, transport, &two);
	for (int i = 0; i < 2; i++) {
		uvio_unbind(ctx, apart[i]);
		uvio_unbind(ctx, together[i]);
	}
}
