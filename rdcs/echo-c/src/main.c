/*
 * Says each line of standard input again, with its number; how many there were
 * is its exit code. The same as rdcs/echo, in C.
 */
#include <stdio.h>
#include <string.h>

int
main(void)
{
	char line[256];
	int lines = 0;

	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		printf("%d: %s\n", ++lines, line);
	}
	return (lines);
}
