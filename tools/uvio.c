/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include "tools.h"

int main(int argc, char **argv)
{
	return tool_main(argc, argv, NULL);
}
