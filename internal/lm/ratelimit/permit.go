package ratelimit

import "time"

// A Permit is one turn: the right to send one request. It belongs to one
// goroutine at a time.
type Permit struct {
	bucket   *Bucket
	refusals uint64 // of the bucket when the turn was given
	state    permitState

	// as they were when the request was sent
	number uint64
	held   int
	flying int
}

type permitState int

const (
	permitGiven permitState = iota
	permitSent
	permitOver
)

// An Answer is what one request taught about the limit.
type Answer struct {
	// Limited tells whether the answer named the limit; then the next three
	// fields are set.
	Limited   bool
	Limit     int
	Remaining int
	Window    time.Duration
	// Refused is set for a 429. RetryAfter is the wait the answer asked for, if
	// any; the window otherwise.
	Refused    bool
	RetryAfter time.Duration
	// Lost means no answer came. The request counts all the same.
	Lost bool
}

// Cancel gives an unused turn back. On a turn that was used it does nothing, so
// it may be deferred.
func (p *Permit) Cancel() {
	b := p.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.state != permitGiven {
		return
	}
	p.state = permitOver
	b.inFlight--
	b.dispatch(time.Now())
}

// Unused tells whether the turn may still be used.
func (p *Permit) Unused() bool {
	p.bucket.mu.Lock()
	defer p.bucket.mu.Unlock()
	return p.state == permitGiven
}

// Send says that the request goes out now. It answers false, and the turn is
// over, if it was used before or if the account has refused another request
// since the turn was given: sending would only be refused too.
func (p *Permit) Send() bool {
	b := p.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.state != permitGiven {
		return false
	}
	now := time.Now()
	if p.refusals != b.refusals {
		p.state = permitOver
		b.inFlight--
		b.dispatch(now)
		return false
	}
	p.state = permitSent
	b.sent++
	b.account.room--
	p.number, p.flying = b.sent, b.account.flying
	b.account.flying++
	p.held = b.inFlight + len(b.answered)
	return true
}

// Unsend says that a request did not go out after all: no connection was made.
// The turn is over and does not count.
func (p *Permit) Unsend() {
	b := p.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.state != permitSent {
		return
	}
	p.state = permitOver
	b.inFlight--
	b.account.flying--
	b.account.room++
	b.dispatch(time.Now())
}

// Done ends a turn that was sent, with what the answer taught. It is called when
// the answer's head is there, before its body is read.
func (p *Permit) Done(a Answer) {
	b := p.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.state != permitSent {
		return
	}
	p.state = permitOver
	now := time.Now()
	b.inFlight--
	b.account.flying--
	b.answered = append(b.answered, now)
	if !a.Lost {
		b.learn(p, a, now)
	}
	b.dispatch(now)
}

// learn takes an answer in.
func (b *Bucket) learn(p *Permit, a Answer, now time.Time) {
	b.account.heard = now
	if a.Limited {
		// Own requests the account may have counted by then: those that counted
		// when this one was sent, and those sent since. More than these are others'.
		since := int(b.sent - p.number)
		b.account.learn(a, p.number, p.held+since, p.flying+since)
	}
	if a.Refused {
		b.refuse(p, a, now)
		return
	}
	if p.refusals == b.refusals {
		b.probing = false
	}
	b.adaptive.accepted(now)
}

func (b *Bucket) refuse(p *Permit, a Answer, now time.Time) {
	wait := b.account.windowOrDefault()
	if a.RetryAfter > 0 {
		wait = min(a.RetryAfter, longestBlock)
	}
	if until := now.Add(wait + guard); until.After(b.blockedUntil) {
		b.blockedUntil = until
	}
	b.probing = true
	if p.refusals != b.refusals {
		return // sent before the refusal that is already dealt with
	}
	b.refusals++
	if !a.Limited {
		b.account.known = false // what was known is refuted
	}
	used := float64(b.inFlight+len(b.answered)) / b.account.windowOrDefault().Seconds()
	b.adaptive.refused(now, wait, used)
}
