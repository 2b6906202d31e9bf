package ratelimit

import "time"

// State is a Bucket as a person sees it.
type State struct {
	// Known tells whether the account has named a limit; Limit and Window are
	// its words, Remaining its newest.
	Known     bool
	Limit     int
	Window    time.Duration
	Remaining int
	// Budget is how many requests we allow ourselves in a window, Used how many
	// of them count now, Others what others seem to use.
	Budget int
	Used   int
	Others int
	// Waiting is how many wait for a turn, InFlight how many have one.
	Waiting  int
	InFlight int
	// BlockedUntil is set while the bucket waits after a refusal.
	BlockedUntil time.Time
}

// State returns the Bucket as it is now.
func (b *Bucket) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.forget(now)
	s := State{
		Known:     b.account.known,
		Limit:     b.account.limit,
		Window:    b.account.window,
		Remaining: b.account.remaining,
		Used:      b.inFlight + len(b.answered),
		Others:    int(b.account.others),
		Waiting:   b.waiting.Len(),
		InFlight:  b.inFlight,
	}
	if s.Known {
		s.Budget = b.budget()
	}
	if now.Before(b.blockedUntil) {
		s.BlockedUntil = b.blockedUntil
	}
	return s
}
