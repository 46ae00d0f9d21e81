/* test_report_tap.c: TAP as its consumers read it: by hand for the form, by
 * Perl's TAP::Parser (what prove uses) and its YAML reader for the whole. */
#include <stdio.h>
#include <unistd.h>

#include "harness/report/report.h"
#include "report_sample.h"

/* After case.h, which has a skip() of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static char *rendered(void)
{
	struct report_config config = { .output = "out" };
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct report *r = report_tap(f, &config);

	sample_run(r);
	report_free(r);
	fclose(f);
	return text;
}

static void lines_are_in_form(void **state)
{
	char *text = rendered();

	(void)state;
	assert_int_equal(strncmp(text, "TAP version 13\n1..9\n", 20), 0);
	assert_non_null(strstr(text, "\nok 1 - 9293/3.5/a-pass/ip4 [MUST-10 EVT-SYNSENT-SYN]\n"));
	assert_non_null(strstr(text, "\nnot ok 2 - 9293/3.5/b-fail/ip4 [MUST-10 EVT-SYNSENT-SYN]\n  ---\n"));
	assert_non_null(strstr(text, "\nok 3 - 9293/3.5/c-skip/ip4 [MUST-10] # SKIP needs --agent   CMD really\n"));
	assert_non_null(strstr(text, "\nnot ok 4 - 9293/3.5/d-should/ip4 [MUST-10 EVT-SYNSENT-SYN] # TODO SHOULD\n"));
	assert_non_null(strstr(text, "[MUST-10 EVT-SYNSENT-SYN] # TODO x.baseline line 7: https://bugs.example/1234 c5\n"));
	assert_non_null(strstr(text, "\nnot ok 6 - 9293/3.5/f-surprise/ip4 [MUST-10 EVT-SYNSENT-SYN] unexpected pass, remove from baseline\n"));
	assert_non_null(strstr(text, "\nnot ok 7 - 9293/3.5/g-inconclusive/ip4 [MUST-10 EVT-SYNSENT-SYN]\n"));
	assert_non_null(strstr(text, "  message: \"inconclusive: the reply"));
	assert_non_null(strstr(text, "  severity: \"unstable\"\n"));
	assert_non_null(strstr(text, "  rerun: \"tcpconform run 192.0.2.2:7 --case 9293/3.5/b-fail/ip4 --seed 0x5eed0001 -v\"\n"));
	assert_non_null(strstr(text, "  evidence: \"out/cases/9293-3.5-b-fail-ip4.pcapng frame 4\"\n"));
	free(text);
}

/* The name of a test holds no '#', and no line a control character. */
static void nothing_breaks_a_line(void **state)
{
	char *text = rendered(), *rest = text, *line;

	(void)state;
	while ((line = strsep(&rest, "\n"))) {
		for (const char *p = line; *p; p++)
			assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
		if (!strncmp(line, "ok ", 3) || !strncmp(line, "not ok ", 7)) {
			const char *hash = strchr(line, '#');

			assert_true(!hash || !strncmp(hash, "# SKIP ", 7) || !strncmp(hash, "# TODO ", 7));
			if (hash)
				assert_null(strchr(hash + 1, '#'));
		}
	}
	free(text);
}

/* Times and numbers in the exchange are relative. */
static void exchange_is_relative(void **state)
{
	char *text = rendered();

	(void)state;
	assert_non_null(strstr(text, "     0.000  >  <SEQ=0>"));
	assert_non_null(strstr(text, "     0.210  <  <SEQ=0><ACK=1><CTL=SYN,ACK>"));
	assert_non_null(strstr(text, "     0.400  >  <SEQ=1><ACK=999999><CTL=ACK>"));
	assert_non_null(strstr(text, "deliberate: SEG.ACK > SND.NXT"));
	assert_non_null(strstr(text, "<== this"));
	assert_non_null(strstr(text, "  isn: \"tester 1000, dut 4000000000\"\n"));
	free(text);
}

static void perl_reads_it(void **state)
{
	static const char program[] =
		"use strict; use TAP::Parser; use TAP::Parser::YAMLish::Reader;"
		"local $/; open my $f, '<', $ARGV[0] or die; my $tap = <$f>;"
		"my $p = TAP::Parser->new({tap => $tap}); my ($yaml, $t) = (0, 0);"
		"while (my $r = $p->next) {"
		"  $t++ if $r->is_test;"
		"  if ($r->is_yaml) { $yaml++; my $d = $r->data;"
		"    die 'no message' unless length $d->{message}; die 'no severity' unless $d->{severity};"
		"    die 'no exchange' if $d->{requirement} && $d->{exchange} !~ /relative/;"
		"    die 'sent' if $d->{sent} && ref $d->{sent} ne 'HASH';"
		"  }"
		"  die 'unknown line: ' . $r->raw if $r->is_unknown;"
		"}"
		"die join ', ', $p->parse_errors if $p->parse_errors;"
		"die \"$t tests, $yaml blocks\" unless $t == 9 && $yaml == 7;"
		"die 'todo' unless join(',', $p->todo) eq '4,5'; die 'skip' unless join(',', $p->skipped) eq '3';"
		"die 'failed: ' . join(',', $p->failed) unless join(',', $p->failed) eq '2,6,7,8,9';";
	char name[] = "/tmp/tcpconform-tap-XXXXXX", command[4096];
	int fd = mkstemp(name);
	char *text = rendered();

	(void)state;
	if (system("perl -MTAP::Parser -e 1 2>/dev/null")) {
		close(fd);
		unlink(name);
		free(text);
		skip();
	}
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_null(strchr(program, '`'));

	char script[] = "/tmp/tcpconform-pl-XXXXXX";
	int sfd = mkstemp(script);

	assert_int_equal(write(sfd, program, strlen(program)), strlen(program));
	close(sfd);
	snprintf(command, sizeof command, "perl %s %s", script, name);

	int status = system(command);

	unlink(name);
	unlink(script);
	free(text);
	assert_int_equal(status, 0);
}

static void it_bails_out(void **state)
{
	struct report_config config = { 0 };
	struct totals totals = { 0 };
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct report *r = report_tap(f, &config);

	(void)state;
	r->bail(r->arg, "no CAP_NET_RAW:\nsay sudo # really");
	r->end(r->arg, &totals, 3);
	report_free(r);
	fclose(f);
	assert_string_equal(text, "TAP version 13\nBail out! no CAP_NET_RAW: say sudo   really\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_in_form),
		cmocka_unit_test(nothing_breaks_a_line),
		cmocka_unit_test(exchange_is_relative),
		cmocka_unit_test(perl_reads_it),
		cmocka_unit_test(it_bails_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
