/*
 * Children that have what was declared for them.
 */
#include <equus.h>
#include <string.h>

#include "check.h"

#define NODES_MAX	16
#define SOON		20000	/* ms; more than anything takes */

/* An incarnation that answers with a word of its own. */
static unsigned int
make(unsigned int node, const char *word, IncInterface *interfaces, int count)
{
	IncCreateParams params = { STARTED, { strlen(word), (char *)word, count, interfaces } };
	unsigned int child = 0;
	int stream;

	CHECK_INT(inc_create(inc_moduleId("partner"), node, &child, &stream, &params), 0);
	CHECK_INT(inc_close(stream), 0);
	return (child);
}

static void
ask(const char *label, const char *answer)
{
	RefDescrip ref;
	Msg msg;

	CHECK_INT(ss_getTimed(label, &ref, SOON), 0);
	memset(&msg, 0, sizeof msg);
	CHECK_INT(inc_invoke(ref.rd_obj.oi_stream, &msg), 0);
	CHECK_TEXT(msg.m_head, answer);
}

static void
hear(int port, const char *word)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	CHECK_INT(inc_receive(port, &msg, 1, 0, SOON), 1);
	CHECK_TEXT(msg.m_head, word);
}

/*
 * Each wants a stream to the other, declared before its own port.
 */
static void
a_pair(unsigned int node)
{
	IncInterface interfaces[2];
	unsigned int left, right;

	CHECK_INT(ss_isStream(&interfaces[0], "c.right", NULL), 0);
	CHECK_INT(ss_isPort(&interfaces[1], CHAN_NEW, "c.left", "c.left.han"), 0);
	left = make(node, "left", interfaces, 2);
	CHECK_INT(ss_isStream(&interfaces[0], "c.left", "c.han"), 0);
	CHECK_INT(ss_isPort(&interfaces[1], CHAN_NEW, "c.right", ""), 0);
	right = make(inc_where(), "right", interfaces, 2);
	ask("c.left", "left");
	ask("c.right", "right");
	CHECK_INT(inc_destroy(left), 0);
	CHECK_INT(inc_destroy(right), 0);
}

/*
 * A handle to a port, and one to a stream, by which it is led elsewhere.
 */
static void
handles(unsigned int node)
{
	int from, port, stream, to;
	RefDescrip handle, other;
	IncInterface interface;
	unsigned int child;

	CHECK_INT(ss_createChan("c.report", NULL, &from, CHAN_UNICAST), 0);
	CHECK_INT(ss_createChan("c.report", &stream, &port, CHAN_UNICAST), ERR_LABEL_TAKEN);
	CHECK_INT(ss_createChan("c.elsewhere", &stream, &to, CHAN_UNICAST), 0);
	CHECK_INT(ss_isStream(&interface, "c.report", "c.reporter"), 0);
	child = make(node, "told", &interface, 1);
	hear(from, "told");
	CHECK_INT(ss_get("c.reporter", &handle), 0);
	CHECK_INT(handle.rd_type, RT_STREAMHANDLE);
	CHECK_INT(ss_get("c.elsewhere", &other), 0);
	CHECK_INT(inc_rebindStream(handle.rd_obj.oi_streamhandle, other.rd_obj.oi_stream, 0), 0);
	CHECK_INT(inc_destroy(child), 0);
	CHECK_INT(inc_close(stream), 0);
	CHECK_INT(inc_close(from), 0);
	CHECK_INT(inc_close(to), 0);
}

/*
 * Ports at a multicast channel: all of them get what is sent, and say so.
 */
static void
an_audience(unsigned int node)
{
	unsigned int children[2];
	IncInterface interfaces[2];
	int i, all, heard;
	Msg msg;

	CHECK_INT(ss_createChan("c.heard", NULL, &heard, CHAN_UNICAST), 0);
	CHECK_INT(ss_createChan("c.all", &all, NULL, CHAN_MULTICAST), 0);
	CHECK_INT(ss_isPort(&interfaces[0], CHAN_OTHER, "c.all", NULL), 0);
	CHECK_INT(ss_isStream(&interfaces[1], "c.heard", NULL), 0);
	children[0] = make(node, "told", interfaces, 2);
	children[1] = make(inc_where(), "told", interfaces, 2);
	/* Both are here when both have spoken. */
	for (i = 0; i < 2; i++)
		hear(heard, "told");
	memset(&msg, 0, sizeof msg);
	strcpy(msg.m_head, "note");
	CHECK_INT(inc_send(all, &msg), 0);
	for (i = 0; i < 2; i++)
		hear(heard, "told");
	for (i = 0; i < 2; i++)
		CHECK_INT(inc_destroy(children[i]), 0);
	CHECK_INT(inc_close(all), 0);
	CHECK_INT(inc_close(heard), 0);
}

static void
what_is_refused(void)
{
	static const char too_long[] = "twenty bytes of label";
	IncParams none = { 0, NULL, 0, NULL };
	IncInterface interface;
	int port, stream;

	CHECK_INT(ss_isStream(&interface, too_long, NULL), ERR_LABEL_TOO_LONG);
	CHECK_INT(ss_isStream(&interface, "short", too_long), ERR_LABEL_TOO_LONG);
	CHECK_INT(ss_isPort(&interface, CHAN_NEW, too_long, NULL), ERR_LABEL_TOO_LONG);
	CHECK_INT(ss_isPort(&interface, 7, "short", NULL), ERR_BAD_ARGUMENT);
	CHECK_INT(ss_createChan(too_long, &stream, &port, CHAN_UNICAST), ERR_LABEL_TOO_LONG);
	CHECK_INT(ss_createChan("c.type", &stream, &port, 7), ERR_BAD_ARGUMENT);
	CHECK_INT(inc_paramRef(&none, 0), ERR_NO_SUCH_REFERENCE);
	CHECK_INT(inc_paramRef(&none, -1), ERR_NO_SUCH_REFERENCE);
}

void
declared(void)
{
	static const char *const labels[] = { "c.left", "c.left.han", "c.right", "c.han",
	    "c.report", "c.reporter", "c.elsewhere", "c.heard", "c.all" };
	NodeEntry nodes[NODES_MAX];
	unsigned int far;
	size_t i;

	far = inc_nodeList(NODES_MAX, nodes) > 1 ? nodes[1].ne_node : inc_where();
	a_pair(far);
	handles(far);
	an_audience(far);
	what_is_refused();
	for (i = 0; i < sizeof labels / sizeof labels[0]; i++)
		CHECK_INT(ss_delete(labels[i]), 0);
}
