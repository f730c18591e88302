/*
 * Opening files.
 */
#ifndef FCNTL_H
#define FCNTL_H

#define O_RDONLY	0
#define O_WRONLY	1
#define O_RDWR		2
#define O_CREAT		0100	/* make it, if it is not there */
#define O_EXCL		0200	/* with O_CREAT: it must not be there */
#define O_TRUNC		01000	/* empty it */
#define O_APPEND	02000	/* write at its end, wherever that is by then */

/* Opens a file of a folder that the RDC was given. What it may be used for,
   the third argument elsewhere, is the host's to say. */
int open(const char *path, int flags, ...);

#endif
