/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Modbus RTU between two serial ports, with libmodbus on both, which knows nothing of us: registers
 * are written and read back.
 *
 *	t_modbus SERVER-PATH CLIENT-PATH ROUNDS
 */
#include <config.h>

#include <errno.h>
#include <modbus.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLAVE 17
#define REGISTERS 100
#define LIMIT 20 /* seconds; an emulated machine is slow */

static void fail(const char *what)
{
	printf("%s: %s\n", what, modbus_strerror(errno));
	exit(1);
}

static modbus_t *open_line(const char *path)
{
	modbus_t *line = modbus_new_rtu(path, 19200, 'E', 8, 1);

	if (!line || modbus_set_slave(line, SLAVE) || modbus_connect(line))
		fail(path);
	modbus_set_response_timeout(line, LIMIT, 0);
	modbus_set_byte_timeout(line, LIMIT, 0);
	return line;
}

static void serve(const char *path, int ready)
{
	modbus_mapping_t *map = modbus_mapping_new(0, 0, REGISTERS, 0);
	uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
	modbus_t *line = open_line(path);

	if (!map || write(ready, "", 1) != 1)
		fail("server");
	for (;;) {
		int n = modbus_receive(line, query);

		if (n > 0)
			modbus_reply(line, query, n, map);
	}
}

static void ask(modbus_t *line, unsigned int round)
{
	uint16_t out[REGISTERS], in[REGISTERS];

	for (unsigned int i = 0; i < REGISTERS; i++)
		out[i] = (uint16_t)(round * 7919 + i * 104729);
	if (modbus_write_registers(line, 0, REGISTERS, out) != REGISTERS)
		fail("write registers");
	if (modbus_read_registers(line, 0, REGISTERS, in) != REGISTERS)
		fail("read registers");
	if (memcmp(in, out, sizeof(in)) != 0) {
		printf("other registers come back\n");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	int ready[2];
	char byte;
	pid_t server;
	modbus_t *line;

	if (argc != 4 || pipe(ready))
		return 2;
	server = fork();
	if (!server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(argv[1], ready[1]);
	}
	close(ready[1]);
	if (server < 0 || read(ready[0], &byte, 1) != 1)
		fail("server");
	line = open_line(argv[2]);
	for (int round = 0; round < atoi(argv[3]); round++)
		ask(line, (unsigned int)round);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	printf("ok\n");
	return 0;
}
