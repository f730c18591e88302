#include <equus.h>
#include <string.h>

#include "check.h"

#define NODES_MAX	16
#define SOON		20000		/* ms; more than anything takes */

static Msg
message(const char *data, unsigned int length)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	msg.m_base = (char *)data;
	msg.m_cnt = length;
	return (msg);
}

/*
 * The partner answers a message with what it has got, turned round.
 */
static void
a_partner(unsigned int node)
{
	IncCreateParams params = { STARTED, { 5, "hello", 0, NULL } };
	char text[] = "stressed", big[3000];
	unsigned int partner, i;
	EvDesc event;
	IncState state;
	int stream, wrong = 0;
	Msg msg;

	CHECK_INT(inc_create(inc_moduleId("partner"), node, &partner, &stream, &params), 0);
	CHECK_INT(inc_testReference(partner) & 0xff, RT_INC);
	CHECK_INT(inc_testReference(stream) & 0xff, RT_STREAM);

	msg = message(text, 8);
	strcpy(msg.m_head, "turn");
	msg.m_nreply = 8;
	CHECK_INT(inc_invoke(stream, &msg), 8);
	CHECK_TEXT(text, "desserts");
	CHECK_TEXT(msg.m_head, "hello");

	for (i = 0; i < sizeof big; i++)
		big[i] = i % 251;
	msg = message(big, sizeof big);
	msg.m_nreply = sizeof big;
	CHECK_INT(inc_invoke(stream, &msg), sizeof big);
	for (i = 0; i < sizeof big; i++)
		wrong += (unsigned char)big[i] != (sizeof big - 1 - i) % 251;
	CHECK_INT(wrong, 0);
	msg = message(big, sizeof big);
	CHECK_INT(inc_send(stream, &msg), ERR_TOO_LONG);

	CHECK_INT(inc_status(partner, &state), 0);
	CHECK_INT(state.is_node, node);
	CHECK_INT(state.is_state, INC_IS_EXECUTING);

	msg = message(NULL, 0);
	strcpy(msg.m_head, "end");
	CHECK_INT(inc_send(stream, &msg), 0);
	memset(&event, 0, sizeof event);
	event.ed_reference = partner;
	event.ed_evtype = EV_INC_DEAD;
	CHECK_INT(inc_eventWait(1, &event, SOON), 1);
	CHECK_INT(event.ed_info1, END_EXITED);
	CHECK_INT(event.ed_info2, 77);
	CHECK_INT(inc_close(stream), 0);
	CHECK_INT(inc_close(stream), ERR_NO_SUCH_REFERENCE);
}

/*
 * Partners made from one that has never run.
 */
static void
a_template(unsigned int node)
{
	IncCreateParams params = { INCHOATE, { 5, "first", 0, NULL } };
	unsigned int template, copy;
	int to_template, stream;
	Msg msg;

	CHECK_INT(inc_create(inc_moduleId("partner"), node, &template, &to_template, &params), 0);
	params.ic_state = STARTED;
	params.ic_params.ip_dataargs = "other";
	CHECK_INT(inc_create(template, inc_where(), &copy, &stream, &params), 0);
	CHECK_INT(inc_unfreeze(template, 8), 0);
	msg = message(NULL, 0);
	CHECK_INT(inc_invoke(stream, &msg), 0);
	CHECK_TEXT(msg.m_head, "other");
	CHECK_INT(inc_invoke(to_template, &msg), 0);
	CHECK_TEXT(msg.m_head, "first");
	CHECK_INT(inc_create(template, node, &copy, &stream, &params), ERR_NOT_INCHOATE);
	CHECK_INT(inc_destroy(copy), 0);
	CHECK_INT(inc_destroy(template), 0);
}

/*
 * What a parent can do beside.
 */
static void
a_child(unsigned int node)
{
	IncCreateParams params = { STARTED, { 0, NULL, 0, NULL } };
	unsigned int child;
	EvDesc event;
	IncState state;
	int stream, auxiliary;
	Msg msg;

	CHECK_INT(inc_create(inc_moduleId("partner"), node, &child, &stream, &params), 0);
	CHECK_INT(inc_unfreeze(child, 8), ERR_NOT_FROZEN);
	CHECK_INT(inc_freeze(child), 0);
	CHECK_INT(inc_status(child, &state), 0);
	CHECK_INT(state.is_state, INC_IS_FROZEN);
	CHECK_INT(inc_unfreeze(child, 16), ERR_BAD_ARGUMENT);
	CHECK_INT(inc_unfreeze(child, 8), 0);
	auxiliary = inc_auxStream(child);
	CHECK_INT(inc_testReference(auxiliary) & 0xff, RT_STREAM);
	msg = message(NULL, 0);
	CHECK_INT(inc_send(auxiliary, &msg), 0);
	CHECK_INT(inc_makeDependent(child, DEP_GROUP), 0);
	CHECK_INT(inc_makeDependent(child, DEP_NONE), 0);
	CHECK_INT(inc_makeDependent(child, 7), ERR_BAD_ARGUMENT);
	CHECK_INT(inc_makeDependent(inc_self(), DEP_ABSOLUTE), ERR_BAD_ARGUMENT);
	CHECK_INT(inc_status(child, &state), 0);
	CHECK_INT(state.is_nmsgs, 1);
	CHECK(state.is_npinc > 0 && state.is_ntext > 0 && state.is_nstack > 0);
	CHECK_INT(inc_destroy(child), 0);
	memset(&event, 0, sizeof event);
	event.ed_reference = child;
	event.ed_evtype = EV_INC_DEAD;
	CHECK_INT(inc_eventWait(1, &event, SOON), 1);
	CHECK_INT(event.ed_info1, END_DESTROYED);
	CHECK_INT(inc_auxStream(child), ERR_UNREACHABLE);
	CHECK_INT(inc_status(child, &state), 0);
	CHECK_INT(state.is_state, INC_IS_UNREACHABLE);
	CHECK_INT(inc_close(auxiliary), 0);
}

void
calls(void)
{
	NodeEntry nodes[NODES_MAX];
	TimeBuf before, after;
	int count, i, stream, port;
	Msg msg;

	CHECK_INT(inc_testReference(inc_self()) & 0xff, RT_INC);
	CHECK_INT(inc_testReference(inc_standardPort()) & 0xff, RT_PORT);
	CHECK_INT(inc_testReference(inc_auxiliaryPort()) & 0xff, RT_PORT);
	CHECK_INT(inc_testReference(inc_launchStream()) & 0xff, RT_STREAM);
	CHECK(inc_rdcId() > 0);
	CHECK_INT(inc_nodeAlloc(inc_where(), inc_rdcId()), ERR_NO_RIGHT);
	CHECK_INT(inc_nodeWithdraw(inc_where(), inc_rdcId(), 1), ERR_NO_RIGHT);
	CHECK_INT(inc_moduleId("nobody"), ERR_NO_SUCH_MODULE);
	CHECK_TEXT(inc_errorText(ERR_NO_SUCH_MODULE), "The RDC has no module of this number or name.");
	CHECK_TEXT(inc_errorText(1), "There is no such error.");

	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	msg = message("data", 5);
	CHECK_INT(inc_send(stream, &msg), 0);
	CHECK_INT(inc_testPort(port, 0, NULL, 0, NULL), 1);
	msg = message((char[5]){ "" }, 5);
	CHECK_INT(inc_receive(port, &msg, 1, 0, 0), 1);
	CHECK_TEXT(msg.m_base, "data");
	CHECK_INT(inc_receive(port, &msg, 1, 0, 0), 0);
	CHECK_INT(inc_receive(stream, &msg, 1, 0, 0), ERR_WRONG_REFERENCE_TYPE);
	CHECK_INT(inc_receive(port, NULL, 1, 0, 0), ERR_BAD_ADDRESS);

	CHECK(inc_brk(NULL) > 0);
	CHECK_INT(inc_brk((char *)16), ERR_BAD_ADDRESS);
	CHECK_INT(inc_time(&before), 0);
	CHECK_INT(inc_sleep(20), 0);
	CHECK_INT(inc_time(&after), 0);
	CHECK(after.tb_elapsed - before.tb_elapsed >= 20);

	count = inc_nodeList(NODES_MAX, nodes);
	CHECK(count > 0);
	for (i = 0; i < count; i++) {
		a_partner(nodes[i].ne_node);
		a_template(nodes[i].ne_node);
		a_child(nodes[i].ne_node);
	}
}
