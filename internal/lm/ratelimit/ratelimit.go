// Package ratelimit says when one more request of one kind may be sent to an
// account that allows so many in a rolling window. It learns the limit from the
// answers, counts its own requests exactly, notices others who use the same
// account, and hands out turns in the order they were asked for. It sends
// nothing and knows no endpoint: one Bucket is one limit.
package ratelimit

import (
	"container/list"
	"context"
	"math"
	"sync"
	"time"
)

const (
	// DefaultWindow is assumed until the account names one: the length its
	// documentation uses throughout.
	DefaultWindow = time.Minute

	// guard is added to the window for clocks that do not run equally fast.
	guard = 10 * time.Millisecond

	// pace is the gap kept between requests once half the budget is used, as a
	// part of window/budget. It is a little under 1, so that late timers cost no
	// throughput: the rolling window is what bounds.
	pace = 0.9

	// longestBlock bounds how long an answer may send a bucket away.
	longestBlock = 15 * time.Minute
)

// Config bounds a Bucket from our side.
type Config struct {
	// Share of the account's limit that may be used, over 0 up to 1.
	Share float64
	// Cap is the most requests in a window, whatever the account allows and
	// whether or not it names a limit. Zero means none of its own.
	Cap int
}

// A Bucket hands out turns for one limit. NewBucket makes one; it is safe for
// concurrent use and has no goroutine.
//
// A request counts from the moment its turn is given until one window after its
// answer came: whenever in between the account counted it, the account has
// forgotten it by then. So, alone on the account, no window of the account ever
// holds more requests than allowed, whatever the latencies.
type Bucket struct {
	mu     sync.Mutex // guards everything below
	config Config

	account  account // what the answers said
	adaptive cubic   // rules while the account names no limit

	inFlight int         // turns given and not yet over
	answered []time.Time // ends of requests still in the window, oldest first
	sent     uint64      // requests sent so far
	lastTurn time.Time

	blockedUntil time.Time
	refusals     uint64 // times the account refused, counted once a block
	probing      bool   // one request must come through before others follow

	waiting list.List // of *waiter, first come first served
	timer   *time.Timer
}

// A waiter waits for its turn; turn is closed over by exactly one of dispatch
// and a canceled context.
type waiter struct {
	turn chan *Permit // room for one
}

// NewBucket returns a Bucket that knows nothing yet: it lets one request out at
// a time until an answer names the limit.
func NewBucket(config Config) *Bucket {
	return &Bucket{config: config, adaptive: newCubic()}
}

// SetShare changes the share of the limit that may be used.
func (b *Bucket) SetShare(share float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.config.Share = share
	b.dispatch(time.Now())
}

// Reserve waits for a turn: the right to send one request now. Turns are given
// in the order asked for. The caller ends each with Cancel, or with Send and
// Done. The error is the context's.
func (b *Bucket) Reserve(ctx context.Context) (*Permit, error) {
	return b.reserve(ctx, (*list.List).PushBack)
}

// ReserveAgain is Reserve for work whose request the account refused: it goes
// before those that have not had a turn yet.
func (b *Bucket) ReserveAgain(ctx context.Context) (*Permit, error) {
	return b.reserve(ctx, (*list.List).PushFront)
}

func (b *Bucket) reserve(ctx context.Context, push func(*list.List, any) *list.Element) (*Permit, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &waiter{turn: make(chan *Permit, 1)}
	b.mu.Lock()
	place := push(&b.waiting, w)
	b.dispatch(time.Now())
	b.mu.Unlock()
	select {
	case p := <-w.turn:
		return p, nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	b.waiting.Remove(place) // does nothing if the turn was just given
	b.mu.Unlock()
	select {
	case p := <-w.turn:
		p.Cancel()
	default:
	}
	return nil, ctx.Err()
}

// dispatch gives turns to those who wait while it may, and sets the timer for
// the next moment at which it may.
func (b *Bucket) dispatch(now time.Time) {
	b.forget(now)
	for b.waiting.Len() > 0 {
		at, ok := b.next(now)
		if !ok {
			b.wakeAt(now, at)
			return
		}
		first := b.waiting.Front()
		b.waiting.Remove(first)
		w, ok := first.Value.(*waiter)
		if !ok {
			panic("ratelimit: something else than a waiter waits") // only reserve puts anything there
		}
		b.inFlight++
		b.lastTurn = now
		w.turn <- &Permit{bucket: b, refusals: b.refusals}
	}
}

func (b *Bucket) wakeAt(now, at time.Time) {
	if at.IsZero() {
		return // an answer or a canceled turn wakes it
	}
	wait := max(at.Sub(now), 0)
	if b.timer == nil {
		b.timer = time.AfterFunc(wait, b.wake)
		return
	}
	b.timer.Reset(wait)
}

func (b *Bucket) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dispatch(time.Now())
}

// forget drops requests that the account has forgotten too.
func (b *Bucket) forget(now time.Time) {
	n := 0
	for n < len(b.answered) && !b.release(n).After(now) {
		n++
	}
	if n == 0 {
		return
	}
	b.answered = append(b.answered[:0], b.answered[n:]...)
	b.account.room += n
}

// release is when the i-th oldest answered request stops counting.
func (b *Bucket) release(i int) time.Time {
	return b.answered[i].Add(b.account.windowOrDefault() + guard)
}

// next tells whether a turn may be given now, or else when to look again; zero
// means that only an answer can change it.
func (b *Bucket) next(now time.Time) (time.Time, bool) {
	if now.Before(b.blockedUntil) {
		return b.blockedUntil, false
	}
	if b.alone(now) {
		return time.Time{}, b.inFlight == 0
	}
	budget := b.budget()
	held := b.inFlight + len(b.answered)
	if over := held - budget; over >= 0 {
		if over < len(b.answered) {
			return b.release(over), false
		}
		return time.Time{}, false
	}
	if !b.account.known {
		at := b.adaptive.next(b.lastTurn)
		return at, !at.After(now)
	}
	if b.account.others > 0 && b.account.room-b.unsent() <= 0 {
		return b.askAgain(now)
	}
	if 2*held >= budget {
		gap := time.Duration(pace * float64(b.account.window) / float64(budget))
		at := b.lastTurn.Add(gap)
		return at, !at.After(now)
	}
	return now, true
}

// alone tells whether only one request may be on its way: nothing is known yet,
// what is known is old, or the account has just refused one.
func (b *Bucket) alone(now time.Time) bool {
	if b.probing || b.account.heard.IsZero() {
		return true
	}
	return b.account.known && now.Sub(b.account.heard) > b.account.window/2
}

// budget is how many requests may be in one window.
func (b *Bucket) budget() int {
	budget := math.MaxInt
	if b.account.known {
		left := float64(b.account.limit) - b.account.others
		budget = int(b.config.Share*left + 1e-6) // 0.8 * 60 is a little under 48
	}
	if b.config.Cap > 0 {
		budget = min(budget, b.config.Cap)
	}
	return max(budget, 1)
}

// askAgain says when to go on though the account seems to have no room, judged
// by the newest count it told and by what was sent and forgotten since. Others'
// requests leave the window unseen, so one request asks now and then. Alone on
// the account this does not matter: the own count is exact.
func (b *Bucket) askAgain(now time.Time) (time.Time, bool) {
	if b.inFlight > 0 {
		return time.Time{}, false
	}
	at := b.account.heard.Add(b.account.window / 10)
	if len(b.answered) > 0 && b.release(0).Before(at) {
		return b.release(0), false // makes room for one
	}
	return at, !at.After(now)
}

// unsent counts turns given for requests that are not sent yet.
func (b *Bucket) unsent() int { return b.inFlight - b.account.flying }
