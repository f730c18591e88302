/*
 * inc_fork: this program goes on in a child, too, which ends with 0 if it has
 * found everything as it must be; what it has found otherwise it says.
 */
#include <equus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define SOON		20000		/* ms; more than anything takes */
#define WORDS		20000

static int	count = 7;

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
check_end(unsigned int child)
{
	EvDesc event;

	memset(&event, 0, sizeof event);
	event.ed_reference = child;
	event.ed_evtype = EV_INC_DEAD;
	CHECK_INT(inc_eventWait(1, &event, SOON), 1);
	CHECK_INT(event.ed_info1, END_EXITED);
	CHECK_INT(event.ed_info2, 0);
	CHECK_INT(inc_close(child), 0);
}

/*
 * Data, heap and stack are copied; a port is attached anew, another one joins
 * its group, a third is nowhere.
 */
static void
a_copy(unsigned int node)
{
	int port, stream, member, group, left, to_left, ports[2], streams[2];
	int *heap = malloc(WORDS * sizeof *heap), i, before = failed(), wrong = 0;
	unsigned int child = 0;

	for (i = 0; i < WORDS; i++)
		heap[i] = i;
	count = 8;
	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	CHECK_INT(inc_chanCreate(CHAN_MULTICAST, &group, &member), 0);
	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &to_left, &left), 0);
	CHECK_INT(send(to_left, "before"), 0);
	ports[0] = port;
	streams[0] = 0;
	ports[1] = member;
	streams[1] = group;
	switch (inc_fork(node, &child, 2, ports, streams)) {
	case 0:
		check_received(port, "changed");
		for (i = 0; i < WORDS; i++)
			wrong += heap[i] != i;
		CHECK_INT(wrong, 0);
		CHECK_INT(count, 8);
		CHECK_INT(child, 0);
		CHECK_INT(inc_where(), node);
		check_received(member, "to all");
		CHECK_INT(inc_testPort(left, 0, NULL, 0, NULL), 0);
		CHECK_INT(send(to_left, "child"), 0);
		inc_exit(failed() - before);
	case 1:
		break;
	default:
		CHECK(!"it has forked");
		return;
	}
	count = 9;
	memset(heap, 0, WORDS * sizeof *heap);
	CHECK_INT(inc_testReference(child) & 0xff, RT_INC);
	CHECK_INT(inc_testReference(streams[0]) & 0xff, RT_STREAM);
	CHECK_INT(streams[1], group);
	CHECK_INT(send(streams[0], "changed"), 0);
	CHECK_INT(send(group, "to all"), 0);
	check_received(member, "to all");
	check_received(left, "before");
	check_received(left, "child");
	check_end(child);
	free(heap);
	for (i = 0; i < 2; i++)
		CHECK_INT(inc_close(streams[i]), 0);
	CHECK_INT(inc_close(stream), 0);
	CHECK_INT(inc_close(port), 0);
	CHECK_INT(inc_close(member), 0);
	CHECK_INT(inc_close(left), 0);
	CHECK_INT(inc_close(to_left), 0);
}

static void
refusals(void)
{
	int port, stream, ports[2], streams[2];
	unsigned int child;

	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	ports[0] = port;
	ports[1] = port;
	CHECK_INT(inc_fork(inc_where(), &child, 2, ports, streams), ERR_BAD_ARGUMENT);
	ports[0] = stream;
	CHECK_INT(inc_fork(inc_where(), &child, 1, ports, streams), ERR_WRONG_REFERENCE_TYPE);
	CHECK_INT(inc_fork(inc_where(), NULL, 0, NULL, NULL), ERR_BAD_ADDRESS);
	CHECK_INT(inc_fork(inc_where(), &child, 1, NULL, streams), ERR_BAD_ADDRESS);
	CHECK_INT(inc_fork(255, &child, 0, NULL, NULL), ERR_NO_SUCH_NODE);
	CHECK_INT(inc_close(stream), 0);
	CHECK_INT(inc_close(port), 0);
}

void
forks(void)
{
	NodeEntry nodes[16];
	int nnodes, i;

	nnodes = inc_nodeList(16, nodes);
	CHECK(nnodes > 0);
	for (i = 0; i < nnodes; i++)
		a_copy(nodes[i].ne_node);
	refusals();
}
