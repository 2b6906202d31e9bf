package e2e_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/argus-k8s/argus/internal/cli"
	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/test/harness"
)

// setup is how an Argus is started. Zero fields have working values.
type setup struct {
	portal     *portal
	cluster    string            // its clusterName
	kubeconfig string            // default: the administrator's; "-" for none
	config     string            // more of the configuration file
	file       string            // the whole configuration file instead
	path       string            // where it is written; default a folder of the test
	flags      []string          // of run, beside the usual
	env        map[string]string // over the simulator's credentials
}

// args of a command.
func (s setup) args(tb testing.TB, command string) []string {
	tb.Helper()
	file := s.path
	if file == "" {
		file = filepath.Join(tb.TempDir(), "config.yaml")
	}
	text := fmt.Sprintf("clusterName: %s\nlm: {collectorID: 1, timeout: 2s}\nserver: {address: 127.0.0.1:0}\n%s", s.cluster, s.config)
	must(tb, os.WriteFile(file, []byte(cmp.Or(s.file, text)), 0o600))
	args := []string{command, "--config", file, "--lm-url", s.portal.URL}
	switch s.kubeconfig {
	case "":
		args = append(args, "--kubeconfig", kube.Kubeconfig())
	case "-":
	default:
		args = append(args, "--kubeconfig", s.kubeconfig)
	}
	return args
}

// environment of the process: the credentials of the simulator.
func (s setup) environment() map[string]string {
	token := lmsim.DemoToken()
	env := map[string]string{"ACCESS_ID": token.AccessID, "ACCESS_KEY": token.AccessKey}
	for name, value := range s.env {
		env[name] = value
	}
	return env
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

// run runs a command to its end, in this process.
func (s setup) run(tb testing.TB, command string) (code int, stdout, stderr string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	code, stdout, stderr = runMain(ctx, s.args(tb, command), s.environment())
	if ctx.Err() != nil {
		tb.Errorf("argus %s did not end by itself within %v; it said: %s", command, patience, stderr)
	}
	return code, stdout, stderr
}

func runMain(ctx context.Context, args []string, env map[string]string) (code int, stdout, stderr string) {
	var out, errs harness.Output
	code = cli.Main(ctx, args, cli.Process{Lookup: lookup(env), Stdout: &out, Stderr: &errs})
	return code, out.String(), errs.String()
}

// argus is a running Argus, in this process or in one of its own.
type argus struct{ *harness.Argus }

// start starts Argus in this process. It ends with the test, cleanly.
func (s setup) start(tb testing.TB) *argus {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	a := &argus{&harness.Argus{Log: &harness.Output{}, Done: make(chan struct{}), End: cancel}}
	args, env := append(s.args(tb, "run"), s.flags...), s.environment()
	go func() {
		defer close(a.Done)
		a.Code = cli.Main(ctx, args, cli.Process{Lookup: lookup(env), Stdout: io.Discard, Stderr: a.Log})
	}()
	a.WatchOver(tb)
	return a
}

// awaitReady waits until /readyz answers with a status and a text that holds
// every one of parts.
func (a *argus) awaitReady(tb testing.TB, status int, parts ...string) {
	tb.Helper()
	eventually(tb, patience, fmt.Sprintf("/readyz says %d and %q", status, parts), func(ctx context.Context) error {
		return a.Ready(ctx, status, parts...)
	})
}

// awaitIdle waits until Argus is ready and nothing waits.
func (a *argus) awaitIdle(tb testing.TB) {
	tb.Helper()
	eventually(tb, patience, "argus is ready and idle", a.Idle)
}
