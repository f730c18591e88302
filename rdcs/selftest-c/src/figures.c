/*
 * Listings of the dissertation as they are printed, their ellipses filled in.
 */
#include <equus/figures.h>
#include <string.h>

#include "check.h"

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

/*
 * Figure 5.3: two connected pairs of a stream and a port.
 */
static int
fork_a_child(unsigned int new_node)
{
int			forkstreams[1], forkports[1], fork_result;
int			stream_to_parent, stream_to_child, my_port;
unsigned int new_inc;

inc_chanCreate(CHAN_UNICAST, &my_port, &stream_to_parent);
forkports[0] = my_port;
fork_result = inc_fork(new_node, &new_inc, 1, forkports, forkstreams);
switch(fork_result) {
 case 1: /* original */
	stream_to_child = forkstreams[0];
	inc_close(stream_to_parent);
	return (stream_to_child);
 case 0: /* new incarnation */
	/* stream_to_parent connected to original's my_port */
	/* my_port is here attached to a new channel */
	inc_rdcExit(1);
 default:
	CHECK_INT(inc_testReference(my_port) & 0xff, RT_PORT);
	CHECK_INT(inc_testReference(stream_to_parent) & 0xff, RT_STREAM);
	return (fork_result);
}
/* Each now has a stream connected to the other's my_port */
}

/*
 * Of figure 6.4: line 4.
 */
static int
create_a_printer(unsigned int node)
{
unsigned int		printers[2];
int			MODULE_SERVER = inc_moduleId("partner"), new_stream;
IncParams		incparams = { 7, "printer", 0, NULL };
Msg			msg;

inc_create(MODULE_SERVER, node, &printers[1],&new_stream, &incparams);

	memset(&msg, 0, sizeof msg);
	CHECK_INT(inc_invoke(new_stream, &msg), 0);
	CHECK_TEXT(msg.m_head, "printer");
	return (inc_destroy(printers[1]));
}

void
figures(void)
{
	IncParams params = { 3, "abc", 0, NULL };

	CHECK_INT(main_of_figure_3_1(1, NULL, NULL, &params), 4);
	CHECK_INT(fork_a_child(inc_where()), ERR_NOT_SUPPORTED);
	CHECK_INT(create_a_printer(inc_where()), 0);
	CHECK_INT(NEW_CHAN, CHAN_NEW);
}
