/*
 * The result of what Rust has done, as functions of C answer it: -1 and a
 * number in errno if it has failed.
 */
#ifndef RESULT_H
#define RESULT_H

#include <errno.h>

static inline int
result(int number)
{
	if (number >= 0)
		return (number);
	errno = -number;
	return (-1);
}

#endif
