/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Two processes want the same card at the same moment: one has it, and the other is told who. */
#include <config.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/error.h>

#include "conformance.h"

#define ROUNDS 20
#define RACERS 2

struct racer {
	pid_t pid;
	int rc;
	char text[1024];
};

/* Of which each racer has an end: it says that it is ready, or done, and waits for the end of it.
 */
struct race {
	int ready[2], go[2], end[2];
	struct racer *racers;
	int (*work)(struct pair *pair);
};

static int run_racer(struct pair *pair, const struct race *race, int (*enter)(void), int index)
{
	struct racer *racer = &race->racers[index];
	char byte = 0;

	close(race->go[1]);
	close(race->end[1]);
	if (enter && enter())
		return FAIL;
	if (write(race->ready[1], &byte, 1) != 1 || read(race->go[0], &byte, 1))
		return FAIL;
	racer->rc = race->work(pair);
	snprintf(racer->text, sizeof(racer->text), "%s", racer->rc ? uvio_last_error() : "");
	if (write(race->ready[1], &byte, 1) != 1 || read(race->end[0], &byte, 1))
		return FAIL;
	return PASS;
}

/* Where one of them fails before it begins, there is an end of "ready" sooner than its byte. */
static bool both_are_ready(const struct race *race)
{
	char byte;

	return read(race->ready[0], &byte, 1) == 1 && read(race->ready[0], &byte, 1) == 1;
}

static int start_racers(struct pair *pair, const struct race *race, int (*enter)(void))
{
	for (int i = 0; i < RACERS; i++) {
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (!pid) {
			int status = run_racer(pair, race, i ? enter : NULL, i);

			fflush(stdout);
			_exit(status);
		}
		CHECK(pid > 0);
		race->racers[i].pid = pid;
	}
	return PASS;
}

static int end_racers(const struct race *race)
{
	int status, rc = PASS;

	for (int i = 0; i < RACERS; i++)
		if (waitpid(race->racers[i].pid, &status, 0) < 0 || status)
			rc = FAIL;
	return rc;
}

static int run_race(struct pair *pair, struct race *race, int (*enter)(void))
{
	bool all;

	CHECK(!pipe2(race->ready, O_CLOEXEC) && !pipe2(race->go, O_CLOEXEC) &&
		!pipe2(race->end, O_CLOEXEC));
	CHECK(start_racers(pair, race, enter) == PASS);
	close(race->ready[1]);
	all = both_are_ready(race);
	close(race->go[1]);
	all = all && both_are_ready(race);
	close(race->end[1]);
	close(race->ready[0]);
	close(race->go[0]);
	close(race->end[0]);
	CHECK(end_racers(race) == PASS && all);
	return PASS;
}

static bool names_other(const struct race *race, int loser)
{
	char text[32];

	snprintf(text, sizeof(text), "process %d ", (int)race->racers[!loser].pid);
	return race->racers[loser].rc == -EBUSY && strstr(race->racers[loser].text, text);
}

/* How many were refused, and were told by whom; or -1. */
static int refused(const struct race *race)
{
	int count = 0;

	for (int i = 0; i < RACERS; i++) {
		const struct racer *racer = &race->racers[i];

		if (!racer->rc)
			continue;
		if (!names_other(race, i)) {
			fail_at(__FILE__, __LINE__, "beside %d: %d (%s)", (int)race->racers[!i].pid,
				racer->rc, racer->text);
			return -1;
		}
		count++;
	}
	return count;
}

static int opens_once(struct pair *pair, struct race *race)
{
	for (int i = 0; i < ROUNDS; i++) {
		CHECK(run_race(pair, race, NULL) == PASS);
		CHECK(refused(race) == 1);
	}
	return PASS;
}

static int bind_again(struct pair *pair)
{
	return uvio_bind(pair->ctx, pair->address, pair->backend);
}

/* The one that comes when all is done finds what it wants. */
static int binds_once(struct pair *pair, struct race *race, int (*enter)(void))
{
	struct uvio_override override;
	int count, all = 0;

	for (int i = 0; i < ROUNDS; i++) {
		CHECK_OK(uvio_bind(pair->ctx, pair->address, "none"));
		CHECK(run_race(pair, race, enter) == PASS);
		count = refused(race);
		CHECK(count == 0 || count == 1);
		all += count;
		CHECK_OK(uvio_override_read(pair->ctx, pair->address, &override));
		CHECK(!override.driver[0] && !override.interrupted);
		CHECK_OK(pair_open(pair));
		pair_close(pair);
	}
	printf("# %d of %d were refused\n", all, ROUNDS);
	return PASS;
}

static int with_racers(struct pair *pair, int (*work)(struct pair *pair), int (*enter)(void))
{
	struct race race = {.work = work, .racers = shared_memory(sizeof(struct racer[RACERS]))};
	int rc;

	CHECK(race.racers);
	rc = work == bind_again ? binds_once(pair, &race, enter) : opens_once(pair, &race);
	munmap(race.racers, sizeof(struct racer[RACERS]));
	return rc;
}

static int two_open(struct pair *pair)
{
	return with_racers(pair, pair_open, NULL);
}

static int two_bind(struct pair *pair)
{
	return with_racers(pair, bind_again, NULL);
}

static int two_bind_with_own_sysfs(struct pair *pair)
{
	return with_racers(pair, bind_again, enter_network);
}

const struct test_case race_cases[] = {
	{"race: of two that open, one has it", 0, two_open, true},
	{"race: of two that bind, none disturbs the other", 0, two_bind, true},
	{"race: nor with a sysfs of its own", 0, two_bind_with_own_sysfs, true},
	{0},
};
