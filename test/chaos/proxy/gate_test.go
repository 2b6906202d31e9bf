package proxy

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
)

// traffic is requests that come to a gate one after the other, each in a goroutine
// of its own as a server has it, and which of them got through to an effect and to
// an answer.
type traffic struct {
	gate *Gate

	mu               sync.Mutex // guards what follows
	effects, answers []int
}

func (tr *traffic) note(list *[]int, n int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	*list = append(*list, n)
}

func (tr *traffic) send(ctx context.Context, n int) {
	go func() {
		on, leave := tr.gate.enter(ctx, Request{Target: string(rune('a' + n))})
		if !on {
			return
		}
		tr.note(&tr.effects, n)
		if leave != nil && !leave() {
			return
		}
		tr.note(&tr.answers, n)
	}()
	synctest.Wait()
}

func TestGate(t *testing.T) {
	for name, tt := range map[string]struct {
		stop             Stop
		open             func(*Gate)
		effects, answers int // how many of four in the end
		stopped          int // after how many effects
	}{
		"only counts":             {Stop{}, (*Gate).Release, 4, 4, -1},
		"before, and all is lost": {Stop{At: 2}, (*Gate).Discard, 1, 1, 1},
		"before, and it goes on":  {Stop{At: 2}, (*Gate).Release, 4, 4, 1},
		"after, and all is lost":  {Stop{At: 2, After: true}, (*Gate).Discard, 2, 1, 2},
		"after, and it goes on":   {Stop{At: 2, After: true}, (*Gate).Release, 4, 4, 2},
		"only some count":         {Stop{At: 1, Only: func(r Request) bool { return r.Target == "c" }}, (*Gate).Discard, 2, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := &traffic{gate: NewGate()}
				stopped := tr.gate.Arm(tt.stop)
				for n := range 4 {
					tr.send(t.Context(), n)
				}
				select {
				case <-stopped:
					if tt.stopped != len(tr.effects) {
						t.Errorf("the world stopped after %d effects, want %d", len(tr.effects), tt.stopped)
					}
				default:
					if tt.stopped >= 0 {
						t.Error("the world did not stop")
					}
				}
				tt.open(tr.gate)
				synctest.Wait()
				if len(tr.effects) != tt.effects || len(tr.answers) != tt.answers {
					t.Errorf("effects %v and answers %v, want %d and %d", tr.effects, tr.answers, tt.effects, tt.answers)
				}
				before := len(tr.answers)
				tr.send(t.Context(), 4)
				if len(tr.answers) != before+1 {
					t.Error("an open gate held a request")
				}
			})
		})
	}
}

// Who leaves while the world stands still holds nobody up.
func TestGate_callerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &traffic{gate: NewGate()}
		tr.gate.Arm(Stop{At: 1})
		ctx, leave := context.WithCancel(t.Context())
		tr.send(ctx, 0)
		leave()
		synctest.Wait()
		tr.gate.Release()
		synctest.Wait()
		if len(tr.effects) != 0 {
			t.Error("a request whose caller had left took effect")
		}
		if n := tr.gate.Count(); n != 1 {
			t.Errorf("%d requests counted, want 1", n)
		}
	})
}
