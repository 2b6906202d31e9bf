package resourcegroup

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// TestDiffPrunes_formerKinds: in the legacy layout the groups of namespaces that are
// gone go from below a kind that is switched off too. The group of the kind stays, is
// not made, and nothing else below it is touched.
func TestDiffPrunes_formerKinds(t *testing.T) {
	layout := Layout{
		Cluster: resource.Cluster{Name: "lab", UID: "u"}, Version: "1", Legacy: true,
		Kinds: []*kind.Kind{kind.Namespace, kind.Node}, Namespaces: []string{"shop"}, Roles: []string{},
	}
	want := Wanted(layout)
	ours := []resource.Property{{Name: PropCreatedBy, Value: "LogicMonitor/Argus: 1"}}
	tree := NewTree(&Observed{ID: 10, Parent: 1, Name: want.Name, AppliesTo: want.AppliesTo, Properties: append(ours, resource.Property{Name: PropClusterUID, Value: "u"})}, nil)
	id := resource.ID(10)
	put := func(parent resource.ID, name, appliesTo string, properties []resource.Property) resource.ID {
		id++
		tree.Put(Observed{ID: id, Parent: parent, Name: name, AppliesTo: appliesTo, DisableAlerting: name == nameDeleted, Properties: properties})
		return id
	}
	in := func(name string) string {
		return `hasCategory("KubernetesDeployment") && auto.namespace == "` + name + `" && auto.clustername == "lab"`
	}
	for _, g := range want.Children {
		at := put(10, g.Name, g.AppliesTo, ours)
		for _, below := range g.Children {
			put(at, below.Name, below.AppliesTo, ours)
		}
	}
	deployments := put(10, "Deployments", "", ours)
	gone := put(deployments, "gone", in("gone"), ours)
	put(deployments, "shop", in("shop"), ours)
	put(deployments, "favorites", "true()", nil)
	put(deployments, nameDeleted, `hasCategory("KubernetesDeploymentDeleted") && auto.clustername == "lab"`, ours)

	wanted := []Change{{
		Op: plan.Delete, Path: "Kubernetes Cluster: lab/Deployments/gone", ID: gone,
		Gone: resource.Key{Kind: "namespaces", Name: "gone"}, Reason: "nothing makes this group any more",
	}}
	if diff := cmp.Diff(wanted, Diff(want, tree)); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

// TestWanted_legacyKinds: in the legacy layout a kind that is switched off has no
// group, etcd as any other: taking over would make one. In the current layout its
// group is always there.
func TestWanted_legacyKinds(t *testing.T) {
	for name, tt := range map[string]struct {
		legacy bool
		kinds  []*kind.Kind
		want   bool
	}{
		"legacy, mirrored":      {true, []*kind.Kind{kind.Pod, kind.Etcd}, true},
		"legacy, switched off":  {true, []*kind.Kind{kind.Pod}, false},
		"current, mirrored":     {false, []*kind.Kind{kind.Pod, kind.Etcd}, true},
		"current, switched off": {false, []*kind.Kind{kind.Pod}, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := false
			for _, g := range flatten(Wanted(Layout{Cluster: resource.Cluster{Name: "lab", UID: "u"}, Legacy: tt.legacy, Kinds: tt.kinds})) {
				got = got || g.Name == "Etcd"
			}
			if got != tt.want {
				t.Errorf("group Etcd: got %t, want %t", got, tt.want)
			}
		})
	}
}
