/* vhost.h: a virtio device of a guest whose driver speaks vhost-user: an interface
 * or a console.  What the driver sends comes out of `sent`, vhost_put gives it
 * something to receive.  It knows nothing of time: calendar.c does.
 *
 * Notifications go in band, over the sockets (VHOST_USER_PROTOCOL_F_INBAND_
 * NOTIFICATIONS), each with a reply: so whoever notifies stands still until the
 * other has seen it, and nothing depends on who of us runs faster. */
#ifndef TCPCONFORM_VHOST_H
#define TCPCONFORM_VHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	VHOST_RECEIVE, VHOST_TRANSMIT,          /* the queues of both kinds of devices */
	VHOST_RINGS,
	VHOST_REGIONS = 2,
	VHOST_CONFIG  = 64,
	VHOST_MOST    = 65536 + 64              /* octets in one buffer                */
};

struct vhost_region {
	uint64_t guest, size;                   /* addresses as the guest has them */
	uint8_t *here;
	void    *mapped;
	size_t   mapped_size;
};

struct vhost_ring {
	uint32_t num;
	uint64_t desc, avail, used;             /* the guest's addresses; 0: not yet told */
	uint16_t seen;                          /* available buffers that we have taken   */
};

struct vhost {
	/* To be filled in by who owns it. */
	const char *name;
	uint64_t features;                      /* beside what every device here has */
	size_t   header;                        /* octets before what is sent and received */
	uint8_t  config[VHOST_CONFIG];
	void   (*sent)(const uint8_t *octets, size_t n);
	int    (*await)(int fd);                /* waits until fd can be read; the guest may
						   speak of time meanwhile; -errno */

	int listener, sock, calls;              /* calls: over which we interrupt the guest */
	struct vhost_region region[VHOST_REGIONS];
	unsigned n_region;
	struct vhost_ring ring[VHOST_RINGS];
};

/* Listens for the guest's driver on a path.  Returns -errno. */
int  vhost_listen(struct vhost *, const char *path);
void vhost_end(struct vhost *);

/* What to poll for. */
static inline int vhost_fd(const struct vhost *v)
{
	return v->sock >= 0 ? v->sock : v->listener;
}

/* Serves the driver once: its connection, or one message.  Returns -errno;
 * -ECONNRESET when it has gone. */
int  vhost_serve(struct vhost *);

/* Puts octets into the driver's next buffer and interrupts it.  Returns 1, 0 when
 * there is no buffer that holds them, or -errno. */
int  vhost_put(struct vhost *, const uint8_t *octets, size_t n);

#endif
