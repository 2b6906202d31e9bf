package health

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Liveness watches loops that must keep turning: each beats at every turn, and
// one that has not for longer than its bound makes /healthz fail, so that the
// kubelet restarts the process. Waiting for an account or a cluster that is down
// is no reason to fail: a loop that waits goes on beating. It is safe for
// concurrent use.
type Liveness struct {
	mu    sync.Mutex // guards loops and what is in them
	loops map[*Loop]struct{}
}

// NewLiveness watches nothing yet.
func NewLiveness() *Liveness { return &Liveness{loops: map[*Loop]struct{}{}} }

// A Loop is watched from Start to Done.
type Loop struct {
	owner *Liveness
	name  string
	bound time.Duration
	last  time.Time
}

// Start watches a loop, which turns at least once in every bound. It counts as
// the first beat.
func (l *Liveness) Start(name string, bound time.Duration) *Loop {
	loop := &Loop{owner: l, name: name, bound: bound, last: time.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loops[loop] = struct{}{}
	return loop
}

// Beat says that the loop turns.
func (p *Loop) Beat() {
	p.owner.mu.Lock()
	defer p.owner.mu.Unlock()
	p.last = time.Now()
}

// Done ends the watch over a loop that ended on purpose.
func (p *Loop) Done() {
	p.owner.mu.Lock()
	defer p.owner.mu.Unlock()
	delete(p.owner.loops, p)
}

// state of one loop.
type state struct {
	name         string
	since, bound time.Duration
}

// states of all loops, by name.
func (l *Liveness) states() []state {
	l.mu.Lock()
	defer l.mu.Unlock()
	states := make([]state, 0, len(l.loops))
	for p := range l.loops {
		states = append(states, state{p.name, time.Since(p.last), p.bound})
	}
	slices.SortFunc(states, func(a, b state) int { return cmp.Compare(a.name, b.name) })
	return states
}
