/* capture_to.c: writes what an interface sees of TCP into a file until it is told
 * to end by a signal: what tcpdump does, without giving up a privilege that a user
 * namespace cannot give up.
 *
 *     capture_to INTERFACE FILE    says "ready" when it listens */
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>

static pcap_t *pcap;

static void end(int number)
{
	(void)number;
	pcap_breakloop(pcap);
}

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE];
	struct bpf_program tcp;
	struct sigaction a = { .sa_handler = end };
	struct pcap_stat lost;

	if (argc != 3)
		return 2;
	pcap = pcap_create(argv[1], why);
	if (!pcap || pcap_set_immediate_mode(pcap, 1) || pcap_set_buffer_size(pcap, 64 << 20) ||
	    pcap_set_snaplen(pcap, 262144) || pcap_activate(pcap) < 0 ||
	    pcap_compile(pcap, &tcp, "tcp", 1, PCAP_NETMASK_UNKNOWN) || pcap_setfilter(pcap, &tcp)) {
		fprintf(stderr, "capture_to: %s: %s\n", argv[1], pcap ? pcap_geterr(pcap) : why);
		return 1;
	}
	pcap_freecode(&tcp);

	pcap_dumper_t *file = pcap_dump_open(pcap, argv[2]);

	if (!file)
		return 1;
	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	puts("ready");
	fflush(stdout);
	fclose(stdout);
	pcap_loop(pcap, -1, pcap_dump, (u_char *)file);
	if (!pcap_stats(pcap, &lost) && lost.ps_drop)
		fprintf(stderr, "capture_to: %u frames were lost\n", lost.ps_drop);
	pcap_dump_close(file);
	pcap_close(pcap);
	return 0;
}
