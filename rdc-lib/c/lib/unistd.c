/*
 * Files by their numbers.
 */
#include <unistd.h>

#include "result.h"
#include "rust.h"

int
open(const char *path, int flags, ...)
{
	return (result(__open(path, flags)));
}

int
close(int fd)
{
	return (result(__close(fd)));
}

ssize_t
read(int fd, void *buffer, size_t length)
{
	return (result(__read(fd, buffer, length)));
}

ssize_t
write(int fd, const void *data, size_t length)
{
	return (result(__write(fd, data, length)));
}

off_t
lseek(int fd, off_t offset, int whence)
{
	return (result(__seek(fd, offset, whence)));
}

int
unlink(const char *path)
{
	return (result(__remove(path)));
}
