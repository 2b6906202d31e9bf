package takeover

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// sorted compares lists without their order.
var sorted = cmpopts.SortSlices(func(a, b string) bool { return a < b })

// TestGhosts: devices whose objects went while nobody looked are told of by a
// plan, and removed once the apiserver says of each that it is gone.
func TestGhosts(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		s.cluster.remove(database)
		s.cluster.remove(endpoints)
		s.cluster.hide(endpoints, true)

		gone := "the object no longer exists"
		planned := s.plan(t)
		planned.check(t, s, map[resource.Key]string{
			database:  fmt.Sprintf("%s resource %d: %s", s.removal(), s.find(t, database).ID, gone),
			endpoints: "wait: the apiserver does not answer",
		})
		if got := s.commits(); len(got) > 0 {
			t.Errorf("changes by a plan: got %q, want none", got)
		}

		a := s.start(t)
		time.Sleep(time.Hour)
		s.want(t, "one is proven to be gone, of one nobody knows", s.taking(s.removed(t, database))...)

		s.cluster.hide(endpoints, false)
		a.settle(t)
		s.want(t, "the other is proven to be gone", s.removed(t, endpoints))
	})
}

// removal is how a plan draws what happens to a device whose object is gone.
func (s *scene) removal() string {
	if s.soft() {
		return "update"
	}
	return "delete"
}

// removed is the change that removes the device of an object.
func (s *scene) removed(t *testing.T, key resource.Key) string {
	t.Helper()
	if s.soft() {
		return "update device " + s.mark(t, key).DisplayName
	}
	return "delete device " + s.find(t, key).DisplayName
}

// taking are the changes of taking over with those of a test among them.
func (s *scene) taking(changes ...string) []string {
	all := append(changes, "update deviceGroup "+clusterGroup)
	return slices.Concat(s.missed(), all)
}

// TestDuplicates: of several devices for one object the oldest stays, whichever has
// the right display name, and the others are told of and go.
func TestDuplicates(t *testing.T) {
	tests := map[string]struct {
		key    resource.Key
		suffix string
		older  bool // the second one is the older
	}{
		"the second was renamed":              {deployment, "-dupl", false},
		"the first was renamed":               {deployment, "-dupl", true},
		"the second has a number":             {database, "-3141592653", false},
		"the second was renamed by a person":  {endpoints, " (old)", false},
		"both were made in the same second":   {deployment, "-1", false},
		"the second of a pod, by its address": {database, "-dupl", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			eachGolden(t, func(t *testing.T, s *scene) {
				first := s.find(t, test.key)
				second := *first
				second.CustomProperties = slices.Clone(first.CustomProperties)
				second.ID, second.DisplayName = 1000, first.DisplayName+test.suffix
				switch {
				case strings.HasPrefix(name, "both"):
				case test.older:
					second.CreatedOn -= 3600
				default:
					second.CreatedOn += 3600
				}
				stays, goes := first.ID, second.ID
				if test.older {
					stays, goes = goes, stays
				}
				firstName, secondName := first.DisplayName, second.DisplayName
				s.portal.Devices = append(s.portal.Devices, second)
				s.load(t)

				reason := fmt.Sprintf("a duplicate of resource %d", stays)
				s.plan(t).check(t, s, map[resource.Key]string{test.key: fmt.Sprintf("%s resource %d: %s", s.removal(), goes, reason)})

				a := s.start(t)
				a.settle(t)
				if got := len(s.commits()); got != len(s.missed())+2 {
					t.Errorf("changes: got %d, want the removal, the group, and %q", got, s.missed())
				}
				if d, ok := s.sim.Device(stays); !ok || d.DisableAlerting || d.DisplayName != firstName && d.DisplayName != secondName {
					t.Errorf("the oldest: got %v, %+v, want it untouched", ok, d)
				}
				if d, ok := s.sim.Device(goes); ok != s.soft() || ok && !d.DisableAlerting {
					t.Errorf("the other: got %v, %+v, want it removed", ok, d)
				}
				time.Sleep(3 * time.Hour)
				s.want(t, "three quiet hours")
			})
		})
	}
}

// TestRecreated: an object that was created again while nobody looked gets a new
// device, as it did.
func TestRecreated(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		s.cluster.edit(deployment, func(o kind.Object) { o.SetUID("another") })
		a := s.start(t)
		a.settle(t)
		s.want(t, "taking over", s.taking(s.removed(t, deployment), "create device "+s.find(t, deployment).DisplayName)...)
	})
}

// TestDrift: what the first Argus did not follow, and the default name that it gave
// to a pod now and then, are set right once.
func TestDrift(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		d := s.find(t, database)
		address, properties := d.Name, len(d.CustomProperties)
		d.Name = kind.DefaultName(database)
		d.set("kubernetes.label.former", "x")
		d.set("kubernetes.annotation.example.com/former", "x")
		s.load(t)
		s.plan(t).check(t, s, map[resource.Key]string{
			database: fmt.Sprintf("update resource %d: the object changed, or somebody changed its resource", d.ID),
		})
		a := s.start(t)
		a.settle(t)
		for _, c := range s.commits() {
			if !slices.Contains(s.taking("update device "+d.DisplayName), c) {
				t.Errorf("change of the account: %s", c)
			}
		}
		if now, _ := s.sim.Device(d.ID); now.Name != address || len(now.Custom) != properties {
			t.Errorf("name and number of properties: got %q, %d, want %q, %d", now.Name, len(now.Custom), address, properties)
		}
		time.Sleep(3 * time.Hour)
		s.want(t, "three quiet hours")
	})
}
