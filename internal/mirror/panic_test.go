package mirror_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// brittle is a cluster with an object that makes whoever reads it panic.
type brittle struct {
	*cluster
	bad    resource.Key
	mended atomic.Bool
}

func (b *brittle) Read(ctx context.Context, key resource.Key) plan.Object {
	if key == b.bad && !b.mended.Load() {
		panic("no such field")
	}
	return b.cluster.Read(ctx, key)
}

// TestManager_Panics: a panic over one key costs that key a retry and nobody else
// anything; it is counted and logged, and the key is not lost.
func TestManager_Panics(t *testing.T) {
	world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
		var log bytes.Buffer
		metrics := prometheus.NewRegistry()
		b := &brittle{cluster: c, bad: c.pod(0, nil)}
		for i := 1; i < 20; i++ {
			c.pod(i, nil)
		}
		a := startWith(t, c, sim, plan.Policy{Ownership: view.Ownership()}, func(config *mirror.Config) {
			config.Cluster, config.Metrics, config.Log = b, mirror.NewMetrics(metrics), slog.New(slog.NewTextHandler(&log, nil))
			config.Workers = 1 // which would be the first to be lost
		})
		time.Sleep(time.Hour)
		if got, _ := sim.Size(); got != 19 {
			t.Errorf("beside the key that panics: got %d resources, want 19", got)
		}
		b.mended.Store(true)
		a.settle(t)
		equal(t, c, sim)
		a.stop()
		if got := counted(t, metrics, "argus_panics_total"); got < 2 || got > 100 {
			t.Errorf("panics in an hour: %v were counted, want a few", got)
		}
		if text := log.String(); !strings.Contains(text, "panic while reconciling") || !strings.Contains(text, "name=web-0") || !strings.Contains(text, "brittle") {
			t.Errorf("log: got %q, want the key, and where it was", text)
		}
	})
}

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

// TestManager_PanicsAtAChange: what was carried out before a panic is found, and
// not done twice.
func TestManager_PanicsAtAChange(t *testing.T) {
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
				if got := counted(t, registry, "argus_panics_total"); got != panics {
					t.Errorf("panics counted: got %v, want %d", got, panics)
				}
			})
		})
	}
}

// counted is the value of a counter without labels.
func counted(t *testing.T, metrics prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	return 0
}
