package mirror

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/argus-k8s/argus/internal/plan"
)

// Metrics counts what a Manager does.
type Metrics struct {
	changes *prometheus.CounterVec
	wait    *prometheus.HistogramVec
	audit   prometheus.Gauge
	auditAt prometheus.Gauge
	panics  prometheus.Counter
}

// NewMetrics makes the metrics and registers them unless r is nil.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "argus_changes_total", Help: "Changes sent to the account, by kind, action and how they ended.",
		}, []string{"kind", "action", "result"}),
		wait: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "argus_queue_wait_seconds", Help: "Time a key waited in its lane of the queue before it was worked on.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 12),
		}, []string{"lane"}),
		audit:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "argus_audit_duration_seconds", Help: "How long the last complete listing of the account took."}),
		auditAt: prometheus.NewGauge(prometheus.GaugeOpts{Name: "argus_audit_last_success_timestamp_seconds", Help: "When the account was last listed completely."}),
		panics:  prometheus.NewCounter(prometheus.CounterOpts{Name: "argus_panics_total", Help: "Panics that were contained while reconciling a key. Anything but zero is a bug."}),
	}
	if r != nil {
		r.MustRegister(m.changes, m.wait, m.audit, m.auditAt, m.panics)
	}
	return m
}

func (m *Metrics) changed(change plan.Change, outcome plan.Outcome) {
	m.changes.WithLabelValues(string(change.Key.Kind), change.Op.String(), outcome.String()).Inc()
}

func (m *Metrics) waited(op plan.Op, d time.Duration) {
	m.wait.WithLabelValues(op.String()).Observe(d.Seconds())
}

func (m *Metrics) audited(d time.Duration) {
	m.audit.Set(d.Seconds())
	m.auditAt.SetToCurrentTime()
}
