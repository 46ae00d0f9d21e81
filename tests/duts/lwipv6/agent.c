/* agent.c: tcpconform-agent on LWIPv6's sockets.  The headers come first, so that
 * what LWIPv6 has not can be taken away from what they promise. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sockets.h"

#undef TCP_INFO
#undef TCP_KEEPIDLE
#undef TCP_KEEPINTVL
#undef TCP_KEEPCNT
#undef TCP_USER_TIMEOUT
#undef TCP_FASTOPEN
#undef TCP_FASTOPEN_CONNECT
#undef TCP_MAXSEG
#undef IPV6_V6ONLY
#define TCP_KEEPALIVE 0x02              /* LWIPv6's: the idle time            */

#define socket      lw_socket
#define bind        lw_bind
#define listen      lw_listen
#define accept      lw_accept
#define connect     lw_connect
#define getsockname lw_getsockname
#define send        lw_send
#define recv        lw_recv
#define shutdown    lw_shutdown
#define close       lw_close
#define fcntl       lw_fcntl
#define getsockopt  lw_getsockopt
#define setsockopt  lw_setsockopt
#define poll        lw_poll

#include "harness/agent/tcpconform-agent.c"
