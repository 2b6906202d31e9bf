package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"k8s.io/client-go/kubernetes"

	"github.com/argus-k8s/argus/internal/health"
	"github.com/argus-k8s/argus/internal/leader"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/telemetry"
)

// lookEvery is how often the configuration is read again. A ConfigMap takes a
// minute to reach its pods, so that this adds little.
const lookEvery = 5 * time.Second

// reloader runs the loops with the configuration there is. When a file changes
// they end and begin anew with what it says now: nothing but the account and the
// cluster holds any state, so that this costs one listing of each. A configuration
// with faults changes nothing, and is told.
type reloader struct {
	process Process
	flags   flags
	level   *slog.LevelVar
	log     *slog.Logger
	inForce settings // run's own
	barred  barred   // run's own
	events  *events
	// The election outlives every configuration; nil when this process alone acts.
	election *leader.Election
	budget   *mirror.Budget // nor does a new one begin with a new budget

	mu      sync.Mutex // guards what follows
	loops   *loops     // that run
	fault   string     // what is wrong with the newest configuration
	since   time.Time
	reloads int
}

// barred is a configuration that the account does not allow. The account is not
// asked again about it at every look: a person may mend it there.
type barred struct {
	config settings
	err    error
	at     time.Time
}

const askAgain = time.Minute

func newReloader(p Process, f flags, level *slog.LevelVar, log *slog.Logger) *reloader {
	return &reloader{process: p, flags: f, level: level, log: log, since: time.Now()}
}

// begin puts the loops together for the first configuration, and the election
// beside them. Nothing runs yet.
func (r *reloader) begin(ctx context.Context, c settings) error {
	client, err := r.kubernetes()
	if err != nil {
		return err
	}
	if r.election, err = newElection(r.process, r.flags, client, r.log); err != nil {
		return err
	}
	r.inForce, r.budget = c, mirror.NewBudget(limits(c))
	r.loops, err = r.connect(ctx, c)
	return err
}

// kubernetes is a client of its own for the election, which must not wait behind
// what the loops ask.
func (r *reloader) kubernetes() (kubernetes.Interface, error) {
	config, err := restConfig(r.flags.kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("read how to reach the Kubernetes cluster: %w", err)
	}
	return client, nil
}

// connect puts the loops together for a configuration. Nothing runs yet.
func (r *reloader) connect(ctx context.Context, c settings) (*loops, error) {
	a, err := assemble(ctx, c, r.flags.kubeconfig, guard(r.election), r.log)
	if err != nil {
		return nil, err
	}
	a.budget = r.budget
	l := a.connect()
	l.events, l.election = r.events, r.election
	return l, nil
}

// run runs the loops, again and again with each new configuration, until ctx ends.
func (r *reloader) run(ctx context.Context, live *health.Liveness) error {
	for {
		inner, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		current := r.current()
		go func() { done <- current.run(inner, live) }()
		next := r.await(ctx, done)
		stop()
		err := <-done
		if next == nil {
			return err
		}
		r.inForce = next.config
		r.take(next)
	}
}

func (r *reloader) current() *loops {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.loops
}

// await returns the loops for another good configuration, or nil when those that
// run have ended; done then holds their error.
func (r *reloader) await(ctx context.Context, done chan error) *loops {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			done <- err
			return nil
		case <-tick.C:
			if next := r.look(ctx); next != nil {
				return next
			}
		}
	}
}

// look reads the configuration again, and returns loops for it if it asks for
// something else and all that can be known before it counts is good.
func (r *reloader) look(ctx context.Context) *loops {
	c, err := loadConfig(r.process, r.flags)
	if err != nil {
		r.refuse(err)
		return nil
	}
	if same(r.inForce, c) {
		r.accept()
		return nil
	}
	quiet := r.inForce
	quiet.Log.Level = c.Log.Level
	if same(quiet, c) {
		r.level.Set(telemetry.ParseLevel(c.Log.Level))
		r.inForce = c
		r.log.Info("log level changed")
		r.accept()
		return nil
	}
	if r.barred.err != nil && time.Since(r.barred.at) < askAgain && same(r.barred.config, c) {
		r.refuse(r.barred.err)
		return nil
	}
	next, err := r.connect(ctx, c)
	if err == nil {
		err = next.claimable(ctx)
		r.barred = barred{config: c, err: err, at: time.Now()}
	}
	if err != nil {
		r.refuse(err)
		return nil
	}
	r.log.Info("configuration changed; beginning anew with it")
	for _, setting := range startOnly(r.inForce, c) {
		r.log.Warn("this change counts from the next start of the process", telemetry.KeySetting, setting)
	}
	notices(r.log, c)
	return next
}

// refuse keeps the configuration there is, and tells why, once.
func (r *reloader) refuse(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault != err.Error() {
		r.fault = err.Error()
		r.log.Error("configuration has faults and is not taken; the one before stays in force", telemetry.KeyError, err)
		r.events.warn(eventConfigRefused, "the one before stays in force: "+err.Error())
	}
}

// accept notes that the newest configuration is the one in force.
func (r *reloader) accept() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = ""
}

// take puts the next loops in the place of those that have ended.
func (r *reloader) take(next *loops) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loops, r.fault, r.since = next, "", time.Now()
	r.budget.Configure(limits(next.config))
	r.reloads++
	r.level.Set(telemetry.ParseLevel(next.config.Log.Level))
	r.log.Info("configuration is in force")
	r.events.note(eventConfigInForce, "another configuration is in force")
}

// same says whether two configurations ask for the same.
func same(a, b settings) bool {
	x, errX := a.Effective()
	y, errY := b.Effective()
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// startOnly are the settings that differ and that only a start takes up: what serves
// probes and what writes the log outlive every configuration.
func startOnly(a, b settings) (differ []string) {
	if a.Server.Address != b.Server.Address {
		differ = append(differ, "server.address")
	}
	if a.Log.Format != b.Log.Format {
		differ = append(differ, "log.format")
	}
	if a.Profiling.Enable != b.Profiling.Enable {
		differ = append(differ, "profiling.enable")
	}
	return differ
}

// conditions say how Argus stands.
func (r *reloader) conditions() []health.Condition {
	r.mu.Lock()
	l, fault := r.loops, r.fault
	r.mu.Unlock()
	c := health.Condition{Name: "configuration", Ready: fault == "", Optional: true, Detail: fault}
	if r.election == nil {
		return append(l.conditions(), c)
	}
	own := electionCondition(r.election)
	if !leads(r.election) {
		return []health.Condition{own, l.kubernetesCondition(), l.kindsCondition(), c}
	}
	return append(l.conditions(), own, c)
}

// Gather implements prometheus.Gatherer with the metrics of the loops that run
// now, and of the configuration.
func (r *reloader) Gather() ([]*dto.MetricFamily, error) {
	r.mu.Lock()
	l := r.loops
	r.mu.Unlock()
	own := prometheus.NewRegistry()
	if err := errors.Join(own.Register(newReloads(r)), own.Register(newLeads(r.election))); err != nil {
		return nil, err
	}
	return prometheus.Gatherers{l.metrics, own}.Gather()
}
