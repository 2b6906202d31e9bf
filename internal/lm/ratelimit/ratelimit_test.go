package ratelimit

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An account is a server with one exact rolling-window limit. Nothing of it is
// shared with the code under test.
type server struct {
	mu       sync.Mutex
	limit    int
	window   time.Duration
	headers  bool
	tenant   float64 // part of the limit others hold at any time
	times    []time.Time
	accepted int
	refused  []time.Time
	latency  func() time.Duration
}

// call is one request, from sending to the answer's head.
func (s *server) call() Answer {
	there, back := s.latency()/2, s.latency()/2
	time.Sleep(there)
	a := s.arrive(time.Now())
	time.Sleep(back)
	return a
}

func (s *server) arrive(now time.Time) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.times) > 0 && now.Sub(s.times[0]) >= s.window {
		s.times = s.times[1:]
	}
	others := int(s.tenant * float64(s.limit))
	a := Answer{}
	if len(s.times)+others >= s.limit {
		a.Refused = true
		s.refused = append(s.refused, now)
	} else {
		s.times = append(s.times, now)
		s.accepted++
	}
	if s.headers {
		a.Limited, a.Limit, a.Window = true, s.limit, s.window
		a.Remaining = max(s.limit-len(s.times)-others, 0)
	}
	return a
}

// saturate lets workers send as fast as the bucket allows for so long, and waits
// until all have ended. Refused work is tried again; it returns what was done.
func saturate(t testing.TB, b *Bucket, s *server, workers int, span time.Duration) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), span)
	defer cancel()
	var done sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range workers {
		done.Go(func() {
			again := false
			for {
				reserve := b.Reserve
				if again {
					reserve = b.ReserveAgain
				}
				p, err := reserve(ctx)
				if err != nil {
					return
				}
				if !p.Send() {
					again = true
					continue
				}
				a := s.call()
				p.Done(a)
				if again = a.Refused; !again {
					mu.Lock()
					total++
					mu.Unlock()
				}
			}
		})
	}
	done.Wait()
	return total
}

func steady(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

func upTo(seed uint64, most time.Duration) func() time.Duration {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 1))
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(r.Int64N(int64(most)))
	}
}

// The central promise: alone on the account, whatever the limit, the window, the
// share, the number of workers and the latencies, nothing is ever refused, and at
// least 97 % of what is allowed is used over ten minutes.
func TestBucket_aloneIsExactAndFull(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		limit := rapid.IntRange(20, 1000).Draw(r, "limit")
		share := rapid.SampledFrom([]float64{0.5, 0.8, 1}).Draw(r, "share")
		workers := rapid.SampledFrom([]int{1, 8, 32}).Draw(r, "workers")
		slowest := rapid.SampledFrom([]time.Duration{time.Millisecond, 50 * time.Millisecond, 500 * time.Millisecond}).Draw(r, "latency")
		seed := rapid.Uint64().Draw(r, "seed")
		if workers == 1 {
			slowest = time.Millisecond // one worker can fill no limit with slow calls
		}
		synctest.Test(t, func(t *testing.T) {
			const windows = 10
			s := &server{limit: limit, window: time.Minute, headers: true, latency: upTo(seed, slowest)}
			b := NewBucket(Config{Share: share})
			total := saturate(t, b, s, workers, windows*time.Minute)
			if len(s.refused) > 0 {
				r.Errorf("limit %d, share %v, %d workers, latency %v: %d refused, want 0", limit, share, workers, slowest, len(s.refused))
			}
			allowed := windows * int(share*float64(limit)+1e-6)
			if used := float64(total) / float64(allowed); used < 0.97 || used > 1.001 {
				r.Errorf("limit %d, share %v, %d workers, latency %v: %d of %d allowed used (%.1f %%), want 97 to 100 %%",
					limit, share, workers, slowest, total, allowed, 100*used)
			}
		})
	})
}

// Every window, wherever it begins, holds at most the budget.
func TestBucket_noWindowHoldsMoreThanTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{limit: 100, window: 10 * time.Second, headers: true, latency: upTo(7, 2*time.Second)}
		var arrivals []time.Time
		b := NewBucket(Config{Share: 0.8})
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		var mu sync.Mutex
		var done sync.WaitGroup
		for range 64 {
			done.Go(func() {
				for {
					p, err := b.Reserve(ctx)
					if err != nil {
						return
					}
					p.Send()
					time.Sleep(s.latency())
					mu.Lock()
					arrivals = append(arrivals, time.Now())
					mu.Unlock()
					a := s.arrive(time.Now())
					time.Sleep(s.latency())
					p.Done(a)
				}
			})
		}
		done.Wait()
		first := 0
		for i, at := range arrivals {
			for at.Sub(arrivals[first]) >= s.window {
				first++
			}
			if got := i - first + 1; got > 80 {
				t.Fatalf("%d requests arrived in one window, want at most 80", got)
			}
		}
	})
}

// A refusal sends the bucket away for the window; one probe follows; all the work
// is done in the end.
func TestBucket_afterARefusalOneProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{limit: 100, window: time.Minute, headers: true, latency: steady(100 * time.Millisecond)}
		b := NewBucket(Config{Share: 1})
		p, _ := b.Reserve(t.Context())
		p.Send()
		p.Done(s.call()) // the limit is known
		s.mu.Lock()
		s.limit = 1 // and changes
		s.mu.Unlock()
		began := time.Now()
		var done sync.WaitGroup
		for range 5 {
			done.Go(func() {
				for again := false; ; again = true {
					reserve := b.Reserve
					if again {
						reserve = b.ReserveAgain
					}
					p, err := reserve(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					if !p.Send() {
						continue
					}
					a := s.call()
					p.Done(a)
					if !a.Refused {
						return
					}
				}
			})
		}
		time.Sleep(30 * time.Second)
		if state := b.State(); state.InFlight != 0 || state.BlockedUntil.IsZero() {
			t.Errorf("after the refusals: %d on their way, blocked until %v; want none, and a time", state.InFlight, state.BlockedUntil)
		}
		s.mu.Lock()
		first := len(s.refused)
		s.mu.Unlock()
		if first == 0 || first > 5 {
			t.Errorf("%d refused at once, want 1 to 5: those that were on their way", first)
		}
		done.Wait()
		if got := len(s.refused); got != first {
			t.Errorf("%d refused later, want 0", got-first)
		}
		if took := time.Since(began); took < 5*time.Minute || took > 6*time.Minute {
			t.Errorf("5 requests at one a minute took %v, want 5 to 6 minutes", took)
		}
	})
}

func TestBucket_followsTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{limit: 200, window: time.Minute, headers: true, latency: upTo(3, 200*time.Millisecond)}
		b := NewBucket(Config{Share: 0.8})
		saturate(t, b, s, 16, 3*time.Minute)
		set := func(limit int) {
			s.mu.Lock()
			s.limit, s.refused, s.accepted = limit, nil, 0
			s.mu.Unlock()
		}
		set(20) // ten times lower, live
		saturate(t, b, s, 16, 10*time.Minute)
		if got, most := len(s.refused), 2*16; got > most {
			t.Errorf("limit lowered: %d refused, want at most %d", got, most)
		}
		if got, least := s.accepted, 16*7; got < least {
			t.Errorf("limit lowered: %d requests in 10 minutes, want at least %d", got, least)
		}
		set(400)
		saturate(t, b, s, 16, 10*time.Minute)
		if got, least := s.accepted, 400*8*10*9/100; got < least {
			t.Errorf("limit raised: %d requests in 10 minutes, want at least %d", got, least)
		}
		if len(s.refused) > 0 {
			t.Errorf("limit raised: %d refused, want 0", len(s.refused))
		}
	})
}

// Others on the account are seen and left room; what they leave is used.
func TestBucket_yieldsToOthers(t *testing.T) {
	for _, tenant := range []float64{0.1, 0.5, 0.9} {
		for _, share := range []float64{0.8, 1} {
			synctest.Test(t, func(t *testing.T) {
				s := &server{limit: 200, window: time.Minute, headers: true, tenant: tenant, latency: upTo(5, 100*time.Millisecond)}
				b := NewBucket(Config{Share: share})
				total := saturate(t, b, s, 16, 10*time.Minute)
				left := 10 * share * (1 - tenant) * 200
				if used := float64(total) / left; used < 0.95 || used > 1.01 {
					t.Errorf("others take %v, our share is %v: %d requests, want about %.0f (%.0f %%)", tenant, share, total, left, 100*used)
				}
				if got := len(s.refused); got > 10 {
					t.Errorf("others take %v, our share is %v: %d refused, want at most one a window", tenant, share, got)
				}
			})
		}
	}
}

// Without headers the bucket finds a rate by itself, and is refused at most once
// in a window.
func TestBucket_withoutHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{limit: 120, window: time.Minute, latency: upTo(9, 100*time.Millisecond)}
		b := NewBucket(Config{Share: 0.8})
		const minutes = 60
		total := saturate(t, b, s, 16, minutes*time.Minute)
		bursts := 0
		var last time.Time
		for _, at := range s.refused {
			if at.Sub(last) > s.window/2 {
				bursts++
			}
			last = at
		}
		if bursts > minutes/2 || len(s.refused) > 4*bursts {
			t.Errorf("%d refused in %d bursts over %d minutes, want rarely and few", len(s.refused), bursts, minutes)
		}
		if used := float64(total) / (minutes * 120); used < 0.55 {
			t.Errorf("%.0f %% of the unknown limit used, want at least 55 %%", 100*used)
		}
		t.Logf("without headers: %.0f %% used, %d refusals in %d minutes", float64(total)/(minutes*1.2), len(s.refused), minutes)
	})
}

func TestBucket_startsGently(t *testing.T) {
	for name, headers := range map[string]bool{"with headers": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{limit: 100, window: time.Minute, headers: headers, latency: steady(0)}
				b := NewBucket(Config{Share: 1})
				p, err := b.Reserve(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				if _, err := b.Reserve(ctx); err == nil {
					t.Fatal("got a second turn before the first answer")
				}
				p.Send()
				p.Done(s.call())
				if _, err := b.Reserve(t.Context()); err != nil {
					t.Errorf("after the first answer: %v", err)
				}
			})
		})
	}
}

// After a pause what was learnt is old: others may have come.
func TestBucket_asksAgainAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{limit: 100, window: time.Minute, headers: true, latency: steady(time.Millisecond)}
		b := NewBucket(Config{Share: 1})
		saturate(t, b, s, 4, time.Second)
		time.Sleep(time.Hour)
		s.mu.Lock()
		s.tenant = 0.9
		s.mu.Unlock()
		saturate(t, b, s, 32, time.Minute)
		if len(s.refused) > 1 {
			t.Errorf("%d refused, want at most 1", len(s.refused))
		}
	})
}

func TestBucket_turnsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBucket(Config{Share: 1})
		first, err := b.Reserve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var got []string
		var done sync.WaitGroup
		wait := func(name string, reserve func(context.Context) (*Permit, error)) {
			done.Go(func() {
				p, err := reserve(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				got = append(got, name)
				mu.Unlock()
				p.Cancel()
			})
			synctest.Wait()
		}
		wait("a", b.Reserve)
		wait("b", b.Reserve)
		wait("refused before", b.ReserveAgain)
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.Reserve(canceled); err == nil {
			t.Error("a canceled context got a turn")
		}
		first.Cancel()
		done.Wait()
		want := []string{"refused before", "a", "b"}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
		if state := b.State(); state.InFlight != 0 || state.Waiting != 0 || state.Used != 0 {
			t.Errorf("canceled turns count: %+v", state)
		}
	})
}

// However turns are taken, canceled and abandoned, none is lost: the bucket can be
// used up to its budget afterwards, and not beyond.
func TestBucket_losesNoTurn(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 3), 1, 60).Draw(r, "steps")
		synctest.Test(t, func(t *testing.T) {
			const limit = 10
			s := &server{limit: limit, window: time.Minute, headers: true, latency: steady(time.Millisecond)}
			b := NewBucket(Config{Share: 1})
			var done sync.WaitGroup
			for i, step := range steps {
				done.Go(func() {
					ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i+1)*3*time.Second)
					defer cancel()
					p, err := b.Reserve(ctx)
					if err != nil {
						return // waited too long
					}
					defer p.Cancel()
					switch step {
					case 0: // not used
					case 1:
						p.Send()
						p.Unsend()
					case 2:
						if p.Send() {
							s.arrive(time.Now())
							p.Done(Answer{Lost: true})
						}
					default:
						if p.Send() {
							p.Done(s.call())
						}
					}
					p.Cancel() // once more does nothing
				})
			}
			done.Wait()
			time.Sleep(10 * time.Minute)
			if state := b.State(); state.InFlight != 0 || state.Waiting != 0 || state.Used != 0 {
				r.Fatalf("at rest: %+v, want nothing counted", state)
			}
			if total := saturate(t, b, s, 4, 30*time.Second); total != limit {
				r.Errorf("%d requests after rest, want %d", total, limit)
			}
			if len(s.refused) > 0 {
				r.Errorf("%d refused, want 0", len(s.refused))
			}
		})
	})
}

func TestBucket_capAndShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{limit: 100, window: time.Minute, headers: true, latency: steady(time.Millisecond)}
		b := NewBucket(Config{Share: 1, Cap: 7})
		if got := saturate(t, b, s, 4, 30*time.Second); got != 7 {
			t.Errorf("with a cap of 7: %d requests, want 7", got)
		}
		s = &server{limit: 100, window: time.Minute, latency: steady(time.Millisecond)}
		b = NewBucket(Config{Share: 1, Cap: 7})
		if got := saturate(t, b, s, 4, 50*time.Second); got != 7 {
			t.Errorf("with a cap of 7 and an account that names no limit: %d requests, want 7", got)
		}
		s = &server{limit: 100, window: time.Minute, headers: true, latency: steady(time.Millisecond)}
		b = NewBucket(Config{Share: 0.2})
		if got := saturate(t, b, s, 4, 50*time.Second); got != 20 {
			t.Errorf("with a share of 0.2: %d requests, want 20", got)
		}
		b.SetShare(0.5)
		if got := saturate(t, b, s, 4, 9*time.Second); got < 1 || got > 30 {
			t.Errorf("with a share of 0.5 then: %d more requests, want 1 to 30", got)
		}
	})
}

// Half of the budget is there for a burst; then turns come evenly, so that urgent
// work waits for a moment and not for a window.
func TestBucket_keepsAPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{limit: 60, window: time.Minute, headers: true, latency: steady(time.Millisecond)}
		b := NewBucket(Config{Share: 1})
		if got := saturate(t, b, s, 60, 900*time.Millisecond); got < 29 || got > 32 {
			t.Errorf("%d requests at once, want half of 60", got)
		}
		saturate(t, b, s, 4, 5*time.Minute)
		longest, last := time.Duration(0), s.times[0]
		for _, at := range s.times[1:] {
			longest = max(longest, at.Sub(last))
			last = at
		}
		if longest > 10*time.Second {
			t.Errorf("after five windows of backlog the longest wait for a turn is %v, want at most 10s", longest)
		}
	})
}

func BenchmarkBucket(b *testing.B) {
	bucket := NewBucket(Config{Share: 1})
	ctx := context.Background()
	for b.Loop() {
		p, err := bucket.Reserve(ctx)
		if err != nil {
			b.Fatal(err)
		}
		p.Send()
		p.Done(Answer{Limited: true, Limit: 1 << 30, Remaining: 1 << 29, Window: time.Second})
	}
}

// Whatever the headers of a refusal say: after it one request goes ahead, and the
// others only when that one came through.
func TestBucket_probesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBucket(Config{Share: 1})
		answer := Answer{Limited: true, Limit: 100, Remaining: 100, Window: time.Minute}
		turn := func(a Answer) {
			p, err := b.Reserve(t.Context())
			if err != nil || !p.Send() {
				t.Fatalf("no turn: %v", err)
			}
			p.Done(a)
		}
		turn(answer)
		refused := answer
		refused.Refused = true
		turn(refused)
		began := time.Now()
		probe, err := b.Reserve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited < time.Minute || waited > time.Minute+time.Second {
			t.Errorf("waited %v after the refusal, want the window", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := b.Reserve(ctx); err == nil {
			t.Fatal("a second request went ahead with the probe")
		}
		probe.Send()
		probe.Done(answer)
		turn(answer)
		if waited := time.Since(began); waited > time.Minute+11*time.Second {
			t.Errorf("waited %v, want no more than for the probe", waited)
		}
		// The answer may ask for another wait than the window.
		refused.RetryAfter = 5 * time.Second
		turn(refused)
		began = time.Now()
		turn(answer)
		if waited := time.Since(began); waited < 5*time.Second || waited > 6*time.Second {
			t.Errorf("waited %v after a refusal with Retry-After 5s", waited)
		}
	})
}

// A turn taken before a refusal is worth nothing after it.
func TestPermit_isVoidAfterARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{limit: 100, window: time.Minute, headers: true, latency: steady(0)}
		b := NewBucket(Config{Share: 1})
		saturate(t, b, s, 1, time.Second/100)
		early, err := b.Reserve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		late, err := b.Reserve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		late.Send()
		late.Done(Answer{Refused: true})
		if early.Send() {
			t.Error("a turn from before the refusal may still be used")
		}
		if state := b.State(); state.InFlight != 0 {
			t.Errorf("%d turns are given, want 0", state.InFlight)
		}
	})
}
