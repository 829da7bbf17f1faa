/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Every exported function, with NULL for each of its pointers: t_symbols.sh compares the table. */
#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/uvio.h>

#include "fixture.h"
#include "idle_card.h"

enum kind { NUMBER, POINTER, NOTHING };

/* Of the pointers, from 1 on: for which NULL is @allowed, and which are not looked @at for speed.
 */
struct call {
	const char *name;
	unsigned int pointers;
	const char *allowed;
	const char *unchecked;
	enum kind kind;
	intptr_t (*with_null)(unsigned int null);
};

static struct uvio_device *device;
static struct uvio_check *check, *checks[2];
static struct uvio_card *card;
static struct uvio_domain *domain;
static struct uvio_guard *guard;
static struct uvio_region region, slice;
static struct uvio_dma dma;
static struct uvio_dma_segment segment;
static struct uvio_override override;
static struct uvio_open_options options;
static struct uvio_irq_stats stats;
static struct uvio_affected affected;
static struct uvio_device **list;
static uint64_t value;
static unsigned int count;
static uint32_t found;
static bool flag;
static enum uvio_event event;
static char page[4096];
static uint8_t bytes[1];
static struct uvio_can *can;
static struct uvio_serial *serial;
static struct can_frame frame;
static struct canfd_frame fd_frame;
static struct can_berr_counter counters;
static struct can_bittiming timing;
static struct uvio_can_stats can_stats;
static struct uvio_serial_stats serial_stats;

static int no_cause(void *data)
{
	(void)data;
	return 0;
}

#define CTX tree->ctx
#define A(number, pointer) (null == (number) ? NULL : (pointer))

/* NAME, POINTERS, ALLOWED, UNCHECKED, KIND, call */
#define CALLS(X, VOID)                                                                             \
	X(uvio_backend_count, 0, "", "", NOTHING, ())                                              \
	X(uvio_backend_help, 0, "", "", NOTHING, (0))                                              \
	X(uvio_backend_name, 0, "", "", NOTHING, (0))                                              \
	X(uvio_bind, 3, "", "", NUMBER, (A(1, CTX), A(2, EDU), A(3, "uio")))                       \
	X(uvio_bus_master, 1, "", "", NUMBER, (A(1, udev), false))                                 \
	VOID(uvio_can_bus_error, 2, "", "12", NOTHING, (A(1, can), A(2, &frame)))                  \
	X(uvio_can_count, 1, "", "", NOTHING, (A(1, card)))                                        \
	X(uvio_can_counters, 2, "", "", NUMBER, (A(1, can), A(2, &counters)))                      \
	X(uvio_can_dlc_length, 0, "", "", NOTHING, (1))                                            \
	X(uvio_can_get, 2, "", "", NUMBER, (A(1, card), 0, A(2, &can)))                            \
	X(uvio_can_info, 1, "", "", POINTER, (A(1, can)))                                          \
	X(uvio_can_length_dlc, 0, "", "", NOTHING, (1))                                            \
	X(uvio_can_pending, 1, "", "", NOTHING, (A(1, can)))                                       \
	X(uvio_can_receive, 3, "3", "", NUMBER, (A(1, can), A(2, &frame), A(3, &value), 1))        \
	X(uvio_can_receive_fd, 3, "3", "", NUMBER, (A(1, can), A(2, &fd_frame), A(3, &value), 1))  \
	X(uvio_can_restart, 1, "", "", NUMBER, (A(1, can)))                                        \
	VOID(uvio_can_rx_commit, 1, "", "1", NOTHING, (A(1, can), 0))                              \
	VOID(uvio_can_rx_overrun, 1, "", "1", NOTHING, (A(1, can)))                                \
	X(uvio_can_rx_place, 1, "", "1", POINTER, (A(1, can)))                                     \
	X(uvio_can_send, 2, "", "", NUMBER, (A(1, can), A(2, &frame), 1))                          \
	X(uvio_can_send_fd, 2, "", "", NUMBER, (A(1, can), A(2, &fd_frame), 1))                    \
	VOID(uvio_can_set_state, 2, "", "12", NOTHING,                                             \
		(A(1, can), CAN_STATE_BUS_OFF, A(2, &counters)))                                   \
	X(uvio_can_space, 1, "", "", NOTHING, (A(1, can)))                                         \
	X(uvio_can_start, 2, "", "", NUMBER, (A(1, can), A(2, &idle_can_config)))                  \
	X(uvio_can_state, 1, "", "", NOTHING, (A(1, can)))                                         \
	X(uvio_can_stats_sized, 2, "", "", NUMBER,                                                 \
		(A(1, can), A(2, &can_stats), sizeof(can_stats)))                                  \
	X(uvio_can_stop, 1, "", "", NUMBER, (A(1, can)))                                           \
	X(uvio_can_timing, 2, "", "", NUMBER, (A(1, &idle_limits), 8000000, A(2, &timing)))        \
	VOID(uvio_can_tx_done, 1, "", "1", NOTHING, (A(1, can), 1))                                \
	VOID(uvio_can_tx_failed, 1, "", "1", NOTHING, (A(1, can), 1))                              \
	X(uvio_can_tx_next, 1, "", "1", POINTER, (A(1, can)))                                      \
	VOID(uvio_can_tx_take, 1, "", "1", NOTHING, (A(1, can)))                                   \
	X(uvio_cap_name, 0, "", "", NOTHING, (1))                                                  \
	X(uvio_caps, 1, "", "", NOTHING, (A(1, udev)))                                             \
	X(uvio_card_attach, 3, "", "", NUMBER, (A(1, &idle_driver), A(2, udev), A(3, &card)))      \
	VOID(uvio_card_detach, 1, "1", "", NOTHING, (A(1, card)))                                  \
	X(uvio_card_driver, 1, "", "", POINTER, (A(1, card)))                                      \
	X(uvio_card_fd, 1, "", "", NUMBER, (A(1, card)))                                           \
	VOID(uvio_card_kick, 1, "1", "", NOTHING, (A(1, card)))                                    \
	X(uvio_card_poll, 1, "", "", NUMBER, (A(1, card)))                                         \
	X(uvio_card_priv, 1, "", "", POINTER, (A(1, card)))                                        \
	X(uvio_card_service, 1, "", "", NUMBER, (A(1, card)))                                      \
	X(uvio_card_udev, 1, "", "", POINTER, (A(1, card)))                                        \
	X(uvio_card_wait, 1, "", "", NUMBER, (A(1, card), 0))                                      \
	X(uvio_check_backends, 3, "", "", NUMBER, (A(1, CTX), A(2, device), A(3, checks), 2))      \
	X(uvio_check_device, 4, "", "", NUMBER,                                                    \
		(A(1, CTX), A(2, device), A(3, "uio"), A(4, &check)))                              \
	X(uvio_check_findings, 2, "", "", POINTER, (A(1, check), A(2, &count)))                    \
	VOID(uvio_check_free, 1, "1", "", NOTHING, (A(1, check)))                                  \
	X(uvio_check_machine, 3, "2", "", NUMBER, (A(1, CTX), A(2, "uio"), A(3, &check)))          \
	X(uvio_check_verdict, 1, "", "", NOTHING, (A(1, check)))                                   \
	VOID(uvio_ctx_free, 1, "1", "", NOTHING, (A(1, NULL)))                                     \
	X(uvio_ctx_new, 2, "1", "", NUMBER, (A(1, NULL), A(2, &other_ctx)))                        \
	X(uvio_device_find, 3, "", "", NUMBER, (A(1, CTX), A(2, EDU), A(3, &device)))              \
	VOID(uvio_device_free, 1, "1", "", NOTHING, (A(1, device)))                                \
	X(uvio_device_in_use, 2, "", "", NUMBER, (A(1, CTX), A(2, device)))                        \
	X(uvio_device_info, 1, "", "", POINTER, (A(1, device)))                                    \
	X(uvio_device_list, 2, "", "", NUMBER, (A(1, CTX), A(2, &list)))                           \
	VOID(uvio_device_list_free, 1, "1", "", NOTHING, (A(1, list), 3))                          \
	X(uvio_dma_alloc, 2, "", "", NUMBER, (A(1, udev), 4096, 0, A(2, &dma)))                    \
	X(uvio_dma_alloc_scattered, 3, "", "", NUMBER,                                             \
		(A(1, udev), 4096, 0, A(2, &segment), 1, A(3, &dma)))                              \
	X(uvio_dma_free, 2, "", "", NUMBER, (A(1, udev), A(2, &dma)))                              \
	X(uvio_dma_from_region, 2, "", "", NUMBER, (A(1, udev), 0, A(2, &dma)))                    \
	X(uvio_dma_import, 3, "", "", NUMBER, (A(1, udev), A(2, "udmabuf0"), 0, A(3, &dma)))       \
	X(uvio_dma_iova, 4, "4", "", NUMBER, (A(1, udev), A(2, page), A(3, &value), A(4, &value))) \
	X(uvio_dma_map, 3, "", "", NUMBER, (A(1, udev), A(2, page), 4096, 0, A(3, &segment), 1))   \
	X(uvio_dma_set_mask, 1, "", "", NUMBER, (A(1, udev), UINT32_MAX))                          \
	X(uvio_dma_unmap, 2, "", "", NUMBER, (A(1, udev), A(2, page), 4096))                       \
	X(uvio_dma_verify, 2, "", "", NUMBER, (A(1, udev), A(2, page), 4096))                      \
	X(uvio_domain_dma_free, 2, "", "", NUMBER, (A(1, domain), A(2, &dma)))                     \
	X(uvio_domain_dma_unmap, 2, "", "", NUMBER, (A(1, domain), A(2, page), 4096))              \
	X(uvio_domain_free, 1, "1", "", NUMBER, (A(1, domain)))                                    \
	X(uvio_domain_new, 2, "", "", NUMBER, (A(1, CTX), A(2, &domain)))                          \
	X(uvio_driver_add, 2, "", "", NUMBER, (A(1, CTX), A(2, &idle_driver)))                     \
	X(uvio_driver_get, 1, "1", "", NOTHING, (A(1, CTX), 0))                                    \
	X(uvio_driver_id_of, 1, "", "", POINTER, (A(1, &idle_driver), 1, 2, 3, 4))                 \
	X(uvio_driver_match, 1, "1", "", NOTHING, (A(1, CTX), 1, 2, 3, 4))                         \
	X(uvio_event_fd, 1, "", "", NUMBER, (A(1, udev)))                                          \
	X(uvio_event_wait, 2, "", "", NUMBER, (A(1, udev), 0, A(2, &event)))                       \
	X(uvio_fail, 1, "", "", NUMBER, (-EINVAL, A(1, "%s"), "text"))                             \
	VOID(uvio_guard_free, 1, "1", "", NOTHING, (A(1, guard)))                                  \
	X(uvio_guard_new, 3, "", "", NUMBER, (A(1, CTX), A(2, EDU), 0, A(3, &guard)))              \
	X(uvio_guard_stop, 2, "2", "", NUMBER, (A(1, guard), A(2, &found)))                        \
	X(uvio_irq_ack, 1, "", "1", NUMBER, (A(1, udev), 0))                                       \
	X(uvio_irq_cancel, 1, "", "", NUMBER, (A(1, udev), 0))                                     \
	X(uvio_irq_consume, 2, "2", "1", NUMBER, (A(1, udev), 0, A(2, &value)))                    \
	X(uvio_irq_count, 1, "", "", NUMBER, (A(1, udev), UVIO_IRQ_MSI))                           \
	X(uvio_irq_disable, 1, "", "", NUMBER, (A(1, udev)))                                       \
	X(uvio_irq_enable, 1, "", "", NUMBER, (A(1, udev), UVIO_IRQ_MSI, 1))                       \
	X(uvio_irq_enable_range, 1, "", "", NUMBER, (A(1, udev), UVIO_IRQ_MSI, 1, 2))              \
	X(uvio_irq_fd, 1, "", "", NUMBER, (A(1, udev), 0))                                         \
	X(uvio_irq_grow, 1, "", "", NUMBER, (A(1, udev), 2))                                       \
	X(uvio_irq_kind_name, 0, "", "", NOTHING, (UVIO_IRQ_MSI))                                  \
	X(uvio_irq_spurious, 1, "", "", NUMBER, (A(1, udev), 0))                                   \
	X(uvio_irq_stamp, 1, "", "", NUMBER, (A(1, udev), 0, true))                                \
	X(uvio_irq_stats_sized, 2, "", "", NUMBER, (A(1, udev), 0, A(2, &stats), sizeof(stats)))   \
	X(uvio_irq_wait, 2, "2", "1", NUMBER, (A(1, udev), 0, 0, A(2, &value)))                    \
	X(uvio_irq_watch, 3, "23", "", NUMBER, (A(1, udev), 0, 1, A(2, no_cause), A(3, &found)))   \
	X(uvio_last_errno, 0, "", "", NOTHING, ())                                                 \
	X(uvio_last_error, 0, "", "", NOTHING, ())                                                 \
	X(uvio_low_power, 1, "", "", NUMBER, (A(1, udev), false))                                  \
	X(uvio_override_read_sized, 3, "", "", NUMBER,                                             \
		(A(1, CTX), A(2, EDU), A(3, &override), sizeof(override)))                         \
	X(uvio_poll_until, 1, "", "", NUMBER, (A(1, &region), 0, 4, 0, 0, 0))                      \
	X(uvio_region_find, 1, "", "", NUMBER, (A(1, udev), 1, 1))                                 \
	X(uvio_region_info_sized, 2, "", "", NUMBER,                                               \
		(A(1, udev), 0, A(2, &region), sizeof(region)))                                    \
	X(uvio_region_map_sized, 2, "", "", NUMBER,                                                \
		(A(1, udev), 0, A(2, &region), sizeof(region)))                                    \
	X(uvio_region_read, 2, "", "", NUMBER, (A(1, &region), 0, 4, A(2, &value)))                \
	VOID(uvio_region_read_rep_slow, 2, "", "12", NOTHING,                                      \
		(A(1, &region), 0, 4, A(2, page), 1))                                              \
	X(uvio_region_read_slow, 1, "", "1", NOTHING, (A(1, &region), 0, 4))                       \
	X(uvio_region_slice_sized, 2, "", "", NUMBER,                                              \
		(A(1, &region), 0, 8, A(2, &slice), sizeof(slice)))                                \
	X(uvio_region_write, 1, "", "", NUMBER, (A(1, &region), 0, 4, 0))                          \
	VOID(uvio_region_write_rep_slow, 2, "", "12", NOTHING,                                     \
		(A(1, &region), 0, 4, A(2, page), 1))                                              \
	VOID(uvio_region_write_slow, 1, "", "1", NOTHING, (A(1, &region), 0, 4, 0))                \
	X(uvio_release_fd, 1, "", "", NUMBER, (A(1, udev)))                                        \
	X(uvio_seen_name, 0, "", "", NOTHING, (UVIO_SEEN_MODEL))                                   \
	X(uvio_serial_break, 1, "", "", NUMBER, (A(1, serial), true))                              \
	X(uvio_serial_count, 1, "", "", NOTHING, (A(1, card)))                                     \
	X(uvio_serial_get, 2, "", "", NUMBER, (A(1, card), 0, A(2, &serial)))                      \
	X(uvio_serial_info, 1, "", "", POINTER, (A(1, serial)))                                    \
	X(uvio_serial_modem, 2, "", "", NUMBER, (A(1, serial), A(2, &count)))                      \
	X(uvio_serial_modem_set, 1, "", "", NUMBER, (A(1, serial), 0, 0))                          \
	X(uvio_serial_pending, 1, "", "", NUMBER, (A(1, serial)))                                  \
	X(uvio_serial_receive, 3, "3", "", NUMBER, (A(1, serial), A(2, bytes), A(3, bytes), 1))    \
	VOID(uvio_serial_rx, 1, "", "1", NOTHING, (A(1, serial), 1, 0))                            \
	VOID(uvio_serial_rx_commit, 1, "", "1", NOTHING, (A(1, serial), 1))                        \
	VOID(uvio_serial_rx_overrun, 1, "", "1", NOTHING, (A(1, serial)))                          \
	X(uvio_serial_rx_place, 2, "", "12", POINTER, (A(1, serial), A(2, &count)))                \
	X(uvio_serial_send, 2, "", "", NUMBER, (A(1, serial), A(2, bytes), 1))                     \
	X(uvio_serial_set, 2, "", "", NUMBER, (A(1, serial), A(2, &idle_serial_config)))           \
	X(uvio_serial_space, 1, "", "", NOTHING, (A(1, serial)))                                   \
	X(uvio_serial_start, 2, "", "", NUMBER, (A(1, serial), A(2, &idle_serial_config)))         \
	X(uvio_serial_stats_sized, 2, "", "", NUMBER,                                              \
		(A(1, serial), A(2, &serial_stats), sizeof(serial_stats)))                         \
	X(uvio_serial_stop, 1, "", "", NUMBER, (A(1, serial)))                                     \
	X(uvio_serial_tx_next, 2, "", "12", POINTER, (A(1, serial), A(2, &count)))                 \
	VOID(uvio_serial_tx_take, 1, "", "1", NOTHING, (A(1, serial), 1))                          \
	X(uvio_transport_name, 1, "1", "", NOTHING, (0, A(1, &flag)))                              \
	X(uvio_udev_address, 1, "", "", POINTER, (A(1, udev)))                                     \
	X(uvio_udev_alive, 1, "", "", NOTHING, (A(1, udev)))                                       \
	X(uvio_udev_backend, 1, "", "", POINTER, (A(1, udev)))                                     \
	X(uvio_udev_class, 1, "", "", NOTHING, (A(1, udev)))                                       \
	VOID(uvio_udev_close, 1, "1", "", NOTHING, (A(1, udev)))                                   \
	X(uvio_udev_device, 1, "", "", NOTHING, (A(1, udev)))                                      \
	X(uvio_udev_hot_reset, 1, "", "", NUMBER, (A(1, udev)))                                    \
	X(uvio_udev_hot_reset_affects_sized, 2, "", "", NUMBER,                                    \
		(A(1, udev), A(2, &affected), 1, sizeof(affected)))                                \
	VOID(uvio_udev_log, 2, "", "", NOTHING, (A(1, udev), UVIO_LOG_INFO, A(2, "%d"), 1))        \
	X(uvio_udev_open, 4, "3", "", NUMBER,                                                      \
		(A(1, CTX), A(2, EDU), A(3, &options), A(4, &other_udev)))                         \
	X(uvio_udev_reset, 1, "", "", NUMBER, (A(1, udev)))                                        \
	X(uvio_udev_revision, 1, "", "", NOTHING, (A(1, udev)))                                    \
	X(uvio_udev_subdevice, 1, "", "", NOTHING, (A(1, udev)))                                   \
	X(uvio_udev_subvendor, 1, "", "", NOTHING, (A(1, udev)))                                   \
	X(uvio_udev_transport, 1, "", "", POINTER, (A(1, udev)))                                   \
	X(uvio_udev_vendor, 1, "", "", NOTHING, (A(1, udev)))                                      \
	X(uvio_unbind, 2, "", "", NUMBER, (A(1, CTX), A(2, EDU)))                                  \
	X(uvio_version, 0, "", "", NOTHING, ())                                                    \
	X(uvio_vf_token_set, 2, "", "", NUMBER, (A(1, udev), A(2, "")))

static struct uvio_ctx *other_ctx;
static struct uvio_udev *other_udev;

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define DEFINE(name, pointers, allowed, unchecked, kind, args)                                     \
	static intptr_t call_##name(unsigned int null)                                             \
	{                                                                                          \
		return (intptr_t)name args;                                                        \
	}
#define DEFINE_VOID(name, pointers, allowed, unchecked, kind, args)                                \
	static intptr_t call_##name(unsigned int null)                                             \
	{                                                                                          \
		name args;                                                                         \
		return 0;                                                                          \
	}
CALLS(DEFINE, DEFINE_VOID)

#define ENTRY(name, pointers, allowed, unchecked, kind, args)                                      \
	{#name, pointers, allowed, unchecked, kind, call_##name},
static const struct call calls[] = {CALLS(ENTRY, ENTRY)};

static bool is_in(const char *digits, unsigned int number)
{
	return strchr(digits, '0' + (int)number) != NULL;
}

/* "name(): text" names the function that was called, not one inside. */
static bool names_another(const struct call *call)
{
	const char *text = uvio_last_error(), *end = strstr(text, "(): ");

	return end && strncmp(text, call->name, (size_t)(end - text)) != 0;
}

/* 0, or what the child found. */
static int judge(const struct call *call, unsigned int null)
{
	intptr_t rc;

	uvio_fail(-EIO, "none yet");
	rc = call->with_null(null);
	if (is_in(call->allowed, null))
		return call->kind == NUMBER && rc == -EINVAL && strstr(uvio_last_error(), "NULL");
	if (call->kind == NOTHING)
		return 0;
	/* Of memory, NULL is an address that is not mapped. */
	if (call->kind == NUMBER ? rc != -EINVAL && rc != -EFAULT : rc != 0)
		return 2;
	if (call->kind == NUMBER && !strcmp(uvio_last_error(), "none yet"))
		return 3;
	return names_another(call) ? 4 : 0;
}

/* In a child, which may crash. */
static void is_refused(const struct call *call, unsigned int null)
{
	char fault[100] = "";
	int status = 0;
	pid_t child = fork();

	if (!child)
		_exit(judge(call, null));
	waitpid(child, &status, 0);
	if (status)
		snprintf(fault, sizeof(fault), "%s: NULL for pointer %u: status 0x%x", call->name,
			null, (unsigned int)status);
	ASSERT_STR(fault, "");
}

static void no_null_crashes_a_function(void)
{
	ASSERT_OK(uvio_device_find(CTX, EDU, &device));
	ASSERT_OK(uvio_domain_new(CTX, &domain));
	ASSERT_OK(uvio_guard_new(CTX, EDU, 0, &guard));
	ASSERT_OK(uvio_card_attach(&idle_driver, udev, &card));
	ASSERT_OK(uvio_can_get(card, 0, &can));
	ASSERT_OK(uvio_serial_get(card, 0, &serial));
	ASSERT_OK(uvio_serial_start(serial, &idle_serial_config));
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		for (unsigned int null = 1; null <= calls[i].pointers; null++)
			if (!is_in(calls[i].unchecked, null))
				is_refused(&calls[i], null);
	uvio_card_detach(card);
	ASSERT_OK(uvio_domain_free(domain));
	uvio_guard_free(guard);
	uvio_device_free(device);
}

/* As a program has it that forgot uvio_region_map(), or uses it after its end. */
static void what_was_never_made_is_refused(void)
{
	struct uvio_region none = {0};
	struct uvio_dma nothing = {0};

	ASSERT_ERR(uvio_region_read(&none, 0, 4, &value), -EINVAL, "call uvio_region_map()");
	ASSERT_ERR(uvio_region_write(&none, 0, 4, 0), -EINVAL, "call uvio_region_map()");
	ASSERT_ERR(uvio_poll_until(&none, 0, 4, 0, 0, 0), -EINVAL, "call uvio_region_map()");
	ASSERT_EQ(uvio_read32(&none, 0), UINT32_MAX);
	uvio_write32(&none, 0, 1);
	ASSERT_ERR(uvio_dma_free(udev, &nothing), -EINVAL, "were not allocated");
}

static CU_TestInfo cases[] = {
	TEST(no_null_crashes_a_function),
	TEST(what_was_never_made_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"misuse", NULL, NULL, fixture_open, fixture_close, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
