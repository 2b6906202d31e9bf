package takeover

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lmsim/account"
	"github.com/argus-k8s/argus/internal/resource"
)

var (
	database   = resource.Key{Kind: "pods", Namespace: "shop", Name: "db-0"}
	deployment = resource.Key{Kind: "deployments", Namespace: "shop", Name: "web"}
	endpoints  = resource.Key{Kind: "endpoints", Namespace: "shop", Name: "web"}
)

// TestChanges: after taking over, the account follows the cluster, each change
// with one request, on the devices that were there.
func TestChanges(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		a := s.start(t)
		a.settle(t)
		s.commits()
		marked := s.marked(t)

		s.cluster.edit(deployment, func(o kind.Object) {
			labels := maps.Clone(o.GetLabels())
			labels["tier"] = "front"
			o.SetLabels(labels)
		})
		a.settle(t)
		s.want(t, "a label is new", "update device web-deploy-shop-lab")
		now := s.device(t, "web-deploy-shop-lab")
		if got := propertiesOf(now.Custom)["kubernetes.label.tier"]; got != "front" || now.ID != s.find(t, deployment).ID {
			t.Errorf("label and id: got %q, %d, want %q, %d", got, now.ID, "front", s.find(t, deployment).ID)
		}

		s.cluster.put("pods", &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "new", UID: "uid-of-new"},
			Spec:       corev1.PodSpec{NodeName: "node-1"}, Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.128.0.77"},
		})
		a.settle(t)
		s.want(t, "a pod is new", "create device new-pod-shop-lab")

		s.cluster.remove(database)
		a.settle(t)
		if s.soft() {
			s.want(t, "a pod is gone", "update device "+s.mark(t, database).DisplayName)
		} else {
			s.want(t, "a pod is gone", "delete device db-0-pod-shop-lab")
		}

		s.cluster.put("namespaces", &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "blog", UID: "uid-of-blog"}})
		a.settle(t)
		for _, c := range s.commits() {
			if !strings.HasPrefix(c, "create deviceGroup "+clusterGroup+"/") || !strings.Contains(c, "/blog") {
				t.Errorf("change for a new namespace: %s", c)
			}
		}
		if diff := cmp.Diff(marked, s.marked(t)); diff != "" {
			t.Errorf("devices that the first Argus marked deleted (-before +after):\n%s", diff)
		}
	})
}

// marked are the devices that the first Argus marked deleted, as they are now.
func (s *scene) marked(t *testing.T) (all []account.Device) {
	t.Helper()
	for _, d := range s.portal.Devices {
		if d.property(resource.PropDeletedOn) != "" {
			now, ok := s.sim.Device(d.ID)
			if !ok {
				t.Errorf("device %q, which the first Argus marked deleted, is gone", d.DisplayName)
			}
			all = append(all, now)
		}
	}
	return all
}

// mark returns the recorded device of an object as it is now, and complains
// unless it is marked as the first Argus would have marked it.
func (s *scene) mark(t *testing.T, key resource.Key) account.Device {
	t.Helper()
	old := s.find(t, key)
	now, _ := s.sim.Device(old.ID)
	k, _ := kind.ByID(key.Kind)
	category, properties := resource.Category(k.Title), propertiesOf(now.Custom)
	if !strings.HasPrefix(now.DisplayName, old.DisplayName+"-") || !strings.HasPrefix(now.Name, kind.DefaultName(key)+"-") || !now.DisableAlerting ||
		properties[resource.PropCategories] != category+","+category+resource.SuffixDeleted || properties[resource.PropDeletedOn] == "" {
		t.Errorf("mark of %s: got %+v", key, now)
	}
	return now
}

func (s *scene) want(t *testing.T, what string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.commits(), sorted); diff != "" {
		t.Errorf("%s: changes of the account (-want +got):\n%s", what, diff)
	}
}

// leaveMarks has the portal leave to Argus what is marked deleted.
func (s *scene) leaveMarks(t *testing.T) {
	t.Helper()
	w := s.sim.Switches()
	w.AutoRemove = false
	if err := s.sim.SetSwitches(w); err != nil {
		t.Fatal(err)
	}
}

// TestMarks: what the first Argus marked deleted stays for as long as somebody
// said, and for ever where nobody did: Argus 6 removed nothing itself.
func TestMarks(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		marks := s.marked(t)
		if len(marks) == 0 {
			return
		}
		s.config.Daemons.LMCacheSync.Interval = 24 * time.Hour
		s.leaveMarks(t)
		three := &account.DeviceInput{Custom: &[]account.Property{{Name: resource.PropDeleteAfter, Value: "P3D"}}}
		if err := s.sim.EditDevice(marks[0].ID, *three); err != nil {
			t.Fatal(err)
		}
		a := s.start(t)
		a.settle(t)
		s.commits()
		time.Sleep(2 * 24 * time.Hour)
		s.want(t, "two days")
		time.Sleep(2 * 24 * time.Hour)
		s.want(t, "four days, and one says three", "delete device "+marks[0].DisplayName)
		time.Sleep(5 * 24 * time.Hour)
		s.want(t, "nine days")
		time.Sleep(3 * 24 * time.Hour)
		if s.config.GlobalDeleteAfterDuration > 365*24*time.Hour {
			s.want(t, "twelve days, of which nobody said a word")
			return
		}
		var want []string
		for _, d := range marks[1:] {
			want = append(want, "delete device "+d.DisplayName)
		}
		if diff := cmp.Diff(want, s.commits(), sorted); diff != "" {
			t.Errorf("after the ten days that the chart's file says (-want +got):\n%s", diff)
		}
	})
}
