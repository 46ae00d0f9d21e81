// version.go: where the two versions of this stack differ for us; this one is
// gVisor's of December 2022.  tests/duts/netstack has the other, and is built of
// everything else here.

package main

import (
	"gvisor.dev/gvisor/pkg/bufferv2"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

const program = "gvisor-netstack/20221219"

// takeFrame is the next frame that the stack has written, or nil.
func takeFrame(ep *channel.Endpoint) []byte {
	packet := ep.Read()
	if packet.IsNil() {
		return nil
	}
	defer packet.DecRef()
	return append([]byte{}, packet.ToView().AsSlice()...)
}

// giveFrame is a frame for the stack.
func giveFrame(ep *channel.Endpoint, network tcpip.NetworkProtocolNumber, frame []byte) {
	packet := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: bufferv2.MakeWithData(frame)})
	defer packet.DecRef()
	ep.InjectInbound(network, packet)
}

// versionErrorName is the name of an error that only this version has.
func versionErrorName(err tcpip.Error) string {
	if _, ok := err.(*tcpip.ErrHostUnreachable); ok {
		return "EHOSTUNREACH"
	}
	return "EIO"
}
