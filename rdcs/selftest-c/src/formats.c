#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

/*
 * That a format comes to a text, and says how long it is.
 */
static void
comes_to(const char *expected, const char *format, ...)
{
	static char text[2000];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	check_text(text, expected, format, __FILE__, __LINE__);
	check_int(length, strlen(expected), format, __FILE__, __LINE__);
}

static void
integers(void)
{
	comes_to("0 1 -1", "%d %d %i", 0, 1, -1);
	comes_to("2147483647 -2147483648", "%d %ld", INT_MAX, LONG_MIN);
	comes_to("4294967295 ffffffff", "%u %x", UINT_MAX, UINT_MAX);
	comes_to("18446744073709551615", "%llu", ULLONG_MAX);
	comes_to("-9223372036854775808", "%lld", LLONG_MIN);
	comes_to("   42|42   |00042|+42| 42", "%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42);
	comes_to("  -42|-42  |-0042", "%5d|%-5d|%05d", -42, -42, -42);
	comes_to("007|  007|", "%.3d|%5.3d|%.0d", 7, 7, 0);
	comes_to("ff|FF|0xff|0XFF|0", "%x|%X|%#x|%#X|%#x", 255, 255, 255, 255, 0);
	comes_to("17|017|0", "%o|%#o|%#o", 15, 15, 0);
	comes_to("0x00ff|  0xff", "%#06x|%#6x", 255, 255);
	comes_to("-1 255 -1 65535", "%hhd %hhu %hd %hu", 255, 255, 65535, 65535);
	comes_to("   7|7   |7", "%*d|%*d|%.*d", 4, 7, -4, 7, -1, 7);
	comes_to("12 34 56 78", "%jd %zu %td %lu", (intmax_t)12, (size_t)34, (ptrdiff_t)56, 78L);
	comes_to("0x10000 0x0", "%p %p", (void *)0x10000, (void *)0);
}

static void
characters(void)
{
	comes_to("a|  b|c  |", "%c|%3c|%-3c|", 'a', 'b', 'c');
	comes_to("text| text|text |te", "%s|%5s|%-5s|%.2s", "text", "text", "text", "text");
	comes_to("(null)||100%", "%s|%s|100%%", NULL, "");
}

static void
doubles(void)
{
	comes_to("0.000000 1.500000 -2.250000", "%f %f %f", 0.0, 1.5, -2.25);
	comes_to("3.14|3.142|3|3.", "%.2f|%.3f|%.0f|%#.0f", 3.14159, 3.14159, 3.14159, 3.14159);
	comes_to("    1.50|1.50    |00001.50|+1.50", "%8.2f|%-8.2f|%08.2f|%+.2f", 1.5, 1.5, 1.5, 1.5);
	comes_to("0.1000000000000000055511151231257827021181583404541015625000", "%.58f", 0.1);
	comes_to("2 4 -0", "%.0f %.0f %.0f", 2.5, 3.5, -0.5);
	comes_to("100000000000000000000.0", "%.1f", 1e20);
	comes_to("1.000000e+00 1.234568e-05 9.99e+99", "%e %e %.2e", 1.0, 1.23456789e-5, 9.99e99);
	comes_to("1e+100 5E-324 0e+00", "%.0e %.0E %.0e", 1e100, 5e-324, 0.0);
	comes_to("0.0001 1e-05 100000 1e+06 123457", "%g %g %g %g %g", 1e-4, 1e-5, 1e5, 1e6, 123456.7);
	comes_to("1.00000 0.5 1e+02 100", "%#g %g %.2g %.3g", 1.0, 0.5, 100.0, 100.0);
	comes_to("0 1.1 0.3", "%g %g %.15g", 0.0, 1.1, 0.1 + 0.2);
	comes_to("inf -inf   nan INF", "%f %e %5f %G", __builtin_inf(),
	    -__builtin_inf(), __builtin_nan(""), __builtin_inf());
	comes_to("179769313486231570000", "%.21s", "179769313486231570000");
}

/*
 * What does not fit, and lengths so far.
 */
static void
room(void)
{
	char text[5], nothing = 'x';
	int so_far = 0;

	CHECK_INT(snprintf(text, sizeof text, "%s", "too long"), 8);
	CHECK_TEXT(text, "too ");
	CHECK_INT(snprintf(&nothing, 0, "%d", 12345), 5);
	CHECK_INT(nothing, 'x');
	CHECK_INT(snprintf(NULL, 0, "%1000d", 1), 1000);
	CHECK_INT(sprintf(text, "a%nb", &so_far), 2);
	CHECK_INT(so_far, 1);
	CHECK_INT(printf("%s", ""), 0);
}

void
formats(void)
{
	integers();
	characters();
	doubles();
	room();
}
