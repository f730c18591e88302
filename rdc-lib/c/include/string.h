/*
 * Texts that end with a null, and blocks of bytes.
 */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

void	*memchr(const void *block, int byte, size_t length);
int	 memcmp(const void *one, const void *other, size_t length);
void	*memcpy(void *to, const void *from, size_t length);
void	*memmove(void *to, const void *from, size_t length);
void	*memset(void *block, int byte, size_t length);

char	*strcat(char *to, const char *text);
char	*strchr(const char *text, int byte);
int	 strcmp(const char *one, const char *other);
int	 strcoll(const char *one, const char *other);
char	*strcpy(char *to, const char *text);
size_t	 strcspn(const char *text, const char *stop);
char	*strdup(const char *text);
char	*strerror(int error);
size_t	 strlen(const char *text);
char	*strncat(char *to, const char *text, size_t length);
int	 strncmp(const char *one, const char *other, size_t length);
char	*strncpy(char *to, const char *text, size_t length);
char	*strndup(const char *text, size_t length);
size_t	 strnlen(const char *text, size_t length);
char	*strpbrk(const char *text, const char *wanted);
char	*strrchr(const char *text, int byte);
size_t	 strspn(const char *text, const char *allowed);
char	*strstr(const char *text, const char *wanted);
char	*strtok(char *text, const char *separators);

#endif
