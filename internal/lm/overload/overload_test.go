package overload

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestGuard_letsAHealthyServerAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGuard()
		for i := range 10_000 {
			if !g.Allow() {
				t.Fatalf("attempt %d refused though half are taken on", i)
			}
			if i%2 == 0 {
				g.Accepted()
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
}

func TestGuard_remembersTwoMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGuard()
		passed := 0
		for range 1000 {
			if g.Allow() {
				passed++
			}
			time.Sleep(100 * time.Millisecond)
		}
		if passed < 20 || passed > 150 {
			t.Errorf("%d of 1000 attempts passed while all failed, want a few", passed)
		}
		time.Sleep(slots * slotTime)
		for i := range free {
			if !g.Allow() {
				t.Errorf("attempt %d refused after everything is forgotten", i)
			}
		}
	})
}

func TestGuard_retryBudget(t *testing.T) {
	g := NewGuard()
	retries := 0
	for range 1000 {
		g.First()
		if g.Retry() {
			retries++
		}
	}
	if retries < 99 || retries > 101 {
		t.Errorf("%d repetitions of 1000 first attempts, want a tenth", retries)
	}
	for range 1000 {
		g.First()
	}
	for retries = 0; g.Retry(); {
		retries++
	}
	if retries != retryMost {
		t.Errorf("%d repetitions at once, want %v: what is saved is bounded", retries, retryMost)
	}
}

func TestBackoff(t *testing.T) {
	for n, most := range map[int]time.Duration{1: backoffBase, 2: 2 * backoffBase, 5: backoffMost, 1000: backoffMost} {
		longest := time.Duration(0)
		for range 1000 {
			longest = max(longest, Backoff(n))
		}
		if longest > most || longest < most/2 {
			t.Errorf("repetition %d waits up to %v, want up to %v", n, longest, most)
		}
	}
}
