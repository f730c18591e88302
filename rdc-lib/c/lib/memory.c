/*
 * Memory: the heap is Rust's (src/heap.rs), and grows when it is needed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rust.h"

void *
malloc(size_t size)
{
	void *block = (void *)__allocate(size);

	if (block == NULL)
		errno = ENOMEM;
	return (block);
}

void
free(void *block)
{
	if (block != NULL)
		__release((unsigned long)block);
}

void *
calloc(size_t count, size_t size)
{
	size_t total;
	void *block;

	if (__builtin_mul_overflow(count, size, &total)) {
		errno = ENOMEM;
		return (NULL);
	}
	block = malloc(total);
	return (block == NULL ? NULL : memset(block, 0, total));
}

void *
realloc(void *block, size_t size)
{
	size_t old;
	void *moved;

	if (block == NULL)
		return (malloc(size));
	old = __block_size((unsigned long)block);
	/* A block that shrinks a bit stays as it is. */
	if (size <= old && size >= old / 2)
		return (block);
	moved = malloc(size);
	if (moved == NULL)
		return (NULL);
	memcpy(moved, block, old < size ? old : size);
	free(block);
	return (moved);
}
