/*
 * A server: the number of words in a text, which is the extra data of a
 * message, is the first word of the reply's header.
 */
#include <ctype.h>
#include <equus.h>
#include <string.h>

#define TEXT_MAX	1000

static unsigned int
count_words(const char *text, unsigned int length)
{
	unsigned int words = 0;
	int inside = 0;

	for (; length > 0; length--, text++) {
		if (!isspace((unsigned char)*text) && !inside)
			words++;
		inside = !isspace((unsigned char)*text);
	}
	return (words);
}

int
main(void)
{
	static char text[TEXT_MAX];
	unsigned int words;
	int reply;
	Msg msg;

	for (;;) {
		memset(&msg, 0, sizeof msg);
		msg.m_base = text;
		msg.m_cnt = sizeof text;	/* room for what comes */
		reply = inc_receive(inc_standardPort(), &msg, 1, 0, -1);
		if (reply < 0)
			return (1);
		if (reply == 1)			/* nobody waits for an answer */
			continue;
		words = count_words(text, msg.m_cnt);
		memset(&msg, 0, sizeof msg);
		memcpy(msg.m_head, &words, sizeof words);
		(void)inc_reply(reply, &msg);	/* the client may be gone */
	}
}
