/*
 * Memory, numbers in texts, sorting, and the end of a program.
 */
#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS	0
#define EXIT_FAILURE	1
#define RAND_MAX	0x7fffffff

typedef struct {
	int	quot;
	int	rem;
} div_t;

typedef struct {
	long	quot;
	long	rem;
} ldiv_t;

/* Memory comes from the heap of the module, which grows up to the size that
   was said when it was built; then there is none (NULL, ENOMEM). */
void	*calloc(size_t count, size_t size);
void	 free(void *block);
void	*malloc(size_t size);
void	*realloc(void *block, size_t size);

/* Writes out what files have not written yet. The status is that of the
   incarnation; the primary one's is that of the RDC. */
void	 exit(int status) __attribute__((noreturn));
int	 atexit(void (*ending)(void));

/* Reports who called whom to whoever launched the RDC, and ends this
   incarnation with 134. */
void	 abort(void) __attribute__((noreturn));

char	*getenv(const char *name);

int	 atoi(const char *text);
long	 atol(const char *text);
long	 strtol(const char *text, char **end, int base);
unsigned long strtoul(const char *text, char **end, int base);
long long strtoll(const char *text, char **end, int base);
unsigned long long strtoull(const char *text, char **end, int base);

int	 abs(int number);
long	 labs(long number);
div_t	 div(int number, int by);
ldiv_t	 ldiv(long number, long by);
int	 rand(void);
void	 srand(unsigned int seed);

void	*bsearch(const void *key, const void *base, size_t count, size_t size,
	    int (*compare)(const void *, const void *));
void	 qsort(void *base, size_t count, size_t size,
	    int (*compare)(const void *, const void *));

#endif
