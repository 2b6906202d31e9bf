package account_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/account"
	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lmsim"
	simaccount "github.com/argus-k8s/argus/internal/lmsim/account"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcegroup"
)

// names is a cluster of namespaces and roles.
type names struct {
	mu         sync.Mutex
	namespaces []string
	roles      []string
	unreadable bool
}

func (n *names) Names(resource.Kind) ([]string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.namespaces), true
}

func (n *names) Groups(resource.Kind) ([]string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.roles), true
}

func (n *names) Read(_ context.Context, key resource.Key) plan.Object {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.unreadable:
		return plan.Object{Sight: plan.Unreadable, Reason: "forbidden"}
	case slices.Contains(n.namespaces, key.Name):
		return plan.Object{Sight: plan.Present}
	}
	return plan.Object{Sight: plan.Absent}
}

// tree is a running group manager over a simulated account.
type tree struct {
	*resourcegroup.Manager
	t       *testing.T
	sim     *lmsim.Server
	cluster *names
	seen    uint64 // commits looked at
}

type option func(*resourcegroup.Config)

// start makes a manager and runs it.
func start(t *testing.T, sim *lmsim.Server, cluster *names, options ...option) *tree {
	t.Helper()
	r := stopped(t, sim, cluster, options...)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return r
}

// stopped makes a manager that does not run yet.
func stopped(t *testing.T, sim *lmsim.Server, cluster *names, options ...option) *tree {
	t.Helper()
	token := lmsim.DemoToken()
	client, err := lm.New(lm.Config{BaseURL: "http://sim", Transport: sim.Transport(), Credentials: credential.Config{Bearer: credential.Secret(token.Bearer)}})
	if err != nil {
		t.Fatal(err)
	}
	identity := resource.Cluster{Name: "lab", UID: "uid-1"}
	a := account.New(account.Config{Client: client, Cluster: identity, Version: "v1", Log: slog.New(slog.DiscardHandler)})
	config := resourcegroup.Config{
		Reader: a, Writer: a.GroupWriter(), Cluster: cluster, Every: time.Hour, Log: slog.New(slog.DiscardHandler),
		Layout: resourcegroup.Layout{Cluster: identity, Version: "v1", Kinds: []*kind.Kind{kind.Pod, kind.Node, kind.Namespace}},
	}
	for _, o := range options {
		o(&config)
	}
	return &tree{Manager: resourcegroup.New(config), t: t, sim: sim, cluster: cluster}
}

// change changes the cluster and waits until that has shown.
func (r *tree) change(do func(*names)) {
	r.cluster.mu.Lock()
	do(r.cluster)
	r.cluster.mu.Unlock()
	r.Touch()
	time.Sleep(30 * time.Second)
}

// commits are the changes of groups since the last call.
func (r *tree) commits() (all []string) {
	for _, c := range r.sim.Journal(simaccount.JournalQuery{Since: r.seen}) {
		r.seen = c.Seq
		if c.Type == "deviceGroup" && c.Who != lmsim.Person {
			all = append(all, c.Op+" "+strings.TrimPrefix(c.Name, "Kubernetes Cluster: "))
		}
	}
	return all
}

func (r *tree) id(path string) int32 {
	r.t.Helper()
	full := "Kubernetes Cluster: " + path
	for _, c := range r.sim.Journal(simaccount.JournalQuery{Type: "deviceGroup", Name: full}) {
		var id int32
		if _, err := fmt.Sscan(c.ID, &id); err == nil {
			return id
		}
	}
	r.t.Fatalf("group %q was never made", path)
	return 0
}

func (r *tree) want(what string, want ...string) {
	r.t.Helper()
	if diff := cmp.Diff(want, r.commits()); diff != "" {
		r.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func bubble(t *testing.T, scenario func(t *testing.T, sim *lmsim.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { scenario(t, lmsim.New(lmsim.Options{Clock: time.Now})) })
}

func TestGroups_FollowNamespacesAndRoles(t *testing.T) {
	bubble(t, func(t *testing.T, sim *lmsim.Server) {
		r := start(t, sim, &names{namespaces: []string{"shop"}, roles: []string{"worker"}})
		time.Sleep(30 * time.Second)
		r.want("first tree", "create lab", "create lab/ClusterScoped", "create lab/ClusterScoped/Etcd", "create lab/ClusterScoped/PersistentVolumes",
			"create lab/Nodes", "create lab/Nodes/All", "create lab/Nodes/worker", "create lab/Namespaces", "create lab/Namespaces/shop")
		r.change(func(n *names) { n.namespaces, n.roles = []string{"blog", "shop"}, nil })
		r.want("namespace and role changed", "create lab/Namespaces/blog", "delete lab/Nodes/worker")
		time.Sleep(24 * time.Hour)
		r.want("a quiet day")
	})
}

// TestGroups_GoOnlyWhenProven: the group of a namespace goes once the namespace is
// read to be gone and nothing is in the group.
func TestGroups_GoOnlyWhenProven(t *testing.T) {
	bubble(t, func(t *testing.T, sim *lmsim.Server) {
		cluster := &names{namespaces: []string{"shop", "web"}}
		r := start(t, sim, cluster)
		time.Sleep(30 * time.Second)
		if _, err := sim.AddCollector(lmsim.Collector{}); err != nil {
			t.Fatal(err)
		}
		name, collector := "left over", int32(1)
		id, err := sim.CreateDevice(simaccount.DeviceInput{Name: ptr("left-over"), DisplayName: &name, PreferredCollectorID: &collector,
			Custom: &[]simaccount.Property{{Name: "auto.clustername", Value: "lab"}, {Name: "auto.namespace", Value: "shop"}}})
		if err != nil {
			t.Fatal(err)
		}
		r.commits()
		r.change(func(n *names) { n.namespaces, n.unreadable = nil, true })
		r.want("namespaces that cannot be read")
		r.cluster.mu.Lock()
		r.cluster.unreadable = false
		r.cluster.mu.Unlock()
		time.Sleep(10 * time.Minute)
		r.want("one group is empty, one is not", "delete lab/Namespaces/web")
		if err := sim.DeleteDevice(id, true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		r.want("it is empty now", "delete lab/Namespaces/shop")
	})
}

// TestGroups_PropertyWithoutAValue: what an account does with one is not known. It
// keeps no group from being made, and is not written again and again.
func TestGroups_PropertyWithoutAValue(t *testing.T) {
	for _, rule := range []string{"refuse", "drop", "store"} {
		t.Run(rule, func(t *testing.T) {
			bubble(t, func(t *testing.T, sim *lmsim.Server) {
				w := sim.Switches()
				w.EmptyPropertyValue = rule
				if err := sim.SetSwitches(w); err != nil {
					t.Fatal(err)
				}
				r := start(t, sim, &names{}, func(c *resourcegroup.Config) {
					c.Layout.ClusterProperties = []resourcegroup.Property{{Name: "team", Override: true}, {Name: "site", Value: "north", Override: true}}
				})
				time.Sleep(30 * time.Second)
				r.want("first tree", "create lab", "create lab/ClusterScoped", "create lab/ClusterScoped/Etcd", "create lab/ClusterScoped/PersistentVolumes",
					"create lab/Nodes", "create lab/Nodes/All", "create lab/Namespaces")
				group, _ := sim.Group(r.id("lab"))
				if !slices.Contains(group.Custom, simaccount.Property{Name: "site", Value: "north"}) {
					t.Errorf("properties: got %v, want the one with a value", group.Custom)
				}
				time.Sleep(24 * time.Hour)
				r.want("a quiet day")
			})
		})
	}
}

// TestGroups_PropertyTwice: a user's property takes the place of none that Argus
// needs, and keeps no group from being made.
func TestGroups_PropertyTwice(t *testing.T) {
	bubble(t, func(t *testing.T, sim *lmsim.Server) {
		r := start(t, sim, &names{}, func(c *resourcegroup.Config) {
			for _, name := range []string{"site", "Site", "ARGUS.cluster-uid", "CreatedBy", "Kubernetes.Version"} {
				c.Layout.ClusterProperties = append(c.Layout.ClusterProperties, resourcegroup.Property{Name: name, Value: "user's " + name, Override: true})
			}
			c.Facts = func(context.Context) []resource.Property {
				return []resource.Property{{Name: "kubernetes.version", Value: "v1.37.0"}}
			}
		})
		time.Sleep(30 * time.Second)
		r.commits()
		got := map[string]string{}
		group, ok := sim.Group(r.id("lab"))
		for _, p := range group.Custom {
			got[p.Name] = p.Value
		}
		want := map[string]string{
			"createdBy": "LogicMonitor/Argus: v1", "argus.cluster-uid": "uid-1", "site": "user's site",
			"kubernetes.version": "v1.37.0", "kubernetes.version.history": "v1.37.0",
		}
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("properties (-want +got):\n%s", diff)
		}
		time.Sleep(24 * time.Hour)
		r.want("a quiet day")
	})
}

// TestGroups_Unfit: what the account could not hold is not sent, and said.
func TestGroups_Unfit(t *testing.T) {
	bubble(t, func(t *testing.T, sim *lmsim.Server) {
		r := start(t, sim, &names{}, func(c *resourcegroup.Config) {
			c.Layout.ClusterProperties = []resourcegroup.Property{{Name: "9lives", Value: "cat", Override: true}}
		})
		time.Sleep(time.Hour)
		const want = `create group "Kubernetes Cluster: lab": customProperties.9lives does not begin with a letter`
		if err := r.Report().Err; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that names the property", err)
		}
		if n := sim.CountCalls("POST", "/device/groups", -1); n != 0 {
			t.Errorf("%d creates were sent, want none", n)
		}
	})
}

func TestGroups_PeopleAndFacts(t *testing.T) {
	bubble(t, func(t *testing.T, sim *lmsim.Server) {
		var version atomic.Value
		version.Store("v1.36.0")
		asked := make(chan string, 10)
		r := start(t, sim, &names{namespaces: []string{"shop"}}, func(c *resourcegroup.Config) {
			c.Facts = func(context.Context) []resource.Property {
				return []resource.Property{{Name: "kubernetes.version", Value: version.Load().(string)}}
			}
			c.OnRequest = func(property string) { asked <- property }
		})
		time.Sleep(30 * time.Second)
		r.commits()
		root := r.id("lab")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		other, err := sim.CreateGroup(simaccount.GroupInput{Name: ptr("elsewhere"), ParentID: ptr(int32(1))})
		must(err)
		must(sim.EditGroup(root, simaccount.GroupInput{Name: ptr("renamed by hand"), ParentID: &other, Custom: &[]simaccount.Property{
			{Name: resourcegroup.PropResync, Value: "true"}, {Name: resourcegroup.PropRename, Value: "true"}, {Name: "team", Value: "blue"}}}))
		_, err = sim.CreateGroup(simaccount.GroupInput{Name: ptr("favourites"), ParentID: ptr(r.id("lab/Namespaces"))})
		must(err)
		version.Store("v1.37.2")
		time.Sleep(3 * time.Hour)
		if got := len(slices.DeleteFunc(r.commits(), func(c string) bool { return strings.HasPrefix(c, "update") })); got != 0 {
			t.Errorf("groups made or deleted after a person moved and renamed the tree: got %d, want none", got)
		}
		g, _ := sim.Group(root)
		got := map[string]string{"name": g.Name, "parent": fmt.Sprint(g.ParentID)}
		for _, p := range g.Custom {
			got[p.Name] = p.Value
		}
		want := map[string]string{
			"name": "Kubernetes Cluster: lab", "parent": fmt.Sprint(other), "team": "blue", "createdBy": "LogicMonitor/Argus: v1",
			"argus.cluster-uid": "uid-1", "kubernetes.version": "v1.37.2", "kubernetes.version.history": "v1.36.0, v1.37.2",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cluster group (-want +got):\n%s", diff)
		}
		close(asked)
		if diff := cmp.Diff([]string{resourcegroup.PropResync, resourcegroup.PropRename}, slices.Collect(chanOf(asked))); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

// TestGroups_HearsPeopleSoon: a request is heard long before the tree is read anew.
func TestGroups_HearsPeopleSoon(t *testing.T) {
	bubble(t, func(t *testing.T, sim *lmsim.Server) {
		asked := make(chan string, 10)
		r := start(t, sim, &names{}, func(c *resourcegroup.Config) { c.OnRequest = func(property string) { asked <- property } })
		time.Sleep(time.Minute)
		root := r.id("lab")
		if err := sim.EditGroup(root, simaccount.GroupInput{Custom: &[]simaccount.Property{{Name: resourcegroup.PropResync, Value: "true"}}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Minute)
		if len(asked) != 1 {
			t.Errorf("requests heard in 15 minutes: got %d, want 1", len(asked))
		}
		if g, _ := sim.Group(root); slices.ContainsFunc(g.Custom, func(p simaccount.Property) bool { return p.Name == resourcegroup.PropResync }) {
			t.Errorf("the request was not cleared")
		}
	})
}

// TestGroups_SeesItsTreeGone: when somebody deletes the cluster group, it and all
// below it come back with the next look at it, and not with the next full reading.
func TestGroups_SeesItsTreeGone(t *testing.T) {
	bubble(t, func(t *testing.T, sim *lmsim.Server) {
		r := start(t, sim, &names{namespaces: []string{"shop"}}, func(c *resourcegroup.Config) { c.Every = 24 * time.Hour })
		time.Sleep(time.Minute)
		first := r.commits()
		if err := sim.DeleteGroup(r.id("lab"), simaccount.GroupDeletion{Hard: true, Children: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Minute)
		r.want("after it was deleted", first...)
	})
}

func TestGroups_Parents(t *testing.T) {
	bubble(t, func(t *testing.T, sim *lmsim.Server) {
		team, err := sim.CreateGroup(simaccount.GroupInput{Name: ptr("Team"), ParentID: ptr(int32(1))})
		if err != nil {
			t.Fatal(err)
		}
		sub, err := sim.CreateGroup(simaccount.GroupInput{Name: ptr("Blue"), ParentID: &team})
		if err != nil {
			t.Fatal(err)
		}
		parent := func(id resource.ID, path string) int32 {
			r := start(t, sim, &names{namespaces: []string{"shop"}}, func(c *resourcegroup.Config) { c.Parent, c.ParentPath = id, path })
			time.Sleep(time.Minute)
			g, _ := sim.Group(r.id("lab"))
			return g.ParentID
		}
		if got := parent(9999, ""); got != 1 {
			t.Errorf("parent that does not exist: got %d, want the root", got)
		}
		if got := parent(0, "Team/Blue"); got != sub {
			t.Errorf("parent by path: got %d, want %d: moved in place", got, sub)
		}
	})
}

// TestGroups_OtherCluster: a tree of another cluster of the same name, and of this
// cluster under another name, stop everything.
func TestGroups_OtherCluster(t *testing.T) {
	bubble(t, func(t *testing.T, sim *lmsim.Server) {
		start(t, sim, &names{})
		time.Sleep(time.Minute)
		second := stopped(t, sim, &names{}, func(c *resourcegroup.Config) { c.Layout.Cluster.UID = "uid-2" })
		if err := second.Claim(t.Context()); !resourcegroup.Fatal(err) {
			t.Errorf("another cluster of the same name: got %v, want it refused", err)
		}
		third := stopped(t, sim, &names{}, func(c *resourcegroup.Config) { c.Layout.Cluster.Name = "new name" })
		if err := third.Claim(t.Context()); !resourcegroup.Fatal(err) {
			t.Errorf("the same cluster under another name: got %v, want it refused", err)
		}
	})
}

// chanOf is what a closed channel holds.
func chanOf[T any](ch chan T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v := range ch {
			if !yield(v) {
				return
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }
