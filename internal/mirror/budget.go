package mirror

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// identityLasts is how long it counts that the apiserver was seen to be this
// cluster's, while many objects are told to be gone.
const identityLasts = time.Minute

// Budget is what holds removals back that the configuration asks for, when they
// are too many. It outlives Managers, so that a new configuration does not begin
// with a new budget. It is safe for concurrent use.
type Budget struct {
	mu    sync.Mutex
	brake *plan.Brake
	gone  []time.Time // removals of objects that were read to be gone
	sure  time.Time   // when the apiserver was last seen to be this cluster's
	least int
	over  time.Duration
}

// NewBudget returns a Budget that holds nothing.
func NewBudget(limits plan.Budget) *Budget {
	return &Budget{brake: plan.NewBrake(limits), least: limits.Minimum, over: limits.Window}
}

// Configure takes other limits; what is held is judged anew.
func (b *Budget) Configure(limits plan.Budget) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.brake.Configure(limits)
	b.least, b.over = limits.Minimum, limits.Window
}

// Hold tells what is held.
func (b *Budget) Hold() plan.Hold {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.brake.Hold()
}

func (b *Budget) reason(key resource.Key) (reason string, kept bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.brake.Reason(key)
}

func (b *Budget) keep(key resource.Key, reason string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.brake.Keep(key, reason, time.Now())
}

func (b *Budget) giveBack(key resource.Key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.brake.Return(key)
}

func (b *Budget) forget(key resource.Key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.brake.Forget(key)
}

// take asks for one removal that the configuration asks for, and says whether a
// hold has just begun.
func (b *Budget) take(key resource.Key, owned int) (ok, begun bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.brake.Hold().ID
	ok = b.brake.Take(key, time.Now(), owned)
	return ok, !ok && before == ""
}

func (b *Budget) approve(id string) ([]resource.Key, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.brake.Approve(id)
}

func (b *Budget) listed(kind resource.Kind, agrees func(resource.Key) bool) []resource.Key {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.brake.Listed(kind, time.Now(), agrees)
}

// doubts notes a removal of an object that was read to be gone, and says whether
// so many are that somebody should ask whether this is still the same cluster.
func (b *Budget) doubts() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for len(b.gone) > 0 && now.Sub(b.gone[0]) >= b.over {
		b.gone = b.gone[1:]
	}
	if len(b.gone) > b.least {
		return now.Sub(b.sure) >= identityLasts
	}
	b.gone = append(b.gone, now)
	return false
}

func (b *Budget) assured() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sure = time.Now()
}

func (b *Budget) limit(owned int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.brake.Limit(owned)
}

// owned is how many resources the account holds for this cluster.
func (m *Manager) owned() (n int) {
	for _, count := range m.Cache.Counts() {
		n += count
	}
	return n
}

// permit asks whether a change may be carried out now. The Case it returns may
// come to another step.
func (m *Manager) permit(ctx context.Context, c plan.Case, change plan.Change) (plan.Case, bool) {
	switch {
	case !change.Removes():
		return c, true
	case change.Configured:
		owned := m.owned()
		ok, begun := m.Budget.take(c.Key, owned)
		if !ok {
			c.Held, c.Kept = m.Budget.reason(c.Key)
		}
		if begun {
			m.Log.Error("more removals than the deletion budget has room for: they are held until a person approves, or two more complete lists agree",
				"reason", c.Held, "resources", owned)
		}
		return c, ok
	case c.Object.Sight == plan.Absent && m.Identify != nil && m.Budget.doubts():
		if err := m.Identify(ctx); err != nil {
			return c.WithFailure(m.failed(fmt.Errorf("many objects are told to be gone, and the cluster cannot be told: %w", err))), false
		}
		m.Budget.assured()
	}
	return c, true
}

// ApproveDeletes lets the removals go that are held, because a person has looked
// at the hold of this ID.
func (m *Manager) ApproveDeletes(id string) error {
	keys, err := m.Budget.approve(id)
	if err != nil {
		return err
	}
	m.Log.Warn("removals that were held are approved", "count", len(keys), "reason", "a person approved hold "+id)
	for _, key := range keys {
		m.touch(key, 1)
	}
	return nil
}

// agree asks the list that a kind's watch just had about what is held.
func (m *Manager) agree(id resource.Kind) {
	keys := m.Budget.listed(id, func(key resource.Key) bool { return m.Cluster.Hint(key).Sight == plan.Absent })
	for _, key := range keys {
		m.touch(key, 1)
	}
	if len(keys) > 0 {
		m.Log.Warn("complete lists have answered for removals that were held", "kind", string(id), "count", len(keys))
	}
}

// runHold tells of a hold and has the kinds listed again that it is about, until
// ctx ends.
func (m *Manager) runHold(ctx context.Context) error {
	const look = 5 * time.Second
	told, asked := "", time.Time{}
	for sleep(ctx, look) {
		h := m.Budget.Hold()
		switch {
		case h.ID != told:
			told, asked = h.ID, time.Now()
			m.OnHold(h)
		case h.ID != "" && m.Relist != nil && time.Since(asked) > m.AgreeAfter:
			asked = time.Now()
			for id := range h.Kinds {
				m.Relist(id)
			}
		}
	}
	return ctx.Err()
}
