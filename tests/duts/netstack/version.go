// version.go: where the two versions of this stack differ for us; this one is
// the copy of netstack that the inet.af project made in November 2021.  The rest
// of the program is tests/duts/gvisor's.

package main

import (
	"inet.af/netstack/tcpip"
	"inet.af/netstack/tcpip/buffer"
	"inet.af/netstack/tcpip/link/channel"
	"inet.af/netstack/tcpip/stack"
)

const program = "inet.af-netstack/20211120"

// takeFrame is the next frame that the stack has written, or nil.
func takeFrame(ep *channel.Endpoint) []byte {
	packet, ok := ep.Read()
	if !ok {
		return nil
	}
	octets := buffer.NewVectorisedView(packet.Pkt.Size(), packet.Pkt.Views())
	return octets.ToView()
}

// giveFrame is a frame for the stack.
func giveFrame(ep *channel.Endpoint, network tcpip.NetworkProtocolNumber, frame []byte) {
	packet := stack.NewPacketBuffer(stack.PacketBufferOptions{
		Data: buffer.NewViewFromBytes(frame).ToVectorisedView(),
	})
	ep.InjectInbound(network, packet)
}

// versionErrorName is the name of an error that only this version has.
func versionErrorName(err tcpip.Error) string {
	if _, ok := err.(*tcpip.ErrNoRoute); ok {
		return "EHOSTUNREACH"
	}
	return "EIO"
}
