/*
 * What a program must not do, and what becomes of it: see the tests.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static int *volatile nowhere = NULL;
static volatile int zero = 0;

static void __attribute__((noinline))
write_nowhere(void)
{
	*nowhere = 1;
}

static void __attribute__((noinline))
make_a_wrong_claim(int number)
{
	assert(number == 1);
}

int
commit(const char *crime)
{
	if (strcmp(crime, "write") == 0)
		write_nowhere();
	else if (strcmp(crime, "divide") == 0)
		return (12345 / zero);
	else if (strcmp(crime, "assert") == 0)
		make_a_wrong_claim(zero);
	else if (strcmp(crime, "abort") == 0)
		abort();
	printf("that was no crime\n");
	return (EXIT_FAILURE);
}
