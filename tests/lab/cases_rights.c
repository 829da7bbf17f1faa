/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* For persons of every kind, check says what open() and the rest then do. */
#include <config.h>

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/capability.h>

#include <uvio/check.h>
#include <uvio/device.h>
#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define BIT(capability) (UINT64_C(1) << (capability))
#define DAC (BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH))
#define UNABLE 3

static uint64_t permitted(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	syscall(SYS_capget, &header, data);
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

static int set_capabilities(uint64_t set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted = (uint32_t)(set >> (32 * i));
	return syscall(SYS_capset, &header, data) ? UNABLE : PASS;
}

static int root(void)
{
	return PASS;
}

static int root_without_admin(void)
{
	return set_capabilities(permitted() & ~BIT(CAP_SYS_ADMIN));
}

static int root_without_rawio(void)
{
	return set_capabilities(permitted() & ~BIT(CAP_SYS_RAWIO));
}

static int root_without_dac(void)
{
	return set_capabilities(permitted() & ~DAC);
}

static int root_without_any(void)
{
	return set_capabilities(0);
}

static int user_with(uint64_t set)
{
	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) ||
		setresgid(USER_ID, USER_ID, USER_ID) || setresuid(USER_ID, USER_ID, USER_ID))
		return UNABLE;
	return set_capabilities(set);
}

static int user_with_dac(void)
{
	return user_with(BIT(CAP_DAC_OVERRIDE));
}

/* May not read its own page map: file capabilities make its files in /proc root's. */
static int user_with_admin(void)
{
	return user_with(BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_RAWIO));
}

static int user_with_all_that_is_asked_for(void)
{
	return user_with(DAC | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_RAWIO) | BIT(CAP_IPC_LOCK));
}

static int user_in_a_set_user_id_program(void)
{
	return setgroups(0, NULL) || setresgid(USER_ID, USER_ID, USER_ID) ||
			       setresuid(USER_ID, 0, 0)
		       ? UNABLE
		       : PASS;
}

static int root_who_is_a_user_for_now(void)
{
	return setgroups(0, NULL) || setresgid(0, USER_ID, 0) || setresuid(0, USER_ID, 0) ? UNABLE
											  : PASS;
}

/* With every capability there, and users who have the numbers that they have outside. */
static int root_of_a_user_namespace(void)
{
	static const char map[] = "0 0 4294967295";
	int fd, n;

	if (unshare(CLONE_NEWUSER))
		return UNABLE;
	fd = open("/proc/self/uid_map", O_WRONLY);
	n = fd < 0 ? -1 : (int)write(fd, map, strlen(map));
	close(fd);
	return n > 0 ? PASS : UNABLE;
}

static const struct {
	const char *name;
	int (*become)(void);
} people[] = {
	{"root", root},
	{"root without CAP_SYS_ADMIN", root_without_admin},
	{"root without CAP_SYS_RAWIO", root_without_rawio},
	{"root without CAP_DAC_*", root_without_dac},
	{"root without any capability", root_without_any},
	{"a user", become_user},
	{"a user with CAP_DAC_OVERRIDE", user_with_dac},
	{"a user with CAP_SYS_ADMIN", user_with_admin},
	{"a user with all that is asked for", user_with_all_that_is_asked_for},
	{"a user in a set-user-id program", user_in_a_set_user_id_program},
	{"root who is a user for now", root_who_is_a_user_for_now},
	{"root of a user namespace", root_of_a_user_namespace},
};

static bool told(const struct uvio_check *check, const char *part)
{
	unsigned int count;
	const struct uvio_finding *const *findings = uvio_check_findings(check, &count);

	for (unsigned int i = 0; i < count; i++)
		if (strstr(findings[i]->what, part))
			return true;
	return false;
}

static int open_agrees(struct pair *pair, const struct uvio_check *check)
{
	struct uvio_open_options options = {
		.backend = pair->backend, .flags = UVIO_OPEN_UNSAFE_DMA};
	bool usable = uvio_check_verdict(check) == UVIO_USABLE;
	unsigned int count;
	const struct uvio_finding *const *findings = uvio_check_findings(check, &count);
	int rc = uvio_udev_open(pair->ctx, pair->address, &options, &pair->udev);

	if (usable)
		CHECK_OK(rc);
	else
		CHECK(rc < 0 && count && strstr(uvio_last_error(), findings[0]->what));
	return PASS;
}

static int dma_agrees(struct pair *pair, const struct uvio_check *check)
{
	struct uvio_dma dma;
	int rc = uvio_dma_alloc(pair->udev, 4096, 0, &dma);

	if (told(check, ": no DMA"))
		CHECK_ERR(rc, -EPERM, "hides page frame numbers");
	else
		CHECK_OK(rc);
	return PASS;
}

static int config_agrees(struct pair *pair, const struct uvio_check *check)
{
	struct uvio_region config;
	uint64_t value;
	int rc;

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_CONFIG, &config));
	CHECK_OK(uvio_region_read(&config, 60, 4, &value));
	rc = uvio_region_read(&config, 64, 4, &value);
	if (told(check, "only the first 64 bytes"))
		CHECK_ERR(rc, -EPERM, "the rest needs CAP_SYS_ADMIN, which this process");
	else
		CHECK_OK(rc);
	return PASS;
}

static int (*become)(void);

/* By who asks. */
static const char *mode_advice(void)
{
	if (become == root_of_a_user_namespace)
		return "run outside of this user namespace";
	return geteuid() ? "run as root or with CAP_DAC_OVERRIDE"
			 : "run with CAP_DAC_OVERRIDE, which this root lacks";
}

static int irq_agrees(struct pair *pair, const struct uvio_check *check)
{
	int rc;

	if (!(uvio_caps(pair->udev) & UVIO_CAP_INTX))
		return PASS;
	rc = uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1);
	if (told(check, "so INTx cannot be armed again"))
		CHECK_ERR(rc, -EACCES, mode_advice());
	else
		CHECK_OK(rc);
	return PASS;
}

static int registers_agree(struct pair *pair, const struct uvio_check *check)
{
	struct uvio_region bar;
	int rc = uvio_region_map(pair->udev, UVIO_REGION_BAR0, &bar);

	if (told(check, ": no BAR0"))
		CHECK_ERR(rc, -EACCES, mode_advice());
	else
		CHECK_OK(rc);
	return PASS;
}

static int all_agrees(struct pair *pair)
{
	int (*const agree[])(struct pair *, const struct uvio_check *) = {
		registers_agree, config_agrees, irq_agrees, dma_agrees};
	struct uvio_device *device;
	struct uvio_check *check;

	if (become())
		return UNABLE;
	CHECK_OK(uvio_device_find(pair->ctx, pair->address, &device));
	CHECK_OK(uvio_check_device(pair->ctx, device, pair->backend, &check));
	uvio_device_free(device);
	if (open_agrees(pair, check))
		return FAIL;
	for (size_t i = 0; pair->udev && i < sizeof(agree) / sizeof(agree[0]); i++)
		if (agree[i](pair, check))
			return FAIL;
	uvio_udev_close(pair->udev);
	pair->udev = NULL;
	uvio_check_free(check);
	return PASS;
}

static int check_says_what_open_does(struct pair *pair)
{
	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		int status;

		become = people[i].become;
		status = in_child(pair, all_agrees);
		/* A kernel may have no user namespaces. */
		if (status == UNABLE && people[i].become == root_of_a_user_namespace)
			continue;
		if (status != PASS)
			return fail_at(__FILE__, __LINE__, "%s", people[i].name);
	}
	return PASS;
}

/* The same with nodes which anybody may open: all else is what a capability gives. */
static int with_nodes_for_all(struct pair *pair)
{
	char node[64];

	CHECK(!foreign_node(pair->address, pair->backend, node, sizeof(node)));
	CHECK(!chmod(node, 0666));
	if (!strcmp(pair->backend, "vfio/cdev") || !strcmp(pair->backend, "vfio/compat"))
		CHECK(!chmod("/dev/iommu", 0666));
	return check_says_what_open_does(pair);
}

#define ALONE "/tmp/rights"

/* The program @ALONE, whose rights come from its file alone. */
int run_rights_alone(struct uvio_ctx *ctx, const char *address, const char *backend)
{
	struct pair pair = {.ctx = ctx, .address = address, .backend = backend};
	struct uvio_device *device;
	struct uvio_check *check;
	enum uvio_verdict verdict;

	CHECK(getuid() == USER_ID);
	CHECK_OK(uvio_device_find(ctx, address, &device));
	CHECK_OK(uvio_check_device(ctx, device, backend, &check));
	verdict = uvio_check_verdict(check);
	uvio_check_free(check);
	uvio_device_free(device);
	CHECK(verdict == UVIO_USABLE);
	become = root; /* as it is */
	return all_agrees(&pair);
}

static int run_alone(struct pair *pair)
{
	const char *const argv[] = {ALONE, RIGHTS_ALONE, pair->address, pair->backend, NULL};

	execv(ALONE, (char *const *)argv);
	return fail_at(__FILE__, __LINE__, ALONE ": %s", strerror(errno));
}

/* A user may not so much as read the nodes. */
static int make_alone(const struct pair *pair)
{
	char node[64], block[4096];
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(ALONE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t n;

	CHECK(in >= 0 && out >= 0);
	while ((n = read(in, block, sizeof(block))) > 0)
		CHECK(write(out, block, (size_t)n) == n);
	close(in);
	close(out);
	CHECK(!n && !foreign_node(pair->address, pair->backend, node, sizeof(node)));
	CHECK(!chmod(node, 0600));
	return PASS;
}

static int a_set_user_id_program_has_its_owners(struct pair *pair)
{
	CHECK(!make_alone(pair) && !chmod(ALONE, 04755));
	CHECK(in_child_as(pair, become_user, run_alone) == PASS);
	return PASS;
}

/* The kernel's struct vfs_cap_data is little endian, as x86 is. */
static int a_program_has_the_capabilities_of_its_file(struct pair *pair)
{
	const uint64_t set = DAC | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_RAWIO) | BIT(CAP_IPC_LOCK);
	const struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = {{.permitted = (uint32_t)set}, {.permitted = (uint32_t)(set >> 32)}}};

	CHECK(!make_alone(pair));
	if (setxattr(ALONE, "security.capability", &data, sizeof(data), 0) && errno == ENOTSUP) {
		snprintf(pair->reason, sizeof(pair->reason), "no attributes of files in tmpfs");
		return SKIP;
	}
	CHECK(in_child_as(pair, become_user, run_alone) == PASS);
	return PASS;
}

const struct test_case rights_cases[] = {
	{"rights: a set-user-id program has its owner's", 0, a_set_user_id_program_has_its_owners,
		true},
	{"rights: a program has the capabilities of its file", 0,
		a_program_has_the_capabilities_of_its_file, true},
	{"rights: check says what open does, whoever asks", 0, check_says_what_open_does, true},
	{"rights: the same with nodes for all", 0, with_nodes_for_all, true},
	{0},
};
