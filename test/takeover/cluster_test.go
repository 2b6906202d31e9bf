package takeover

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// sink is told where to look.
type sink interface{ Touch(key resource.Key) }

// cluster is a Kubernetes that holds objects in a map and tells its sink of every
// change.
type cluster struct {
	uid resource.UID // of the namespace kube-system

	mu         sync.Mutex // guards what follows
	objects    map[resource.Key]kind.Object
	unreadable map[resource.Key]bool // reads of these fail
	off        map[resource.Kind]bool
	view       kind.View
	sink       sink
	reads      int
}

func newCluster(t *testing.T, recorded map[resource.Kind][]json.RawMessage) *cluster {
	t.Helper()
	c := &cluster{objects: map[resource.Key]kind.Object{}, unreadable: map[resource.Key]bool{}}
	for id, list := range recorded {
		k, ok := kind.ByID(id)
		if !ok {
			t.Fatalf("recorded objects of an unknown kind %q", id)
		}
		for _, text := range list {
			obj := k.New()
			if err := json.Unmarshal(text, obj); err != nil {
				t.Fatalf("read an object of %s: %v", id, err)
			}
			c.objects[k.Key(obj)] = obj
		}
	}
	system, ok := c.objects[resource.Key{Kind: kind.Namespace.ID, Name: metav1.NamespaceSystem}]
	if !ok {
		t.Fatal("the recording has no namespace kube-system")
	}
	c.uid = resource.UID(system.GetUID())
	return c
}

// Hint implements mirror.Cluster.
func (c *cluster) Hint(key resource.Key) plan.Hint {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch o := c.assess(key); o.Sight {
	case plan.Present:
		return plan.Hint{Sight: plan.Present, UID: o.UID, Print: o.Want.Fingerprint(c.view.Ownership())}
	case plan.NotReady:
		return plan.Hint{Sight: plan.NotReady, UID: o.UID}
	default:
		return plan.Hint{Sight: plan.Absent}
	}
}

func (c *cluster) assess(key resource.Key) plan.Object {
	if c.off[key.Kind] {
		return plan.Object{Sight: plan.Excluded, Reason: "configuration: the kind is switched off"}
	}
	obj, ok := c.objects[key]
	if !ok {
		return plan.Object{Sight: plan.Absent}
	}
	k, _ := kind.ByID(key.Kind)
	want, err := k.Map(obj, c.view)
	var notReady resource.NotReady
	switch {
	case err == nil:
		return plan.Object{Sight: plan.Present, UID: want.UID, Want: &want}
	case errors.As(err, &notReady):
		return plan.Object{Sight: plan.NotReady, UID: resource.UID(obj.GetUID()), Reason: err.Error()}
	}
	return plan.Object{Sight: plan.Excluded, UID: resource.UID(obj.GetUID()), Reason: err.Error()}
}

// Keys implements mirror.Cluster.
func (c *cluster) Keys(id resource.Kind) []resource.Key {
	c.mu.Lock()
	defer c.mu.Unlock()
	var keys []resource.Key
	for key := range c.objects {
		if key.Kind == id && !c.off[id] {
			keys = append(keys, key)
		}
	}
	return keys
}

// Read implements mirror.Cluster and resourcegroup.Cluster.
func (c *cluster) Read(_ context.Context, key resource.Key) plan.Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	if c.unreadable[key] {
		return plan.Object{Sight: plan.Unreadable, Reason: "the apiserver does not answer"}
	}
	return c.assess(key)
}

// Frozen implements mirror.Cluster.
func (c *cluster) Frozen(resource.Kind) string { return "" }

// Names implements resourcegroup.Cluster.
func (c *cluster) Names(id resource.Kind) ([]string, bool) {
	var names []string
	for _, key := range c.Keys(id) {
		names = append(names, key.Name)
	}
	slices.Sort(names)
	return names, true
}

// Groups implements resourcegroup.Cluster.
func (c *cluster) Groups(id resource.Kind) ([]string, bool) {
	var names []string
	for _, key := range c.Keys(id) {
		c.mu.Lock()
		o := c.assess(key)
		c.mu.Unlock()
		if o.Want != nil {
			names = append(names, o.Want.Groups...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), true
}

// put creates or changes an object and tells of it.
func (c *cluster) put(id resource.Kind, obj kind.Object) resource.Key {
	k, _ := kind.ByID(id)
	key := k.Key(obj)
	c.mu.Lock()
	c.objects[key] = obj
	c.mu.Unlock()
	c.tell(key)
	return key
}

func (c *cluster) remove(key resource.Key) {
	c.mu.Lock()
	delete(c.objects, key)
	c.mu.Unlock()
	c.tell(key)
}

// edit changes a copy of an object and puts it back.
func (c *cluster) edit(key resource.Key, change func(kind.Object)) {
	c.mu.Lock()
	obj, _ := c.objects[key].DeepCopyObject().(kind.Object)
	c.mu.Unlock()
	change(obj)
	c.put(key.Kind, obj)
}

func (c *cluster) hide(key resource.Key, hidden bool) {
	c.mu.Lock()
	c.unreadable[key] = hidden
	c.mu.Unlock()
	c.tell(key)
}

func (c *cluster) tell(key resource.Key) {
	c.mu.Lock()
	s := c.sink
	c.mu.Unlock()
	if s != nil {
		s.Touch(key)
	}
}
