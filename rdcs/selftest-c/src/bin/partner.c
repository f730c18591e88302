/*
 * Answers messages with their data turned round, and its own arguments in the
 * header, until it is told to end.
 */
#include <equus.h>
#include <stdlib.h>
#include <string.h>

#define ROOM	4000

int
main(int argc, char *argv[], char *envp[], IncParams *myparams)
{
	static char data[ROOM];
	unsigned int i, length;
	int reply;
	char byte;
	Msg msg;

	for (;;) {
		memset(&msg, 0, sizeof msg);
		msg.m_base = data;
		msg.m_cnt = sizeof data;
		reply = inc_receive(inc_standardPort(), &msg, 1, 0, -1);
		if (reply < 0)
			return (EXIT_FAILURE);
		if (strcmp(msg.m_head, "end") == 0)
			exit(77);
		length = msg.m_cnt;
		for (i = 0; i < length / 2; i++) {
			byte = data[i];
			data[i] = data[length - 1 - i];
			data[length - 1 - i] = byte;
		}
		memset(msg.m_head, 0, sizeof msg.m_head);
		memcpy(msg.m_head, myparams->ip_dataargs, myparams->ip_datasize);
		memset(&msg.m_ref, 0, sizeof msg.m_ref);
		if (reply > 1)
			(void)inc_reply(reply, &msg);
	}
}
