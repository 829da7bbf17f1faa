/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "compare.h"
#include "restore.h"
#include "traffic.h"

struct compare_options {
	const char *backends; /* NULL: all */
	const char *driver;   /* NULL: by the ids of the card */
	const char *peer;     /* NULL: none */
	bool fd;
	uint32_t flags; /* enum uvio_open_flags */
	uint64_t iterations;
};

enum {
	ITERATIONS_MAX = 1000000,
	OPTION_PEER = 0x200,
	OPTION_FD,
};

int compare_open(const struct comparison *c, const char *backend, struct uvio_udev **udev)
{
	struct uvio_open_options options = {
		.backend = backend,
		.flags = UVIO_OPEN_UNSAFE_DMA | c->flags,
		.vf_token = c->tool->vf_token,
	};

	return uvio_udev_open(c->tool->ctx, c->info->address, &options, udev);
}

static void progress_clear(const struct comparison *c)
{
	if (c->progress)
		tool_progress("");
}

void compare_progress(const struct session *s, const char *step)
{
	char text[80];

	snprintf(text, sizeof(text), "%.15s: %.40s ...", s->result->name, step);
	if (s->comparison->progress)
		tool_progress(text);
}

void compare_complain(const struct session *s, const char *step)
{
	progress_clear(s->comparison);
	if (!tool_signal())
		tool_error("compare: %s: %s: %s", s->result->name, step, uvio_last_error());
}

static void unusable(struct backend_result *result)
{
	result->usable = false;
	result->reason = strdup(uvio_last_error());
}

static void run_case(struct session *s, const struct uvio_selftest *test)
{
	struct backend_result *result = s->result;
	char step[64];
	int rc = 0;

	snprintf(step, sizeof(step), "selftest %s", test->name);
	if ((test->needs & result->caps) != test->needs) {
		result->skipped++;
		return;
	}
	compare_progress(s, step);
	if (result->caps & UVIO_CAP_BUS_MASTER)
		rc = uvio_bus_master(s->udev, true);
	if (!rc)
		rc = test->run(s->priv);
	if (rc && tool_signal())
		return;
	if (rc) {
		result->failed++;
		compare_complain(s, step);
		uvio_irq_disable(s->udev); /* which a case that gave up may have left on */
	} else {
		result->passed++;
	}
}

static void run_selftests(struct session *s)
{
	const struct uvio_selftest *test = s->trial->selftests;

	for (; test && test->name && !tool_signal(); test++)
		run_case(s, test);
}

static void use_card(struct session *s)
{
	s->result->caps = uvio_caps(s->udev);
	if (uvio_card_attach(s->driver, s->udev, &s->card)) {
		unusable(s->result);
		return;
	}
	s->priv = uvio_card_priv(s->card);
	s->result->usable = true;
	run_selftests(s);
	measure_card(s);
	uvio_card_detach(s->card);
	s->card = NULL;
}

/* A UIO device on another bus has one driver only, and keeps it. */
static int bind_backend(const struct comparison *c, const char *backend)
{
	if (!c->info->pci)
		return 0;
	return uvio_bind(c->tool->ctx, c->info->address, backend);
}

/* As the device is now, since each backend binds it anew. NULL, with a text, on failure. */
static struct uvio_check *check_now(const struct comparison *c, const char *backend)
{
	struct uvio_check *check = NULL;
	struct uvio_device *device;

	if (uvio_device_find(c->tool->ctx, c->info->address, &device))
		return NULL;
	uvio_check_device(c->tool->ctx, device, backend, &check);
	uvio_device_free(device);
	return check;
}

/* What binding cannot fix is reported without binding. */
static bool is_broken(const struct comparison *c, const struct backend_result *result)
{
	struct uvio_check *check = check_now(c, result->name);
	const struct uvio_finding *const *finding;
	unsigned int count;
	bool broken;

	if (!check)
		return true;
	broken = uvio_check_verdict(check) == UVIO_BROKEN;
	finding = uvio_check_findings(check, &count);
	if (broken)
		uvio_fail(-ENODEV, "%s%s%s", finding[0]->what, finding[0]->fix ? "; " : "",
			finding[0]->fix ? finding[0]->fix : "");
	uvio_check_free(check);
	return broken;
}

/* For a usable backend: what will not work, and why. */
static void note_limits(const struct comparison *c, struct backend_result *result)
{
	struct uvio_check *check = check_now(c, result->name);
	const struct uvio_finding *const *findings;
	unsigned int count;

	if (!check)
		return;
	findings = uvio_check_findings(check, &count);
	if (count && findings[0]->severity == UVIO_LIMITS && !result->reason)
		result->reason = strdup(findings[0]->what);
	uvio_check_free(check);
}

static void run_backend(const struct comparison *c, struct backend_result *result)
{
	struct session s = {.comparison = c,
		.result = result,
		.driver = c->driver,
		.trial = tool_trial(c->driver)};

	compare_progress(&s, "bind");
	if (is_broken(c, result)) {
		unusable(result);
		return;
	}
	result->tried = true;
	if (bind_backend(c, result->name) || compare_open(c, result->name, &s.udev)) {
		unusable(result);
		return;
	}
	use_card(&s);
	note_limits(c, result);
	uvio_udev_close(s.udev);
	s.udev = NULL;
	if (result->usable)
		measure_open(&s);
	if (result->usable && c->tool->baseline)
		c->tool->baseline(&s);
	if (s.memory)
		munmap(s.memory, MAP_SIZE);
}

/* uvio_bind() verifies, and leaves alone what is right already. */
static int give_back(const struct comparison *c)
{
	const char *driver = c->info->driver ? c->info->driver : "none";

	return uvio_bind(c->tool->ctx, c->info->address, driver) ? tool_failed() : TOOL_GO_ON;
}

/* The signals wait meanwhile: a device without its driver is worse than a slow end. */
static int restore(const struct comparison *c)
{
	sigset_t all, old;
	int rc;

	progress_clear(c);
	if (!c->info->pci)
		return TOOL_GO_ON;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	rc = give_back(c);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return rc;
}

static int run_backends(const struct comparison *c)
{
	struct restorer restorer;
	int rc;

	former_write(c->former, c->info);
	rc = restore_at_end(c->tool, c->info, c->former, &restorer);
	if (rc != TOOL_GO_ON) {
		c->former->keeps = false;
		return rc;
	}
	tool_catch_signals();
	kernel_run(c);
	for (unsigned int i = 0; i < c->count && !tool_signal(); i++) {
		if (c->results[i].chosen && !c->results[i].kernel)
			run_backend(c, &c->results[i]);
	}
	kernel_to_baselines(c);
	rc = restore(c);
	c->former->keeps = rc != TOOL_GO_ON;
	restore_cancel(&restorer);
	return tool_signal() ? TOOL_SIGNALLED + tool_signal() : rc;
}

static int verdict(const struct comparison *c)
{
	bool usable = false;

	for (unsigned int i = 0; i < c->count; i++) {
		const struct backend_result *result = &c->results[i];

		if (result->failed || result->incomplete)
			return TOOL_FAILED;
		usable = usable || (result->usable && !result->kernel);
	}
	return usable ? TOOL_OK : TOOL_FAILED;
}

size_t compare_family_length(const struct backend_result *result)
{
	return strcspn(result->name, "/");
}

static bool same_family(const struct backend_result *a, const struct backend_result *b)
{
	size_t length = compare_family_length(a);

	return length == compare_family_length(b) && !strncmp(a->name, b->name, length);
}

static void unusable_for(struct backend_result *result, const struct uvio_finding *why)
{
	free(result->reason);
	uvio_fail(-ENODEV, "%s%s%s", why->what, why->fix ? "; " : "", why->fix ? why->fix : "");
	result->reason = strdup(uvio_last_error());
}

/* What happened says more than what an untried transport lacks. */
static void take_reason_of_tried(const struct comparison *c, struct backend_result *result)
{
	for (unsigned int i = 0; i < c->count && !result->tried; i++) {
		const struct backend_result *other = &c->results[i];

		if (!other->tried || !other->reason || !same_family(result, other))
			continue;
		free(result->reason);
		result->reason = strdup(other->reason);
		return;
	}
}

/* Why no transport of the backend is usable, under the name of the backend. */
static void explain_family(const struct comparison *c, struct backend_result *result)
{
	const struct uvio_finding *const *findings;
	struct uvio_check *check;
	const char *name;
	unsigned int count;

	for (unsigned int i = 0; (name = uvio_backend_name(i)); i++)
		if (strlen(name) == compare_family_length(result) &&
			!strncmp(name, result->name, compare_family_length(result)))
			result->name = name;
	check = check_now(c, result->name);
	if (!check)
		return;
	findings = uvio_check_findings(check, &count);
	if (count && findings[0]->severity >= UVIO_BUSY)
		unusable_for(result, findings[0]);
	else
		take_reason_of_tried(c, result);
	uvio_check_free(check);
}

/* A column for each transport that is there, or was asked for; one where none of a backend is. */
static void choose_columns(const struct comparison *c)
{
	for (unsigned int i = 0; i < c->count; i++) {
		struct backend_result *result = &c->results[i];
		bool other = false;

		for (unsigned int k = 0; k < c->count; k++)
			other = other || (k != i && same_family(result, &c->results[k]) &&
						 (c->results[k].usable || c->results[k].shown));
		result->shown = result->chosen && (result->usable || result->asked_for || !other);
		if (result->shown && !result->usable && !result->asked_for && !result->kernel)
			explain_family(c, result);
	}
}

static int report(const struct comparison *c)
{
	choose_columns(c);
	if (tool_wants_text(c->tool))
		report_table(stdout, c);
	return c->tool->json ? report_json(c) : TOOL_GO_ON;
}

/* "vfio" is all of its transports but those on request; "vfio/cdev" is one. */
static unsigned int choose_named(struct comparison *c, const char *name, size_t length)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < c->count; i++) {
		struct backend_result *result = &c->results[i];
		bool whole = strlen(result->name) == length;

		if (strncmp(result->name, name, length) != 0)
			continue;
		if (!whole && (result->name[length] != '/' || result->on_request))
			continue;
		result->chosen = true;
		result->asked_for = whole;
		count++;
	}
	return count;
}

static int choose_backends(const struct tool *tool, struct comparison *c, const char *list)
{
	for (unsigned int i = 0; i < c->count; i++) {
		struct backend_result *result = &c->results[i];

		result->kernel = i == c->count - 1;
		result->name =
			result->kernel ? "kernel" : uvio_transport_name(i, &result->on_request);
		result->chosen = !list && !result->on_request;
	}
	while (list) {
		size_t length = strcspn(list, ",");

		if (!length || !choose_named(c, list, length))
			return tool_usage(
				tool, "--backends: '%.*s' is not a backend", (int)length, list);
		list = list[length] ? list + length + 1 : NULL;
	}
	return TOOL_GO_ON;
}

static const char *driver_names(const struct tool *tool, char *names, size_t size)
{
	const struct uvio_driver *driver;
	size_t used = 0;

	names[0] = '\0';
	for (unsigned int i = 0; (driver = uvio_driver_get(tool->ctx, i)) && used < size; i++)
		used += (size_t)snprintf(names + used, size - used, " %s", driver->name);
	return names;
}

static int choose_driver(struct comparison *c, const char *name)
{
	char names[256];

	c->driver = name ? tool_driver_named(c->tool, name) : tool_driver(c->tool, c->info);
	if (c->driver)
		return TOOL_GO_ON;
	if (name)
		return tool_usage(c->tool, "--driver: no card driver '%s'; there are:%s", name,
			driver_names(c->tool, names, sizeof(names)));
	driver_names(c->tool, names, sizeof(names));
	if (!c->info->pci)
		return tool_error("%s: no ids that select a card driver; name one with --driver:%s",
			c->info->address, names);
	return tool_error("%s: no card driver for %04x:%04x; name one with --driver:%s",
		c->info->address, c->info->vendor, c->info->device, names);
}

static int run_and_report(const struct comparison *c)
{
	int status = run_backends(c);
	int rc;

	if (status > TOOL_SIGNALLED)
		return status;
	rc = report(c);
	if (status != TOOL_GO_ON)
		return status;
	return rc == TOOL_GO_ON ? verdict(c) : rc;
}

/* What an interrupted comparison has left, so that this one gives back the right driver. */
static int put_back(const struct tool *tool, struct former *former, struct uvio_device **device)
{
	const struct uvio_device_info *info = uvio_device_info(*device);
	struct uvio_device *now;
	int rc;

	if (!former_is_left(former, info))
		return TOOL_GO_ON;
	if (uvio_bind(tool->ctx, info->address, former->driver))
		return tool_failed();
	former_tell(former, info);
	rc = tool_find(tool, info->address, &now);
	if (rc != TOOL_GO_ON)
		return rc;
	uvio_device_free(*device);
	*device = now;
	return TOOL_GO_ON;
}

static int compare_locked(struct comparison *c, struct uvio_device **device, const char *driver)
{
	int rc = put_back(c->tool, c->former, device);

	if (rc != TOOL_GO_ON)
		return rc;
	c->former->keeps = false;
	c->info = uvio_device_info(*device);
	names_look(device, &c->name, 1);
	rc = choose_driver(c, driver);
	return rc == TOOL_GO_ON ? run_and_report(c) : rc;
}

static int compare_device(struct comparison *c, const char *driver)
{
	struct uvio_device *device;
	struct former former;
	int rc = tool_find(c->tool, c->tool->address, &device);

	if (rc != TOOL_GO_ON)
		return rc;
	rc = former_lock(c->tool, uvio_device_info(device), true, &former);
	c->former = &former;
	if (rc == TOOL_GO_ON)
		rc = compare_locked(c, &device, driver);
	c->former = NULL;
	former_close(&former);
	uvio_device_free(device);
	return rc;
}

/* One line that is overwritten: not among messages, and only on a terminal. */
static bool wants_progress(const struct tool *tool)
{
	const char *terminal = getenv("TERM");

	if (!terminal || !strcmp(terminal, "dumb") || tool->options.log_level >= UVIO_LOG_INFO)
		return false;
	return isatty(STDERR_FILENO);
}

static int prepare_and_compare(const struct tool *tool, const struct compare_options *options)
{
	struct comparison c = {
		.tool = tool,
		.iterations = (unsigned int)options->iterations,
		.flags = options->flags,
		.fd = options->fd,
		.progress = wants_progress(tool),
	};
	struct can_end peer = {0};
	int rc = time_base_init(tool, &c.time_base);

	if (rc != TOOL_GO_ON)
		return rc;
	while (uvio_transport_name(c.count, NULL))
		c.count++;
	c.count++;
	c.results = calloc(c.count, sizeof(*c.results));
	if (!c.results)
		return tool_no_memory();
	rc = choose_backends(tool, &c, options->backends);
	if (rc == TOOL_GO_ON)
		rc = peer_open(&c, options->peer, &peer);
	if (rc == TOOL_GO_ON)
		rc = compare_device(&c, options->driver);
	peer_close(&peer);
	for (unsigned int i = 0; i < c.count; i++)
		free(c.results[i].reason);
	free(c.results);
	return rc;
}

static int parse_option(const struct tool *tool, struct compare_options *options, int option)
{
	switch (option) {
	case 'b':
		options->backends = optarg;
		return TOOL_GO_ON;
	case 'D':
		options->driver = optarg;
		return TOOL_GO_ON;
	case 'p':
		options->flags |= UVIO_OPEN_PORT_INSTRUCTIONS;
		return TOOL_GO_ON;
	case OPTION_FD:
		options->fd = true;
		return TOOL_GO_ON;
	case OPTION_PEER:
		options->peer = optarg;
		return TOOL_GO_ON;
	case 'n':
		return tool_number(
			tool, "--iterations", optarg, 1, ITERATIONS_MAX, &options->iterations);
	default:
		return tool_stop(tool, option);
	}
}

static int run_compare(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {
		{"backends", required_argument, NULL, 'b'},
		{"driver", required_argument, NULL, 'D'},
		{"fd", no_argument, NULL, OPTION_FD},
		{"iterations", required_argument, NULL, 'n'},
		{"peer", required_argument, NULL, OPTION_PEER},
		{"port-instructions", no_argument, NULL, 'p'},
		TOOL_LONG_OPTIONS,
	};
	struct compare_options options = {.iterations = 1000};
	int option, rc = TOOL_GO_ON;

	while (rc == TOOL_GO_ON && (option = tool_getopt(tool, argc, argv,
					    ":" TOOL_SHORT_OPTIONS "b:D:n:p", longs)) != -1)
		rc = parse_option(tool, &options, option);
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 0, 0);
	return rc == TOOL_GO_ON ? prepare_and_compare(tool, &options) : rc;
}

const struct command command_compare = {
	.name = "compare",
	.device = DEVICE_ONE,
	.args = "ADDRESS",
	.help = "run a card driver on every backend, and show what each costs",
	.notes = "Binds the device to each backend in turn, runs self-test and measurements on\n"
		 "each transport, and gives the device its former driver back, also when killed,\n"
		 "or else the next compare does. Needs root. On uio and vfio/noiommu the card can\n"
		 "access all memory of the machine. Frames of a CAN card go to its bus.\n",
	.options =
		"  -b, --backends LIST   these only, with commas: a backend (vfio) or a transport\n"
		"                        (vfio/cdev); default all but vfio/noiommu\n"
		"  -D, --driver NAME     the card driver (default by the ids of the card)\n"
		"  -n, --iterations N    interrupts, batches of registers; others fewer (1000)\n"
		"  -p, --port-instructions   access I/O ports by instructions on uio\n"
		"      --fd              frames of CAN FD, of 64 bytes with a bit rate switch\n"
		"      --peer PLACE      ADDRESS[/CHANNEL] of a bound CAN card that sends to it\n",
	.status = "0 success, 1 failure, 2 usage error, 128 + N "
		  "signal N",
	.example = "uvio compare --json=figures.json 06:0d.0",
	.run = run_compare,
};
