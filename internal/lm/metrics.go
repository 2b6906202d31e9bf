package lm

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the client's metrics. The label endpoint is a path template, so its
// values are few and hold nothing of the cluster.
type metrics struct {
	requests  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	wait      *prometheus.HistogramVec
	remaining *prometheus.GaugeVec
	limit     *prometheus.GaugeVec
	retries   *prometheus.CounterVec
}

// newMetrics registers the metrics; with no registerer they are kept unseen. Two
// clients with one registerer share them.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	lane := []string{"method", "endpoint"}
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "argus_lm_requests_total",
			Help: "Requests to the LogicMonitor API, by HTTP status or by what kept an answer from coming (timeout, canceled, error) or the request from being sent (throttled, held).",
		}, append(lane, "code")),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "argus_lm_request_duration_seconds",
			Help:    "Time from sending a request to the LogicMonitor API until its answer was read.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, lane),
		wait: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "argus_lm_limiter_wait_seconds",
			Help:    "Time a request, or a worker without a request yet, waited for its turn under the rate limit.",
			Buckets: []float64{.001, .01, .1, .5, 1, 5, 15, 30, 60, 120, 300},
		}, lane),
		remaining: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "argus_lm_rate_limit_remaining",
			Help: "Requests the account still takes in its window, as its newest answer said.",
		}, lane),
		limit: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "argus_lm_rate_limit_limit",
			Help: "Requests the account takes in a window, as its newest answer said.",
		}, lane),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "argus_lm_retries_total",
			Help: "Requests the client sent again by itself: reads, requests for which no connection was made, and requests refused by the rate limit.",
		}, lane),
	}
	if r == nil {
		return m, nil
	}
	return m, errors.Join(
		register(r, &m.requests), register(r, &m.duration), register(r, &m.wait),
		register(r, &m.remaining), register(r, &m.limit), register(r, &m.retries))
}

func register[C prometheus.Collector](r prometheus.Registerer, c *C) error {
	err := r.Register(*c)
	if err == nil {
		return nil
	}
	if there, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if existing, ok := there.ExistingCollector.(C); ok {
			*c = existing
			return nil
		}
	}
	return fmt.Errorf("register metric: %w", err)
}

func (m *metrics) request(e Endpoint, code string, took time.Duration) {
	m.requests.WithLabelValues(e.Method(), e.Template(), code).Inc()
	m.duration.WithLabelValues(e.Method(), e.Template()).Observe(took.Seconds())
}

// unsent counts a request that was refused on our side.
func (m *metrics) unsent(e Endpoint, code string) {
	m.requests.WithLabelValues(e.Method(), e.Template(), code).Inc()
}

func (m *metrics) waited(e Endpoint, took time.Duration) {
	m.wait.WithLabelValues(e.Method(), e.Template()).Observe(took.Seconds())
}

func (m *metrics) retried(e Endpoint) {
	m.retries.WithLabelValues(e.Method(), e.Template()).Inc()
}

func (m *metrics) limited(e Endpoint, limit, remaining int) {
	m.limit.WithLabelValues(e.Method(), e.Template()).Set(float64(limit))
	m.remaining.WithLabelValues(e.Method(), e.Template()).Set(float64(remaining))
}

func statusLabel(status int) string { return strconv.Itoa(status) }
