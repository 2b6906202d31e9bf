package cli

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/telemetry"
	"github.com/argus-k8s/argus/internal/watch"
)

//go:generate go run ./gen -o ../../docs/metrics.md

// status tells metrics how the loops stand when it is asked.
type status struct {
	loops     *loops
	resources *prometheus.Desc
	queue     *prometheus.Desc
	frozen    *prometheus.Desc
	served    *prometheus.Desc
	groups    *prometheus.Desc
	held      *prometheus.Desc
}

func newStatus(l *loops) *status {
	return &status{
		loops:     l,
		resources: prometheus.NewDesc("argus_resources", "Objects of the cluster (state wanted, or waiting when they cannot be mirrored yet) and resources of the account (state present), by kind.", []string{"kind", "state"}, nil),
		queue:     prometheus.NewDesc("argus_queue_depth", "Keys that wait, by lane; lane delayed waits after a failure, parked until something changes.", []string{"lane"}, nil),
		frozen:    prometheus.NewDesc("argus_kind_frozen", "1 for a kind that Argus is not permitted to read, whose resources stay as they are.", []string{"kind"}, nil),
		served:    prometheus.NewDesc("argus_kind_served", "1 for a kind that the cluster serves, 0 for one that it does not.", []string{"kind"}, nil),
		groups:    prometheus.NewDesc("argus_groups", "Groups of the cluster's tree (state present) and changes of them that wait (state pending).", []string{"state"}, nil),
		held:      prometheus.NewDesc("argus_deletes_held", "Removals that the deletion budget holds until a person approves or complete lists agree, by kind. Anything but none needs a look.", []string{"kind"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *status) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.resources, s.queue, s.frozen, s.served, s.groups, s.held} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *status) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, st := range s.loops.watches.States() {
		id := string(st.Kind.ID)
		gauge(s.frozen, fact(st.Phase == watch.Forbidden), id)
		gauge(s.served, fact(st.Phase != watch.Unserved), id)
		if !st.Kind.GroupsOnly {
			gauge(s.resources, float64(st.Objects-st.NotReady), id, "wanted")
			gauge(s.resources, float64(st.NotReady), id, "waiting")
		}
	}
	snapshot := s.loops.mirror.Snapshot()
	for _, k := range snapshot.Kinds {
		gauge(s.resources, float64(k.Present), string(k.Kind), "present")
	}
	for lane, n := range snapshot.Waiting {
		gauge(s.queue, float64(n), lane)
	}
	gauge(s.queue, float64(snapshot.Delayed), "delayed")
	gauge(s.queue, float64(len(snapshot.Parked)), "parked")
	report := s.loops.groups.Report()
	gauge(s.groups, float64(report.Groups), "present")
	gauge(s.groups, float64(report.Pending), "pending")
	for kind, n := range s.loops.budget.Hold().Kinds {
		gauge(s.held, float64(n), string(kind))
	}
}

// fact is 1 for what is so and 0 for what is not.
func fact(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// reloads tells metrics how the configuration stands when it is asked.
type reloads struct {
	reloader *reloader
	success  *prometheus.Desc
	since    *prometheus.Desc
	total    *prometheus.Desc
}

func newReloads(r *reloader) *reloads {
	return &reloads{
		reloader: r,
		success:  prometheus.NewDesc("argus_config_reload_success", "1 if the newest configuration is in force, 0 if it has faults and the one before is.", nil, nil),
		since:    prometheus.NewDesc("argus_config_in_force_timestamp_seconds", "Since when the configuration has been in force.", nil, nil),
		total:    prometheus.NewDesc("argus_config_reloads_total", "How often another configuration was taken since the start.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *reloads) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.success, c.since, c.total} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *reloads) Collect(ch chan<- prometheus.Metric) {
	c.reloader.mu.Lock()
	defer c.reloader.mu.Unlock()
	ch <- prometheus.MustNewConstMetric(c.success, prometheus.GaugeValue, fact(c.reloader.fault == ""))
	ch <- prometheus.MustNewConstMetric(c.since, prometheus.GaugeValue, float64(c.reloader.since.Unix()))
	ch <- prometheus.MustNewConstMetric(c.total, prometheus.CounterValue, float64(c.reloader.reloads))
}

// MetricsTable is docs/metrics.md: every metric of Argus, from the code.
func MetricsTable() (string, error) {
	catalog := &telemetry.Catalog{}
	mirror.NewMetrics(catalog)
	catalog.MustRegister(newStatus(nil), newReloads(nil), newLeads(nil))
	_, err := lm.New(lm.Config{BaseURL: "http://127.0.0.1", Credentials: credential.Config{Bearer: "unused"}, Metrics: catalog})
	if err != nil {
		return "", err
	}
	return catalog.Markdown()
}
