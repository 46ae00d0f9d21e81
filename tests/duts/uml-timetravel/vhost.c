/* vhost.c: virtio devices over vhost-user, as far as one guest's driver goes that we
 * start ourselves: Linux's arch/um/drivers/virtio_uml.c.  Split rings, no indirect
 * descriptors, no offloads (so checksums are complete and a segment is a frame).
 *
 * The guest is not trusted to point into its own memory: what lies outside of it is
 * an error and ends the run.  The words are those of the vhost-user protocol and of
 * the virtio specification 1.1, section 2.6. */
#define _GNU_SOURCE
#include "vhost.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	GET_FEATURES = 1, SET_FEATURES, SET_OWNER, SET_MEM_TABLE = 5, SET_VRING_NUM = 8, SET_VRING_ADDR,
	SET_VRING_BASE, GET_PROTOCOL_FEATURES = 15, SET_PROTOCOL_FEATURES, SET_VRING_ENABLE = 18,
	SET_SLAVE_REQ_FD = 21, GET_CONFIG = 24, VRING_KICK = 35
};

enum { SLAVE_VRING_CALL = 4 };
enum { VERSION = 1, REPLY = 1 << 2, NEED_REPLY = 1 << 3 };      /* flags of a message */

#define PROTOCOL_FEATURES (1ull << 30)
#define REPLY_ACK         (1ull << 3)
#define SLAVE_REQ         (1ull << 5)
#define CONFIG            (1ull << 9)
#define IN_BAND           (1ull << 14)

struct message {
	uint32_t request, flags, size;
	union {
		uint64_t integer;
		struct {
			uint32_t index, num;
		} state;
		struct {
			uint32_t index, flags;
			uint64_t desc, used, avail, log;
		} addr;
		struct {
			uint32_t num, padding;
			struct {
				uint64_t guest, size, user, offset;
			} region[VHOST_REGIONS];
		} memory;
		struct {
			uint32_t offset, size, flags;
			uint8_t  octets[VHOST_CONFIG];
		} config;
		uint8_t octets[256];
	};
} __attribute__((packed));

#define HEAD offsetof(struct message, integer)

/* ---- messages ----------------------------------------------------------------- */

static int send_message(int fd, const struct message *m)
{
	const size_t n = HEAD + m->size;

	return send(fd, m, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : -ECONNRESET;
}

/* Receives one message and the descriptors that come with it; -1 where there is none. */
static int receive_message(int fd, struct message *m, int fds[VHOST_REGIONS])
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(VHOST_REGIONS * sizeof(int))];
	} control;
	struct iovec part = { .iov_base = m, .iov_len = HEAD };
	struct msghdr h = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)
	};

	for (int i = 0; i < VHOST_REGIONS; i++)
		fds[i] = -1;
	if (recvmsg(fd, &h, MSG_WAITALL | MSG_CMSG_CLOEXEC) != (ssize_t)HEAD)
		return -ECONNRESET;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	if (m->size > sizeof(m->octets))
		return -EPROTO;
	if (m->size && recv(fd, m->octets, m->size, MSG_WAITALL) != (ssize_t)m->size)
		return -ECONNRESET;
	return 0;
}

static int answer(struct vhost *v, struct message *m, uint64_t value)
{
	m->flags = VERSION | REPLY;
	m->size = sizeof(m->integer);
	m->integer = value;
	return send_message(v->sock, m);
}

/* ---- the guest's memory --------------------------------------------------------- */

static void unmap(struct vhost *v)
{
	for (unsigned i = 0; i < v->n_region; i++)
		munmap(v->region[i].mapped, v->region[i].mapped_size);
	v->n_region = 0;
}

static int map(struct vhost *v, const struct message *m, const int fds[VHOST_REGIONS])
{
	unmap(v);
	if (m->memory.num > VHOST_REGIONS)
		return -EPROTO;
	for (unsigned i = 0; i < m->memory.num; i++) {
		struct vhost_region *r = &v->region[i];

		r->guest = m->memory.region[i].guest;
		r->size = m->memory.region[i].size;
		r->mapped_size = m->memory.region[i].offset + r->size;
		r->mapped = mmap(NULL, r->mapped_size, PROT_READ | PROT_WRITE, MAP_SHARED, fds[i], 0);
		if (r->mapped == MAP_FAILED)
			return -errno;
		r->here = (uint8_t *)r->mapped + m->memory.region[i].offset;
		v->n_region = i + 1;
	}
	return 0;
}

/* n octets of the guest's memory; NULL: they are not in it. */
static void *at(const struct vhost *v, uint64_t guest, uint64_t n)
{
	for (unsigned i = 0; i < v->n_region; i++) {
		const struct vhost_region *r = &v->region[i];

		if (guest >= r->guest && n <= r->size && guest - r->guest <= r->size - n)
			return r->here + (guest - r->guest);
	}
	return NULL;
}

/* ---- the rings -------------------------------------------------------------------- */

struct view {                   /* a ring as it lies in the guest's memory */
	struct vring_desc  *desc;
	struct vring_avail *avail;
	struct vring_used  *used;
};

static int look(const struct vhost *v, const struct vhost_ring *r, struct view *w)
{
	w->desc = at(v, r->desc, r->num * sizeof(*w->desc));
	w->avail = at(v, r->avail, sizeof(*w->avail) + r->num * sizeof(w->avail->ring[0]));
	w->used = at(v, r->used, sizeof(*w->used) + r->num * sizeof(w->used->ring[0]));
	return r->num && w->desc && w->avail && w->used ? 0 : -EFAULT;
}

static bool available(const struct vhost_ring *r, const struct view *w)
{
	return __atomic_load_n(&w->avail->idx, __ATOMIC_ACQUIRE) != r->seen;
}

/* Gives the buffer back whose chain of descriptors begins with head. */
static void give_back(struct vhost_ring *r, const struct view *w, uint16_t head, uint32_t written)
{
	const uint16_t idx = w->used->idx;

	w->used->ring[idx % r->num] = (struct vring_used_elem){ .id = head, .len = written };
	r->seen++;
	__atomic_store_n(&w->used->idx, (uint16_t)(idx + 1), __ATOMIC_RELEASE);
}

/* Copies between octets and the next buffer, all of whose parts are the driver's to
 * read (out of it) or ours to write (into it).  Returns how many, or -errno;
 * -EMSGSIZE when there are more than fit. */
static ssize_t copy(const struct vhost *v, const struct vhost_ring *r, const struct view *w,
		uint16_t head, uint8_t *octets, size_t room, bool into)
{
	size_t n = 0;
	uint16_t d = head;

	for (uint32_t parts = 0; parts < r->num; parts++) {
		if (d >= r->num)
			return -EFAULT;

		const struct vring_desc *p = &w->desc[d];
		const size_t some = into && p->len > room - n ? room - n : p->len;
		uint8_t *here = at(v, p->addr, p->len);

		if (!here || into != !!(p->flags & VRING_DESC_F_WRITE))
			return -EFAULT;
		if (some > room - n)
			return -EMSGSIZE;
		if (into)
			memcpy(here, octets + n, some);
		else
			memcpy(octets + n, here, some);
		n += some;
		if (!(p->flags & VRING_DESC_F_NEXT))
			return into && n < room ? -EMSGSIZE : (ssize_t)n;
		d = p->next;
	}
	return -EFAULT;
}

/* Interrupts the guest, unless its driver does not want to be: it has seen it when
 * this returns. */
static int interrupt(struct vhost *v, unsigned ring, const struct view *w)
{
	struct message m = { .request = SLAVE_VRING_CALL, .flags = VERSION | NEED_REPLY, .size = sizeof(m.state) };
	int none[VHOST_REGIONS];
	int r;

	if (w->avail->flags & VRING_AVAIL_F_NO_INTERRUPT)
		return 0;
	m.state.index = ring;
	r = send_message(v->calls, &m);
	if (!r)
		r = v->await(v->calls);
	if (!r)
		r = receive_message(v->calls, &m, none);
	return r;
}

/* The driver has put something into a ring. */
static int kicked(struct vhost *v, uint32_t ring)
{
	static uint8_t octets[VHOST_MOST];
	struct vhost_ring *r = &v->ring[ring];
	struct view w;
	bool any = false;

	if (ring != VHOST_TRANSMIT)
		return 0;               /* room to receive: seen when it is needed */
	if (look(v, r, &w) < 0)
		return -EFAULT;
	while (available(r, &w)) {
		const uint16_t head = w.avail->ring[r->seen % r->num];
		const ssize_t n = copy(v, r, &w, head, octets, sizeof(octets), false);

		if (n < 0)
			return (int)n;
		if ((size_t)n > v->header)
			v->sent(octets + v->header, (size_t)n - v->header);
		give_back(r, &w, head, 0);
		any = true;
	}
	return any ? interrupt(v, ring, &w) : 0;
}

int vhost_put(struct vhost *v, const uint8_t *octets, size_t n)
{
	static uint8_t all[VHOST_MOST];
	struct vhost_ring *r = &v->ring[VHOST_RECEIVE];
	struct view w;

	if (look(v, r, &w) < 0)
		return -EFAULT;
	if (n > sizeof(all) - v->header || !available(r, &w))
		return 0;
	memset(all, 0, v->header);
	memcpy(all + v->header, octets, n);

	const uint16_t head = w.avail->ring[r->seen % r->num];
	const ssize_t put = copy(v, r, &w, head, all, v->header + n, true);

	if (put == -EMSGSIZE)
		return 0;
	if (put < 0)
		return (int)put;
	give_back(r, &w, head, (uint32_t)put);

	const int e = interrupt(v, VHOST_RECEIVE, &w);

	return e < 0 ? e : 1;
}

/* ---- the driver ------------------------------------------------------------------- */

int vhost_listen(struct vhost *v, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const size_t n = strlen(path);

	v->sock = v->calls = -1;
	if (n >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, n + 1);
	v->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (v->listener < 0 || bind(v->listener, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(v->listener, 1) < 0)
		return -errno;
	return 0;
}

void vhost_end(struct vhost *v)
{
	unmap(v);
	close(v->listener);
	close(v->sock);
	close(v->calls);
}

static int set_ring(struct vhost *v, const struct message *m)
{
	/* (All three kinds of messages begin with the index.) */
	if (m->state.index >= VHOST_RINGS)
		return -EPROTO;

	struct vhost_ring *r = &v->ring[m->state.index];

	switch (m->request) {
	case SET_VRING_NUM:
		r->num = m->state.num;
		break;
	case SET_VRING_BASE:
		r->seen = (uint16_t)m->state.num;
		break;
	case SET_VRING_ADDR:
		r->desc = m->addr.desc;
		r->avail = m->addr.avail;
		r->used = m->addr.used;
		break;
	}
	return 0;
}

static int give_config(struct vhost *v, struct message *m)
{
	const uint32_t n = m->config.size;

	if (m->config.offset > VHOST_CONFIG || n > VHOST_CONFIG - m->config.offset)
		return -EPROTO;
	m->flags = VERSION | REPLY;
	memcpy(m->config.octets, v->config + m->config.offset, n);
	return send_message(v->sock, m);
}

int vhost_serve(struct vhost *v)
{
	struct message m;
	int fds[VHOST_REGIONS], r;

	if (v->sock < 0) {
		v->sock = accept4(v->listener, NULL, NULL, SOCK_CLOEXEC);
		return v->sock < 0 ? -errno : 0;
	}
	r = receive_message(v->sock, &m, fds);
	if (r < 0)
		return r;

	const bool wants_reply = m.flags & NEED_REPLY;

	switch (m.request) {
	case GET_FEATURES:
		return answer(v, &m, v->features | 1ull << VIRTIO_F_VERSION_1 | PROTOCOL_FEATURES);
	case GET_PROTOCOL_FEATURES:
		return answer(v, &m, REPLY_ACK | SLAVE_REQ | CONFIG | IN_BAND);
	case GET_CONFIG:
		return give_config(v, &m);
	case SET_MEM_TABLE:
		r = map(v, &m, fds);
		break;
	case SET_SLAVE_REQ_FD:
		v->calls = fds[0];
		fds[0] = -1;
		break;
	case SET_VRING_NUM:
	case SET_VRING_BASE:
	case SET_VRING_ADDR:
		r = set_ring(v, &m);
		break;
	case VRING_KICK:
		r = m.state.index < VHOST_RINGS ? kicked(v, m.state.index) : -EPROTO;
		break;
	case SET_FEATURES:
	case SET_PROTOCOL_FEATURES:
	case SET_OWNER:
	case SET_VRING_ENABLE:
		break;
	default:
		r = -EPROTO;
		break;
	}
	for (int i = 0; i < VHOST_REGIONS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (r < 0)
		return r;
	return wants_reply ? answer(v, &m, 0) : 0;
}
