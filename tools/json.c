/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include "json.h"
#include "tools.h"

void json_text(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_object_object_add(object, key, json_object_new_string(text));
}

void json_hex(struct json_object *object, const char *key, int digits, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%0*llx", digits, (unsigned long long)value);
	json_text(object, key, text);
}

void json_number(struct json_object *object, const char *key, double value)
{
	struct json_object *number = json_object_new_double(value);

	json_object_set_serializer(number, json_object_double_to_json_string, (void *)"%.3f", NULL);
	json_object_object_add(object, key, number);
}

void json_integer(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

void json_flag(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

void json_word(struct json_object *array, const char *word)
{
	json_object_array_add(array, json_object_new_string(word));
}

void json_identity(
	struct json_object *object, const struct uvio_device_info *info, const struct name *name)
{
	json_text(object, "address", info->address);
	if (info->pci) {
		json_hex(object, "vendor", 4, info->vendor);
		json_hex(object, "device", 4, info->device);
	}
	json_text(object, "name", name->device);
}

int json_print(FILE *stream, struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				JSON_C_TO_STRING_NOZERO | JSON_C_TO_STRING_NOSLASHESCAPE);
	int rc = text ? TOOL_GO_ON : tool_no_memory();

	if (text)
		fprintf(stream, "%s\n", text);
	json_object_put(object);
	return rc;
}
