/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What t_stack measures: exported functions, each on a card of the simulated kernel. */
#ifndef UVIO_TESTS_STACK_H
#define UVIO_TESTS_STACK_H

#include <stdbool.h>

#include "inject_ops.h"

/** Either an operation, or what is done before and what is measured. */
struct measured {
	const char *symbol; /* NULL: the end of a list */
	const struct operation *operation;
	int (*run)(void);
	void (*begin)(void);
	const char *only; /* the backend; NULL: all */
	bool bind;	  /* on a kernel that changes drivers */
};

/** Defines run_NAME(); what the function returns does not matter here. */
#define RUN(name, call)                                                                            \
	static int run_##name(void)                                                                \
	{                                                                                          \
		(void)(call);                                                                      \
		return 0;                                                                          \
	}

/** Cards and their channels. */
extern const struct measured stack_card[];
void stack_card_end(void);

#endif /* UVIO_TESTS_STACK_H */
