/*
 * Checks that say what they saw when they fail.
 */
#ifndef CHECK_H
#define CHECK_H

#define CHECK(expression)						\
	check((expression) != 0, #expression, __FILE__, __LINE__)
#define CHECK_INT(expression, expected)					\
	check_int(expression, expected, #expression, __FILE__, __LINE__)
#define CHECK_TEXT(expression, expected)				\
	check_text(expression, expected, #expression, __FILE__, __LINE__)

void	check(int holds, const char *what, const char *file, int line);
void	check_int(long long is, long long expected, const char *what,
	    const char *file, int line);
void	check_text(const char *is, const char *expected, const char *what,
	    const char *file, int line);

/* How many checks have failed. */
int	failed(void);

/* The cases, each in the file of its name. */
void	calls(void);
void	changes(void);
void	declared(void);
void	figures(void);
void	files(void);
void	forks(void);
void	formats(void);
void	interrupts(void);
void	memory(void);
void	names(void);
void	numbers(void);
void	sorting(void);
void	space(void);
void	texts(void);
void	transfers(void);

/* Does what a program must not. */
int	commit(const char *crime);

#endif
