/* service.c: the services of RFC 862 and RFC 864 on one port, for services.sh.
 *
 *     service echo|chargen PORT
 *
 * Says "up" when it listens; a process for each connection, which ends with it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void echo(int fd)
{
	char octets[4096];
	ssize_t n;

	while ((n = read(fd, octets, sizeof octets)) > 0)
		if (write(fd, octets, (size_t)n) != n)
			return;
}

static void chargen(int fd)
{
	char octets[1000];

	memset(octets, 'x', sizeof octets);
	while (write(fd, octets, sizeof octets) > 0)
		;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0), one;

	if (argc != 3)
		return 2;
	a.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	signal(SIGCHLD, SIG_IGN);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 200)) {
		perror("service");
		return 1;
	}
	puts("up");
	fflush(stdout);
	while ((one = accept(fd, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(fd);
			if (strcmp(argv[1], "echo"))
				chargen(one);
			else
				echo(one);
			_exit(0);
		}
		close(one);
	}
	return 1;
}
