package mirror_test

import (
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
)

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
