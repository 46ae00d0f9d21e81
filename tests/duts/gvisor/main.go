// gVisor's TCP as a device under test in virtual time: `tcpconform run exec:CMD`.
//
// The seed of what the stack draws by chance is in TCPCONFORM_SEED.  Lines on
// standard input and output: those of docs/agent-protocol.md, and
//
//	FRAME hex              a datagram arrives now
//	ADVANCE until=NS       let time pass up to NS, but not past what is said;
//	                       answered by IDLE at=NS until=NS|never
//	FRAME at=NS hex        a datagram left
//
// Time stands still between two ADVANCE, and no line of input is taken before
// everything that the one before has set in motion is at rest (quiet.go); so the
// same input has the same output, to the octet.
//
// Read clock.go for the time, quiet.go for the rest, stack.go for what is tested,
// application.go for who uses it.

package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
)

const (
	protocol  = 1
	maxLine   = 511
	maxFrame  = 65535
	longest   = 2*maxFrame + 64
	outAtOnce = 1 << 20 // octets waiting for the tester; more are written first
	maxDue    = 1000000 // timers of one instant: a stack that has more stands still
)

type dut struct {
	clock       *virtualClock
	link        *link
	application *application
	mu          sync.Mutex // of the two below: frames come from any goroutine
	out         []byte
	said        bool // something since the last IDLE
}

// say writes a line: what it is, at=, the rest.
func (d *dut) say(what, rest string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = true
	d.line(what + " at=" + strconv.FormatInt(d.clock.nanoseconds(), 10) + rest)
}

func (d *dut) line(text string) {
	d.out = append(append(d.out, text...), '\n')
	if len(d.out) > outAtOnce {
		d.flush()
	}
}

func (d *dut) flush() {
	for rest := d.out; len(rest) > 0; {
		n, err := syscall.Write(1, rest)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			os.Exit(0) // nobody reads us any more
		}
		rest = rest[n:]
	}
	d.out = d.out[:0]
}

// rest returns when neither the stack nor the application has anything to do.
func (d *dut) rest() {
	for settle(); d.application.look(); settle() {
	}
}

// advance lets time pass from timer to timer, up to `until` or to the first thing
// that is said.
func (d *dut) advance(until int64) {
	for !d.said {
		next := d.clock.next()
		if next > until {
			d.clock.pass(until)
			break
		}
		d.clock.pass(next)
		count := 0
		for f := d.clock.due(); f != nil; f = d.clock.due() {
			f()
			d.rest()
			if count++; count > maxDue {
				fmt.Fprintln(os.Stderr, "the stack's timers are due again without end")
				os.Exit(1)
			}
		}
	}
	next := "never"
	if when := d.clock.next(); when != never {
		next = strconv.FormatInt(when, 10)
	}
	d.line("IDLE at=" + strconv.FormatInt(d.clock.nanoseconds(), 10) + " until=" + next)
	d.said = false
}

// take does what one line asks.
func (d *dut) take(line []byte) {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if bytes.HasPrefix(line, []byte("FRAME ")) {
		frame := make([]byte, hex.DecodedLen(len(line)-6))
		if _, err := hex.Decode(frame, line[6:]); err != nil {
			d.say("? ERR", " error=EPROTO :a frame is hexadecimal digits")
			return
		}
		d.link.arrives(frame)
		d.rest()
		return
	}
	if len(line) > maxLine {
		d.say("? ERR", " error=EMSGSIZE :the line is too long")
		return
	}
	if bytes.HasPrefix(line, []byte("ADVANCE ")) {
		until, err := strconv.ParseInt(string(bytes.TrimPrefix(line[8:], []byte("until="))), 10, 64)
		if err != nil || until < 0 {
			d.say("? ERR", " error=EPROTO :ADVANCE needs until=")
			return
		}
		d.advance(until)
		return
	}
	r, wrong := parseRequest(line)
	if r == nil && wrong == nil {
		return // an empty line asks nothing
	}
	if wrong != nil {
		tag := "?"
		if r != nil {
			tag = r.tag
		}
		d.answer(tag, "", wrong)
		return
	}
	results, wrong := d.application.call(r)
	d.answer(r.tag, results, wrong)
	d.rest()
}

func (d *dut) answer(tag, results string, wrong *mistake) {
	if wrong != nil {
		d.say(tag+" ERR", " error="+wrong.name+" :"+wrong.text)
		return
	}
	d.say(tag+" OK", results)
}

// serve takes line after line until the input ends.
func (d *dut) serve() {
	buf := make([]byte, 0, 2*longest)
	skipping := false // the rest of a line that is too long
	for {
		d.flush()
		n, err := syscall.Read(0, buf[len(buf):cap(buf)])
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return
		}
		buf = buf[:len(buf)+n]
		rest := buf
		for {
			end := bytes.IndexByte(rest, '\n')
			if end < 0 {
				break
			}
			if !skipping {
				d.take(rest[:end])
			}
			skipping = false
			rest = rest[end+1:]
		}
		if len(rest) > longest {
			if !skipping {
				d.say("? ERR", " error=EMSGSIZE :the line is too long")
			}
			skipping = true
			rest = rest[:0]
		}
		buf = buf[:copy(buf[:cap(buf)], rest)]
	}
}

func main() {
	// One goroutine at a time: see quiet.go.  It is set before the stack is made,
	// which starts as many processors.
	runtime.GOMAXPROCS(1)
	seed, err := strconv.ParseUint(os.Getenv("TCPCONFORM_SEED"), 10, 64)
	if err != nil {
		seed = 1
	}
	d := &dut{clock: &virtualClock{}}
	s, l := newStack(d.clock, seed, func(frame []byte) {
		d.say("FRAME", " "+hex.EncodeToString(frame))
	})
	d.link = l
	d.application = newApplication(s, func(what, format string, args ...any) {
		d.say(what, fmt.Sprintf(format, args...))
	})
	settle()
	d.line(fmt.Sprintf("HELLO protocol=%d at=0 program=%s can=%s frames=ip addr4=%s addr6=%s",
		protocol, program, can, address4, address6))
	d.said = false
	d.serve()
}
