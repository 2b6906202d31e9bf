package chaos_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/argus-k8s/argus/test/chaos/proxy"
)

// exchanged are the requests that a kill can come between with an effect: all to
// the account, and the fresh reads. The questions of a start, about what is served
// and permitted, and the watches come before all of them.
func exchanged(r proxy.Request) bool {
	return r.Side == proxy.SideLogicMonitor || r.Verb == "get" && r.Name != ""
}

// killed is a scenario of one kill at the k-th request.
func killed(k int, after bool) scenario {
	order, name := "proc killBefore(%d)", fmt.Sprintf("killed before request %d", k)
	if after {
		order, name = "proc killAfter(%d)", fmt.Sprintf("killed after request %d took effect", k)
	}
	return scenario{class: "F2", name: name, counted: exchanged, orders: orders{atStart: {fmt.Sprintf(order, k)}}}
}

// someKills are those of the fast part: while groups are made, while resources are
// created, and later.
func someKills() []scenario {
	return []scenario{killed(2, true), killed(19, false), killed(35, false), killed(61, false), killed(84, true)}
}

// killEverywhere kills Argus at every request, before it takes effect and after,
// until the end of the cluster's life or of the budget, and starts it again.
func killEverywhere(t *testing.T) {
	t.Helper()
	const each = together / 2
	for k := 1; ; k += each {
		if results.left() <= 0 {
			results.add("F2", fmt.Sprintf("killed at requests from %d on", k), skipped, 0)
			return
		}
		var batch []scenario
		for i := range each {
			batch = append(batch, killed(k+i, false), killed(k+i, true))
		}
		began := time.Now()
		kills, ok := runKills(t, batch)
		if kills > 0 || !ok {
			results.add("F2", fmt.Sprintf("killed before and after requests %d to %d", k, k+each-1), outcome(!ok), time.Since(began))
		}
		if kills == 0 || !ok {
			return
		}
	}
}

// runKills runs kills side by side and says how many there were: a life may end
// before the k-th request.
func runKills(t *testing.T, batch []scenario) (kills int, ok bool) {
	t.Helper()
	ok = t.Run("together", func(t *testing.T) {
		r := begin(t, batch)
		r.live()
		r.recover()
		for i, s := range batch {
			if r.subjects[i].killedAt == (proxy.Request{}) {
				continue
			}
			kills++
			t.Run(s.name, func(t *testing.T) { r.verdict(t, i) })
		}
	})
	return kills, ok
}
