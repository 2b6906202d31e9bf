package watch

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// Cluster is all Watchers of a cluster with their Index: what the rest of Argus
// sees of Kubernetes. It is safe for concurrent use.
type Cluster struct {
	*Index
	order    []*Watcher
	watchers map[resource.Kind]*Watcher
	off      map[resource.Kind]bool
	sink     Sink
}

// switchedOff is the rule that keeps the objects of a kind out of the account.
const switchedOff = "configuration: the kind is switched off"

// NewCluster returns the Watchers of some kinds. A kind without API versions is
// no Kubernetes object and gets none. The kinds that are off are not read at all:
// every object of theirs is excluded.
func NewCluster(kinds, off []*kind.Kind, config Config) *Cluster {
	if config.Index == nil {
		config.Index = NewIndex()
	}
	c := &Cluster{Index: config.Index, watchers: map[resource.Kind]*Watcher{}, off: map[resource.Kind]bool{}, sink: config.Sink}
	for _, k := range off {
		c.off[k.ID] = true
	}
	for _, k := range kinds {
		if !k.Watched() || c.off[k.ID] {
			continue
		}
		w := NewWatcher(k, config)
		if k == kind.Namespace {
			w.onGroups = c.relist
		}
		c.watchers[k.ID] = w
		c.order = append(c.order, w)
	}
	return c
}

// Run follows all kinds until ctx ends.
func (c *Cluster) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, w := range c.order {
		g.Go(func() error {
			if w.kind.Namespaced {
				// What a namespace says counts for the objects in it.
				c.namespacesListed(ctx)
			}
			w.Run(ctx)
			return ctx.Err()
		})
	}
	return g.Wait()
}

// relist has the kinds that live in namespaces mapped again: what a namespace
// says of its objects has changed.
func (c *Cluster) relist() {
	for _, w := range c.order {
		if w.kind.Namespaced {
			w.Relist()
		}
	}
}

// Relist has a kind listed completely again, as the apiserver has it now. Of a kind
// that is switched off there is nothing to read, and its list is told at once.
func (c *Cluster) Relist(id resource.Kind) {
	if w := c.watchers[id]; w != nil {
		w.Relist()
	} else if c.off[id] {
		c.sink.Listed(id)
	}
}

// namespacesListed waits until namespaces have been listed, or cannot be.
func (c *Cluster) namespacesListed(ctx context.Context) {
	w := c.watchers[kind.Namespace.ID]
	for w != nil && ctx.Err() == nil {
		if s := w.State(); s.Listed || s.Frozen() != "" {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// States says how the Watchers stand, in the order of their kinds.
func (c *Cluster) States() []State {
	states := make([]State, len(c.order))
	for i, w := range c.order {
		states[i] = w.State()
	}
	return states
}

// Settled says whether every kind has been listed completely, or cannot be read.
func (c *Cluster) Settled() bool {
	for _, w := range c.order {
		if s := w.State(); !s.Listed && s.Frozen() == "" {
			return false
		}
	}
	return true
}

// Hint says what the watch last said of an object.
func (c *Cluster) Hint(key resource.Key) plan.Hint {
	if c.off[key.Kind] {
		return plan.Hint{Sight: plan.Absent}
	}
	return c.Index.Hint(key)
}

// Read reads one object afresh.
func (c *Cluster) Read(ctx context.Context, key resource.Key) plan.Object {
	if c.off[key.Kind] {
		return plan.Object{Sight: plan.Excluded, Reason: switchedOff, Configured: true}
	}
	w := c.watchers[key.Kind]
	if w == nil {
		return plan.Object{Sight: plan.Unreadable, Reason: "kind " + string(key.Kind) + " is not watched"}
	}
	return w.Read(ctx, key)
}

// Frozen says why nothing of a kind may be changed, or is empty.
func (c *Cluster) Frozen(id resource.Kind) string {
	if c.off[id] {
		return ""
	}
	w := c.watchers[id]
	if w == nil {
		return "kind " + string(id) + " is not watched"
	}
	return w.State().Frozen()
}
