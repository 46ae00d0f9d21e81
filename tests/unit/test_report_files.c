/* test_report_files.c: the evidence as JSON and as a capture, read back by
 * jansson and by libpcap; and the page for people. */
#include <jansson.h>
#include <pcap/pcap.h>
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

static char *rendered(struct report *(*make)(FILE *, const struct report_config *), int verbose, bool colour)
{
	struct report_config config = { .verbose = verbose, .colour = colour };
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct report *r = make(f, &config);

	sample_run(r);
	report_free(r);
	fclose(f);
	return text;
}

static const char *member(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void json_is_whole(void **state)
{
	char *text = rendered(report_json, 0, false), *again = rendered(report_json, 0, false);
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	static const char *const outcomes[] = {
		"pass", "fail", "skip", "should", "todo", "unexpected pass", "inconclusive", "unstable", "error",
	};

	(void)state;
	assert_non_null(root);
	assert_string_equal(text, again);
	assert_int_equal(json_integer_value(json_object_get(root, "version")), EVIDENCE_VERSION);
	assert_string_equal(member(root, "seed"), "0x5eed0001");
	assert_int_equal(json_integer_value(json_object_get(root, "status")), 1);

	json_t *cases = json_object_get(root, "cases");

	assert_int_equal(json_array_size(cases), SAMPLE_CASES);
	for (size_t i = 0; i < SAMPLE_CASES; i++)
		assert_string_equal(member(json_array_get(cases, i), "outcome"), outcomes[i]);

	json_t *fail = json_array_get(cases, 1), *events = json_object_get(fail, "events");

	assert_int_equal(json_array_size(events), 5);
	assert_string_equal(member(json_array_get(events, 2), "deliberate"), "SEG.ACK > SND.NXT: \"never sent\" \\ # - a: b");
	assert_int_equal(strlen(member(json_array_get(events, 3), "ip")), 80);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(fail, "failing"), "reply")), 3);
	assert_int_equal(json_array_size(json_object_get(fail, "conversations")), 1);
	json_decref(root);
	free(text);
	free(again);
}

/* A run that ends before it began is a document too. */
static void json_bails_out(void **state)
{
	struct report_config config = { 0 };
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct report *r = report_json(f, &config);

	(void)state;
	r->bail(r->arg, "no world");
	report_free(r);
	fclose(f);

	json_t *root = json_loads(text, 0, NULL);

	assert_string_equal(member(root, "bail"), "no world");
	json_decref(root);
	free(text);
}

static void pcapng_is_read_back(void **state)
{
	struct evidence *e = sample(1);
	char name[] = "/tmp/tcpconform-pcapng-XXXXXX", why[PCAP_ERRBUF_SIZE];
	FILE *f = fdopen(mkstemp(name), "w+b");
	struct pcap_pkthdr *h;
	const u_char *octets;
	size_t at[] = { 0, 1, 2, 3 };

	(void)state;
	assert_int_equal(pcapng_write(f, e, 1700000000), 0);
	fclose(f);

	pcap_t *p = pcap_open_offline_with_tstamp_precision(name, PCAP_TSTAMP_PRECISION_NANO, why);

	assert_non_null(p);
	assert_int_equal(pcap_datalink(p), DLT_RAW);
	for (size_t i = 0; i < 4; i++) {
		const struct event *v = &e->events[at[i]];

		assert_int_equal(pcap_next_ex(p, &h, &octets), 1);
		assert_int_equal(h->caplen, v->n_ip);
		assert_memory_equal(octets, v->ip, v->n_ip);
		assert_int_equal(h->ts.tv_sec, 1700000000);
		assert_int_equal(h->ts.tv_usec, v->at);
	}
	assert_int_equal(pcap_next_ex(p, &h, &octets), PCAP_ERROR_BREAK);
	pcap_close(p);
	unlink(name);
	evidence_free(e);
}

/* The words beside the packets, as octets in the file. */
static void pcapng_has_comments(void **state)
{
	struct evidence *e = sample(1);
	char *octets = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&octets, &n);

	(void)state;
	assert_int_equal(pcapng_write(f, e, 0), 0);
	fclose(f);
	assert_non_null(memmem(octets, n, "tcpconform: tester 192.0.2.1\n", 29));
	assert_non_null(memmem(octets, n, "(deliberate)", 12));
	assert_non_null(memmem(octets, n, "NOT OK: the reply is a RST", 26));
	assert_int_equal(n % 4, 0);
	free(octets);
	evidence_free(e);
}

static void people_see_what_matters(void **state)
{
	char *text = rendered(report_term, 0, false), *all = rendered(report_term, 1, false),
	     *colours = rendered(report_term, 0, true);

	(void)state;
	assert_null(strstr(text, "a-pass"));
	assert_non_null(strstr(all, "pass          9293/3.5/a-pass/ip4"));
	assert_null(strchr(text, '\033'));      /* not even what came from outside */
	assert_non_null(strstr(colours, "\033[31;1mFAIL\033[0m"));
	assert_non_null(strstr(text, "violates MUST-10"));
	assert_non_null(strstr(text, "does not follow MUST-10"));
	assert_non_null(strstr(text, "differs from MUST-10"));
	assert_non_null(strstr(text, "\n9 cases: 1 passed, 1 failed, 1 SHOULD not followed,"));
	assert_non_null(strstr(text, "1 skipped: needs --agent # CMD?really\n"));
	/* The summary is last. */
	assert_string_equal(text + strlen(text) - strlen("exit status 1\n"), "exit status 1\n");
	free(text);
	free(all);
	free(colours);
}

static void a_folder_is_written_once(void **state)
{
	char folder[] = "/tmp/tcpconform-out-XXXXXX", path[200], err[256] = "";
	struct report_config config = { .output = folder };
	struct report *r;

	(void)state;
	assert_non_null(mkdtemp(folder));
	r = report_files(&config, false, err, sizeof err);
	assert_non_null(r);
	sample_run(r);
	report_free(r);
	snprintf(path, sizeof path, "%s/cases/9293-3.5-b-fail-ip4.pcapng", folder);
	assert_int_equal(access(path, R_OK), 0);
	snprintf(path, sizeof path, "%s/cases/9293-3.5-c-skip-ip4.pcapng", folder);
	assert_int_not_equal(access(path, R_OK), 0);

	/* Not over another run, unless asked for. */
	assert_null(report_files(&config, false, err, sizeof err));
	assert_non_null(strstr(err, "--force"));
	r = report_files(&config, true, err, sizeof err);
	assert_non_null(r);
	report_free(r);

	snprintf(path, sizeof path, "rm -r %s", folder);
	assert_int_equal(system(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_whole),
		cmocka_unit_test(json_bails_out),
		cmocka_unit_test(pcapng_is_read_back),
		cmocka_unit_test(pcapng_has_comments),
		cmocka_unit_test(people_see_what_matters),
		cmocka_unit_test(a_folder_is_written_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
