/*
 * Sorting and searching.
 */
#include <stdlib.h>
#include <string.h>

typedef int compare_t(const void *, const void *);

static void
swap(char *one, char *other, size_t size)
{
	char byte;

	while (size-- > 0) {
		byte = *one;
		*one++ = *other;
		*other++ = byte;
	}
}

/*
 * Lets the element at root sink in a heap of count elements, until none below
 * it is larger.
 */
static void
sink(char *base, size_t root, size_t count, size_t size, compare_t *compare)
{
	size_t child;

	while ((child = 2 * root + 1) < count) {
		if (child + 1 < count
		    && compare(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (compare(base + root * size, base + child * size) >= 0)
			return;
		swap(base + root * size, base + child * size, size);
		root = child;
	}
}

/*
 * Heapsort: never slower than n log n, and without a stack or memory of its
 * own.
 */
void
qsort(void *base, size_t count, size_t size, compare_t *compare)
{
	size_t i;

	for (i = count / 2; i-- > 0;)
		sink(base, i, count, size, compare);
	for (i = count; i-- > 1;) {
		swap(base, (char *)base + i * size, size);
		sink(base, 0, i, size, compare);
	}
}

void *
bsearch(const void *key, const void *base, size_t count, size_t size, compare_t *compare)
{
	const char *middle;
	int order;

	while (count > 0) {
		middle = (const char *)base + count / 2 * size;
		order = compare(key, middle);
		if (order == 0)
			return ((void *)middle);
		if (order > 0) {
			base = middle + size;
			count--;
		}
		count /= 2;
	}
	return (NULL);
}
