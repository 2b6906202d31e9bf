package telemetry

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
)

// NewRegistry returns a registry that holds the metrics of the Go runtime and of
// the process, and argus_build_info.
func NewRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(Version()),
	)
	return registry
}

func buildInfo(b Build) prometheus.Gauge {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "argus_build_info",
		Help:        "The version of Argus that runs; the value is always 1.",
		ConstLabels: prometheus.Labels{"version": b.Version, "revision": b.Revision, "go_version": b.GoVersion},
	})
	info.Set(1)
	return info
}

// A Catalog is a Registerer that remembers what was registered with it, so that
// docs/metrics.md can be written from the code. It is safe for concurrent use.
type Catalog struct {
	mu         sync.Mutex // guards what follows
	collectors []prometheus.Collector
}

// Register implements prometheus.Registerer.
func (c *Catalog) Register(collector prometheus.Collector) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.collectors = append(c.collectors, collector)
	return nil
}

// MustRegister implements prometheus.Registerer.
func (c *Catalog) MustRegister(all ...prometheus.Collector) {
	for _, collector := range all {
		_ = c.Register(collector) // it takes all
	}
}

// Unregister implements prometheus.Registerer.
func (c *Catalog) Unregister(collector prometheus.Collector) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.collectors, collector)
	if i < 0 {
		return false
	}
	c.collectors = slices.Delete(c.collectors, i, i+1)
	return true
}

// entry is one metric of a catalog.
type entry struct{ name, form, labels, help string }

// descForm is how a prometheus.Desc, which has no accessors, prints itself.
var descForm = regexp.MustCompile(`^Desc\{fqName: "(.*?)", help: ("(?:[^"\\]|\\.)*"), .*variableLabels: \{([^}]*)\}`)

var errDesc = errors.New("a description that cannot be read")

// Markdown is a table of all metrics, by name: name, type, labels, help. The
// error names a metric whose description cannot be read.
func (c *Catalog) Markdown() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var entries []entry
	for _, collector := range c.collectors {
		found, err := describe(collector)
		if err != nil {
			return "", err
		}
		entries = append(entries, found...)
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	b.WriteString("| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n")
	for _, e := range slices.Compact(entries) {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", e.name, e.form, e.labels, strings.ReplaceAll(e.help, "|", `\|`))
	}
	return b.String(), nil
}

func describe(collector prometheus.Collector) ([]entry, error) {
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		collector.Describe(descs)
	}()
	var entries []entry
	var bad error
	for desc := range descs { // to the end, which ends the goroutine
		m := descForm.FindStringSubmatch(desc.String())
		if m == nil {
			bad = fmt.Errorf("list the metrics: %w: %s", errDesc, desc)
			continue
		}
		help, err := strconv.Unquote(m[2])
		if err != nil {
			bad = fmt.Errorf("list the metrics: %w: %s", errDesc, desc)
			continue
		}
		var labels []string
		for label := range strings.SplitSeq(m[3], ",") {
			if label != "" {
				labels = append(labels, "`"+label+"`")
			}
		}
		entries = append(entries, entry{name: m[1], form: form(collector, m[1]), labels: strings.Join(labels, ", "), help: help})
	}
	return entries, bad
}

// form is the type of a collector's metrics. One that makes them when it is asked
// keeps to the rule of names: what counts up ends in _total.
func form(collector prometheus.Collector, name string) string {
	switch c := collector.(type) {
	case *prometheus.CounterVec:
		return "counter"
	case *prometheus.GaugeVec:
		return "gauge"
	case *prometheus.HistogramVec:
		return "histogram"
	case *prometheus.SummaryVec:
		return "summary"
	case prometheus.Metric:
		return formOf(c)
	}
	if strings.HasSuffix(name, "_total") {
		return "counter"
	}
	return "gauge"
}

func formOf(metric prometheus.Metric) string {
	var m dto.Metric
	switch err := metric.Write(&m); {
	case err != nil:
		return "various"
	case m.Counter != nil:
		return "counter"
	case m.Gauge != nil:
		return "gauge"
	case m.Histogram != nil:
		return "histogram"
	case m.Summary != nil:
		return "summary"
	}
	return "untyped"
}
