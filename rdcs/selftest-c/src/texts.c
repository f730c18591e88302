#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static void
finds(void)
{
	const char *text = "to be, or not to be";

	CHECK_TEXT(strchr(text, 'b'), "be, or not to be");
	CHECK(strchr(text, 'x') == NULL);
	CHECK_TEXT(strchr(text, '\0'), "");
	CHECK_TEXT(strrchr(text, 'b'), "be");
	CHECK_TEXT(strstr(text, "to b"), text);
	CHECK_TEXT(strstr(text, "not"), "not to be");
	CHECK_TEXT(strstr(text, ""), text);
	CHECK(strstr(text, "bee") == NULL);
	CHECK_TEXT(strpbrk(text, ",r"), ", or not to be");
	CHECK(strpbrk(text, "xyz") == NULL);
	CHECK_INT(strspn(text, "ot "), 3);
	CHECK_INT(strcspn(text, ","), 5);
	CHECK_INT(strcspn(text, "xyz"), strlen(text));
	CHECK((char *)memchr(text, 'o', 2) == text + 1);
	CHECK(memchr(text, 'o', 1) == NULL);
}

static void
compares(void)
{
	CHECK(strcmp("a", "b") < 0);
	CHECK(strcmp("b", "a") > 0);
	CHECK(strcmp("\xff", "a") > 0);
	CHECK_INT(strcmp("", ""), 0);
	CHECK(strcmp("ab", "a") > 0);
	CHECK_INT(strncmp("abc", "abd", 2), 0);
	CHECK(strncmp("abc", "abd", 3) < 0);
	CHECK_INT(strncmp("a", "a", 9), 0);
	CHECK(memcmp("a\0b", "a\0c", 3) < 0);
}

static void
copies(void)
{
	char room[16];

	memset(room, 'x', sizeof room);
	CHECK_TEXT(strncpy(room, "ab", 5), "ab");
	CHECK_INT(room[4], '\0');
	CHECK_INT(room[5], 'x');
	strncpy(room, "abcdef", 3);
	CHECK_INT(room[2], 'c');
	CHECK_INT(room[3], '\0');
	CHECK_TEXT(strcat(strcpy(room, "one"), " two"), "one two");
	CHECK_TEXT(strncat(room, " three", 3), "one two th");
	CHECK_TEXT(memmove(room + 1, room, 11), "one two th");
	CHECK_INT(strnlen(room, 4), 4);
	CHECK_INT(strnlen(room, 40), 11);
}

static void
splits(void)
{
	char text[] = ",, one,two ,,three,";

	CHECK_TEXT(strtok(text, ", "), "one");
	CHECK_TEXT(strtok(NULL, ", "), "two");
	CHECK_TEXT(strtok(NULL, ", "), "three");
	CHECK(strtok(NULL, ", ") == NULL);
	CHECK(strtok(NULL, ", ") == NULL);
}

void
texts(void)
{
	char *copy = strdup("copied");

	CHECK_TEXT(copy, "copied");
	free(copy);
	copy = strndup("copied", 3);
	CHECK_TEXT(copy, "cop");
	free(copy);
	finds();
	compares();
	copies();
	splits();
	CHECK_TEXT(strerror(ENOENT), "No such file or directory");
	CHECK_TEXT(strerror(-1), "Unknown error");
}
