/* calls.c: what the calls on the DUT explain.
 *
 * Those that show on the wire are rows of rules_calls.c; the others only permit:
 * SEND that there is text, PAUSE that the window closes, an option that a timer
 * may speak. */
#include "calls.h"

static bool is_listener(const struct calls *c, int id)
{
	for (unsigned i = 0; i < c->n_listeners; i++)
		if (c->listeners[i] == id)
			return true;
	return false;
}

static void set(struct calls *c, enum call_option option, int64_t value)
{
	switch (option) {
	case OPTION_LINGER:
		c->linger_zero = value == 0;
		break;
	case OPTION_KEEPALIVE:
		c->keepalive = value != 0;
		break;
	case OPTION_USER_TIMEOUT:
		c->keepalive = c->keepalive || value > 0;
		break;
	default:
		break;
	}
}

bool calls_take(struct calls *c, const struct call *call, const struct answer *answer, tick until,
                bool *of_listener)
{
	*of_listener = is_listener(c, call->id) && call->kind != CALL_OPEN_PASSIVE &&
		call->kind != CALL_OPEN_ACTIVE;
	if (answer->error != 0)
		return false;
	if (call->kind == CALL_OPEN_PASSIVE || call->kind == CALL_OPEN_ACTIVE)
		c->paused = call->paused;
	for (unsigned i = 0; i < call->n_preset && i < CALL_PRESETS; i++)
		set(c, call->preset[i].option, call->preset[i].value);
	switch (call->kind) {
	case CALL_OPEN_PASSIVE:
		if (c->n_listeners < LISTENERS)
			c->listeners[c->n_listeners++] = answer->id;
		return true;
	case CALL_SEND:
		c->sent += answer->n;
		return false;
	case CALL_PAUSE:
		c->paused = true;
		c->paused_until = until;
		return false;
	case CALL_RESUME:
		c->paused = false;
		return false;
	case CALL_RECEIVE:
		c->received += (uint32_t)answer->n;
		return false;
	case CALL_SET:
		set(c, call->option, call->value);
		return false;
	case CALL_OPEN_ACTIVE:
	case CALL_SHUTDOWN:
	case CALL_CLOSE:
	case CALL_ABORT:
		return true;
	default:
		return false;
	}
}
