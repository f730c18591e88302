/*
 * Checks the C library and the calls from within: all cases, or those that are
 * named. With `crime NAME`, does what a program must not instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static const struct {
	const char	*name;
	void		(*run)(void);
} cases[] = {
	{ "calls",	calls },
	{ "changes",	changes },
	{ "declared",	declared },
	{ "figures",	figures },
	{ "files",	files },
	{ "forks",	forks },
	{ "formats",	formats },
	{ "interrupts",	interrupts },
	{ "memory",	memory },
	{ "names",	names },
	{ "numbers",	numbers },
	{ "sorting",	sorting },
	{ "space",	space },
	{ "texts",	texts },
	{ "transfers",	transfers },
};

#define NCASES	(sizeof cases / sizeof cases[0])

static int failures;

void
check(int holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	failures++;
	printf("FAILED %s:%d: %s\n", file, line, what);
}

void
check_int(long long is, long long expected, const char *what, const char *file, int line)
{
	if (is == expected)
		return;
	failures++;
	printf("FAILED %s:%d: %s is %lld, not %lld\n", file, line, what, is, expected);
}

void
check_text(const char *is, const char *expected, const char *what, const char *file, int line)
{
	if (is != NULL && strcmp(is, expected) == 0)
		return;
	failures++;
	printf("FAILED %s:%d: %s is \"%s\", not \"%s\"\n", file, line, what, is, expected);
}

int
failed(void)
{
	return (failures);
}

static int
is_wanted(const char *name, char *argv[])
{
	if (*argv == NULL)
		return (1);
	for (; *argv != NULL; argv++)
		if (strcmp(*argv, name) == 0)
			return (1);
	return (0);
}

static void
last_words(void)
{
	printf("the end\n");
}

int
main(int argc, char *argv[])
{
	int before, run = 0;
	size_t i;

	if (argc == 3 && strcmp(argv[1], "crime") == 0)
		return (commit(argv[2]));
	if (atexit(last_words) != 0)
		failures++;
	for (i = 0; i < NCASES; i++) {
		if (!is_wanted(cases[i].name, argv + 1))
			continue;
		before = failures;
		cases[i].run();
		if (failures == before)
			printf("ok %s\n", cases[i].name);
		run++;
	}
	return (run == 0 || failures > 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
