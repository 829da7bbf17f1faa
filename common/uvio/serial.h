/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Serial lines: the lines of a card as a program sees them, and what a card driver gives for them.
 *
 * Send and receive take bytes, return how many they moved, and never wait: bytes lie in queues
 * until uvio_card_poll() moves them between the queues and the chip.
 *
 * 1. uvio_serial_get(), uvio_serial_start().
 * 2. uvio_serial_send(), uvio_serial_receive(), and uvio_card_poll() after each send, each time
 *    that uvio_card_fd() is readable, or in each cycle.
 * 3. uvio_serial_stop(), or uvio_card_detach(), which stops all lines.
 *
 * Threads: uvio_serial_start(), uvio_serial_stop(), uvio_serial_set(), uvio_serial_modem_set() and
 * uvio_serial_break() are called by the thread that calls uvio_card_poll(). While
 * uvio_serial_start() or uvio_serial_stop() runs, no other thread may use the line: its queues are
 * allocated anew. Otherwise, for each line, one thread at a time may send and one may receive;
 * these may be other threads. The rest may be called by any thread.
 */
#ifndef UVIO_SERIAL_H
#define UVIO_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uvio/driver.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uvio_serial;

enum uvio_serial_parity {
	UVIO_PARITY_NONE = 0,
	UVIO_PARITY_ODD,
	UVIO_PARITY_EVEN,
	UVIO_PARITY_MARK,
	UVIO_PARITY_SPACE,
};

enum uvio_serial_flow {
	UVIO_FLOW_NONE = 0,
	UVIO_FLOW_RTS_CTS,
};

/** What is wrong with a byte that was received; bits. */
enum uvio_serial_mark {
	UVIO_MARK_PARITY = 1,
	UVIO_MARK_FRAMING = 2,
	UVIO_MARK_BREAK = 4, /**< the byte is 0 */
	UVIO_MARK_OVERRUN =
		8, /**< bytes before this one were lost: in the chip, or the queue was full */
};

/** What a line is able to do. */
struct uvio_serial_info {
	size_t size;	   /**< sizeof(struct uvio_serial_info) */
	const char *chip;  /**< as "16550A" */
	uint32_t baud_max; /**< bit/s */
	uint32_t baud_min;
	unsigned int fifo; /**< bytes each way, 1: none */
	bool flow_in_chip; /**< it handles RTS and CTS by itself */
};

/** How a line is to run. */
struct uvio_serial_config {
	size_t size;		/**< sizeof(struct uvio_serial_config) */
	uint32_t baud;		/**< bit/s; that of the chip is at most 2 % off */
	unsigned int data_bits; /**< 5 to 8 */
	unsigned int stop_bits; /**< 1 or 2; 2 with 5 data bits is 1.5 in many chips */
	enum uvio_serial_parity parity;
	enum uvio_serial_flow flow;
	bool loopback;	       /**< in the chip: what is sent is received */
	unsigned int rx_bytes; /**< that wait to be received, up to 16 Mi; 0: 64 Ki */
	unsigned int tx_bytes; /**< that wait to be sent, up to 16 Mi; 0: 4 Ki */
};

/** Counted since uvio_serial_start(). */
struct uvio_serial_stats {
	uint64_t rx_bytes;
	uint64_t tx_bytes;   /**< given to the chip */
	uint64_t rx_lost;    /**< bytes for which the queue had no space */
	uint64_t rx_overrun; /**< times that the chip had no space */
	uint64_t parity_errors;
	uint64_t framing_errors;
	uint64_t breaks;
};

/** How many lines the card has; 0: none. */
UVIO_API unsigned int uvio_serial_count(const struct uvio_card *card);

/**
 * Line @line of the card, from 0. It belongs to the card, and ends with it. 0; -EINVAL (a NULL);
 * -ENOTSUP (no lines); -ERANGE (the text says how many there are).
 */
UVIO_API int uvio_serial_get(
	struct uvio_card *card, unsigned int line, struct uvio_serial **serial);

/** Belongs to the line. */
UVIO_API const struct uvio_serial_info *uvio_serial_info(const struct uvio_serial *serial);

/**
 * Starts the line, with empty queues, counters at 0, DTR and RTS on. 0; -EBUSY (it is started);
 * -EINVAL (a NULL; the size of the table is too small; a setting that no line has, which the text
 * names); -ENOTSUP (a setting that this chip does not have); -ERANGE (baud: the text says what is
 * nearest; a queue too large); -ENOMEM; -ENODEV; -EIO. After -ENOMEM and errors of the chip, bytes
 * received before are gone.
 */
UVIO_API int uvio_serial_start(struct uvio_serial *serial, const struct uvio_serial_config *config);

/**
 * Switches DTR, RTS and break off. Bytes that were received can still be read, until the next
 * start. 0, also if it is not started; -EINVAL (a NULL); -ENODEV; -EIO.
 */
UVIO_API int uvio_serial_stop(struct uvio_serial *serial);

/**
 * Changes the settings of a line that is started; the queues stay as they are. Bytes that are in
 * the chip may be sent with the old settings or the new: wait until uvio_serial_pending() returns 0
 * first. 0; -ENETDOWN (not started); or the errnos of uvio_serial_start(), and then the former
 * settings stay.
 */
UVIO_API int uvio_serial_set(struct uvio_serial *serial, const struct uvio_serial_config *config);

/**
 * How many bytes were taken, 0 if the queue is full; -EINVAL (a NULL); -ENETDOWN (not started).
 */
UVIO_API int uvio_serial_send(struct uvio_serial *serial, const void *bytes, unsigned int count);

/**
 * Gives up to @count bytes that were received. @marks, which may be NULL, receives for each byte
 * what is wrong with it, bits of enum uvio_serial_mark. How many, 0 if there are none; -EINVAL (a
 * NULL).
 */
UVIO_API int uvio_serial_receive(
	struct uvio_serial *serial, uint8_t *bytes, uint8_t *marks, unsigned int count);

/**
 * How many bytes are in the queue to be sent; if it is empty, 1 while the chip still sends, else 0.
 * -EINVAL (a NULL); -ENETDOWN (not started); -ENODEV; -EIO.
 */
UVIO_API int uvio_serial_pending(struct uvio_serial *serial);

/** How many more bytes uvio_serial_send() takes now; 0 if the line is not started. */
UVIO_API unsigned int uvio_serial_space(const struct uvio_serial *serial);

/**
 * The modem lines, TIOCM_* of <sys/ioctl.h>. 0; -EINVAL (a NULL); -ENETDOWN (not started); -ENOTSUP
 * (the card driver has none); -ENODEV; -EIO.
 */
UVIO_API int uvio_serial_modem(struct uvio_serial *serial, unsigned int *lines);
/**
 * Switches TIOCM_DTR and TIOCM_RTS. Errors as above, and -EINVAL (another line, or one that is to
 * be both on and off).
 */
UVIO_API int uvio_serial_modem_set(struct uvio_serial *serial, unsigned int on, unsigned int off);
/** Switches a break. Errors as of uvio_serial_modem(). */
UVIO_API int uvio_serial_break(struct uvio_serial *serial, bool on);

/** Counted since uvio_serial_start(). 0; -EINVAL (a NULL). */
UVIO_API int uvio_serial_stats_sized(
	const struct uvio_serial *serial, struct uvio_serial_stats *stats, size_t size);

static inline int uvio_serial_stats(
	const struct uvio_serial *serial, struct uvio_serial_stats *stats)
{
	return uvio_serial_stats_sized(serial, stats, sizeof(*stats));
}

/*
 * For card drivers.
 *
 * The functions of the table are called by the thread that calls service, but sending and modem by
 * any thread, also while service runs; @line is less than what lines returns. The functions below
 * are for service, start, set and stop of the driver.
 */
struct uvio_serial_ops {
	size_t size; /**< sizeof(struct uvio_serial_ops) */

	/** How many the card has, known since attach; 1024 at most. */
	unsigned int (*lines)(const void *card);
	/**
	 * Fills all members except size, which is set. Without chip or bit rates the card is not
	 * attached: -EINVAL.
	 */
	void (*info)(const void *card, unsigned int line, struct uvio_serial_info *info);
	/** From now on service uses @serial for the line, until stop. */
	int (*start)(void *card, unsigned int line, struct uvio_serial *serial,
		const struct uvio_serial_config *config);
	int (*set)(void *card, unsigned int line, const struct uvio_serial_config *config);
	/** At once; the card may be gone. */
	int (*stop)(void *card, unsigned int line);
	/** Whether something is in the chip that is not sent: 1 or 0, or a negative errno. */
	int (*sending)(void *card, unsigned int line);
	int (*modem)(void *card, unsigned int line, unsigned int *lines);
	int (*modem_set)(void *card, unsigned int line, unsigned int on, unsigned int off);
	int (*set_break)(void *card, unsigned int line, bool on);
	/**
	 * With UVIO_FLOW_RTS_CTS: the other side is to stop, or to go on, since the queue is nearly
	 * full, or empty again. The chip need not be read meanwhile.
	 */
	void (*throttle)(void *card, unsigned int line, bool on);
};

/**
 * One byte that the chip received, with what is wrong with it: UVIO_MARK_OVERRUN if bytes before
 * this one were lost in the chip.
 */
UVIO_API void uvio_serial_rx(struct uvio_serial *serial, uint8_t byte, uint8_t marks);

/** The chip lost bytes before the next one: counts that, and marks the next one. */
UVIO_API void uvio_serial_rx_overrun(struct uvio_serial *serial);

/**
 * For bytes without a mark: a buffer in the queue, and its size in @count. uvio_serial_rx_commit()
 * hands over how many bytes were written there, at most that size. NULL: the queue is full, use
 * uvio_serial_rx().
 */
UVIO_API uint8_t *uvio_serial_rx_place(struct uvio_serial *serial, unsigned int *count);
UVIO_API void uvio_serial_rx_commit(struct uvio_serial *serial, unsigned int count);

/**
 * The next bytes for the chip, and in @count how many; NULL: there are none. uvio_serial_tx_take()
 * says how many of them the chip has; more are not believed.
 */
UVIO_API const uint8_t *uvio_serial_tx_next(struct uvio_serial *serial, unsigned int *count);
UVIO_API void uvio_serial_tx_take(struct uvio_serial *serial, unsigned int count);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_SERIAL_H */
