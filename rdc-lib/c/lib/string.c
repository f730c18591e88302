/*
 * Texts that end with a null. memcpy and its like are in assembly, in
 * rdc-lib/asm.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void *
memchr(const void *block, int byte, size_t length)
{
	const unsigned char *at = block;

	for (; length > 0; length--, at++)
		if (*at == (unsigned char)byte)
			return ((void *)at);
	return (NULL);
}

size_t
strlen(const char *text)
{
	const char *end = text;

	while (*end != '\0')
		end++;
	return (end - text);
}

size_t
strnlen(const char *text, size_t length)
{
	const char *end = memchr(text, '\0', length);

	return (end == NULL ? length : (size_t)(end - text));
}

char *
strcpy(char *to, const char *text)
{
	memcpy(to, text, strlen(text) + 1);
	return (to);
}

char *
strncpy(char *to, const char *text, size_t length)
{
	size_t used = strnlen(text, length);

	memcpy(to, text, used);
	memset(to + used, '\0', length - used);
	return (to);
}

char *
strcat(char *to, const char *text)
{
	strcpy(to + strlen(to), text);
	return (to);
}

char *
strncat(char *to, const char *text, size_t length)
{
	size_t used = strnlen(text, length);
	char *end = to + strlen(to);

	memcpy(end, text, used);
	end[used] = '\0';
	return (to);
}

char *
strndup(const char *text, size_t length)
{
	size_t used = strnlen(text, length);
	char *copy = malloc(used + 1);

	if (copy == NULL)
		return (NULL);
	copy[used] = '\0';
	return (memcpy(copy, text, used));
}

char *
strdup(const char *text)
{
	return (strndup(text, strlen(text)));
}

int
strncmp(const char *one, const char *other, size_t length)
{
	for (; length > 0; length--, one++, other++) {
		if (*one != *other)
			return ((unsigned char)*one - (unsigned char)*other);
		if (*one == '\0')
			break;
	}
	return (0);
}

int
strcmp(const char *one, const char *other)
{
	return (strncmp(one, other, (size_t)-1));
}

/* There is one order of characters only. */
int
strcoll(const char *one, const char *other)
{
	return (strcmp(one, other));
}

char *
strchr(const char *text, int byte)
{
	for (; *text != (char)byte; text++)
		if (*text == '\0')
			return (NULL);
	return ((char *)text);
}

char *
strrchr(const char *text, int byte)
{
	const char *last = NULL;

	do
		if (*text == (char)byte)
			last = text;
	while (*text++ != '\0');
	return ((char *)last);
}

size_t
strspn(const char *text, const char *allowed)
{
	const char *end = text;

	while (*end != '\0' && strchr(allowed, *end) != NULL)
		end++;
	return (end - text);
}

size_t
strcspn(const char *text, const char *stop)
{
	const char *end = text;

	/* The null is part of every text. */
	while (strchr(stop, *end) == NULL)
		end++;
	return (end - text);
}

char *
strpbrk(const char *text, const char *wanted)
{
	text += strcspn(text, wanted);
	return (*text == '\0' ? NULL : (char *)text);
}

char *
strstr(const char *text, const char *wanted)
{
	size_t length = strlen(wanted);

	for (; strncmp(text, wanted, length) != 0; text++)
		if (*text == '\0')
			return (NULL);
	return ((char *)text);
}

char *
strtok(char *text, const char *separators)
{
	static char *rest;
	char *word;

	word = text != NULL ? text : rest;
	if (word == NULL)
		return (NULL);
	word += strspn(word, separators);
	if (*word == '\0') {
		rest = NULL;
		return (NULL);
	}
	rest = strpbrk(word, separators);
	if (rest != NULL)
		*rest++ = '\0';
	return (word);
}

static const struct {
	int		 error;
	const char	*text;
} errors[] = {
	{ 0,		"Success" },
	{ ENOENT,	"No such file or directory" },
	{ EINTR,	"Interrupted" },
	{ EIO,		"Input/output error" },
	{ EBADF,	"Bad file descriptor" },
	{ ENOMEM,	"Cannot allocate memory" },
	{ EACCES,	"Permission denied" },
	{ EEXIST,	"File exists" },
	{ EISDIR,	"Is a directory, or is none" },
	{ EINVAL,	"Invalid argument" },
	{ EMFILE,	"Too many open files" },
	{ ENOSPC,	"No space left on the host" },
	{ ESPIPE,	"Illegal seek" },
	{ EDOM,		"Argument out of domain" },
	{ ERANGE,	"Result out of range" },
	{ ENOTEMPTY,	"Directory not empty" },
	{ EOVERFLOW,	"Value too large" },
};

char *
strerror(int error)
{
	size_t i;

	for (i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (errors[i].error == error)
			return ((char *)errors[i].text);
	return ("Unknown error");
}
