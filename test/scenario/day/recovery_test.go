package day_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var seeds = flag.Uint64("seeds", 1, "how many random runs of each trouble")

// TestRecovery: half an hour of each trouble, with pods that come, go and change
// all the while. Then nothing changes any more, and the account equals the cluster
// within the bound: what the limits allow of the work that was left, one audit, and
// two minutes. It then stays so.
func TestRecovery(t *testing.T) {
	t.Parallel()
	for _, x := range troubles() {
		for seed := range *seeds {
			t.Run(fmt.Sprintf("%s %s, seed %d", x.class, x.name, seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { recovery(t, x, seed) })
			})
		}
	}
}

func recovery(t *testing.T, x trouble, seed uint64) {
	t.Helper()
	w, c, before := populated(t, seed, 100)
	a := w.start(t, "replica-0")
	a.settle(t, time.Hour)
	calm := x.start(t, w)
	for range 30 {
		c.turn(t)
		time.Sleep(time.Minute)
	}
	calm()
	a = w.revive(t, a)
	defer func() { a.stop(t) }()
	left := w.left(t, c)
	took, limit := w.follow(t, c, left)
	t.Logf("%-4s %-35s %3d changes left; the account was equal after %8v, %.2f of the bound of %v", x.class, x.name, left.sum(), took, took.Seconds()/limit.Seconds(), limit)
	time.Sleep(3 * time.Hour)
	if diff := cmp.Diff(c.want(), w.holds(t)); diff != "" {
		t.Errorf("three hours later (-want +got):\n%s", diff)
	}
	c.check(t)
	if diff := cmp.Diff(before, w.foreign(t)); diff != "" {
		t.Errorf("what is somebody else's (-before +after):\n%s", diff)
	}
}

// revive starts a replica again that has ended, as one does that cannot renew its
// Lease, and a kubelet with it.
func (w *world) revive(t *testing.T, a *argus) *argus {
	t.Helper()
	select {
	case err := <-a.done:
		t.Logf("argus had ended: %v", err)
		return w.start(t, "replica-1")
	default:
		return a
	}
}

// work is how many requests of each method an account needs to equal its cluster.
type work map[string]int

func (x work) sum() (n int) {
	for _, k := range x {
		n += k
	}
	return n
}

// left is the work that there is. A pod that was made again shows as its address and
// label do; its UID is not compared, so that there may be a little more.
func (w *world) left(t *testing.T, c *churn) work {
	t.Helper()
	want, have := c.want(), w.holds(t)
	x := work{}
	for name, value := range want {
		switch got, ok := have[name]; {
		case !ok:
			x["POST"]++
		case got != value:
			x["PATCH"]++
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			x["DELETE"]++
		}
	}
	return x
}

// bound is how long that work may take: the limits that there are, of which a share
// is used, one audit, and two minutes for what waits before it tries again.
func (w *world) bound(x work) time.Duration {
	const share, audit, slack = 0.8, time.Hour + time.Hour/10, 2 * time.Minute
	limits := w.sim.Limits()
	var longest time.Duration
	for method, n := range x {
		windows := (float64(n) + share*float64(limits.Methods[method]) - 1) / (share * float64(limits.Methods[method]))
		longest = max(longest, time.Duration(int(windows))*time.Duration(limits.Window)*time.Second)
	}
	return longest + audit + slack
}

// follow waits until the account equals the cluster, and fails when that takes more
// than the bound and a tenth.
func (w *world) follow(t *testing.T, c *churn, left work) (took, limit time.Duration) {
	t.Helper()
	began, want := time.Now(), c.want()
	limit = w.bound(left)
	for !maps.Equal(want, w.holds(t)) {
		if took = time.Since(began); took > limit+limit/10 {
			t.Fatalf("%v after the trouble, %v over the bound, with %d changes left then (-want +got):\n%s",
				took, took-limit, left.sum(), cmp.Diff(want, w.holds(t)))
		}
		time.Sleep(10 * time.Second)
	}
	return time.Since(began), limit
}

// TestTroubles_haveNamesOfTheirOwn: begin finds each.
func TestTroubles_haveNamesOfTheirOwn(t *testing.T) {
	var names []string
	for _, x := range troubles() {
		if slices.Contains(names, x.name) {
			t.Errorf("two troubles are called %q", x.name)
		}
		names = append(names, x.name)
	}
}
