package resourcegroup

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// golden is what the first Argus made of a small cluster.
type golden struct {
	Config struct {
		NewTree   bool  `json:"new_tree"`
		Delete    *bool `json:"delete"`
		NSDeleted bool  `json:"ns_deleted"`
	} `json:"config"`
	Objects struct {
		Namespaces []struct {
			Metadata struct{ Name string } `json:"metadata"`
		} `json:"namespaces"`
		Nodes []struct {
			Metadata struct{ Labels map[string]string } `json:"metadata"`
		} `json:"nodes"`
	} `json:"objects"`
	Portal struct {
		Groups []struct {
			ID, ParentID     resource.ID
			Name, AppliesTo  string
			FullPath         string
			DisableAlerting  bool
			CustomProperties []resource.Property
		} `json:"groups"`
	} `json:"portal"`
}

func readGolden(t *testing.T, file string) golden {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *golden) layout() Layout {
	l := Layout{
		Cluster: resource.Cluster{Name: "lab", UID: "uid-of-kube-system"}, Version: "test", Legacy: !g.Config.NewTree,
		MarkDeleted: g.Config.Delete != nil && !*g.Config.Delete, NamespaceDeleted: g.Config.NSDeleted,
		ClusterProperties: []Property{{Name: "lab.prop", Value: "1", Override: true}},
		KindProperties:    map[resource.Kind][]Property{"nodes": {{Name: "lab.nodes", Value: "1", Override: true}}},
		Namespaces:        []string{}, Roles: []string{},
	}
	for _, k := range kind.All {
		// The kinds that version knew; ConfigMaps were always off in it.
		if first[k.ID] && k.ID != "configmaps" || k.GroupsOnly {
			l.Kinds = append(l.Kinds, k)
		}
	}
	for _, ns := range g.Objects.Namespaces {
		l.Namespaces = append(l.Namespaces, ns.Metadata.Name)
	}
	for _, n := range g.Objects.Nodes {
		for label := range n.Metadata.Labels {
			if role, ok := strings.CutPrefix(label, "node-role.kubernetes.io/"); ok {
				l.Roles = append(l.Roles, role)
			}
		}
	}
	return l
}

func (g *golden) tree() *Tree {
	var root *Observed
	var below []Observed
	for _, x := range g.Portal.Groups {
		o := Observed{ID: x.ID, Parent: x.ParentID, Name: x.Name, AppliesTo: x.AppliesTo, DisableAlerting: x.DisableAlerting, Properties: x.CustomProperties}
		switch {
		case x.ID == 1:
		case x.ParentID == 1:
			root = &o
		default:
			below = append(below, o)
		}
	}
	return NewTree(root, below)
}

// TestWantedIsTheFirstTree holds the tree against accounts that the first Argus
// filled: every group, every text, to the letter, in both layouts.
func TestWantedIsTheFirstTree(t *testing.T) {
	for _, file := range goldenFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			g := readGolden(t, file)
			type row struct {
				AppliesTo       string
				DisableAlerting bool
			}
			want, got := map[string]row{}, map[string]row{}
			for _, x := range g.Portal.Groups {
				if x.ID != 1 {
					want[x.FullPath] = row{x.AppliesTo, x.DisableAlerting}
				}
			}
			var walk func(g *Group, path string)
			walk = func(g *Group, path string) {
				got[path] = row{g.AppliesTo, g.DisableAlerting}
				for _, c := range g.Children {
					walk(c, path+"/"+c.Name)
				}
			}
			root := Wanted(g.layout())
			walk(root, root.Name)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("tree (-first Argus +ours):\n%s", diff)
			}
		})
	}
}

// TestDiffTakesOver: on an account of the first Argus the only change is the mark
// that says which cluster it is.
func TestDiffTakesOver(t *testing.T) {
	for _, file := range goldenFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			g := readGolden(t, file)
			have := g.tree()
			got := Diff(Wanted(g.layout()), have)
			want := []Change{{
				Op: plan.Update, Path: "Kubernetes Cluster: lab", ID: have.Root.ID,
				Patch:  Patch{Set: []resource.Property{{Name: PropClusterUID, Value: "uid-of-kube-system"}}},
				Reason: "property " + PropClusterUID + " differs",
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func goldenFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../test/golden/*.json")
	if err != nil || len(files) < 6 {
		t.Fatalf("golden files: got %v (%v), want at least 6", files, err)
	}
	return files
}

// TestDiffPrunes: a group goes only if it is exactly as ours would be, below it
// there is nothing but ours, and its object is named for the proof.
func TestDiffPrunes(t *testing.T) {
	layout := Layout{Cluster: resource.Cluster{Name: "lab", UID: "u"}, Version: "1", Kinds: kind.All, Namespaces: []string{"shop"}, Roles: []string{}}
	made := func() (*Tree, resource.ID, resource.ID) {
		tree := NewTree(nil, nil)
		var id resource.ID = 10
		var build func(g *Group, parent resource.ID)
		build = func(g *Group, parent resource.ID) {
			id++
			o := Observed{ID: id, Parent: parent, Name: g.Name, AppliesTo: g.AppliesTo, DisableAlerting: g.DisableAlerting}
			for _, p := range g.Properties {
				o.Properties = append(o.Properties, resource.Property{Name: p.Name, Value: p.Value})
			}
			if tree.Root == nil {
				tree.Root = &o
			} else {
				tree.Put(o)
			}
			for _, c := range g.Children {
				build(c, o.ID)
			}
		}
		build(Wanted(layout), 1)
		return tree, tree.child(tree.Root.ID, nameSpaces).ID, tree.child(tree.Root.ID, nameNodes).ID
	}
	old := func(parent resource.ID, id resource.ID, name, appliesTo string) Observed {
		return Observed{ID: id, Parent: parent, Name: name, AppliesTo: appliesTo,
			Properties: []resource.Property{{Name: PropCreatedBy, Value: "LogicMonitor/Argus: v6.1.1"}}}
	}
	gone := `auto.namespace == "gone" && auto.clustername == "lab"`
	tests := map[string]struct {
		add  func(tree *Tree, spaces, nodes resource.ID)
		want []Change
	}{
		"nothing changed": {add: func(*Tree, resource.ID, resource.ID) {}},
		"namespace is gone": {
			add: func(tree *Tree, spaces, _ resource.ID) { tree.Put(old(spaces, 90, "gone", gone)) },
			want: []Change{{Op: plan.Delete, Path: "Kubernetes Cluster: lab/Namespaces/gone", ID: 90,
				Gone: resource.Key{Kind: "namespaces", Name: "gone"}, Reason: "nothing makes this group any more"}},
		},
		"a person's group of another query": {
			add: func(tree *Tree, spaces, _ resource.ID) { tree.Put(old(spaces, 90, "gone", "isK8sPod()")) },
		},
		"a person's group that nobody marked": {
			add: func(tree *Tree, spaces, _ resource.ID) {
				o := old(spaces, 90, "gone", gone)
				o.Properties = nil
				tree.Put(o)
			},
		},
		"a person's group below ours": {
			add: func(tree *Tree, spaces, _ resource.ID) {
				tree.Put(old(spaces, 90, "gone", gone))
				tree.Put(Observed{ID: 91, Parent: 90, Name: "favourites"})
			},
		},
		"its group of deleted resources goes first": {
			add: func(tree *Tree, spaces, _ resource.ID) {
				tree.Put(old(spaces, 90, "gone", gone))
				tree.Put(old(90, 91, "_deleted", "whatever"))
			},
			want: []Change{
				{Op: plan.Delete, Path: "Kubernetes Cluster: lab/Namespaces/gone/_deleted", ID: 91,
					Gone: resource.Key{Kind: "namespaces", Name: "gone"}, Reason: "its parent is to go"},
				{Op: plan.Delete, Path: "Kubernetes Cluster: lab/Namespaces/gone", ID: 90,
					Gone: resource.Key{Kind: "namespaces", Name: "gone"}, Reason: "nothing makes this group any more"},
			},
		},
		"role that no node has": {
			add: func(tree *Tree, _, nodes resource.ID) {
				tree.Put(old(nodes, 90, "gpu", `auto.clustername == "lab" && exists("kubernetes.label.node-role.kubernetes.io/gpu") && hasCategory("KubernetesNode")`))
			},
			want: []Change{{Op: plan.Delete, Path: "Kubernetes Cluster: lab/Nodes/gpu", ID: 90, Reason: "nothing makes this group any more"}},
		},
		"somebody changed a text of ours": {
			add: func(tree *Tree, _, nodes resource.ID) {
				all := *tree.child(nodes, nameAll)
				all.AppliesTo, all.DisableAlerting = "true()", true
				tree.Put(all)
			},
			want: []Change{{Op: plan.Update, Path: "Kubernetes Cluster: lab/Nodes/All",
				Patch: Patch{AppliesTo: ptr(`hasCategory("KubernetesNode") && auto.clustername == "lab"`), DisableAlerting: ptr(false)}, Reason: "appliesTo differs, disableAlerting differs"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tree, spaces, nodes := made()
			tt.add(tree, spaces, nodes)
			got := Diff(Wanted(layout), tree)
			for i := range got {
				if got[i].Op == plan.Update {
					got[i].ID = 0
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDiffKnowsNothing: while namespaces and roles are not known, none is missing
// and none is too many.
func TestDiffKnowsNothing(t *testing.T) {
	l := Layout{Cluster: resource.Cluster{Name: "lab", UID: "u"}, Kinds: kind.All, Namespaces: []string{"shop"}, Roles: []string{"worker"}}
	before := len(flatten(Wanted(l)))
	l.Namespaces, l.Roles = nil, nil
	after := Wanted(l)
	if got := len(flatten(after)); got != before-2 {
		t.Errorf("groups: got %d, want %d", got, before-2)
	}
	for _, g := range flatten(after) {
		if g.Prune != nil {
			t.Errorf("group %q prunes what it does not know", g.Name)
		}
	}
}

// TestAppliesToIsQuoted: a name cannot end its quotes.
func TestAppliesToIsQuoted(t *testing.T) {
	l := Layout{Cluster: resource.Cluster{Name: `x" || true() || "`, UID: "u"}}
	want := `hasCategory("KubernetesCluster") && auto.clustername == "x\" || true() || \""`
	if got := Wanted(l).AppliesTo; got != want {
		t.Errorf("appliesTo: got %s, want %s", got, want)
	}
}

func flatten(g *Group) []*Group {
	all := []*Group{g}
	for _, c := range g.Children {
		all = append(all, flatten(c)...)
	}
	return all
}

func ptr[T any](v T) *T { return &v }
