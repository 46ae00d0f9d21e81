/* by_id.h: what compile.c makes beside the table: the places of the rows in
 * requirements[], in the order of their ids.  Only catalogue.c needs it. */
#ifndef TCPCONFORM_CATALOGUE_BY_ID_H
#define TCPCONFORM_CATALOGUE_BY_ID_H

extern const unsigned short requirements_by_id[];

#endif
