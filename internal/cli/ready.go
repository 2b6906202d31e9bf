package cli

import (
	"fmt"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/argus-k8s/argus/internal/health"
	"github.com/argus-k8s/argus/internal/watch"
)

// conditions say how Argus stands, from what its loops last saw.
func (l *loops) conditions() []health.Condition {
	return []health.Condition{l.accountCondition(), l.kubernetesCondition(), l.kindsCondition(), l.groupsCondition(), l.backlogCondition(), l.parkedCondition()}
}

func (l *loops) accountCondition() health.Condition {
	c := health.Condition{Name: "account", Ready: true}
	s := l.mirror.Snapshot()
	switch collectors := l.account.Collectors(); {
	case !s.Loaded && s.AuditErr != nil:
		c.Ready, c.Detail = false, "the account has not been listed yet: "+s.AuditErr.Error()
	case !s.Loaded && s.LastErr != "":
		c.Ready, c.Detail = false, "the account has not been listed yet: "+s.LastErr
	case !s.Loaded:
		c.Ready, c.Detail = false, "the account is being listed"
	case s.LastErr != "":
		c.Ready, c.Detail = false, fmt.Sprintf("waiting for the account; nothing is lost: %s", s.LastErr)
	case s.AuditErr != nil:
		c.Ready, c.Detail = false, s.AuditErr.Error()
	case collectors != nil:
		c.Ready, c.Detail = false, "new resources wait for a collector: "+collectors.Error()
	default:
		c.Detail = "listed at " + s.LastAudit.Format("15:04:05")
	}
	return c
}

// kubernetesCondition is about kinds that will be read; it is not met while one
// of them is not.
func (l *loops) kubernetesCondition() health.Condition {
	c := health.Condition{Name: "kubernetes", Ready: true}
	var troubles []string
	for _, s := range l.watches.States() {
		switch {
		case s.Frozen() != "" || s.Phase == watch.Watching:
		case s.Detail != "":
			troubles = append(troubles, fmt.Sprintf("%s: %s", s.Kind.ID, s.Detail))
		default:
			troubles = append(troubles, fmt.Sprintf("%s: %s", s.Kind.ID, s.Phase))
		}
	}
	if len(troubles) > 0 {
		c.Ready, c.Detail = false, strings.Join(troubles, "; ")
	}
	return c
}

// kindsCondition tells of kinds that stay as they are. They keep nobody from
// relying on the others.
func (l *loops) kindsCondition() health.Condition {
	c := health.Condition{Name: "kinds", Ready: true, Optional: true}
	var frozen []string
	for _, s := range l.watches.States() {
		if reason := s.Frozen(); reason != "" {
			frozen = append(frozen, reason)
		}
		// A cluster that does not serve a kind lacks nothing.
		c.Ready = c.Ready && s.Phase != watch.Forbidden
	}
	c.Detail = strings.Join(frozen, "; ")
	return c
}

func (l *loops) groupsCondition() health.Condition {
	r := l.groups.Report()
	c := health.Condition{Name: "groups", Ready: r.Err == nil && !r.At.IsZero(), Optional: true}
	switch {
	case r.Err != nil:
		c.Detail = r.Err.Error()
	case r.At.IsZero():
		c.Detail = "the tree has not been read yet"
	default:
		c.Detail = fmt.Sprintf("%d groups, %d changes wait", r.Groups, r.Pending)
	}
	return c
}

func (l *loops) backlogCondition() health.Condition {
	s := l.mirror.Snapshot()
	return health.Condition{
		Name: "backlog", Ready: s.Backlog() == 0, Optional: true,
		Detail: fmt.Sprintf("%d to create, %d to update, %d to delete, %d wait after a failure", s.Waiting["create"], s.Waiting["update"], s.Waiting["delete"], s.Delayed),
	}
}

func (l *loops) parkedCondition() health.Condition {
	const shown = 5
	s := l.mirror.Snapshot()
	c := health.Condition{Name: "objects", Ready: len(s.Parked) == 0, Optional: true}
	for key, reason := range s.Parked {
		if c.Detail != "" {
			c.Detail += "; "
		}
		if len(strings.Split(c.Detail, "; ")) > shown {
			c.Detail += "..."
			break
		}
		c.Detail += fmt.Sprintf("%s: %s", key, reason)
	}
	return c
}

// status tells metrics how the loops stand when it is asked.
type status struct {
	loops     *loops
	resources *prometheus.Desc
	queue     *prometheus.Desc
	frozen    *prometheus.Desc
	groups    *prometheus.Desc
}

func newStatus(l *loops) *status {
	return &status{
		loops:     l,
		resources: prometheus.NewDesc("argus_resources", "Objects of the cluster (state wanted, or waiting when they cannot be mirrored yet) and resources of the account (state present), by kind.", []string{"kind", "state"}, nil),
		queue:     prometheus.NewDesc("argus_queue_depth", "Keys that wait, by lane; lane delayed waits after a failure, parked until something changes.", []string{"lane"}, nil),
		frozen:    prometheus.NewDesc("argus_kind_frozen", "1 for a kind that cannot be read, whose resources stay as they are.", []string{"kind"}, nil),
		groups:    prometheus.NewDesc("argus_groups", "Groups of the cluster's tree (state present) and changes of them that wait (state pending).", []string{"state"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *status) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(s, ch) }

// Collect implements prometheus.Collector.
func (s *status) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, st := range s.loops.watches.States() {
		id := string(st.Kind.ID)
		frozen := 0.0
		if st.Frozen() != "" {
			frozen = 1
		}
		gauge(s.frozen, frozen, id)
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
}
