/*
 * Numbers in texts, division, random numbers, the environment.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The digits of a number and the sign before them: the way of all four.
 */
struct number {
	unsigned long long	 value;
	int			 negative;
	int			 overflow;	/* it has more bits than value */
	const char		*end;		/* where the text began, if it has no digit */
};

static int
digit(int c)
{
	if (isdigit(c))
		return (c - '0');
	if (isalpha(c))
		return (tolower(c) - 'a' + 10);
	return (INT_MAX);
}

static struct number
scan(const char *text, int base)
{
	struct number number = { 0, 0, 0, text };

	while (isspace((unsigned char)*text))
		text++;
	if (*text == '+' || *text == '-')
		number.negative = *text++ == '-';
	if ((base == 0 || base == 16) && text[0] == '0' && tolower(text[1]) == 'x'
	    && isxdigit((unsigned char)text[2])) {
		text += 2;
		base = 16;
	}
	if (base == 0)
		base = *text == '0' ? 8 : 10;
	for (; digit((unsigned char)*text) < base; number.end = ++text) {
		if (__builtin_mul_overflow(number.value, base, &number.value)
		    || __builtin_add_overflow(number.value, digit(*text), &number.value))
			number.overflow = 1;
	}
	return (number);
}

/*
 * A number between -max - 1 and max.
 */
static long long
to_signed(const char *text, char **end, int base, long long max)
{
	struct number number = scan(text, base);
	unsigned long long most = (unsigned long long)max + number.negative;

	if (end != NULL)
		*end = (char *)number.end;
	if (number.overflow || number.value > most) {
		errno = ERANGE;
		return (number.negative ? -max - 1 : max);
	}
	return (number.negative ? -number.value : number.value);
}

/*
 * A number up to max; what is negative is taken as C does, modulo max + 1.
 */
static unsigned long long
to_unsigned(const char *text, char **end, int base, unsigned long long max)
{
	struct number number = scan(text, base);

	if (end != NULL)
		*end = (char *)number.end;
	if (number.overflow || number.value > max) {
		errno = ERANGE;
		return (max);
	}
	return ((number.negative ? -number.value : number.value) & max);
}

long
strtol(const char *text, char **end, int base)
{
	return (to_signed(text, end, base, LONG_MAX));
}

unsigned long
strtoul(const char *text, char **end, int base)
{
	return (to_unsigned(text, end, base, ULONG_MAX));
}

long long
strtoll(const char *text, char **end, int base)
{
	return (to_signed(text, end, base, LLONG_MAX));
}

unsigned long long
strtoull(const char *text, char **end, int base)
{
	return (to_unsigned(text, end, base, ULLONG_MAX));
}

int
atoi(const char *text)
{
	return (strtol(text, NULL, 10));
}

long
atol(const char *text)
{
	return (strtol(text, NULL, 10));
}

int
abs(int number)
{
	return (number < 0 ? -number : number);
}

long
labs(long number)
{
	return (number < 0 ? -number : number);
}

div_t
div(int number, int by)
{
	return ((div_t){ number / by, number % by });
}

ldiv_t
ldiv(long number, long by)
{
	return ((ldiv_t){ number / by, number % by });
}

static unsigned int seed = 1;

void
srand(unsigned int with)
{
	seed = with;
}

/*
 * The high bits of two steps of a linear congruential generator, with the
 * constants of Numerical Recipes.
 */
int
rand(void)
{
	unsigned int high;

	seed = seed * 1664525 + 1013904223;
	high = seed >> 16;
	seed = seed * 1664525 + 1013904223;
	return ((high << 15 ^ seed >> 16) & RAND_MAX);
}

char *
getenv(const char *name)
{
	size_t length = strlen(name);
	char **variable;

	for (variable = environ; *variable != NULL; variable++)
		if (strncmp(*variable, name, length) == 0 && (*variable)[length] == '=')
			return (*variable + length + 1);
	return (NULL);
}
