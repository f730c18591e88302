/*
 * Listings of the dissertation as they are printed, their ellipses filled in.
 */
#include <equus/figures.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define SOON	20000	/* ms; more than anything takes */

/* Figure 3.1, by another name: this program has its main elsewhere. */
#define main	main_of_figure_3_1
main(argc, argv, envp, myparams)
int argc;
char *argv[];
char *envp[];
IncParams *myparams;
{
	return (argc + myparams->ip_datasize);
}
#undef main

/* Waits for a word in a header. */
static void
hear(int port, const char *word)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	CHECK_INT(inc_receive(port, &msg, 1, 0, SOON), 1);
	CHECK_TEXT(msg.m_head, word);
}

/*
 * Each sends to the other's port; the child ends with 0 if that was right.
 */
static void
talk(int to_other, int my_port, const char *mine, const char *others)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	strcpy(msg.m_head, mine);
	CHECK_INT(inc_send(to_other, &msg), 0);
	memset(&msg, 0, sizeof msg);
	CHECK_INT(inc_receive(my_port, &msg, 1, 0, -1), 1);
	CHECK_TEXT(msg.m_head, others);
}

static void
await(unsigned int child)
{
	EvDesc event = { child, EV_INC_DEAD, 0, 0 };

	CHECK_INT(inc_eventWait(1, &event, -1), 1);
	CHECK_INT(event.ed_info1, END_EXITED);
	CHECK_INT(event.ed_info2, 0);
}

/*
 * Figure 5.3: two connected pairs of a stream and a port.
 */
static void
fork_a_child(unsigned int new_node)
{
int			forkstreams[1], forkports[1], fork_result;
int			stream_to_parent, stream_to_child, my_port;
unsigned int new_inc;
int			failures = failed();

inc_chanCreate(CHAN_UNICAST, &my_port, &stream_to_parent);
forkports[0] = my_port;
fork_result = inc_fork(new_node, &new_inc, 1, forkports, forkstreams);
switch(fork_result) {
 case 1: /* original */
	stream_to_child = forkstreams[0];
	inc_close(stream_to_parent);
	break;
 case 0: /* new incarnation */
	/* stream_to_parent connected to original's my_port */
	/* my_port is here attached to a new channel */
	break;
 default:
	CHECK_INT(fork_result, 1);
	return;
}
/* Each now has a stream connected to the other's my_port */
	if (fork_result == 0) {
		talk(stream_to_parent, my_port, "child", "parent");
		inc_exit(failed() - failures);
	} else {
		talk(stream_to_child, my_port, "parent", "child");
		await(new_inc);
		CHECK_INT(inc_close(stream_to_child), 0);
	}
	CHECK_INT(inc_close(my_port), 0);
	CHECK_INT(inc_close(new_inc), 0);
}

/*
 * Figure 6.4, in the RDC of section 5.2: workers 3 and 4 are led to a new
 * printer.
 */
static void
add_a_printer(unsigned int new_printer_node, unsigned int printers[],
    IncInterface interfaces[2])
{
unsigned int		node;
int			MODULE_SERVER = inc_moduleId("partner");
int			new_stream, port_handle, strm_handle, workerid;
char			handle_label[20];
IncParams		incparams = { 7, "printer", 2, interfaces };

node = new_printer_node;
ss_isPort(&incparams.ip_ifaces[0], NEW_CHAN, "printer2", "printer2.han");
ss_isStream(&incparams.ip_ifaces[1], "report", NO_HANDLE);
inc_create(MODULE_SERVER, node, &printers[1],&new_stream, &incparams);

new_stream = ss_get("printer2");
port_handle = ss_get("printer1.han");

for(workerid = 3; workerid <= 4; workerid++) {

	sprintf(handle_label, "worker%d", workerid);

	strm_handle = ss_get(handle_label);
	CHECK_INT(inc_rebindStream(strm_handle, new_stream, port_handle), 0);
}
}

/* Asks for a number. */
static int
number(int stream, const char *what)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	strcpy(msg.m_head, what);
	CHECK_INT(inc_invoke(stream, &msg), 0);
	return (atoi(msg.m_head));
}

/*
 * The manager of section 5.2.1, but for the scheduler: a printer, workers that
 * have a stream to it each, and a channel on which printers report.
 */
static void
reconfigure(unsigned int node, unsigned int new_printer_node)
{
	int module = inc_moduleId("partner");
	unsigned int printers[2], workers[5];
	int id, report, stream, to_workers[5];
	IncInterface interfaces[2];
	char label[20];

	IncParams params = { 7, "printer", 2, interfaces };
	ss_isStream(&interfaces[0], "report", NO_HANDLE);
	ss_isPort(&interfaces[1], CHAN_NEW, "printer1", "printer1.han");
	CHECK_INT(inc_create(module, node, &printers[0], &stream, &params), 0);
	params = (IncParams){ 6, "worker", 1, interfaces };
	for (id = 1; id <= 4; id++) {
		sprintf(label, "worker%d", id);
		ss_isStream(&interfaces[0], "printer1", label);
		CHECK_INT(inc_create(module, node, &workers[id], &to_workers[id], &params), 0);
	}
	CHECK_INT(ss_createChan("report", CHAN_UNICAST, &report, &stream), 0);

	/* Each has sent something already when it answers. */
	for (id = 1; id <= 4; id++)
		CHECK_INT(number(to_workers[id], "note"), 0);
	add_a_printer(new_printer_node, printers, interfaces);
	for (id = 1; id <= 4; id++)
		CHECK_INT(number(to_workers[id], "note"), 0);
	CHECK_INT(number(ss_get("printer1"), "count") + number(ss_get("printer2"), "count"), 12);
	CHECK(number(ss_get("printer2"), "count") >= 2);
	for (id = 0; id < 2; id++) {
		hear(report, "printer");
		CHECK_INT(inc_destroy(printers[id]), 0);
	}
	for (id = 1; id <= 4; id++)
		CHECK_INT(inc_destroy(workers[id]), 0);
}

void
figures(void)
{
	IncParams params = { 3, "abc", 0, NULL };
	NodeEntry nodes[2];
	int count;

	CHECK_INT(main_of_figure_3_1(1, NULL, NULL, &params), 4);
	CHECK_INT(NEW_CHAN, CHAN_NEW);
	count = inc_nodeList(2, nodes);
	fork_a_child(inc_where());
	fork_a_child(nodes[count - 1].ne_node);
	reconfigure(inc_where(), nodes[count - 1].ne_node);
}
