package ratelimit

import "time"

// fade is the part of a falling estimate of others that is kept on each answer:
// a rise counts at once, a fall slowly.
const fade = 0.9

// account is what the answers said about the limit.
type account struct {
	known     bool
	limit     int
	window    time.Duration
	remaining int
	heard     time.Time // of the newest answer

	others float64 // requests of others in the window, estimated from below
	number uint64  // of the request room was judged by
	room   int     // requests the account takes still, judged by that one
	flying int     // own requests sent and not answered
}

func (a *account) windowOrDefault() time.Duration {
	if a.window > 0 {
		return a.window
	}
	return DefaultWindow
}

// learn takes in what the answer to request number said. Of own requests, at most
// mine were counted by the account, and at most uncounted were not.
func (a *account) learn(said Answer, number uint64, mine, uncounted int) {
	if said.Limit <= 0 || said.Window <= 0 {
		return
	}
	a.known = true
	a.limit, a.window = said.Limit, said.Window
	if number <= a.number {
		return // an older request's answer, come late
	}
	a.number, a.remaining = number, said.Remaining
	a.room = said.Remaining - uncounted
	others := max(float64(said.Limit-said.Remaining-mine), 0)
	if others < a.others {
		others = fade*a.others + (1-fade)*others
		if others < 0.5 {
			others = 0
		}
	}
	a.others = others
}
