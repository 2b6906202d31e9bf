package mirror_test

import (
	"slices"
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
	simaccount "github.com/argus-k8s/argus/internal/lmsim/account"
)

// TestManager_MaskedValues: a label whose value the account does not show follows
// all the same when it changes, and costs no write when it does not.
func TestManager_MaskedValues(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		p := pod(0, labels("vault.key", "one", "app", "web"))
		c.put(p, "pods")
		a := start(t, c, sim)
		a.settle(t)
		label := func(value string) {
			t.Helper()
			changed := p.DeepCopy()
			changed.Labels["vault.key"] = value
			c.put(changed, "pods")
			a.settle(t)
			d, _ := sim.Device(1)
			if want := (simaccount.Property{Name: "kubernetes.label.vault.key", Value: value}); !slices.Contains(d.Custom, want) {
				t.Errorf("properties: got %v, want %v among them", d.Custom, want)
			}
		}
		label("two")
		label("three")
		time.Sleep(24 * time.Hour)
		a.stop()
		a = start(t, c, sim)
		a.settle(t)
		time.Sleep(24 * time.Hour)
		a.stop()
		expect(t, sim, map[string]int{"POST /device/devices 200": 1, "PATCH /device/devices/{id} 200": 2})
	})
}
