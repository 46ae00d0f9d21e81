/* steps.c: helpers that read as one step of a conversation: handshakes, states,
 * transfers, signs of life. */
#include <string.h>

#include "run.h"

/* A client speaks first: its request is awaited and acknowledged, in as many pieces
 * as it comes, so that it does not cross what the case says next. */
static void hear_request(struct run *c)
{
	struct conn *x = conn(c);
	tick until = now(c) + reply_time(c);

	if (!speaks_unasked(c) || !x->open_told || x->open.kind != CALL_OPEN_ACTIVE || x->heard)
		return;
	x->heard = true;
	while (!x->tcb.got && !x->dut_fin && now(c) < until)
		run_wait(c, until);
	while (x->said_ack != x->tcb.rcv_nxt) {
		tx(c, ACK);
		for (until = now(c) + MS(100); now(c) < until; )
			run_wait(c, until);
	}
}

/* Several connections stand open at once in this case. */
static bool another_stands_in(struct run *c)
{
	for (unsigned k = 0; k < CONVERSATIONS; k++)
		if (k != c->current && c->conns[k].used && c->conns[k].stand_in)
			return true;
	return false;
}

void open_passive_(struct run *c, struct dut_open o)
{
	struct conn *x = conn(c);

	/* A case that takes no interest in the handshake has its connection from a
	 * DUT, too, that opens only actively. */
	if (!has_calls(c) && !c->world->dut->declared.port && c->world->dut->declared.trigger) {
		if (c->world->dut->declared.connections < 2 && another_stands_in(c))
			skip(c, "needs two connections at once, and the DUT is declared to bear one");
		x->stand_in = true;
		open_active_(c, o);
		return;
	}
	if (!x->open_told && !x->tcb.dut.port)
		dut_listen_(c, o);
	tx(c, SYN);
	rx(c, SYN | ACK, .req = "EVT-LISTEN-SYN", .promise = "the SYN is answered");
	tx(c, ACK);
}

void open_active_(struct run *c, struct dut_open o)
{
	dut_connect_(c, o);
	tx(c, SYN | ACK);
	rx(c, ACK, .req = "EVT-SYNSENT-SYNACK", .promise = "the SYN,ACK is acknowledged");
	hear_request(c);
}

static void reach_by_dut_fin(struct run *c)
{
	open_passive(c);
	dut_shutdown(c);
	rx(c, FIN | ACK, .req = "EVT-ESTAB-CLOSE", .promise = "the DUT's FIN");
}

static void reach_by_our_fin(struct run *c)
{
	open_passive(c);
	tx(c, FIN | ACK);
	rx(c, ACK, .req = "EVT-ESTAB-FIN", .promise = "our FIN is acknowledged");
}

void reach(struct run *c, enum tcp_state s)
{
	switch (s) {
	case CLOSED:
		return;
	case LISTEN:
		dut_listen(c);
		return;
	case SYN_SENT:
		dut_connect(c);
		return;
	case SYN_RECEIVED:
		dut_listen(c);
		tx(c, SYN);
		rx(c, SYN | ACK, .req = "EVT-LISTEN-SYN", .promise = "the SYN is answered");
		return;
	case ESTABLISHED:
		open_passive(c);
		return;
	case FIN_WAIT_1:
		reach_by_dut_fin(c);
		return;
	case FIN_WAIT_2:
		reach_by_dut_fin(c);
		tx(c, ACK);
		return;
	case CLOSING:
		reach_by_dut_fin(c);
		tx(c, FIN | ACK, .dack = -1);
		rx(c, ACK, .req = "EVT-FINWAIT1-FIN", .promise = "the crossing FIN is acknowledged");
		return;
	case TIME_WAIT:
		reach(c, FIN_WAIT_2);
		tx(c, FIN | ACK);
		rx(c, ACK, .req = "EVT-FINWAIT2-FIN", .promise = "our FIN is acknowledged");
		return;
	case CLOSE_WAIT:
		reach_by_our_fin(c);
		return;
	case LAST_ACK:
		reach_by_our_fin(c);
		dut_close(c);
		rx(c, FIN | ACK, .req = "EVT-CLOSEWAIT-CLOSE", .promise = "the DUT's FIN");
		return;
	case TCP_STATES:
	case STATE_UNKNOWN:
		break;
	}
	run_finish(c, ERROR, "a case wants to reach a state that does not exist");
}

void we_send(struct run *c, uint32_t n)
{
	uint32_t end = tcb(c)->snd_nxt + n;

	tx(c, ACK | PSH, .len = n);
	rx(c, ACK, .ack = EXACT(end), .req = "EVT-ESTAB-TEXT", .promise = "our text is acknowledged");
}

/* What a case shows by a step, it shows for its own first id; and for that of the
 * step itself. */
static const char *own_and(struct run *c, const char *id)
{
	const char *own = first_req(c);

	return strcmp(own, id) ? run_printf(c, "%s %s", own, id) : own;
}

void data_flows(struct run *c)
{
	struct conn *x = conn(c);

	hear_request(c);
	if (!x->fin_sent) {
		const struct seg *text = tx(c, ACK | PSH, .len = 100);

		rx(c, ACK, .ack = EXACT(text->seq + 100), .req = own_and(c, "EVT-ESTAB-TEXT"),
		   .promise = "our text is acknowledged");
	}
	if (has_calls(c) && !x->dut_fin) {
		dut_send(c, 100);
		rx_data(c, 100, .req = own_and(c, "EVT-ESTAB-SEND"));
		tx(c, ACK);
	}
}

void alive_(struct run *c, struct check k, const char *file, int line)
{
	tx(c, ACK, .dseq = -1, .len = 1);
	rx_(c, (struct rx){ .ctl = ACK, .req = k.req ? k.req : own_and(c, "EVT-ESTAB-SEQ-4-OLD"), .promise = k.promise },
	    file, line);
}

void gone_(struct run *c, struct check k, const char *file, int line)
{
	const struct seg *stray = tx(c, ACK);

	rx_(c, (struct rx){
		.ctl = RST, .free = ACK, .seq = EXACT(stray->ack),
		.req = k.req ? k.req : own_and(c, "EVT-CLOSED-ACK"), .promise = k.promise
	}, file, line);
}

uint32_t fill_window(struct run *c)
{
	struct conn *x = conn(c);
	uint32_t start = x->tcb.snd_nxt;

	for (;;) {
		uint32_t edge = x->tcb.snd_una + x->tcb.dut_wnd, room;

		if (seq_le(edge, x->tcb.snd_nxt))       /* before it: the DUT took window back */
			return x->tcb.snd_nxt - start;
		room = edge - x->tcb.snd_nxt;
		while (room) {
			uint32_t n = room < x->tcb.dut_mss ? room : x->tcb.dut_mss;

			tx(c, ACK | PSH, .len = n);
			room -= n;
		}
		while (x->tcb.snd_una != x->tcb.snd_nxt && rx_maybe(c, ACK))
			;
		if (x->tcb.snd_una != x->tcb.snd_nxt)
			inconclusive(c, "the DUT did not take all that its window offered");
	}
}
