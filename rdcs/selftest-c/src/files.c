#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#define LONG	5000		/* more than a buffer */

static void
writes_and_reads_lines(void)
{
	char line[64];
	FILE *file;

	CHECK((file = fopen("lines", "w")) != NULL);
	CHECK_INT(fprintf(file, "first %d\n", 1), 8);
	CHECK_INT(fputs("second\n", file), 0);
	CHECK_INT(fputc('t', file), 't');
	CHECK_INT(fwrite("hird", 1, 4, file), 4);
	CHECK_INT(ftell(file), 20);
	CHECK_INT(fgetc(file), EOF);
	CHECK(ferror(file));
	clearerr(file);
	CHECK(!ferror(file));
	CHECK_INT(fclose(file), 0);

	CHECK((file = fopen("lines", "r")) != NULL);
	CHECK_TEXT(fgets(line, sizeof line, file), "first 1\n");
	CHECK_TEXT(fgets(line, 4, file), "sec");
	CHECK_INT(ftell(file), 11);
	CHECK_INT(ungetc('x', file), 'x');
	CHECK_INT(ftell(file), 10);
	CHECK_TEXT(fgets(line, sizeof line, file), "xond\n");
	CHECK_TEXT(fgets(line, sizeof line, file), "third");
	CHECK(feof(file));
	CHECK(fgets(line, sizeof line, file) == NULL);
	rewind(file);
	CHECK(!feof(file));
	CHECK_INT(getc(file), 'f');
	CHECK_INT(fseek(file, -5, SEEK_END), 0);
	CHECK_INT(fread(line, 1, sizeof line, file), 5);
	CHECK_INT(fputc('x', file), EOF);
	CHECK_INT(fclose(file), 0);
}

static void
changes_a_file(void)
{
	char word[8] = "";
	FILE *file;

	CHECK((file = fopen("lines", "r+")) != NULL);
	CHECK_INT(fread(word, 1, 5, file), 5);
	CHECK_TEXT(word, "first");
	/* Without a fseek in between: the buffer turns by itself. */
	CHECK_INT(fputs("+2", file), 0);
	CHECK_INT(fread(word, 1, 3, file), 3);
	CHECK_TEXT(word, "\nsest");
	CHECK_INT(fclose(file), 0);

	CHECK((file = fopen("lines", "a+")) != NULL);
	CHECK_INT(fputs("!", file), 0);
	CHECK_INT(fflush(file), 0);
	CHECK_INT(ftell(file), 21);
	rewind(file);
	CHECK_INT(fread(word, 1, 7, file), 7);
	CHECK_TEXT(word, "first+2");
	CHECK_INT(fclose(file), 0);
}

static void
keeps_much(void)
{
	static int numbers[LONG];
	FILE *file;
	int i, wrong = 0;

	CHECK((file = fopen("numbers", "wb")) != NULL);
	for (i = 0; i < LONG; i++) {
		numbers[0] = i;
		wrong += fwrite(numbers, sizeof numbers[0], 1, file) != 1;
	}
	CHECK_INT(fclose(file), 0);
	CHECK((file = fopen("numbers", "rb")) != NULL);
	CHECK_INT(fgetc(file), 0);
	CHECK_INT(ungetc(0, file), 0);
	CHECK_INT(fread(numbers, sizeof numbers[0], LONG + 1, file), LONG);
	for (i = 0; i < LONG; i++)
		wrong += numbers[i] != i;
	CHECK_INT(wrong, 0);
	CHECK_INT(fseek(file, 4321 * sizeof numbers[0], SEEK_SET), 0);
	CHECK_INT(fread(numbers, sizeof numbers[0], 1, file), 1);
	CHECK_INT(numbers[0], 4321);
	CHECK_INT(fclose(file), 0);
	CHECK_INT(remove("numbers"), 0);
}

static void
by_numbers(void)
{
	char text[16] = "";
	int fd, other;

	CHECK((fd = open("raw", O_RDWR | O_CREAT | O_EXCL, 0600)) > 2);
	CHECK_INT(write(fd, "0123456789", 10), 10);
	CHECK_INT(lseek(fd, -7, SEEK_CUR), 3);
	CHECK_INT(read(fd, text, 4), 4);
	CHECK_TEXT(text, "3456");
	CHECK_INT(lseek(fd, 0, SEEK_END), 10);
	CHECK_INT(read(fd, text, 4), 0);
	CHECK((other = open("raw", O_WRONLY | O_APPEND)) > 2);
	CHECK_INT(write(other, "ab", 2), 2);
	CHECK_INT(read(other, text, 1), -1);
	CHECK_INT(errno, EBADF);
	CHECK_INT(close(other), 0);
	CHECK_INT(read(fd, text, 4), 2);
	CHECK_INT(close(fd), 0);
	CHECK_INT(close(fd), -1);
	CHECK_INT(errno, EBADF);
	CHECK_INT(rename("raw", "cooked"), 0);
	CHECK_INT(unlink("cooked"), 0);
	CHECK_INT(lseek(0, 0, SEEK_CUR), -1);
	CHECK_INT(errno, ESPIPE);
}

static void
what_is_not_there(void)
{
	FILE *files[40];
	int open = 0;

	CHECK(fopen("nothing", "r") == NULL);
	CHECK_INT(errno, ENOENT);
	CHECK(fopen("lines", "q") == NULL);
	CHECK_INT(errno, EINVAL);
	CHECK(fopen("lines", "wx") == NULL);
	CHECK_INT(errno, EEXIST);
	CHECK_INT(unlink("nothing"), -1);
	CHECK_INT(errno, ENOENT);
	while (open < 40 && (files[open] = fopen("lines", "r")) != NULL)
		open++;
	CHECK(open >= FOPEN_MAX && open < 40);
	CHECK_INT(errno, EMFILE);
	while (open > 0)
		CHECK_INT(fclose(files[--open]), 0);
}

void
files(void)
{
	CHECK_TEXT(getenv("COLOUR"), "blue");
	CHECK(getenv("COLO") == NULL);
	writes_and_reads_lines();
	changes_a_file();
	keeps_much();
	by_numbers();
	what_is_not_there();
	CHECK_INT(remove("lines"), 0);
}
