/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <stdlib.h>
#include "json.h"
#include "output.h"
#include "tools.h"

struct json_object *json_string(const char *text)
{
	struct json_object *string = NULL;
	char *whole = NULL;
	size_t size;
	FILE *stream = open_memstream(&whole, &size);

	if (!stream)
		return NULL;
	while (*text) {
		uint32_t code;
		size_t n = text_character(text, &code);

		fwrite(n ? text : "\xef\xbf\xbd", 1, n ? n : 3, stream);
		text += n ? n : 1;
	}
	if (!fclose(stream))
		string = json_object_new_string(whole);
	free(whole);
	return string;
}

void json_text(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_object_object_add(object, key, json_string(text));
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
	json_object_array_add(array, json_string(word));
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
	if (info->pci && name->device[0]) {
		json_text(object, "vendor_name", name->vendor_name);
		json_text(object, "device_name", name->device_name);
	}
}

struct json_object *json_device(const struct tool *tool, const char *address)
{
	struct json_object *object = json_object_new_object();
	struct json_object *identity = json_object_new_object();
	struct uvio_device *device;
	struct name name;

	if (uvio_device_find(tool->ctx, address, &device)) {
		json_text(identity, "address", address);
	} else {
		names_look(&device, &name, 1);
		json_identity(identity, uvio_device_info(device), &name);
		uvio_device_free(device);
	}
	json_object_object_add(object, "device", identity);
	return object;
}

/* JSON needs no escape for the controls above 0x7e, a terminal does; they are in strings only. */
static void put_json(FILE *stream, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text, next = (unsigned char)text[1];

		if (c == 0x7f) {
			fputs("\\u007f", stream);
		} else if (c == 0xc2 && next < 0xa0) {
			fprintf(stream, "\\u%04x", next);
			text++;
		} else {
			fputc(c, stream);
		}
	}
	fputc('\n', stream);
}

int json_print(const struct tool *tool, struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				JSON_C_TO_STRING_NOZERO | JSON_C_TO_STRING_NOSLASHESCAPE);
	int rc = text ? TOOL_GO_ON : tool_no_memory();

	if (text && tool->json_file)
		rc = output_write(tool->json_file, tool->json_at_once, put_json, text);
	else if (text)
		put_json(stdout, text);
	json_object_put(object);
	return rc;
}
