package plan

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/resource"
)

func nth(i int) resource.Key {
	return resource.Key{Kind: "pods", Namespace: "shop", Name: fmt.Sprintf("web-%d", i)}
}

var small = Budget{Minimum: 3, Share: 0.05, Window: time.Hour, AgreeAfter: 5 * time.Minute}

// TestBudget_Limit: a window always has room for the minimum, and for a share of
// many.
func TestBudget_Limit(t *testing.T) {
	for owned, want := range map[int]int{0: 3, 60: 3, 100: 5, 10_000: 500} {
		if got := small.Limit(owned); got != want {
			t.Errorf("limit for %d resources: got %d, want %d", owned, got, want)
		}
	}
	for name, b := range map[string]Budget{"none": {}, "switched off": {Share: 1, Window: time.Hour}} {
		if got := b.Limit(0); got < 1<<30 {
			t.Errorf("limit of a budget that is %s: got %d, want no bound", name, got)
		}
	}
}

// brakeAt returns a Brake with a hold of some keys, begun at noon.
func brakeAt(t *testing.T, noon time.Time, keys ...resource.Key) *Brake {
	t.Helper()
	b := NewBrake(small)
	for i := range small.Minimum {
		if !b.Take(nth(i), noon, 10) {
			t.Fatalf("removal %d: held, want room for %d", i, small.Minimum)
		}
	}
	for _, key := range keys {
		if b.Take(key, noon, 10) || !b.Keep(key, "rule 1", noon) {
			t.Fatalf("removal of %s: let go, want it held", key)
		}
	}
	return b
}

// TestBrake_Holds: what is over the budget is held, whatever time passes, until a
// person approves this very hold.
func TestBrake_Holds(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	b := brakeAt(t, noon, nth(7), nth(8))
	h := b.Hold()
	if h.ID != "20260102-120000" || h.Count != 2 || h.Kinds["pods"] != 2 || h.Reasons["rule 1"] != 2 || h.Limit != 3 {
		t.Errorf("hold: got %+v", h)
	}
	if b.Take(nth(7), noon.Add(48*time.Hour), 10) {
		t.Error("a removal went because time passed")
	}
	if reason, kept := b.Reason(nth(7)); reason == "" || !kept {
		t.Errorf("reason: got %q, kept %v", reason, kept)
	}
	for _, id := range []string{"", "20260102-115959", "yes"} {
		if _, err := b.Approve(id); err == nil {
			t.Errorf("approve %q: got no error", id)
		}
	}
	if keys, err := b.Approve(h.ID); err != nil || len(keys) != 2 {
		t.Fatalf("approve: got %v, %v, want both keys", keys, err)
	}
	if !b.Take(nth(7), noon, 10) || !b.Take(nth(8), noon, 10) || b.Hold().ID != "" {
		t.Errorf("approved, and held all the same: %+v", b.Hold())
	}
	if b.Take(nth(9), noon, 10) {
		t.Error("a removal that nobody approved went")
	}
	if _, err := b.Approve(h.ID); b.Hold().ID == h.ID && err == nil {
		t.Error("the approval of one hold let another go")
	}
}

// TestBrake_Lists: two complete lists that agree, apart in time, let a removal go;
// one that does not forgets it.
func TestBrake_Lists(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	gone := func(resource.Key) bool { return true }
	b := brakeAt(t, noon, nth(7), nth(8))
	for minutes, kind := range map[int]resource.Kind{1: "pods", 30: "services"} {
		if got := b.Listed(kind, at(minutes), gone); len(got) > 0 {
			t.Errorf("list of %s after %d minutes: let go %v", kind, minutes, got)
		}
	}
	b.Listed("pods", at(6), gone)
	b.Listed("pods", at(7), gone) // the same list, as it were
	if b.Take(nth(7), at(8), 10) {
		t.Error("one agreement was enough")
	}
	got := b.Listed("pods", at(12), func(key resource.Key) bool { return key != nth(8) })
	if len(got) != 2 {
		t.Errorf("keys to look at: got %v, want both", got)
	}
	if !b.Take(nth(7), at(12), 10) {
		t.Error("two lists agreed, and it is held all the same")
	}
	if h := b.Hold(); h.ID != "" {
		t.Errorf("nothing is to be held any more: %+v", h)
	}
}

// TestBrake_ForgetsAndBeginsAnew: a rule that is taken back ends the hold; another
// configuration is judged anew, and what was spent stays spent.
func TestBrake_ForgetsAndBeginsAnew(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	b := brakeAt(t, noon, nth(7))
	b.Forget(nth(7))
	if b.Hold().ID != "" {
		t.Error("the last key was forgotten, and the hold goes on")
	}
	if b.Keep(nth(7), "rule 1", noon) {
		t.Error("kept without a hold: nobody would look at it again")
	}
	b = brakeAt(t, noon, nth(7))
	b.Configure(small)
	if b.Hold().ID != "" || b.Take(nth(8), noon.Add(time.Minute), 10) {
		t.Error("another configuration began with a new budget")
	}
	if !NewBrake(small).Take(nth(8), noon, 10) {
		t.Error("a new Brake holds")
	}
	b = brakeAt(t, noon)
	if !b.Take(nth(8), noon.Add(time.Hour), 10) {
		t.Error("the window does not roll")
	}
	b = brakeAt(t, noon)
	b.Return(nth(2))
	if !b.Take(nth(8), noon, 10) {
		t.Error("what did not happen stays spent")
	}
}

// TestBrake_Property: in no window are more removals let go than the budget says,
// unless each of the others was approved or agreed to.
func TestBrake_Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, now := NewBrake(small), time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
		var free []time.Time // let go by the budget alone
		answered := map[resource.Key]bool{}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
			key := nth(rapid.IntRange(0, 20).Draw(t, "key"))
			switch rapid.IntRange(0, 9).Draw(t, "do") {
			case 0:
				if keys, err := b.Approve(b.Hold().ID); err == nil {
					for _, key := range keys {
						answered[key] = true
					}
				}
			case 1:
				for _, key := range b.Listed("pods", now, func(key resource.Key) bool { return key != nth(3) }) {
					answered[key] = answered[key] || key != nth(3)
				}
			case 2:
				b.Forget(key)
				delete(answered, key)
			default:
				switch took := b.Take(key, now, 20); {
				case !took:
					b.Keep(key, "rule 1", now)
				case !answered[key]:
					free = append(free, now)
				}
			}
			recent := 0
			for _, at := range free {
				if now.Sub(at) < small.Window {
					recent++
				}
			}
			if most := small.Limit(20 + recent); recent > most {
				t.Fatalf("%d removals in a window, want at most %d", recent, most)
			}
		}
	})
}

// An approval is the text of an annotation, which anybody with rights on the Lease
// may write. Only the name of the very hold in force lets anything go.
func FuzzBrake_Approve(f *testing.F) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, id := range []string{"20260102-120000", "20260102-120001", "", " 20260102-120000", "*", "20260102-120000\n"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		b := brakeAt(t, noon, nth(7), nth(8))
		inForce := b.Hold().ID
		keys, err := b.Approve(id)
		if id == inForce {
			if err != nil || len(keys) != 2 || b.Hold().ID != "" {
				t.Errorf("approval of the hold in force: %v, %v, and %+v is held", keys, err, b.Hold())
			}
			return
		}
		if err == nil || len(keys) != 0 || b.Hold().Count != 2 || b.Take(nth(7), noon, 10) {
			t.Errorf("approval %q of hold %q: %v, %v, and %+v is held; want everything", id, inForce, keys, err, b.Hold())
		}
	})
}
