/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>

#include "threads.h"

void *failed(unsigned long count)
{
	return (void *)count;
}

void run_threads(void *(*const work[THREADS])(void *), unsigned long *failures)
{
	pthread_t threads[THREADS];
	void *result;

	*failures = 0;
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work[i], NULL))
			abort();
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		*failures += (unsigned long)result;
	}
}
