/*
 * Reconfiguration (6.2): ports and streams that are led elsewhere while others
 * send.
 */
#include <equus.h>
#include <string.h>

#include "check.h"

#define SOON	20000		/* ms; more than anything takes */

static volatile int	closings;

static void
count_closings(EvDesc *event)
{
	closings += event->ed_evtype == EV_SM_CLOSED;
}

static int
send(int stream, const char *head)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	strcpy(msg.m_head, head);
	return (inc_send(stream, &msg));
}

static void
check_received(int port, const char *head)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	CHECK_INT(inc_receive(port, &msg, 1, 0, SOON), 1);
	CHECK_TEXT(msg.m_head, head);
}

static void
attaching(void)
{
	int stream, port, other, handle;

	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	CHECK_INT(send(stream, "first"), 0);
	other = inc_portCreate(stream);
	CHECK_INT(inc_testReference(other) & 0xff, RT_PORT);
	CHECK_INT(send(stream, "second"), 0);
	check_received(other, "second");
	check_received(port, "first");

	handle = inc_hanCreate(other);
	CHECK_INT(inc_testReference(handle) & 0xff, RT_PORTHANDLE);
	CHECK_INT(send(stream, "third"), 0);
	CHECK_INT(inc_attachPort(port, handle, stream, 1), 0);
	CHECK_INT(send(stream, "fourth"), 0);
	check_received(port, "third");
	check_received(port, "fourth");
	CHECK_INT(inc_attachPort(other, handle, stream, 1), ERR_NOT_ATTACHED);
	CHECK_INT(inc_attachPort(other, NO_PORT, stream, 0), 0);
	CHECK_INT(send(stream, "fifth"), 0);
	check_received(other, "fifth");
	CHECK_INT(inc_close(handle), 0);
	CHECK_INT(inc_close(other), 0);
	CHECK_INT(inc_close(port), 0);
	CHECK_INT(inc_close(stream), 0);
}

static void
rebinding(void)
{
	int stream, port, other, other_port, handle;

	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &other, &other_port), 0);
	handle = inc_hanCreate(stream);
	CHECK_INT(inc_testReference(handle) & 0xff, RT_STREAMHANDLE);
	CHECK_INT(send(stream, "first"), 0);
	CHECK_INT(inc_rebindStream(handle, other, port), 0);
	CHECK_INT(send(stream, "second"), 0);
	check_received(other_port, "first");
	check_received(other_port, "second");

	CHECK_INT(inc_unfreezeStream(handle), ERR_NOT_FROZEN);
	CHECK_INT(inc_freezeStream(handle), 0);
	CHECK_INT(inc_unfreezeStream(handle), 0);
	CHECK_INT(send(stream, "third"), 0);
	check_received(other_port, "third");

	CHECK_INT(inc_setStreamHandler(handle, count_closings, 3), 0);
	CHECK_INT(closings, 0);
	CHECK_INT(inc_close(stream), 0);
	if (closings == 0)
		CHECK_INT(inc_pause(), 0);
	CHECK_INT(closings, 1);
	CHECK_INT(inc_close(handle), 0);
	CHECK_INT(inc_close(port), 0);
	CHECK_INT(inc_close(other), 0);
	CHECK_INT(inc_close(other_port), 0);
}

void
changes(void)
{
	attaching();
	rebinding();
}
