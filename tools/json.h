/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_TOOLS_JSON_H
#define UVIO_TOOLS_JSON_H

#include <stdint.h>
#include <stdio.h>
#include <json-c/json.h>
#include <uvio/device.h>
#include "names.h"

struct tool;

/* A member of an object; a NULL text is left out. What is not UTF-8 in it becomes U+FFFD. */
void json_text(struct json_object *object, const char *key, const char *text);
void json_hex(struct json_object *object, const char *key, int digits, uint64_t value);
void json_number(struct json_object *object, const char *key, double value);
void json_integer(struct json_object *object, const char *key, uint64_t value);
void json_flag(struct json_object *object, const char *key, bool value);
void json_word(struct json_object *array, const char *word);
struct json_object *json_string(const char *text);
/* With the identity of a device alone: a document of a command that acts on it. */
struct json_object *json_device(const struct tool *tool, const char *address);

/* address, vendor, device, name: as much as every command says about a device. */
void json_identity(
	struct json_object *object, const struct uvio_device_info *info, const struct name *name);
/* driver_override of a PCI device, and whether a change of its driver was interrupted. */
void json_boot(
	struct json_object *object, const struct tool *tool, const struct uvio_device_info *info);
void json_override(
	struct json_object *object, const struct tool *tool, const struct uvio_device_info *info);
/* What former.h knows of it; nothing where there is no record. */
void json_comparison(
	struct json_object *object, const struct tool *tool, const struct uvio_device_info *info);

/*
 * Prints and frees: to standard output, or to the file that the user named, which is written
 * beside it and then renamed, so that it is whole or as it was. TOOL_GO_ON, or TOOL_FAILED after
 * a message.
 */
int json_print(const struct tool *tool, struct json_object *object);

#endif /* UVIO_TOOLS_JSON_H */
