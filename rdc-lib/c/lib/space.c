/*
 * Declarations of what a child is to have, and what it then has (section 5.2);
 * printing stream space. The other calls about it are in src/space.rs.
 */
#include <equus.h>
#include <stdio.h>
#include <string.h>

#include "rust.h"

int
ss_print(void)
{
	/* It appears behind what was printed before. */
	(void)fflush(stdout);
	return (__print_space());
}

static int
set_label(char *place, const char *label)
{
	if (label == NULL)
		label = "";
	if (strlen(label) > LABEL_MAX)
		return (ERR_LABEL_TOO_LONG);
	memset(place, 0, LABEL_MAX + 1);
	strcpy(place, label);
	return (0);
}

static int
declare(IncInterface *iface_p, int type, unsigned int flags,
    const char *chan_label, const char *handle_label)
{
	int error;

	memset(iface_p, 0, sizeof *iface_p);
	iface_p->ii_flags = flags;
	iface_p->ii_ref.rd_type = type;
	error = set_label(iface_p->ii_chanlabel, chan_label);
	if (error == 0)
		error = set_label(iface_p->ii_hanlabel, handle_label);
	return (error);
}

int
ss_isStream(IncInterface *iface_p, const char *chan_label,
    const char *handle_label)
{
	return (declare(iface_p, RT_STREAM, CHAN_OTHER, chan_label, handle_label));
}

int
ss_isPort(IncInterface *iface_p, int do_create, const char *chan_label,
    const char *handle_label)
{
	if (do_create != CHAN_NEW && do_create != CHAN_OTHER)
		return (ERR_BAD_ARGUMENT);
	return (declare(iface_p, RT_PORT, do_create, chan_label, handle_label));
}

int
ss_createChan(const char *chan_label, int *stream_p, int *port_p, int chan_type)
{
	RefDescrip ref;
	int error, port, stream;

	error = inc_chanCreate(chan_type, &stream, &port);
	if (error < 0)
		return (error);
	memset(&ref, 0, sizeof ref);
	ref.rd_type = RT_STREAM;
	ref.rd_obj.oi_stream = stream;
	ref.rd_domain = RD_RDC;
	error = ss_put(chan_label, &ref, SS_UNLIMITED);
	if (error < 0 || stream_p == NULL)
		inc_close(stream);
	else
		*stream_p = stream;
	if (error < 0 || port_p == NULL)
		inc_close(port);
	else
		*port_p = port;
	return (error);
}

int
inc_paramRef(IncParams *incparams_p, int interface_index)
{
	if (interface_index < 0 || interface_index >= incparams_p->ip_nifaces)
		return (ERR_NO_SUCH_REFERENCE);
	return (incparams_p->ip_ifaces[interface_index].ii_ref.rd_obj.oi_stream);
}
