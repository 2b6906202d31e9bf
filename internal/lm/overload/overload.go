// Package overload keeps a client from making a struggling server's day worse:
// it refuses some requests before they are sent, and bounds how many are
// repeated. It knows nothing of LogicMonitor and sends nothing.
package overload

import (
	"math/rand/v2"
	"sync"
	"time"
)

const (
	slots    = 12               // of one Guard's memory
	slotTime = 10 * time.Second // so it remembers two minutes

	// free attempts in the memory's time pass whatever their outcome: one
	// failure of three requests says nothing.
	free = 10
	// probeEvery lets one attempt pass even when all fail, so that the end of
	// an outage is seen soon.
	probeEvery = 5 * time.Second

	retryShare = 0.1 // of first attempts may be repeated
	retryStart = 1.0 // repetitions allowed before there is a history
	retryMost  = 10.0

	backoffBase = 200 * time.Millisecond
	backoffMost = 5 * time.Second
)

// A Guard watches the outcomes of one kind of request. It is safe for concurrent
// use; NewGuard makes one.
type Guard struct {
	mu        sync.Mutex // guards the fields below
	start     time.Time
	requests  [slots]float64 // attempts wanted, also those refused here
	accepts   [slots]float64 // attempts the server took on, also with a 4xx
	slot      int64          // number of the newest slot since start
	lastPass  time.Time
	retryable float64 // repetitions still allowed
}

// NewGuard returns a Guard without a history.
func NewGuard() *Guard {
	return &Guard{start: time.Now(), retryable: retryStart}
}

// Allow tells whether an attempt may be sent. While the server takes on at least
// half of what is wanted it always may; beyond that attempts are refused with the
// probability max(0, (requests - 2 accepts) / (requests + 1)) over two minutes
// (Google SRE book, "Handling overload").
func (g *Guard) Allow() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	i := g.turn(now)
	var requests, accepts float64
	for n := range slots {
		requests += g.requests[n]
		accepts += g.accepts[n]
	}
	g.requests[i]++
	excess := requests - free - 2*accepts
	//nolint:gosec // dice, not a secret
	if excess > 0 && rand.Float64() < excess/(requests+1) && now.Sub(g.lastPass) < probeEvery {
		return false
	}
	g.lastPass = now
	return true
}

// Accepted says that the server took an attempt on.
func (g *Guard) Accepted() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.accepts[g.turn(time.Now())]++
}

// turn forgets slots older than the memory and returns the index of the current.
func (g *Guard) turn(now time.Time) int64 {
	current := int64(now.Sub(g.start) / slotTime)
	for n := g.slot + 1; n <= current && n <= g.slot+slots; n++ {
		g.requests[n%slots], g.accepts[n%slots] = 0, 0
	}
	g.slot = max(g.slot, current)
	return g.slot % slots
}

// First counts a first attempt: ten of them pay for one repetition.
func (g *Guard) First() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.retryable = min(g.retryable+retryShare, retryMost)
}

// Retry takes one repetition out of the budget, if one is left.
func (g *Guard) Retry() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.retryable < 1 {
		return false
	}
	g.retryable--
	return true
}

// Backoff is how long to wait before the n-th repetition (from 1): a random time
// up to a bound that doubles, so that clients that failed together do not come
// back together.
func Backoff(n int) time.Duration {
	bound := backoffMost
	if n < 5 {
		bound = min(backoffBase<<(n-1), backoffMost)
	}
	return rand.N(bound) //nolint:gosec // dice, not a secret
}
