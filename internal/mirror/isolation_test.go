package mirror_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// panicking panics a number of times when a key is to be changed.
type panicking struct {
	mirror.Actions
	key  resource.Key
	left atomic.Int32
}

func (p *panicking) Carry(ctx context.Context, turn mirror.Turn, change plan.Change) plan.Result {
	if change.Key == p.key && p.left.Add(-1) >= 0 {
		panic("planted")
	}
	return p.Actions.Carry(ctx, turn, change)
}

// TestManager_APanicCostsARetry: a panic while one key is worked on costs that key
// a retry, and nobody else anything.
func TestManager_APanicCostsARetry(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		const times = 3
		for i := range 4 {
			c.pod(i, labels("app", "web"))
		}
		registry := prometheus.NewRegistry()
		a := startWith(t, c, sim, plan.Policy{Ownership: view.Ownership()}, func(config *mirror.Config) {
			p := &panicking{Actions: config.Actions, key: resource.Key{Kind: "pods", Namespace: "shop", Name: "web-1"}}
			p.left.Store(times)
			config.Actions, config.Metrics = p, mirror.NewMetrics(registry)
		})
		defer a.stop()
		a.settle(t)
		equal(t, c, sim)
		want := fmt.Sprintf(`
# HELP argus_panics_total Panics that were contained while reconciling a key. Anything but zero is a bug.
# TYPE argus_panics_total counter
argus_panics_total %d
`, times)
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "argus_panics_total"); err != nil {
			t.Error(err)
		}
	})
}

// TestManager_AHungRequest: while the account does not answer one request, others
// of the same kind go on.
func TestManager_AHungRequest(t *testing.T) {
	world(t, lmsim.DefaultLimits(), func(t *testing.T, c *cluster, sim *portal) {
		c.pod(0, labels("app", "web"))
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t) // the limits are known now
		if err := sim.SetFaults(lmsim.Fault{Action: lmsim.Hang, Method: "POST", Times: 1}); err != nil {
			t.Fatal(err)
		}
		const more = 5
		for i := range more {
			c.pod(i+1, labels("app", "web"))
		}
		time.Sleep(8 * time.Second) // less than is waited for an answer
		if got := len(devices(t, sim)); got != more {
			t.Errorf("while one create hangs: got %d resources, want %d, all but one", got, more)
		}
		a.settle(t)
		equal(t, c, sim)
	})
}
