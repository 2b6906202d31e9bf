package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
	"github.com/argus-k8s/argus/test/cluster"
)

// paper is a screen that is no terminal, and what stands on it.
func paper() (*screen, *bytes.Buffer) {
	out := &bytes.Buffer{}
	return &screen{out: out, width: func() int { return 0 }}, out
}

// TestDemo_once runs all of it: the account equals the cluster after every
// change. It then tampers with the account, and the verdict has to turn.
func TestDemo_once(t *testing.T) {
	s, out := paper()
	defer func() {
		if t.Failed() {
			t.Logf("the demo said:\n%s", out)
		}
	}()
	ctx := t.Context()
	assets, err := cluster.Binaries(ctx, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	bin, err := build(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{screen: s, dir: t.TempDir(), patience: 2 * time.Minute}
	defer func() {
		if err := d.end(); err != nil {
			t.Errorf("end: %v", err)
		}
	}()
	if err := d.start(ctx, assets, bin); err != nil {
		t.Fatal(err)
	}
	if err := d.once(ctx); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"├─ Kubernetes Cluster: demo", "POST   /device/devices", "The account equals the cluster: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if total, _ := d.portal.used(); total.refused != 0 {
		t.Errorf("%d calls were refused with 429, want none", total.refused)
	}
	const victim = "ledger-0-pod-payments-demo"
	device, _ := d.portal.DeviceByDisplayName(victim)
	if err := d.portal.DeleteDevice(device.ID, true); err != nil {
		t.Fatal(err)
	}
	d.patience = 2 * time.Second
	var wait *waitError
	if err := d.converge(ctx); !errors.As(err, &wait) {
		t.Fatalf("after %s was deleted by hand: got error %v, want a waitError", victim, err)
	}
	want := []string{
		"group Kubernetes Cluster: demo/Namespaces/payments counts 22 resources, want 23",
		"group Kubernetes Cluster: demo/Namespaces/payments lacks " + victim, "missing: " + victim,
	}
	if diff := cmp.Diff(want, wait.found); diff != "" {
		t.Errorf("differences, want -, got +:\n%s", diff)
	}
}

// TestRun_bound: a demo that takes too long fails, says why, and leaves nothing.
func TestRun_bound(t *testing.T) {
	if _, err := cluster.Binaries(t.Context(), os.Stderr); err != nil {
		t.Fatal(err)
	}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	s, out := paper()
	if code := run(t.Context(), []string{"-once", "-timeout", "1s"}, func(string) string { return "" }, s); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	if want := "demo: "; !strings.Contains(out.String(), want) {
		t.Errorf("got %q, want %q in it", out, want)
	}
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestParse(t *testing.T) {
	tests := map[string]struct {
		args []string
		demo string
		want options
		err  bool
	}{
		"nothing":          {want: options{bound: 6 * time.Minute}},
		"by flag":          {args: []string{"-once"}, want: options{once: true, bound: 6 * time.Minute}},
		"by environment":   {demo: "once", want: options{once: true, bound: 6 * time.Minute}},
		"another time":     {args: []string{"-timeout", "1m"}, want: options{bound: time.Minute}},
		"unknown argument": {args: []string{"once"}, err: true},
		"unknown flag":     {args: []string{"-twice"}, err: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parse(test.args, func(string) string { return test.demo }, &bytes.Buffer{})
			if (err != nil) != test.err {
				t.Fatalf("got error %v", err)
			}
			if err == nil && got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestRun_wrongCommandLine(t *testing.T) {
	s, out := paper()
	if code := run(t.Context(), []string{"twice"}, os.Getenv, s); code != 2 || !strings.Contains(out.String(), `unknown argument "twice"`) {
		t.Errorf("got exit code %d and %q", code, out)
	}
}

func TestScreen_terminal(t *testing.T) {
	out := &bytes.Buffer{}
	s := &screen{out: out, width: func() int { return 8 }}
	s.say("one")
	s.show("status · of ten")
	s.show("status · of ten")
	s.say("two")
	s.clear()
	want := "one\nstatus…\r\x1b[Ktwo\nstatus…\r\x1b[K"
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestScreen_paper(t *testing.T) {
	s, out := paper()
	s.show("first")
	s.show("soon after")
	s.say("line")
	s.clear()
	if got, want := out.String(), "  first\nline\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestGauges(t *testing.T) {
	text := "# TYPE argus_resources gauge\nargus_resources{kind=\"pods\",state=\"wanted\"} 3\n" +
		"argus_resources{kind=\"nodes\",state=\"wanted\"} 2\nargus_resources{kind=\"pods\",state=\"present\"} 1\n# TYPE up gauge\nup 1\n"
	got, err := gauges([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"argus_resources/wanted": 5, "argus_resources/present": 1, "up/": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// TestPortal: the account holds things of others before Argus comes, and only
// what happens afterwards is counted.
func TestPortal(t *testing.T) {
	p, err := openPortal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	if got := len(p.before.Devices); got != foreignThere {
		t.Errorf("got %d foreign devices, want %d", got, foreignThere)
	}
	if got := len(p.before.Collectors); got < collectorsThere {
		t.Errorf("got %d collectors, want %d or more", got, collectorsThere)
	}
	if total, _ := p.used(); total != (usage{}) {
		t.Errorf("got %+v, want nothing used yet", total)
	}
	if _, err := p.collectorGroup(t.Context()); err == nil {
		t.Error("a second group of the name: got no error")
	}
	name, since := "new", p.lastCommit()
	collector := p.before.Collectors[0]
	if _, err := p.CreateDevice(account.DeviceInput{Name: &name, DisplayName: &name, PreferredCollectorID: &collector}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"+ new"}, p.changes(since)); diff != "" {
		t.Errorf("changes, want -, got +:\n%s", diff)
	}
	total, each := p.used()
	if want := (usage{calls: 1, writes: 1}); total != want || each["POST   /setting/collector/groups"] != want {
		t.Errorf("got %+v, %+v, want one write", total, each)
	}
	p.SetLimits(lmsim.Limits{Window: 60, Methods: map[string]int{"POST": 1}})
	_, _ = p.collectorGroup(t.Context())
	if total, _ := p.used(); total.refused != 1 || total.writes != 1 {
		t.Errorf("got %+v, want one refused", total)
	}
}

// TestGuard: the process ends with the demo, however that ends.
func TestGuard(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	sleeper, exited := sleep(ctx, t)
	folder := filepath.Join(t.TempDir(), "of-the-demo")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	g, err := newGuard(sleeper.Pid, folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.pipe.Close(); err != nil { // as the kernel does for a demo that was killed
		t.Fatal(err)
	}
	<-exited
	if ctx.Err() != nil {
		t.Error("the process outlived its guard")
	}
	_ = g.cmd.Wait()
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there (%v)", err)
	}
}
