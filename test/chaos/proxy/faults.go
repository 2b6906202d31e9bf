package proxy

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// An active fault counts what it did.
type active struct {
	Fault
	fit, struck int
	since       string // the resourceVersion of ServeAt
}

// faults are those of one proxy that are set. It is safe for concurrent use.
type faults struct {
	side string

	mu      sync.Mutex // guards what follows
	all     []*active
	counts  map[string]int // by action, over all that were ever set
	changed chan struct{}  // closed when all changes
}

func newFaults(side string) *faults {
	return &faults{side: side, counts: map[string]int{}, changed: make(chan struct{})}
}

// add sets one more fault.
func (s *faults) add(f Fault, since string) error {
	if !slices.Contains(of(s.side), f.Action) {
		return fmt.Errorf("%v: the proxy of %s cannot do this", f, s.side)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, &active{Fault: f, since: since})
	s.wake()
	return nil
}

// lift takes all faults back.
func (s *faults) lift() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = nil
	s.wake()
}

// wake tells those that wait; the caller holds the lock.
func (s *faults) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// strike finds the first fault of an action that strikes a request, and counts it.
func (s *faults) strike(action string, r Request) (f active, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.all {
		if a.Action != action || !a.fits(r) {
			continue
		}
		a.fit++
		if a.Nth > 0 && a.fit != a.Nth || a.Times > 0 && a.struck >= a.Times || a.Action == Drop && a.N > 0 && a.struck >= a.N {
			continue
		}
		a.struck++
		s.counts[action]++
		return *a, true
	}
	return active{}, false
}

// note counts what others did.
func (s *faults) note(action string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[action] += times
}

// struck is how often an action was done since the beginning.
func (s *faults) struck(action string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[action]
}

// waiting says whether a fault of one of these actions is about a request, and
// gives what closes at the next change.
func (s *faults) waiting(r Request, actions ...string) (bool, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := slices.ContainsFunc(s.all, func(a *active) bool { return slices.Contains(actions, a.Action) && a.fits(r) })
	if held {
		for _, action := range actions {
			s.counts[action]++
		}
	}
	return held, s.changed
}

// holdUp does to a request what both sides can: it lets it wait, refuses it, or
// is slow.
func (s *faults) holdUp(ctx context.Context, r Request) {
	if !s.pause(ctx, r, Pause) {
		abort()
	}
	if _, ok := s.strike(Refuse, r); ok {
		abort()
	}
	if f, ok := s.strike(Slow, r); ok {
		timer := time.NewTimer(f.For)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			abort()
		case <-timer.C:
		}
	}
}

// pause waits while a fault of one of these actions is set, and says whether the
// caller is still there.
func (s *faults) pause(ctx context.Context, r Request, actions ...string) bool {
	for {
		held, changed := s.waiting(r, actions...)
		if !held {
			return ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}
