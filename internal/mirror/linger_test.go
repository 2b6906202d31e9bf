package mirror_test

import (
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// TestManager_Lingers: where resources are reused, a pod that is deleted and created
// again while Argus looks on keeps its resource. One that does not come back loses it
// when the time is over, neither sooner nor much later, however often it is looked at.
func TestManager_Lingers(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		key := c.pod(0, labels("app", "db"))
		policy := plan.Policy{Ownership: view.Ownership(), ReuseWithin: time.Minute, Reuse: func(resource.Kind) bool { return true }}
		a := startWith(t, c, sim, policy)
		defer a.stop()
		a.settle(t)
		first := devices(t, sim)[0].ID
		sim.ResetCounts()

		for range 3 {
			c.remove(key)
			time.Sleep(50 * time.Second)
			if s := a.Snapshot(); s.Backlog() > 0 || len(s.Parked) > 0 {
				t.Errorf("while it lingers: got a backlog of %d and %v parked, want neither", s.Backlog(), s.Parked)
			}
			c.pod(0, labels("app", "db"))
			a.settle(t)
			equal(t, c, sim)
		}
		if all := devices(t, sim); len(all) != 1 || all[0].ID != first {
			t.Errorf("created again: got %v, want resource %d alone", all, first)
		}
		expect(t, sim, map[string]int{"PATCH /device/devices/{id} 200": 3})

		sim.ResetCounts()
		c.remove(key)
		for range 11 {
			time.Sleep(5 * time.Second)
			a.Touch(key)
		}
		expect(t, sim, map[string]int{})
		time.Sleep(5*time.Second + time.Minute)
		expect(t, sim, map[string]int{"DELETE /device/devices/{id} 200": 1})
		a.settle(t)
		equal(t, c, sim)
	})
}
