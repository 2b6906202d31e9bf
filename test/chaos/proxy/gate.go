package proxy

import (
	"context"
	"sync"
)

// A Stop says at which request the world of a process stops.
type Stop struct {
	At    int  // the k-th request that counts, from 1
	After bool // it takes effect first, and its answer is held back
	// Only says which requests count; nil means all.
	Only func(Request) bool
}

// A Gate stands in both proxies of one process. It counts requests in the order
// in which they come, and can stop the world of the process at one of them: from
// then on nothing comes through, so that the process can be killed or stopped at
// exactly this point. It is safe for concurrent use.
type Gate struct {
	mu      sync.Mutex // guards what follows
	stop    Stop
	n       int
	at      Request
	stopped chan struct{} // closed when the world stops
	opened  chan struct{} // closed when it goes on
	alive   bool          // how it goes on: with what was held, or without
}

// NewGate returns a gate that only counts.
func NewGate() *Gate {
	g := &Gate{}
	g.Arm(Stop{})
	return g
}

// Arm begins to count anew and returns what is closed when the world stops. A
// zero Stop stops nothing.
func (g *Gate) Arm(s Stop) (stopped <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop, g.n, g.at = s, 0, Request{}
	g.stopped, g.opened = make(chan struct{}), make(chan struct{})
	return g.stopped
}

// Discard lets the world go on without what was held: it was of a process that is
// no more.
func (g *Gate) Discard() { g.open(false) }

// Release lets the world go on with what was held.
func (g *Gate) Release() { g.open(true) }

func (g *Gate) open(alive bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop, g.alive = Stop{}, alive
	select {
	case <-g.opened:
	default:
		close(g.opened)
	}
}

// Count is the number of requests that counted since the gate was armed.
func (g *Gate) Count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n
}

// At is the request at which the world stopped.
func (g *Gate) At() Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.at
}

// enter counts a request, and holds it while the world stands still. It says
// whether the request may go on; leave is not nil when its answer is to be held,
// and is called once it took effect.
func (g *Gate) enter(ctx context.Context, r Request) (on bool, leave func() bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	stopped, opened := g.stopped, g.opened
	if g.standing() {
		return g.waitUnlocked(ctx, opened), nil
	}
	if g.stop.Only != nil && !g.stop.Only(r) {
		return true, nil
	}
	if g.n++; g.n != g.stop.At {
		return true, nil
	}
	g.at = r
	if g.stop.After {
		return true, func() bool {
			close(stopped)
			return g.wait(ctx, opened)
		}
	}
	close(stopped)
	return g.waitUnlocked(ctx, opened), nil
}

// waitUnlocked is wait for a caller that holds the lock, and holds it again after.
func (g *Gate) waitUnlocked(ctx context.Context, opened <-chan struct{}) bool {
	g.mu.Unlock()
	on := g.wait(ctx, opened)
	g.mu.Lock()
	return on
}

// standing says whether the world stands still; the caller holds the lock.
func (g *Gate) standing() bool {
	select {
	case <-g.opened:
		return false
	default:
	}
	select {
	case <-g.stopped:
		return true
	default:
		return false
	}
}

// wait waits until the gate opens, and says whether what was held goes on.
func (g *Gate) wait(ctx context.Context, opened <-chan struct{}) bool {
	select {
	case <-ctx.Done():
		return false
	case <-opened:
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.alive
}
