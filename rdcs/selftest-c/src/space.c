/*
 * References that are left under labels, and how they are had.
 */
#include <equus.h>
#include <string.h>

#include "check.h"

#define A_WHILE		30	/* ms */

static const char too_long[] = "twenty bytes of label";

static RefDescrip
described(int type, int id)
{
	RefDescrip ref;

	memset(&ref, 0, sizeof ref);
	ref.rd_type = type;
	ref.rd_obj.oi_stream = id;
	ref.rd_domain = RD_RDC;
	return (ref);
}

/* Sends a message with a word in its header. */
static void
tell(int stream, const char *word)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	strcpy(msg.m_head, word);
	CHECK_INT(inc_send(stream, &msg), 0);
}

/* There must be a message with a word in its header. */
static void
hear(int port, const char *word)
{
	Msg msg;

	memset(&msg, 0, sizeof msg);
	CHECK_INT(inc_receive(port, &msg, 1, 0, 0), 1);
	CHECK_TEXT(msg.m_head, word);
}

static void
any_number(int stream, int port)
{
	RefDescrip ref = described(RT_STREAM, stream), one, other;

	CHECK_INT(ss_put("c.any", &ref, SS_UNLIMITED), 0);
	CHECK_INT(ss_put("c.any", &ref, SS_UNLIMITED), ERR_LABEL_TAKEN);
	CHECK_INT(ss_get("c.any", &one), 0);
	CHECK_INT(one.rd_type, RT_STREAM);
	CHECK(one.rd_obj.oi_stream != stream);
	tell(one.rd_obj.oi_stream, "by a copy");
	hear(port, "by a copy");
	CHECK_INT(ss_get("c.any", &other), 0);
	CHECK_INT(other.rd_obj.oi_stream, one.rd_obj.oi_stream);
	CHECK_INT(ss_delete("c.any"), 0);
	CHECK_INT(ss_delete("c.any"), ERR_NO_SUCH_LABEL);
	/* The cache has it still. */
	CHECK_INT(ss_getTimed("c.any", &other, 0), 0);
	CHECK_INT(other.rd_obj.oi_stream, one.rd_obj.oi_stream);

	CHECK_INT(ss_put("c.fresh", &ref, SS_DONTCACHE), 0);
	CHECK_INT(ss_get("c.fresh", &one), 0);
	CHECK_INT(ss_get("c.fresh", &other), 0);
	CHECK(other.rd_obj.oi_stream != one.rd_obj.oi_stream);
	CHECK_INT(inc_close(one.rd_obj.oi_stream), 0);
	CHECK_INT(inc_close(other.rd_obj.oi_stream), 0);
	CHECK_INT(ss_delete("c.fresh"), 0);
	CHECK_INT(inc_testReference(stream) & 0xff, RT_STREAM);
}

static void
two_at_a_time(int stream)
{
	RefDescrip ref = described(RT_STREAM, stream), one, other, third;

	CHECK_INT(ss_put("c.two", &ref, 2), 0);
	CHECK_INT(ss_return("c.two", 0), ERR_NO_SUCH_LABEL);
	CHECK_INT(ss_get("c.two", &one), 0);
	CHECK_INT(ss_get("c.two", &other), 0);
	CHECK_INT(ss_getTimed("c.two", &third, A_WHILE), ERR_TIMED_OUT);
	CHECK_INT(ss_print(), 0);
	CHECK_INT(ss_return("c.two", 0), 0);
	/* The copy that was got last is the one. */
	CHECK_INT(inc_testReference(other.rd_obj.oi_stream), RT_NONE);
	CHECK_INT(ss_getTimed("c.two", &third, A_WHILE), 0);
	CHECK_INT(ss_return("c.two", 0), 0);
	CHECK_INT(ss_return("c.two", 0), 0);
	CHECK_INT(inc_testReference(one.rd_obj.oi_stream), RT_NONE);
	CHECK_INT(ss_return("c.two", 0), ERR_NO_SUCH_LABEL);
	CHECK_INT(ss_delete("c.two"), 0);
}

static void
a_port(void)
{
	RefDescrip ref, got;
	int port, stream;

	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	tell(stream, "first");
	tell(stream, "second");
	ref = described(RT_PORT, port);
	CHECK_INT(ss_put("c.port", &ref, 1), 0);
	CHECK_INT(inc_testReference(port), RT_NONE);
	CHECK_INT(ss_get("c.port", &got), 0);
	CHECK_INT(got.rd_type, RT_PORT);
	hear(got.rd_obj.oi_port, "first");
	CHECK_INT(ss_getTimed("c.port", &ref, 0), ERR_TIMED_OUT);
	CHECK_INT(ss_return("c.port", 0), 0);
	CHECK_INT(ss_get("c.port", &got), 0);
	CHECK_INT(ss_return("c.port", 1), 0);
	/* What had come stays, and nothing more comes. */
	tell(stream, "third");
	hear(got.rd_obj.oi_port, "second");
	CHECK_INT(inc_close(got.rd_obj.oi_port), 0);
	CHECK_INT(ss_get("c.port", &got), 0);
	hear(got.rd_obj.oi_port, "third");

	/* One that is refused comes back, with what had come. */
	tell(stream, "fourth");
	ref = described(RT_PORT, got.rd_obj.oi_port);
	CHECK_INT(ss_put("c.port", &ref, 1), ERR_LABEL_TAKEN);
	CHECK_INT(inc_testReference(ref.rd_obj.oi_port) & 0xff, RT_PORT);
	hear(ref.rd_obj.oi_port, "fourth");
	CHECK_INT(ss_delete("c.port"), 0);
	CHECK_INT(inc_close(ref.rd_obj.oi_port), 0);
	CHECK_INT(inc_close(stream), 0);
}

static void
what_is_refused(int stream)
{
	RefDescrip ref = described(RT_STREAM, stream), got;

	CHECK_INT(ss_put(too_long, &ref, SS_UNLIMITED), ERR_LABEL_TOO_LONG);
	CHECK_INT(ss_get(too_long, &got), ERR_LABEL_TOO_LONG);
	CHECK_INT(ss_getTimed(too_long, &got, 0), ERR_LABEL_TOO_LONG);
	CHECK_INT(ss_return(too_long, 0), ERR_LABEL_TOO_LONG);
	CHECK_INT(ss_delete(too_long), ERR_LABEL_TOO_LONG);
	CHECK_INT(ss_put("c.wrong", &ref, -7), ERR_BAD_ARGUMENT);
	ref.rd_domain = 7;
	CHECK_INT(ss_put("c.wrong", &ref, 1), ERR_BAD_ARGUMENT);
	ref = described(RT_NONE, 0);
	CHECK_INT(ss_put("c.wrong", &ref, 1), ERR_BAD_ARGUMENT);
	ref = described(RT_STREAM, 0x12345678);
	CHECK_INT(ss_put("c.wrong", &ref, 1), ERR_NO_SUCH_REFERENCE);
	CHECK_INT(ss_getTimed("c.wrong", &got, 0), ERR_TIMED_OUT);
}

void
space(void)
{
	int port, stream;

	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	any_number(stream, port);
	two_at_a_time(stream);
	a_port();
	what_is_refused(stream);
	CHECK_INT(inc_close(stream), 0);
	CHECK_INT(inc_close(port), 0);
}

/* The name service. */
void
names(void)
{
	int found, port, stream;

	CHECK_INT(inc_chanCreate(CHAN_UNICAST, &stream, &port), 0);
	CHECK_INT(ns_lookUp("c.name"), ERR_NO_SUCH_LABEL);
	CHECK_INT(ns_register("c.name", stream, RD_ANY), 0);
	CHECK_INT(ns_register("c.name", stream, RD_ANY), ERR_LABEL_TAKEN);
	found = ns_lookUp("c.name");
	CHECK_INT(inc_testReference(found) & 0xff, RT_STREAM);
	tell(found, "by its name");
	hear(port, "by its name");
	CHECK_INT(inc_close(found), 0);
	CHECK_INT(ns_withdraw("c.name"), 0);
	CHECK_INT(ns_withdraw("c.name"), ERR_NO_SUCH_LABEL);
	CHECK_INT(ns_lookUp("c.name"), ERR_NO_SUCH_LABEL);

	CHECK_INT(ns_register("", stream, RD_ANY), ERR_BAD_ARGUMENT);
	CHECK_INT(ns_register("c.name", stream, RD_RDC), ERR_BAD_ARGUMENT);
	CHECK_INT(ns_register("c.name", port, RD_ANY), ERR_WRONG_REFERENCE_TYPE);
	CHECK_INT(ns_register("c.name", 0x12345678, RD_ANY), ERR_NO_SUCH_REFERENCE);
	CHECK_INT(ns_register(too_long, stream, RD_ANY), ERR_LABEL_TOO_LONG);
	CHECK_INT(ns_lookUp(too_long), ERR_LABEL_TOO_LONG);
	CHECK_INT(ns_withdraw(too_long), ERR_LABEL_TOO_LONG);
	CHECK_INT(inc_close(stream), 0);
	CHECK_INT(inc_close(port), 0);
}
