/* line.h: the lines of docs/agent-protocol.md and docs/plugin.md, to write and to
 * read.
 *
 * Both ends use it: agent.c and stepper.c (the tester's), the reference stack on
 * an interface (cmd_ref.c) and who speaks for a plug-in (plugin_host.c).
 * tcpconform-agent does not: it stands alone.  Nothing here reads a descriptor or a
 * clock; what is read may be anything. */
#ifndef TCPCONFORM_LINE_H
#define TCPCONFORM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../call.h"

#define LINE_PROTOCOL 1
#define LINE_SIZE 512           /* octets of a line with its line feed       */
#define LINE_FRAME_MAX (65575 + 14)     /* octets of the longest frame: an IPv6 datagram behind an Ethernet header */
#define LINE_TAG 17             /* 16 letters or digits and a NUL            */
#define LINE_NEVER INT64_MAX    /* until=never                               */

/* ---- octets to lines -------------------------------------------------------- */

struct line_reader {
	char   line[LINE_SIZE];
	size_t n;
	bool   skipping;        /* the rest of a line that was too long      */
	size_t skipped;         /* of it so far                              */
};

/* Takes octets and calls fn for each whole line, its end cut off; with NULL for
 * one that was too long.  A NUL or any octet that is not printable ASCII comes
 * as '\1'. */
void line_feed(struct line_reader *, const char *octets, size_t n,
               void (*fn)(void *arg, char *line), void *arg);

/* ---- requests ----------------------------------------------------------------- */

/* "TAG CALL name=value ...\n" into buf (LINE_SIZE octets are enough); returns
 * the octets. */
size_t line_request(char *buf, size_t n, const char *tag, const struct call *);

struct line_asked {
	char tag[LINE_TAG];     /* "?" when it could not be read             */
	tick delay;             /* AT +MS                                    */
	struct call call;
};

/* Reads a request; changes the line.  0, or an errno with one sentence in why.
 * An empty line gives 0 and the tag "". */
int line_read_request(char *line, struct line_asked *, char *why, size_t n);

/* "TAG OK at=...\n" or "TAG ERR at=... error=... :why\n", for a call of this
 * kind.  Stamps are a->at. */
size_t line_answer(char *buf, size_t n, const char *tag, enum call_kind, const struct answer *a, const char *why);

/* "* ESTABLISHED at=... id=...\n" */
size_t line_note(char *buf, size_t n, const struct note *);

/* "HELLO protocol=1 at=... program=... can=...\n" */
size_t line_hello(char *buf, size_t n, const char *program, const char *can, tick at);

/* ---- what the other end says ---------------------------------------------------- */

enum line_kind { LINE_HELLO, LINE_ANSWER, LINE_NOTE, LINE_FRAME, LINE_IDLE, LINE_GARBAGE };

struct line_heard {
	enum line_kind kind;
	tick at;                /* the DUT's own stamp, as it is              */
	char tag[LINE_TAG];     /* ANSWER                                    */
	struct answer answer;
	struct note note;
	int  protocol;          /* HELLO                                     */
	const char *program, *can;      /* HELLO; inside the line            */
	const char *text;       /* behind the colon; FRAME: its octets in hexadecimal; "" without */
	tick until;             /* IDLE                                      */

	/* HELLO of one that lives in virtual time; "" and 0 without. */
	const char *frames, *mac, *addr4, *addr6;
	int  cases;
};

/* Reads any line; changes it. */
enum line_kind line_read(char *line, struct line_heard *);

/* The octets of a frame in hexadecimal: 2n characters, and no NUL behind them. */
void line_hex(char *text, const uint8_t *octets, size_t n);

/* The octets that the whole text stands for; -1 when it is not pairs of hexadecimal
 * digits, or has more than `room`. */
long line_unhex(const char *text, uint8_t *octets, size_t room);

/* True if the comma list of a HELLO has this word. */
bool line_can(const char *can, const char *word);

/* ---- errors by name --------------------------------------------------------------- */

const char *line_errno_name(int error);         /* "ECONNRESET"; EIO for one unknown here */
int line_errno(const char *name);               /* EIO for a name unknown here            */

#endif
