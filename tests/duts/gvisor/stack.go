// stack.go: the stack under test, set up as gVisor's own sandbox sets it up
// (runsc/boot/loader.go, newEmptySandboxNetworkStack): SACK and the tuning of the
// receive buffer are on, everything else is as the package has it.  Its link
// carries IP datagrams; nothing is left to a network card: no checksum, no
// segmentation.

package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand"
	"net"
	"os"
	"sync"

	systemrand "gvisor.dev/gvisor/pkg/rand"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	nic      = tcpip.NICID(1)
	mtu      = 1500
	queue    = 64 // of frames; each is taken from it at once
	address4 = "10.9.0.2"
	address6 = "fd00:9::2"
)

// seeded gives the octets that the stack draws its secrets from: the same in each
// run, so that a run can be repeated.
type seeded struct {
	mu    sync.Mutex
	seed  uint64
	count uint64
}

func (s *seeded) octets() [sha256.Size]byte {
	var in [16]byte
	binary.BigEndian.PutUint64(in[:], s.seed)
	binary.BigEndian.PutUint64(in[8:], s.count)
	s.count++
	return sha256.Sum256(in[:])
}

// Read implements io.Reader.
func (s *seeded) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := 0; n < len(p); {
		o := s.octets()
		n += copy(p[n:], o[:])
	}
	return len(p), nil
}

// Int63 implements rand.Source.
func (s *seeded) Int63() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.octets()
	return int64(binary.BigEndian.Uint64(o[:]) >> 1)
}

// Seed implements rand.Source.
func (s *seeded) Seed(int64) {}

var _ rand.Source = (*seeded)(nil)

// link is the wire: what the stack writes is handed to `sent` at once, in the
// goroutine that writes.
type link struct {
	*channel.Endpoint
	mu   sync.Mutex
	sent func(frame []byte)
}

// WriteNotify implements channel.Notification.
func (l *link) WriteNotify() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for frame := takeFrame(l.Endpoint); frame != nil; frame = takeFrame(l.Endpoint) {
		l.sent(frame)
	}
}

// arrives hands a datagram to the stack.
func (l *link) arrives(frame []byte) {
	switch header.IPVersion(frame) {
	case header.IPv4Version:
		giveFrame(l.Endpoint, ipv4.ProtocolNumber, frame)
	case header.IPv6Version:
		giveFrame(l.Endpoint, ipv6.ProtocolNumber, frame)
	}
}

// must ends the program when the stack cannot be set up.
func must(what string, err tcpip.Error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", what, err)
		os.Exit(1)
	}
}

func parseAddress(text string) (tcpip.Address, bool) {
	ip := net.ParseIP(text)
	if four := ip.To4(); four != nil {
		return tcpip.Address(four), true
	}
	return tcpip.Address(ip), ip != nil
}

func networkOf(a tcpip.Address) tcpip.NetworkProtocolNumber {
	if len(a) == header.IPv4AddressSize {
		return ipv4.ProtocolNumber
	}
	return ipv6.ProtocolNumber
}

func newStack(clock tcpip.Clock, seed uint64, sent func(frame []byte)) (*stack.Stack, *link) {
	chance := &seeded{seed: seed}
	systemrand.Reader = chance // the identifications of datagrams come from there
	options := stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
		Clock:              clock,
		RandSource:         chance,
		SecureRNG:          chance,
	}
	s := stack.New(options)

	l := &link{Endpoint: channel.New(queue, mtu, ""), sent: sent}
	l.AddNotify(l)
	must("interface", s.CreateNIC(nic, l.Endpoint))
	for _, text := range []string{address4, address6} {
		a, _ := parseAddress(text)
		must("address", s.AddProtocolAddress(nic, tcpip.ProtocolAddress{
			Protocol:          networkOf(a),
			AddressWithPrefix: tcpip.AddressWithPrefix{Address: a, PrefixLen: 8 * len(a) * 3 / 4},
		}, stack.AddressProperties{}))
	}
	s.SetRouteTable([]tcpip.Route{
		{Destination: header.IPv4EmptySubnet, NIC: nic},
		{Destination: header.IPv6EmptySubnet, NIC: nic},
	})

	sack := tcpip.TCPSACKEnabled(true)
	must("SACK", s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack))
	tuning := tcpip.TCPModerateReceiveBufferOption(true)
	must("receive buffer", s.SetTransportProtocolOption(tcp.ProtocolNumber, &tuning))
	return s, l
}

// newSocket is an endpoint as an application has it: Nagle's algorithm is on
// (pkg/sentry/socket/netstack/netstack.go, New), and IPv6 is not IPv4.
func newSocket(s *stack.Stack, network tcpip.NetworkProtocolNumber) (tcpip.Endpoint, tcpip.Error) {
	ep, err := s.NewEndpoint(tcp.ProtocolNumber, network, &waiter.Queue{})
	if err != nil {
		return nil, err
	}
	asSocket(ep)
	ep.SocketOptions().SetReuseAddress(true)
	if network == ipv6.ProtocolNumber {
		ep.SocketOptions().SetV6Only(true)
	}
	return ep, nil
}

// asSocket is what the sentry does to each endpoint, opened or accepted.
func asSocket(ep tcpip.Endpoint) {
	ep.SocketOptions().SetDelayOption(true)
}

// stateNames are the RFC's words.  An endpoint that failed has no connection.
var stateNames = map[tcp.EndpointState]string{
	tcp.StateInitial:     "CLOSED",
	tcp.StateBound:       "CLOSED",
	tcp.StateClose:       "CLOSED",
	tcp.StateError:       "CLOSED",
	tcp.StateListen:      "LISTEN",
	tcp.StateConnecting:  "SYN-SENT",
	tcp.StateSynSent:     "SYN-SENT",
	tcp.StateSynRecv:     "SYN-RECEIVED",
	tcp.StateEstablished: "ESTABLISHED",
	tcp.StateFinWait1:    "FIN-WAIT-1",
	tcp.StateFinWait2:    "FIN-WAIT-2",
	tcp.StateCloseWait:   "CLOSE-WAIT",
	tcp.StateClosing:     "CLOSING",
	tcp.StateLastAck:     "LAST-ACK",
	tcp.StateTimeWait:    "TIME-WAIT",
}

func stateOf(ep tcpip.Endpoint) tcp.EndpointState {
	return tcp.EndpointState(ep.State())
}
