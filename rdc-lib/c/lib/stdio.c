/*
 * Files with buffers, over their numbers (unistd.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "result.h"
#include "rust.h"

static FILE standard[] = {
	{ .fd = STDIN_FILENO, .reads = 1, .buffering = _IONBF, .pushed = EOF,
	    .link = &standard[1] },
	{ .fd = STDOUT_FILENO, .writes = 1, .buffering = _IOLBF, .pushed = EOF,
	    .link = &standard[2] },
	{ .fd = STDERR_FILENO, .writes = 1, .buffering = _IONBF, .pushed = EOF },
};

FILE *const stdin = &standard[0];
FILE *const stdout = &standard[1];
FILE *const stderr = &standard[2];

static FILE *files = standard;		/* all that are open */

/*
 * Lets out what the buffer holds of output.
 */
static int
let_out(FILE *file)
{
	size_t gone = 0;
	ssize_t written;

	if (file->holds != OUTPUT)
		return (0);
	while (gone < file->next) {
		written = write(file->fd, file->buffer + gone, file->next - gone);
		if (written <= 0) {
			file->failed = 1;
			break;
		}
		gone += written;
	}
	file->holds = NOTHING;
	return (gone == file->next ? 0 : EOF);
}

/*
 * Forgets what the buffer holds of input, and goes back to where the program
 * believes to be.
 */
static void
forget(FILE *file)
{
	long ahead = 0;

	if (file->holds == INPUT) {
		ahead = file->end - file->next;
		file->holds = NOTHING;
	}
	if (file->pushed != EOF) {
		ahead++;
		file->pushed = EOF;
	}
	/* A stream has no positions: what was read of it is gone. */
	if (ahead > 0)
		(void)lseek(file->fd, -ahead, SEEK_CUR);
}

/*
 * The file is to be read now, or to be written. 0 if it may not be.
 */
static int
turn(FILE *file, enum holds to)
{
	if (to == INPUT ? !file->reads : !file->writes) {
		file->failed = 1;
		errno = EBADF;
		return (0);
	}
	if (to == INPUT)
		(void)let_out(file);
	else if (file->holds != OUTPUT)
		forget(file);
	return (1);
}

int
__put(FILE *file, const char *data, size_t length)
{
	size_t part;

	if (!turn(file, OUTPUT))
		return (0);
	if (file->holds != OUTPUT) {
		file->holds = OUTPUT;
		file->next = 0;
	}
	while (length > 0) {
		part = BUFSIZ - file->next;
		if (part > length)
			part = length;
		memcpy(file->buffer + file->next, data, part);
		file->next += part;
		data += part;
		length -= part;
		if (file->next == BUFSIZ) {
			if (let_out(file) != 0)
				return (0);
			file->holds = OUTPUT;
			file->next = 0;
		}
	}
	return (1);
}

int
__settle(FILE *file)
{
	if (file->holds != OUTPUT)
		return (0);
	if (file->buffering == _IONBF
	    || (file->buffering == _IOLBF && memchr(file->buffer, '\n', file->next) != NULL))
		return (let_out(file));
	return (0);
}

/*
 * Reads into memory: 0 at the end, and if that has failed.
 */
static size_t
take_in(FILE *file, void *to, size_t length)
{
	ssize_t got;

	/* Who waits for an answer has asked for it. */
	if (file == stdin)
		(void)let_out(stdout);
	got = read(file->fd, to, length);
	if (got < 0)
		file->failed = 1;
	if (got == 0)
		file->ended = 1;
	return (got < 0 ? 0 : got);
}

size_t
fread(void *to, size_t size, size_t count, FILE *file)
{
	size_t wanted, part, got = 0;
	char *into = to;

	if (__builtin_mul_overflow(size, count, &wanted) || wanted == 0 || !turn(file, INPUT))
		return (0);
	if (file->pushed != EOF) {
		into[got++] = file->pushed;
		file->pushed = EOF;
	}
	while (got < wanted && !file->ended) {
		if (file->holds == INPUT && file->next < file->end) {
			part = file->end - file->next;
			if (part > wanted - got)
				part = wanted - got;
			memcpy(into + got, file->buffer + file->next, part);
			file->next += part;
		} else if (file->buffering == _IONBF || wanted - got >= BUFSIZ) {
			part = take_in(file, into + got, wanted - got);
			if (part == 0)
				break;
		} else {
			file->next = 0;
			file->end = take_in(file, file->buffer, BUFSIZ);
			file->holds = file->end > 0 ? INPUT : NOTHING;
			if (file->end == 0)
				break;
			part = 0;
		}
		got += part;
	}
	return (got / size);
}

size_t
fwrite(const void *from, size_t size, size_t count, FILE *file)
{
	size_t length;

	if (__builtin_mul_overflow(size, count, &length) || length == 0)
		return (0);
	return (__put(file, from, length) && __settle(file) == 0 ? count : 0);
}

int
fgetc(FILE *file)
{
	unsigned char c;

	/* The usual case, quickly. */
	if (file->holds == INPUT && file->pushed == EOF && file->next < file->end)
		return ((unsigned char)file->buffer[file->next++]);
	return (fread(&c, 1, 1, file) == 1 ? c : EOF);
}

char *
fgets(char *line, int room, FILE *file)
{
	char *end = line;
	int c = '\0';

	if (room <= 0)
		return (NULL);
	while (end - line < room - 1 && c != '\n') {
		c = fgetc(file);
		if (c == EOF)
			break;
		*end++ = c;
	}
	if (c == EOF && (end == line || file->failed))
		return (NULL);
	*end = '\0';
	return (line);
}

int
fputc(int c, FILE *file)
{
	char byte = c;

	return (fwrite(&byte, 1, 1, file) == 1 ? (unsigned char)c : EOF);
}

int
fputs(const char *text, FILE *file)
{
	return (__put(file, text, strlen(text)) && __settle(file) == 0 ? 0 : EOF);
}

int
puts(const char *line)
{
	if (!__put(stdout, line, strlen(line)) || !__put(stdout, "\n", 1))
		return (EOF);
	return (__settle(stdout));
}

int
getc(FILE *file)
{
	return (fgetc(file));
}

int
getchar(void)
{
	return (fgetc(stdin));
}

int
putc(int c, FILE *file)
{
	return (fputc(c, file));
}

int
putchar(int c)
{
	return (fputc(c, stdout));
}

int
ungetc(int c, FILE *file)
{
	if (c == EOF || file->pushed != EOF || !turn(file, INPUT))
		return (EOF);
	file->ended = 0;
	file->pushed = (unsigned char)c;
	return (file->pushed);
}

/*
 * The flags of open that a mode means; -1 if it means nothing.
 */
static int
flags_of(const char *mode)
{
	int flags, plus;

	plus = strchr(mode, '+') != NULL;
	switch (mode[0]) {
	case 'r':
		return (plus ? O_RDWR : O_RDONLY);
	case 'w':
		flags = O_CREAT | O_TRUNC;
		break;
	case 'a':
		flags = O_CREAT | O_APPEND;
		break;
	default:
		return (-1);
	}
	if (strchr(mode, 'x') != NULL)
		flags |= O_EXCL;
	return (flags | (plus ? O_RDWR : O_WRONLY));
}

FILE *
fopen(const char *path, const char *mode)
{
	int flags = flags_of(mode);
	FILE *file;

	if (flags < 0) {
		errno = EINVAL;
		return (NULL);
	}
	file = calloc(1, sizeof *file);
	if (file == NULL)
		return (NULL);
	file->fd = open(path, flags);
	if (file->fd < 0) {
		free(file);
		return (NULL);
	}
	file->reads = !(flags & O_WRONLY);
	file->writes = (flags & (O_WRONLY | O_RDWR)) != 0;
	file->pushed = EOF;
	file->link = files;
	files = file;
	return (file);
}

int
fclose(FILE *file)
{
	FILE **link;
	int failed;

	failed = let_out(file) != 0;
	failed |= close(file->fd) != 0;
	for (link = &files; *link != NULL; link = &(*link)->link)
		if (*link == file) {
			*link = file->link;
			break;
		}
	if (file < standard || file >= standard + 3)
		free(file);
	return (failed ? EOF : 0);
}

void
__flush_files(void)
{
	FILE *file;

	for (file = files; file != NULL; file = file->link)
		(void)let_out(file);
}

int
fflush(FILE *file)
{
	if (file != NULL)
		return (let_out(file));
	__flush_files();
	return (0);
}

/* The buffer is always the file's own. */
int
setvbuf(FILE *file, char *buffer, int mode, size_t size)
{
	if (mode < _IOFBF || mode > _IONBF || let_out(file) != 0)
		return (-1);
	file->buffering = mode;
	return (0);
}

void
setbuf(FILE *file, char *buffer)
{
	(void)setvbuf(file, NULL, buffer == NULL ? _IONBF : _IOFBF, BUFSIZ);
}

int
fseek(FILE *file, long offset, int whence)
{
	if (let_out(file) != 0)
		return (-1);
	forget(file);
	if (lseek(file->fd, offset, whence) < 0)
		return (-1);
	file->ended = 0;
	return (0);
}

long
ftell(FILE *file)
{
	long position = lseek(file->fd, 0, SEEK_CUR);

	if (position < 0)
		return (-1);
	if (file->holds == OUTPUT)
		position += file->next;
	if (file->holds == INPUT)
		position -= file->end - file->next;
	return (file->pushed == EOF ? position : position - 1);
}

void
rewind(FILE *file)
{
	(void)fseek(file, 0, SEEK_SET);
	file->failed = 0;
}

int
fgetpos(FILE *file, fpos_t *position)
{
	*position = ftell(file);
	return (*position < 0 ? -1 : 0);
}

int
fsetpos(FILE *file, const fpos_t *position)
{
	return (fseek(file, *position, SEEK_SET));
}

void
clearerr(FILE *file)
{
	file->ended = 0;
	file->failed = 0;
}

int
feof(FILE *file)
{
	return (file->ended);
}

int
ferror(FILE *file)
{
	return (file->failed);
}

int
fileno(FILE *file)
{
	return (file->fd);
}

int
remove(const char *path)
{
	return (result(__remove(path)));
}

int
rename(const char *from, const char *to)
{
	return (result(__rename(from, to)));
}

void
perror(const char *what)
{
	int error = errno;

	if (what != NULL && *what != '\0')
		fprintf(stderr, "%s: ", what);
	fprintf(stderr, "%s\n", strerror(error));
}
