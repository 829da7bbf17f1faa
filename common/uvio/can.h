/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * CAN and CAN FD: the channels of a card as a program sees them, and what a card driver gives for
 * them. Frames, filters, bit timing, modes and states are those of Linux: <linux/can.h>,
 * <linux/can/error.h>, <linux/can/netlink.h>.
 *
 * Send and receive take arrays, return how many frames they moved, and never wait: frames lie in
 * rings until uvio_card_poll() moves them between the rings and the chip.
 *
 * 1. uvio_can_get(), uvio_can_start().
 * 2. uvio_can_send(), uvio_can_receive(), and uvio_card_poll() after each send, each time that
 *    uvio_card_fd() is readable, or in each cycle.
 * 3. uvio_can_stop(), or uvio_card_detach(), which stops all channels.
 *
 * Nothing is lost without notice. What a chip or a ring had no place for is counted, and an error
 * frame (CAN_ERR_FLAG) stands where the frame would have been.
 *
 * Threads: uvio_can_start(), uvio_can_stop() and uvio_can_restart() are called by the thread that
 * calls uvio_card_poll(). Of each channel one thread at a time may send and one may receive; both
 * may be others. The rest may be called by any thread.
 */
#ifndef UVIO_CAN_H
#define UVIO_CAN_H

#include <linux/can.h>
#include <linux/can/error.h>
#include <linux/can/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uvio/driver.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uvio_can;

/** What a controller is able to do. */
struct uvio_can_info {
	size_t size;	  /**< sizeof(struct uvio_can_info) */
	const char *chip; /**< as "SJA1000" */
	uint32_t clock;	  /**< of bit timing, in Hz */
	uint32_t modes;	  /**< CAN_CTRLMODE_* that can be asked for */
	const struct can_bittiming_const *timing;
	const struct can_bittiming_const *data_timing; /**< NULL: no CAN FD */
	bool stamps;				       /**< it stamps the frames that it receives */
};

/**
 * How a channel is to run.
 *
 * @timing: either bitrate in bit/s, and sample_point in tenths of a percent or 0 for that which CiA
 * recommends; or bitrate 0 and prop_seg, phase_seg1, phase_seg2, sjw and brp, for which the rest is
 * computed. The same for @data_timing, of frames with CANFD_BRS, where @modes has CAN_CTRLMODE_FD.
 *
 * @filters as of CAN_RAW_FILTER, up to CAN_RAW_FILTER_MAX: a frame is received which one of them
 * lets through; none: all are. A chip that can compares before, so that others cost nothing.
 */
struct uvio_can_config {
	size_t size; /**< sizeof(struct uvio_can_config) */
	struct can_bittiming timing;
	struct can_bittiming data_timing;
	uint32_t modes;		/**< CAN_CTRLMODE_* */
	int64_t restart;	/**< nanoseconds after which it leaves bus-off; 0: not by itself */
	unsigned int rx_frames; /**< that wait to be received, 1 to 65536; 0: 1024 */
	unsigned int tx_frames; /**< that wait to be sent, 1 to 65536; 0: 64 */
	const struct can_filter *filters;
	unsigned int filter_count;
};

/** Counted since uvio_can_start(). */
struct uvio_can_stats {
	uint64_t rx_frames; /**< put into the ring, without error frames */
	uint64_t rx_bytes;
	uint64_t tx_frames; /**< completed on the bus */
	uint64_t tx_bytes;
	uint64_t tx_failed;   /**< given up by the chip: one-shot, bus-off, stopped */
	uint64_t rx_lost;     /**< the ring was full */
	uint64_t rx_filtered; /**< no filter let them through */
	uint64_t rx_overrun;  /**< times that the chip had no place */
	uint64_t bus_errors;
	uint64_t warnings; /**< times that the state became error-warning */
	uint64_t passives; /**< error-passive */
	uint64_t bus_offs;
	uint64_t restarts;
};

/** How many channels of CAN the card has; 0: none. */
UVIO_API unsigned int uvio_can_count(const struct uvio_card *card);

/**
 * Channel @channel of the card, from 0. It belongs to the card, and ends with it. 0; -EINVAL (a
 * NULL); -ENOTSUP (no channels of CAN); -ERANGE (the text says how many there are).
 */
UVIO_API int uvio_can_get(struct uvio_card *card, unsigned int channel, struct uvio_can **can);

/** Belongs to the channel. */
UVIO_API const struct uvio_can_info *uvio_can_info(const struct uvio_can *can);

/**
 * Puts the channel on the bus, with empty rings and counters at 0. 0; -EBUSY (it is on the bus);
 * -EINVAL (a NULL; the table has no size; a bit rate of 0 and no segments); -ENOTSUP (a mode that
 * the chip has not: the text names it); -ERANGE (bit timing: the text says what comes next to it;
 * too many filters; a ring too large); -ENOMEM; -ENODEV; -EIO; -ETIMEDOUT (the chip
 * does not leave reset).
 */
UVIO_API int uvio_can_start(struct uvio_can *can, const struct uvio_can_config *config);

/**
 * Takes the channel off the bus. What is received stays to be received; what was not sent counts as
 * failed. Not started is no error. 0; -ENODEV; -EIO.
 */
UVIO_API int uvio_can_stop(struct uvio_can *can);

/**
 * Takes up to @count frames to be sent, in order. How many, 0 where the ring is full; -EINVAL (the
 * first frame that was not taken is none: its length is more than 8, or it is an error frame); a
 * later call names a frame that stands behind others; -ENETDOWN (not started); -ENOTSUP
 * (listen-only); _fd: -ENOTSUP (a frame with CANFD_FDF, without CAN_CTRLMODE_FD).
 *
 * struct can_frame is classic CAN. In a struct canfd_frame a frame with CANFD_FDF in flags is
 * CAN FD, of 0 to 8, 12, 16, 20, 24, 32, 48 or 64 bytes; without, classic CAN.
 */
UVIO_API int uvio_can_send(
	struct uvio_can *can, const struct can_frame *frames, unsigned int count);
UVIO_API int uvio_can_send_fd(
	struct uvio_can *can, const struct canfd_frame *frames, unsigned int count);

/**
 * Gives up to @count frames that were received, in order, error frames among them. @times, which
 * may be NULL, receives when each came: nanoseconds of CLOCK_MONOTONIC at which uvio_card_poll()
 * found it, or, with stamps in uvio_can_info, nanoseconds of the chip's own clock. How many, 0
 * where there are none; -EINVAL; uvio_can_receive(): -EMSGSIZE (the next frame is CAN FD: use
 * uvio_can_receive_fd()).
 */
UVIO_API int uvio_can_receive(
	struct uvio_can *can, struct can_frame *frames, uint64_t *times, unsigned int count);
UVIO_API int uvio_can_receive_fd(
	struct uvio_can *can, struct canfd_frame *frames, uint64_t *times, unsigned int count);

/** How many frames were taken to be sent and are neither completed nor failed. */
UVIO_API unsigned int uvio_can_pending(const struct uvio_can *can);

/** How many more frames uvio_can_send() takes now. */
UVIO_API unsigned int uvio_can_space(const struct uvio_can *can);

/** CAN_STATE_STOPPED where it is not started. */
UVIO_API enum can_state uvio_can_state(const struct uvio_can *can);

/** The chip's error counters. 0; -EINVAL; -ENETDOWN (not started); -ENODEV; -EIO. */
UVIO_API int uvio_can_counters(struct uvio_can *can, struct can_berr_counter *counters);

/** Leaves bus-off now. 0; -EINVAL (it is not bus-off); -ENETDOWN; -ENODEV; -EIO. */
UVIO_API int uvio_can_restart(struct uvio_can *can);

/** Counted since uvio_can_start(). 0; -EINVAL (a NULL). */
UVIO_API int uvio_can_stats_sized(
	const struct uvio_can *can, struct uvio_can_stats *stats, size_t size);

static inline int uvio_can_stats(const struct uvio_can *can, struct uvio_can_stats *stats)
{
	return uvio_can_stats_sized(can, stats, sizeof(*stats));
}

/**
 * Completes @timing for a controller with such a @clock in Hz: as uvio_can_start() does. 0; -EINVAL
 * (neither bit rate nor segments); -ERANGE (no bit timing is within 0.5 % of the bit rate, or
 * segments are beyond @limits: the text says which).
 */
UVIO_API int uvio_can_timing(
	const struct can_bittiming_const *limits, uint32_t clock, struct can_bittiming *timing);

/** The length of a CAN FD frame for a DLC of 0 to 15, and the smallest DLC for 0 to 64 bytes. */
UVIO_API unsigned int uvio_can_dlc_length(unsigned int dlc);
UVIO_API unsigned int uvio_can_length_dlc(unsigned int length);

/*
 * For card drivers.
 *
 * The functions of the table are called as those of struct uvio_driver are; @channel is below what
 * channels gives. The functions below are for service, start, stop and restart of the driver.
 */
struct uvio_can_ops {
	size_t size; /**< sizeof(struct uvio_can_ops) */

	/** How many the card has, known since attach; 1024 at most. */
	unsigned int (*channels)(const void *card);
	/** Fills what is behind size, which is set. */
	void (*info)(const void *card, unsigned int channel, struct uvio_can_info *info);
	/**
	 * Puts the chip on the bus; the timing is complete and the modes are among those of the
	 * info. From now on service uses @can for the channel, until stop.
	 */
	int (*start)(void *card, unsigned int channel, struct uvio_can *can,
		const struct uvio_can_config *config);
	/** Off the bus, at once; the card may be gone. */
	int (*stop)(void *card, unsigned int channel);
	/** Begins to leave bus-off. */
	int (*restart)(void *card, unsigned int channel);
	int (*counters)(void *card, unsigned int channel, struct can_berr_counter *counters);
};

/**
 * Where the next frame that the chip received is to be put, all of it that is valid; never NULL.
 * uvio_can_rx_commit() then hands it over, with the chip's time of it or 0.
 */
UVIO_API struct canfd_frame *uvio_can_rx_place(struct uvio_can *can);
UVIO_API void uvio_can_rx_commit(struct uvio_can *can, uint64_t time);

/** The chip had no place: counts it, with an error frame. */
UVIO_API void uvio_can_rx_overrun(struct uvio_can *can);

/** The next frame that is to be given to the chip, NULL: none; it was given to the chip. */
UVIO_API const struct canfd_frame *uvio_can_tx_next(struct uvio_can *can);
UVIO_API void uvio_can_tx_take(struct uvio_can *can);

/**
 * The oldest @count frames that the chip was given are on the bus, or are given up. More than it
 * was given are ignored.
 */
UVIO_API void uvio_can_tx_done(struct uvio_can *can, unsigned int count);
UVIO_API void uvio_can_tx_failed(struct uvio_can *can, unsigned int count);

/** An error on the bus, as <linux/can/error.h> has it: class in can_id, details in data. */
UVIO_API void uvio_can_bus_error(struct uvio_can *can, const struct can_frame *error);

/** The state that the chip is in, with its counters; an error frame is made where it changes. */
UVIO_API void uvio_can_set_state(
	struct uvio_can *can, enum can_state state, const struct can_berr_counter *counters);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_CAN_H */
