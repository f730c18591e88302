/*
 * Errors of files and memory: src/errno.rs has the same numbers. Errors of
 * calls are results of theirs, ERR_..., and not here.
 */
#ifndef ERRNO_H
#define ERRNO_H

extern int errno;

#define ENOENT		2	/* no such file, or its folder was not given */
#define EINTR		4	/* a software interrupt came in between */
#define EIO		5	/* the host has failed, or does not answer */
#define EBADF		9	/* no open file, or not open for this */
#define ENOMEM		12	/* no memory */
#define EACCES		13	/* not allowed, or a folder for reading only */
#define EEXIST		17	/* it exists already */
#define EISDIR		21	/* a folder where a file is wanted, or reverse */
#define EINVAL		22	/* an argument that makes no sense */
#define EMFILE		24	/* too many open files */
#define ENOSPC		28	/* the host has no space left */
#define ESPIPE		29	/* no file with positions */
#define EDOM		33	/* outside of a function's domain */
#define ERANGE		34	/* a result that cannot be represented */
#define ENOTEMPTY	39	/* the folder is not empty */
#define EOVERFLOW	75	/* a size or position beyond 2 GB */

#endif
