package account

import (
	"container/heap"
	"time"
)

// An event is an effect that happens later. No goroutine waits for it: whoever next touches the
// account calls Advance first, which makes late effects exact under any clock.
type event struct {
	at  time.Time
	seq int
	run func(at time.Time)
}

type schedule struct {
	events eventHeap
	seq    int
}

func (s *schedule) push(e event) {
	s.seq++
	e.seq = s.seq
	heap.Push(&s.events, e)
}

func (s *schedule) pop(now time.Time) (event, bool) {
	if len(s.events) == 0 || s.events[0].at.After(now) {
		return event{}, false
	}
	return heap.Pop(&s.events).(event), true
}

type eventHeap []event

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)   { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = event{}
	*h = old[:len(old)-1]
	return e
}
