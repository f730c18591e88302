/*
 * Ways to send beside inc_invoke and inc_send, and copying by buffer handles.
 */
#include <equus.h>
#include <string.h>

#include "check.h"

#define SOON	20000		/* ms; more than anything takes */

static Msg
message(const char *head, char *data, unsigned int length)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	strcpy(msg.m_head, head);
	msg.m_base = data;
	msg.m_cnt = length;
	return (msg);
}

/*
 * To oneself: the data of inc_asinvoke is fetched when it is received.
 */
static void
to_myself(void)
{
	char data[5000], got[5000];
	int stream, port, i;
	EvDesc event;
	Msg msg;

	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	msg = message("dgram", "data", 5);
	CHECK_INT(inc_dgram(stream, &msg), 0);
	msg = message("", got, sizeof got);
	CHECK_INT(inc_receive(port, &msg, 0, 0, SOON), 1);
	CHECK_TEXT(msg.m_head, "dgram");
	CHECK_TEXT(got, "data");

	CHECK_INT(inc_setBufferLimit(stream, 0), ERR_BAD_ARGUMENT);
	CHECK_INT(inc_setBufferLimit(stream, 2), 0);
	for (i = 0; i < 2; i++) {
		msg = message("asinvoke", data, sizeof data);
		CHECK_INT(inc_asinvoke(stream, &msg), 0);
	}
	memset(data, 'x', sizeof data);
	for (i = 0; i < 2; i++) {
		msg = message("", got, sizeof got);
		CHECK_INT(inc_receive(port, &msg, 0, 0, SOON), 1);
		CHECK_INT(msg.m_cnt, sizeof data);
		CHECK_INT(memcmp(got, data, sizeof data), 0);
	}
	memset(&event, 0, sizeof event);
	event.ed_reference = stream;
	event.ed_evtype = EV_SM_INVOK;
	CHECK_INT(inc_eventWait(1, &event, SOON), 1);
	CHECK_INT(inc_close(stream), 0);
	CHECK_INT(inc_close(port), 0);
}

/*
 * A child invokes; what it says is passed on to the partner, who replies to it.
 */
static void
forwarding(unsigned int node)
{
	IncCreateParams params = { STARTED, { 7, "partner", 0, NULL } };
	unsigned int partner, child;
	int to_partner, stream, port, reply, before = failed();
	char text[] = "stressed";
	EvDesc event;
	Msg msg;

	CHECK_INT(inc_create(inc_moduleId("partner"), node, &partner, &to_partner, &params), 0);
	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	switch (inc_fork(node, &child, 0, NULL, NULL)) {
	case 0:
		msg = message("ask", text, 8);
		msg.m_nreply = 8;
		CHECK_INT(inc_invoke(stream, &msg), 8);
		CHECK_TEXT(text, "desserts");
		CHECK_TEXT(msg.m_head, "partner");
		inc_exit(failed() - before);
	case 1:
		break;
	default:
		CHECK(!"it has forked");
		return;
	}
	msg = message("", NULL, 0);
	reply = inc_receive(port, &msg, 1, 0, SOON);
	CHECK_INT(inc_testReference(reply) & 0xff, RT_REPLY);
	CHECK_TEXT(msg.m_head, "ask");
	msg = message("turn", NULL, 0);
	CHECK_INT(inc_forward(to_partner, reply, &msg), 0);
	CHECK_INT(inc_reply(reply, &msg), ERR_NO_SUCH_REFERENCE);
	memset(&event, 0, sizeof event);
	event.ed_reference = child;
	event.ed_evtype = EV_INC_DEAD;
	CHECK_INT(inc_eventWait(1, &event, SOON), 1);
	CHECK_INT(event.ed_info2, 0);
	CHECK_INT(inc_destroy(partner), 0);
	CHECK_INT(inc_close(to_partner), 0);
	CHECK_INT(inc_close(stream), 0);
	CHECK_INT(inc_close(port), 0);
}

/*
 * A child has a handle to a buffer of its parent's.
 */
static void
copying(unsigned int node)
{
	static char buffer[12] = "the parent's";
	char copy[12];
	int stream, port, handle, before = failed();
	unsigned int child;
	EvDesc event;
	Msg msg;

	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	msg = message("buffer", NULL, 0);
	msg.m_ref.rd_type = RT_BUF;
	msg.m_ref.rd_obj.oi_buf.bf_base = buffer;
	msg.m_ref.rd_obj.oi_buf.bf_cnt = sizeof buffer;
	msg.m_ref.rd_keep = 1;
	msg.m_ref.rd_domain = RD_RDC;
	msg.m_ref.rd_flags = BUF_READ | BUF_WRITE;
	CHECK_INT(inc_send(stream, &msg), 0);
	msg = message("", NULL, 0);
	CHECK_INT(inc_receive(port, &msg, 0, 0, SOON), 1);
	CHECK_INT(msg.m_ref.rd_type, RT_ALIENBUF);
	CHECK_INT(msg.m_ref.rd_obj.oi_alienbuf.ab_cnt, sizeof buffer);
	handle = msg.m_ref.rd_obj.oi_alienbuf.ab_bufhandle;
	switch (inc_fork(node, &child, 0, NULL, NULL)) {
	case 0:
		CHECK_INT(inc_copyto(handle, 4, "child ", 6), 0);
		CHECK_INT(memcmp(buffer, "the parent's", 12), 0);
		CHECK_INT(inc_copyfrom(handle, 0, copy, 12), 0);
		CHECK_INT(memcmp(copy, "the child 's", 12), 0);
		CHECK_INT(inc_copyfrom(handle, 1, copy, 12), ERR_BAD_LENGTH);
		inc_exit(failed() - before);
	case 1:
		break;
	default:
		CHECK(!"it has forked");
		return;
	}
	memset(&event, 0, sizeof event);
	event.ed_reference = child;
	event.ed_evtype = EV_INC_DEAD;
	CHECK_INT(inc_eventWait(1, &event, SOON), 1);
	CHECK_INT(event.ed_info2, 0);
	CHECK_INT(memcmp(buffer, "the child 's", 12), 0);
	memcpy(buffer, "the parent's", 12);
	CHECK_INT(inc_close(handle), 0);
	CHECK_INT(inc_close(stream), 0);
	CHECK_INT(inc_close(port), 0);
}

void
transfers(void)
{
	NodeEntry nodes[16];
	int nnodes, i;

	to_myself();
	nnodes = inc_nodeList(16, nodes);
	CHECK(nnodes > 0);
	for (i = 0; i < nnodes; i++) {
		forwarding(nodes[i].ne_node);
		copying(nodes[i].ne_node);
	}
}
