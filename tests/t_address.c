/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "harness.h"
#include <uvio/error.h>

#include "base/address.h"
#include "base/context.h"
#include "base/error.h"
#include "tree.h"

static void parses_as(const char *text, enum uvio_address_kind kind, const char *canonical)
{
	struct uvio_address address;

	ASSERT_OK(uvio_address_parse(text, &address));
	ASSERT_EQ(address.kind, kind);
	ASSERT_STR(address.text, canonical);
}

static void is_refused(const char *text)
{
	struct uvio_address address;
	char shown[UVIO_ADDRESS_SIZE];

	snprintf(shown, sizeof(shown), "%s", text);
	uvio_text_clean(shown);
	ASSERT_ERR(uvio_address_parse(text, &address), -EINVAL,
		"not an address: use 0000:06:0d.0, 06:0d.0, d.0, uio0, /dev/uio0 or name:NAME");
	ASSERT(!strncmp(uvio_last_error(), shown, strlen(shown)));
}

static void a_pci_address_may_have_a_domain(void)
{
	parses_as("0000:06:0d.0", UVIO_ADDRESS_PCI, "0000:06:0d.0");
	parses_as("06:0d.0", UVIO_ADDRESS_PCI, "0000:06:0d.0");
	parses_as("10000:e1:00.7", UVIO_ADDRESS_PCI, "10000:e1:00.7");
}

static void a_pci_address_is_made_canonical(void)
{
	parses_as("0000:AF:1F.7", UVIO_ADDRESS_PCI, "0000:af:1f.7");
	parses_as("00000006:00:00.0", UVIO_ADDRESS_PCI, "0006:00:00.0");
}

static void a_pci_address_may_be_short(void)
{
	parses_as("4.0", UVIO_ADDRESS_PCI, "0000:00:04.0");
	parses_as("1f.7", UVIO_ADDRESS_PCI, "0000:00:1f.7");
	parses_as("0:4.0", UVIO_ADDRESS_PCI, "0000:00:04.0");
	parses_as("6:d.0", UVIO_ADDRESS_PCI, "0000:06:0d.0");
	parses_as("1:6:d.0", UVIO_ADDRESS_PCI, "0001:06:0d.0");
}

static void the_parts_of_a_pci_address_are_kept(void)
{
	struct uvio_address address;

	ASSERT_OK(uvio_address_parse("0001:af:1e.5", &address));
	ASSERT_EQ(address.domain, 1);
	ASSERT_EQ(address.bus, 0xaf);
	ASSERT_EQ(address.slot, 0x1e);
	ASSERT_EQ(address.function, 5);
}

static void a_uio_device_is_named_by_number_or_node(void)
{
	parses_as("uio0", UVIO_ADDRESS_UIO, "uio0");
	parses_as("/dev/uio12", UVIO_ADDRESS_UIO, "uio12");
	parses_as("uio999999", UVIO_ADDRESS_UIO, "uio999999");
}

static void a_name_may_hold_anything(void)
{
	parses_as("name:fieldbus", UVIO_ADDRESS_NAME, "fieldbus");
	parses_as("name:a b:c/d", UVIO_ADDRESS_NAME, "a b:c/d");
}

static void malformed_pci_addresses_are_refused(void)
{
	static const char *const wrong[] = {"06:0d", "06:0d.", "06:0d.8", "06:20.0", "006:0d.0",
		"000000000:06:0d.0", "4", "4.", ".0", "4.8", "20.0", "004.0", "0:004.0", "::4.0",
		"0::4.0", "06:0d.0 ", " 06:0d.0", "06:0d.00", "06:0g.0", "0000:06:0d.0\n",
		"06.0d.0", "0000:06:0d:0", "-06:0d.0", "0x06:0d.0", "0000::0d.0", ":06:0d.0"};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		is_refused(wrong[i]);
}

static void malformed_uio_devices_are_refused(void)
{
	static const char *const wrong[] = {"uio", "uio-1", "uio00", "uio01", "uio0x", "uio 0",
		"UIO0", "/dev/", "/dev/uio", "/dev/uio0/", "/sys/uio0", "dev/uio0", "uio1000000",
		"uio99999999999999999999", "/dev//uio0", "uio0/../uio1"};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		is_refused(wrong[i]);
}

static void other_words_are_refused(void)
{
	static const char *const wrong[] = {"", "name:", "Name:x", "eth0", "/", "..", "%s%n"};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		is_refused(wrong[i]);
}

static void a_name_that_is_too_long_is_refused(void)
{
	char text[6 + UVIO_ADDRESS_SIZE] = "name:";
	struct uvio_address address;

	memset(text + 5, 'x', UVIO_ADDRESS_SIZE);
	text[5 + UVIO_ADDRESS_SIZE] = '\0';
	ASSERT_ERR(uvio_address_parse(text, &address), -EINVAL, "not an address");
	text[5 + UVIO_ADDRESS_SIZE - 1] = '\0';
	ASSERT_OK(uvio_address_parse(text, &address));
}

static void an_endless_word_is_refused_with_a_short_text(void)
{
	char text[100000];
	struct uvio_address address;

	memset(text, '0', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ASSERT_ERR(uvio_address_parse(text, &address), -EINVAL, "not an address");
	ASSERT(strlen(uvio_last_error()) < 200);
}

static void no_address_at_all_is_refused(void)
{
	struct uvio_address address;

	ASSERT_ERR(uvio_address_parse(NULL, &address), -EINVAL, "no address given");
}

static void resolves_to(const char *tree_name, const char *text, const char *canonical)
{
	struct tree *tree = tree_new(tree_name);
	struct uvio_address address;

	ASSERT_OK(uvio_address_resolve(tree->ctx, text, &address));
	ASSERT_STR(address.text, canonical);
	tree_free(tree);
}

static void does_not_resolve(const char *tree_name, const char *text, int err, const char *sentence)
{
	struct tree *tree = tree_new(tree_name);
	struct uvio_address address;

	ASSERT_ERR(uvio_address_resolve(tree->ctx, text, &address), err, sentence);
	tree_free(tree);
}

static void a_uio_device_on_pci_is_its_function(void)
{
	resolves_to("edu-uio", "uio0", EDU);
	resolves_to("edu-uio", "/dev/uio0", EDU);
	resolves_to("edu-uio", "name:uio_pci_generic", EDU);
}

static void a_uio_device_elsewhere_is_itself(void)
{
	resolves_to("platform", "uio1", "uio1");
	resolves_to("platform", "name:fieldbus", "uio1");
}

static void a_missing_uio_device_is_named(void)
{
	does_not_resolve("edu-uio", "uio7", -ENODEV, "uio7: no such UIO device; see uvio list");
	does_not_resolve("empty", "uio0", -ENODEV, "uio0: no such UIO device; see uvio list");
}

static void a_missing_name_is_named(void)
{
	does_not_resolve("edu-uio", "name:adc", -ENODEV,
		"name:adc: no UIO device has that name; see uvio list");
}

static void a_name_that_two_devices_have_is_no_address(void)
{
	does_not_resolve("same-name", "name:adc", -EEXIST,
		"name:adc: 2 UIO devices have that name: uio2, uio10; give the number of one of "
		"them");
}

static CU_TestInfo parsing[] = {
	TEST(a_pci_address_may_have_a_domain),
	TEST(a_pci_address_is_made_canonical),
	TEST(a_pci_address_may_be_short),
	TEST(the_parts_of_a_pci_address_are_kept),
	TEST(a_uio_device_is_named_by_number_or_node),
	TEST(a_name_may_hold_anything),
	TEST(malformed_pci_addresses_are_refused),
	TEST(malformed_uio_devices_are_refused),
	TEST(other_words_are_refused),
	TEST(a_name_that_is_too_long_is_refused),
	TEST(an_endless_word_is_refused_with_a_short_text),
	TEST(no_address_at_all_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo resolving[] = {
	TEST_FOR("uio 3.37", a_uio_device_on_pci_is_its_function),
	TEST(a_uio_device_elsewhere_is_itself),
	TEST(a_missing_uio_device_is_named),
	TEST(a_missing_name_is_named),
	TEST(a_name_that_two_devices_have_is_no_address),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"parse", NULL, NULL, NULL, NULL, parsing},
	{"resolve", NULL, NULL, NULL, NULL, resolving},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
