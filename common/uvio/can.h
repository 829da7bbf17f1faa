/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * CAN and CAN FD: the channels of a card as a program sees them, and what a card driver gives for
 * them. Frames, filters, bit timing, modes and states are those of Linux: <linux/can.h>,
 * <linux/can/error.h>, <linux/can/netlink.h>.
 *
 * Send and receive take arrays, return how many frames they moved, and never wait: frames lie in
 * queues until uvio_card_poll() moves them between the queues and the chip.
 *
 * 1. uvio_can_get(), uvio_can_start().
 * 2. uvio_can_send(), uvio_can_receive(), and uvio_card_poll() after each send, each time that
 *    uvio_card_fd() is readable, or in each cycle.
 * 3. uvio_can_stop(), or uvio_card_detach(), which stops all channels.
 *
 * Nothing is lost without notice. A frame for which the chip or the queue had no space is counted,
 * and an error frame (CAN_ERR_FLAG) is received in its place.
 *
 * Threads: uvio_can_start(), uvio_can_stop() and uvio_can_restart() are called by the thread that
 * calls uvio_card_poll(). While uvio_can_start() or uvio_can_stop() runs, no other thread may use
 * the channel: its queues are allocated anew. Otherwise, for each channel, one thread at a time may
 * send and one may receive; these may be other threads. The rest may be called by any thread.
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
 * @timing: either bitrate in bit/s and sample_point in tenths of a percent, 0 for the one that CiA
 * recommends; or bitrate 0 and prop_seg, phase_seg1, phase_seg2, sjw and brp, from which the rest
 * is computed. @data_timing: the same for frames with CANFD_BRS, if @modes has CAN_CTRLMODE_FD.
 *
 * @filters are those of CAN_RAW_FILTER, at most CAN_RAW_FILTER_MAX: a frame is received if one of
 * them matches, or if there are none. A chip that can filter does so, and then other frames cost
 * nothing.
 */
struct uvio_can_config {
	size_t size; /**< sizeof(struct uvio_can_config) */
	struct can_bittiming timing;
	struct can_bittiming data_timing;
	uint32_t modes; /**< CAN_CTRLMODE_* */
	/**
	 * Nanoseconds after which bus-off is left; 0 or less: not before uvio_can_restart(). Not
	 * used with a chip that leaves bus-off by itself.
	 */
	int64_t restart;
	unsigned int rx_frames; /**< that wait to be received, 1 to 65536; 0: 1024 */
	unsigned int tx_frames; /**< that wait to be sent, 1 to 65536; 0: 64 */
	const struct can_filter *filters;
	unsigned int filter_count;
};

/** Counted since uvio_can_start(). */
struct uvio_can_stats {
	uint64_t rx_frames;   /**< put into the queue, without error frames */
	uint64_t rx_bytes;    /**< of their data; a remote frame has none, whatever its length */
	uint64_t tx_frames;   /**< completed on the bus */
	uint64_t tx_bytes;    /**< as rx_bytes */
	uint64_t tx_failed;   /**< given up by the chip: one-shot, bus-off, stopped */
	uint64_t rx_lost;     /**< the queue was full */
	uint64_t rx_filtered; /**< no filter let them through */
	uint64_t rx_overrun;  /**< times that the chip had no space */
	uint64_t bus_errors;  /**< and lost arbitrations, with CAN_CTRLMODE_BERR_REPORTING */
	uint64_t warnings;    /**< times that the state became error-warning */
	uint64_t passives;    /**< error-passive */
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
 * Puts the channel on the bus, with empty queues and counters at 0. 0; -EBUSY (it is on the bus);
 * -EINVAL (a NULL; the size of the table is too small; a bit rate of 0 and no segments); -ENOTSUP
 * (the chip does not have a mode, which the text names); -ERANGE (bit timing: the text says what is
 * nearest; too many filters; a queue too large); -ENOMEM; -ENODEV; -EIO; -ETIMEDOUT (the chip does
 * not leave reset). After -ENOMEM and errors of the chip, frames received before are gone.
 */
UVIO_API int uvio_can_start(struct uvio_can *can, const struct uvio_can_config *config);

/**
 * Takes the channel off the bus. Frames that were received can still be read, until the next start,
 * but not those which uvio_card_poll() did not find yet; those that were not sent count as failed.
 * 0, also if it is not started; -EINVAL (a NULL); -ENODEV; -EIO.
 */
UVIO_API int uvio_can_stop(struct uvio_can *can);

/**
 * Takes up to @count frames to be sent, in order. A frame that cannot be sent ends the call: those
 * before it are taken, and the next call, which begins with it, fails. How many were taken, 0 if
 * the queue is full; -EINVAL (a NULL; the first frame has a length that its format does not have,
 * or is an error frame, or a remote frame of CAN FD); -ENETDOWN (not started); -ENOTSUP
 * (listen-only; or the first frame has CANFD_FDF, and the channel was started without
 * CAN_CTRLMODE_FD).
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
 * may be NULL, receives the time of each: nanoseconds of CLOCK_MONOTONIC at which uvio_card_poll()
 * found it, or, with stamps in uvio_can_info, nanoseconds of the chip's own clock. Error frames
 * have CLOCK_MONOTONIC always: the chip does not stamp them. How many, 0 if there are none; -EINVAL
 * (a NULL); uvio_can_receive(): -EMSGSIZE (the next frame is CAN FD: use uvio_can_receive_fd()).
 */
UVIO_API int uvio_can_receive(
	struct uvio_can *can, struct can_frame *frames, uint64_t *times, unsigned int count);
UVIO_API int uvio_can_receive_fd(
	struct uvio_can *can, struct canfd_frame *frames, uint64_t *times, unsigned int count);

/** How many frames were taken to be sent and are neither completed nor failed. */
UVIO_API unsigned int uvio_can_pending(const struct uvio_can *can);

/** How many more frames uvio_can_send() takes now; 0 if the channel is not started. */
UVIO_API unsigned int uvio_can_space(const struct uvio_can *can);

/** CAN_STATE_STOPPED if it is not started. */
UVIO_API enum can_state uvio_can_state(const struct uvio_can *can);

/**
 * The chip's error counters, 0 if it has none. 0; -EINVAL (a NULL); -ENETDOWN (not started);
 * -ENODEV; -EIO.
 */
UVIO_API int uvio_can_counters(struct uvio_can *can, struct can_berr_counter *counters);

/**
 * Begins to leave bus-off now. 0; -EINVAL (a NULL; it is not bus-off); -ENETDOWN (not started);
 * -ENOTSUP (the chip leaves bus-off by itself); -ENODEV; -EIO; -ETIMEDOUT (the chip does not leave
 * reset).
 */
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
 * (neither bit rate nor segments; @limits that no chip has: 1 to 65536 each, and a name with an
 * end); -ERANGE (no bit timing is within 0.5 % of the bit rate, or within 10 % of the bit of a
 * sample point that was asked for, or segments are beyond @limits: the text says which).
 */
UVIO_API int uvio_can_timing(
	const struct can_bittiming_const *limits, uint32_t clock, struct can_bittiming *timing);

/** The length of a CAN FD frame for a DLC of 0 to 15, and the smallest DLC for 0 to 64 bytes. */
UVIO_API unsigned int uvio_can_dlc_length(unsigned int dlc);
UVIO_API unsigned int uvio_can_length_dlc(unsigned int length);

/*
 * For card drivers.
 *
 * The functions of the table are called by the thread that calls service, but counters by any
 * thread, also while service runs; @channel is less than what channels returns. The functions below
 * are for service, start, stop and restart of the driver.
 */
struct uvio_can_ops {
	size_t size; /**< sizeof(struct uvio_can_ops) */

	/** How many the card has, known since attach; 1024 at most. */
	unsigned int (*channels)(const void *card);
	/**
	 * Fills all members except size, which is set. Without chip, clock, timing or, with
	 * CAN_CTRLMODE_FD, data_timing, and with limits that uvio_can_timing() refuses, the card is
	 * not attached: -EINVAL.
	 */
	void (*info)(const void *card, unsigned int channel, struct uvio_can_info *info);
	/**
	 * Puts the chip on the bus; the timing is complete and the modes are among those of the
	 * info. From now on service uses @can for the channel, until stop.
	 */
	int (*start)(void *card, unsigned int channel, struct uvio_can *can,
		const struct uvio_can_config *config);
	/** Off the bus, at once; the card may be gone. */
	int (*stop)(void *card, unsigned int channel);
	/** Begins to leave bus-off. NULL: the chip does so by itself. */
	int (*restart)(void *card, unsigned int channel);
	/** Reads the error counters. NULL: there are none. */
	int (*counters)(void *card, unsigned int channel, struct can_berr_counter *counters);
};

/**
 * The slot to which the driver writes the next frame that the chip received; never NULL.
 * uvio_can_rx_commit() then hands it over, with the time at which the chip received it, or 0 for
 * now. A length, an id or flags that no such frame has are corrected; CAN FD on a channel without
 * CAN_CTRLMODE_FD is dropped, and is an error on the bus.
 */
UVIO_API struct canfd_frame *uvio_can_rx_place(struct uvio_can *can);
UVIO_API void uvio_can_rx_commit(struct uvio_can *can, uint64_t time);

/** The chip had no space for a frame: counts that, and makes an error frame. */
UVIO_API void uvio_can_rx_overrun(struct uvio_can *can);

/**
 * The next frame for the chip, NULL if there is none; uvio_can_tx_take() says that the chip has it,
 * and does nothing if there is none.
 */
UVIO_API const struct canfd_frame *uvio_can_tx_next(struct uvio_can *can);
UVIO_API void uvio_can_tx_take(struct uvio_can *can);

/**
 * The oldest @count frames of the chip were sent, or are given up. A count of more than the chip
 * has means all of them.
 */
UVIO_API void uvio_can_tx_done(struct uvio_can *can, unsigned int count);
UVIO_API void uvio_can_tx_failed(struct uvio_can *can, unsigned int count);

/**
 * An error on the bus, or a lost arbitration, as <linux/can/error.h> has it: class in can_id,
 * details in data. Ignored by a channel without CAN_CTRLMODE_BERR_REPORTING.
 */
UVIO_API void uvio_can_bus_error(struct uvio_can *can, const struct can_frame *error);

/** The state that the chip is in, with its counters; an error frame is made if it changes. */
UVIO_API void uvio_can_set_state(
	struct uvio_can *can, enum can_state state, const struct can_berr_counter *counters);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_CAN_H */
