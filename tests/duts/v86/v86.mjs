// v86.mjs FOLDER: the TCP of v86, the PC emulator in JavaScript, as a stack in virtual
// time (docs/plugin.md).  FOLDER holds its npm package.  The TCP is what v86 shows to
// its guest's network card when it plays the whole network ("fetch" relay); no guest
// runs here, we are the card.
//
// It has no timer at all, so its time is whatever it is asked for.  What it cannot be
// asked (reading later, aborting, every option) is refused, and cases skip.
import { pathToFileURL } from 'node:url';

const { V86 } = await import(pathToFileURL(`${process.argv[2]}/build/libv86.mjs`).href);

const US = [10, 9, 0, 2], TESTER_MAC = '02:09:00:00:00:09';
const SEND_MAX = 1 << 24;

// ---- what is drawn by chance: from the tester's seed -------------------------------

let chance = BigInt(process.env.TCPCONFORM_SEED ?? '1') & 0xffffffffffffffffn;
Math.random = () => {
	chance = (chance * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
	return Number(chance >> 11n) / 2 ** 53;
};

// ---- what is said ---------------------------------------------------------------------

let now = 0n, said = false, out = '';

function say(line)
{
	said = true;
	out += line + '\n';
}

const note = (kind, id, more = '') => say(`* ${kind} at=${now} id=${id}${more}`);

// ---- test data: the pattern and the digest of docs/agent-protocol.md --------------------

// n octets from the offset where the last ones ended; 64 bits as two halves.
function pattern(flow, n)
{
	const octets = new Uint8Array(n);

	for (let i = 0; i < n; i++) {
		const low = flow.low + 0x7F4A7C15;

		flow.high = (flow.high + 0x9E3779B9 + (low > 0xffffffff ? 1 : 0)) >>> 0;
		flow.low = low >>> 0;
		octets[i] = flow.high >>> 24;
	}
	return octets;
}

// FNV-1a: times 2^40 + 0x1b3.
function digest(d, octets)
{
	for (const octet of octets) {
		const low = (d.low ^ octet) >>> 0, product = low * 0x1b3;

		d.high = (d.high * 0x1b3 + low * 256 + Math.floor(product / 2 ** 32)) % 2 ** 32;
		d.low = product % 2 ** 32;
	}
}

const hex32 = x => x.toString(16).padStart(8, '0');

// ---- connections and listeners ------------------------------------------------------------

let last = 0;
const sockets = new Map();      // by id: { listens: port } or { conn, ... }
const listeners = new Map();    // by port: id
let adapter, card;

function watch(conn, listener)
{
	const s = { conn, received: 0, read: { high: 0xcbf29ce4, low: 0x84222325 }, written: { high: 0, low: 0 } };
	const id = ++last;

	sockets.set(id, s);
	conn.on('data', octets => {
		s.received += octets.length;
		digest(s.read, octets);
		note('READABLE', id, ` received=${s.received}`);
	});
	conn.on('shutdown', () => { s.ended = true; note('EOF', id); });
	// Told when the other end resets, and for nothing else that v86 would name.
	conn.on('close', () => {
		note('ERROR', id, ` error=${s.connecting ? 'ECONNREFUSED' : 'ECONNRESET'}`);
		note('CLOSED', id);
	});
	s.established = () => {
		s.connecting = false;
		note('ESTABLISHED', id, ` listener=${listener} remote=${[...conn.pdest].join('.')} port=${conn.dport}`);
	};
	return [id, s];
}

// v86 asks at each SYN; who does not accept refuses.
function on_syn(conn)
{
	const listener = listeners.get(conn.sport);

	if (listener === undefined)
		return;
	const [, s] = watch(conn, listener);
	conn.accept();
	s.established();
}

// ---- calls ---------------------------------------------------------------------------------

class Refused extends Error {
	constructor(name) { super(name); this.name = name; }
}

function number(pairs, name, low, high, otherwise)
{
	const text = pairs.get(name);

	if (text === undefined && otherwise !== undefined)
		return otherwise;
	if (!/^\d{1,18}$/.test(text ?? '') || +text < low || +text > high)
		throw new Refused('EINVAL');
	return +text;
}

function socket(pairs, listens = false)
{
	const s = sockets.get(number(pairs, 'id', 1, 1e9));

	if (!s)
		throw new Refused('EBADF');
	if (!s.conn && !listens)
		throw new Refused('EOPNOTSUPP');
	return s;
}

// No option can be set, and nothing is read later than it comes.
function only(pairs, ...names)
{
	for (const name of pairs.keys())
		if (!names.includes(name))
			throw new Refused(name === 'paused' ? 'EOPNOTSUPP' : 'ENOPROTOOPT');
}

const calls = {
	'OPEN-PASSIVE': pairs => {
		only(pairs, 'ip', 'port', 'backlog');
		number(pairs, 'ip', 4, 4);
		let port = number(pairs, 'port', 0, 65535, 0);
		if (!port)
			for (port = 10000; listeners.has(port); port++)
				;
		// Port 80 is v86's own.
		if (listeners.has(port) || port === 80)
			throw new Refused('EADDRINUSE');
		const id = ++last;
		sockets.set(id, { listens: port });
		listeners.set(port, id);
		return ` id=${id} port=${port}`;
	},
	'OPEN-ACTIVE': pairs => {
		only(pairs, 'to', 'port');
		const to = (pairs.get('to') ?? '').split('.').map(Number);
		if (to.length !== 4)
			throw new Refused('EAFNOSUPPORT');
		adapter.vm_ip = new Uint8Array(to);
		const conn = adapter.connect(number(pairs, 'port', 1, 65535));
		const [id, s] = watch(conn, -1);
		s.connecting = true;
		conn.on('connect', s.established);
		return ` id=${id} port=${conn.sport}`;
	},
	SEND: pairs => {
		only(pairs, 'id', 'n');
		const s = socket(pairs), n = number(pairs, 'n', 0, SEND_MAX);
		if (s.shut)
			throw new Refused('EPIPE');
		s.conn.write(pattern(s.written, n));
		return ` n=${n}`;
	},
	// Everything is read as it comes: nothing is ever left.
	RECEIVE: pairs => {
		const s = socket(pairs);
		return ` n=0 received=${s.received} digest=${hex32(s.read.high)}${hex32(s.read.low)}`;
	},
	STATUS: pairs => {
		const s = socket(pairs, true);
		if (!s.conn)
			return ' state=LISTEN received=0 digest=cbf29ce484222325 queued=0';
		return ` state=${s.conn.state.toUpperCase()} received=${s.received} digest=${hex32(s.read.high)}${hex32(s.read.low)} queued=0`;
	},
	// v86 has one way to close, which is half: it still receives.  As a close of both
	// sides it can pass only behind the end of the other.
	SHUTDOWN: pairs => {
		const s = socket(pairs);
		s.shut = true;
		s.conn.close();
		return '';
	},
	CLOSE: pairs => {
		const s = socket(pairs, true);
		if (s.conn && s.conn.state === 'established' && !s.ended)
			throw new Refused('EOPNOTSUPP');
		sockets.delete(+pairs.get('id'));
		if (s.conn) {
			for (const event of ['data', 'shutdown', 'close', 'connect'])
				s.conn.on(event, () => {});
			s.conn.close();
		} else {
			listeners.delete(s.listens);
		}
		return '';
	},
};

function request(line)
{
	const words = line.split(/ +/), tag = words.shift();
	let name = words.shift();

	if (!/^[A-Za-z0-9]{1,16}$/.test(tag) || name === undefined)
		return say(`? ERR at=${now} error=EPROTO :not a request`);
	try {
		if (name === 'AT')
			throw new Refused('EOPNOTSUPP');
		const pairs = new Map(words.filter(w => w).map(w => w.split('=')));
		if (!calls[name])
			throw new Refused(['PAUSE', 'RESUME', 'ABORT', 'SET', 'GET'].includes(name) ? 'EOPNOTSUPP' : 'EPROTO');
		const answer = calls[name](pairs);
		say(`${tag} OK at=${now}${answer}`);
	} catch (e) {
		if (!(e instanceof Refused))
			throw e;        // v86's own: the end of a case
		say(`${tag} ERR at=${now} error=${e.name} :v86 does not offer it`);
	}
}

// ---- frames ------------------------------------------------------------------------------

const header = Buffer.from('525400010203' + TESTER_MAC.replaceAll(':', '') + '0800', 'hex');

function take_line(line)
{
	if (line.startsWith('FRAME ')) {
		card.send('net0-send', new Uint8Array(Buffer.concat([header, Buffer.from(line.slice(6), 'hex')])));
	} else if (line.startsWith('ADVANCE until=')) {
		const until = BigInt(line.slice(14));
		if (!said && until > now)
			now = until;
		process.stdout.write(`${out}IDLE at=${now} until=never\n`);
		out = '';
		said = false;
	} else if (line) {
		request(line);
	}
}

// ---- from the beginning to the end ----------------------------------------------------------

const v86 = new V86({
	wasm_path: `${process.argv[2]}/build/v86.wasm`, memory_size: 1 << 20, vga_memory_size: 1 << 18, autostart: false,
	disable_keyboard: true, disable_mouse: true, disable_speaker: true,
	net_device: { type: 'none', relay_url: 'fetch', router_ip: US.join('.'), vm_ip: '10.9.0.9' },
});

v86.add_listener('emulator-loaded', () => {
	let rest = '';

	adapter = v86.network_adapter;
	card = v86.emulator_bus;
	card.send('net0-mac', TESTER_MAC);
	card.register('net0-receive', frame => {
		// IPv4 only: there is nobody to resolve addresses for.
		if (frame[12] === 8 && frame[13] === 0)
			say(`FRAME at=${now} ${Buffer.from(frame.subarray(14)).toString('hex')}`);
	});
	v86.bus.register('tcp-connection', on_syn);
	process.stdout.write(`HELLO protocol=1 at=0 program=v86/${process.argv[3]} can=ip4,state frames=ip addr4=${US.join('.')} cases=25\n`);
	process.stdin.setEncoding('latin1');
	process.stdin.on('data', text => {
		const lines = (rest + text).split('\n');

		rest = lines.pop();
		lines.forEach(take_line);
	});
	process.stdin.on('end', () => process.exit(0));
});
