/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

/* The names which the command shows, whatever becomes of libpci. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pci/pci.h>

#include <uvio/device.h>

#include "device/device.h"
#include "harness.h"
#include "names.h"
#include "tree.h"

static struct tree *tree;
static struct uvio_device **list;
static struct name names[8];
static int count;
static struct pci_access *(*alloc)(void);
static pid_t program;

struct pci_access *__real_pci_alloc(void);
struct pci_access *__wrap_pci_alloc(void);
char *__real_pci_lookup_name(
	struct pci_access *access, char *buf, int size, int flags, int first, int second);
char *__wrap_pci_lookup_name(
	struct pci_access *access, char *buf, int size, int flags, int first, int second);
static bool lookup_fails;

/* Only a child may come here. */
struct pci_access *__wrap_pci_alloc(void)
{
	if (getpid() == program)
		strcpy(names[0].class, "libpci ran in the program");
	return alloc();
}

char *__wrap_pci_lookup_name(
	struct pci_access *access, char *buf, int size, int flags, int first, int second)
{
	if (lookup_fails && flags & PCI_LOOKUP_CLASS)
		access->error((char *)"out of memory");
	return __real_pci_lookup_name(access, buf, size, flags, first, second);
}

static struct pci_access *exits(void)
{
	exit(0);
}

static struct pci_access *aborts(void)
{
	raise(SIGKILL);
	return NULL;
}

static void begin(const char *name)
{
	program = getpid();
	alloc = __real_pci_alloc;
	lookup_fails = false;
	tree = tree_new(name);
	count = uvio_device_list(tree->ctx, &list);
	ASSERT(count > 0 && count <= 8);
	memset(names, 'x', sizeof(names));
}

static void teardown(void)
{
	uvio_device_list_free(list, count);
	list = NULL;
	count = 0;
	tree_free(tree);
	tree = NULL;
}

/* No child is left behind, either. */
static void there_are_none(void)
{
	names_look(list, names, count);
	for (int i = 0; i < count; i++) {
		if (uvio_device_info(list[i])->pci)
			ASSERT_STR(names[i].device, "");
		ASSERT_STR(names[i].class, "");
	}
	ASSERT_EQ(waitpid(-1, NULL, WNOHANG), -1);
	ASSERT_EQ(errno, ECHILD);
}

static void every_card_of_a_machine_has_a_name(void)
{
	begin("machine");
	names_look(list, names, count);
	for (int i = 0; i < count; i++) {
		ASSERT(names[i].device[0]);
		ASSERT(names[i].class[0]);
		ASSERT(memchr(names[i].device, '\0', sizeof(names[i].device)));
	}
	ASSERT_EQ(waitpid(-1, NULL, WNOHANG), -1);
}

static void a_libpci_that_exits_leaves_no_names(void)
{
	begin("machine");
	alloc = exits;
	there_are_none();
}

static void a_libpci_that_is_killed_leaves_no_names(void)
{
	begin("machine");
	alloc = aborts;
	there_are_none();
}

static void an_error_of_libpci_leaves_no_names(void)
{
	begin("machine");
	lookup_fails = true;
	there_are_none();
}

static void a_uio_device_has_the_name_of_its_driver(void)
{
	begin("platform");
	alloc = exits;
	names_look(list, names, count);
	ASSERT_EQ(count, 1);
	ASSERT_STR(names[0].device, "fieldbus");
	ASSERT_STR(names[0].class, "");
}

static void without_descriptors_there_are_no_names(void)
{
	struct rlimit before, none = {0};

	begin("machine");
	ASSERT(!getrlimit(RLIMIT_NOFILE, &before));
	none.rlim_max = before.rlim_max;
	ASSERT(!setrlimit(RLIMIT_NOFILE, &none));
	names_look(list, names, count);
	setrlimit(RLIMIT_NOFILE, &before);
	ASSERT_STR(names[0].device, "");
}

static CU_TestInfo cases[] = {
	TEST(every_card_of_a_machine_has_a_name),
	TEST(a_libpci_that_exits_leaves_no_names),
	TEST(a_libpci_that_is_killed_leaves_no_names),
	TEST(an_error_of_libpci_leaves_no_names),
	TEST(a_uio_device_has_the_name_of_its_driver),
	TEST(without_descriptors_there_are_no_names),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"names", NULL, NULL, NULL, teardown, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
