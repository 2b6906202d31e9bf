package resourcecache_test

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcecache"
)

func pod(name string) resource.Key { return resource.Key{Kind: "pods", Namespace: "shop", Name: name} }

// live is a resource as the account lists it.
func live(id resource.ID, key resource.Key, uid resource.UID) *resource.Observed {
	return &resource.Observed{
		ID: id, Key: key, UID: uid, Name: "10.0.0.1", DisplayName: "display of " + key.Name, CreatedOn: int64(id),
		Properties: []resource.Property{{Name: resource.PropUID, Value: string(uid)}},
	}
}

// list fills the cache with one complete listing.
func list(c *resourcecache.Cache, all ...*resource.Observed) {
	l := c.Begin()
	for _, o := range all {
		l.Add(o)
	}
	l.Complete()
}

// settle ends a decision on a key that nothing came between.
func settle(c *resourcecache.Cache, key resource.Key, known []plan.Known, doubt string) {
	was, _ := c.Known(key)
	c.Settle(key, was, known, doubt)
}

// shown is what a test says of the resources of a key.
type shown struct {
	ID       resource.ID
	UID      resource.UID
	Unlisted bool
}

func show(c *resourcecache.Cache, key resource.Key) []shown {
	known, _ := c.Known(key)
	var all []shown
	for _, k := range known {
		all = append(all, shown{k.ID, k.UID, k.Unlisted})
	}
	slices.SortFunc(all, func(a, b shown) int { return int(a.ID - b.ID) })
	return all
}

func expect(t *testing.T, c *resourcecache.Cache, key resource.Key, want ...shown) {
	t.Helper()
	if diff := cmp.Diff(want, show(c, key), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("resources of %s (-want +got):\n%s", key, diff)
	}
}

func TestCache_KnowsNothingBeforeItIsListed(t *testing.T) {
	c := resourcecache.New(plan.Policy{})
	l := c.Begin()
	l.Add(live(1, pod("a"), "u"))
	expect(t, c, pod("a"))
	if c.Loaded() {
		t.Errorf("Loaded: got true while the first listing runs")
	}
	l.Complete()
	expect(t, c, pod("a"), shown{ID: 1, UID: "u"})
	if !c.Loaded() {
		t.Errorf("Loaded: got false after a complete listing")
	}
}

// TestCache_Listing: what a complete listing says counts, and what it does not
// say is doubted and never dropped.
func TestCache_Listing(t *testing.T) {
	c := resourcecache.New(plan.Policy{})
	list(c, live(1, pod("stays"), "u1"), live(2, pod("missed"), "u2"), live(3, pod("replaced"), "u3"))
	list(c, live(1, pod("stays"), "u1-again"), live(4, pod("replaced"), "u4"), live(5, pod("new"), "u5"))
	expect(t, c, pod("stays"), shown{ID: 1, UID: "u1-again"})
	expect(t, c, pod("missed"), shown{2, "u2", true})
	expect(t, c, pod("replaced"), shown{3, "u3", true}, shown{ID: 4, UID: "u4"})
	expect(t, c, pod("new"), shown{ID: 5, UID: "u5"})

	list(c, live(2, pod("missed"), "u2"))
	expect(t, c, pod("missed"), shown{ID: 2, UID: "u2"})
	expect(t, c, pod("stays"), shown{1, "u1-again", true})
}

func TestCache_AbortedListingChangesNothing(t *testing.T) {
	c := resourcecache.New(plan.Policy{Retention: plan.Retention{After: time.Hour}})
	list(c, live(1, pod("a"), "u1"))
	l := c.Begin()
	l.Add(live(7, pod("a"), "u7"))
	l.Add(live(8, pod("b"), "u8"))
	l.Add(buried(9, 0))
	l.Abort()
	expect(t, c, pod("a"), shown{ID: 1, UID: "u1"})
	expect(t, c, pod("b"))
	if got := c.Marked(); got != 0 {
		t.Errorf("marked deleted: got %d, want 0", got)
	}

	fresh := resourcecache.New(plan.Policy{})
	fresh.Begin().Abort()
	if fresh.Loaded() {
		t.Errorf("Loaded: got true after a listing that was aborted")
	}
}

// TestCache_ResultsAreYounger: what was learned by a change while a listing runs
// is younger than what the listing says of that key, whatever the order.
func TestCache_ResultsAreYounger(t *testing.T) {
	for _, when := range []string{"before the listing comes to it", "after the listing came to it"} {
		t.Run(when, func(t *testing.T) {
			c := resourcecache.New(plan.Policy{})
			list(c, live(1, pod("deleted"), "u1"), live(2, pod("changed"), "u2"))
			l := c.Begin()
			old := func() {
				l.Add(live(1, pod("deleted"), "u1"))
				l.Add(live(2, pod("changed"), "u2"))
			}
			if when == "after the listing came to it" {
				old()
			}
			settle(c, pod("deleted"), nil, "")
			settle(c, pod("changed"), []plan.Known{{ID: 3, UID: "u3"}}, "")
			settle(c, pod("created"), []plan.Known{{ID: 4, UID: "u4"}}, "")
			if when == "before the listing comes to it" {
				old()
			}
			l.Complete()
			expect(t, c, pod("deleted"))
			expect(t, c, pod("changed"), shown{ID: 3, UID: "u3"})
			expect(t, c, pod("created"), shown{ID: 4, UID: "u4"})

			list(c, live(9, pod("changed"), "u9"))
			expect(t, c, pod("created"), shown{4, "u4", true})
		})
	}
}

// TestCache_NoResultIsNotYounger: work on a key that came to nothing, such as a
// create that was put off or not answered, must not hide what a listing found meanwhile. One that
// was undone is a result all the same.
func TestCache_NoResultIsNotYounger(t *testing.T) {
	c := resourcecache.New(plan.Policy{})
	list(c, live(1, pod("same"), "u1"))
	l := c.Begin()
	settle(c, pod("unknown"), nil, "")
	known, _ := c.Known(pod("same"))
	settle(c, pod("same"), known, "")
	settle(c, pod("undone"), []plan.Known{{ID: 3, UID: "u3"}}, "")
	settle(c, pod("undone"), nil, "")
	settle(c, pod("doubted"), nil, "its display name")
	l.Add(live(1, pod("same"), "u1-now"))
	l.Add(live(2, pod("unknown"), "u2"))
	l.Add(live(3, pod("undone"), "u3"))
	l.Add(live(4, pod("doubted"), "u4"))
	l.Complete()
	expect(t, c, pod("same"), shown{ID: 1, UID: "u1-now"})
	expect(t, c, pod("unknown"), shown{ID: 2, UID: "u2"})
	expect(t, c, pod("undone"))
	expect(t, c, pod("doubted"), shown{ID: 4, UID: "u4"})

	l = c.Begin()
	settle(c, pod("same"), nil, "") // its resource is gone, and somebody made another
	l.Add(live(1, pod("same"), "u1"))
	l.Add(live(5, pod("same"), "u5"))
	l.Complete()
	expect(t, c, pod("same"), shown{ID: 5, UID: "u5"})
}

// TestCache_ListedMeanwhile: a listing that ends while a key is decided on is not
// undone by the outcome, which knows nothing of it; what the decision changed is
// the decision's.
func TestCache_ListedMeanwhile(t *testing.T) {
	c := resourcecache.New(plan.Policy{})
	list(c, live(1, pod("a"), "u1"), live(2, pod("a"), "u2"), live(3, pod("a"), "u3"))
	was, _ := c.Known(pod("a"))
	outcome := []plan.Known{was[0], {ID: 2, UID: "u2-decided"}} // one was looked at, one written, one removed
	list(c, live(1, pod("a"), "u1-listed"), live(2, pod("a"), "u2-listed"), live(3, pod("a"), "u3"), live(4, pod("a"), "u4"), live(5, pod("b"), "u5"))
	c.Settle(pod("a"), was, outcome, "")
	expect(t, c, pod("a"), shown{ID: 1, UID: "u1-listed"}, shown{ID: 2, UID: "u2-decided"}, shown{ID: 4, UID: "u4"})
	c.Settle(pod("b"), nil, nil, "") // a create that was put off
	expect(t, c, pod("b"), shown{ID: 5, UID: "u5"})
	c.Settle(pod("b"), nil, []plan.Known{{ID: 6, UID: "u6"}}, "")
	expect(t, c, pod("b"), shown{ID: 5, UID: "u5"}, shown{ID: 6, UID: "u6"})
	if got := c.Counts()["pods"]; got != 5 {
		t.Errorf("count: got %d, want 5", got)
	}
}

// TestCache_ResultsOfAnAbortedListing: a result is younger than the listing it
// fell into, and not than the next one.
func TestCache_ResultsOfAnAbortedListing(t *testing.T) {
	c := resourcecache.New(plan.Policy{})
	l := c.Begin()
	settle(c, pod("a"), []plan.Known{{ID: 1, UID: "u1"}}, "")
	l.Abort()
	list(c, live(1, pod("a"), "u1-now"))
	expect(t, c, pod("a"), shown{ID: 1, UID: "u1-now"})
}

func TestCache_SeveralResourcesOfAKey(t *testing.T) {
	c := resourcecache.New(plan.Policy{})
	// A list that shifts while it is paged shows some resources twice.
	list(c, live(3, pod("a"), "u3"), live(1, pod("a"), "u1"), live(3, pod("a"), "u3"), live(2, pod("b"), "u2"), live(2, pod("b"), "u2"))
	expect(t, c, pod("a"), shown{ID: 1, UID: "u1"}, shown{ID: 3, UID: "u3"})
	expect(t, c, pod("b"), shown{ID: 2, UID: "u2"})
	if got := c.Counts()["pods"]; got != 3 {
		t.Errorf("count: got %d, want 3", got)
	}
	if got := len(c.Keys("")); got != 2 {
		t.Errorf("keys: got %d, want each once, 2", got)
	}
	settle(c, pod("a"), []plan.Known{{ID: 1, UID: "u1"}}, "")
	expect(t, c, pod("a"), shown{ID: 1, UID: "u1"})
	if got := c.Counts()["pods"]; got != 2 {
		t.Errorf("count after one went: got %d, want 2", got)
	}
}

// TestCache_KeepsWhatWasWritten: an account that changes what is written would
// otherwise be written to after every listing.
func TestCache_KeepsWhatWasWritten(t *testing.T) {
	c := resourcecache.New(plan.Policy{})
	settle(c, pod("a"), []plan.Known{{ID: 1, UID: "u1", Visible: 5, Wrote: 6, After: 7}}, "")
	seen := live(1, pod("a"), "u1")
	list(c, seen, live(2, pod("a"), "u2"))
	known, _ := c.Known(pod("a"))
	slices.SortFunc(known, func(a, b plan.Known) int { return int(a.ID - b.ID) })
	visible := seen.Fingerprint(resource.Ownership{}).Visible
	want := []plan.Known{
		{ID: 1, UID: "u1", CreatedOn: 1, Visible: visible, Wrote: 6, After: 7},
		{ID: 2, UID: "u2", CreatedOn: 2, Visible: live(2, pod("a"), "u2").Fingerprint(resource.Ownership{}).Visible},
	}
	if diff := cmp.Diff(want, known); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
}

func TestCache_KeepsAllOfWhatIsKnown(t *testing.T) {
	c := resourcecache.New(plan.Policy{})
	want := []plan.Known{{ID: 1, UID: "u", CreatedOn: 2, Visible: 3, Wrote: 4, After: 5, Misnamed: true, Unlisted: true}}
	settle(c, pod("a"), want, "")
	got, _ := c.Known(pod("a"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
}

func TestCache_Misnamed(t *testing.T) {
	c := resourcecache.New(plan.Policy{DisplayName: func(key resource.Key) string { return "display of " + key.Name }})
	other := live(2, pod("b"), "u")
	other.DisplayName = "what a person calls it"
	list(c, live(1, pod("a"), "u"), other)
	for name, want := range map[string]bool{"a": false, "b": true} {
		if known, _ := c.Known(pod(name)); len(known) != 1 || known[0].Misnamed != want {
			t.Errorf("%s: got %+v, want one with Misnamed %v", name, known, want)
		}
	}
}

// TestCache_Doubts: a create that may have happened is remembered until somebody
// has looked, whatever is listed in between.
func TestCache_Doubts(t *testing.T) {
	c := resourcecache.New(plan.Policy{})
	settle(c, pod("a"), nil, "display of a")
	list(c)
	if _, doubt := c.Known(pod("a")); doubt != "display of a" {
		t.Errorf("doubt after a listing: got %q, want %q", doubt, "display of a")
	}
	node := resource.Key{Kind: "nodes", Name: "n"}
	settle(c, node, []plan.Known{{ID: 1}}, "display of n")
	for kind, want := range map[resource.Kind][]resource.Key{"pods": {pod("a")}, "nodes": {node}, "": {node, pod("a")}, "services": {}} {
		got := c.Keys(kind)
		slices.SortFunc(got, resource.Key.Compare)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("keys of %q (-want +got):\n%s", kind, diff)
		}
	}
	settle(c, pod("a"), nil, "")
	if _, doubt := c.Known(pod("a")); doubt != "" || len(c.Keys("pods")) != 0 {
		t.Errorf("after it was looked up: got doubt %q and %d keys, want none", doubt, len(c.Keys("pods")))
	}
}

func TestCache_CountsByKind(t *testing.T) {
	c := resourcecache.New(plan.Policy{})
	list(c, live(1, pod("a"), "u"), live(2, pod("b"), "u"), live(3, resource.Key{Kind: "nodes", Name: "n"}, "u"))
	list(c, live(1, pod("a"), "u")) // the others may be there still
	settle(c, pod("c"), []plan.Known{{ID: 4}}, "")
	settle(c, pod("b"), nil, "")
	settle(c, pod("b"), nil, "")
	counts := c.Counts()
	if diff := cmp.Diff(map[resource.Kind]int{"pods": 2, "nodes": 1}, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	counts["pods"] = 99
	if got := c.Counts()["pods"]; got != 2 {
		t.Errorf("the caller's copy is the cache's own: got %d, want 2", got)
	}
}

// buried is a resource that was marked deleted at a time, in seconds.
func buried(id resource.ID, at int64) *resource.Observed {
	o := live(id, pod("gone"), "u")
	o.Life = resource.Deleted
	o.Properties = append(o.Properties, resource.Property{Name: resource.PropDeletedOn, Value: strconv.FormatInt(at, 10)})
	return o
}

// TestCache_Graves: resources that are marked deleted are no key's, and are found
// again when their time is over.
func TestCache_Graves(t *testing.T) {
	c := resourcecache.New(plan.Policy{Retention: plan.Retention{After: time.Minute}})
	list(c, buried(3, 100), buried(2, 100), live(1, pod("a"), "u"))
	c.Bury(buried(5, 200))
	forever := buried(6, 0)
	forever.Properties = nil // nobody knows since when
	c.Bury(forever)
	expect(t, c, pod("gone"))
	if got := c.Marked(); got != 3 {
		t.Errorf("marked deleted: got %d, want 3", got)
	}
	for at, want := range map[int64][]resource.ID{159: nil, 160: {2, 3}, 260: {2, 3, 5}} {
		if diff := cmp.Diff(want, c.Due(time.Unix(at, 0))); diff != "" {
			t.Errorf("due at %d (-want +got):\n%s", at, diff)
		}
	}
	list(c, buried(2, 300)) // a listing that missed two; one was marked anew
	if diff := cmp.Diff([]resource.ID{3, 5}, c.Due(time.Unix(260, 0))); diff != "" {
		t.Errorf("due after a listing (-want +got):\n%s", diff)
	}
	c.Forget(3)
	if diff := cmp.Diff([]resource.ID{2, 5}, c.Due(time.Unix(360, 0))); diff != "" {
		t.Errorf("due after one was forgotten (-want +got):\n%s", diff)
	}
}

// TestCache_IsAMap compares the cache with the simplest thing that remembers the
// same, over random listings and results.
func TestCache_IsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := resourcecache.New(plan.Policy{})
		model := map[resource.Key]map[resource.ID]bool{} // number → unlisted
		listed := map[resource.Key]map[resource.ID]bool{}
		settled := map[resource.Key]map[resource.ID]bool{}
		result := func(key resource.Key, known []plan.Known) {
			before, _ := c.Known(key)
			settle(c, key, known, "")
			if settled[key] == nil {
				settled[key] = map[resource.ID]bool{}
			}
			for _, k := range append(slices.Clone(before), known...) {
				if !slices.Contains(before, k) || !slices.Contains(known, k) {
					settled[key][k.ID] = true
				}
			}
			model[key] = map[resource.ID]bool{}
			for _, k := range known {
				model[key][k.ID] = k.Unlisted
			}
		}
		var l *resourcecache.Listing
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			key := pod(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key"))
			id := resource.ID(rapid.IntRange(1, 3).Draw(t, "id"))
			switch do := rapid.IntRange(0, 3).Draw(t, "do"); {
			case l == nil && do == 0:
				l = c.Begin()
				clear(listed)
				clear(settled)
			case l != nil && do == 0:
				l.Complete()
				l = nil
				complete(model, listed, settled)
			case l != nil && do == 1:
				l.Add(live(id, key, "u"))
				if listed[key] == nil {
					listed[key] = map[resource.ID]bool{}
				}
				listed[key][id] = false
			case do == 2:
				result(key, []plan.Known{{ID: id}})
			case do == 3:
				result(key, nil)
			}
		}
		count := 0
		for _, name := range []string{"a", "b", "c"} {
			got := map[resource.ID]bool{}
			for _, s := range show(c, pod(name)) {
				got[s.ID] = s.Unlisted
			}
			if diff := cmp.Diff(model[pod(name)], got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", name, diff)
			}
			count += len(got)
		}
		if got := c.Counts()["pods"]; got != count {
			t.Fatalf("count: got %d, want %d", got, count)
		}
	})
}

func complete(model, listed, settled map[resource.Key]map[resource.ID]bool) {
	for key, ids := range listed {
		if model[key] == nil {
			model[key] = map[resource.ID]bool{}
		}
		for id := range ids {
			if !settled[key][id] {
				model[key][id] = false
			}
		}
	}
	for key, ids := range model {
		for id := range ids {
			if _, ok := listed[key][id]; !ok && !settled[key][id] {
				ids[id] = true
			}
		}
	}
}

// TestCache_Concurrent is for the race detector, and that no result is lost.
func TestCache_Concurrent(t *testing.T) {
	c := resourcecache.New(plan.Policy{Retention: plan.Retention{After: time.Minute}})
	const workers, keys = 4, 200
	var work sync.WaitGroup
	for w := range workers {
		work.Go(func() {
			for i := range keys {
				key := pod(fmt.Sprintf("%d-%d", w, i))
				settle(c, key, []plan.Known{{ID: resource.ID(w*keys + i + 1)}}, "")
				c.Known(key)
				c.Counts()
				c.Bury(buried(resource.ID(i+1), 0))
				c.Due(time.Unix(1, 0))
				c.Marked()
				c.Loaded()
				c.Forget(resource.ID(i + 1))
			}
		})
	}
	work.Go(func() {
		for i := range 20 {
			l := c.Begin()
			l.Add(live(1, pod("0-0"), "u"))
			c.Keys("")
			if i%3 == 0 {
				l.Abort()
			} else {
				l.Complete()
			}
		}
	})
	work.Wait()
	if got := len(c.Keys("pods")); got != workers*keys {
		t.Errorf("keys: got %d, want %d", got, workers*keys)
	}
	if got := c.Counts()["pods"]; got != workers*keys {
		t.Errorf("count: got %d, want %d", got, workers*keys)
	}
}

// heap is what is in use after everything else was thrown away.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkCache_Memory measures what the cache holds for each of 100,000 keys,
// their names and UIDs among it.
func BenchmarkCache_Memory(b *testing.B) {
	const keys = 100_000
	var perKey float64
	for b.Loop() {
		before := heap()
		c := resourcecache.New(plan.Policy{})
		fill(c, keys)
		perKey = float64(heap()-before) / keys
		runtime.KeepAlive(c)
	}
	b.ReportMetric(perKey, "bytes/key")
}

// fill lists n resources into a cache, and keeps nothing of them.
func fill(c *resourcecache.Cache, n int) {
	l := c.Begin()
	for i := range n {
		l.Add(live(resource.ID(i+1), pod(fmt.Sprintf("checkout-7d9c5b6f4d-%05d", i)), resource.UID(fmt.Sprintf("00000000-0000-0000-0000-%012d", i))))
	}
	l.Complete()
}
