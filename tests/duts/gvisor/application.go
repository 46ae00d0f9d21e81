// application.go: the application over there: it opens, sends, receives and closes
// as it is asked, and says what happens (docs/agent-protocol.md).  It judges
// nothing.
//
// It asks the endpoints as gVisor's own sockets ask them, and everything is done
// by one goroutine: what a call or a frame has set in motion comes to rest
// (quiet.go), then `look` asks every connection what is new.

package main

import (
	"fmt"
	"io"
	"math"
	"sort"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

const (
	maxPlaces = 4096  // connections and listeners at once
	maxPreset = 4     // options in one OPEN
	chunk     = 65536 // octets handed to the stack at once
	maxNumber = math.MaxInt64 / 4
)

type kind int

const (
	listening kind = iota
	connecting
	open
	dead // the stack has nothing more to tell
)

type preset struct {
	option *option
	value  int64
}

// place is a connection or a listener.
type place struct {
	kind      kind
	id        int64
	ep        tcpip.Endpoint
	listener  int64 // that it came from, or -1
	remote    tcpip.FullAddress
	paused    bool
	pauses    bool // a listener: what it accepts is paused
	presets   []preset
	eof, shut bool // they have closed, we have
	toShut    bool // once nothing is queued
	toClose   bool
	queued    uint64
	sent      uint64
	received  uint64
	digest    uint64
}

type application struct {
	stack  *stack.Stack
	note   func(what, format string, args ...any)
	places map[int64]*place
	lastID int64
}

func newApplication(s *stack.Stack, note func(what, format string, args ...any)) *application {
	return &application{stack: s, note: note, places: map[int64]*place{}}
}

// ---- data ------------------------------------------------------------------------

// pattern is what is sent: n octets of it, from an offset on.  It implements
// tcpip.Payloader.
type pattern struct {
	at   uint64
	left int
}

func (p *pattern) Len() int { return p.left }

func (p *pattern) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	if len(b) > p.left {
		b = b[:p.left]
	}
	for i := range b {
		b[i] = byte(((p.at + uint64(i) + 1) * 0x9E3779B97F4A7C15) >> 56)
	}
	p.at += uint64(len(b))
	p.left -= len(b)
	return len(b), nil
}

const digestStart = 0xcbf29ce484222325

// taker counts and digests what is read, at most `left` octets.  It implements
// io.Writer.
type taker struct {
	place *place
	left  uint64
}

func (t *taker) Write(b []byte) (int, error) {
	short := uint64(len(b)) > t.left
	if short {
		b = b[:t.left]
	}
	for _, octet := range b {
		t.place.digest = (t.place.digest ^ uint64(octet)) * 0x100000001b3
	}
	t.place.received += uint64(len(b))
	t.left -= uint64(len(b))
	if short {
		return len(b), io.ErrShortWrite
	}
	return len(b), nil
}

// take reads at most limit octets.
func (a *application) take(p *place, limit uint64) (uint64, tcpip.Error) {
	before := p.received
	for p.received-before < limit {
		result, err := p.ep.Read(&taker{p, limit - (p.received - before)}, tcpip.ReadOptions{})
		if result.Count > 0 {
			p.ep.ModerateRecvBuf(result.Count)
		}
		switch err.(type) {
		case nil:
			if result.Count > 0 {
				continue
			}
		case *tcpip.ErrWouldBlock:
		case *tcpip.ErrClosedForReceive:
			if !p.eof && p.kind == open {
				defer func() {
					p.eof = true
					a.note("* EOF", " id=%d", p.id)
				}()
			}
		default:
			return p.received - before, err
		}
		break
	}
	if p.received > before && !p.paused {
		a.note("* READABLE", " id=%d received=%d", p.id, p.received)
	}
	return p.received - before, nil
}

// fails: the connection is no more.
func (a *application) fails(p *place, err tcpip.Error) {
	p.kind = dead
	p.queued = 0
	a.note("* ERROR", " id=%d error=%s", p.id, errorName(err))
	a.note("* CLOSED", " id=%d", p.id)
	if p.toClose {
		a.forget(p)
	}
}

// sendQueued sends of what is queued as much as the stack takes, then does what
// waited for it.  True: it did something.
func (a *application) sendQueued(p *place) bool {
	did := false
	for p.queued > 0 {
		piece := &pattern{p.sent, chunk}
		if p.queued < chunk {
			piece.left = int(p.queued)
		}
		n, err := p.ep.Write(piece, tcpip.WriteOptions{})
		p.sent += uint64(n)
		p.queued -= uint64(n)
		did = did || n > 0
		if _, full := err.(*tcpip.ErrWouldBlock); full || (err == nil && n == 0) {
			return did
		}
		if err != nil {
			if first := p.ep.LastError(); first != nil {
				err = first
			}
			a.fails(p, err)
			return true
		}
	}
	if p.toShut {
		p.toShut = false
		did = true
		if p.ep.Shutdown(tcpip.ShutdownWrite) == nil {
			p.shut = true
		}
	}
	if p.toClose {
		did = true
		a.closeNow(p)
	}
	return did
}

// ---- what is new -------------------------------------------------------------------

// look asks every connection what is new.  True: something was done that may set
// the stack in motion again.
func (a *application) look() bool {
	ids := make([]int64, 0, len(a.places))
	for id := range a.places {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	did := false
	for _, id := range ids {
		p := a.places[id]
		if p == nil {
			continue
		}
		if p.kind == listening {
			did = a.accept(p) || did
		}
		if p.kind == connecting {
			did = a.connected(p) || did
		}
		if p.kind == open {
			did = a.lookAt(p) || did
		}
	}
	return did
}

func (a *application) accept(l *place) bool {
	did := false
	for !l.paused && a.room() {
		var remote tcpip.FullAddress
		ep, _, err := l.ep.Accept(&remote)
		if err != nil {
			break
		}
		did = true
		asSocket(ep)
		p := a.add(open, ep)
		p.listener, p.remote, p.paused = l.id, remote, l.pauses
		for _, o := range l.presets {
			// The listener took them; an error would have nowhere to go.
			_ = o.option.set(ep, o.value)
		}
		a.established(p)
	}
	return did
}

func (a *application) established(p *place) {
	a.note("* ESTABLISHED", " id=%d listener=%d remote=%s port=%d", p.id, p.listener, p.remote.Addr, p.remote.Port)
}

func (a *application) connected(p *place) bool {
	switch stateOf(p.ep) {
	case tcp.StateConnecting, tcp.StateSynSent, tcp.StateSynRecv:
		return false
	case tcp.StateError, tcp.StateClose:
		a.fails(p, p.ep.LastError())
		return true
	}
	p.kind = open
	a.established(p)
	return true
}

func (a *application) lookAt(p *place) bool {
	did := false
	if !p.paused && !p.eof {
		n, err := a.take(p, math.MaxUint64)
		did = n > 0
		if err != nil {
			a.fails(p, err)
			return true
		}
	}
	switch stateOf(p.ep) {
	case tcp.StateError:
		a.fails(p, p.ep.LastError())
		return true
	case tcp.StateClose:
		if err := p.ep.LastError(); err != nil {
			a.fails(p, err)
			return true
		}
		if p.eof || p.paused {
			p.kind = dead
			a.note("* CLOSED", " id=%d", p.id)
			if p.toClose {
				a.forget(p)
			}
			return true
		}
	}
	if p.queued > 0 || p.toShut || p.toClose {
		did = a.sendQueued(p) || did
	}
	return did
}

// ---- places ------------------------------------------------------------------------

// room is true if there is room for one more.  The oldest dead connection that
// nobody has closed makes room.
func (a *application) room() bool {
	if len(a.places) < maxPlaces {
		return true
	}
	var oldest *place
	for _, p := range a.places {
		if p.kind == dead && (oldest == nil || p.id < oldest.id) {
			oldest = p
		}
	}
	if oldest != nil {
		a.closeNow(oldest)
	}
	return oldest != nil
}

func (a *application) add(k kind, ep tcpip.Endpoint) *place {
	a.lastID++
	p := &place{kind: k, id: a.lastID, ep: ep, listener: -1, digest: digestStart}
	a.places[p.id] = p
	return p
}

func (a *application) forget(p *place) {
	delete(a.places, p.id)
}

func (a *application) closeNow(p *place) {
	p.ep.Close()
	a.forget(p)
}

// ---- calls -------------------------------------------------------------------------

// refused is an error of the stack, in POSIX's name.
func refused(err tcpip.Error) *mistake {
	return &mistake{errorName(err), err.String()}
}

func (a *application) call(r *request) (string, *mistake) {
	switch r.call {
	case "OPEN-PASSIVE":
		return a.openPassive(r)
	case "OPEN-ACTIVE":
		return a.openActive(r)
	case "SEND", "RECEIVE", "PAUSE", "RESUME", "SHUTDOWN", "CLOSE", "ABORT", "STATUS", "SET", "GET":
	default:
		return "", &mistake{"EPROTO", "there is no such call"}
	}
	id, wrong := r.need("id", 1, math.MaxInt32)
	if wrong != nil {
		return "", wrong
	}
	p := a.places[id]
	// After CLOSE the id means nothing, also while octets are queued.
	if p == nil || p.toClose {
		return "", &mistake{"EBADF", "there is no such connection or listener"}
	}
	if p.kind == listening && (r.call == "SEND" || r.call == "RECEIVE" || r.call == "SHUTDOWN") {
		return "", &mistake{"EOPNOTSUPP", "it is a listener"}
	}
	switch r.call {
	case "SEND":
		return a.send(r, p)
	case "RECEIVE":
		return a.receive(r, p)
	case "SET", "GET":
		return a.setOrGet(r, p)
	}
	if wrong = r.noMore(); wrong != nil {
		return "", wrong
	}
	switch r.call {
	case "PAUSE", "RESUME":
		p.paused = r.call == "PAUSE"
	case "SHUTDOWN":
		if p.queued > 0 {
			p.toShut = true
		} else if err := p.ep.Shutdown(tcpip.ShutdownWrite); err != nil {
			return "", refused(err)
		} else {
			p.shut = true
		}
	case "CLOSE":
		// In SYN-SENT, CLOSE does not wait for queued SENDs (RFC 9293 3.10.4).
		if p.kind == open && p.queued > 0 {
			p.toClose = true
		} else {
			a.closeNow(p)
		}
	case "ABORT":
		// An application's ABORT is a CLOSE that does not linger.
		p.ep.SocketOptions().SetLinger(tcpip.LingerOption{Enabled: true})
		a.closeNow(p)
	case "STATUS":
		return fmt.Sprintf(" state=%s received=%d digest=%016x queued=%d",
			stateNames[stateOf(p.ep)], p.received, p.digest, p.queued), nil
	}
	return "", nil
}

func (a *application) openPassive(r *request) (string, *mistake) {
	ip, wrong := r.need("ip", 4, 6)
	if wrong == nil && ip == 5 {
		wrong = &mistake{"EINVAL", "ip= is 4 or 6"}
	}
	port := r.may("port", 0, 65535, 0, &wrong)
	backlog := r.may("backlog", 0, math.MaxInt32, 4096, &wrong)
	paused := r.may("paused", 0, 1, 0, &wrong)
	presets := r.presets(&wrong)
	if wrong == nil {
		wrong = r.noMore()
	}
	if wrong != nil {
		return "", wrong
	}
	network := ipv4.ProtocolNumber
	if ip == 6 {
		network = ipv6.ProtocolNumber
	}
	ep, wrong := a.socket(network, presets, port)
	if wrong != nil {
		return "", wrong
	}
	if err := ep.Listen(int(backlog)); err != nil {
		ep.Close()
		return "", refused(err)
	}
	p := a.add(listening, ep)
	p.pauses, p.presets = paused != 0, presets
	return p.opened()
}

func (a *application) openActive(r *request) (string, *mistake) {
	var wrong *mistake
	remote, ok := parseAddress(r.text("to"))
	if !ok {
		wrong = &mistake{"EINVAL", "to= is an IPv4 or IPv6 address"}
	}
	from := r.may("from", 0, 65535, 0, &wrong)
	paused := r.may("paused", 0, 1, 0, &wrong)
	port := r.may("port", 1, 65535, 0, &wrong)
	presets := r.presets(&wrong)
	if wrong == nil && port == 0 {
		wrong = &mistake{"EINVAL", "OPEN-ACTIVE needs port="}
	}
	if wrong == nil {
		wrong = r.noMore()
	}
	if wrong != nil {
		return "", wrong
	}
	ep, wrong := a.socket(networkOf(remote), presets, from)
	if wrong != nil {
		return "", wrong
	}
	to := tcpip.FullAddress{NIC: nic, Addr: remote, Port: uint16(port)}
	if err := ep.Connect(to); err != nil {
		if _, started := err.(*tcpip.ErrConnectStarted); !started {
			ep.Close()
			return "", refused(err)
		}
	}
	p := a.add(connecting, ep)
	p.remote, p.paused = to, paused != 0
	return p.opened()
}

// socket is one with its options set, bound to the port when there is one.
func (a *application) socket(network tcpip.NetworkProtocolNumber, presets []preset, port int64) (tcpip.Endpoint, *mistake) {
	if !a.room() {
		return nil, &mistake{"ENOBUFS", "too many connections and listeners"}
	}
	ep, err := newSocket(a.stack, network)
	if err != nil {
		return nil, refused(err)
	}
	for _, o := range presets {
		if wrong := o.option.set(ep, o.value); wrong != nil {
			ep.Close()
			return nil, wrong
		}
	}
	if port != 0 {
		if err := ep.Bind(tcpip.FullAddress{Port: uint16(port)}); err != nil {
			ep.Close()
			return nil, refused(err)
		}
	}
	return ep, nil
}

func (p *place) opened() (string, *mistake) {
	local, err := p.ep.GetLocalAddress()
	if err != nil {
		return "", refused(err)
	}
	return fmt.Sprintf(" id=%d port=%d", p.id, local.Port), nil
}

func (a *application) send(r *request, p *place) (string, *mistake) {
	n, wrong := r.need("n", 0, maxNumber)
	urgent := r.may("urgent", 0, 1, 0, &wrong)
	if wrong == nil {
		wrong = r.noMore()
	}
	switch {
	case wrong != nil:
		return "", wrong
	case p.shut || p.toShut:
		return "", &mistake{"EPIPE", "connection closing"}
	case urgent != 0:
		return "", &mistake{"EOPNOTSUPP", "the stack sends no urgent data"}
	case p.queued+uint64(n) > maxNumber:
		return "", &mistake{"ENOBUFS", "too many octets are queued"}
	case p.kind == dead:
		// As the stack has it.
		if _, err := p.ep.Write(&pattern{p.sent, 1}, tcpip.WriteOptions{}); err != nil {
			return "", refused(err)
		}
		return "", &mistake{"ENOTCONN", "the connection is gone"}
	}
	p.queued += uint64(n)
	if p.kind == open {
		a.sendQueued(p)
	}
	return fmt.Sprintf(" n=%d", n), nil
}

func (a *application) receive(r *request, p *place) (string, *mistake) {
	n, wrong := r.need("n", 0, maxNumber)
	if wrong == nil {
		wrong = r.noMore()
	}
	if wrong != nil {
		return "", wrong
	}
	taken, err := a.take(p, uint64(n))
	if err != nil && p.kind == open {
		a.fails(p, err)
	}
	if err != nil && taken == 0 {
		return "", refused(err)
	}
	return fmt.Sprintf(" n=%d received=%d digest=%016x", taken, p.received, p.digest), nil
}

func (a *application) setOrGet(r *request, p *place) (string, *mistake) {
	o := options.find(r.text("option"))
	if o == nil {
		return "", &mistake{"EINVAL", "there is no such option"}
	}
	if r.call == "GET" {
		if wrong := r.noMore(); wrong != nil {
			return "", wrong
		}
		n, wrong := o.get(p.ep)
		if wrong != nil {
			return "", wrong
		}
		return fmt.Sprintf(" n=%d", n), nil
	}
	value, wrong := r.need("value", o.min, o.max)
	if wrong == nil {
		wrong = r.noMore()
	}
	if wrong == nil {
		wrong = o.set(p.ep, value)
	}
	return "", wrong
}

// ---- options -----------------------------------------------------------------------

type option struct {
	name     string
	min, max int64
	set      func(ep tcpip.Endpoint, v int64) *mistake
	get      func(ep tcpip.Endpoint) (int64, *mistake)
}

type optionTable []*option

func (t optionTable) find(name string) *option {
	for _, o := range t {
		if o.name == name {
			return o
		}
	}
	return nil
}

func boolean(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

// asked is what came of asking the stack.
func asked(n int64, err tcpip.Error) (int64, *mistake) {
	if err != nil {
		return 0, refused(err)
	}
	return n, nil
}

func set(err tcpip.Error) *mistake {
	_, wrong := asked(0, err)
	return wrong
}

// socketBuffer is the size that the sentry makes of what an application asks for
// (clampBufSize in pkg/sentry/socket/netstack/netstack.go): twice as much, since
// the stack counts its own overhead too.
func socketBuffer(v, min, max int64) int64 {
	if v > max {
		v = max
	}
	if v *= 2; v < min {
		v = min
	}
	return v
}

func absent(tcpip.Endpoint, int64) *mistake {
	return &mistake{"ENOPROTOOPT", "the stack does not have it"}
}

func absentGet(ep tcpip.Endpoint) (int64, *mistake) {
	return 0, absent(ep, 0)
}

var options = optionTable{
	{"keepalive", 0, 1,
		func(ep tcpip.Endpoint, v int64) *mistake {
			ep.SocketOptions().SetKeepAlive(v != 0)
			return nil
		},
		func(ep tcpip.Endpoint) (int64, *mistake) {
			return boolean(ep.SocketOptions().GetKeepAlive()), nil
		}},
	{"keepalive-idle", 1, 32767,
		func(ep tcpip.Endpoint, v int64) *mistake {
			o := tcpip.KeepaliveIdleOption(time.Duration(v) * time.Second)
			return set(ep.SetSockOpt(&o))
		},
		func(ep tcpip.Endpoint) (int64, *mistake) {
			var o tcpip.KeepaliveIdleOption
			err := ep.GetSockOpt(&o)
			return asked(int64(time.Duration(o)/time.Second), err)
		}},
	{"keepalive-interval", 1, 32767,
		func(ep tcpip.Endpoint, v int64) *mistake {
			o := tcpip.KeepaliveIntervalOption(time.Duration(v) * time.Second)
			return set(ep.SetSockOpt(&o))
		},
		func(ep tcpip.Endpoint) (int64, *mistake) {
			var o tcpip.KeepaliveIntervalOption
			err := ep.GetSockOpt(&o)
			return asked(int64(time.Duration(o)/time.Second), err)
		}},
	{"keepalive-count", 1, 127,
		func(ep tcpip.Endpoint, v int64) *mistake {
			return set(ep.SetSockOptInt(tcpip.KeepaliveCountOption, int(v)))
		},
		func(ep tcpip.Endpoint) (int64, *mistake) {
			n, err := ep.GetSockOptInt(tcpip.KeepaliveCountOption)
			return asked(int64(n), err)
		}},
	{"no-delay", 0, 1,
		func(ep tcpip.Endpoint, v int64) *mistake {
			ep.SocketOptions().SetDelayOption(v == 0)
			return nil
		},
		func(ep tcpip.Endpoint) (int64, *mistake) {
			return boolean(!ep.SocketOptions().GetDelayOption()), nil
		}},
	{"linger", -1, 3600,
		func(ep tcpip.Endpoint, v int64) *mistake {
			o := tcpip.LingerOption{Enabled: v >= 0}
			if v > 0 {
				o.Timeout = time.Duration(v) * time.Second
			}
			ep.SocketOptions().SetLinger(o)
			return nil
		},
		func(ep tcpip.Endpoint) (int64, *mistake) {
			if o := ep.SocketOptions().GetLinger(); o.Enabled {
				return int64(o.Timeout / time.Second), nil
			}
			return -1, nil
		}},
	{"send-buffer", 0, math.MaxInt32,
		func(ep tcpip.Endpoint, v int64) *mistake {
			min, max := ep.SocketOptions().SendBufferLimits()
			ep.SocketOptions().SetSendBufferSize(socketBuffer(v, min, max), true)
			return nil
		},
		func(ep tcpip.Endpoint) (int64, *mistake) {
			return ep.SocketOptions().GetSendBufferSize(), nil
		}},
	{"receive-buffer", 0, math.MaxInt32,
		func(ep tcpip.Endpoint, v int64) *mistake {
			min, max := ep.SocketOptions().ReceiveBufferLimits()
			ep.SocketOptions().SetReceiveBufferSize(socketBuffer(v, min, max), true)
			return nil
		},
		func(ep tcpip.Endpoint) (int64, *mistake) {
			return ep.SocketOptions().GetReceiveBufferSize(), nil
		}},
	{"user-timeout", 0, math.MaxInt32,
		func(ep tcpip.Endpoint, v int64) *mistake {
			o := tcpip.TCPUserTimeoutOption(time.Duration(v) * time.Millisecond)
			return set(ep.SetSockOpt(&o))
		},
		func(ep tcpip.Endpoint) (int64, *mistake) {
			var o tcpip.TCPUserTimeoutOption
			err := ep.GetSockOpt(&o)
			return asked(int64(time.Duration(o)/time.Millisecond), err)
		}},
	{"max-segment", 0, 65535,
		func(ep tcpip.Endpoint, v int64) *mistake {
			return set(ep.SetSockOptInt(tcpip.MaxSegOption, int(v)))
		},
		func(ep tcpip.Endpoint) (int64, *mistake) {
			n, err := ep.GetSockOptInt(tcpip.MaxSegOption)
			return asked(int64(n), err)
		}},
	{"fast-open", 0, math.MaxInt32, absent, absentGet},
	{"oob-inline", 0, 1, absent, absentGet},
}

// can is what HELLO says of all this.
const can = "ip4,ip6,state,keepalive,keepalive-idle,keepalive-interval,keepalive-count,no-delay," +
	"linger,send-buffer,receive-buffer,user-timeout,max-segment"

// errorName is POSIX's name of an error of the stack, as the sentry translates it
// (pkg/syserr/netstack.go).
func errorName(err tcpip.Error) string {
	switch err.(type) {
	case *tcpip.ErrConnectionRefused:
		return "ECONNREFUSED"
	case *tcpip.ErrConnectionReset:
		return "ECONNRESET"
	case *tcpip.ErrConnectionAborted:
		return "ECONNABORTED"
	case *tcpip.ErrTimeout:
		return "ETIMEDOUT"
	case *tcpip.ErrAborted, *tcpip.ErrClosedForSend:
		return "EPIPE"
	case *tcpip.ErrNetworkUnreachable:
		return "ENETUNREACH"
	case *tcpip.ErrNotConnected, *tcpip.ErrClosedForReceive:
		return "ENOTCONN"
	case *tcpip.ErrAlreadyConnecting:
		return "EALREADY"
	case *tcpip.ErrAlreadyConnected:
		return "EISCONN"
	case *tcpip.ErrPortInUse:
		return "EADDRINUSE"
	case *tcpip.ErrBadLocalAddress:
		return "EADDRNOTAVAIL"
	case *tcpip.ErrNoPortAvailable, *tcpip.ErrWouldBlock:
		return "EAGAIN"
	case *tcpip.ErrDestinationRequired:
		return "EDESTADDRREQ"
	case *tcpip.ErrNotSupported:
		return "EOPNOTSUPP"
	case *tcpip.ErrUnknownProtocolOption:
		return "ENOPROTOOPT"
	case *tcpip.ErrMessageTooLong:
		return "EMSGSIZE"
	case *tcpip.ErrNoBufferSpace:
		return "ENOBUFS"
	case *tcpip.ErrNotPermitted:
		return "EPERM"
	case *tcpip.ErrInvalidEndpointState, *tcpip.ErrInvalidOptionValue, *tcpip.ErrAlreadyBound:
		return "EINVAL"
	}
	return versionErrorName(err)
}
