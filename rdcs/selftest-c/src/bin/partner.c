/*
 * Answers messages with their data turned round, and its own arguments in the
 * header, until it is told to end; at the port that was declared for it, or
 * else at its standard port. If a stream was declared for it, it sends a
 * message there at once, and one each time that it is told to.
 */
#include <equus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM	4000

static IncParams *params;
static int notes;		/* messages that wanted no reply */

static int
interface_of(int type, int otherwise)
{
	int i;

	for (i = 0; i < params->ip_nifaces; i++)
		if (params->ip_ifaces[i].ii_ref.rd_type == type)
			return (inc_paramRef(params, i));
	return (otherwise);
}

static int
send_note(void)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	memcpy(msg.m_head, params->ip_dataargs, params->ip_datasize);
	return (inc_send(interface_of(RT_STREAM, 0), &msg));
}

/*
 * What it is told in a header, and what the answer's header is to be.
 */
static void
obey(char *head)
{
	int error;

	if (strcmp(head, "end") == 0)
		exit(77);
	if (strcmp(head, "note") == 0) {
		error = send_note();
		sprintf(head, "%d", error);
	} else if (strcmp(head, "count") == 0)
		sprintf(head, "%d", notes);
	else {
		memset(head, 0, sizeof ((Msg *)0)->m_head);
		memcpy(head, params->ip_dataargs, params->ip_datasize);
	}
}

int
main(int argc, char *argv[], char *envp[], IncParams *myparams)
{
	static char data[ROOM];
	unsigned int i, length;
	int port, reply;
	char byte;
	Msg msg;

	params = myparams;
	port = interface_of(RT_PORT, inc_standardPort());
	if (interface_of(RT_STREAM, 0) != 0 && send_note() < 0)
		return (EXIT_FAILURE);
	for (;;) {
		memset(&msg, 0, sizeof msg);
		msg.m_base = data;
		msg.m_cnt = sizeof data;
		reply = inc_receive(port, &msg, 1, 0, -1);
		if (reply < 0)
			return (EXIT_FAILURE);
		length = msg.m_cnt;
		for (i = 0; i < length / 2; i++) {
			byte = data[i];
			data[i] = data[length - 1 - i];
			data[length - 1 - i] = byte;
		}
		obey(msg.m_head);
		memset(&msg.m_ref, 0, sizeof msg.m_ref);
		if (reply > 1)
			(void)inc_reply(reply, &msg);
		else
			notes++;
	}
}
