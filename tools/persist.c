/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "output.h"
#include "persist.h"

#define ROOT 0

/* What it takes to give a device away, by backend. */
struct kind {
	const char *backend;
	void (*rules)(FILE *file, const struct uvio_device_info *info, uid_t uid);
	int (*give)(const struct tool *tool, const struct uvio_device_info *info, uid_t uid);
	void (*warn)(const struct uvio_device_info *info);
};

static const struct kind *kind_of(const struct uvio_device_info *info);

static const char *etc_of(const struct persist *persist)
{
	return persist->etc ? persist->etc : "/etc";
}

static const char *sysfs_of(const struct tool *tool)
{
	return tool->options.sysfs_root ? tool->options.sysfs_root : "/sys";
}

static const char *dev_of(const struct tool *tool)
{
	return tool->options.dev_root ? tool->options.dev_root : "/dev";
}

static void rules_path(const struct persist *persist, const char *address, char *path)
{
	snprintf(path, PATH_MAX, "%s/udev/rules.d/70-uvio-%s.rules", etc_of(persist), address);
}

static void modules_path(const struct persist *persist, const char *address, char *path)
{
	snprintf(path, PATH_MAX, "%s/modules-load.d/uvio-%s.conf", etc_of(persist), address);
}

static void driverctl_path(const struct persist *persist, const char *address, char *path)
{
	snprintf(path, PATH_MAX, "%s/driverctl.d/pci-%s", etc_of(persist), address);
}

/* By the name of driverctl(8), which binds when the device appears, as the rule does. */
static int refuse_driverctl(const struct persist *persist, const char *address)
{
	char path[PATH_MAX], driver[64] = "";
	FILE *file;

	driverctl_path(persist, address, path);
	file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return TOOL_GO_ON;
	if (file && !fgets(driver, sizeof(driver), file))
		driver[0] = '\0';
	if (file)
		fclose(file);
	driver[strcspn(driver, "\n")] = '\0';
	for (char *at = driver; *at; at++)
		if (!isprint((unsigned char)*at))
			*at = '?';
	return tool_error("%s: driverctl binds it at boot already (%s: %s); to have uvio do that: "
			  "driverctl unset-override %s",
		address, path, driver[0] ? driver : "not readable", address);
}

/* By its number: names may not be known yet when the device appears. */
static int find_owner(const char *owner, uid_t *uid)
{
	struct passwd *user;
	char *end;
	unsigned long number = strtoul(owner, &end, 10);

	errno = 0;
	if (isdigit((unsigned char)owner[0]) && !*end)
		user = number < (uid_t)-1 ? getpwuid((uid_t)number) : NULL;
	else
		user = getpwnam(owner);
	if (!user && errno && errno != ENOENT)
		return tool_error("%s: cannot look up the user: %s", owner, strerror(errno));
	if (!user)
		return tool_error("%s: no such user on this machine", owner);
	*uid = user->pw_uid;
	return TOOL_GO_ON;
}

int persist_check(const struct tool *tool, const struct persist *persist,
	const struct uvio_device_info *info, const char *driver)
{
	uid_t uid;
	int rc;

	(void)tool;
	if (!persist->wanted)
		return TOOL_GO_ON;
	if (!info->pci)
		return tool_error("%s: not a PCI device; the device tree or the board selects its "
				  "driver, also at boot",
			info->address);
	if (!strcmp(driver, "none"))
		return tool_error(
			"%s: --persist needs a driver, and 'none' is not one", info->address);
	rc = refuse_driverctl(persist, info->address);
	if (rc == TOOL_GO_ON && persist->owner)
		rc = find_owner(persist->owner, &uid);
	return rc;
}

/* The module that has the driver, unless it is built in; else the driver's own name. */
static void module_of(const struct tool *tool, const char *driver, char *module, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *name;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/bus/pci/drivers/%s/module", sysfs_of(tool), driver);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	name = strrchr(target, '/');
	snprintf(module, size, "%s", name ? name + 1 : driver);
}

/* A card in the same slot that is another one is left alone. */
static void match_device(FILE *file, const struct uvio_device_info *info)
{
	fprintf(file,
		"SUBSYSTEM==\"pci\", KERNEL==\"%s\", ATTR{vendor}==\"0x%04x\", "
		"ATTR{device}==\"0x%04x\"",
		info->address, info->vendor, info->device);
}

static void match_child(FILE *file, const char *subsystem, const struct uvio_device_info *info)
{
	fprintf(file,
		"ACTION!=\"remove\", SUBSYSTEM==\"%s\", KERNELS==\"%s\", "
		"ATTRS{vendor}==\"0x%04x\", ATTRS{device}==\"0x%04x\", MODE=\"0600\", ",
		subsystem, info->address, info->vendor, info->device);
}

static void rules_for_driver(FILE *file, const struct uvio_device_info *info, const char *module)
{
	fprintf(file, "# Its driver, also if another one was bound first.\n"
		      "ACTION==\"add\", ");
	match_device(file, info);
	fprintf(file,
		", ATTR{driver_override}=\"%s\", RUN{builtin}+=\"kmod load %s\", "
		"RUN{program}+=\"" UVIO_PROGRAM " bind %s %s\"\n",
		info->driver, module, info->address, info->driver);
}

/* Not by OWNER: some versions of udev leave a rule out whose owner is no system user. */
static void rules_for_vfio(FILE *file, const struct uvio_device_info *info, uid_t uid)
{
	fprintf(file,
		"\n# Its owner. The number of a group may change from boot to boot.\n"
		"ACTION!=\"remove\", SUBSYSTEM==\"vfio\", "
		"TEST==\"/sys/kernel/iommu_groups/$kernel/devices/%s\", "
		"ATTR{[pci/%s]vendor}==\"0x%04x\", ATTR{[pci/%s]device}==\"0x%04x\", "
		"MODE=\"0600\", RUN{program}+=\"/bin/chown %u $devnode\"\n",
		info->address, info->address, info->vendor, info->address, info->device, uid);
	match_child(file, "vfio-dev", info);
	fprintf(file, "RUN{program}+=\"/bin/chown %u $devnode\"\n", uid);
	fprintf(file, "# Belongs to no device: for all users, as /dev/vfio/vfio.\n"
		      "SUBSYSTEM==\"misc\", KERNEL==\"iommu\", MODE=\"0666\", "
		      "OPTIONS+=\"static_node=iommu\"\n");
}

static void print_chown(FILE *file, const struct uvio_device_info *info, uid_t uid)
{
	fprintf(file, "cd /sys/bus/pci/devices/%s && chown -f %u config reset resource[0-9]* || :",
		info->address, uid);
}

static void rules_for_uio(FILE *file, const struct uvio_device_info *info, uid_t uid)
{
	fprintf(file, "\n# Its owner: the node, and the files of its registers.\n");
	match_child(file, "uio", info);
	fprintf(file, "RUN{program}+=\"/bin/sh -c 'chown %u $devnode; ", uid);
	print_chown(file, info, uid);
	fprintf(file, "'\"\nACTION==\"unbind\", ");
	match_device(file, info);
	fprintf(file, ", RUN{program}+=\"/bin/sh -c '");
	print_chown(file, info, ROOT);
	fprintf(file, "'\"\n");
}

static char *compose_rules(const struct persist *persist, const struct uvio_device_info *info,
	const char *module, uid_t uid)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	fprintf(file,
		"# Written by \"uvio bind --persist\"; remove it by \"uvio unbind --persist "
		"%s\".\n\n",
		info->address);
	rules_for_driver(file, info, module);
	if (persist->owner)
		kind_of(info)->rules(file, info, uid);
	if (!fclose(file))
		return text;
	free(text);
	return NULL;
}

static const char *as_root(int rc)
{
	return rc == -EACCES || rc == -EPERM ? "; run as root (sudo)" : "";
}

static int cannot_write(const char *path, int rc)
{
	return tool_error(
		"%s: cannot be written: %s%s; the device is bound until the next boot only", path,
		strerror(-rc), as_root(rc));
}

static int write_files(
	const struct persist *persist, const char *address, const char *rules, const char *modules)
{
	struct replacement first, second;
	char path[PATH_MAX], other[PATH_MAX];
	bool was_there;
	int rc;

	modules_path(persist, address, other);
	rules_path(persist, address, path);
	was_there = !access(other, F_OK);
	rc = replace_prepare(&first, other, 0, modules);
	if (rc)
		return cannot_write(other, rc);
	rc = replace_prepare(&second, path, 1, rules);
	if (rc) {
		replace_drop(&first);
		return cannot_write(path, rc);
	}
	rc = replace_commit(&first);
	if (rc) {
		replace_drop(&second);
		return cannot_write(other, rc);
	}
	rc = replace_commit(&second);
	if (rc && !was_there)
		replace_remove(other);
	return rc ? cannot_write(path, rc) : TOOL_GO_ON;
}

/* Missing files are no failure. */
static int give(const char *pattern, uid_t uid, mode_t mode)
{
	glob_t found;
	int rc = TOOL_GO_ON;

	if (glob(pattern, 0, NULL, &found))
		return TOOL_GO_ON;
	for (size_t i = 0; i < found.gl_pathc && rc == TOOL_GO_ON; i++) {
		struct stat st;

		if (stat(found.gl_pathv[i], &st) || (st.st_uid == uid && !mode))
			continue;
		if (st.st_uid != uid && chown(found.gl_pathv[i], uid, (gid_t)-1))
			rc = tool_error("%s: cannot be given to user %u: %s", found.gl_pathv[i],
				uid, strerror(errno));
		else if (mode && chmod(found.gl_pathv[i], mode))
			rc = tool_error("%s: its mode cannot be set: %s", found.gl_pathv[i],
				strerror(errno));
	}
	globfree(&found);
	return rc;
}

static int give_registers(const struct tool *tool, const char *address, uid_t uid)
{
	static const char *const files[] = {"config", "reset", "resource[0-9]*"};
	char pattern[PATH_MAX];
	int rc = TOOL_GO_ON;

	for (size_t i = 0; i < ARRAY_SIZE(files) && rc == TOOL_GO_ON; i++) {
		snprintf(pattern, sizeof(pattern), "%s/bus/pci/devices/%s/%s", sysfs_of(tool),
			address, files[i]);
		rc = give(pattern, uid, 0);
	}
	return rc;
}

/* A user who may not take them back could not have given them away. */
static int take_registers(const struct tool *tool, const char *address)
{
	return geteuid() ? TOOL_GO_ON : give_registers(tool, address, ROOT);
}

static int give_uio(const struct tool *tool, const struct uvio_device_info *info, uid_t uid)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/%s", dev_of(tool), info->uio);
	rc = give(path, uid, 0600);
	return rc == TOOL_GO_ON ? give_registers(tool, info->address, uid) : rc;
}

/* The node of a device is named as its folder below vfio-dev. */
static int give_vfio(const struct tool *tool, const struct uvio_device_info *info, uid_t uid)
{
	char path[PATH_MAX];
	glob_t found;
	int rc;

	snprintf(path, sizeof(path), "%s/vfio/%d", dev_of(tool), info->iommu_group);
	rc = give(path, uid, 0600);
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/vfio-dev/vfio*", sysfs_of(tool),
		info->address);
	if (rc != TOOL_GO_ON || glob(path, 0, NULL, &found))
		return rc;
	snprintf(path, sizeof(path), "%s/vfio/devices/%s", dev_of(tool),
		strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	rc = give(path, uid, 0600);
	snprintf(path, sizeof(path), "%s/iommu", dev_of(tool));
	return rc == TOOL_GO_ON && !access(path, F_OK) && chmod(path, 0666)
		       ? tool_error("%s: its mode cannot be set: %s", path, strerror(errno))
		       : rc;
}

/* What comes with the device. */
static void warn_uio(const struct uvio_device_info *info)
{
	tool_error("%s: note: a card on uio can access all memory of the machine: give it only to "
		   "users you trust as root; vfio protects the memory",
		info->address);
}

static void warn_vfio(const struct uvio_device_info *info)
{
	for (size_t i = 0; i < info->member_count; i++)
		if (strcmp(info->members[i]->address, info->address) != 0)
			tool_error("%s: note: %s is in the same IOMMU group: if it is bound to "
				   "vfio-pci, the owner of the group's node can open it, too",
				info->address, info->members[i]->address);
}

static const struct kind kinds[] = {
	{.backend = "vfio", .rules = rules_for_vfio, .give = give_vfio, .warn = warn_vfio},
	{.backend = "uio", .rules = rules_for_uio, .give = give_uio, .warn = warn_uio},
};

static const struct kind *kind_of(const struct uvio_device_info *info)
{
	for (size_t i = 0; info->backend && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(info->backend, kinds[i].backend))
			return &kinds[i];
	return NULL;
}

static int require_backend(const struct uvio_device_info *info)
{
	if (!kind_of(info))
		return tool_error("%s: --owner: %s is not the driver of a backend, and has no node "
				  "to give to a user",
			info->address, info->driver);
	if (info->iommu_type && !strcmp(info->iommu_type, "noiommu"))
		return tool_error("%s: --owner: VFIO without an IOMMU needs CAP_SYS_RAWIO, "
				  "regardless of the owner of the node; switch the IOMMU on",
			info->address);
	return TOOL_GO_ON;
}

static int hand_over(const struct tool *tool, const struct persist *persist,
	const struct uvio_device_info *info, uid_t uid)
{
	int rc = take_registers(tool, info->address);

	if (rc == TOOL_GO_ON && persist->owner)
		rc = kind_of(info)->give(tool, info, uid);
	if (rc != TOOL_GO_ON || !persist->owner)
		return rc;
	if (tool_wants_text(tool))
		tool_print("%s: user %u can open it\n", info->address, uid);
	kind_of(info)->warn(info);
	return TOOL_GO_ON;
}

int persist_write(
	const struct tool *tool, const struct persist *persist, const struct uvio_device_info *info)
{
	char module[64], modules[256], path[PATH_MAX], *rules;
	uid_t uid = ROOT;
	int rc = persist->owner ? require_backend(info) : TOOL_GO_ON;

	if (rc == TOOL_GO_ON && persist->owner)
		rc = find_owner(persist->owner, &uid);
	if (rc != TOOL_GO_ON)
		return rc;
	module_of(tool, info->driver, module, sizeof(module));
	snprintf(modules, sizeof(modules), "# For %s: see uvio bind --persist\n%s\n", info->address,
		module);
	rules = compose_rules(persist, info, module, uid);
	if (!rules)
		return tool_no_memory();
	rc = write_files(persist, info->address, rules, modules);
	free(rules);
	if (rc != TOOL_GO_ON)
		return rc;
	rules_path(persist, info->address, path);
	if (tool_wants_text(tool))
		tool_tell("%s: bound at each boot (%s)", info->address, path);
	return hand_over(tool, persist, info, uid);
}

static int cannot_remove(const char *path, int rc)
{
	return tool_error("%s: cannot be removed: %s%s", path, strerror(-rc), as_root(rc));
}

int persist_remove(const struct tool *tool, const struct persist *persist, const char *address,
	const struct uvio_device_info *info)
{
	char rules[PATH_MAX], modules[PATH_MAX];
	int first, second;

	rules_path(persist, address, rules);
	modules_path(persist, address, modules);
	first = replace_remove(rules);
	second = replace_remove(modules);
	if (first < 0 || second < 0)
		return cannot_remove(first < 0 ? rules : modules, first < 0 ? first : second);
	if (info && take_registers(tool, address) != TOOL_GO_ON)
		return TOOL_FAILED;
	if (!first && !second) {
		if (info && tool_wants_text(tool))
			tool_tell("%s: was not bound at boot: there is no %s", address, rules);
		return TOOL_OK;
	}
	if (tool_wants_text(tool))
		tool_tell("%s: no longer bound at boot (%s removed)", address,
			first ? rules : modules);
	return TOOL_GO_ON;
}

/* The driver that the rules give, and who owns the device then. */
static bool read_rules(const char *path, struct persist_state *state)
{
	char line[1024], *at;
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof(line), file)) {
		at = strstr(line, "ATTR{driver_override}=\"");
		if (at)
			sscanf(strchr(at, '"') + 1, "%63[^\"]", state->driver);
		at = strstr(line, "chown ");
		if (at && line[0] != '#' && !state->has_owner)
			state->has_owner = sscanf(at, "chown %u", &state->owner) == 1;
	}
	if (file)
		fclose(file);
	return file != NULL;
}

bool persist_look(const char *etc, const char *address, struct persist_state *state)
{
	const struct persist persist = {.etc = etc};
	FILE *file;

	*state = (struct persist_state){0};
	rules_path(&persist, address, state->file);
	if (!access(state->file, F_OK)) {
		read_rules(state->file, state);
		return true;
	}
	driverctl_path(&persist, address, state->file);
	file = fopen(state->file, "re");
	if (file) {
		(void)!fscanf(file, "%63s", state->driver);
		fclose(file);
	}
	return file != NULL;
}

bool persist_describe(const char *etc, const char *address, char *text, size_t size)
{
	struct persist_state state;
	char owner[32] = "";

	if (!persist_look(etc, address, &state))
		return false;
	if (state.has_owner)
		snprintf(owner, sizeof(owner), " for user %u", state.owner);
	snprintf(text, size, "%s%s (%s)", state.driver[0] ? state.driver : "not readable", owner,
		state.file);
	return true;
}

void persist_remind(const struct persist *persist, const struct uvio_device_info *info)
{
	struct persist_state state = {0};
	char path[PATH_MAX];

	rules_path(persist, info->address, path);
	if (read_rules(path, &state) && strcmp(state.driver, info->driver ? info->driver : "") != 0)
		tool_error("%s: note: only until the next boot, when %s applies; --persist changes "
			   "that, too",
			info->address, path);
}
