/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_UDEV_TOKEN_H
#define UVIO_UDEV_TOKEN_H

/* A UUID in its usual text. 0; -EINVAL with a text, which begins with @object. */
#define UVIO_UUID_SIZE 16

int uvio_uuid_parse(const char *object, const char *text, unsigned char *uuid);

#endif /* UVIO_UDEV_TOKEN_H */
