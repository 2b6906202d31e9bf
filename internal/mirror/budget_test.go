package mirror_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

var budget = plan.Budget{Minimum: 10, Share: 0.05, Window: time.Hour, AgreeAfter: 5 * time.Minute}

// notes are what a Manager told while it held removals.
type notes struct {
	mu     sync.Mutex
	holds  []plan.Hold
	listed int // how often a kind was to be listed again
}

func (n *notes) counts() (holds, listed int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.holds), n.listed
}

// braked starts a mirror with the budget. Where lists is set, a kind that is to be
// listed again is, as the cluster has it then.
func braked(t *testing.T, c *cluster, sim *portal, b *mirror.Budget, lists bool) (*argus, *notes) {
	t.Helper()
	n := &notes{}
	a := startWith(t, c, sim, plan.Policy{Ownership: view.Ownership()}, func(config *mirror.Config) {
		config.Budget, config.AgreeAfter = b, budget.AgreeAfter
		config.OnHold = func(h plan.Hold) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.holds = append(n.holds, h)
		}
		config.Relist = func(kind resource.Kind) {
			n.mu.Lock()
			n.listed++
			n.mu.Unlock()
			if lists {
				c.sink.Listed(kind)
			}
		}
	})
	return a, n
}

// excludeAll lets a rule keep everything out, and has everything mapped again.
func (c *cluster) excludeAll(rule string) {
	c.mu.Lock()
	c.rule = rule
	c.mu.Unlock()
	c.sink.Listed("pods")
}

func deletes(sim *portal) int { return writes(sim)["DELETE /device/devices/{id} 200"] }

// TestManager_HoldsRemovals: a rule that takes everything away removes what the
// budget has room for. The rest stays until a person approves this very hold;
// creates and updates go on meanwhile.
func TestManager_HoldsRemovals(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		const pods = 60
		for i := range pods {
			c.pod(i, labels("app", "web"))
		}
		a, told := braked(t, c, sim, mirror.NewBudget(budget), false)
		defer a.stop()
		a.settle(t)
		c.excludeAll("a rule too wide")
		time.Sleep(2 * time.Hour) // audits and windows pass
		a.settle(t)
		if got := deletes(sim); got != budget.Minimum {
			t.Fatalf("removed: got %d, want %d", got, budget.Minimum)
		}
		h := a.Budget.Hold()
		if h.Count != pods-budget.Minimum || h.Kinds["pods"] != h.Count || h.Reasons["a rule too wide"] != h.Count || len(h.Keys) != 5 {
			t.Errorf("hold: got %+v", h)
		}
		if holds, _ := told.counts(); holds != 1 {
			t.Errorf("told of holds: got %d, want once", holds)
		}
		step, err := a.Plan(t.Context(), h.Keys[0])
		if err != nil || step.Do != plan.Withhold {
			t.Errorf("decision on what is held: got %+v, %v", step, err)
		}
		c.pod(pods, labels("app", "kept"))
		a.settle(t)
		if got := writes(sim)["POST /device/devices 200"]; got != pods+1 {
			t.Errorf("created: got %d, want %d: creates go on", got, pods+1)
		}
		if err := a.ApproveDeletes("yesterday's"); err == nil {
			t.Error("an approval of another hold was taken")
		}
		if err := a.ApproveDeletes(h.ID); err != nil {
			t.Fatal(err)
		}
		a.settle(t)
		if got := deletes(sim); got != pods {
			t.Errorf("removed once approved: got %d, want %d", got, pods)
		}
		equal(t, c, sim)
		time.Sleep(time.Minute)
		if holds, _ := told.counts(); holds != 2 || a.Budget.Hold().ID != "" {
			t.Errorf("told %d times, hold %+v; want told of the end", holds, a.Budget.Hold())
		}
	})
}

// TestManager_ListsAgree: without a person, two complete lists that agree let the
// removals go, and not before.
func TestManager_ListsAgree(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		for i := range 30 {
			c.pod(i, labels("app", "web"))
		}
		a, told := braked(t, c, sim, mirror.NewBudget(budget), true)
		defer a.stop()
		a.settle(t)
		c.excludeAll("a rule")
		time.Sleep(9 * time.Minute)
		if _, listed := told.counts(); listed != 1 || deletes(sim) != budget.Minimum {
			t.Errorf("after one list (%d): removed %d, want %d", listed, deletes(sim), budget.Minimum)
		}
		// What came to be held after the first list was asked for needs a third.
		time.Sleep(10 * time.Minute)
		a.settle(t)
		if got := deletes(sim); got != 30 {
			t.Errorf("after two lists of each: removed %d, want 30", got)
		}
	})
}

// TestManager_RuleTakenBack: what was held is not removed when the rule goes.
func TestManager_RuleTakenBack(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		for i := range 30 {
			c.pod(i, labels("app", "web"))
		}
		b := mirror.NewBudget(budget)
		a, _ := braked(t, c, sim, b, true)
		a.settle(t)
		c.excludeAll("a rule")
		time.Sleep(time.Minute)
		// A new configuration comes with a new Manager, and with the same budget.
		a.stop()
		c.mu.Lock()
		c.rule = "another rule"
		c.mu.Unlock()
		b.Configure(budget)
		a, _ = braked(t, c, sim, b, true)
		a.settle(t)
		if got := deletes(sim); got != budget.Minimum {
			t.Errorf("removed under two configurations: got %d, want %d", got, budget.Minimum)
		}
		c.excludeAll("")
		a.settle(t)
		if h := b.Hold(); h.ID != "" {
			t.Errorf("held: got %+v, want nothing", h)
		}
		equal(t, c, sim)
		a.stop()
	})
}

// TestManager_ProvenRemovals: objects that are gone are removed, however many they
// are, as long as the apiserver is this cluster's.
func TestManager_ProvenRemovals(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		var keys []resource.Key
		for i := range 60 {
			keys = append(keys, c.pod(i, labels("app", "web")))
		}
		var mu sync.Mutex
		var other error
		asked := 0
		a := startWith(t, c, sim, plan.Policy{Ownership: view.Ownership()}, func(config *mirror.Config) {
			config.Budget = mirror.NewBudget(budget)
			config.Identify = func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				asked++
				return other
			}
		})
		defer a.stop()
		a.settle(t)
		for _, key := range slices.Clone(keys[:40]) {
			c.remove(key)
		}
		a.settle(t)
		equal(t, c, sim)
		mu.Lock()
		if asked == 0 {
			t.Error("nobody asked whether the cluster is the same")
		}
		other = errors.New("another cluster answers")
		mu.Unlock()
		time.Sleep(2 * time.Minute)
		before := deletes(sim)
		for _, key := range keys[40:] {
			c.remove(key)
		}
		time.Sleep(10 * time.Minute)
		if got := deletes(sim) - before; got != 0 {
			t.Errorf("removed on the word of another cluster: got %d, want none", got)
		}
		if s := a.Snapshot(); !cmp.Equal(s.LastErr != "", true) {
			t.Errorf("trouble is not told: %+v", s)
		}
		mu.Lock()
		other = nil
		mu.Unlock()
		a.settle(t)
		equal(t, c, sim)
	})
}
