/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/error.h"
#include "udev/token.h"

static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

static unsigned char digit(char c)
{
	return (unsigned char)(isdigit((unsigned char)c) ? c - '0'
							 : tolower((unsigned char)c) - 'a' + 10);
}

static bool has_form(const char *text)
{
	if (!text || strlen(text) != strlen(form))
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	return true;
}

int uvio_uuid_parse(const char *object, const char *text, unsigned char *uuid)
{
	if (!has_form(text))
		return uvio_fail(-EINVAL,
			"%s: the VF token '%.60s' is not a UUID, as "
			"12345678-9abc-def0-1234-56789abcdef0",
			object, text ? text : "");
	for (size_t i = 0; i < UVIO_UUID_SIZE; text += 2) {
		if (*text == '-')
			text++;
		uuid[i++] = (unsigned char)(digit(text[0]) << 4 | digit(text[1]));
	}
	return 0;
}

int uvio_vf_token_set(struct uvio_udev *udev, const char *text)
{
	unsigned char uuid[UVIO_UUID_SIZE];
	int rc;

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	rc = uvio_uuid_parse(udev->address.text, text, uuid);
	if (rc)
		return rc;
	if (atomic_load(&udev->gone))
		return uvio_udev_gone(udev, "");
	if (!udev->backend->ops->vf_token_set)
		return uvio_fail(-ENOTSUP, "%s: the %s backend has no VF tokens",
			udev->address.text, udev->backend->name);
	return udev->backend->ops->vf_token_set(udev, uuid);
}
