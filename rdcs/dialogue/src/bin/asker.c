/*
 * A client: its data arguments are numbers in a text; it asks a server for the
 * square of each. The stream to the server comes with the first message at its
 * standard port. How many it has asked for is its exit code.
 */
#include <equus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX	100

static void
fail(const char *what, int error)
{
	fprintf(stderr, "asker: %s: %s\n", what, inc_errorText(error));
	exit(EXIT_FAILURE);
}

/*
 * The stream that somebody sends.
 */
static int
server(void)
{
	int error;
	Msg msg;

	memset(&msg, 0, sizeof msg);
	error = inc_receive(inc_standardPort(), &msg, 0, 0, -1);
	if (error < 0)
		fail("no message", error);
	if (msg.m_ref.rd_type != RT_STREAM)
		fail("no stream", ERR_WRONG_REFERENCE_TYPE);
	return (msg.m_ref.rd_obj.oi_stream);
}

static int
square(int stream, int number)
{
	int error;
	Msg msg;

	memset(&msg, 0, sizeof msg);
	memcpy(msg.m_head, &number, sizeof number);
	error = inc_invoke(stream, &msg);
	if (error < 0)
		fail("no answer", error);
	memcpy(&number, msg.m_head, sizeof number);
	return (number);
}

int
main(int argc, char *argv[], char *envp[], IncParams *myparams)
{
	char numbers[ARGUMENTS_MAX + 1], *at, *next;
	int stream = server(), asked = 0;
	long number;

	snprintf(numbers, sizeof numbers, "%.*s", myparams->ip_datasize, myparams->ip_dataargs);
	for (at = numbers; number = strtol(at, &next, 10), next != at; at = next) {
		printf("the square of %ld is %d\n", number, square(stream, number));
		asked++;
	}
	return (asked);
}
