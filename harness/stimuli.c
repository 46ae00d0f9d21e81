/* stimuli.c: see stimuli.h. */
#include "stimuli.h"

#include "case.h"

uint32_t right_edge(struct run *c)
{
	/* A window on a SYN,ACK is not scaled and may be but a part of the real
	 * one: then an old octet draws an ACK that says it. */
	const struct seg *last = last_seen(c);
	if (last && (last->ctl & SYN) && tcb(c)->dut_ws > 0)
		alive(c);

	const struct tcb *t = tcb(c);
	uint32_t granule = t->dut_ws > 0 ? 1u << t->dut_ws : 0;
	return t->snd_una + t->dut_wnd + granule;
}

const struct seg *empty_below_window(struct run *c, uint32_t ack)
{
	return tx(c, ACK, .dseq = -1000, .ack = EXACT(ack), .why = "SEQ is below the window");
}

const struct seg *empty_beyond_window(struct run *c, uint32_t ack)
{
	return tx(c, ACK, .seq = EXACT(right_edge(c) + 1000), .ack = EXACT(ack),
	          .why = "SEQ is beyond the window");
}

const struct seg *old_octet(struct run *c, uint32_t ack)
{
	return tx(c, ACK, .dseq = -1, .len = 1, .ack = EXACT(ack), .why = "an octet that came before");
}

const struct seg *octet_beyond_window(struct run *c, uint32_t ack)
{
	return tx(c, ACK, .seq = EXACT(right_edge(c) + 1000), .len = 1, .ack = EXACT(ack),
	          .why = "an octet beyond the window");
}

const struct seg *rst_exact(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, RST, .stay = true);
}

const struct seg *rst_ack_exact(struct run *c, uint32_t ack)
{
	return tx(c, RST | ACK, .ack = EXACT(ack), .stay = true);
}

const struct seg *rst_in_window(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, RST, .dseq = 1, .why = "a reset inside the window, not at RCV.NXT");
}

const struct seg *rst_below_window(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, RST, .dseq = -100, .why = "a reset below the window");
}

const struct seg *rst_beyond_window(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, RST, .seq = EXACT(right_edge(c) + 100000), .why = "a reset beyond the window");
}

const struct seg *syn_in_window(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, SYN, .dseq = 10, .why = "a SYN inside the window of a connection");
}

const struct seg *syn_below_window(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, SYN, .dseq = -5000, .why = "a SYN below the window of a connection");
}

const struct seg *syn_beyond_window(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, SYN, .seq = EXACT(right_edge(c) + 5000), .why = "a SYN beyond the window of a connection");
}

const struct seg *octet_without_ack(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, 0, .len = 1, .stay = true, .why = "text without an ACK");
}

const struct seg *fin_without_ack(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, FIN, .stay = true, .why = "a FIN without an ACK");
}

const struct seg *ack_above_snd_nxt(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, ACK, .dack = 1000, .why = "acknowledges what was never sent");
}

const struct seg *ack_again(struct run *c, uint32_t ack)
{
	return tx(c, ACK, .ack = EXACT(ack), .why = "acknowledges nothing new");
}

const struct seg *new_text(struct run *c, uint32_t ack)
{
	return tx(c, PSH | ACK, .len = 10, .ack = EXACT(ack), .stay = true, .why = "text behind our FIN");
}

const struct seg *fin_again(struct run *c, uint32_t ack)
{
	return tx(c, FIN | ACK, .dseq = -1, .ack = EXACT(ack), .why = "our FIN once more");
}

const struct seg *fin_below_window(struct run *c, uint32_t ack)
{
	return tx(c, FIN | ACK, .dseq = -1000, .ack = EXACT(ack), .why = "a FIN below the window");
}

const struct seg *fin_beyond_window(struct run *c, uint32_t ack)
{
	return tx(c, FIN | ACK, .seq = EXACT(right_edge(c) + 1000), .ack = EXACT(ack),
	          .why = "a FIN beyond the window");
}
