#include <stdlib.h>
#include <string.h>

#include "check.h"

#define MANY	1000

static int
by_number(const void *one, const void *other)
{
	int a = *(const int *)one, b = *(const int *)other;

	return ((a > b) - (a < b));
}

static int
by_text(const void *one, const void *other)
{
	return (strcmp(*(char *const *)one, *(char *const *)other));
}

struct odd {			/* of 7 bytes: no size that suits a register */
	char	key;
	char	rest[6];
};

static int
by_key(const void *one, const void *other)
{
	return (((const struct odd *)one)->key - ((const struct odd *)other)->key);
}

static void
sorts_numbers(void)
{
	static int numbers[MANY];
	int count, i, key, falls;
	long sum, sorted;

	for (count = 0; count < MANY; count = count * 2 + 1) {
		sum = sorted = falls = 0;
		for (i = 0; i < count; i++)
			sum += numbers[i] = rand() % 100 - 50;
		qsort(numbers, count, sizeof numbers[0], by_number);
		for (i = 0; i < count; i++) {
			sorted += numbers[i];
			falls += i > 0 && numbers[i - 1] > numbers[i];
		}
		CHECK_INT(sorted, sum);
		CHECK_INT(falls, 0);
		for (key = -51; key <= 50; key++) {
			int *found = bsearch(&key, numbers, count, sizeof key, by_number);
			int is_there = 0;

			for (i = 0; i < count; i++)
				is_there |= numbers[i] == key;
			CHECK_INT(found != NULL && *found == key, is_there);
		}
	}
}

void
sorting(void)
{
	char *words[] = { "node", "rdc", "port", "", "incarnation", "stream", "port" };
	struct odd odds[] = { { 'c', "ccccc" }, { 'a', "aaaaa" }, { 'b', "bbbbb" } };

	sorts_numbers();
	qsort(words, 7, sizeof words[0], by_text);
	CHECK_TEXT(words[0], "");
	CHECK_TEXT(words[1], "incarnation");
	CHECK_TEXT(words[3], "port");
	CHECK_TEXT(words[4], "port");
	CHECK_TEXT(words[6], "stream");
	qsort(odds, 3, sizeof odds[0], by_key);
	CHECK_TEXT(odds[0].rest, "aaaaa");
	CHECK_TEXT(odds[2].rest, "ccccc");
}
