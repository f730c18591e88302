#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define BLOCK	4096

struct link {
	struct link	*next;
	char		 rest[BLOCK - sizeof(struct link *)];
};

/*
 * Takes all there is, gives it back, and answers how many blocks that were.
 */
static int
use_up(void)
{
	struct link *first = NULL, *link;
	int count = 0;

	errno = 0;
	while ((link = malloc(sizeof *link)) != NULL) {
		memset(link, count, sizeof *link);
		link->next = first;
		first = link;
		count++;
	}
	CHECK_INT(errno, ENOMEM);
	while (first != NULL) {
		link = first->next;
		free(first);
		first = link;
	}
	return (count);
}

static void
blocks_keep_what_they_hold(void)
{
	static unsigned char *blocks[64];
	static size_t sizes[64];
	int round, i, wrong = 0;
	size_t at;

	for (round = 0; round < 2000; round++) {
		i = rand() % 64;
		for (at = 0; at < sizes[i]; at++)
			wrong += blocks[i][at] != i;
		sizes[i] = rand() % 700;
		blocks[i] = realloc(blocks[i], sizes[i]);
		CHECK(blocks[i] != NULL);
		wrong += (uintptr_t)blocks[i] % 8 != 0;
		memset(blocks[i], i, sizes[i]);
	}
	CHECK_INT(wrong, 0);
	for (i = 0; i < 64; i++)
		free(blocks[i]);
}

void
memory(void)
{
	char *block = calloc(100, 7);
	int most, i;

	for (i = 0; i < 700 && block[i] == 0; i++)
		;
	CHECK_INT(i, 700);
	strcpy(block, "kept");
	block = realloc(block, 20000);
	CHECK_TEXT(block, "kept");
	block = realloc(block, 5);
	CHECK_TEXT(block, "kept");
	free(block);
	free(NULL);
	CHECK((block = malloc(0)) != NULL);
	free(block);
	blocks_keep_what_they_hold();

	/* The module's heap has half a megabyte. */
	most = use_up();
	CHECK(most > 100 && most < 128);
	CHECK_INT(use_up(), most);
	errno = 0;
	CHECK(calloc(SIZE_MAX / 2, 3) == NULL);
	CHECK_INT(errno, ENOMEM);
	CHECK(malloc(SIZE_MAX) == NULL);
}
