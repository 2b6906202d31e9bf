package mirror_test

import (
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/resource"
)

// TestManager_OutageEnds: what waited for an account that was down does not wait on
// when it is back, though no audit was due.
func TestManager_OutageEnds(t *testing.T) {
	world(t, lmsim.DefaultLimits(), func(t *testing.T, c *cluster, sim *portal) {
		const pods = 40
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		faults(t, sim, lmsim.Fault{Action: lmsim.HTML503})
		for i := range pods {
			c.pod(i, nil)
		}
		time.Sleep(40 * time.Minute) // and no audit was due
		faults(t, sim)
		time.Sleep(time.Minute)
		equal(t, c, sim)
	})
}

// TestManager_OneEndpointDown: where some requests fail for hours and others do not,
// the account is not listed for each that does not.
func TestManager_OneEndpointDown(t *testing.T) {
	world(t, lmsim.DefaultLimits(), func(t *testing.T, c *cluster, sim *portal) {
		const pods = 10
		var keys []resource.Key
		for i := range pods {
			keys = append(keys, c.pod(i, nil))
		}
		a := start(t, c, sim)
		defer a.stop()
		a.settle(t)
		faults(t, sim, lmsim.Fault{Action: lmsim.Status, Status: 500, Code: 1500, Method: "DELETE"})
		for _, key := range keys {
			c.remove(key)
		}
		sim.ResetCounts()
		time.Sleep(3 * time.Hour)
		if got, most := sim.calls("GET", "/device/devices", -1), 3*60/5+4; got > most {
			t.Errorf("lists in three hours: got %d, want at most %d", got, most)
		}
		faults(t, sim)
		a.settle(t)
		equal(t, c, sim)
	})
}

func faults(t *testing.T, sim *portal, all ...lmsim.Fault) {
	t.Helper()
	if err := sim.SetFaults(all...); err != nil {
		t.Fatal(err)
	}
}
