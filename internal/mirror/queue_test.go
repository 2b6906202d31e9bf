package mirror

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

func keyOf(name string) resource.Key {
	return resource.Key{Kind: "pods", Namespace: "shop", Name: name}
}

// takeAll takes what a lane hands out until it is empty, finishing each.
func takeAll(q *Queue, op plan.Op) (names []string) {
	for {
		key, _, ok := q.Take(op)
		if !ok {
			return names
		}
		names = append(names, key.Name)
		q.Finish(key, Settled, op, 0)
	}
}

func TestQueue_TakesByPriorityThenAge(t *testing.T) {
	q := NewQueue()
	defer q.Close()
	for i, p := range []int{5, 1, 3, 1} {
		q.Put(keyOf(fmt.Sprintf("%d-%d", p, i)), plan.Create, p)
	}
	want := []string{"1-1", "1-3", "3-2", "5-0"}
	if diff := cmp.Diff(want, takeAll(q, plan.Create)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// TestQueue_NothingStarves: a stream of urgent keys does not keep the least
// urgent one waiting for ever.
func TestQueue_NothingStarves(t *testing.T) {
	q := NewQueue()
	defer q.Close()
	q.Put(keyOf("last"), plan.Create, 99)
	for i := range fairness + 1 {
		q.Put(keyOf(fmt.Sprint(i)), plan.Create, 0)
		key, _, _ := q.Take(plan.Create)
		q.Finish(key, Settled, plan.Create, 0)
		if key.Name == "last" {
			return
		}
	}
	t.Errorf("a key of low priority was not taken among %d urgent ones", fairness+1)
}

func TestQueue_KeepsOneEntryAKey(t *testing.T) {
	q := NewQueue()
	defer q.Close()
	for range 3 {
		q.Put(keyOf("a"), plan.Create, 5)
	}
	q.Put(keyOf("a"), plan.Update, 5) // moves
	q.Put(keyOf("b"), plan.Create, 5)
	q.Drop(keyOf("b")) // settled itself
	if got := takeAll(q, plan.Create); got != nil {
		t.Errorf("create lane: got %v, want nothing", got)
	}
	if diff := cmp.Diff([]string{"a"}, takeAll(q, plan.Update)); diff != "" {
		t.Errorf("update lane (-want +got):\n%s", diff)
	}
	if !q.Idle() {
		t.Errorf("queue is not idle after everything settled")
	}
}

// TestQueue_IsAsLargeAsItsKeys: however often a key is touched, and by whatever
// priority, a lane does not grow beyond the keys in it.
func TestQueue_IsAsLargeAsItsKeys(t *testing.T) {
	q := NewQueue()
	defer q.Close()
	const keys, touches = 100, 50_000
	for i := range touches {
		q.Put(keyOf(fmt.Sprint(i%keys)), plan.Create, touches-i) // each time more urgent
		if i%7 == 0 {
			q.Drop(keyOf(fmt.Sprint(i % keys)))
		}
	}
	most := 2*keys + 65
	if l := q.lanes[plan.Create]; len(l.first) > most || len(l.oldest) > most {
		t.Errorf("%d keys have %d places by priority and %d by age, want at most %d", keys, len(l.first), len(l.oldest), most)
	}
}

// TestQueue_TouchedWhileItRuns: a key is never handed out twice at a time, and a
// change that comes while it is worked on is not lost.
func TestQueue_TouchedWhileItRuns(t *testing.T) {
	q := NewQueue()
	defer q.Close()
	q.Put(keyOf("a"), plan.Create, 0)
	key, _, _ := q.Take(plan.Create)
	q.Put(key, plan.Update, 0)
	if _, _, ok := q.Take(plan.Update); ok {
		t.Fatalf("a key that is worked on was handed out again")
	}
	q.Drop(key) // must not forget the touch of a running key
	q.Finish(key, Settled, plan.Create, 0)
	if diff := cmp.Diff([]string{"a"}, takeAll(q, plan.Update)); diff != "" {
		t.Errorf("update lane after the work (-want +got):\n%s", diff)
	}
}

// TestQueue_BacksOff: pauses grow with each failure in a row, and a change of the
// object ends the pause.
func TestQueue_BacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue()
		defer q.Close()
		q.Put(keyOf("a"), plan.Create, 0)
		for failure := range 4 {
			began := time.Now()
			if err := q.Wait(t.Context(), plan.Create); err != nil {
				t.Fatal(err)
			}
			key, _, _ := q.Take(plan.Create)
			if failure > 0 {
				d := retryFirst << (failure - 1)
				if got := time.Since(began); got < d/2 || got > 3*d/2 {
					t.Errorf("pause after failure %d: got %v, want %v ± half", failure, got, d)
				}
			}
			q.Finish(key, Failed, plan.Create, 0)
		}
		if _, _, ok := q.Take(plan.Create); ok {
			t.Errorf("a key that failed was handed out without a pause")
		}
		q.Put(keyOf("a"), plan.Create, 0)
		if _, _, ok := q.Take(plan.Create); !ok {
			t.Errorf("a key that changed still waits out its failure")
		}
	})
}

func TestQueue_ParksForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue()
		defer q.Close()
		q.Put(keyOf("a"), plan.Create, 0)
		key, _, _ := q.Take(plan.Create)
		began := time.Now()
		q.Finish(key, Parked, plan.Create, 0)
		if _, delayed := q.Depths(); delayed != 0 {
			t.Errorf("a parked key counts among %d that failed: the first sync would never be complete", delayed)
		}
		if err := q.Wait(t.Context(), plan.Create); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(began); got != parkPause {
			t.Errorf("pause of a parked key: got %v, want %v", got, parkPause)
		}
		q.Take(plan.Create)
		q.Finish(key, Failed, plan.Create, 0)
		if _, delayed := q.Depths(); delayed != 1 {
			t.Errorf("%d keys are delayed after the key failed, want 1", delayed)
		}
	})
}

func TestQueue_WaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue()
		defer q.Close()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- q.Wait(ctx, plan.Delete) }()
		synctest.Wait()
		cancel()
		if err := <-done; err == nil {
			t.Errorf("Wait: got no error after its context ended")
		}
	})
}

// TestQueue_IsASetOfKeys compares the queue with the simplest thing that holds
// the same keys, over random use, and checks that stale entries do not pile up.
func TestQueue_IsASetOfKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := NewQueue()
		defer q.Close()
		waiting, running := map[string]plan.Op{}, map[string]bool{}
		again := map[string]plan.Op{}
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			name := fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "key"))
			op := rapid.SampledFrom(lanesOf).Draw(t, "op")
			switch rapid.IntRange(0, 4).Draw(t, "do") {
			case 0, 1:
				q.Put(keyOf(name), op, rapid.IntRange(0, 3).Draw(t, "priority"))
				if running[name] {
					again[name] = op
				} else {
					waiting[name] = op
				}
			case 2:
				q.Drop(keyOf(name))
				if !running[name] {
					delete(waiting, name)
				}
			case 3:
				key, _, ok := q.Take(op)
				if ok {
					if waiting[key.Name] != op {
						t.Fatalf("took %s from lane %s, want it in %q", key, op, waiting[key.Name])
					}
					delete(waiting, key.Name)
					running[key.Name] = true
				}
			case 4:
				if running[name] {
					q.Finish(keyOf(name), Settled, op, 0)
					delete(running, name)
					if lane, touched := again[name]; touched {
						waiting[name] = lane
						delete(again, name)
					}
				}
			}
		}
		lanes, _ := q.Depths()
		total := 0
		for op, l := range q.lanes {
			total += lanes[op]
			if len(l.first) > 2*l.length+65 || len(l.oldest) > 2*l.length+65 {
				t.Fatalf("lane %s holds %d and %d entries for %d keys", op, len(l.first), len(l.oldest), l.length)
			}
		}
		if total != len(waiting) {
			t.Fatalf("waiting keys: got %d, want %d", total, len(waiting))
		}
	})
}

// BenchmarkQueue measures one key's way through a queue that holds 100,000.
func BenchmarkQueue(b *testing.B) {
	q := NewQueue()
	defer q.Close()
	for i := range 100_000 {
		q.Put(keyOf(fmt.Sprint(i)), plan.Create, i%7)
	}
	b.ReportAllocs()
	for b.Loop() {
		key, _, _ := q.Take(plan.Create)
		q.Finish(key, Moved, plan.Create, 3)
	}
}
