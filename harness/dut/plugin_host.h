/* plugin_host.h: the process that a plug-in lives in: it loads the shared object
 * (plugin.h) and speaks docs/plugin.md for it on its standard streams. */
#ifndef TCPCONFORM_PLUGIN_HOST_H
#define TCPCONFORM_PLUGIN_HOST_H

#include <stdint.h>

struct plugin_host_config {
	const char *path;
	uint64_t seed;
};

/* For child_config.instead, with a struct plugin_host_config: lives until its
 * input ends, and returns an exit status. */
int plugin_host(void *config);

#endif
