/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "compare.h"
#include "json.h"
#include "traffic.h"

/* Five columns, which is the kernel's beside those of Linux 6.12, fit in 80 characters, too. */
enum {
	LABEL_WIDTH = 24,
	CELL_WIDTH = 14,
	NARROW_WIDTH = 11,
	WIDE_COLUMNS = 4,
	CELL_SIZE = 64,
};

/* Properties that have no figure. */
static const struct {
	const char *label;
	uint32_t cap;
} cap_rows[] = {
	{"DMA isolated by an IOMMU", UVIO_CAP_DMA_ISOLATED},
	{"DMA memory pinned", UVIO_CAP_DMA_PINNED},
	{"for ordinary users", UVIO_CAP_UNPRIVILEGED},
	{"unbind asks first", UVIO_CAP_RELEASE_NOTICE},
};

typedef void (*cell_fn)(const struct backend_result *result, int index, char *cell);

static const char *const figure_labels[FIGURE_COUNT] = {
	[FIGURE_OPEN] = "open",
	[FIGURE_REG_READ] = "register read",
	[FIGURE_REG_WRITE] = "register write",
	[FIGURE_DMA_MAP_UNMAP] = "DMA map+unmap 64 KiB",
	[FIGURE_DMA_ROUND_TRIP] = "DMA round trip",
	[FIGURE_IOVA_LOOKUP] = "IOVA among 1000",
	[FIGURE_CAN_SEND_1] = "CAN frame sent",
	[FIGURE_CAN_SEND_16] = "  of 16 at once",
	[FIGURE_CAN_RECEIVE_1] = "CAN frame received",
	[FIGURE_CAN_RECEIVE_16] = "  of 16 at once",
	[FIGURE_SERIAL_16] = "serial byte, of 16",
	[FIGURE_SERIAL_256] = "  of 256 at once",
};

static const char *const irq_labels[UVIO_IRQ_KINDS] = {
	[UVIO_IRQ_INTX] = "interrupt, INTx",
	[UVIO_IRQ_MSI] = "interrupt, MSI",
	[UVIO_IRQ_MSIX] = "interrupt, MSI-X",
};

/* Digits in threes; a fraction only where it is a good part of the value. */
static void format_number(double value, char *cell)
{
	char digits[CELL_SIZE / 2];
	size_t length, used = 0;

	if (value < 1000) {
		snprintf(cell, CELL_SIZE, "%.1f", value);
		return;
	}
	snprintf(digits, sizeof(digits), "%.0f", value);
	length = strlen(digits);
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			cell[used++] = ' ';
		cell[used++] = digits[i];
	}
	cell[used] = 0;
}

static void format_figure(const struct figure *figure, char *cell)
{
	if (figure->known)
		format_number(figure->median, cell);
	else
		strcpy(cell, "-");
}

static void cell_name(const struct backend_result *result, int index, char *cell)
{
	(void)index;
	snprintf(cell, CELL_SIZE, "%s", result->name);
}

/* Of "vfio/cdev" "vfio/", and for the next row "cdev". */
static int prefix_length(const struct backend_result *result)
{
	size_t length = compare_family_length(result);

	return result->name[length] ? (int)length + 1 : 0;
}

static void cell_family(const struct backend_result *result, int index, char *cell)
{
	(void)index;
	snprintf(cell, CELL_SIZE, "%.*s", prefix_length(result), result->name);
}

static void cell_transport(const struct backend_result *result, int index, char *cell)
{
	(void)index;
	snprintf(cell, CELL_SIZE, "%s", result->name + prefix_length(result));
}

static void cell_usable(const struct backend_result *result, int index, char *cell)
{
	(void)index;
	strcpy(cell, result->usable ? "yes" : "no");
}

static void cell_selftest(const struct backend_result *result, int index, char *cell)
{
	(void)index;
	if (!result->usable || result->kernel)
		strcpy(cell, "-");
	else if (!(result->passed + result->failed + result->skipped))
		strcpy(cell, "none");
	else if (result->failed)
		snprintf(cell, CELL_SIZE, "%u FAILED", result->failed);
	else
		snprintf(cell, CELL_SIZE, "%u ok", result->passed);
}

static void cell_skipped(const struct backend_result *result, int index, char *cell)
{
	(void)index;
	if (!result->usable || result->kernel)
		strcpy(cell, "-");
	else
		snprintf(cell, CELL_SIZE, "%u", result->skipped);
}

static void cell_figure(const struct backend_result *result, int index, char *cell)
{
	format_figure(&result->figures[index], cell);
}

static void cell_irq(const struct backend_result *result, int index, char *cell)
{
	format_figure(&result->irqs[index].cost, cell);
}

static void cell_syscalls(const struct backend_result *result, int index, char *cell)
{
	if (result->irqs[index].cost.known)
		snprintf(cell, CELL_SIZE, "%.4g", result->irqs[index].syscalls);
	else
		strcpy(cell, "-");
}

static void cell_cap(const struct backend_result *result, int index, char *cell)
{
	if (!result->usable || result->kernel)
		strcpy(cell, "-");
	else
		strcpy(cell, result->caps & cap_rows[index].cap ? "yes" : "no");
}

static bool is_narrow(const struct comparison *c)
{
	unsigned int columns = 0;

	for (unsigned int i = 0; i < c->count; i++)
		columns += c->results[i].shown;
	return columns > WIDE_COLUMNS;
}

/* A number that is too long for its column goes without the blanks between its digits. */
static void squeeze(char *cell)
{
	char *to = cell;

	for (const char *from = cell; *from; from++)
		if (*from != ' ')
			*to++ = *from;
	*to = 0;
}

static void print_row(
	FILE *stream, const struct comparison *c, const char *label, cell_fn fill, int index)
{
	int width = is_narrow(c) ? NARROW_WIDTH : CELL_WIDTH;
	char cell[CELL_SIZE];

	tool_fprint(stream, "%-*s", LABEL_WIDTH, label);
	for (unsigned int i = 0; i < c->count; i++) {
		if (!c->results[i].shown)
			continue;
		fill(&c->results[i], index, cell);
		if (strlen(cell) >= (size_t)width)
			squeeze(cell);
		tool_fprint(stream, " %*s", width - 1, cell);
	}
	fputc('\n', stream);
}

static void print_head(FILE *stream, const struct comparison *c)
{
	bool skipped = false;

	if (is_narrow(c)) {
		print_row(stream, c, "", cell_family, 0);
		print_row(stream, c, "", cell_transport, 0);
	} else {
		print_row(stream, c, "", cell_name, 0);
	}
	print_row(stream, c, "usable", cell_usable, 0);
	print_row(stream, c, "self-test", cell_selftest, 0);
	for (unsigned int i = 0; i < c->count; i++)
		skipped |= c->results[i].shown && c->results[i].skipped;
	if (skipped)
		print_row(stream, c, "  skipped", cell_skipped, 0);
}

static void print_irq(FILE *stream, const struct comparison *c, int kind)
{
	bool known = false;

	for (unsigned int i = 0; i < c->count; i++)
		known |= c->results[i].irqs[kind].cost.known;
	if (!known)
		return;
	print_row(stream, c, irq_labels[kind], cell_irq, kind);
	print_row(stream, c, "  system calls", cell_syscalls, kind);
}

/* What was measured nowhere makes no row. */
static bool is_known(const struct comparison *c, int id)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (c->results[i].figures[id].known)
			return true;
	return false;
}

/* A peer sends fewer at once: as many as every chip has a place for. */
static const char *figure_label(const struct comparison *c, int id)
{
	return id == FIGURE_CAN_RECEIVE_16 && c->peer ? "  of 4 at once" : figure_labels[id];
}

static void print_figures(FILE *stream, const struct comparison *c, int id, int end)
{
	for (; id < end; id++)
		if (is_known(c, id))
			print_row(stream, c, figure_label(c, id), cell_figure, id);
}

static void print_reasons(FILE *stream, const struct comparison *c)
{
	char prefix[CELL_SIZE];

	for (unsigned int i = 0; i < c->count; i++) {
		const struct backend_result *result = &c->results[i];

		if (result->kernel ? !result->reason
				   : !result->shown || (result->usable && !result->reason))
			continue;
		snprintf(prefix, sizeof(prefix), "%s: ", result->name);
		tool_wrap(stream, prefix, result->reason ? result->reason : "unusable");
	}
}

static void print_title(FILE *stream, const struct comparison *c)
{
	struct utsname host = {0};

	uname(&host);
	tool_fprint(stream, "%s  ", c->info->address);
	if (c->info->pci)
		tool_fprint(stream, "%04x:%04x  ", c->info->vendor, c->info->device);
	tool_fprint(stream, "driver %s   (kernel %s, %s)\n\n", c->driver->name, host.release,
		c->time_base.unit);
}

static bool has_figures(const struct comparison *c)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (c->results[i].shown && c->results[i].usable)
			return true;
	return false;
}

static void print_legend(FILE *stream, const struct comparison *c)
{
	tool_wrap(stream, "",
		c->time_base.instructions
			? "Medians, in instructions of an emulated processor: fewer is "
			  "better, but they are not times of this machine. p99 and max: --json."
			: "Medians, in nanoseconds. p99 and max: --json.");
	tool_wrap(stream, "",
		is_known(c, FIGURE_DMA_ROUND_TRIP)
			? "A DMA round trip is mostly the card's own time, and open is needed once."
			: "Open is needed once.");
}

void report_table(FILE *stream, const struct comparison *c)
{
	print_title(stream, c);
	print_head(stream, c);
	print_figures(stream, c, 0, FIGURE_CARD_COUNT);
	for (int kind = 0; kind < UVIO_IRQ_KINDS; kind++)
		print_irq(stream, c, kind);
	print_figures(stream, c, FIGURE_CARD_COUNT, FIGURE_COUNT);
	for (size_t i = 0; i < ARRAY_SIZE(cap_rows); i++)
		print_row(stream, c, cap_rows[i].label, cell_cap, (int)i);
	fputc('\n', stream);
	if (has_figures(c))
		print_legend(stream, c);
	print_reasons(stream, c);
}

static struct json_object *figure_json(const struct figure *figure, const char *unit)
{
	struct json_object *object = json_object_new_object();

	json_number(object, "median", figure->median);
	json_number(object, "p99", figure->p99);
	json_number(object, "max", figure->max);
	json_text(object, "unit", unit);
	if (figure->has_baseline)
		json_number(object, "baseline", figure->baseline);
	return object;
}

static struct json_object *irq_json(const struct backend_result *result, const char *unit)
{
	struct json_object *array = json_object_new_array();

	for (int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
		const struct irq_figure *irq = &result->irqs[kind];
		struct json_object *object;

		if (!irq->cost.known)
			continue;
		object = figure_json(&irq->cost, unit);
		json_text(object, "kind", uvio_irq_kind_name(kind));
		json_number(object, "syscalls", irq->syscalls);
		json_object_array_add(array, object);
	}
	return array;
}

static void usable_json(
	struct json_object *object, const struct backend_result *result, const char *unit)
{
	struct json_object *caps = json_object_new_array();
	struct json_object *selftest = json_object_new_object();

	for (uint32_t bit = 1; bit; bit <<= 1) {
		if ((result->caps & bit) && uvio_cap_name(bit))
			json_word(caps, uvio_cap_name(bit));
	}
	json_object_object_add(object, "caps", caps);
	json_integer(selftest, "passed", result->passed);
	json_integer(selftest, "failed", result->failed);
	json_integer(selftest, "skipped", result->skipped);
	json_object_object_add(object, "selftest", selftest);
	for (int id = 0; id < FIGURE_COUNT; id++) {
		if (result->figures[id].known)
			json_object_object_add(
				object, figure_names[id], figure_json(&result->figures[id], unit));
	}
	for (unsigned int i = 0; i < result->more_count; i++)
		json_object_object_add(object, result->more[i].name,
			figure_json(&result->more[i].figure, result->more[i].unit));
	json_object_object_add(object, "irq", irq_json(result, unit));
}

static struct json_object *backend_json(const struct backend_result *result, const char *unit)
{
	struct json_object *object = json_object_new_object();

	json_text(object, "name", result->name);
	json_flag(object, "usable", result->usable);
	if (result->usable)
		usable_json(object, result, unit);
	else
		json_text(object, "reason", result->reason);
	return object;
}

static struct json_object *host_json(const char *unit)
{
	struct json_object *object = json_object_new_object();
	struct utsname host = {0};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	uname(&host);
	json_text(object, "kernel", host.release);
	json_text(object, "machine", host.machine);
	json_integer(object, "cpus", cpus > 0 ? (uint64_t)cpus : 1);
	json_text(object, "clock", unit);
	return object;
}

int report_json(const struct comparison *c)
{
	struct json_object *object = json_object_new_object();
	struct json_object *device = json_object_new_object();
	struct json_object *backends = json_object_new_array();

	json_identity(device, c->info, &c->name);
	json_object_object_add(object, "device", device);
	json_text(object, "driver", c->driver->name);
	if (c->peer)
		json_text(object, "peer", uvio_udev_address(uvio_card_udev(c->peer->card)));
	json_object_object_add(object, "host", host_json(c->time_base.unit));
	for (unsigned int i = 0; i < c->count; i++) {
		if (c->results[i].chosen)
			json_object_array_add(
				backends, backend_json(&c->results[i], c->time_base.unit));
	}
	json_object_object_add(object, "backends", backends);
	return json_print(c->tool, object);
}
