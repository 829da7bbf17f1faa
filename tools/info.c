/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <stdlib.h>
#include <string.h>
#include "former.h"
#include "json.h"
#include "persist.h"
#include "tools.h"

struct info_options {
	const char *backend;
	bool open;
};

enum {
	AFFECTED_MAX = 256,
};

static const char *const region_names[] = {
	[0] = "bar0",
	[1] = "bar1",
	[2] = "bar2",
	[3] = "bar3",
	[4] = "bar4",
	[5] = "bar5",
	[UVIO_REGION_ROM] = "rom",
	[UVIO_REGION_CONFIG] = "config",
	[UVIO_REGION_VGA] = "vga",
};

static const struct {
	uint32_t bit;
	const char *name;
} region_flags[] = {
	{UVIO_REGION_READ, "read"},
	{UVIO_REGION_WRITE, "write"},
	{UVIO_REGION_MMAP, "mapped"},
	{UVIO_REGION_PORTS, "ports"},
	{UVIO_REGION_HOLES, "holes"},
};

static void label(const char *name)
{
	tool_print("  %-16s", name);
}

static const char *or_none(const char *text)
{
	return text ? text : "none";
}

static void print_size(uint64_t size)
{
	if (size >= 1u << 20 && size % (1u << 20) == 0)
		tool_print("%llu MiB", (unsigned long long)(size >> 20));
	else if (size >= 1u << 10 && size % (1u << 10) == 0)
		tool_print("%llu KiB", (unsigned long long)(size >> 10));
	else
		tool_print("%llu bytes", (unsigned long long)size);
}

static void print_bar(int index, const struct uvio_bar *bar)
{
	tool_print("  BAR%-13d", index);
	print_size(bar->size);
	tool_print(" of %s", bar->io ? "I/O ports" : "memory");
	if (bar->unassigned)
		tool_print(" without an address");
	else
		tool_print(" at 0x%llx", (unsigned long long)bar->start);
	if (!bar->io)
		tool_print(", %d bits", bar->is_64bit ? 64 : 32);
	tool_print("%s\n", bar->prefetchable ? ", prefetchable" : "");
}

static void print_group(const struct uvio_device_info *info)
{
	label("IOMMU group");
	if (info->iommu_group < 0) {
		tool_print("none\n");
		return;
	}
	tool_print("%d", info->iommu_group);
	if (info->iommu_type && !strcmp(info->iommu_type, "noiommu"))
		tool_print(" (noiommu: UNSAFE, no IOMMU is behind it)");
	else if (info->iommu_type)
		tool_print(" (%s)", info->iommu_type);
	tool_print("\n");
	for (size_t i = 0; i < info->member_count; i++) {
		const struct uvio_group_member *member = info->members[i];

		if (!strcmp(member->address, info->address))
			continue;
		label("");
		tool_print("with %s %s%s\n", member->address, or_none(member->driver),
			member->blocks ? ", blocks the group for vfio" : "");
	}
}

static void print_pci(const struct uvio_device_info *info, const struct name *name)
{
	label("class");
	tool_print("%06x %s%s\n", info->class_code, name->class,
		info->bridge ? " (a bridge, not for user space)" : "");
	label("subsystem");
	tool_print("%04x:%04x\n", info->subvendor, info->subdevice);
}

static void print_override(const struct tool *tool, const struct uvio_device_info *info)
{
	char text[512];

	if (!info->pci)
		return;
	tool_override(tool, info, text, sizeof(text));
	tool_wrap(stdout, "  driver_override ", text);
}

static void print_boot(const struct tool *tool, const struct uvio_device_info *info)
{
	char text[PATH_MAX + 128];

	if (info->pci && persist_describe(tool->etc, info->address, text, sizeof(text)))
		tool_wrap(stdout, "  bound at boot   ", text);
}

static void print_comparison(const struct tool *tool, const struct uvio_device_info *info)
{
	char text[512];

	if (former_describe(tool, info, text, sizeof(text)))
		tool_wrap(stdout, "  comparison      ", text);
}

static void print_info(
	const struct tool *tool, const struct uvio_device_info *info, const struct name *name)
{
	const struct uvio_driver *driver = tool_driver(tool, info);
	const char *seen = tool_seen(driver, info), *help = driver ? driver->help : NULL;

	tool_print("%s", info->address);
	if (info->pci)
		tool_print(
			"  %04x:%04x  revision %02x", info->vendor, info->device, info->revision);
	tool_print("\n");
	tool_wrap(stdout, "  name            ", name->device);
	if (info->pci)
		print_pci(info, name);
	label("kernel driver");
	tool_print("%s\n", or_none(info->driver));
	print_override(tool, info);
	print_boot(tool, info);
	print_comparison(tool, info);
	label("UIO device");
	tool_print("%s\n", or_none(info->uio));
	print_group(info);
	for (int i = 0; i < UVIO_BARS; i++) {
		if (info->bars[i]->size)
			print_bar(i, info->bars[i]);
	}
	label("card driver");
	tool_print("%s%s%s\n", driver ? driver->name : "none", help ? ": " : "", help ? help : "");
	if (seen) {
		label("seen on");
		tool_print("%s\n", seen);
	}
}

static void print_caps(uint32_t caps)
{
	char text[512] = "";
	size_t used = 0;

	for (uint32_t bit = 1; bit; bit <<= 1) {
		if ((caps & bit) && uvio_cap_name(bit) && used < sizeof(text))
			used += (size_t)snprintf(
				text + used, sizeof(text) - used, "%s ", uvio_cap_name(bit));
	}
	tool_wrap(stdout, "  capabilities    ", used ? text : "none");
}

/* Regions that a kernel driver adds for one card have a number only. */
static const char *region_name(const struct uvio_device_info *info, unsigned int index)
{
	static char name[16];

	if (!info->pci && index < UVIO_REGION_PORT0)
		snprintf(name, sizeof(name), "map%u", index);
	else if (!info->pci)
		snprintf(name, sizeof(name), "port%u", index - UVIO_REGION_PORT0);
	else if (index < ARRAY_SIZE(region_names))
		return region_names[index];
	else
		snprintf(name, sizeof(name), "%u", index);
	return name;
}

static void print_region(const char *name, const struct uvio_region *region)
{
	const char *separator = ": ";

	tool_print("  region %-9s", name);
	print_size(region->size);
	if (region->type)
		tool_print(" of type 0x%x/0x%x", region->type, region->subtype);
	for (size_t i = 0; i < ARRAY_SIZE(region_flags); i++) {
		if (region->flags & region_flags[i].bit) {
			tool_print("%s%s", separator, region_flags[i].name);
			separator = ", ";
		}
	}
	tool_print("\n");
}

/* How many there are in @affected of what a reset of the bus would reset. */
static int find_affected(struct uvio_udev *udev, struct uvio_affected *affected)
{
	int count = 0;

	if (uvio_caps(udev) & UVIO_CAP_BUS_RESET)
		count = uvio_udev_hot_reset_affects(udev, affected, AFFECTED_MAX);
	return count < AFFECTED_MAX ? count : AFFECTED_MAX;
}

static void tell_bus_reset(FILE *stream, const struct uvio_affected *affected, int count)
{
	const char *separator = " (affects: ";

	tool_fprint(stream, "bus");
	for (int i = 0; i < count; i++) {
		if (affected[i].flags & UVIO_AFFECTED_SELF)
			continue;
		tool_fprint(stream, "%s%s %s%s", separator, affected[i].address,
			affected[i].driver[0] ? affected[i].driver : "none",
			affected[i].flags & UVIO_AFFECTED_BLOCKS ? ", which prevents it" : "");
		separator = "; ";
	}
	tool_fprint(stream, "%s", separator[0] == ';' ? ")" : "");
}

static void print_reset(struct uvio_udev *udev)
{
	static struct uvio_affected affected[AFFECTED_MAX];
	bool function = uvio_caps(udev) & UVIO_CAP_RESET;
	bool bus = uvio_caps(udev) & UVIO_CAP_BUS_RESET;

	FILE *stream;
	char *text;
	size_t size;

	stream = open_memstream(&text, &size);
	if (!stream)
		return;
	tool_fprint(stream, "%s%s",
		function ? "function"
		: bus	 ? ""
			 : "none",
		function && bus ? ", " : "");
	if (bus)
		tell_bus_reset(stream, affected, find_affected(udev, affected));
	fclose(stream);
	tool_wrap(stdout, "  reset           ", text);
	free(text);
}

static void print_open(const struct uvio_device_info *info, struct uvio_udev *udev)
{
	struct uvio_region region;

	label("backend");
	tool_print("%s%s%s\n", uvio_udev_backend(udev), uvio_udev_transport(udev)[0] ? "/" : "",
		uvio_udev_transport(udev));
	print_caps(uvio_caps(udev));
	print_reset(udev);
	for (unsigned int i = 0; i < UVIO_REGION_COUNT; i++) {
		if (!uvio_region_info(udev, i, &region))
			print_region(region_name(info, i), &region);
	}
	for (int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
		int count = uvio_irq_count(udev, kind);

		if (count > 0)
			tool_print("  interrupt %-6s%d\n", uvio_irq_kind_name(kind), count);
	}
}

static struct json_object *bar_json(int index, const struct uvio_bar *bar)
{
	struct json_object *object = json_object_new_object();

	json_integer(object, "bar", (uint64_t)index);
	if (!bar->unassigned)
		json_hex(object, "start", 1, bar->start);
	json_integer(object, "size", bar->size);
	json_flag(object, "ports", bar->io);
	json_flag(object, "64bit", bar->is_64bit);
	json_flag(object, "prefetchable", bar->prefetchable);
	return object;
}

static struct json_object *group_json(const struct uvio_device_info *info)
{
	struct json_object *object = json_object_new_object();
	struct json_object *members = json_object_new_array();

	json_integer(object, "number", (uint64_t)info->iommu_group);
	json_text(object, "type", info->iommu_type);
	for (size_t i = 0; i < info->member_count; i++) {
		struct json_object *member = json_object_new_object();

		json_text(member, "address", info->members[i]->address);
		json_text(member, "kernel_driver", info->members[i]->driver);
		json_flag(member, "blocks", info->members[i]->blocks);
		json_object_array_add(members, member);
	}
	json_object_object_add(object, "members", members);
	return object;
}

static void pci_json(
	struct json_object *object, const struct uvio_device_info *info, const struct name *name)
{
	json_hex(object, "subvendor", 4, info->subvendor);
	json_hex(object, "subdevice", 4, info->subdevice);
	json_hex(object, "class", 6, info->class_code);
	json_text(object, "class_name", name->class);
	json_hex(object, "revision", 2, info->revision);
}

void json_override(
	struct json_object *object, const struct tool *tool, const struct uvio_device_info *info)
{
	struct uvio_override override;

	if (!info->pci || uvio_override_read(tool->ctx, info->address, &override))
		return;
	json_text(object, "driver_override", override.driver[0] ? override.driver : NULL);
	json_flag(object, "interrupted_change", override.interrupted);
}

void json_comparison(
	struct json_object *object, const struct tool *tool, const struct uvio_device_info *info)
{
	static const char *const states[] = {
		[FORMER_NONE] = NULL,
		[FORMER_UNDER_WAY] = "under way",
		[FORMER_LEFT] = "interrupted",
		[FORMER_UNSURE] = "not known",
	};
	char driver[FORMER_NAME];
	enum former_state state = former_look(tool, info, driver);

	json_text(object, "comparison", states[state]);
	json_text(object, "former_driver", state == FORMER_LEFT ? driver : NULL);
}

void json_boot(
	struct json_object *object, const struct tool *tool, const struct uvio_device_info *info)
{
	struct persist_state state;
	struct json_object *boot;

	if (!info->pci || !persist_look(tool->etc, info->address, &state))
		return;
	boot = json_object_new_object();
	json_text(boot, "kernel_driver", state.driver);
	if (state.has_owner)
		json_integer(boot, "owner", state.owner);
	json_text(boot, "file", state.file);
	json_object_object_add(object, "boot", boot);
}

static struct json_object *info_json(
	const struct tool *tool, const struct uvio_device_info *info, const struct name *name)
{
	struct json_object *object = json_object_new_object();
	struct json_object *bars = json_object_new_array();
	const struct uvio_driver *driver = tool_driver(tool, info);

	json_identity(object, info, name);
	if (info->pci)
		pci_json(object, info, name);
	json_flag(object, "bridge", info->bridge);
	json_text(object, "kernel_driver", info->driver);
	json_override(object, tool, info);
	json_boot(object, tool, info);
	json_comparison(object, tool, info);
	json_text(object, "uio", info->uio);
	if (info->iommu_group >= 0)
		json_object_object_add(object, "iommu_group", group_json(info));
	for (int i = 0; i < UVIO_BARS; i++) {
		if (info->bars[i]->size)
			json_object_array_add(bars, bar_json(i, info->bars[i]));
	}
	json_object_object_add(object, "bars", bars);
	json_text(object, "card", driver ? driver->name : NULL);
	json_text(object, "seen_on", tool_seen(driver, info));
	return object;
}

static struct json_object *caps_json(uint32_t caps)
{
	struct json_object *array = json_object_new_array();

	for (uint32_t bit = 1; bit; bit <<= 1) {
		if ((caps & bit) && uvio_cap_name(bit))
			json_word(array, uvio_cap_name(bit));
	}
	return array;
}

static struct json_object *region_json(const char *name, const struct uvio_region *region)
{
	struct json_object *object = json_object_new_object();
	struct json_object *flags = json_object_new_array();

	json_text(object, "name", name);
	json_integer(object, "number", region->index);
	json_integer(object, "size", region->size);
	if (region->type) {
		json_hex(object, "type", 1, region->type);
		json_hex(object, "subtype", 1, region->subtype);
	}
	for (size_t i = 0; i < ARRAY_SIZE(region_flags); i++) {
		if (region->flags & region_flags[i].bit)
			json_word(flags, region_flags[i].name);
	}
	json_object_object_add(object, "flags", flags);
	return object;
}

static struct json_object *reset_json(struct uvio_udev *udev)
{
	static struct uvio_affected affected[AFFECTED_MAX];
	struct json_object *object = json_object_new_object();
	struct json_object *others = json_object_new_array();
	int count = find_affected(udev, affected);

	json_flag(object, "function", uvio_caps(udev) & UVIO_CAP_RESET);
	json_flag(object, "bus", uvio_caps(udev) & UVIO_CAP_BUS_RESET);
	for (int i = 0; i < count; i++) {
		struct json_object *other;

		if (affected[i].flags & UVIO_AFFECTED_SELF)
			continue;
		other = json_object_new_object();
		json_text(other, "address", affected[i].address);
		json_text(
			other, "kernel_driver", affected[i].driver[0] ? affected[i].driver : NULL);
		if (affected[i].iommu_group >= 0)
			json_integer(other, "iommu_group", (uint64_t)affected[i].iommu_group);
		json_flag(other, "blocks", affected[i].flags & UVIO_AFFECTED_BLOCKS);
		json_object_array_add(others, other);
	}
	json_object_object_add(object, "affects", others);
	return object;
}

static struct json_object *open_json(const struct uvio_device_info *info, struct uvio_udev *udev)
{
	struct json_object *object = json_object_new_object();
	struct json_object *regions = json_object_new_array();
	struct json_object *irqs = json_object_new_object();
	struct uvio_region region;

	json_text(object, "backend", uvio_udev_backend(udev));
	if (uvio_udev_transport(udev)[0])
		json_text(object, "transport", uvio_udev_transport(udev));
	json_object_object_add(object, "caps", caps_json(uvio_caps(udev)));
	json_object_object_add(object, "reset", reset_json(udev));
	for (unsigned int i = 0; i < UVIO_REGION_COUNT; i++) {
		if (!uvio_region_info(udev, i, &region))
			json_object_array_add(regions, region_json(region_name(info, i), &region));
	}
	json_object_object_add(object, "regions", regions);
	for (int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
		int count = uvio_irq_count(udev, kind);

		json_integer(irqs, uvio_irq_kind_name(kind), count > 0 ? (uint64_t)count : 0);
	}
	json_object_object_add(object, "irq", irqs);
	return object;
}

/* Before this program opens it. "no"; or the user, or what cannot be seen. */
static void find_use(
	const struct tool *tool, const struct uvio_device *device, char *text, size_t size)
{
	const char *address = uvio_device_info(device)->address, *what = "no";
	size_t n = strlen(address);

	if (uvio_device_in_use(tool->ctx, device)) {
		what = uvio_last_error();
		if (!strncmp(what, address, n) && !strncmp(what + n, ": ", 2))
			what += n + 2;
	}
	snprintf(text, size, "%s", what);
}

/* @udev is NULL if it is not open. */
static int print_device(const struct tool *tool, const struct uvio_device_info *info,
	const struct name *name, const char *use, struct uvio_udev *udev)
{
	struct json_object *object;

	if (tool_wants_text(tool)) {
		print_info(tool, info, name);
		tool_wrap(stdout, "  in use          ", use);
		if (udev)
			print_open(info, udev);
	}
	if (!tool->json)
		return TOOL_GO_ON;
	object = info_json(tool, info, name);
	json_text(object, "in_use", use);
	if (udev)
		json_object_object_add(object, "open", open_json(info, udev));
	return json_print(tool, object);
}

static int show_device(const struct tool *tool, const struct info_options *options)
{
	struct uvio_udev *udev = NULL;
	struct uvio_device *device;
	struct name name;
	char use[1024];
	int status = TOOL_GO_ON;
	int rc = tool_find(tool, tool->address, &device);

	if (rc != TOOL_GO_ON)
		return rc;
	names_look(&device, &name, 1);
	find_use(tool, device, use, sizeof(use));
	if (options->open)
		status = tool_open(tool, tool->address, options->backend, &udev);
	rc = print_device(tool, uvio_device_info(device), &name, use, udev);
	uvio_udev_close(udev);
	uvio_device_free(device);
	if (rc != TOOL_GO_ON)
		return rc;
	return status == TOOL_GO_ON ? TOOL_OK : status;
}

static int run_info(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {{"backend", required_argument, NULL, 'b'},
		{"open", no_argument, NULL, 'o'}, TOOL_LONG_OPTIONS};
	struct info_options options = {0};
	int option, rc;

	while ((option = tool_getopt(tool, argc, argv, ":" TOOL_SHORT_OPTIONS "b:o", longs)) !=
		-1) {
		switch (option) {
		case 'b':
			options.backend = optarg;
			options.open = true;
			break;
		case 'o':
			options.open = true;
			break;
		default:
			return tool_stop(tool, option);
		}
	}
	rc = options.backend ? tool_backend(tool, options.backend) : TOOL_GO_ON;
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 0, 0);
	return rc == TOOL_GO_ON ? show_device(tool, &options) : rc;
}

const struct command command_info = {
	.name = "info",
	.device = DEVICE_ONE,
	.args = "ADDRESS",
	.help = "show what is known of a device, and what it can do when open",
	.notes = "Without --open nothing is opened. Opening and closing may reset the device.\n",
	.options = "  -o, --open            open it too: capabilities, regions, interrupts\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n",
	.example = "uvio info --open 06:0d.0",
	.run = run_info,
};
