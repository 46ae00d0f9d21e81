// quiet.go: how we know that the stack has done all that it can do now.
//
// The stack hands a segment from one goroutine to another (the newer version to
// the processor of its dispatcher, the older to a goroutine of each connection),
// and nothing in its interface says when the last of them is done.  The runtime
// knows.  runtime.Stack stops the world and then writes down the state of every
// goroutine, so its list is of one moment.  If in that moment each goroutine but
// ours waits for another one (on a channel, a lock, a condition, or in gVisor's
// sleep package, which the runtime calls a select), then none can go on before
// we ourselves do something: there is no other source of events.  No goroutine
// here waits for a descriptor; nothing sets a timer of the runtime, since the
// stack's time is ours (clock.go), and a "sleep" would be no such wait.
//
// Any state that is not known to be such a wait counts as busy, also one of which
// we have never heard: then the program stops with a message, and never says
// IDLE too early.
//
// There is one thread for goroutines (GOMAXPROCS 1, see main.go), so that who is
// woken first runs first, and the same input gives the same order each time.

package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
)

// waits are the states in which a goroutine needs another one to go on.
var waits = map[string]bool{
	"chan receive":      true,
	"chan send":         true,
	"select":            true,
	"semacquire":        true,
	"sync.Cond.Wait":    true,
	"finalizer wait":    true,
	"select (no cases)": true,
}

// Turns without an end are a fault of the stack, not a wait for it.
const maxTurns = 1000000

var states = make([]byte, 64*1024)

// busy is the state of a goroutine that can go on by itself, or "".
func busy() string {
	n := runtime.Stack(states, true)
	for n == len(states) {
		states = make([]byte, 2*len(states))
		n = runtime.Stack(states, true)
	}
	rest := states[:n]
	ours := true // we are the first of the list, and running
	for len(rest) > 0 {
		// "goroutine 7 [select, 2 minutes]:", lines of its stack, an empty line.
		head := rest
		if end := bytes.IndexByte(rest, '\n'); end >= 0 {
			head = rest[:end]
		}
		open, end := bytes.IndexByte(head, '['), bytes.IndexAny(head, ",]")
		if !bytes.HasPrefix(head, []byte("goroutine ")) || open < 0 || end < open {
			return "unreadable"
		}
		if state := head[open+1 : end]; !ours && !waits[string(state)] {
			return string(state)
		}
		ours = false
		next := bytes.Index(rest, []byte("\n\n"))
		if next < 0 {
			break
		}
		rest = rest[next+2:]
	}
	return ""
}

// settle returns when every goroutine but ours waits.
func settle() {
	state := ""
	for turn := 0; turn < maxTurns; turn++ {
		runtime.Gosched()
		if state = busy(); state == "" {
			return
		}
	}
	fmt.Fprintf(os.Stderr, "the stack does not come to rest: a goroutine is in \"%s\"\n", state)
	os.Exit(1)
}
