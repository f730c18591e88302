/*
 * Files and terminal with buffers, and formatted output.
 *
 * stdout goes out line by line, so that lines of different incarnations do not
 * mix, and stderr at once. All incarnations of an RDC share its standard input:
 * stdin reads no byte more than is wanted, unless setvbuf allows it.
 */
#ifndef STDIO_H
#define STDIO_H

#include <stdarg.h>
#include <sys/types.h>

#define EOF		(-1)
#define BUFSIZ		1024
#define FOPEN_MAX	16
#define FILENAME_MAX	1024

#ifndef SEEK_SET
#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#endif

/* How much of a file is buffered: all there is room for, lines, nothing. */
#define _IOFBF		0
#define _IOLBF		1
#define _IONBF		2

typedef struct __file FILE;
typedef long fpos_t;

extern FILE *const stdin;
extern FILE *const stdout;
extern FILE *const stderr;

FILE	*fopen(const char *path, const char *mode);
int	 fclose(FILE *file);
int	 fflush(FILE *file);
int	 setvbuf(FILE *file, char *buffer, int mode, size_t size);
void	 setbuf(FILE *file, char *buffer);

size_t	 fread(void *to, size_t size, size_t count, FILE *file);
size_t	 fwrite(const void *from, size_t size, size_t count, FILE *file);
int	 fgetc(FILE *file);
char	*fgets(char *line, int room, FILE *file);
int	 fputc(int c, FILE *file);
int	 fputs(const char *text, FILE *file);
int	 getc(FILE *file);
int	 getchar(void);
int	 putc(int c, FILE *file);
int	 putchar(int c);
int	 puts(const char *line);
int	 ungetc(int c, FILE *file);

int	 fseek(FILE *file, long offset, int whence);
long	 ftell(FILE *file);
void	 rewind(FILE *file);
int	 fgetpos(FILE *file, fpos_t *position);
int	 fsetpos(FILE *file, const fpos_t *position);

void	 clearerr(FILE *file);
int	 feof(FILE *file);
int	 ferror(FILE *file);
int	 fileno(FILE *file);

int	 remove(const char *path);
int	 rename(const char *from, const char *to);

/* Says what the last error was, on stderr. */
void	 perror(const char *what);

/* All conversions of C99 but those of wide characters and hexadecimal floating
   point; long double is no type of modules. */
#define __printf_like(which, first)					\
	__attribute__((__format__(__printf__, which, first)))

int	 fprintf(FILE *file, const char *format, ...) __printf_like(2, 3);
int	 printf(const char *format, ...) __printf_like(1, 2);
int	 snprintf(char *text, size_t room, const char *format, ...) __printf_like(3, 4);
int	 sprintf(char *text, const char *format, ...) __printf_like(2, 3);
int	 vfprintf(FILE *file, const char *format, va_list arguments) __printf_like(2, 0);
int	 vprintf(const char *format, va_list arguments) __printf_like(1, 0);
int	 vsnprintf(char *text, size_t room, const char *format, va_list arguments)
	    __printf_like(3, 0);
int	 vsprintf(char *text, const char *format, va_list arguments) __printf_like(2, 0);

#undef __printf_like

#endif
