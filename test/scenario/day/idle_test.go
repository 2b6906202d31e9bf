package day_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// TestIdleDay: for 24 hours nothing happens but what always does: every node tells
// every five minutes that it is well, and the status of pods changes in ways that
// nobody mirrors. Not one request changes the account; it is read as often as it
// must be to find what people changed. Of Kubernetes only the Lease is written,
// and nothing is listed.
func TestIdleDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const nodes, pods = 40, 2000
		w := newWorld(t, lmsim.DefaultLimits())
		w.addNamespace(t, "shop")
		for i := range nodes {
			w.addNode(t, i)
		}
		for i := range pods {
			w.addPod(t, i, "one")
		}
		a := w.start(t, "one")
		defer a.stop(t)
		a.settle(t, time.Hour)
		if devices, _ := w.sim.Size(); devices != nodes+pods {
			t.Fatalf("devices: got %d, want %d", devices, nodes+pods)
		}
		time.Sleep(500 * time.Millisecond) // what Argus does on the second is then within the day or not
		a.log.take(messageAudited)
		w.kube.take()
		w.portal.take()
		for minute := range 24 * 60 {
			for i := range nodes {
				if (minute+i)%5 == 0 {
					w.beat(t, i)
				}
			}
			w.noise(t, minute*7%pods, minute)
			time.Sleep(time.Minute)
		}
		w.checkIdle(t, a.log.take(messageAudited), (nodes+pods+999)/1000)
	})
}

const messageAudited = "listed the account"

// checkIdle holds all requests of a day against what they must be.
func (w *world) checkIdle(t *testing.T, audits, pages int) {
	t.Helper()
	if audits < 21 || audits > 27 {
		t.Errorf("audits: got %d, want one an hour, more or less a tenth", audits)
	}
	want := map[string]int{
		// A page for each thousand resources.
		"GET /device/devices": audits * pages,
		// The account's own count of the cluster, with each audit; and the tree of
		// groups, once an hour: its head, and all below it.
		"GET /device/groups": audits + 2*24,
		// A look at the cluster group, for what people ask for.
		"GET /device/groups/{id}": 6 * 24,
	}
	if diff := cmp.Diff(want, w.portal.take()); diff != "" {
		t.Errorf("requests to the account, %d audits (-want +got):\n%s", audits, diff)
	}
	for call, n := range w.kube.take() {
		switch {
		case call == "update leases":
			if n != 24*60*60/5 {
				t.Errorf("renewals: got %d, want one every 5 seconds, %d", n, 24*60*60/5)
			}
		case call[:len("watch ")] == "watch ":
			// A watch is taken up again after two minutes, at the soonest one.
			if n > 24*60 {
				t.Errorf("%s: got %d, want one a minute at most", call, n)
			}
		default:
			t.Errorf("%s: got %d requests to the apiserver, want none", call, n)
		}
	}
}
