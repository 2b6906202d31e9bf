package cli

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/argus-k8s/argus/internal/health"
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

	mu      sync.Mutex // guards what follows
	config  settings
	loops   *loops
	fault   string // what is wrong with the newest configuration
	since   time.Time
	reloads int
}

func newReloader(p Process, f flags, c settings, level *slog.LevelVar, log *slog.Logger) *reloader {
	return &reloader{process: p, flags: f, config: c, level: level, log: log, since: time.Now()}
}

// connect puts the loops together for the configuration there is.
func (r *reloader) connect(ctx context.Context) (*loops, error) {
	r.mu.Lock()
	c := r.config
	r.mu.Unlock()
	a, err := assemble(ctx, c, r.flags.kubeconfig, r.log)
	if err != nil {
		return nil, err
	}
	l := a.connect()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loops = l
	return l, nil
}

// run runs the loops, again and again with each new configuration, until ctx ends.
func (r *reloader) run(ctx context.Context, live *health.Liveness) error {
	for {
		inner, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		loops := r.loops
		go func() { done <- loops.run(inner, live) }()
		changed := r.await(inner, done)
		stop()
		if !changed {
			return <-done
		}
		<-done
		if _, err := r.connect(ctx); err != nil {
			return err
		}
		r.log.Info("configuration is in force")
	}
}

// await returns true when there is another good configuration, and false when the
// loops have ended; done then holds their error.
func (r *reloader) await(ctx context.Context, done chan error) bool {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			done <- err
			return false
		case <-tick.C:
			if r.look() {
				return true
			}
		}
		if ctx.Err() != nil {
			done <- <-done
			return false
		}
	}
}

// look reads the configuration again and says whether the loops must begin anew.
func (r *reloader) look() bool {
	c, err := loadConfig(r.process, r.flags)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		if r.fault != err.Error() {
			r.fault = err.Error()
			r.log.Error("configuration has faults and is not taken; the one before stays in force", telemetry.KeyError, err)
		}
		return false
	}
	r.fault = ""
	if same(r.config, c) {
		return false
	}
	before := r.config
	before.Log.Level = c.Log.Level
	r.config, r.since = c, time.Now()
	r.reloads++
	notices(r.log, c)
	r.level.Set(telemetry.ParseLevel(c.Log.Level))
	if same(before, c) {
		r.log.Info("log level changed")
		return false
	}
	r.log.Info("configuration changed; beginning anew with it")
	return true
}

// same says whether two configurations ask for the same.
func same(a, b settings) bool {
	x, errX := a.Effective()
	y, errY := b.Effective()
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// conditions say how Argus stands.
func (r *reloader) conditions() []health.Condition {
	r.mu.Lock()
	l, fault := r.loops, r.fault
	r.mu.Unlock()
	c := health.Condition{Name: "configuration", Ready: fault == "", Optional: true, Detail: fault}
	return append(l.conditions(), c)
}

// Gather implements prometheus.Gatherer with the metrics of the loops that run
// now, and of the configuration.
func (r *reloader) Gather() ([]*dto.MetricFamily, error) {
	r.mu.Lock()
	l, good, since, reloads := r.loops, r.fault == "", r.since, r.reloads
	r.mu.Unlock()
	own := prometheus.NewRegistry()
	gauge := func(name, help string, value float64) {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
		g.Set(value)
		own.MustRegister(g)
	}
	success := 0.0
	if good {
		success = 1
	}
	gauge("argus_config_reload_success", "1 if the newest configuration is in force, 0 if it has faults and the one before is.", success)
	gauge("argus_config_in_force_timestamp_seconds", "Since when the configuration has been in force.", float64(since.Unix()))
	gauge("argus_config_reloads", "How often another configuration was taken since the start.", float64(reloads))
	return prometheus.Gatherers{l.metrics, own}.Gather()
}
