/*
 * Files by their numbers. 0, 1 and 2 are the standard streams of the RDC; what
 * is written to them goes out at once.
 */
#ifndef UNISTD_H
#define UNISTD_H

#include <fcntl.h>
#include <sys/types.h>

#define STDIN_FILENO	0
#define STDOUT_FILENO	1
#define STDERR_FILENO	2

#ifndef SEEK_SET
#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#endif

/* The environment of the RDC. */
extern char **environ;

int	close(int fd);
off_t	lseek(int fd, off_t offset, int whence);
ssize_t	read(int fd, void *buffer, size_t length);
int	unlink(const char *path);
ssize_t	write(int fd, const void *data, size_t length);

/* Ends the incarnation without what atexit has registered, and without writing
   out what files have not written yet. */
void	_exit(int status) __attribute__((noreturn));

#endif
