/*
 * Software interrupts: handlers, which share volatile variables with the case.
 */
#include <equus.h>
#include <string.h>

#include "check.h"

#define LOW	2		/* priorities */
#define HIGH	5

static volatile int	runs;
static volatile EvDesc	last;
static volatile char	trace[16];	/* what handlers have done */
static int		to_high;

static void
note(EvDesc *event)
{
	last.ed_reference = event->ed_reference;
	last.ed_evtype = event->ed_evtype;
	last.ed_info1 = event->ed_info1;
	runs++;
}

static void
add(char what)
{
	int i;

	for (i = 0; trace[i] != '\0'; i++)
		;
	trace[i] = what;
}

static int
send(int stream)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	return (inc_send(stream, &msg));
}

static void
low(EvDesc *event)
{
	add('(');
	if (send(to_high) < 0)
		add('!');
	add(')');
}

static void
high(EvDesc *event)
{
	add('[');
	add(']');
}

static void
sections(void)
{
	int stream, port;
	Msg msg;

	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	CHECK_INT(inc_setPortHandler(port, note, LOW), 0);
	runs = 0;
	CHECK_INT(send(stream), 0);
	CHECK_INT(runs, 1);
	CHECK_INT(last.ed_reference, port);
	CHECK_INT(last.ed_evtype, EV_PT_HASMSG);
	CHECK_INT(last.ed_info1, 1);

	CHECK_INT(inc_setInterruptPriority(LOW), 0);
	CHECK_INT(send(stream), 0);
	CHECK_INT(runs, 1);
	CHECK_INT(inc_setInterruptPriority(0), LOW);
	CHECK_INT(runs, 2);

	memset(&msg, 0, sizeof msg);
	CHECK_INT(inc_receive(port, &msg, 0, 0, 0), 1);
	CHECK_INT(inc_setPortHandler(port, NULL, 0), 0);
	CHECK_INT(send(stream), 0);
	CHECK_INT(runs, 2);
	CHECK_INT(inc_close(stream), 0);
	CHECK_INT(inc_close(port), 0);
}

static void
nested(void)
{
	int to_low, low_port, high_port;

	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &to_low, &low_port), 0);
	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &to_high, &high_port), 0);
	CHECK_INT(inc_setPortHandler(low_port, low, LOW), 0);
	CHECK_INT(inc_setPortHandler(high_port, high, HIGH), 0);
	CHECK_INT(send(to_low), 0);
	CHECK_TEXT((const char *)trace, "([])");
	CHECK_INT(inc_close(low_port), 0);
	CHECK_INT(inc_close(high_port), 0);
	CHECK_INT(inc_close(to_low), 0);
	CHECK_INT(inc_close(to_high), 0);
}

/*
 * The end of a child interrupts, also a wait.
 */
static void
children(unsigned int node)
{
	IncCreateParams params = { STARTED, { 0, NULL, 0, NULL } };
	unsigned int child;
	int stream;
	Msg msg;

	CHECK_INT(inc_create(inc_moduleId("partner"), node, &child, &stream, &params), 0);
	CHECK_INT(inc_setIncHandler(child, SET_INTEREST, EV_INC_DEAD, note, HIGH), 0);
	runs = 0;
	CHECK_INT(inc_setInterruptPriority(7), 0);
	memset(&msg, 0, sizeof msg);
	strcpy(msg.m_head, "end");
	CHECK_INT(inc_send(stream, &msg), 0);
	CHECK_INT(runs, 0);
	inc_setInterruptPriority(0);
	if (runs == 0)
		CHECK_INT(inc_pause(), 0);
	CHECK_INT(runs, 1);
	CHECK_INT(last.ed_reference, child);
	CHECK_INT(last.ed_evtype, EV_INC_DEAD);
	CHECK_INT(last.ed_info1, END_EXITED);
	CHECK_INT(inc_setIncHandler(child, UNSET_INTEREST, EV_INC_DEAD, NULL, 0), 0);
	CHECK_INT(inc_close(stream), 0);
	CHECK_INT(inc_close(child), 0);
}

void
interrupts(void)
{
	sections();
	nested();
	children(inc_where());
	CHECK_INT(inc_interruptReturn(), ERR_BAD_ARGUMENT);
	CHECK_INT(inc_setPortHandler(inc_standardPort(), note, 8), ERR_BAD_ARGUMENT);
	CHECK_INT(inc_setPortHandler(inc_standardPort(), (void (*)())1, 1), ERR_BAD_ADDRESS);
	CHECK_INT(inc_setInterruptPriority(8), ERR_BAD_ARGUMENT);
}
