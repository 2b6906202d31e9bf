// Package leader lets one of several processes act: it holds a Lease of Kubernetes
// and knows until when it may be relied on. client-go elects; what it does not give
// is a fence: a process that was stopped for a minute and goes on believes that it
// leads. Here the time of the last renewal is kept, and whoever is about to change
// something asks first. The package must not know what is done by whoever leads.
package leader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/argus-k8s/argus/internal/telemetry"
)

// The times of an election. A request of 30 s that was begun after a renewal at
// most RetryPeriod ago ends before anybody else may lead.
const (
	DefaultLeaseDuration = 60 * time.Second
	DefaultRenewDeadline = 40 * time.Second
	DefaultRetryPeriod   = 5 * time.Second
)

var (
	// ErrLost ends Run: somebody else leads or may do so at any moment.
	ErrLost = errors.New("the lease was lost: another replica may lead now")
	// ErrNotLeading is why nothing may be changed.
	ErrNotLeading = errors.New("this replica does not lead")
)

// Config is who campaigns for what.
type Config struct {
	Leases          coordinationv1.LeasesGetter
	Namespace, Name string // of the Lease
	Identity        string // of this process; no other may have the same
	// LeaseDuration is how long others wait after the last renewal they saw;
	// RenewDeadline how long after its last renewal the leader goes on;
	// RetryPeriod how often it renews, and how often others look.
	LeaseDuration, RenewDeadline, RetryPeriod time.Duration
	Log                                       *slog.Logger
}

func (c Config) check() error {
	var faults []error
	for _, part := range []struct{ name, value string }{{"namespace of the Lease", c.Namespace}, {"name of the Lease", c.Name}, {"identity of this replica", c.Identity}} {
		if part.value == "" {
			faults = append(faults, fmt.Errorf("leader election: the %s is not known; name it", part.name))
		}
	}
	if c.LeaseDuration <= c.RenewDeadline {
		faults = append(faults, fmt.Errorf("leader election: lease duration is %v, want more than the renew deadline, %v", c.LeaseDuration, c.RenewDeadline))
	}
	if limit := time.Duration(leaderelection.JitterFactor * float64(c.RetryPeriod)); c.RetryPeriod <= 0 || c.RenewDeadline <= limit {
		faults = append(faults, fmt.Errorf("leader election: retry period is %v, want over 0 and less than the renew deadline, %v, by a fifth and more", c.RetryPeriod, c.RenewDeadline))
	}
	return errors.Join(faults...)
}

// Election is a campaign for one Lease. Its methods are safe for concurrent use.
type Election struct {
	config  Config
	lock    *lock
	elected chan struct{}
	once    sync.Once
}

// New checks a campaign. All faults are reported at once.
func New(config Config) (*Election, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	return &Election{
		config:  config,
		elected: make(chan struct{}),
		lock: &lock{Interface: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: config.Namespace, Name: config.Name},
			Client:     config.Leases,
			LockConfig: resourcelock.ResourceLockConfig{Identity: config.Identity},
		}},
	}, nil
}

// Run campaigns, and holds the Lease from then on. It returns nil when ctx ends,
// after it has given the Lease back, so ctx must end after all that only a leader
// may do. It returns ErrLost when the Lease could not be held. It is called once.
func (e *Election) Run(ctx context.Context) error {
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: e.lock, Name: e.config.Name, ReleaseOnCancel: true,
		LeaseDuration: e.config.LeaseDuration, RenewDeadline: e.config.RenewDeadline, RetryPeriod: e.config.RetryPeriod,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { e.begin() },
			OnStoppedLeading: func() {}, // Run returns
			OnNewLeader: func(identity string) {
				if identity != e.config.Identity {
					e.config.Log.Info("standing by; another replica leads", telemetry.KeyLeader, identity)
				}
			},
		},
	})
	if err != nil {
		return fmt.Errorf("leader election: %w", err)
	}
	elector.Run(ctx)
	select {
	case <-ctx.Done():
		return nil
	default:
		return ErrLost
	}
}

func (e *Election) begin() {
	e.once.Do(func() {
		e.config.Log.Info("this replica leads", telemetry.KeyLeader, e.config.Identity)
		close(e.elected)
	})
}

// Elected is closed once this process leads.
func (e *Election) Elected() <-chan struct{} { return e.elected }

// Until is asked right before something is changed. The error says that this
// process may not; otherwise what was begun must have ended by the time returned,
// because then another process may lead.
func (e *Election) Until() (time.Time, error) {
	renewed := e.lock.last()
	switch {
	case renewed.IsZero():
		return time.Time{}, ErrNotLeading
	case since(renewed) >= e.config.RenewDeadline:
		return time.Time{}, fmt.Errorf("%w: its lease was last renewed %v ago", ErrNotLeading, since(renewed).Round(time.Second))
	}
	return renewed.Add(e.config.LeaseDuration), nil
}

// Annotation reads an annotation of the Lease as it is now; empty when there is
// none.
func (e *Election) Annotation(ctx context.Context, name string) (string, error) {
	lease, err := e.config.Leases.Leases(e.config.Namespace).Get(ctx, e.config.Name, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("read the Lease %s/%s: %w", e.config.Namespace, e.config.Name, err)
	}
	return lease.Annotations[name], nil
}

// Standing says how the campaign stands.
func (e *Election) Standing() Standing {
	_, err := e.Until()
	s := Standing{Leads: err == nil, Lease: e.config.Namespace + "/" + e.config.Name}
	s.Leader, s.Err = e.lock.seen()
	return s
}

// Standing is how a campaign stands.
type Standing struct {
	Leads  bool
	Lease  string // namespace/name
	Leader string // who was last seen to lead; empty when nobody was
	Err    error  // why the Lease could not be read or written last
}

// since is the time that has passed for everybody else. While a machine sleeps
// one of the two clocks may stand still.
func since(t time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(t), now.Round(0).Sub(t.Round(0)))
}
