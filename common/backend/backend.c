/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <uvio/check.h>
#include <uvio/device.h>
#include <uvio/error.h>

#include "backend/backend.h"
#include "base/context.h"

/* Probe order: the backend that protects the machine is first. */
static const struct uvio_backend *const backends[] = {
	&uvio_backend_vfio,
	&uvio_backend_uio,
};

const struct uvio_backend *uvio_backend_at(unsigned int index)
{
	return index < ARRAY_SIZE(backends) ? backends[index] : NULL;
}

const struct uvio_backend *uvio_backend_find(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(backends); i++)
		if (!strcmp(backends[i]->name, name))
			return backends[i];
	return NULL;
}

const struct uvio_backend *uvio_backend_of(const struct uvio_device_info *info)
{
	const struct uvio_backend *backend;

	for (unsigned int i = 0; (backend = uvio_backend_at(i)); i++)
		if (backend->ops->claims && backend->ops->claims(info))
			return backend;
	return NULL;
}

int uvio_no_backend(const char *name)
{
	char known[128] = "";

	for (unsigned int i = 0; i < ARRAY_SIZE(backends); i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			i ? ", " : "", backends[i]->name);
	return uvio_fail(-EINVAL, "%s: no such backend; there are: %s", name, known);
}

unsigned int uvio_backend_count(void)
{
	return ARRAY_SIZE(backends);
}

const char *uvio_backend_name(unsigned int index)
{
	const struct uvio_backend *backend = uvio_backend_at(index);

	return backend ? backend->name : NULL;
}

const char *uvio_backend_help(unsigned int index)
{
	const struct uvio_backend *backend = uvio_backend_at(index);

	return backend ? backend->help : NULL;
}
