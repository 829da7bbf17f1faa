/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge.h"
#include "json.h"
#include "line.h"
#include "link.h"
#include "say.h"
#include "tools.h"

enum {
	SPEED = 9600,
	SPEED_MAX = 100000000,
	DATA_BITS = 8,
	END_MS = 2000, /* for what is still to be sent */
};

/* A pseudo-terminal's line, its link, and what the loop waits for. */
struct served {
	struct line line;
	struct link link;
	unsigned int number;
	struct pollfd watched[LINE_FDS]; /* by the loop */
	unsigned int unsent;
	bool started;
};

struct serving {
	struct bridge bridge;
	struct served *lines;
	unsigned int count;
	struct pollfd *pollfds; /* LINE_FDS for each */

	const char *link, *owner; /* NULL: none */
	uid_t uid;
	gid_t gid;
	uint64_t speed, data_bits;
	int parity; /* negative: the pseudo-terminal's */
};

static const char *const parities[] = {"none", "odd", "even", "mark", "space", NULL};

static int parse_parity(const struct tool *tool, struct serving *s)
{
	for (int i = 0; parities[i]; i++) {
		if (!strcmp(parities[i], optarg)) {
			s->parity = i;
			return TOOL_GO_ON;
		}
	}
	return tool_unknown(tool, "a parity: none, odd, even, mark, space", optarg, parities);
}

/* The greatest number means nobody to chown(). */
static bool parse_id(const char *text, unsigned int *id)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	*id = (unsigned int)value;
	return text[0] >= '0' && text[0] <= '9' && !*end && value < UINT32_MAX;
}

/* A number where it is no name. */
static bool parse_user(const char *name, uid_t *uid)
{
	const struct passwd *user = getpwnam(name);

	if (!user)
		return parse_id(name, uid);
	*uid = user->pw_uid;
	return true;
}

static bool parse_group(const char *name, gid_t *gid)
{
	const struct group *group = getgrnam(name);

	if (!group)
		return parse_id(name, gid);
	*gid = group->gr_gid;
	return true;
}

static int parse_owner(const struct tool *tool, struct serving *s)
{
	char user[64];
	size_t n = strcspn(optarg, ":");

	s->owner = optarg;
	snprintf(user, sizeof(user), "%.*s", (int)n, optarg);
	if (n && !parse_user(user, &s->uid))
		return tool_usage(tool, "--owner: '%s' is not a user", user);
	if (optarg[n] && !parse_group(optarg + n + 1, &s->gid))
		return tool_usage(tool, "--owner: '%s' is not a group", optarg + n + 1);
	return TOOL_GO_ON;
}

static int parse_option(struct tool *tool, struct serving *s, int option)
{
	switch (option) {
	case 'b':
		s->bridge.backend = optarg;
		return tool_backend(tool, optarg);
	case 'l':
		s->link = optarg;
		return TOOL_GO_ON;
	case 'n':
		return tool_number(tool, "--data-bits", optarg, 5, 8, &s->data_bits);
	case 'o':
		return parse_owner(tool, s);
	case 'p':
		return parse_parity(tool, s);
	case 's':
		return tool_number(tool, "--speed", optarg, 1, SPEED_MAX, &s->speed);
	default:
		return tool_stop(tool, option);
	}
}

/* PATH, or with several lines PATH and the number of the line. */
static void link_path(const struct serving *s, unsigned int number, char *path, size_t size)
{
	if (s->bridge.numbered)
		snprintf(path, size, "%s", s->link);
	else
		snprintf(path, size, "%s%u", s->link, number);
}

/* As a node of a serial port; the group may write where one is named. */
static int give_away(const struct serving *s, const struct pty *pty)
{
	if (!s->owner)
		return TOOL_GO_ON;
	if (chown(pty->path, s->uid, s->gid) || chmod(pty->path, s->gid == (gid_t)-1 ? 0600 : 0660))
		return tool_error("--owner '%s': %s: %s", s->owner, pty->path, strerror(errno));
	return TOOL_GO_ON;
}

static int start_link(const struct serving *s, struct served *served)
{
	char path[PATH_MAX];

	if (!s->link)
		return TOOL_GO_ON;
	link_path(s, served->number, path, sizeof(path));
	return link_make(&served->link, path, served->line.pty.path);
}

static void prepare(const struct serving *s, struct served *served)
{
	struct line *line = &served->line;

	for (unsigned int i = 0; i < LINE_FDS; i++)
		served->watched[i].fd = -1;
	snprintf(line->name, sizeof(line->name), "%s/%u", uvio_udev_address(s->bridge.udev),
		served->number);
	line->parity_fixed = s->parity >= 0;
	line->config = (struct uvio_serial_config){
		.size = sizeof(line->config),
		.baud = (uint32_t)s->speed,
		.data_bits = (unsigned int)s->data_bits,
		.stop_bits = 1,
		.parity = s->parity >= 0 ? (enum uvio_serial_parity)s->parity : UVIO_PARITY_NONE,
	};
}

static int start_line(struct serving *s, struct served *served)
{
	struct line *line = &served->line;
	int rc;

	prepare(s, served);
	if (uvio_serial_get(s->bridge.card, served->number, &line->serial))
		return tool_failed();
	rc = line_start(line);
	if (rc != TOOL_GO_ON)
		return rc;
	served->started = true;
	rc = give_away(s, &line->pty);
	if (rc == TOOL_GO_ON)
		rc = start_link(s, served);
	return rc;
}

static void put_names(const struct serving *s, FILE *stream)
{
	for (unsigned int i = 0; i < s->count; i++) {
		const struct served *served = &s->lines[i];

		tool_fprint(stream, "%s: %s%s%s\n", served->line.name, served->line.pty.path,
			served->link.path[0] ? ", " : "", served->link.path);
	}
}

/* The lines are served whether somebody reads the names or not. */
static int print_names(const struct serving *s)
{
	char *names = NULL;
	size_t size;
	FILE *stream = open_memstream(&names, &size);
	int rc = 0;

	if (!stream)
		return tool_no_memory();
	put_names(s, stream);
	if (fclose(stream))
		rc = -ENOMEM;
	if (!rc)
		rc = say_at_once(STDOUT_FILENO, names);
	free(names);
	if (!rc)
		return TOOL_GO_ON;
	tool_error("standard output: the names of the pseudo-terminals could not be written: %s",
		rc == -EAGAIN ? "nobody reads it" : strerror(-rc));
	return rc == -EAGAIN ? TOOL_GO_ON : TOOL_FAILED;
}

static int make_lines(struct serving *s)
{
	unsigned int all = uvio_serial_count(s->bridge.card);

	s->count = s->bridge.numbered || !all ? 1 : all;
	s->lines = calloc(s->count, sizeof(*s->lines));
	s->pollfds = calloc(s->count * LINE_FDS, sizeof(*s->pollfds));
	if (!s->lines || !s->pollfds)
		return tool_no_memory();
	for (unsigned int i = 0; i < s->count; i++)
		s->lines[i].number = s->bridge.numbered ? s->bridge.number : i;
	return TOOL_GO_ON;
}

/* The loop is told of changes alone. */
static int watch(struct serving *s, struct served *served)
{
	struct pollfd now[LINE_FDS];
	int rc = 0;

	line_events(&served->line, now);
	for (unsigned int i = 0; !rc && i < LINE_FDS; i++) {
		struct pollfd *old = &served->watched[i];

		if (now[i].fd == old->fd && (now[i].fd < 0 || now[i].events == old->events))
			continue;
		if (now[i].fd < 0)
			rc = bridge_watch(&s->bridge, old->fd, 0);
		else
			rc = bridge_watch(&s->bridge, now[i].fd, (uint32_t)now[i].events);
		*old = now[i];
	}
	if (rc)
		return tool_error("%s: epoll: %s", served->line.name, strerror(-rc));
	return TOOL_GO_ON;
}

/* What is watched for is epoll's word for the same bits as poll's. */
static int feed(struct bridge *b)
{
	struct serving *s = b->data;
	int64_t now = line_now();

	for (unsigned int i = 0; i < s->count; i++)
		line_events(&s->lines[i].line, &s->pollfds[i * LINE_FDS]);
	poll(s->pollfds, s->count * LINE_FDS, 0);
	for (unsigned int i = 0; i < s->count; i++)
		if (line_feed(&s->lines[i].line, &s->pollfds[i * LINE_FDS], now))
			bridge_wake_within(b, 0);
	return TOOL_GO_ON;
}

static int drain(struct bridge *b)
{
	struct serving *s = b->data;
	int64_t now = line_now();
	int rc = TOOL_GO_ON;

	for (unsigned int i = 0; rc == TOOL_GO_ON && i < s->count; i++) {
		struct served *served = &s->lines[i];

		if (!served->started)
			continue;
		if (line_drain(&served->line))
			bridge_wake_within(b, 0);
		bridge_wake_within(b, line_timeout(&served->line, now));
		rc = watch(s, served);
	}
	return rc;
}

static bool is_sending(const struct serving *s)
{
	for (unsigned int i = 0; i < s->count; i++)
		if (s->lines[i].started && uvio_serial_pending(s->lines[i].line.serial) > 0)
			return true;
	return false;
}

/* What programs have written is sent, if the other side takes it. */
static void finish_sending(const struct serving *s)
{
	int64_t until = line_now() + UVIO_MS(END_MS);

	while (is_sending(s) && line_now() < until) {
		if (uvio_card_poll(s->bridge.card) < 0)
			return;
		uvio_card_wait(s->bridge.card, UVIO_MS(1));
	}
}

static void stop(struct bridge *b)
{
	struct serving *s = b->data;

	for (unsigned int i = 0; i < s->count; i++)
		link_remove(&s->lines[i].link);
	finish_sending(s);
	for (unsigned int i = 0; i < s->count; i++) {
		struct served *served = &s->lines[i];

		if (!served->started)
			continue;
		served->started = false;
		served->unsent = line_stop(&served->line);
		if (served->unsent)
			tool_error("%s: %u bytes or more were not sent", served->line.name,
				served->unsent);
	}
}

static void tell(struct bridge *b)
{
	const struct serving *s = b->data;

	for (unsigned int i = 0; i < s->count; i++) {
		const struct line *line = &s->lines[i].line;
		struct uvio_serial_stats stats;

		if (uvio_serial_stats(line->serial, &stats))
			continue;
		tool_say("%s: received %llu, sent %llu bytes; lost %llu, overruns %llu, "
			 "parity errors %llu, framing errors %llu, breaks %llu; discarded %llu; "
			 "settings changed %llu times, refused %llu",
			line->name, (unsigned long long)stats.rx_bytes,
			(unsigned long long)stats.tx_bytes, (unsigned long long)stats.rx_lost,
			(unsigned long long)stats.rx_overrun,
			(unsigned long long)stats.parity_errors,
			(unsigned long long)stats.framing_errors, (unsigned long long)stats.breaks,
			(unsigned long long)line->discarded, (unsigned long long)line->changes,
			(unsigned long long)line->refused);
	}
}

static struct json_object *json_line(const struct served *served)
{
	struct json_object *object = json_object_new_object();
	const struct line *line = &served->line;
	struct uvio_serial_stats stats = {0};

	uvio_serial_stats(line->serial, &stats);
	json_integer(object, "line", served->number);
	json_text(object, "terminal", line->pty.path);
	json_integer(object, "speed", line->config.baud);
	json_text(object, "parity", parities[line->config.parity]);
	json_integer(object, "data_bits", line->config.data_bits);
	json_integer(object, "stop_bits", line->config.stop_bits);
	json_integer(object, "rx_bytes", stats.rx_bytes);
	json_integer(object, "tx_bytes", stats.tx_bytes);
	json_integer(object, "rx_lost", stats.rx_lost);
	json_integer(object, "rx_overrun", stats.rx_overrun);
	json_integer(object, "parity_errors", stats.parity_errors);
	json_integer(object, "framing_errors", stats.framing_errors);
	json_integer(object, "breaks", stats.breaks);
	json_integer(object, "discarded", line->discarded);
	json_integer(object, "unsent", served->unsent);
	json_integer(object, "settings_changed", line->changes);
	json_integer(object, "settings_refused", line->refused);
	return object;
}

static void json(struct bridge *b, struct json_object *object)
{
	const struct serving *s = b->data;
	struct json_object *lines = json_object_new_array();

	for (unsigned int i = 0; i < s->count; i++)
		json_object_array_add(lines, json_line(&s->lines[i]));
	json_object_object_add(object, "lines", lines);
}

static const struct bridge_ops ops = {
	.feed = feed, .drain = drain, .stop = stop, .tell = tell, .json = json};

static int serve(struct serving *s)
{
	int rc = make_lines(s);

	for (unsigned int i = 0; rc == TOOL_GO_ON && i < s->count; i++)
		rc = start_line(s, &s->lines[i]);
	for (unsigned int i = 0; rc == TOOL_GO_ON && i < s->count; i++)
		rc = watch(s, &s->lines[i]);
	if (rc == TOOL_GO_ON && tool_wants_text(s->bridge.tool))
		rc = print_names(s);
	if (rc == TOOL_GO_ON)
		return bridge_run(&s->bridge);
	if (s->lines && s->pollfds)
		stop(&s->bridge);
	return rc;
}

static int check_links(const struct serving *s)
{
	char path[PATH_MAX + 16];

	if (!s->link)
		return TOOL_GO_ON;
	if (!s->link[0] || strlen(s->link) >= PATH_MAX)
		return link_check(s->link);
	link_path(s, s->bridge.number, path, sizeof(path));
	return link_check(path);
}

static int parse_options(struct tool *tool, struct serving *s, int argc, char **argv)
{
	static const struct option longs[] = {
		{"backend", required_argument, NULL, 'b'},
		{"link", required_argument, NULL, 'l'},
		{"data-bits", required_argument, NULL, 'n'},
		{"owner", required_argument, NULL, 'o'},
		{"parity", required_argument, NULL, 'p'},
		{"speed", required_argument, NULL, 's'},
		TOOL_LONG_OPTIONS,
	};
	int option, rc = TOOL_GO_ON;

	while (rc == TOOL_GO_ON && (option = tool_getopt(tool, argc, argv,
					    ":" TOOL_SHORT_OPTIONS "b:l:n:o:p:s:", longs)) != -1)
		rc = parse_option(tool, s, option);
	return rc;
}

static int run_serial(struct tool *tool, int argc, char **argv)
{
	struct serving s = {
		.bridge = {.ops = &ops, .data = &s},
		.speed = SPEED,
		.data_bits = DATA_BITS,
		.parity = -1,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
	};
	int rc = parse_options(tool, &s, argc, argv);

	if (rc == TOOL_GO_ON)
		rc = bridge_start(&s.bridge, tool, argc, argv);
	if (rc != TOOL_GO_ON)
		return rc;
	rc = check_links(&s);
	if (rc == TOOL_GO_ON)
		rc = bridge_open(&s.bridge, "serial lines");
	if (rc == TOOL_GO_ON)
		rc = serve(&s);
	bridge_close(&s.bridge);
	free(s.lines);
	free(s.pollfds);
	return rc;
}

const struct command command_serial = {
	.name = "serial",
	.device = DEVICE_ONE,
	.args = "ADDRESS[/LINE]",
	.manual = "uvio-serial",
	.help = "connect serial lines of a card to pseudo-terminals",
	.notes = "Programs open the pseudo-terminal in place of a serial port. Without LINE: all\n"
		 "lines of the card. Ends with SIGINT or SIGTERM; SIGUSR1 prints statistics.\n",
	.options =
		"  -l, --link PATH       a symbolic link to the pseudo-terminal; for all lines\n"
		"                        PATH0, PATH1, and so on\n"
		"  -s, --speed BAUD      until a program sets one (default 9600)\n"
		"  -p, --parity KIND     none, odd, even, mark or space, whatever programs set;\n"
		"                        by default as programs set it, see the manual\n"
		"  -n, --data-bits N     5 to 8 (default 8), whatever programs set\n"
		"  -o, --owner USER[:GROUP]  who may open it, beside root\n"
		"  -b, --backend NAME    open it with this backend (default the first usable)\n",
	.example = "uvio serial --link /run/line0 06:0d.0/0",
	.run = run_serial,
};
