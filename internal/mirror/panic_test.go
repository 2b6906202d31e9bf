package mirror_test

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// faulty is an account whose changes of one key panic, before or after they were
// carried out, for a number of times.
type faulty struct {
	mirror.Actions
	key   resource.Key
	after bool
	left  int
}

func (f *faulty) Carry(ctx context.Context, turn mirror.Turn, change plan.Change) plan.Result {
	strikes := change.Key == f.key && f.left > 0
	if strikes {
		f.left--
	}
	if strikes && !f.after {
		panic("a fault within Argus")
	}
	result := f.Actions.Carry(ctx, turn, change)
	if strikes {
		panic("a fault within Argus")
	}
	return result
}

// TestManager_Panics: a panic costs its own key a retry and no other anything; what
// was carried out before it is found and not done twice; and it is counted.
func TestManager_Panics(t *testing.T) {
	const pods, panics = 20, 3
	for name, after := range map[string]bool{"before the request": false, "after the request": true} {
		t.Run(name, func(t *testing.T) {
			world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
				keys := make([]resource.Key, pods)
				for i := range keys {
					keys[i] = c.pod(i, nil)
				}
				registry := prometheus.NewRegistry()
				a := startWith(t, c, sim, plan.Policy{Ownership: view.Ownership()}, func(config *mirror.Config) {
					config.Actions = &faulty{Actions: config.Actions, key: keys[7], after: after, left: panics}
					config.Metrics = mirror.NewMetrics(registry)
				})
				defer a.stop()
				a.settle(t)
				equal(t, c, sim)
				c.remove(keys[3])
				a.settle(t)
				equal(t, c, sim)
				if got := sim.calls("POST", "/device/devices", 200); got != pods {
					t.Errorf("creates: got %d, want %d", got, pods)
				}
				if got := counter(t, registry, "argus_panics_total"); got != panics {
					t.Errorf("panics counted: got %v, want %d", got, panics)
				}
			})
		})
	}
}

// counter is the value of a counter without labels.
func counter(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("no counter is called %s", name)
	return 0
}
