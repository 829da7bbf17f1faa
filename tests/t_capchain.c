/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "base/context.h"
#include "vfio.h"

#define BASE 16
#define LONGER (BASE + VFIO_INFO_ROOM + 200)

/* What the kernel answers: it wants @want bytes, and fills them when there is room. */
static struct {
	uint32_t want;
	uint32_t more;	    /* it has grown by that when it is asked again, */
	unsigned int grows; /* so many times */
	int error;
	unsigned int asked;
	uint32_t sizes[64];
} answer;

int __wrap_uvio_sys_ioctl(int fd, unsigned long request, void *arg);

int __wrap_uvio_sys_ioctl(int fd, unsigned long request, void *arg)
{
	uint32_t size;

	(void)fd;
	(void)request;
	memcpy(&size, arg, sizeof(size));
	if (answer.asked < 64)
		answer.sizes[answer.asked] = size;
	answer.asked++;
	if (answer.error)
		return answer.error;
	if (answer.asked > 1 && answer.grows) {
		answer.grows--;
		answer.want += answer.more;
	}
	if (size >= answer.want)
		memset((char *)arg + 4, 0xa5, answer.want > 4 ? answer.want - 4 : 0);
	memcpy(arg, &answer.want, sizeof(answer.want));
	return 0;
}

static int ask(void **info)
{
	static const char question[BASE];

	return vfio_info(-1, 0, BASE, question, info);
}

static void setup(void)
{
	memset(&answer, 0, sizeof(answer));
}

static void an_answer_that_fits_is_asked_for_once(void)
{
	void *info;

	answer.want = BASE + VFIO_INFO_ROOM;
	ASSERT_EQ(ask(&info), 0);
	ASSERT_EQ(answer.asked, 1);
	ASSERT_EQ(answer.sizes[0], BASE + VFIO_INFO_ROOM);
	ASSERT_EQ(((unsigned char *)info)[answer.want - 1], 0xa5);
	free(info);
}

static void an_answer_that_is_longer_is_asked_for_again(void)
{
	uint32_t size;
	void *info;

	answer.want = LONGER;
	ASSERT_EQ(ask(&info), 0);
	ASSERT_EQ(answer.asked, 2);
	ASSERT_EQ(answer.sizes[1], LONGER);
	memcpy(&size, info, sizeof(size));
	ASSERT_EQ(size, LONGER);
	ASSERT_EQ(((unsigned char *)info)[LONGER - 1], 0xa5);
	free(info);
}

static void an_answer_that_keeps_growing_is_followed(void)
{
	void *info;

	answer.want = LONGER;
	answer.more = 8;
	answer.grows = 3;
	ASSERT_EQ(ask(&info), 0);
	ASSERT_EQ(answer.asked, 5);
	ASSERT_EQ(answer.sizes[4], LONGER + 3 * 8);
	free(info);
}

static void a_question_is_asked_as_it_is(void)
{
	unsigned char question[BASE] = {[8] = 0x12, [9] = 0x34};
	void *info;

	ASSERT_EQ(vfio_info(-1, 0, BASE, question, &info), 0);
	ASSERT_EQ(((unsigned char *)info)[8], 0x12);
	ASSERT_EQ(((unsigned char *)info)[9], 0x34);
	free(info);
}

static void a_kernel_that_tells_less_is_believed_the_room(void)
{
	uint32_t size;
	void *info;

	answer.want = 4;
	ASSERT_EQ(ask(&info), 0);
	memcpy(&size, info, sizeof(size));
	ASSERT_EQ(size, BASE + VFIO_INFO_ROOM);
	free(info);
}

static void an_absurd_length_is_not_believed(void)
{
	void *info;

	answer.want = 0x7fffffff;
	ASSERT_EQ(ask(&info), -EPROTO);
	ASSERT_EQ(answer.asked, 1);
}

static void a_length_that_never_ends_is_given_up(void)
{
	void *info;

	answer.want = 4096;
	answer.more = 65536;
	answer.grows = UINT_MAX;
	ASSERT_EQ(ask(&info), -EPROTO);
	ASSERT(answer.asked < 64);
}

static void the_errno_of_the_kernel_comes_back(void)
{
	void *info;

	answer.error = -EINVAL;
	ASSERT_EQ(ask(&info), -EINVAL);
	answer.error = -ENODEV;
	ASSERT_EQ(ask(&info), -ENODEV);
}

/* A buffer of exactly that size from the heap, so that every byte beyond it is noticed. */
struct chain {
	unsigned char *bytes;
	size_t size;
};

static struct chain chain_new(size_t size)
{
	struct chain chain = {calloc(1, size), size};

	ASSERT(chain.bytes);
	return chain;
}

static void put(struct chain *chain, uint32_t offset, uint16_t id, uint32_t next)
{
	const struct vfio_info_cap_header header = {.id = id, .version = 1, .next = next};

	memcpy(chain->bytes + offset, &header, sizeof(header));
}

/* The offset of the capability @id in a chain from @first on; 0: none. */
static size_t found(const struct chain *chain, uint32_t first, uint16_t id)
{
	const void *cap = vfio_cap_find(chain->bytes, BASE, chain->size, first, id);

	return cap ? (size_t)((const unsigned char *)cap - chain->bytes) : 0;
}

static void no_chain_has_nothing(void)
{
	struct chain chain = chain_new(64);

	ASSERT_EQ(found(&chain, 0, 0), 0);
	ASSERT_EQ(found(&chain, 0, 1), 0);
	free(chain.bytes);
}

static void a_capability_is_found_wherever_it_is(void)
{
	struct chain chain = chain_new(64);

	put(&chain, 16, 1, 32);
	put(&chain, 32, 2, 56);
	put(&chain, 56, 3, 0);
	ASSERT_EQ(found(&chain, 16, 1), 16);
	ASSERT_EQ(found(&chain, 16, 2), 32);
	ASSERT_EQ(found(&chain, 16, 3), 56);
	free(chain.bytes);
}

static void unknown_capabilities_are_passed_over(void)
{
	struct chain chain = chain_new(64);

	put(&chain, 16, 0xffff, 24);
	put(&chain, 24, 77, 32);
	put(&chain, 32, 1, 0);
	ASSERT_EQ(found(&chain, 16, 1), 32);
	ASSERT_EQ(found(&chain, 16, 2), 0);
	free(chain.bytes);
}

static void of_two_of_a_kind_the_first_counts(void)
{
	struct chain chain = chain_new(64);

	put(&chain, 16, 1, 24);
	put(&chain, 24, 1, 0);
	ASSERT_EQ(found(&chain, 16, 1), 16);
	free(chain.bytes);
}

static void a_loop_ends(void)
{
	struct chain chain = chain_new(64);

	put(&chain, 16, 1, 32);
	put(&chain, 32, 2, 16);
	ASSERT_EQ(found(&chain, 16, 3), 0);
	put(&chain, 32, 2, 32);
	ASSERT_EQ(found(&chain, 16, 3), 0);
	free(chain.bytes);
}

static void an_offset_inside_the_structure_ends_the_chain(void)
{
	struct chain chain = chain_new(64);

	put(&chain, 8, 1, 0);
	ASSERT_EQ(found(&chain, 8, 1), 0);
	put(&chain, 16, 2, 8);
	ASSERT_EQ(found(&chain, 16, 1), 0);
	free(chain.bytes);
}

static void an_offset_inside_the_capability_before_ends_the_chain(void)
{
	struct chain chain = chain_new(64);

	put(&chain, 16, 2, 20);
	ASSERT_EQ(found(&chain, 16, 1), 0);
	free(chain.bytes);
}

static void an_offset_beyond_the_end_ends_the_chain(void)
{
	static const uint32_t beyond[] = {64, 72, 4096, 0x80000000, 0xfffffff8, 0xffffffff};
	struct chain chain = chain_new(64);

	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		ASSERT_EQ(found(&chain, beyond[i], 0), 0);
		put(&chain, 16, 1, beyond[i]);
		ASSERT_EQ(found(&chain, 16, 0), 0);
	}
	free(chain.bytes);
}

static void an_offset_that_is_not_aligned_ends_the_chain(void)
{
	struct chain chain = chain_new(64);

	put(&chain, 28, 1, 0);
	ASSERT_EQ(found(&chain, 28, 1), 0);
	put(&chain, 16, 2, 28);
	ASSERT_EQ(found(&chain, 16, 1), 0);
	free(chain.bytes);
}

static void a_header_that_is_cut_off_ends_the_chain(void)
{
	struct chain chain = chain_new(60);

	put(&chain, 16, 2, 56);
	ASSERT_EQ(found(&chain, 16, 0), 0);
	ASSERT_EQ(found(&chain, 56, 0), 0);
	free(chain.bytes);
}

static void an_answer_of_nothing_has_nothing(void)
{
	ASSERT(!vfio_cap_find("", BASE, 0, BASE, 0));
	ASSERT(!vfio_cap_find("", BASE, 0, 0, 0));
}

/* Chains of random bytes: nothing outside is read, and every walk ends. */
static void no_chain_leads_astray(void)
{
	struct chain chain = chain_new(128);

	srandom(1);
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < chain.size; i++)
			chain.bytes[i] = (unsigned char)(random() & (i % 8 < 5 ? 0x7f : 0));
		found(&chain, (uint32_t)random() & 0xf8, (uint16_t)(random() & 0x7f));
	}
	free(chain.bytes);
}

static CU_TestInfo answers[] = {
	TEST(an_answer_that_fits_is_asked_for_once),
	TEST_FOR("vfio 1", an_answer_that_is_longer_is_asked_for_again),
	TEST_FOR("vfio 1", an_answer_that_keeps_growing_is_followed),
	TEST(a_question_is_asked_as_it_is),
	TEST_FOR("vfio 2", a_kernel_that_tells_less_is_believed_the_room),
	TEST(an_absurd_length_is_not_believed),
	TEST(a_length_that_never_ends_is_given_up),
	TEST(the_errno_of_the_kernel_comes_back),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo chains[] = {
	TEST_FOR("vfio 2", no_chain_has_nothing),
	TEST(a_capability_is_found_wherever_it_is),
	TEST_FOR("vfio 4", unknown_capabilities_are_passed_over),
	TEST(of_two_of_a_kind_the_first_counts),
	TEST_FOR("vfio 3", a_loop_ends),
	TEST_FOR("vfio 3", an_offset_inside_the_structure_ends_the_chain),
	TEST(an_offset_inside_the_capability_before_ends_the_chain),
	TEST_FOR("vfio 3", an_offset_beyond_the_end_ends_the_chain),
	TEST(an_offset_that_is_not_aligned_ends_the_chain),
	TEST_FOR("vfio 3", a_header_that_is_cut_off_ends_the_chain),
	TEST(an_answer_of_nothing_has_nothing),
	TEST(no_chain_leads_astray),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"answer", NULL, NULL, setup, NULL, answers},
	{"chain", NULL, NULL, NULL, NULL, chains},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
