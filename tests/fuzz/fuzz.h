/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What a fuzz target is. It must not crash, leak or abort, whatever the bytes are. */
#ifndef UVIO_TESTS_FUZZ_H
#define UVIO_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* UVIO_TESTS_FUZZ_H */
