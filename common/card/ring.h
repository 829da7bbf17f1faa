/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * The places of a ring for one producer and one consumer, which need no lock: two running numbers,
 * each written by one side. What is in the places belongs to the user.
 */
#ifndef UVIO_CARD_RING_H
#define UVIO_CARD_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct uvio_ring {
	uint32_t capacity;
	uint32_t mask;	       /* of a power of two, the capacity at least */
	_Atomic uint32_t head; /* the producer's: how many were put */
	_Atomic uint32_t tail; /* the consumer's: how many were taken */
};

/** How many places it needs: the next power of two. */
static inline uint32_t uvio_ring_places(uint32_t capacity)
{
	uint32_t places = 1;

	while (places < capacity)
		places *= 2;
	return places;
}

static inline void uvio_ring_init(struct uvio_ring *ring, uint32_t capacity)
{
	ring->capacity = capacity;
	ring->mask = uvio_ring_places(capacity) - 1;
	atomic_store(&ring->head, 0);
	atomic_store(&ring->tail, 0);
}

/** Its places, of @size bytes each, zeroed, for free(); NULL: out of memory. */
static inline void *uvio_ring_make(struct uvio_ring *ring, uint32_t capacity, size_t size)
{
	uvio_ring_init(ring, capacity);
	return calloc(uvio_ring_places(capacity), size);
}

/** For the producer: how many more it can put. */
static inline uint32_t uvio_ring_space(const struct uvio_ring *ring)
{
	return ring->capacity - (atomic_load_explicit(&ring->head, memory_order_relaxed) -
					atomic_load_explicit(&ring->tail, memory_order_acquire));
}

/** For the consumer: how many it can take. */
static inline uint32_t uvio_ring_used(const struct uvio_ring *ring)
{
	return atomic_load_explicit(&ring->head, memory_order_acquire) -
	       atomic_load_explicit(&ring->tail, memory_order_relaxed);
}

static inline void uvio_ring_put(struct uvio_ring *ring, uint32_t count)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	atomic_store_explicit(&ring->head, head + count, memory_order_release);
}

static inline void uvio_ring_take(struct uvio_ring *ring, uint32_t count)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	atomic_store_explicit(&ring->tail, tail + count, memory_order_release);
}

/** The place of the next to be put, and @ahead behind that; and to be taken. */
static inline uint32_t uvio_ring_in(const struct uvio_ring *ring, uint32_t ahead)
{
	return (atomic_load_explicit(&ring->head, memory_order_relaxed) + ahead) & ring->mask;
}

static inline uint32_t uvio_ring_out(const struct uvio_ring *ring, uint32_t ahead)
{
	return (atomic_load_explicit(&ring->tail, memory_order_relaxed) + ahead) & ring->mask;
}

/** A counter that one thread writes and any thread reads. */
static inline void uvio_count(_Atomic uint64_t *counter, uint64_t more)
{
	uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, now + more, memory_order_relaxed);
}

#endif /* UVIO_CARD_RING_H */
