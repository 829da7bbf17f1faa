/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/** Memory that children do not get while it is mapped in some domain of the context. */
#ifndef UVIO_KEPT_H
#define UVIO_KEPT_H

struct uvio_domain;
struct uvio_mapping;

/** By MADV_DONTFORK, whose errno it gives; uvio_kept_remove() is due in any case. */
int uvio_kept_add(struct uvio_domain *domain, struct uvio_mapping *mapping);
/** Gives children what no other domain keeps; does nothing for a mapping that is not kept. */
void uvio_kept_remove(struct uvio_domain *domain, struct uvio_mapping *mapping);

#endif /* UVIO_KEPT_H */
