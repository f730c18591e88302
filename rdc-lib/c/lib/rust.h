/*
 * What the Rust half of the library, in src/, gives to this one. A negative
 * result is an error of <errno.h>.
 */
#ifndef RUST_H
#define RUST_H

#include <stddef.h>

/* src/calls.rs */
int		 __standard_port(void);
int		 __auxiliary_port(void);
int		 __launch_stream(void);
size_t		 __call_error(int code, const char **text);

/* src/ending.rs; __assertion_failed is in <assert.h> */
void		 __leave(int status) __attribute__((noreturn));
void		 __abort(void) __attribute__((noreturn));

/* src/files.rs */
int		 __open(const char *path, int flags);
int		 __close(int fd);
int		 __read(int fd, void *buffer, size_t length);
int		 __write(int fd, const void *data, size_t length);
int		 __seek(int fd, long offset, int whence);
int		 __remove(const char *path);
int		 __rename(const char *from, const char *to);

/* src/heap.rs; blocks are addresses as numbers, 0 for none */
unsigned long	 __allocate(size_t size);
unsigned long	 __block_size(unsigned long block);
void		 __release(unsigned long block);

/* src/numbers.rs */
size_t		 __digits(char *buffer, size_t room, double value,
		    size_t precision, int style);

/* src/space.rs */
int		 __print_space(void);

#endif
