/*
 * Formatted output.
 *
 * A conversion becomes three parts: what stands before (sign, 0x), zeros, and
 * digits or text; and is then put out at its width. The digits of floating
 * point are Rust's.
 */
#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "rust.h"

/* Digits that a double has at most: behind the point, and in all. */
#define PLACES_MAX	1074
#define DIGITS_MAX	(309 + 1 + PLACES_MAX)

/*
 * Where it goes: to a file, or as much as there is room for into memory.
 */
struct sink {
	FILE		*file;
	char		*text;
	size_t		 room;		/* without the null */
	size_t		 length;	/* of everything so far */
	int		 failed;
};

/*
 * A conversion: what stands between % and the letter, and the parts it becomes.
 */
struct conversion {
	unsigned char	 minus, plus, space, hash, zero;
	int		 width;
	int		 precision;	/* -1 if there is none */
	char		 size;		/* h, H for hh, l, L for ll, j, z, t, or 0 */
	char		 letter;
	const char	*before;
	size_t		 zeros;
	const char	*digits;
	size_t		 length;
	size_t		 more_zeros;	/* behind the digits */
};

static void
put(struct sink *sink, const char *data, size_t length)
{
	size_t part;

	if (sink->file != NULL) {
		if (!__put(sink->file, data, length))
			sink->failed = 1;
	} else if (sink->length < sink->room) {
		part = sink->room - sink->length;
		memcpy(sink->text + sink->length, data, part < length ? part : length);
	}
	sink->length += length;
}

static void
pad(struct sink *sink, char with, size_t count)
{
	char piece[32];

	memset(piece, with, sizeof piece);
	for (; count > sizeof piece; count -= sizeof piece)
		put(sink, piece, sizeof piece);
	put(sink, piece, count);
}

/*
 * Puts out the parts of a conversion.
 */
static void
put_parts(struct sink *sink, struct conversion *c)
{
	size_t before = strlen(c->before);
	size_t length = before + c->zeros + c->length + c->more_zeros;
	size_t fill = (size_t)c->width > length ? c->width - length : 0;

	if (c->zero && !c->minus) {
		c->zeros += fill;
		fill = 0;
	}
	if (!c->minus)
		pad(sink, ' ', fill);
	put(sink, c->before, before);
	pad(sink, '0', c->zeros);
	put(sink, c->digits, c->length);
	pad(sink, '0', c->more_zeros);
	if (c->minus)
		pad(sink, ' ', fill);
}

/*
 * What stands before a number that has a sign.
 */
static const char *
sign(const struct conversion *c, int negative)
{
	if (negative)
		return ("-");
	return (c->plus ? "+" : c->space ? " " : "");
}

static intmax_t
signed_argument(const struct conversion *c, va_list *arguments)
{
	switch (c->size) {
	case 'H':
		return ((signed char)va_arg(*arguments, int));
	case 'h':
		return ((short)va_arg(*arguments, int));
	case 'L':
	case 'j':
		return (va_arg(*arguments, long long));
	default:
		return (va_arg(*arguments, long));	/* as wide as an int */
	}
}

static uintmax_t
unsigned_argument(const struct conversion *c, va_list *arguments)
{
	switch (c->size) {
	case 'H':
		return ((unsigned char)va_arg(*arguments, int));
	case 'h':
		return ((unsigned short)va_arg(*arguments, int));
	case 'L':
	case 'j':
		return (va_arg(*arguments, unsigned long long));
	default:
		return (va_arg(*arguments, unsigned long));
	}
}

/*
 * Writes the digits of a number before end; answers where they begin. Division
 * of 64 bits is slow, and few numbers need it.
 */
static char *
digits(uintmax_t value, unsigned int base, const char *figures, char *end)
{
	unsigned long low;

	for (; value > ULONG_MAX; value /= base)
		*--end = figures[value % base];
	for (low = value; low != 0; low /= base)
		*--end = figures[low % base];
	return (end);
}

static void
put_integer(struct sink *sink, struct conversion *c, va_list *arguments)
{
	char buffer[sizeof(uintmax_t) * CHAR_BIT / 3 + 1];
	char *end = buffer + sizeof buffer, *begin;
	const char *figures = "0123456789abcdef";
	unsigned int base = 10;
	intmax_t number;
	uintmax_t value;

	c->before = "";
	switch (c->letter) {
	case 'd':
	case 'i':
		number = signed_argument(c, arguments);
		value = number < 0 ? -(uintmax_t)number : (uintmax_t)number;
		c->before = sign(c, number < 0);
		break;
	case 'p':
		c->hash = 1;
		/* FALLTHROUGH */
	case 'x':
		base = 16;
		value = unsigned_argument(c, arguments);
		if (c->hash && (value != 0 || c->letter == 'p'))
			c->before = "0x";
		break;
	case 'X':
		base = 16;
		figures = "0123456789ABCDEF";
		value = unsigned_argument(c, arguments);
		if (c->hash && value != 0)
			c->before = "0X";
		break;
	case 'o':
		base = 8;
		/* FALLTHROUGH */
	default:
		value = unsigned_argument(c, arguments);
		break;
	}
	begin = digits(value, base, figures, end);
	c->digits = begin;
	c->length = end - begin;
	if (c->precision >= 0)
		c->zero = 0;
	else
		c->precision = 1;
	if ((size_t)c->precision > c->length)
		c->zeros = c->precision - c->length;
	if (c->letter == 'o' && c->hash && c->zeros == 0)
		c->zeros = 1;
	put_parts(sink, c);
}

static void
put_double(struct sink *sink, struct conversion *c, va_list *arguments)
{
	char buffer[DIGITS_MAX + 2], *at;
	double value = va_arg(*arguments, double);
	int style = tolower(c->letter), precision = c->precision < 0 ? 6 : c->precision;

	c->before = sign(c, __builtin_signbit(value) != 0);
	value = __builtin_fabs(value);
	c->digits = buffer;
	if (value != value || value > __DBL_MAX__) {
		c->zero = 0;
		c->digits = value != value ? "nan" : "inf";
		c->length = 3;
		memcpy(buffer, c->digits, c->length);
		c->digits = buffer;
	} else {
		if (style == 'g' && c->hash)
			style = 'G';
		if (precision > PLACES_MAX) {
			c->more_zeros = style == 'f' ? precision - PLACES_MAX : 0;
			precision = PLACES_MAX;
		}
		c->length = __digits(buffer, sizeof buffer, value, precision, style);
		if (c->hash && memchr(buffer, '.', c->length) == NULL) {
			/* The point that # asks for, before an exponent. */
			at = memchr(buffer, 'e', c->length);
			if (at == NULL)
				at = buffer + c->length;
			memmove(at + 1, at, buffer + c->length - at);
			*at = '.';
			c->length++;
		}
	}
	if (isupper(c->letter))
		for (at = buffer; at < buffer + c->length; at++)
			*at = toupper(*at);
	put_parts(sink, c);
}

static void
put_text(struct sink *sink, struct conversion *c, va_list *arguments)
{
	char character;

	c->before = "";
	c->zero = 0;
	if (c->letter == 'c') {
		character = va_arg(*arguments, int);
		c->digits = &character;
		c->length = 1;
	} else {
		c->digits = va_arg(*arguments, const char *);
		if (c->digits == NULL)
			c->digits = "(null)";
		c->length = strnlen(c->digits, c->precision < 0 ? SIZE_MAX : (size_t)c->precision);
	}
	put_parts(sink, c);
}

/*
 * Where the number that was put out so far is wanted (%n).
 */
static void
store_length(const struct sink *sink, const struct conversion *c, va_list *arguments)
{
	void *to = va_arg(*arguments, void *);

	switch (c->size) {
	case 'H':
		*(signed char *)to = sink->length;
		break;
	case 'h':
		*(short *)to = sink->length;
		break;
	case 'L':
	case 'j':
		*(long long *)to = sink->length;
		break;
	default:
		*(int *)to = sink->length;
		break;
	}
}

/*
 * A number in a format, or * for an argument.
 */
static const char *
read_number(const char *format, int *number, va_list *arguments)
{
	if (*format == '*') {
		*number = va_arg(*arguments, int);
		return (format + 1);
	}
	for (*number = 0; isdigit((unsigned char)*format); format++)
		*number = *number * 10 + *format - '0';
	return (format);
}

/*
 * Reads what stands behind %; answers what stands behind the letter.
 */
static const char *
read_conversion(const char *format, struct conversion *c, va_list *arguments)
{
	memset(c, 0, sizeof *c);
	for (;; format++) {
		if (*format == '-')
			c->minus = 1;
		else if (*format == '+')
			c->plus = 1;
		else if (*format == ' ')
			c->space = 1;
		else if (*format == '#')
			c->hash = 1;
		else if (*format == '0')
			c->zero = 1;
		else
			break;
	}
	format = read_number(format, &c->width, arguments);
	if (c->width < 0) {
		c->minus = 1;
		c->width = -c->width;
	}
	c->precision = -1;
	if (*format == '.')
		format = read_number(format + 1, &c->precision, arguments);
	if (*format != '\0' && strchr("hljzt", *format) != NULL) {
		c->size = *format++;
		if ((c->size == 'h' || c->size == 'l') && *format == c->size)
			c->size = toupper(*format++);
	}
	c->letter = *format;
	return (*format == '\0' ? format : format + 1);
}

static void
put_all(struct sink *sink, const char *format, va_list *arguments)
{
	struct conversion c;
	const char *mark;

	while (*format != '\0') {
		mark = strchr(format, '%');
		if (mark == NULL)
			mark = format + strlen(format);
		put(sink, format, mark - format);
		if (*mark == '\0')
			return;
		format = read_conversion(mark + 1, &c, arguments);
		switch (c.letter) {
		case 'd': case 'i': case 'o': case 'p': case 'u': case 'x': case 'X':
			put_integer(sink, &c, arguments);
			break;
		case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
			put_double(sink, &c, arguments);
			break;
		case 'c': case 's':
			put_text(sink, &c, arguments);
			break;
		case 'n':
			store_length(sink, &c, arguments);
			break;
		case '%':
			put(sink, "%", 1);
			break;
		default:	/* no conversion: as it stands */
			put(sink, mark, format - mark);
			break;
		}
	}
}

int
vfprintf(FILE *file, const char *format, va_list arguments)
{
	struct sink sink = { .file = file };
	va_list rest;

	va_copy(rest, arguments);
	put_all(&sink, format, &rest);
	va_end(rest);
	if (__settle(file) != 0 || sink.failed)
		return (-1);
	return (sink.length);
}

int
vsnprintf(char *text, size_t room, const char *format, va_list arguments)
{
	struct sink sink = { .text = text, .room = room == 0 ? 0 : room - 1 };
	va_list rest;

	va_copy(rest, arguments);
	put_all(&sink, format, &rest);
	va_end(rest);
	if (room > 0)
		text[sink.length < sink.room ? sink.length : sink.room] = '\0';
	return (sink.length);
}

int
vprintf(const char *format, va_list arguments)
{
	return (vfprintf(stdout, format, arguments));
}

int
vsprintf(char *text, const char *format, va_list arguments)
{
	return (vsnprintf(text, SSIZE_MAX, format, arguments));
}

int
printf(const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vfprintf(stdout, format, arguments);
	va_end(arguments);
	return (length);
}

int
fprintf(FILE *file, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vfprintf(file, format, arguments);
	va_end(arguments);
	return (length);
}

int
sprintf(char *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsprintf(text, format, arguments);
	va_end(arguments);
	return (length);
}

int
snprintf(char *text, size_t room, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, room, format, arguments);
	va_end(arguments);
	return (length);
}
