package mirror_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/resource"
)

// An object that goes back to what the account last held, while the request that
// follows its change is under way, is followed once more: what the cache says
// meanwhile is out of date.
func TestManager_ChangesMidway(t *testing.T) {
	for name, tt := range map[string]struct {
		method  string
		prepare func(c *cluster)
		change  func(c *cluster)
		back    func(c *cluster)
	}{
		"created and deleted": {
			http.MethodPost, func(*cluster) {},
			func(c *cluster) { c.pod(1, nil) },
			func(c *cluster) { c.remove(podKey(1)) },
		},
		"changed and changed back": {
			http.MethodPatch, func(c *cluster) { c.pod(1, labels("app", "web")) },
			func(c *cluster) { c.put(same(c, podKey(1), labels("app", "other")), "pods") },
			func(c *cluster) { c.put(same(c, podKey(1), labels("app", "web")), "pods") },
		},
		"deleted and created": {
			http.MethodDelete, func(c *cluster) { c.pod(1, nil) },
			func(c *cluster) { c.remove(podKey(1)) },
			func(c *cluster) { c.pod(1, nil) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			world(t, lmsim.NoLimits(), func(t *testing.T, c *cluster, sim *portal) {
				tt.prepare(c)
				a := start(t, c, sim)
				defer a.stop()
				a.settle(t)
				if err := sim.SetFaults(lmsim.Fault{Action: lmsim.Delay, Seconds: 5, Method: tt.method, Times: 1}); err != nil {
					t.Fatal(err)
				}
				tt.change(c)
				for sim.Faults()[0].Fit == 0 {
					time.Sleep(100 * time.Millisecond)
				}
				tt.back(c)
				a.settle(t)
				equal(t, c, sim)
			})
		})
	}
}

// podKey is the key of pod i.
func podKey(i int) resource.Key {
	return resource.Key{Kind: "pods", Namespace: "shop", Name: pod(i, nil).Name}
}
