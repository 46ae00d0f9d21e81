// clock.go: virtual time for the stack.  It is not the package's own faketime:
// that clock cannot say when it has something to do next, and who asks it to
// advance learns only afterwards how much fell due.  This one keeps its timers in
// a heap; main.go goes from one to the next.

package main

import (
	"container/heap"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// never is when nothing is due.
const never = int64(1<<63 - 1)

// The stack takes a monotonic time of zero for "not yet" in some places, and a
// machine that answers has been up for a while: its clock starts here.
const uptime = 1000 * time.Second

// virtualClock implements tcpip.Clock.  Its time is nanoseconds since the start
// and stands still between two calls of pass.
type virtualClock struct {
	mu     sync.Mutex
	now    int64
	count  uint64
	timers timerHeap
}

func (c *virtualClock) nanoseconds() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Now implements tcpip.Clock: the time of day; the day is of no matter.
func (c *virtualClock) Now() time.Time {
	return time.Unix(1000000000, c.nanoseconds())
}

// NowMonotonic implements tcpip.Clock.
func (c *virtualClock) NowMonotonic() tcpip.MonotonicTime {
	return tcpip.MonotonicTime{}.Add(uptime + time.Duration(c.nanoseconds()))
}

// AfterFunc implements tcpip.Clock.
func (c *virtualClock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	t := &virtualTimer{clock: c, f: f, place: -1}
	t.Reset(d)
	return t
}

// next is when the first timer is due, or never.
func (c *virtualClock) next() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.timers) == 0 {
		return never
	}
	return c.timers[0].when
}

// pass lets time pass up to `to`, which is not after the next timer.
func (c *virtualClock) pass(to int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to > c.now {
		c.now = to
	}
}

// due takes one timer that is due by now off the heap; nil when there is none.
// Those of one instant come in the order in which they were set.
func (c *virtualClock) due() func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.timers) == 0 || c.timers[0].when > c.now {
		return nil
	}
	return heap.Pop(&c.timers).(*virtualTimer).f
}

// virtualTimer implements tcpip.Timer.
type virtualTimer struct {
	clock *virtualClock
	f     func()
	when  int64
	order uint64
	place int // in the heap; -1: not set
}

// Stop implements tcpip.Timer.
func (t *virtualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.place < 0 {
		return false
	}
	heap.Remove(&t.clock.timers, t.place)
	return true
}

// Reset implements tcpip.Timer.
func (t *virtualTimer) Reset(d time.Duration) {
	c := t.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.place >= 0 {
		heap.Remove(&c.timers, t.place)
	}
	if d < 0 {
		d = 0
	}
	// (A wait for ever, which some timers ask for, must not wrap.)
	t.when = never - 1
	if int64(d) < t.when-c.now {
		t.when = c.now + int64(d)
	}
	t.order = c.count
	c.count++
	heap.Push(&c.timers, t)
}

// timerHeap implements heap.Interface.
type timerHeap []*virtualTimer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].when != h[j].when {
		return h[i].when < h[j].when
	}
	return h[i].order < h[j].order
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *timerHeap) Push(x any) {
	t := x.(*virtualTimer)
	t.place = len(*h)
	*h = append(*h, t)
}

func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.place = -1
	return t
}
