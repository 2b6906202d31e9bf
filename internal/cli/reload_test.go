package cli

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/record"
)

// watched is a reloader of one file, as it stands after a start. Its cluster cannot
// be reached, since no kubeconfig names it.
func watched(t *testing.T, content string) (r *reloader, write func(content string), log *bytes.Buffer) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	write = func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(content)
	environment := credentials()
	p := Process{Lookup: func(name string) (string, bool) { v, ok := environment[name]; return v, ok }}
	f := flags{config: []string{path}, kubeconfig: filepath.Join(t.TempDir(), "missing")}
	log = &bytes.Buffer{}
	r = newReloader(p, f, new(slog.LevelVar), slog.New(slog.NewTextHandler(log, nil)))
	r.events = newEvents(t.Context(), p, nil, r.log) // outside a pod
	var err error
	if r.inForce, err = loadConfig(p, f); err != nil {
		t.Fatal(err)
	}
	return r, write, log
}

// succeeded is what metrics say of the newest configuration.
func succeeded(t *testing.T, r *reloader) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(newReloads(r))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "argus_config_reload_success" {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatal("there is no metric argus_config_reload_success")
	return 0
}

// TestReloader_KeepsTheLastGood: a file with faults is told once, in the log, as an
// Event and as a metric, and changes nothing; one that is good again ends the
// complaint.
func TestReloader_KeepsTheLastGood(t *testing.T) {
	const good = "clusterName: lab\n"
	r, write, log := watched(t, good)
	told := record.NewFakeRecorder(10)
	r.events = &events{recorder: told, pod: &corev1.ObjectReference{}}
	for name, tt := range map[string]struct{ content, fault string }{
		"a fault":                         {"clusterName: lab\nclusterNam: x\n", "clusterNam"},
		"no YAML":                         {"clusterName: [\n", "not YAML"},
		"what it names cannot be reached": {"clusterName: other\n", "Kubernetes cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			log.Reset()
			write(tt.content)
			for range 3 {
				if next := r.look(t.Context()); next != nil {
					t.Fatalf("look: got loops, want the ones before to go on")
				}
			}
			if !strings.Contains(r.fault, tt.fault) || r.inForce.ClusterName != "lab" {
				t.Errorf("got fault %q with %q in force, want %q and lab", r.fault, r.inForce.ClusterName, tt.fault)
			}
			if got := strings.Count(log.String(), "is not taken"); got != 1 {
				t.Errorf("log: told %d times, want once:\n%s", got, log)
			}
			if len(told.Events) != 1 {
				t.Fatalf("Events: told %d times, want once", len(told.Events))
			}
			if e := <-told.Events; !strings.HasPrefix(e, "Warning ConfigurationRefused ") || !strings.Contains(e, tt.fault) {
				t.Errorf("Event: got %q, want a warning that names %q", e, tt.fault)
			}
			if got := succeeded(t, r); got != 0 {
				t.Errorf("argus_config_reload_success: got %v, want 0", got)
			}
			write(good)
			if next := r.look(t.Context()); next != nil || r.fault != "" {
				t.Errorf("good again: got loops %v and fault %q, want neither", next != nil, r.fault)
			}
			if got := succeeded(t, r); got != 1 {
				t.Errorf("good again: argus_config_reload_success: got %v, want 1", got)
			}
		})
	}
}

// TestReloader_LogLevel takes effect without anything beginning anew.
func TestReloader_LogLevel(t *testing.T) {
	r, write, _ := watched(t, "clusterName: lab\n")
	write("clusterName: lab\nlog: {level: debug}\n")
	if next := r.look(t.Context()); next != nil {
		t.Errorf("look: got loops, want the ones before to go on")
	}
	if r.level.Level() != slog.LevelDebug || r.inForce.Log.Level != "debug" || r.fault != "" {
		t.Errorf("got level %v, %q in force and fault %q, want debug", r.level.Level(), r.inForce.Log.Level, r.fault)
	}
}

// TestStartOnly: of what a running process cannot take up a person is told.
func TestStartOnly(t *testing.T) {
	r, write, _ := watched(t, "clusterName: lab\n")
	before := r.inForce
	for content, want := range map[string][]string{
		"clusterName: lab\nkinds: {preset: essentials}\nlog: {level: debug}\n":                           nil,
		"clusterName: lab\nserver: {address: ':9090'}\nlog: {format: json}\nprofiling: {enable: true}\n": {"server.address", "log.format", "profiling.enable"},
	} {
		write(content)
		after, err := loadConfig(r.process, r.flags)
		if err != nil {
			t.Fatal(err)
		}
		if got := startOnly(before, after); !slices.Equal(got, want) {
			t.Errorf("startOnly after %q = %q, want %q", content, got, want)
		}
	}
}
