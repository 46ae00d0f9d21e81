/* netns.h: a private world of two network namespaces with a wire between them:
 * the tester's, and the device's under test.
 *
 *      tct0 (no address of the kernel's) ===== tcd0
 *
 * Unprivileged through a user namespace where the kernel allows it, else as
 * root.  There is no `ip netns`: nothing is mounted and nothing has a name
 * outside; the namespaces are held by descriptors of this process and by the
 * children started in them, and vanish with the last of these, however that
 * ended.
 *
 * The process that calls netns_new enters the tester's namespace and stays there
 * (and in the user namespace): there is no way back, so once is enough. */
#ifndef TCPCONFORM_NETNS_H
#define TCPCONFORM_NETNS_H

#include <stddef.h>

#include "child.h"

#define NETNS_TESTER_IFACE "tct0"
#define NETNS_DUT_IFACE    "tcd0"

struct netns;

/* Makes both, with the wire up and without offloads.  `addresses`, NULL at the
 * end, are given to the kernel on the DUT's side ("10.9.0.2/24"; without
 * duplicate address detection); with NULL, both kernels keep silent and the wire
 * is for those who bring their own stack.  Call it before any thread is started.
 * NULL and one sentence, with the remedy, in err. */
struct netns *netns_new(const char *const *addresses, char *err, size_t n);

/* A descriptor of the DUT's namespace that children inherit. */
int netns_dut_fd(const struct netns *);

/* Starts a child in the DUT's namespace; k->before is ours.  It dies with us. */
int netns_start(struct netns *, struct child *, struct child_config *k);

/* The command, for sh -c, of this very program as the reference stack in the
 * DUT's namespace, speaking the agent's protocol; fault may be NULL.  Returns
 * buf, or NULL if it is too small. */
const char *netns_ref_command(const struct netns *, const char *const *addresses, const char *fault,
                              unsigned long long seed, char *buf, size_t n);

/* Lets go of the descriptors. */
void netns_free(struct netns *);

#endif
