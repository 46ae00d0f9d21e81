/* sockets.h: the calls of POSIX as LWIPv6 has them, under the names that
 * tcpconform-agent uses; agent.c compiles it with them, sockets.c is what they do. */
#ifndef TCPCONFORM_LWIPV6_SOCKETS_H
#define TCPCONFORM_LWIPV6_SOCKETS_H

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

int lw_socket(int family, int type, int protocol);
int lw_bind(int fd, const struct sockaddr *a, socklen_t n);
int lw_listen(int fd, int backlog);
int lw_accept(int fd, struct sockaddr *a, socklen_t *n);
int lw_connect(int fd, const struct sockaddr *a, socklen_t n);
int lw_getsockname(int fd, struct sockaddr *a, socklen_t *n);
ssize_t lw_send(int fd, const void *octets, size_t n, int flags);
ssize_t lw_recv(int fd, void *octets, size_t n, int flags);
int lw_shutdown(int fd, int how);
int lw_close(int fd);
int lw_fcntl(int fd, int command, ...);
int lw_getsockopt(int fd, int level, int option, void *value, socklen_t *n);
int lw_setsockopt(int fd, int level, int option, const void *value, socklen_t n);
int lw_poll(struct pollfd *fds, nfds_t n, int ms);

#endif
