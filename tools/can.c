/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/can/netlink.h>
#include "can.h"
#include "json.h"

enum { RX_FRAMES = 4096, TX_FRAMES = 256, RESTART_MAX = 24 * 3600 * 1000, BITRATE_MAX = 16000000 };
enum { NAME_SIZE = 80 };

struct can_bridge {
	struct uvio_can_config config;
	const char *netdevs[CAN_LINKS_MAX];
	unsigned int netdev_count;
	struct can_link *links;
	unsigned int link_count;
	bool off; /* the channels */
};

/* As ip link has it: 0.875, in tenths of a percent. */
static int parse_sample_point(const struct tool *tool, struct can_bittiming *timing)
{
	const char *digits = optarg + (optarg[0] == '0');
	size_t n = digits[0] == '.' ? strspn(digits + 1, "0123456789") : 0;
	char text[4] = "000";

	if (!n || n > 3 || digits[1 + n])
		return tool_usage(tool,
			"--sample-point: '%s' is not a part of the bit from 0.001 to 0.999, as "
			"0.875",
			optarg);
	memcpy(text, digits + 1, n);
	timing->sample_point = (uint32_t)strtoul(text, NULL, 10);
	return TOOL_GO_ON;
}

static int parse_number(const struct tool *tool, const char *what, uint64_t most, uint64_t *value)
{
	return tool_number(tool, what, optarg, 1, most, value);
}

static int add_netdev(const struct tool *tool, struct can_bridge *c)
{
	if (c->netdev_count == CAN_LINKS_MAX)
		return tool_usage(
			tool, "--netdev: more than %d of them in one command", CAN_LINKS_MAX);
	if (!optarg[0] || strlen(optarg) > 15)
		return tool_usage(
			tool, "--netdev: '%s' is not an interface name, as vcan0", optarg);
	for (unsigned int i = 0; i < c->netdev_count; i++)
		if (!strcmp(c->netdevs[i], optarg))
			return tool_usage(tool,
				"--netdev: %s twice; each channel has an interface of its own",
				optarg);
	c->netdevs[c->netdev_count++] = optarg;
	return TOOL_GO_ON;
}

enum {
	OPTION_SAMPLE_POINT = 0x200,
	OPTION_FD,
	OPTION_DBITRATE,
	OPTION_LISTEN_ONLY,
	OPTION_ONE_SHOT,
	OPTION_LOOPBACK,
	OPTION_BUS_ERRORS,
	OPTION_RESTART_MS,
};

static uint32_t mode_of(int option)
{
	switch (option) {
	case OPTION_FD:
		return CAN_CTRLMODE_FD;
	case OPTION_LISTEN_ONLY:
		return CAN_CTRLMODE_LISTENONLY;
	case OPTION_ONE_SHOT:
		return CAN_CTRLMODE_ONE_SHOT;
	case OPTION_LOOPBACK:
		return CAN_CTRLMODE_LOOPBACK;
	case OPTION_BUS_ERRORS:
		return CAN_CTRLMODE_BERR_REPORTING;
	default:
		return 0;
	}
}

static int parse_option(struct tool *tool, struct bridge *b, struct can_bridge *c, int option)
{
	uint64_t number = 0;
	int rc;

	switch (option) {
	case 'b':
		b->backend = optarg;
		return tool_backend(tool, optarg);
	case 'r':
		rc = parse_number(tool, "--bitrate", BITRATE_MAX, &number);
		c->config.timing.bitrate = (uint32_t)number;
		return rc;
	case OPTION_DBITRATE:
		rc = parse_number(tool, "--dbitrate", BITRATE_MAX, &number);
		c->config.data_timing.bitrate = (uint32_t)number;
		return rc;
	case OPTION_RESTART_MS:
		rc = parse_number(tool, "--restart-ms", RESTART_MAX, &number);
		c->config.restart = UVIO_MS((int64_t)number);
		return rc;
	case OPTION_SAMPLE_POINT:
		return parse_sample_point(tool, &c->config.timing);
	case 'n':
		return add_netdev(tool, c);
	default:
		c->config.modes |= mode_of(option);
		return mode_of(option) ? TOOL_GO_ON : tool_stop(tool, option);
	}
}

static int check_options(const struct tool *tool, struct can_bridge *c)
{
	struct uvio_can_config *config = &c->config;

	if (!config->timing.bitrate)
		return tool_usage(tool, "--bitrate is missing, as --bitrate 500000");
	if (config->data_timing.bitrate && !(config->modes & CAN_CTRLMODE_FD))
		return tool_usage(tool, "--dbitrate is for CAN FD: give --fd, too");
	if (tool->json && !tool->json_file && !c->netdev_count)
		return tool_usage(tool, "--json without --netdev: standard output is taken by "
					"frames; name a file, --json=FILE");
	if (!config->data_timing.bitrate)
		config->data_timing.bitrate = config->timing.bitrate;
	return TOOL_GO_ON;
}

unsigned int can_link_send(
	struct can_link *link, const struct canfd_frame *frames, unsigned int count)
{
	unsigned int done = 0;

	while (done < count) {
		int n = uvio_can_send_fd(link->can, frames + done, count - done);

		if (!n)
			break;
		link->refused += n < 0;
		done += n < 0 ? 1 : (unsigned int)n;
	}
	return done;
}

static int feed(struct bridge *b)
{
	struct can_bridge *c = b->data;
	int rc = TOOL_GO_ON;

	for (unsigned int i = 0; rc == TOOL_GO_ON && i < c->link_count; i++)
		rc = c->links[i].netdev ? can_net_feed(b, &c->links[i])
					: can_stdio_feed(b, &c->links[i]);
	return rc;
}

static void name_link(const struct bridge *b, const struct can_link *link, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%s/%u", uvio_udev_address(b->udev), link->channel);
}

/* At the end nobody is waited for. */
static void tell_left(const struct bridge *b, struct can_link *link)
{
	unsigned int left = link->netdev ? link->frame_count - link->frame_next : can_stdio_left();
	char name[NAME_SIZE];
	int n;

	while ((n = uvio_can_receive_fd(link->can, link->frames, NULL, CAN_BATCH)) > 0)
		left += (unsigned int)n;
	name_link(b, link, name);
	if (left)
		tool_error("%s: %u frames that were received were not passed on: %s did not take "
			   "them",
			name, left, link->netdev ? link->netdev : "standard output");
}

static int drain(struct bridge *b)
{
	struct can_bridge *c = b->data;
	int rc = TOOL_GO_ON;

	for (unsigned int i = 0; rc == TOOL_GO_ON && i < c->link_count; i++)
		rc = c->links[i].netdev ? can_net_drain(b, &c->links[i])
					: can_stdio_drain(b, &c->links[i]);
	for (unsigned int i = 0; c->off && i < c->link_count; i++)
		tell_left(b, &c->links[i]);
	return rc;
}

static void stop(struct bridge *b)
{
	struct can_bridge *c = b->data;

	for (unsigned int i = 0; i < c->link_count; i++)
		uvio_can_stop(c->links[i].can);
	c->off = true;
}

static unsigned long long number(uint64_t value)
{
	return value;
}

static void tell_link(const char *name, const struct can_link *link)
{
	struct uvio_can_stats s;

	uvio_can_stats(link->can, &s);
	tool_say("%s: received %llu frames, %llu bytes; lost %llu, overruns %llu", name,
		number(s.rx_frames), number(s.rx_bytes), number(s.rx_lost), number(s.rx_overrun));
	tool_say("%s: sent %llu frames, %llu bytes; failed %llu, refused %llu", name,
		number(s.tx_frames), number(s.tx_bytes), number(s.tx_failed),
		number(link->refused));
	tool_say("%s: bus errors %llu, error-warning %llu, error-passive %llu", name,
		number(s.bus_errors), number(s.warnings), number(s.passives));
	tool_say("%s: bus-off %llu, restarts %llu", name, number(s.bus_offs), number(s.restarts));
	if (link->netdev_lost)
		tool_say("%s: lost %llu frames that %s had faster than the card sends", name,
			number(link->netdev_lost), link->netdev);
}

static void tell(struct bridge *b)
{
	const struct can_bridge *c = b->data;
	char name[NAME_SIZE];

	for (unsigned int i = 0; i < c->link_count; i++) {
		can_net_count(&c->links[i]);
		name_link(b, &c->links[i], name);
		tell_link(name, &c->links[i]);
	}
}

/* With what the chip made of what was asked for. */
static void tell_timing(const char *name, const char *what, uint32_t clock,
	const struct can_bittiming_const *limits, struct can_bittiming timing)
{
	if (!uvio_can_timing(limits, clock, &timing))
		tool_say("%s: %s: %u bit/s, sample point %u.%u %%", name, what, timing.bitrate,
			timing.sample_point / 10, timing.sample_point % 10);
}

static void tell_start(const struct bridge *b, const struct can_link *link)
{
	const struct can_bridge *c = b->data;
	const struct uvio_can_info *info = uvio_can_info(link->can);
	char name[NAME_SIZE], what[64];

	name_link(b, link, name);
	snprintf(what, sizeof(what), "%s%s%s",
		c->config.modes & CAN_CTRLMODE_LISTENONLY ? "only listens" : "on the bus",
		link->netdev ? ", with " : "", link->netdev ? link->netdev : "");
	tell_timing(name, what, info->clock, info->timing, c->config.timing);
	if (c->config.modes & CAN_CTRLMODE_FD)
		tell_timing(name, "data of CAN FD", info->clock, info->data_timing,
			c->config.data_timing);
}

static struct json_object *link_json(const struct can_link *link)
{
	struct json_object *object = json_object_new_object();
	struct uvio_can_stats s;

	uvio_can_stats(link->can, &s);
	json_integer(object, "channel", link->channel);
	json_text(object, "chip", uvio_can_info(link->can)->chip);
	json_text(object, "netdev", link->netdev);
	json_integer(object, "rx_frames", s.rx_frames);
	json_integer(object, "rx_bytes", s.rx_bytes);
	json_integer(object, "rx_lost", s.rx_lost);
	json_integer(object, "rx_overrun", s.rx_overrun);
	json_integer(object, "tx_frames", s.tx_frames);
	json_integer(object, "tx_bytes", s.tx_bytes);
	json_integer(object, "tx_failed", s.tx_failed);
	json_integer(object, "tx_refused", link->refused);
	json_integer(object, "netdev_lost", link->netdev_lost);
	json_integer(object, "bus_errors", s.bus_errors);
	json_integer(object, "warnings", s.warnings);
	json_integer(object, "passives", s.passives);
	json_integer(object, "bus_offs", s.bus_offs);
	json_integer(object, "restarts", s.restarts);
	return object;
}

static void add_json(struct bridge *b, struct json_object *object)
{
	const struct can_bridge *c = b->data;
	struct json_object *channels = json_object_new_array();

	for (unsigned int i = 0; i < c->link_count; i++) {
		can_net_count(&c->links[i]);
		json_object_array_add(channels, link_json(&c->links[i]));
	}
	json_object_object_add(object, "channels", channels);
}

/* Each interface has one channel, from the first one on. Before the card is touched. */
static int open_links(struct bridge *b, struct can_bridge *c)
{
	unsigned int count = c->netdev_count ? c->netdev_count : 1;
	int rc = TOOL_GO_ON;

	c->links = calloc(count, sizeof(*c->links));
	if (!c->links)
		return tool_no_memory();
	for (unsigned int i = 0; rc == TOOL_GO_ON && i < count; i++) {
		struct can_link *link = &c->links[i];

		c->link_count = i + 1;
		link->fd = -1;
		link->channel = b->number + i;
		link->netdev = c->netdevs[i];
		if (link->netdev)
			rc = can_net_open(link, &c->config);
	}
	return rc;
}

static int start(struct bridge *b, struct can_bridge *c)
{
	for (unsigned int i = 0; i < c->link_count; i++)
		if (uvio_can_get(b->card, c->links[i].channel, &c->links[i].can))
			return tool_failed();
	for (unsigned int i = 0; i < c->link_count; i++) {
		if (uvio_can_start(c->links[i].can, &c->config))
			return tool_failed();
		tell_start(b, &c->links[i]);
	}
	return TOOL_GO_ON;
}

static void close_links(struct can_bridge *c)
{
	for (unsigned int i = 0; i < c->link_count; i++)
		if (c->links[i].fd >= 0)
			close(c->links[i].fd);
	free(c->links);
}

static int serve(struct bridge *b, struct can_bridge *c)
{
	int rc = open_links(b, c);

	if (rc == TOOL_GO_ON)
		rc = bridge_open(b, "CAN channel");
	/* In the background a terminal is as one that has ended, and does not stop us. */
	signal(SIGTTIN, SIG_IGN);
	if (rc == TOOL_GO_ON)
		rc = start(b, c);
	if (rc == TOOL_GO_ON)
		rc = bridge_run(b);
	bridge_close(b);
	close_links(c);
	return rc;
}

static int run_can(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {
		{"bitrate", required_argument, NULL, 'r'},
		{"sample-point", required_argument, NULL, OPTION_SAMPLE_POINT},
		{"netdev", required_argument, NULL, 'n'},
		{"fd", no_argument, NULL, OPTION_FD},
		{"dbitrate", required_argument, NULL, OPTION_DBITRATE},
		{"listen-only", no_argument, NULL, OPTION_LISTEN_ONLY},
		{"one-shot", no_argument, NULL, OPTION_ONE_SHOT},
		{"loopback", no_argument, NULL, OPTION_LOOPBACK},
		{"bus-errors", no_argument, NULL, OPTION_BUS_ERRORS},
		{"restart-ms", required_argument, NULL, OPTION_RESTART_MS},
		{"backend", required_argument, NULL, 'b'},
		TOOL_LONG_OPTIONS,
	};
	static const struct bridge_ops ops = {feed, drain, stop, tell, add_json};
	struct can_bridge c = {
		.config = {
			.size = sizeof(c.config), .rx_frames = RX_FRAMES, .tx_frames = TX_FRAMES}};
	struct bridge b = {.ops = &ops, .data = &c};
	int option, rc = TOOL_GO_ON;

	while (rc == TOOL_GO_ON && (option = tool_getopt(tool, argc, argv,
					    ":" TOOL_SHORT_OPTIONS "r:n:b:", longs)) != -1)
		rc = parse_option(tool, &b, &c, option);
	if (rc == TOOL_GO_ON)
		rc = check_options(tool, &c);
	if (rc == TOOL_GO_ON)
		rc = bridge_start(&b, tool, argc, argv);
	return rc == TOOL_GO_ON ? serve(&b, &c) : rc;
}

const struct command command_can = {
	.name = "can",
	.device = DEVICE_ONE,
	.args = "ADDRESS[/CHANNEL]",
	.manual = "uvio-can",
	.help = "connect CAN channels to network interfaces, or to stdin and stdout",
	.options = "  -r, --bitrate N       of the bus, in bit/s, as 500000\n"
		   "      --sample-point P  as 0.875 (default as CiA recommends)\n"
		   "  -n, --netdev NAME     interface of SocketCAN; repeated: of the next channel\n"
		   "      --fd              CAN FD, too\n"
		   "      --dbitrate N      of the data of CAN FD (default that of --bitrate)\n"
		   "      --listen-only     neither send nor acknowledge\n"
		   "      --one-shot        do not repeat what was not acknowledged\n"
		   "      --loopback        receive what is sent; where the chip can\n"
		   "      --bus-errors      error frames for each error on the bus, too\n"
		   "      --restart-ms N    leave bus-off after this time (default: never)\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n",
	.status = "0 ended by SIGINT or SIGTERM, 1 failure, 2 usage error",
	.example = "uvio can 06:0d.0/0 --bitrate 500000 --netdev vcan0",
	.run = run_can,
};
