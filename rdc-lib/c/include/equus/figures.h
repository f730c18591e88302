/*
 * The spelling of the dissertation's figures, where it differs from that of
 * appendix B: with this header, figures 3.1, 5.2, 5.3 and 6.4 compile as they
 * are printed.
 *
 *	figure	there				here
 *	3.1	main without a type, parameters	(nothing to do: GCC takes it)
 *		declared behind it
 *	5.2	IncParams, IncInterface		(nothing to do: as in B.1)
 *	5.3	inc_chanCreate(type, &port,	the stream comes first
 *		    &stream)
 *	6.4	inc_create(.., &incparams),	an IncCreateParams with a state
 *		an IncParams; the child runs
 *	6.4	NEW_CHAN, NO_HANDLE		CHAN_NEW, NULL
 *	6.4	ss_get(label), a result		the reference is described in a
 *						RefDescrip
 *	(5.2.1)	ss_createChan(label, type,	the type comes last, and the
 *		    &port, &stream)		stream before the port
 *
 * Include it instead of <equus.h>. The calls by their own order of arguments
 * stay there as (inc_chanCreate)(...), (inc_create)(...), (ss_get)(...) and so on.
 */
#ifndef EQUUS_FIGURES_H
#define EQUUS_FIGURES_H

#include <equus.h>

/* Of 1990, when a function without a type was one of int. */
#pragma GCC diagnostic ignored "-Wimplicit-int"
#pragma GCC diagnostic ignored "-Wreturn-type"

#define NEW_CHAN	CHAN_NEW
#define NO_HANDLE	NULL

#define ss_get(label)	figures_get(label)

#define ss_createChan(chan_label, chan_type, port_p, stream_p)		\
	(ss_createChan)(chan_label, stream_p, port_p, chan_type)

#define inc_chanCreate(chantype, port_p, stream_p)			\
	(inc_chanCreate)(chantype, stream_p, port_p)

#define inc_create(blueprint, node, inchan_p, stream_p, params_p)	\
	figures_create(blueprint, node, inchan_p, stream_p, params_p)

/* The identifier of what is deposited under a label. */
static inline int
figures_get(const char *label)
{
	RefDescrip ref;
	int error;

	error = (ss_get)(label, &ref);
	return (error < 0 ? error : ref.rd_obj.oi_stream);
}

/* Creates an incarnation that runs at once. */
static inline int
figures_create(unsigned int blueprint, unsigned int node,
    unsigned int *inchan_p, int *stream_p, IncParams *params_p)
{
	IncCreateParams create_params;

	create_params.ic_state = STARTED;
	create_params.ic_params = *params_p;
	return ((inc_create)(blueprint, node, inchan_p, stream_p, &create_params));
}

#endif
