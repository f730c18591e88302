/*
 * A file with a buffer.
 */
#ifndef FILE_H
#define FILE_H

#include <stdio.h>

/* What the buffer holds. */
enum holds {
	NOTHING,
	INPUT,			/* from next to end: read, and not wanted yet */
	OUTPUT			/* up to next: written, and not gone out yet */
};

struct __file {
	int		 fd;
	unsigned char	 reads;		/* it may be read */
	unsigned char	 writes;	/* it may be written */
	unsigned char	 buffering;	/* _IOFBF, _IOLBF, _IONBF */
	unsigned char	 ended;		/* the end was met */
	unsigned char	 failed;
	enum holds	 holds;
	int		 pushed;	/* what ungetc has put back, or EOF */
	size_t		 next;
	size_t		 end;
	FILE		*link;		/* the next open file */
	char		 buffer[BUFSIZ];
};

/*
 * Puts bytes into the buffer, and out when it is full. 0 if that has failed.
 */
int	 __put(FILE *file, const char *data, size_t length);

/*
 * After what was written: lets out what must not wait. -1 if that has failed.
 */
int	 __settle(FILE *file);

#endif
