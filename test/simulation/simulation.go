// Package simulation proves the deciding part of Argus in a world of its own: a
// model of Kubernetes, a model of a LogicMonitor account, and the real
// mirror.Manager with its real cache, driven one request at a time. Whatever
// happens (a change, an event, a request, a fault, a crash) is one Op of a
// schedule, so that a schedule is the whole of a run and can be enumerated, drawn
// from a seed, shrunk, kept as text and run again.
//
// There is one goroutine, no clock and no network. The oracle judges from the
// histories of both models only. It must never ask the code that it judges, and
// nothing here may be imported by Argus. docs/simulation.md says what is modeled.
package simulation

import (
	"fmt"
	"log/slog"
	"strconv"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// cluster is the name of the cluster that is mirrored.
const cluster = "lab"

// pageSize is how many rows a page holds, of lists of either side.
const pageSize = 2

// Policy says what becomes of resources, as the configuration would.
type Policy string

// The policies.
const (
	Delete Policy = "delete" // the default: gone objects lose their resource at once
	Reuse  Policy = "reuse"  // an object created again takes over the resource
	Retain Policy = "retain" // resources of gone objects are kept, marked deleted
)

// Setting is what a world begins with.
type Setting struct {
	Writers int // copies of Argus that use the account at the same time
	Objects int // keys that objects may have, at most six
	Policy  Policy
}

// String is the first line of a schedule.
func (s Setting) String() string {
	return fmt.Sprintf("world writers=%d objects=%d policy=%s", s.Writers, s.Objects, s.Policy)
}

func (s Setting) check() error {
	if s.Writers < 1 || s.Writers > 2 || s.Objects < 1 || s.Objects > len(keys()) {
		return fmt.Errorf("want one or two writers and up to %d objects, got %s", len(keys()), s)
	}
	switch s.Policy {
	case Delete, Reuse, Retain:
		return nil
	}
	return fmt.Errorf("no such policy: %q", s.Policy)
}

// keys are the objects of the world, of two kinds in two namespaces. The first
// three differ in each of the two.
func keys() []resource.Key {
	return []resource.Key{
		{Kind: "pods", Namespace: "a", Name: "x"},
		{Kind: "pods", Namespace: "b", Name: "x"},
		{Kind: "services", Namespace: "a", Name: "x"},
		{Kind: "pods", Namespace: "a", Name: "y"},
		{Kind: "services", Namespace: "b", Name: "x"},
		{Kind: "pods", Namespace: "b", Name: "y"},
	}
}

// kinds are those of the keys.
func kinds() []resource.Kind { return []resource.Kind{"pods", "services"} }

// wanted is a resource as an object of one UID and content asks for it.
type wanted struct {
	key, uid, content int
}

// mapping is what a wanted resource is and how it is known again.
type mapping struct {
	res   *resource.Resource
	print resource.Fingerprint
}

// Lab holds what worlds share, so that making one is cheap. It belongs to one
// goroutine.
type Lab struct {
	// Trace, unless it is nil, is told of each op and each request.
	Trace func(line string)
	// Excused counts second resources of a key that come of a person's renaming
	// the first while the writer does not know of it (docs/simulation.md).
	Excused int

	keys    []resource.Key
	index   map[resource.Key]int
	rows    []*kind.Kind
	metrics *mirror.Metrics
	log     *slog.Logger
	wants   map[wanted]mapping
}

// NewLab returns a Lab.
func NewLab() *Lab {
	l := &Lab{
		keys: keys(), index: map[resource.Key]int{}, metrics: mirror.NewMetrics(nil),
		log: slog.New(slog.DiscardHandler), wants: map[wanted]mapping{},
	}
	for i, key := range l.keys {
		l.index[key] = i
	}
	for _, id := range kinds() {
		row, _ := kind.ByID(id)
		l.rows = append(l.rows, row)
	}
	return l
}

// want is the resource of an object. Only a few contents exist, so that an
// object can go back to what it was.
func (l *Lab) want(key int, o object) mapping {
	id := wanted{key, o.uid, o.content % 3}
	if m, ok := l.wants[id]; ok {
		return m
	}
	k := l.keys[key]
	row, _ := kind.ByID(k.Kind)
	b := resource.NewBuilder(k, uidOf(o.uid))
	b.Name(kind.DefaultName(k))
	b.DisplayName(kind.DisplayName(k, cluster))
	b.Category(resource.Category(row.Title))
	b.Auto("clustername", cluster, "")
	b.Auto("name", k.Name, "")
	b.Auto("namespace", k.Namespace, "")
	b.Auto("uid", string(uidOf(o.uid)), "")
	if id.content > 0 {
		b.Label("content", strconv.Itoa(id.content))
	}
	res := b.Build()
	m := mapping{&res, res.Fingerprint(resource.Ownership{})}
	l.wants[id] = m
	return m
}

func uidOf(n int) resource.UID {
	if n == 0 {
		return ""
	}
	return resource.UID("uid-" + strconv.Itoa(n))
}

// policy is the configuration of a setting.
func (s Setting) policy() plan.Policy {
	p := plan.Policy{DisplayName: func(key resource.Key) string { return kind.DisplayName(key, cluster) }}
	switch s.Policy {
	case Reuse:
		p.Reuse = func(resource.Kind) bool { return true }
	case Retain:
		p.Retention = plan.Retention{After: retention, DefaultName: kind.DefaultName}
	case Delete:
	}
	return p
}
