/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** Waits that end without their event, on vector 0, which is enabled: the same on every backend. */
#ifndef UVIO_TESTS_ENDING_H
#define UVIO_TESTS_ENDING_H

struct uvio_udev;

/** The device, and how its card raises an interrupt; for the cases below. */
struct ending {
	struct uvio_udev *udev;
	void (*raise)(void);
};

void ending_by_a_thread(struct ending ending);
/** A child has the same descriptors. */
void ending_by_a_child(struct ending ending);
/** A signal handler ends the wait that it interrupts, or the next one; and so does a thread. */
void ending_by_a_signal_handler(struct ending ending);
void ending_beside_a_signal(struct ending ending);
/** The thread that waits is cancelled, too. */
void ending_beside_pthread_cancel(struct ending ending);

#endif /* UVIO_TESTS_ENDING_H */
