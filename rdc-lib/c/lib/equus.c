/*
 * What the library adds to the calls of appendix B.
 */
#include <equus.h>
#include <string.h>

#include "rust.h"

#define TEXT_MAX	160	/* bytes of the longest text of an error */

int
inc_standardPort(void)
{
	return (__standard_port());
}

int
inc_auxiliaryPort(void)
{
	return (__auxiliary_port());
}

int
inc_launchStream(void)
{
	return (__launch_stream());
}

const char *
inc_errorText(int error)
{
	static char text[TEXT_MAX];
	const char *begin;
	size_t length;

	length = __call_error(error, &begin);
	if (length == 0)
		return ("There is no such error.");
	if (length >= sizeof text)
		length = sizeof text - 1;
	memcpy(text, begin, length);
	text[length] = '\0';
	return (text);
}
