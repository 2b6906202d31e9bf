package mirror

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

// Pauses between attempts to list the account while that fails.
const (
	auditRetryFirst = 2 * time.Second
	auditRetryMost  = 2 * time.Minute
)

// Audit lists the account completely and has every difference looked at. What
// cannot be listed completely changes nothing.
func (m *Manager) Audit(ctx context.Context) error {
	began := time.Now()
	listing := m.Cache.Begin()
	if err := m.Account.List(ctx, listing.Add); err != nil {
		listing.Abort()
		err = fmt.Errorf("list the account: %w", err)
		m.audited(err)
		return err
	}
	listing.Complete()
	m.renaming.Store(m.rename.Swap(false))
	m.audited(nil)
	m.Metrics.audited(time.Since(began))
	m.Log.Info("listed the account", "resources", listing.Len(), "duration", time.Since(began))
	m.touchAll()
	m.compared.Store(true)
	return nil
}

// RenameSoon asks for an audit after which resources have the display names that
// their objects give them, whatever people called them.
func (m *Manager) RenameSoon() {
	m.rename.Store(true)
	m.AuditSoon()
}

// AuditSoon asks for an audit before the next is due.
func (m *Manager) AuditSoon() {
	select {
	case m.audit <- struct{}{}:
	default:
	}
}

// Note remembers trouble with the account that somebody else had, for people.
func (m *Manager) Note(err error) { m.failed(err) }

func (m *Manager) audited(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.health.auditErr = err
	if err == nil {
		m.health.lastAudit = time.Now()
		m.health.lastErr, m.health.downSince = "", time.Time{}
	}
}

// load lists the account until that succeeds. It says false when ctx ended.
func (m *Manager) load(ctx context.Context) bool {
	for pause := auditRetryFirst; ; pause = min(2*pause, auditRetryMost) {
		err := m.Audit(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		m.Log.Warn("account could not be listed; nothing is changed before it is", "error", err, "retry_in", pause)
		if !sleep(ctx, jitter(pause)) {
			return false
		}
	}
}

// runAudits audits when the time has come or somebody asks, sooner after a
// failure.
func (m *Manager) runAudits(ctx context.Context) error {
	pause, retry := m.AuditEvery, auditRetryFirst
	for {
		timer := time.NewTimer(jitter(pause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-m.audit:
			timer.Stop()
		case <-timer.C:
		}
		if err := m.Audit(ctx); err != nil && ctx.Err() == nil {
			m.Log.Warn("audit failed", "error", err, "retry_in", retry)
			pause, retry = retry, min(2*retry, auditRetryMost)
			continue
		}
		pause, retry = m.AuditEvery, auditRetryFirst
	}
}

// jitter is d, more or less a tenth, so that several installations do not list
// their account at the same moment.
func jitter(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1) //nolint:gosec // jitter, not a secret
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Snapshot is how the mirror stands, for people.
type Snapshot struct {
	Kinds     []KindCount
	Waiting   map[string]int // keys by lane
	Delayed   int            // keys that failed and wait
	Parked    map[resource.Key]string
	Loaded    bool // the account was listed and compared at least once
	Idle      bool // nothing waits, is delayed or under way
	LastAudit time.Time
	AuditErr  error
	LastErr   string
	LastErrAt time.Time
}

// KindCount counts one kind.
type KindCount struct {
	Kind    resource.Kind
	Present int // resources in the account
	Frozen  string
}

// Present is how many resources the account holds.
func (s Snapshot) Present() (n int) {
	for _, k := range s.Kinds {
		n += k.Present
	}
	return n
}

// Backlog is how much is still to be done.
func (s Snapshot) Backlog() int {
	n := s.Delayed
	for _, waiting := range s.Waiting {
		n += waiting
	}
	return n
}

// Snapshot says how the mirror stands.
func (m *Manager) Snapshot() Snapshot {
	counts := m.Cache.Counts()
	s := Snapshot{Waiting: map[string]int{}, Parked: map[resource.Key]string{}, Loaded: m.compared.Load(), Idle: m.queue.Idle()}
	for _, k := range m.Kinds {
		if k.GroupsOnly {
			continue
		}
		s.Kinds = append(s.Kinds, KindCount{Kind: k.ID, Present: counts[k.ID], Frozen: m.Cluster.Frozen(k.ID)})
	}
	lanes, delayed := m.queue.Depths()
	for op, n := range lanes {
		s.Waiting[op.String()] = n
	}
	s.Delayed = delayed
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, reason := range m.parked {
		s.Parked[key] = reason
	}
	s.LastAudit, s.AuditErr = m.health.lastAudit, m.health.auditErr
	s.LastErr, s.LastErrAt = m.health.lastErr, m.health.lastErrAt
	return s
}
