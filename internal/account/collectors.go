package account

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcegroup"
)

// collectorsFor is how long a list of collectors is good for.
const collectorsFor = time.Minute

// CollectorConfig says which collectors monitor the resources.
type CollectorConfig struct {
	// ID of the one collector to use; zero takes those of a group.
	ID resource.ID
	// Group of collectors; zero is the group named like the cluster's.
	Group resource.ID
}

// collector is one that resources may be given to.
type collector struct {
	ID       lm.CollectorID
	balanced lm.CollectorGroupID // its group, if that balances by itself
}

// collectors spreads resources over the collectors of a group. It is safe for
// concurrent use.
type collectors struct {
	config  CollectorConfig
	client  *lm.Client
	cluster string

	mu     sync.Mutex // guards usable, err and at; held while they are read anew
	usable []collector
	err    error
	at     time.Time
}

func newCollectors(config Config) *collectors {
	return &collectors{config: config.Collectors, client: config.Client, cluster: config.Cluster.Name}
}

// pick returns the collector for a resource: the same one for the same key as
// long as the collectors are the same.
func (c *collectors) pick(ctx context.Context, key resource.Key) (collector, error) {
	usable, err := c.list(ctx, collectorsFor)
	if err != nil {
		return collector{}, err
	}
	best, most := usable[0], uint64(0)
	for _, candidate := range usable {
		h := fnv.New64a()
		_, _ = fmt.Fprintf(h, "%d/%s", candidate.ID, key)
		if weight := h.Sum64(); weight >= most {
			best, most = candidate, weight
		}
	}
	return best, nil
}

// stillUsable asks the account whether resources may be given to a collector.
func (c *collectors) stillUsable(ctx context.Context, id lm.CollectorID) bool {
	usable, err := c.list(ctx, 0)
	if err != nil {
		return false
	}
	for _, candidate := range usable {
		if candidate.ID == id {
			return true
		}
	}
	return false
}

// list returns the collectors that are registered and up, at least one, from an
// answer no older than age.
func (c *collectors) list(ctx context.Context, age time.Duration) ([]collector, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.usable) > 0 && time.Since(c.at) < max(age, time.Second) {
		return c.usable, nil
	}
	c.usable, c.err = c.read(ctx)
	if c.err == nil {
		c.at = time.Now()
	}
	return c.usable, c.err
}

func (c *collectors) read(ctx context.Context) ([]collector, error) {
	if c.config.ID != 0 {
		one, err := c.client.Collector(ctx, lm.CollectorID(c.config.ID))
		if err != nil {
			return nil, fmt.Errorf("read collector %d: %w", c.config.ID, err)
		}
		if !up(one) {
			return nil, fmt.Errorf("collector %d is not registered or is down: start it, or name another as lm.collectorID", c.config.ID)
		}
		return []collector{{ID: one.ID}}, nil
	}
	group, err := c.group(ctx)
	if err != nil {
		return nil, err
	}
	var balanced lm.CollectorGroupID
	if group.AutoBalance {
		balanced = group.ID
	}
	var usable []collector
	for one, err := range c.client.ListCollectors(ctx, lm.CollectorQuery{Filter: lm.CollectorsIn(group.ID)}) {
		if err != nil {
			return nil, fmt.Errorf("list the collectors of group %q: %w", group.Name, err)
		}
		if up(one) {
			usable = append(usable, collector{ID: one.ID, balanced: balanced})
		}
	}
	if len(usable) == 0 {
		return nil, fmt.Errorf("no collector of group %q (%d) is registered and up: start one, or name another as lm.collectorID or lm.collectorGroupID", group.Name, group.ID)
	}
	return usable, nil
}

func (c *collectors) group(ctx context.Context) (lm.CollectorGroup, error) {
	if c.config.Group != 0 {
		g, err := c.client.CollectorGroup(ctx, lm.CollectorGroupID(c.config.Group))
		if err != nil {
			return g, fmt.Errorf("read collector group %d: %w", c.config.Group, err)
		}
		return g, nil
	}
	name := resourcegroup.ClusterGroup(c.cluster)
	for g, err := range c.client.ListCollectorGroups(ctx, lm.CollectorGroupQuery{Filter: lm.CollectorGroupsWithName(name)}) {
		if err != nil {
			return lm.CollectorGroup{}, fmt.Errorf("find collector group %q: %w", name, err)
		}
		return g, nil
	}
	return lm.CollectorGroup{}, fmt.Errorf("there is no collector group %q: add collectors in a group of that name, or name others as lm.collectorID or lm.collectorGroupID", name)
}

func up(c lm.Collector) bool { return c.Status == lm.CollectorRegistered && !c.IsDown }

// Collectors says what keeps resources from being given to a collector, or nil.
// It is what the last attempt found, and asks nobody.
func (a *Account) Collectors() error {
	a.collectors.mu.Lock()
	defer a.collectors.mu.Unlock()
	return a.collectors.err
}
