/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What this machine has for drivers in user space. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uvio/check.h>

#include "base/context.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/rights.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "check/machine.h"

static bool has_word(const char *text, const char *chip)
{
	size_t n = strlen(chip);

	for (const char *found = text; (found = strstr(found, chip)); found += n)
		if (found > text && found[-1] == ' ')
			return true;
	return false;
}

/*
 * The names of the interrupt chips tell it, on x86. A machine which shows neither has no APIC, or
 * is none of these.
 */
enum uvio_known uvio_interrupts_remapped(struct uvio_ctx *ctx)
{
	char *text = uvio_proc_read_all(ctx, "interrupts");
	enum uvio_known known = UVIO_UNKNOWN;

	if (text && (has_word(text, "IR-IO-APIC") || has_word(text, "IR-PCI-MSI")))
		known = UVIO_YES;
	else if (text && has_word(text, "IO-APIC"))
		known = UVIO_NO;
	free(text);
	return known;
}

bool uvio_parameter_is_on(struct uvio_ctx *ctx, const char *module, const char *name)
{
	char mode[8] = "";

	uvio_sysfs_read(ctx, mode, sizeof(mode), "module/%s/parameters/%s", module, name);
	return mode[0] && strchr("Yy1", mode[0]);
}

/* Whether a file has @text, which is shorter than half of what is read at once. */
static bool file_has(const char *path, const char *text)
{
	char buf[1024];
	size_t kept = 0;
	bool found = false;
	int fd = uvio_sys_open(path, O_RDONLY);

	while (fd >= 0 && !found) {
		ssize_t n = uvio_sys_read(fd, buf + kept, sizeof(buf) - 1 - kept);

		if (n <= 0)
			break;
		kept += (size_t)n;
		buf[kept] = '\0';
		found = strstr(buf, text);
		if (kept > sizeof(buf) / 2) {
			memmove(buf, buf + kept - sizeof(buf) / 2, sizeof(buf) / 2);
			kept = sizeof(buf) / 2;
		}
	}
	if (fd >= 0)
		uvio_sys_close(fd);
	return found;
}

#define LIST_PATH (sizeof(((struct uvio_ctx *)NULL)->proc) + 256)

static void list_path(struct uvio_ctx *ctx, const char *list, char path[LIST_PATH])
{
	char release[128] = "";

	uvio_proc_read(ctx, release, sizeof(release), "sys/kernel/osrelease");
	snprintf(path, LIST_PATH, "%s/../lib/modules/%s/%s", ctx->proc, release, list);
}

static bool listed(struct uvio_ctx *ctx, const char *list, const char *module)
{
	char path[LIST_PATH], name[UVIO_NAME_SIZE];

	list_path(ctx, list, path);
	snprintf(name, sizeof(name), "/%s.ko", module);
	return file_has(path, name);
}

/* A module that is built in has a folder only if it has parameters. */
enum uvio_module uvio_module_state(struct uvio_ctx *ctx, const char *module)
{
	char name[UVIO_NAME_SIZE];

	snprintf(name, sizeof(name), "%s", module);
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	if (listed(ctx, "modules.builtin", module))
		return UVIO_MODULE_BUILT_IN;
	if (uvio_sysfs_exists(ctx, "module/%s", name))
		return UVIO_MODULE_LOADED;
	return listed(ctx, "modules.dep", module) ? UVIO_MODULE_ON_DISK : UVIO_MODULE_ABSENT;
}

/* Lists those in @state in @text, and returns their number. */
static unsigned int list_modules(const struct uvio_needed *modules, size_t count,
	enum uvio_module state, const char *separator, char text[UVIO_NAME_SIZE * 2])
{
	unsigned int found = 0;
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count && used < UVIO_NAME_SIZE * 2; i++) {
		if (modules[i].state != state)
			continue;
		used += (size_t)snprintf(text + used, UVIO_NAME_SIZE * 2 - used, "%s%s",
			found++ ? separator : "", modules[i].module);
		if (state == UVIO_MODULE_ABSENT && modules[i].note && used < UVIO_NAME_SIZE * 2)
			used += (size_t)snprintf(
				text + used, UVIO_NAME_SIZE * 2 - used, " (%s)", modules[i].note);
	}
	return found;
}

void uvio_modules_probe(
	struct uvio_ctx *ctx, struct uvio_needed *modules, size_t count, struct uvio_check *check)
{
	static const char *const words[] = {
		[UVIO_MODULE_LOADED] = "modules loaded",
		[UVIO_MODULE_BUILT_IN] = "modules built into the kernel",
		[UVIO_MODULE_ON_DISK] = "modules not loaded",
		[UVIO_MODULE_ABSENT] = "modules not found",
	};
	char text[UVIO_NAME_SIZE * 2], fix[UVIO_NAME_SIZE * 2 + 16];
	unsigned int found;

	for (size_t i = 0; i < count; i++) {
		modules[i].state = uvio_module_state(ctx, modules[i].module);
		if (modules[i].state == UVIO_MODULE_ABSENT && modules[i].sign &&
			uvio_sysfs_exists(ctx, "%s", modules[i].sign))
			modules[i].state = UVIO_MODULE_BUILT_IN;
	}
	for (unsigned int state = 0; state < ARRAY_SIZE(words); state++) {
		found = list_modules(modules, count, state, " ", text);
		if (!found)
			continue;
		snprintf(fix, sizeof(fix), "modprobe %s%s", found > 1 ? "-a " : "", text);
		list_modules(modules, count, state, ", ", text);
		uvio_check_add(check, UVIO_NOTE, state == UVIO_MODULE_ON_DISK ? fix : NULL,
			"%s: %s", words[state], text);
	}
}

/* In a container there may be no /lib/modules, and that of another kernel says nothing. */
void uvio_module_require(
	struct uvio_ctx *ctx, const char *address, const char *module, struct uvio_check *check)
{
	char path[LIST_PATH];

	if (uvio_module_state(ctx, module) != UVIO_MODULE_ABSENT)
		return;
	list_path(ctx, "modules.dep", path);
	if (uvio_may_access(ctx, path, R_OK))
		uvio_check_add(check, UVIO_BLOCKS,
			"install the modules of this kernel, or another kernel",
			"%s: the module %s is not loaded, and not in /lib/modules of this kernel",
			address, module);
	else
		uvio_check_add(check, UVIO_NOTE, NULL,
			"%s: perhaps there is no module %s: it is not loaded, and /lib/modules of "
			"this kernel cannot be read here",
			address, module);
}

void uvio_node_foresee(
	struct uvio_ctx *ctx, const char *address, const char *backend, struct uvio_check *check)
{
	char fix[UVIO_NAME_SIZE * 2];

	snprintf(fix, sizeof(fix), "uvio bind --persist --owner USER %s %s", address, backend);
	if (uvio_in_container(ctx) > 0)
		uvio_check_add(check, UVIO_NOTE, "bind it on the host, and pass the node in",
			"%s: perhaps this container does not get the node that binding makes",
			address);
	else if (uvio_user() && !uvio_has_capability(ctx, CAP_DAC_OVERRIDE))
		uvio_check_add(check, UVIO_NOTE, fix,
			"%s: perhaps user %u may not open the node that binding makes: it belongs "
			"to root, unless a rule of udev gives it away",
			address, uvio_user());
}

void uvio_node_refused(
	const char *address, const char *path, int rc, const char *fix, struct uvio_check *check)
{
	struct stat st;

	if (rc == -EPERM) {
		uvio_check_add(check, UVIO_BLOCKS,
			"pass the node to the container (--device of docker and podman, "
			"DeviceAllow= of a systemd unit), and check there which devices are "
			"allowed",
			"%s: %s is refused regardless of its mode (EPERM): the device rules of the "
			"control group do not allow it",
			address, path);
		return;
	}
	if (stat(path, &st)) {
		uvio_check_add(check, UVIO_BLOCKS, fix,
			"%s: %s cannot be opened by user %u, nor examined (%s); perhaps this user "
			"cannot enter a folder of its path",
			address, path, uvio_user(), uvio_errname(rc));
		return;
	}
	uvio_check_add(check, UVIO_BLOCKS, fix,
		"%s: %s cannot be opened by user %u: it belongs to user %u and group %u with mode "
		"%04o (%s)",
		address, path, uvio_user(), (unsigned int)st.st_uid, (unsigned int)st.st_gid,
		(unsigned int)st.st_mode & 07777, uvio_errname(rc));
}

static bool concerns_devices(const char *option, size_t size)
{
	static const char *const names[] = {"intel_iommu=", "amd_iommu=", "iommu", "arm-smmu",
		"intremap=", "nointremap", "x2apic", "nox2apic", "pci=", "pcie", "vfio", "uio",
		"iomem=", "lockdown=", "hugepage", "default_hugepagesz=", "hugetlb",
		"isolcpus=", "module_blacklist=", "irqpoll", "noapic", "nolapic"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (size >= strlen(names[i]) && !strncmp(option, names[i], strlen(names[i])))
			return true;
	return false;
}

/* The options that concern devices, each after a blank. */
static void find_options(const char *line, char *found, size_t size)
{
	size_t used = 0;

	found[0] = '\0';
	while (*line && used < size) {
		size_t n = strcspn(line, " \n");

		if (concerns_devices(line, n))
			used += (size_t)snprintf(found + used, size - used, " %.*s", (int)n, line);
		line += n + strspn(line + n, " \n");
	}
}

static void probe_kernel(struct uvio_ctx *ctx, struct uvio_check *check)
{
	char release[128] = "", line[2048] = "", found[UVIO_TEXT_SIZE / 2];
	bool known = uvio_proc_read(ctx, line, sizeof(line), "cmdline") >= 0;

	uvio_proc_read(ctx, release, sizeof(release), "sys/kernel/osrelease");
	find_options(line, found, sizeof(found));
	uvio_check_add(check, UVIO_NOTE, NULL, "kernel: Linux %s, options for devices:%s",
		release[0] ? release : "(unknown version)",
		!known	   ? " unknown (its command line cannot be read)"
		: found[0] ? found
			   : " none");
}

static void probe_lockdown(struct uvio_ctx *ctx, struct uvio_check *check)
{
	if (uvio_locked_down(ctx))
		uvio_check_add(check, UVIO_LIMITS,
			uvio_machine_has(ctx, "vfio")
				? "use the vfio backend, or switch Secure Boot off in the firmware "
				  "setup"
				: "switch Secure Boot off in the firmware setup",
			"lockdown: on (Secure Boot): no configuration writes and no I/O ports on "
			"uio");
	else if (uvio_sysfs_exists(ctx, "kernel/security/lockdown"))
		uvio_check_add(check, UVIO_NOTE, NULL, "lockdown: off");
	else
		uvio_check_add(check, UVIO_NOTE, NULL,
			"lockdown: unknown, there is no %s/kernel/security/lockdown", ctx->sysfs);
}

static void limit_text(char *text, size_t size, int resource, unsigned int shift)
{
	unsigned long long limit = uvio_limit(resource);

	if (limit == UVIO_NO_LIMIT)
		snprintf(text, size, "unlimited");
	else
		snprintf(text, size, "%llu%s", limit >> shift, shift ? " KiB" : "");
}

static void probe_limits(struct uvio_check *check)
{
	char locked[32], files[32];

	limit_text(locked, sizeof(locked), RLIMIT_MEMLOCK, 10);
	limit_text(files, sizeof(files), RLIMIT_NOFILE, 0);
	uvio_check_add(check, UVIO_NOTE, NULL,
		"limits: locked memory %s (ulimit -l), open descriptors %s (ulimit -n)", locked,
		files);
}

static unsigned long long meminfo(const char *text, const char *name)
{
	const char *found = strstr(text, name);

	return found ? strtoull(found + strlen(name), NULL, 10) : 0;
}

static void probe_huge_pages(struct uvio_ctx *ctx, struct uvio_check *check)
{
	char *text = uvio_proc_read_all(ctx, "meminfo");
	unsigned long long total = text ? meminfo(text, "HugePages_Total:") : 0;

	if (text && *text)
		uvio_check_add(check, UVIO_NOTE, NULL,
			"huge pages: %llu of %llu free, of %llu KiB each (sysctl vm.nr_hugepages)",
			meminfo(text, "HugePages_Free:"), total, meminfo(text, "Hugepagesize:"));
	free(text);
}

void uvio_machine_probe(struct uvio_ctx *ctx, struct uvio_check *check)
{
	probe_kernel(ctx, check);
	probe_lockdown(ctx, check);
	probe_limits(check);
	probe_huge_pages(ctx, check);
}
