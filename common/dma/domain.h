/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_DMA_DOMAIN_H
#define UVIO_DMA_DOMAIN_H

struct uvio_backend;
struct uvio_domain;
struct uvio_open_options;
struct uvio_udev;

/** Opens the device into @shared, or, if that is NULL, into a domain of its own. */
int uvio_domain_join(struct uvio_udev *udev, struct uvio_domain *shared,
	const struct uvio_open_options *options);

/** Closes it. */
void uvio_domain_leave(struct uvio_udev *udev);

/** That of the devices in it; NULL: there are none. */
const struct uvio_backend *uvio_domain_backend(struct uvio_domain *domain);

#endif /* UVIO_DMA_DOMAIN_H */
