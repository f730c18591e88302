#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "check.h"

/*
 * What strtol answers, how much of the text it takes, and its error.
 */
static void
reads(const char *text, int base, long expected, int length, int error)
{
	char *end;

	errno = 0;
	CHECK_INT(strtol(text, &end, base), expected);
	CHECK_INT(end - text, length);
	CHECK_INT(errno, error);
}

static void
reads_unsigned(const char *text, int base, unsigned long expected, int length, int error)
{
	char *end;

	errno = 0;
	CHECK_INT(strtoul(text, &end, base), expected);
	CHECK_INT(end - text, length);
	CHECK_INT(errno, error);
}

static void
kinds_of_characters(void)
{
	int c, digits = 0, letters = 0, printed = 0, spaces = 0, marks = 0;

	for (c = -1; c < 256; c++) {
		digits += isdigit(c) != 0;
		letters += isalpha(c) != 0;
		printed += isprint(c) != 0;
		spaces += isspace(c) != 0;
		marks += ispunct(c) != 0;
	}
	CHECK_INT(digits, 10);
	CHECK_INT(letters, 52);
	CHECK_INT(printed, 95);
	CHECK_INT(spaces, 6);
	CHECK_INT(marks, 32);
	CHECK_INT(toupper('q'), 'Q');
	CHECK_INT(toupper('['), '[');
	CHECK_INT(tolower('Q'), 'q');
}

void
numbers(void)
{
	reads("0", 10, 0, 1, 0);
	reads("  -42rest", 10, -42, 5, 0);
	reads("+7", 10, 7, 2, 0);
	reads("0x1f", 0, 31, 4, 0);
	reads("0x1f", 16, 31, 4, 0);
	reads("0x", 16, 0, 1, 0);
	reads("0xg", 0, 0, 1, 0);
	reads("017", 0, 15, 3, 0);
	reads("019", 0, 1, 2, 0);
	reads("zz", 36, 35 * 36 + 35, 2, 0);
	reads("102", 2, 2, 2, 0);
	reads("", 10, 0, 0, 0);
	reads(" - 1", 10, 0, 0, 0);
	reads("2147483647", 10, LONG_MAX, 10, 0);
	reads("2147483648", 10, LONG_MAX, 10, ERANGE);
	reads("-2147483648", 10, LONG_MIN, 11, 0);
	reads("-2147483649", 10, LONG_MIN, 11, ERANGE);
	reads("99999999999999999999999", 10, LONG_MAX, 23, ERANGE);
	reads_unsigned("4294967295", 10, ULONG_MAX, 10, 0);
	reads_unsigned("4294967296", 10, ULONG_MAX, 10, ERANGE);
	reads_unsigned("-1", 10, ULONG_MAX, 2, 0);
	CHECK_INT(strtoll("-9223372036854775808", NULL, 10), LLONG_MIN);
	CHECK(strtoull("18446744073709551615", NULL, 10) == ULLONG_MAX);
	CHECK_INT(atoi("12 and 30"), 12);
	CHECK_INT(atol("-1"), -1);
	CHECK_INT(abs(-5), 5);
	CHECK_INT(div(-7, 2).quot, -3);
	CHECK_INT(ldiv(-7, 2).rem, -1);
	kinds_of_characters();
}
