/*
 * The beginning and the ends of a program.
 */
#include <equus.h>
#include <stdlib.h>
#include <unistd.h>

#include "rust.h"

#define ENDINGS	32		/* functions that atexit takes */

int main(int argc, char *argv[], char *envp[], IncParams *myparams);

/* Writes out what files have not written yet: there if stdio is used. */
void __flush_files(void) __attribute__((weak));

char	**environ;
int	  errno;

static void	(*endings[ENDINGS])(void);
static int	  nendings;

/*
 * The first function of C: called by src/start.rs.
 */
int
__start_c(int argc, char *argv[], char *envp[], IncParams *myparams)
{
	environ = envp;
	exit(main(argc, argv, envp, myparams));
}

int
atexit(void (*ending)(void))
{
	if (nendings == ENDINGS)
		return (-1);
	endings[nendings++] = ending;
	return (0);
}

void
exit(int status)
{
	while (nendings > 0)
		endings[--nendings]();
	if (__flush_files)
		__flush_files();
	_exit(status);
}

void
_exit(int status)
{
	__leave(status);
}

void
abort(void)
{
	__abort();
}
