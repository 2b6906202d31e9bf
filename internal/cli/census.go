package cli

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/filter"
	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/telemetry"
)

// mostCounted bounds what a census remembers: of a larger cluster it counts so many
// objects.
const mostCounted = 1 << 18

// A census counts what the rules do to the objects of the cluster, each object
// once, until it is ended: so that a person is told of a rule that matches all of
// them, or none. It is safe for concurrent use.
type census struct {
	rules *filter.Set
	seed  maphash.Seed

	mu    sync.Mutex // guards what follows
	tally *filter.Tally
	seen  map[uint64]bool // hashes of UIDs
}

// newCensus counts from now on, if there are rules.
func newCensus(rules *filter.Set) *census {
	c := &census{rules: rules, seed: maphash.MakeSeed(), seen: map[uint64]bool{}}
	if len(rules.Rules()) > 0 {
		c.tally = filter.NewTally(rules)
	}
	return c
}

// ask asks the rules about an object.
func (c *census) ask(k *kind.Kind, obj metav1.Object, namespace filter.NamespaceInfo) filter.Verdict {
	if verdict, counted := c.count(k, obj, namespace); counted {
		return verdict
	}
	return c.rules.Exclude(k, obj, namespace)
}

func (c *census) count(k *kind.Kind, obj metav1.Object, namespace filter.NamespaceInfo) (verdict filter.Verdict, counted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tally == nil {
		return verdict, false
	}
	hash := maphash.String(c.seed, string(obj.GetUID()))
	if c.seen[hash] || len(c.seen) >= mostCounted {
		return verdict, false
	}
	c.seen[hash] = true
	return c.tally.Add(k, obj, namespace), true
}

// end ends the count and says what there is to tell.
func (c *census) end() []filter.Notice {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tally == nil {
		return nil
	}
	notices := c.tally.Notices()
	c.tally, c.seen = nil, nil
	return notices
}

// tellRules tells what the rules do, once every kind has been listed.
func (l *loops) tellRules(ctx context.Context) error {
	const look = 100 * time.Millisecond
	tick := time.NewTicker(look)
	defer tick.Stop()
	for !l.watches.Settled() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	for _, n := range l.census.end() {
		l.log.Warn("rule", telemetry.KeyReason, n.String())
	}
	return nil
}
