package account

import (
	"slices"
	"time"
)

// An event is an effect that happens later. No goroutine waits for it: whoever next touches the
// account calls Advance first, which makes late effects exact under any clock.
type event struct {
	at  time.Time
	run func(at time.Time)
}

// A schedule holds events in the order in which they are due. Most come with the same delay as the
// one before, so that the place of a new one is at the end.
type schedule struct {
	events []event
}

func (s *schedule) push(e event) {
	i, _ := slices.BinarySearchFunc(s.events, e.at, func(other event, at time.Time) int {
		if other.at.After(at) {
			return 1
		}
		return -1 // equal times keep the order in which they came
	})
	s.events = slices.Insert(s.events, i, e)
}

func (s *schedule) pop(now time.Time) (event, bool) {
	if len(s.events) == 0 || s.events[0].at.After(now) {
		return event{}, false
	}
	e := s.events[0]
	s.events[0] = event{}
	s.events = s.events[1:]
	return e, true
}
