package mirror

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcecache"
)

// maxSteps bounds the steps of one decision. No sequence of answers needs as
// many; reaching it is a fault and not a state.
const maxSteps = 32

// Config is what a Manager needs.
type Config struct {
	Cluster Cluster
	Account Account
	Actions Actions // nil for a Manager that only plans
	Cache   *resourcecache.Cache
	Kinds   []*kind.Kind // those that are mirrored
	Policy  plan.Policy
	// OnGroups is called when objects that groups are made of may have
	// changed. It must not block.
	OnGroups func()
	// OnPark is told of an object that cannot be mirrored as it is, and why,
	// once for each reason. It must not block.
	OnPark func(key resource.Key, reason string)
	// Budget holds removals back that the configuration asks for; one without
	// bound if nil. AgreeAfter is how often the kinds of what it holds are listed
	// again, with Relist if that is not nil.
	Budget     *Budget
	AgreeAfter time.Duration
	Relist     func(kind resource.Kind)
	// OnHold is told when a hold begins, and with an empty one when it ends. It
	// must not block.
	OnHold func(plan.Hold)
	// Identify reads whether the apiserver still is this cluster's, before many
	// removals rest on its word. Nil takes it for granted.
	Identify func(ctx context.Context) error
	// Workers is how many requests of one kind may be under way. Default 10.
	Workers int
	// AuditEvery is the time between complete listings of the account. Default
	// one hour.
	AuditEvery time.Duration
	// SweepEvery is the time between looks for resources marked deleted whose
	// time is over. Default ten minutes.
	SweepEvery time.Duration
	Log        *slog.Logger
	Metrics    *Metrics
}

// Manager keeps the account in step: key by key, whatever the order in which it
// hears of them. All its methods are safe for concurrent use.
type Manager struct {
	Config
	queue *Queue
	kinds map[resource.Kind]*kind.Kind
	audit chan struct{} // asks for an audit now
	// rename has the next audit set display names back; renaming has the
	// decisions until the one after do so.
	rename, renaming atomic.Bool
	compared         atomic.Bool // everything has been looked at once

	mu     sync.Mutex // guards what follows
	parked map[resource.Key]string
	gone   map[resource.Key]time.Time // since when objects are gone whose resources linger
	health health
}

// health is what a person wants to know of the account.
type health struct {
	lastAudit time.Time
	auditErr  error
	lastErr   string
	lastErrAt time.Time
	downSince time.Time // of the first trouble since the account last answered; zero for none
}

// New returns a Manager. Run makes it work.
func New(config Config) *Manager {
	if config.Workers == 0 {
		config.Workers = 10
	}
	if config.AuditEvery == 0 {
		config.AuditEvery = time.Hour
	}
	if config.SweepEvery == 0 {
		config.SweepEvery = 10 * time.Minute
	}
	if config.OnGroups == nil {
		config.OnGroups = func() {}
	}
	if config.OnPark == nil {
		config.OnPark = func(resource.Key, string) {}
	}
	if config.OnHold == nil {
		config.OnHold = func(plan.Hold) {}
	}
	if config.Budget == nil {
		config.Budget = NewBudget(plan.Budget{})
	}
	if config.Metrics == nil {
		config.Metrics = NewMetrics(nil)
	}
	m := &Manager{
		Config: config, queue: NewQueue(), kinds: map[resource.Kind]*kind.Kind{},
		audit: make(chan struct{}, 1), parked: map[resource.Key]string{}, gone: map[resource.Key]time.Time{},
	}
	m.queue.linger = config.Policy.ReuseWithin
	for _, k := range config.Kinds {
		m.kinds[k.ID] = k
	}
	return m
}

// Plan decides on a key as Run would, and changes nothing. The step it returns is
// the next change, or the reason why there is none.
func (m *Manager) Plan(ctx context.Context, key resource.Key) (plan.Step, error) {
	_, step, err := m.walk(ctx, m.gather(key), plan.None, nil)
	return step, err
}

// Run mirrors until ctx ends. It begins with a complete listing of the account,
// waiting for as long as that takes.
func (m *Manager) Run(ctx context.Context) error {
	defer m.queue.Close()
	if !m.load(ctx) {
		return ctx.Err()
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, op := range lanesOf {
		g.Go(func() error { return m.runLane(ctx, op) })
	}
	g.Go(func() error { return m.runAudits(ctx) })
	g.Go(func() error { return m.runSweeps(ctx) })
	g.Go(func() error { return m.runHold(ctx) })
	return g.Wait()
}

// Touch has a key looked at again: something about it may have changed.
func (m *Manager) Touch(key resource.Key) { m.touch(key, 0) }

// touch with a backlog of one puts the key behind live changes of its class.
func (m *Manager) touch(key resource.Key, backlog int) {
	k := m.kinds[key.Kind]
	if k == nil {
		return
	}
	if k.GroupsOnly || k.Class == kind.ClassNode {
		m.OnGroups()
	}
	if k.GroupsOnly || !m.Cache.Loaded() {
		return
	}
	c := m.gather(key)
	switch step := plan.Decide(c); step.Do {
	case plan.Rest:
		m.queue.Drop(key)
		m.unpark(key)
		m.stay(key)
		m.Budget.forget(key)
	case plan.Park, plan.Withhold, plan.Linger:
		m.queue.Drop(key)
	case plan.ReadObject, plan.ReadResource, plan.FindName, plan.Act, plan.Wait:
		m.queue.Put(key, plan.Expect(c), 2*int(k.Class)+backlog)
	}
}

// Listed has every key of a kind looked at, which the cluster just listed
// completely: those it has and those the account has.
func (m *Manager) Listed(id resource.Kind) {
	m.agree(id)
	m.compare(id)
}

func (m *Manager) compare(id resource.Kind) {
	m.announce(id)
	for _, key := range m.Cluster.Keys(id) {
		m.touch(key, 1)
	}
	for _, key := range m.Cache.Keys(id) {
		m.touch(key, 1)
	}
	m.OnGroups()
}

// announce says how many resources of a kind are about to be looked at for removal
// before any of them is, so that a rule that takes away too much can be seen.
func (m *Manager) announce(id resource.Kind) {
	if !m.Cache.Loaded() || m.Cluster.Frozen(id) != "" {
		return
	}
	gone, all := 0, m.Cache.Keys(id)
	for _, key := range all {
		if m.Cluster.Hint(key).Sight == plan.Absent {
			gone++
		}
	}
	if gone > 0 {
		m.Log.Warn("resources whose objects are gone or excluded; each is read once more and then removed",
			"kind", string(id), "count", gone, "resources", len(all), "limit", m.Budget.limit(m.owned()))
	}
}

// touchAll looks at everything.
func (m *Manager) touchAll() {
	for _, k := range m.Kinds {
		m.compare(k.ID)
	}
}

// gather is all that is known of a key without asking anybody.
func (m *Manager) gather(key resource.Key) plan.Case {
	known, doubt := m.Cache.Known(key)
	reason, kept := m.Budget.reason(key)
	return plan.Case{
		Key: key, Policy: m.Policy, Now: time.Now(), GoneSince: m.goneSince(key), Rename: m.renaming.Load(), Frozen: m.Cluster.Frozen(key.Kind),
		Hint: m.Cluster.Hint(key), Known: known, Doubt: doubt, Held: reason, Kept: kept,
	}
}

// walk goes from step to step. It reads whatever a step asks for; it acts only
// with a turn, and only on a change of the turn's op. The step it returns is the
// one it could not go beyond.
func (m *Manager) walk(ctx context.Context, c plan.Case, op plan.Op, turn Turn) (plan.Case, plan.Step, error) {
	for range maxSteps {
		step := plan.Decide(c)
		switch step.Do {
		case plan.ReadObject:
			c = c.WithObject(m.Cluster.Read(ctx, c.Key))
		case plan.ReadResource:
			c = m.readResource(ctx, c, step.ID)
		case plan.FindName:
			c = m.findName(ctx, c, step.Name)
		case plan.Act:
			if turn == nil || step.Change.Op != op {
				return c, step, nil
			}
			c, turn = m.act(ctx, c, turn, step.Change)
		case plan.Rest, plan.Wait, plan.Park, plan.Withhold, plan.Linger:
			return c, step, nil
		}
		if err := ctx.Err(); err != nil {
			return c, plan.Step{Do: plan.Wait, Reason: err.Error()}, err
		}
	}
	return c, plan.Step{}, fmt.Errorf("decide on %s: no end after %d steps", c.Key, maxSteps)
}

// act carries out a change if it is permitted, and returns the turn that is left.
func (m *Manager) act(ctx context.Context, c plan.Case, turn Turn, change plan.Change) (plan.Case, Turn) {
	c, may := m.permit(ctx, c, change)
	if !may {
		return c, turn
	}
	result := m.carry(ctx, turn, change)
	if change.Configured && result.Outcome == plan.Postponed {
		m.Budget.giveBack(c.Key)
	}
	return c.WithResult(change, result), nil
}

func (m *Manager) readResource(ctx context.Context, c plan.Case, id resource.ID) plan.Case {
	seen, err := m.Account.Resource(ctx, id)
	if err != nil {
		return c.WithFailure(m.failed(fmt.Errorf("read resource %d: %w", id, err)))
	}
	m.answered()
	return c.WithResource(id, seen)
}

func (m *Manager) findName(ctx context.Context, c plan.Case, name string) plan.Case {
	found, err := m.Account.FindName(ctx, name)
	if err != nil {
		return c.WithFailure(m.failed(fmt.Errorf("find resource %q: %w", name, err)))
	}
	m.answered()
	return c.WithNames(found)
}

// carry carries out a change and tells of it.
func (m *Manager) carry(ctx context.Context, turn Turn, change plan.Change) plan.Result {
	began := time.Now()
	result := m.Actions.Carry(ctx, turn, change)
	log := m.Log.With("kind", string(change.Key.Kind), "namespace", change.Key.Namespace, "name", change.Key.Name,
		"action", change.Op.String(), "reason", change.Reason, "duration", time.Since(began))
	m.Metrics.changed(change, result.Outcome)
	if result.Outcome != plan.Lost && result.Outcome != plan.Postponed {
		m.answered()
	}
	switch result.Outcome {
	case plan.Done:
		id := change.ID
		if result.Seen != nil {
			id = result.Seen.ID
		}
		if change.Retires {
			m.Cache.Bury(result.Seen)
		}
		log.Info("changed resource", "lm_id", int64(id))
	case plan.Gone:
		log.Info("resource was gone already", "lm_id", int64(change.ID))
	case plan.Taken:
		log.Debug("name is taken", "error", result.Reason)
	case plan.Refused:
		log.Warn("change was refused", "error", result.Reason)
	case plan.Lost, plan.Postponed:
		m.failed(fmt.Errorf("%s", result.Reason))
		log.Debug("change was not confirmed", "error", result.Reason)
	}
	return result
}

// failed remembers the last trouble with the account, for readiness.
func (m *Manager) failed(err error) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.health.lastErr, m.health.lastErrAt = err.Error(), time.Now()
	if m.health.downSince.IsZero() {
		m.health.downSince = m.health.lastErrAt
	}
	return err.Error()
}

// An account that did not answer for this long was down: when it answers again, all
// keys are looked at, and need not wait out what they were delayed meanwhile. It is
// listed for that, but not more often than this.
const (
	outage      = time.Minute
	outageEvery = 5 * time.Minute
)

// answered notes that the account answers.
func (m *Manager) answered() {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := &m.health
	if !h.downSince.IsZero() && time.Since(h.downSince) >= outage && time.Since(h.lastAudit) >= outageEvery {
		m.AuditSoon()
	}
	h.lastErr, h.downSince = "", time.Time{}
}

func (m *Manager) park(key resource.Key, reason string) {
	m.mu.Lock()
	was := m.parked[key]
	m.parked[key] = reason
	m.mu.Unlock()
	if was != reason {
		m.OnPark(key, reason)
		m.Log.Warn("object cannot be mirrored as it is", "kind", string(key.Kind), "namespace", key.Namespace, "name", key.Name, "reason", reason)
	}
}

func (m *Manager) unpark(key resource.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.parked, key)
}

// goneSince is when the object was first read to be gone, while its resource
// lingers.
func (m *Manager) goneSince(key resource.Key) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gone[key]
}

// linger notes that the object was read to be gone.
func (m *Manager) linger(key resource.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone[key].IsZero() {
		m.gone[key] = time.Now()
	}
}

// stay notes that nothing lingers for the key any more.
func (m *Manager) stay(key resource.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.gone, key)
}

// Keys are all keys that the cluster or the account has of the kinds that are
// mirrored, each once, in no order.
func (m *Manager) Keys() []resource.Key {
	var keys []resource.Key
	for _, k := range m.Kinds {
		if k.GroupsOnly {
			continue
		}
		seen := map[resource.Key]bool{}
		for _, key := range append(m.Cluster.Keys(k.ID), m.Cache.Keys(k.ID)...) {
			if !seen[key] {
				seen[key] = true
				keys = append(keys, key)
			}
		}
	}
	return keys
}
